/* The words of every refusal: a stable code, and one sentence in each language that names the
 * fault and the cure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/schema/kinds.h"

static const struct {
    enum reason reason;
    const char *what, *code;
} all[] = {
    {REASON_MALFORMED, "", "malformed"},
    {REASON_UNKNOWN_KIND, "", "unknown_kind"},
    {REASON_NODE_ONLY, "", "node_only"},
    {REASON_UNKNOWN_FIELD, "amont", "unknown_field_amont"},
    {REASON_MISSING, "amount", "missing_amount"},
    {REASON_BAD, "amount", "bad_amount"},
    {REASON_NOT_YOURS, "", "not_yours"},
    {REASON_EXISTS, "", "exists"},
    {REASON_EXISTS_DIFFERENT, "amount", "exists_with_different_amount"},
    {REASON_CLOSED_YEAR, "", "closed_year"},
    {REASON_YEAR_NOT_OPEN, "", "year_not_open"},
    {REASON_AMBIGUOUS_ISSUER, "", "ambiguous_issuer"},
    {REASON_UNKNOWN, "agency_code", "unknown_agency_code"},
    {REASON_UNMAPPED, "exp_func_code", "unmapped_exp_func_code"},
    {REASON_YEAR_DIFFERS, "", "year_differs"},
    {REASON_NOT_BELOW_YOU, "", "not_below_you"},
    {REASON_NOT_ABOVE_YOU, "", "not_above_you"},
    {REASON_NOT_FOR_YOU, "", "not_for_you"},
    {REASON_UPPER_HAS_NODE, "", "upper_has_node"},
    {REASON_LOWER_HAS_NODE, "", "lower_has_node"},
    {REASON_WEAKER_POLICY, "", "weaker_policy"},
    {REASON_RECEIPT_ALREADY_BOOKED, "", "receipt_already_booked"},
    {REASON_CARRIED_TOO_LONG, "", "carried_too_long"},
    {REASON_WRONG_STATE, "", "wrong_state"},
    {REASON_OPEN_ITEMS, "", "open_items"},
    {REASON_FUND_TYPE_DIFFERS, "", "fund_type_differs"},
    {REASON_EARMARK_DIFFERS, "", "earmark_differs"},
    {REASON_DIRECT_DIFFERS, "", "direct_differs"},
    {REASON_ECO_DIFFERS, "", "eco_differs"},
    {REASON_ADVANCE_ONLY, "", "advance_only"},
    {REASON_EXCEEDS, "available", "exceeds_available"},
    {REASON_BLOCKED_BY_RULE, "R-01", "blocked_by_rule_R-01"},
    {REASON_DISK_FULL, "", "disk_full"},
    {REASON_NEEDS_MAKER, "", "needs_maker"},
    {REASON_SAME_PERSON, "", "same_person"},
    {REASON_NOT_ALL, "", "not_all"},
    {REASON_NOT_PENDING, "", "not_pending"},
    {REASON_ANOTHERS, "", "draft_of_another"},
    {REASON_CHANGED, "", "changed"},
    {REASON_SIGNER_ENDED, "", "signer_ended"},
    {REASON_SIGNATURE_OUTDATED, "", "signature_outdated"},
    {REASON_DRAFTS_FULL, "", "drafts_full"},
    {REASON_ISSUER_UNAPPROVED, "", "issuer_unapproved"},
    {REASON_NOT_FOR_ROLE, "", "not_for_role"},
    {REASON_ISSUER_UNCONFIRMED, "", "issuer_unconfirmed"},
    {REASON_REVOKED, "", "revoked"},
    {REASON_OBJECTED, "", "objected"},
    {REASON_SUPERSEDED, "", "superseded"},
};

static void the_order_of_the_reasons_is_that_of_precedence(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(all), REASONS - 1);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        assert_int_equal(all[i].reason, i + 1);
    }
}

static void every_reason_has_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct refusal refusal;
        char code[REASON_CODE_MAX];

        assert_int_equal(refuse(&refusal, all[i].reason, all[i].what), all[i].reason);
        reason_code(code, &refusal);
        assert_string_equal(code, all[i].code);
    }
}

static void a_code_finds_its_reason(void **state)
{
    struct refusal refusal;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        assert_true(reason_named(&refusal, all[i].code));
        assert_int_equal(refusal.reason, all[i].reason);
        assert_string_equal(refusal.what, all[i].what);
        assert_true(reason_named(&refusal, reason_name(all[i].reason)));
        assert_int_equal(refusal.reason, all[i].reason);
    }
    assert_false(reason_named(&refusal, "no_reason"));
    assert_false(reason_named(&refusal, "missing_"));
    assert_false(reason_named(&refusal, ""));
}

/* One sentence: it begins with what is wrong, and after the colon comes what to do. */
static void every_reason_says_what_to_do_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct refusal refusal;
        char en[REASON_MESSAGE_MAX], zh[REASON_MESSAGE_MAX];

        (void)refuse(&refusal, all[i].reason, all[i].what);
        reason_message(en, &refusal, LANGUAGE_EN);
        reason_message(zh, &refusal, LANGUAGE_ZH);
        if (strchr(en, ':') == NULL || en[strlen(en) - 1] != '.' || strpbrk(en, "{}") != NULL) {
            fail_msg("%s says: %s", all[i].code, en);
        }
        if (strstr(zh, "：") == NULL || strcmp(zh + strlen(zh) - 3, "。") != 0 ||
            strpbrk(zh, "{}") != NULL) {
            fail_msg("%s says: %s", all[i].code, zh);
        }
        assert_true(utf8_valid(bytes_text(zh)));
    }
}

static void a_sentence_names_the_field_and_its_figures(void **state)
{
    struct refusal refusal;
    char text[REASON_MESSAGE_MAX];

    (void)state;
    (void)refuse(&refusal, REASON_MISSING, "amount");
    reason_message(text, &refusal, LANGUAGE_EN);
    assert_string_equal(text, "The field amount is missing: add it and submit again.");
    reason_message(text, &refusal, LANGUAGE_ZH);
    assert_string_equal(text, "缺少字段 amount（金额）：请补上后重新提交。");

    (void)refuse(&refusal, REASON_BAD, "amount"); /* 12.5 as a JSON number is bad as well */
    reason_message(text, &refusal, LANGUAGE_EN);
    assert_non_null(strstr(text, "in JSON in quotes, such as \"1250.00\""));
    reason_message(text, &refusal, LANGUAGE_ZH);
    assert_non_null(strstr(text, "加引号"));

    (void)refuse(&refusal, REASON_EXCEEDS, "available");
    message_format(refusal.detail, sizeof refusal.detail, "asked_and_free asked=%s free=%s",
                   "12.00", "5.00");
    reason_message(text, &refusal, LANGUAGE_EN);
    assert_string_equal(text, "The amount is more than what is available on the indicator: lower "
                              "it, or free or add money first. (asked 12.00, free 5.00)");
    reason_message(text, &refusal, LANGUAGE_ZH);
    assert_non_null(strstr(text, "指标可用额度"));
    assert_non_null(strstr(text, "（申请 12.00，可用 5.00）"));
}

/* The words of the rules are codes; a person reads what they mean. */
static void every_quantity_that_is_exceeded_has_words(void **state)
{
    static const char *const quantities[] = {"available", "pending", "frozen", "committed",
                                             "spent"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(quantities); i++) {
        struct refusal refusal;
        char en[REASON_MESSAGE_MAX], zh[REASON_MESSAGE_MAX];

        (void)refuse(&refusal, REASON_EXCEEDS, quantities[i]);
        reason_message(en, &refusal, LANGUAGE_EN);
        reason_message(zh, &refusal, LANGUAGE_ZH);
        assert_null(strstr(zh, quantities[i]));
        assert_true(strstr(en, "indicator") != NULL || strstr(en, "application") != NULL ||
                    strstr(en, "ledger") != NULL);
    }
}

static void every_field_that_can_be_bad_or_unknown_gets_advice(void **state)
{
    (void)state;
    for (int tag = 1; tag < FIELDS; tag++) {
        static const enum reason reasons[] = {REASON_BAD, REASON_UNKNOWN};

        if (field_info((enum field)tag)->name == NULL) {
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(reasons); i++) {
            struct refusal refusal;
            char en[REASON_MESSAGE_MAX], zh[REASON_MESSAGE_MAX];

            (void)refuse_field(&refusal, reasons[i], (enum field)tag);
            reason_message(en, &refusal, LANGUAGE_EN);
            reason_message(zh, &refusal, LANGUAGE_ZH);
            assert_non_null(strstr(en, field_info((enum field)tag)->name));
            assert_non_null(
                strstr(zh, text_word(LANGUAGE_ZH, "field", field_info((enum field)tag)->name)));
            assert_true(strlen(strchr(en, ':')) > 10);
            assert_true(strlen(strstr(zh, "：")) > 15);
        }
    }
}

/* A name comes from whoever wrote the line. */
static void a_strange_name_is_cut_and_cleaned(void **state)
{
    static const struct {
        const char *typed, *want;
    } cases[] = {
        {"a b\nc\"d\\e\x7f", "a_b_c_d_e_"},
        {"金额", "金额"},
        {"1234567890123456789012345678901234567890123456789012345678901234567890",
         "123456789012345678901234567890123456789012345678901234567890123"},
        {"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十",
         "一二三四五六七八九十一二三四五六七八九十一"},
        {"x一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十",
         "x一二三四五六七八九十一二三四五六七八九十"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct refusal refusal;
        char text[REASON_MESSAGE_MAX];

        (void)refuse(&refusal, REASON_UNKNOWN_FIELD, cases[i].typed);
        assert_string_equal(refusal.what, cases[i].want);
        reason_message(text, &refusal, LANGUAGE_ZH);
        assert_true(utf8_valid(bytes_text(text)));
    }
}

/* What else is wrong stands behind, as much of it as a refusal carries. */
static void all_that_is_wrong_is_said(void **state)
{
    struct refusal refusal;
    char text[REASON_MESSAGE_MAX];

    (void)state;
    (void)refuse_field(&refusal, REASON_MISSING, FIELD_ID);
    for (size_t i = 0; i < REFUSAL_ALSO_MAX; i++) {
        refusal.also[i] = (uint16_t)(FIELD_AMOUNT | (i % 2 == 0 ? REFUSAL_IS_MISSING : 0));
    }
    reason_message(text, &refusal, LANGUAGE_EN);
    assert_non_null(strstr(text, "amount"));
    assert_true(utf8_valid(bytes_text(text)));
    (void)refuse(&refusal, REASON_BAD, "lines"); /* no field of its own */
    reason_message(text, &refusal, LANGUAGE_EN);
    assert_non_null(strstr(text, "lines"));
    refusal = (struct refusal){.reason = REASON_NONE};
    reason_message(text, &refusal, LANGUAGE_ZH);
    assert_string_equal(text, "");
}

/* Bytes that begin no character are no name. */
static void what_is_no_text_is_no_name(void **state)
{
    struct refusal refusal;
    char typed[80];

    (void)state;
    memset(typed, 0x80, sizeof typed - 1);
    typed[sizeof typed - 1] = '\0';
    (void)refuse(&refusal, REASON_UNKNOWN_FIELD, typed);
    assert_string_equal(refusal.what, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_the_reasons_is_that_of_precedence),
        cmocka_unit_test(every_reason_has_its_code),
        cmocka_unit_test(a_code_finds_its_reason),
        cmocka_unit_test(every_reason_says_what_to_do_in_both_languages),
        cmocka_unit_test(a_sentence_names_the_field_and_its_figures),
        cmocka_unit_test(every_quantity_that_is_exceeded_has_words),
        cmocka_unit_test(every_field_that_can_be_bad_or_unknown_gets_advice),
        cmocka_unit_test(a_strange_name_is_cut_and_cleaned),
        cmocka_unit_test(all_that_is_wrong_is_said),
        cmocka_unit_test(what_is_no_text_is_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
