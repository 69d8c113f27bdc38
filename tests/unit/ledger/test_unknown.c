/* What no version of this program knows, asked of each table: a kind, a state, an outcome, a row.
 * Nothing is said of it, and nothing about it is taken for granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/families/operator.h"
#include "node/ledger/families/outcome.h"
#include "node/ledger/rows/registry.h"
#include "node/ledger/schema/kinds.h"
#include "node/ledger/schema/reason.h"

enum { NO_KIND = 9999 };

static void a_kind_that_nobody_knows_has_no_properties(void **state)
{
    struct document document;

    (void)state;
    assert_null(kind_info(NO_KIND));
    assert_false(kind_is_answer(NO_KIND));
    assert_false(kind_is_answered(NO_KIND));
    assert_false(kind_is_source(NO_KIND));
    assert_false(kind_has_versions(NO_KIND));
    assert_false(kind_completes_from_own(NO_KIND));
    assert_true(kind_only_takes(NO_KIND)); /* it never gives a line anything */
    assert_null(kind_words(NO_KIND, FIELD_STAGE));
    document_clear(&document, NO_KIND);
    assert_true(document_set(&document, FIELD_AMOUNT, bytes_text("5.00")));
    assert_int_equal(document_money(&document), 500);
    assert_true(division_is_none(document_party(&document)));
    assert_int_equal(document_about(&document).size, 0);
}

static void each_kind_answers_for_itself(void **state)
{
    (void)state;
    assert_true(kind_is_answer(KIND_REGISTER) && kind_is_answer(KIND_RETURN));
    assert_false(kind_is_answer(KIND_PAYMENT));
    assert_true(kind_is_answered(KIND_TRANSFER) && !kind_is_answered(KIND_BUDGET));
    assert_true(kind_is_source(KIND_BUDGET) && !kind_is_source(KIND_PAYMENT));
    assert_true(kind_only_takes(KIND_TRANSFER) && kind_only_takes(KIND_PAYMENT));
    assert_false(kind_only_takes(KIND_BUDGET));
    assert_true(kind_completes_from_own(KIND_ALLOCATE) && kind_completes_from_own(KIND_LAPSE) &&
                kind_completes_from_own(KIND_CARRY_OVER));
    assert_false(kind_completes_from_own(KIND_PAYMENT));
    assert_non_null(kind_words(KIND_BUDGET, FIELD_STAGE));
    assert_non_null(kind_words(KIND_BUDGET, FIELD_TAKE_FROM));
    assert_null(kind_words(KIND_BUDGET, FIELD_MEMO));
}

static void what_is_no_state_or_outcome_has_no_name(void **state)
{
    (void)state;
    assert_string_equal(doc_state_name(DOC_PAID), "paid");
    assert_string_equal(doc_state_name(DOC_STATES), "");
    assert_string_equal(doc_state_name((enum doc_state)0), "");
    assert_string_equal(outcome_word(OUTCOME_LOWERED), "lowered");
    assert_string_equal(outcome_word(OUTCOMES), "");
    assert_string_equal(outcome_word(OUTCOME_NONE), "");
}

static void an_outcome_belongs_to_what_asked(void **state)
{
    static const struct {
        uint32_t ask, answer;
        const char *amount;
        enum outcome want;
    } cases[] = {
        {KIND_TRANSFER, KIND_REGISTER, "1.00", OUTCOME_REGISTERED},
        {KIND_TRANSFER, KIND_RETURN, "1.00", OUTCOME_RETURNED},
        {KIND_TRANSFER, KIND_REGISTER, "-1.00", OUTCOME_LOWERED},
        {KIND_TRANSFER, KIND_RETURN, "-1.00", OUTCOME_KEPT},
        {KIND_RECALL, KIND_RECALL_GRANT, "1.00", OUTCOME_GRANTED},
        {KIND_RECALL, KIND_RECALL_REFUSE, "1.00", OUTCOME_REFUSED},
        {KIND_TRANSFER, KIND_PAYMENT, "1.00", OUTCOME_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct document answer;
        int128 amount;

        document_clear(&answer, cases[i].answer);
        assert_true(document_set(&answer, FIELD_AMOUNT, bytes_text(cases[i].amount)));
        amount = document_money(&answer);
        assert_int_equal(outcome_of(&answer), cases[i].want);
        assert_int_equal(outcome_fits(cases[i].ask, amount, cases[i].want),
                         cases[i].want != OUTCOME_NONE);
        if (cases[i].want != OUTCOME_NONE) { /* a payment asks for nothing */
            assert_false(outcome_fits(KIND_PAYMENT, amount, cases[i].want));
            assert_true(outcome_answers(cases[i].ask, cases[i].answer));
        }
    }
    assert_true(outcome_fits(KIND_REMIT, -100, OUTCOME_REGISTERED));
    assert_false(outcome_fits(KIND_TRANSFER, -100, OUTCOME_REGISTERED));
    assert_false(outcome_fits(KIND_TRANSFER, 100, OUTCOME_LOWERED));
    assert_false(outcome_answers(KIND_RECALL, KIND_REGISTER));
    assert_false(outcome_answers(KIND_TRANSFER, KIND_RECALL_GRANT));
    assert_true(outcome_lowers(OUTCOME_GRANTED) && outcome_lowers(OUTCOME_LOWERED));
    assert_false(outcome_lowers(OUTCOME_KEPT));
}

/* --- names of persons --- */

static void a_name_can_be_told_from_another(void **state)
{
    static const char *const good[] = {
        "a",
        "z",
        "A",
        "Z",
        "0",
        "9",
        "-",
        "_",
        ".",
        "li.wei-2_X",
        "\xe5\x8d\x93\xe7\x8e\x9b",
        "\xe2\x82\xac",  /* U+20AC stands among them, seen */
        "\xe2\x80\x90",  /* so do U+2010, */
        "\xe2\x80\xa7",  /* U+2027, */
        "\xe2\x80\xaf",  /* U+202F */
        "\xe2\x81\x9f",  /* and U+205F */
        "\xd8\x9b",      /* U+061B */
        "\xef\xbc\xa1",  /* U+FF21 */
        "\xef\xbb\xbe"   /* next to what is hidden */
        "a\xe2\x80\x90", /* U+2010 */
        "a\xe2\x80\xa7", /* U+2027 */
        "a\xe2\x80\xaf", /* U+202F */
        "a\xe2\x81\x9f", /* U+205F */
        "a\xe2\x81\xb0", /* U+2070 */
        "a\xe2\x80\x8a", /* U+200A */
    };                   /* U+FEFE */
    static const char *const bad[] = {
        "",
        " ",
        "a b",
        "a/b",
        "`",
        "{",
        "@",
        "[",
        ":",
        "a\n",
        "\x7f",
        "\xd8\x9c",      /* U+061C turns the direction */
        "a\xe2\x80\x8b", /* U+200B has no width */
        "a\xe2\x80\x8f", /* U+200F */
        "a\xe2\x80\xa8", /* U+2028 */
        "a\xe2\x80\xae", /* U+202E */
        "a\xe2\x81\xa0", /* U+2060 */
        "a\xe2\x81\xaf", /* U+206F */
        "\xef\xbb\xbf",  /* U+FEFF */
        "\xe2\x80",      /* no character */
        "\xd8",
    };
    char longest[65];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (!operator_name_valid(good[i])) {
            fail_msg("\"%s\" (%zu) is refused", good[i], i);
        }
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (operator_name_valid(bad[i])) {
            fail_msg("\"%s\" (%zu) is taken", bad[i], i);
        }
    }
    memset(longest, 'x', 64);
    longest[64] = '\0';
    assert_false(operator_name_valid(longest));
    longest[63] = '\0';
    assert_true(operator_name_valid(longest));
}

/* --- rows --- */

static void each_row_has_a_title_and_no_other_has(void **state)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_INDEX, SPACE_ROLLUPS};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        size_t titled = 0;

        for (int letter = 1; letter < 128; letter++) {
            titled += row_title(spaces[i], (char)letter)[0] != '\0';
        }
        assert_true(titled > 2 && titled < 60);
        assert_string_equal(row_title(spaces[i], '\x01'), "");
    }
    assert_string_equal(row_title(SPACE_META, 'a'), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_that_nobody_knows_has_no_properties),
        cmocka_unit_test(each_kind_answers_for_itself),
        cmocka_unit_test(what_is_no_state_or_outcome_has_no_name),
        cmocka_unit_test(an_outcome_belongs_to_what_asked),
        cmocka_unit_test(a_name_can_be_told_from_another),
        cmocka_unit_test(each_row_has_a_title_and_no_other_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
