/* Which kinds need two persons, in words and as bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/schema/policy.h"

static struct policy policy_of(const char *text)
{
    struct policy policy;
    struct bytes bad;

    if (!policy_parse(&policy, text, &bad)) {
        fail_msg("%s: %.*s", text, (int)bad.size, (const char *)bad.data);
    }
    return policy;
}

static void every_policy_reads_back_as_it_is_written(void **state)
{
    static const char *const texts[] = {"required", "none", "budget", "element,payment,reduce",
                                        "transfer,register,return"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char text[POLICY_TEXT_MAX];

        policy_print(text, policy_of(texts[i]));
        assert_string_equal(text, texts[i]);
    }
}

/* Whom to believe is two persons' word wherever anything is. */
static void a_confirmation_needs_two_where_anything_does(void **state)
{
    (void)state;
    assert_true(policy_needs(policy_of("payment"), KIND_CONFIRM));
    assert_true(policy_needs(policy_of("required"), KIND_CONFIRM));
    assert_false(policy_needs(policy_of("none"), KIND_CONFIRM));
}

/* Of a payment it is as any kind; of no single one it takes two persons whatever the policy says.
 */
static void a_refund_of_no_payment_needs_two(void **state)
{
    static const enum field subjects[] = {FIELD_PAY_APP_ID, FIELD_BGT_ID};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        struct document document;
        struct buf body = BUF_EMPTY;

        document_clear(&document, KIND_REFUND);
        document_set_text(&document, FIELD_ID, bytes_text("RF"));
        document_set_text(&document, subjects[i], bytes_text("X"));
        document_encode(&body, &document);
        const struct entry entry = {.kind = KIND_REFUND, .body = buf_bytes(&body)};

        assert_int_equal(policy_needs_document(policy_of("none"), &document), i == 1);
        assert_int_equal(policy_needs_entry(policy_of("none"), &entry), i == 1);
        assert_true(policy_needs_document(policy_of("refund"), &document));
        assert_true(policy_needs_entry(policy_of("refund"), &entry));
        buf_free(&body);
    }
    assert_false(policy_needs_entry(
        policy_of("none"), &(struct entry){.kind = KIND_REFUND, .body = bytes_text("\xff")}));
}

static void all_kinds_by_name_fit_and_still_are_not_required(void **state)
{
    char names[POLICY_TEXT_MAX] = "", text[POLICY_TEXT_MAX];
    size_t used = 0;

    (void)state;
    for (uint32_t kind = KIND_OPERATOR; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL && !kind_info(kind)->node_only) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used == 0 ? "" : ",", kind_info(kind)->name);
        }
    }
    policy_print(text, policy_of(names));
    assert_string_equal(text, names); /* not "required": a kind of a later version is not in it */
}

static void a_word_that_is_no_kind_is_named(void **state)
{
    static const struct {
        const char *text, *bad;
    } cases[] = {
        {"", ""},
        {"maybe", "maybe"},
        {"payment,", ""},
        {",payment", ""},
        {"payment, paid", " paid"},
        {"payment,required", "required"},
        {"settle", "settle"},     /* nodes write it by themselves */
        {"operator", "operator"}, /* these too */
        {"Payment", "Payment"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct policy policy;
        struct bytes bad;

        if (policy_parse(&policy, cases[i].text, &bad)) {
            fail_msg("'%s' was taken", cases[i].text);
        }
        assert_int_equal(bad.size, strlen(cases[i].bad));
        assert_memory_equal(bad.data, cases[i].bad, bad.size);
    }
}

static void what_nodes_write_never_needs_persons(void **state)
{
    (void)state;
    assert_true(policy_needs(POLICY_REQUIRED, KIND_PAYMENT));
    assert_false(policy_needs(POLICY_REQUIRED, KIND_SETTLE));
    assert_false(policy_needs(POLICY_REQUIRED, KIND_OPERATOR));
    assert_false(policy_needs(POLICY_REQUIRED, KINDS_END));
    assert_false(policy_needs(POLICY_REQUIRED, 0));
    assert_false(policy_needs(POLICY_NONE, KIND_PAYMENT));
    assert_true(policy_needs(policy_of("payment"), KIND_PAYMENT));
    assert_false(policy_needs(policy_of("payment"), KIND_PAID));
}

static void a_child_may_be_stricter_and_not_laxer(void **state)
{
    static const struct {
        const char *own, *parents, *lacks;
    } cases[] = {
        {"none", "none", "none"},         {"payment", "none", "none"},
        {"required", "payment", "none"},  {"payment,paid", "payment", "none"},
        {"none", "payment", "payment"},   {"paid", "payment,paid,refund", "payment,refund"},
        {"required", "required", "none"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct policy own = policy_of(cases[i].own), parents = policy_of(cases[i].parents);
        char text[POLICY_TEXT_MAX];
        struct policy lacks;

        policy_print(text, policy_lacks(own, parents));
        assert_string_equal(text, cases[i].lacks);
        lacks = policy_lacks(policy_both(own, parents), parents);
        assert_true(number_set_is_empty(&lacks.kinds));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_reads_back_as_it_is_written),
        cmocka_unit_test(a_confirmation_needs_two_where_anything_does),
        cmocka_unit_test(a_refund_of_no_payment_needs_two),
        cmocka_unit_test(all_kinds_by_name_fit_and_still_are_not_required),
        cmocka_unit_test(a_word_that_is_no_kind_is_named),
        cmocka_unit_test(what_nodes_write_never_needs_persons),
        cmocka_unit_test(a_child_may_be_stricter_and_not_laxer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
