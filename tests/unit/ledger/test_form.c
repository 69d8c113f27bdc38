/* The form of a document: every kind, every field missing, every foreign field, values at both
 * edges, and which of several faults is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/ledger.h"
#include "tests/unit/ledger/form_specs.h"

#define COMMON " id fiscal_year memo mof_div_code"

static void drop(struct document *document, enum field field)
{
    document->present[field >> 6] &= ~(UINT64_C(1) << (field & 63));
}

static void every_kind_passes_with_its_required_fields_alone(void **state)
{
    struct document document;

    (void)state;
    for (size_t i = 0; i < spec_count; i++) {
        make_good(&document, &specs[i]);
        expect(&document, true, "", specs[i].kind);
    }
}

static void every_kind_passes_with_all_its_fields(void **state)
{
    struct document document;

    (void)state;
    for (size_t i = 0; i < spec_count; i++) {
        make_good(&document, &specs[i]);
        for (int tag = 1; tag < FIELDS; tag++) {
            const char *name = field_info((enum field)tag)->name;

            if (name != NULL && listed(specs[i].optional, name)) {
                set_good(&document, &specs[i], (enum field)tag);
            }
        }
        document_set_text(&document, FIELD_MEMO, bytes_text("备注"));
        document_set_text(&document, FIELD_MOF_DIV_CODE, bytes_text("540100"));
        expect(&document, true, "", specs[i].kind);
    }
}

static void every_required_field_is_missed_by_name(void **state)
{
    struct document document;
    char want[80], what[80];

    (void)state;
    for (size_t i = 0; i < spec_count; i++) {
        for (int tag = 1; tag < FIELDS; tag++) {
            const char *name = field_info((enum field)tag)->name;

            if (name == NULL || (tag == FIELD_FISCAL_YEAR && specs[i].any_year) ||
                !(listed(specs[i].required, name) || tag <= FIELD_FISCAL_YEAR)) {
                continue;
            }
            make_good(&document, &specs[i]);
            drop(&document, (enum field)tag);
            (void)snprintf(want, sizeof want, "missing_%s", name);
            (void)snprintf(what, sizeof what, "%s without %s", specs[i].kind, name);
            /* Without its stage nobody knows yet that a reply needs its reference. */
            expect(&document, true, want, what);
        }
    }
}

static void every_foreign_field_is_refused_by_name(void **state)
{
    static const struct spec any = {"", "", "",
                                    "stage=reply state=draft ele_catalog_code=fund_type level=x "
                                    "when=x step=x verdict=x outcome=registered role=x "
                                    "tra_type_code=general take_from=unalloc"};
    struct document document;
    char want[80], what[80];

    (void)state;
    for (size_t i = 0; i < spec_count; i++) {
        for (int tag = 1; tag < FIELDS; tag++) {
            const char *name = field_info((enum field)tag)->name;

            if (name == NULL || listed(specs[i].required, name) ||
                listed(specs[i].optional, name) || listed(COMMON, name)) {
                continue;
            }
            make_good(&document, &specs[i]);
            set_good(&document, &any, (enum field)tag);
            (void)snprintf(want, sizeof want, "unknown_field_%s", name);
            (void)snprintf(what, sizeof what, "%s with %s", specs[i].kind, name);
            expect(&document, true, want, what);
        }
    }
}

/* What a node writes out into an answer or a transfer is no fault when a node says it. */
static void a_node_may_say_what_a_client_may_not(void **state)
{
    static const struct {
        const char *kind;
        enum field field;
        const char *client;
    } cases[] = {
        {"register", FIELD_AMOUNT, "unknown_field_amount"},
        {"register", FIELD_FUND_TYPE_CODE, "unknown_field_fund_type_code"},
        {"register", FIELD_COR_BGT_DOC_NO, "unknown_field_cor_bgt_doc_no"},
        {"register", FIELD_TRANSFER_LSN, "unknown_field_transfer_lsn"},
        {"register", FIELD_TRANSFER_HASH, "unknown_field_transfer_hash"},
        {"return", FIELD_AMOUNT, "unknown_field_amount"},
        {"return", FIELD_PRO_CODE, "unknown_field_pro_code"},
        {"return", FIELD_TRANSFER_LSN, "unknown_field_transfer_lsn"},
        {"transfer", FIELD_PRO_NAME, "unknown_field_pro_name"},
        {"transfer", FIELD_PRO_CAT_CODE, "unknown_field_pro_cat_code"},
    };
    struct document document;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t s = 0; s < spec_count; s++) {
            if (strcmp(specs[s].kind, cases[i].kind) == 0) {
                make_good(&document, &specs[s]);
                set_good(&document, &specs[s], cases[i].field);
                expect(&document, true, cases[i].client, cases[i].kind);
                expect(&document, false, "", cases[i].kind);
            }
        }
    }
}

static void nodes_kinds_are_for_nodes(void **state)
{
    struct document settle, operator;

    (void)state;
    document_clear(&settle, KIND_SETTLE);
    expect(&settle, true, "node_only", "settle of a client");
    expect(&settle, false, "missing_id", "an empty settle of a node");
    document_set_text(&settle, FIELD_ID, bytes_text(".s.540121.R-1"));
    document_set_number(&settle, FIELD_FISCAL_YEAR, 2026);
    document_set_text(&settle, FIELD_ANSWER_ID, bytes_text("R-1"));
    document_set_text(&settle, FIELD_REC_DIV_CODE, bytes_text("540121"));
    document_set_text(&settle, FIELD_BGT_ID, bytes_text("T-1"));
    document_set_number(&settle, FIELD_AMOUNT, 100);
    document_set_text(&settle, FIELD_OUTCOME, bytes_text("lost"));
    expect(&settle, false, "bad_outcome", "settle with another outcome");
    document_set_text(&settle, FIELD_OUTCOME, bytes_text("returned"));
    expect(&settle, false, "", "settle of a node");

    document_clear(&operator, KIND_OPERATOR);
    expect(&operator, true, "node_only", "operator of a client");
    document_set_text(&operator, FIELD_ID, bytes_text(".o1"));
    document_set_text(&operator, FIELD_NAME, bytes_text("卓玛"));
    document_set_text(&operator, FIELD_ROLE, bytes_text("1"));
    document_set_text(&operator, FIELD_OPERATOR_KEY,
                      bytes_text("01234567890123456789012345678901"));
    expect(&operator, false, "", "operator of a node, without a year");
}

static void numbers_without_a_kind_are_refused(void **state)
{
    static const uint32_t kinds[] = {0, 1, 2, 15, 37, 44, 1000, UINT32_MAX};
    struct document document;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        document_clear(&document, kinds[i]);
        expect(&document, true, "unknown_kind", "a number");
    }
    assert_int_equal(kind_named(bytes_text("revenue")), 0);
    assert_int_equal(kind_named(bytes_text("Budget")), 0);
    assert_int_equal(kind_named(BYTES_NONE), 0);
}

static void bad_values_are_named(void **state)
{
    static const struct {
        const char *kind, *field, *typed, *want;
    } cases[] = {
        {"budget", "id", "", "bad_id"},
        {"budget", "id", ".s1", "bad_id"},
        {"budget", "id", "-1", "bad_id"},
        {"budget", "id", "预算1", "bad_id"},
        {"budget", "id", "a b", "bad_id"},
        {"budget", "id", "123456789012345678901234567890123456789", "bad_id"},
        {"budget", "id", "12345678901234567890123456789012345678", ""},
        {"budget", "fiscal_year", "999", "bad_fiscal_year"},
        {"budget", "fiscal_year", "10000", "bad_fiscal_year"},
        {"budget", "fiscal_year", "1000", ""},
        {"budget", "amount", "0", "bad_amount"},
        {"budget", "amount", "-1", "bad_amount"},
        {"budget", "amount", "1.005", "bad_amount"},
        {"budget", "amount", "1e3", "bad_amount"},
        {"budget", "amount", "1,000", "bad_amount"},
        {"budget", "amount", "5", ""},
        {"budget", "stage", "approved", "bad_stage"},
        {"budget", "stage", "estimate", ""},
        {"budget", "stage", "Reply", "bad_stage"},
        {"budget", "stage", "early", "bad_stage"},
        {"budget", "approval_date", "2026-02-29", "bad_approval_date"},
        {"budget", "approval_date", "2024-02-29", ""},
        {"budget", "approval_date", "2026-2-1", "bad_approval_date"},
        {"budget", "is_direct", "0", "bad_is_direct"},
        {"budget", "is_direct", "1", ""},
        {"budget", "fund_type_code", "1 1", "bad_fund_type_code"},
        {"budget", "fund_type_code", "12345678901", "bad_fund_type_code"},
        {"budget", "memo", "a\nb", "bad_memo"},
        {"budget", "memo", "\xff", "bad_memo"},
        {"budget", "mof_div_code", "54010a", "bad_mof_div_code"},
        {"budget", "mof_div_code", "540121", "not_yours"},
        {"element", "ele_catalog_code", "fund", "bad_ele_catalog_code"},
        {"element", "ele_catalog_code", "acct_type", ""},
        {"project", "state", "open", "bad_state"},
        {"project", "state", "cancelled", ""},
        {"project", "pro_total_amt", "0", "bad_pro_total_amt"},
        {"project", "pro_term", "-1", "bad_pro_term"},
        {"transfer", "stage", "reply", "bad_stage"},
        {"transfer", "stage", "formal", ""},
        {"transfer", "tra_type_code", "both", "bad_tra_type_code"},
        {"transfer", "amount", "-5.00", "bad_amount"},
        {"transfer", "early_bgt_id", "T-0", ""},
        {"transfer", "rec_div_code", "5401210000", "bad_rec_div_code"},
        {"transfer", "due_days", "1000000000", "bad_due_days"},
        {"payment", "pay_app_amt", "0.00", "bad_pay_app_amt"},
        {"paid", "xpay_amt", "1000000000000000.00", ""},
        {"paid", "xpay_amt", "1000000000000000.01", "bad_xpay_amt"},
        {"paid", "xpay_amt", "92233720368547758.08", "bad_xpay_amt"},
        {"paid", "xpay_date", "2026-13-01", "bad_xpay_date"},
        {"register", "bgt_id", "T 1", "bad_bgt_id"},
        {"element", "start_date", "2026-02-30", "bad_start_date"},
        {"adjust", "amount", "-5.00", ""},
        {"adjust", "amount", "0", "bad_amount"},
        {"recall", "amount", "-5.00", "bad_amount"},
        {"carry_over", "take_from", "frozen", "bad_take_from"},
        {"close_year", "month", "x", "bad_month"},
    };
    struct document document;
    char what[120];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const enum field field = field_named(bytes_text(cases[i].field));

        for (size_t s = 0; s < spec_count; s++) {
            if (strcmp(specs[s].kind, cases[i].kind) != 0) {
                continue;
            }
            make_good(&document, &specs[s]);
            /* As the readers of JSON and CSV do: what a field cannot hold is carried on. */
            if (!document_set(&document, field, bytes_text(cases[i].typed))) {
                if (field_is_number(field)) {
                    document_set_number(&document, field, INT64_MIN);
                } else {
                    document_set_text(&document, field, bytes_text(cases[i].typed));
                }
            }
            (void)snprintf(what, sizeof what, "%s %s=%s", cases[i].kind, cases[i].field,
                           cases[i].typed);
            expect(&document, true, cases[i].want, what);
        }
    }
}

/* A difference to what was issued early may take away; then the node says whose money it was. */
static void a_difference_may_be_less_than_nothing(void **state)
{
    static const struct {
        const char *kind;
        int64_t amount;
        const char *want, *without_origin;
    } cases[] = {
        {"transfer", 100, "", "missing_ori_bgt_id"},
        {"transfer", 0, "unknown_field_ori_bgt_id", ""},
        {"transfer", -100, "unknown_field_ori_bgt_id", ""},
        {"transfer_out", -100, "", "missing_ori_bgt_id"},
        {"transfer_out", 0, "bad_amount", "missing_ori_bgt_id"},
        {"transfer_in", -100, "", ""},
        {"transfer_in", 0, "bad_amount", "bad_amount"},
    };
    struct document document;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t s = 0; s < spec_count; s++) {
            if (strcmp(specs[s].kind, cases[i].kind) != 0) {
                continue;
            }
            make_good(&document, &specs[s]);
            document_set_text(&document, FIELD_EARLY_BGT_ID, bytes_text("T-0"));
            document_set_number(&document, FIELD_AMOUNT, cases[i].amount);
            expect(&document, true, cases[i].want, cases[i].kind);
            drop(&document, FIELD_ORI_BGT_ID);
            expect(&document, true, cases[i].without_origin, cases[i].kind);
        }
    }
}

/* An amount of the wrong sign is told which a document like this may say; one that is none, what an
 * amount looks like. */
static void an_amount_of_the_wrong_sign_is_told_which(void **state)
{
    static const struct {
        const char *kind;
        int64_t amount;
        const char *want;
    } cases[] = {
        {"budget", 0, "amount_above_0\x1fvalue=0.00"},
        {"recall", -100, "amount_above_0\x1fvalue=-1.00"},
        {"adjust", 0, "amount_but_0\x1fvalue=0.00"},
        {"transfer", -100, "amount_above_0\x1fvalue=-1.00"},
        {"adjust", INT64_MIN, ""},
    };
    struct document document;
    struct refusal refusal;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t s = 0; s < spec_count; s++) {
            if (strcmp(specs[s].kind, cases[i].kind) != 0) {
                continue;
            }
            make_good(&document, &specs[s]);
            document_set_number(&document, FIELD_AMOUNT, cases[i].amount);
            assert_int_equal(
                document_check_form(&document, division_of("540100"), true, true, &refusal),
                REASON_BAD);
            assert_string_equal(refusal.detail, cases[i].want);
        }
    }
    make_good(&document, &specs[6]);
    document_set_text(&document, FIELD_EARLY_BGT_ID, bytes_text("T-0"));
    document_set_text(&document, FIELD_STAGE, bytes_text("early"));
    assert_int_equal(document_check_form(&document, division_of("540100"), true, true, &refusal),
                     REASON_BAD);
    assert_string_equal(refusal.detail, "early_twice");
}

/* Faults are laid on one by one from the last to the first of the order; each new one hides all
 * that were there before. */
static void of_several_faults_the_first_in_order_is_named(void **state)
{
    struct document document;

    (void)state;
    make_good(&document, &specs[6]);
    document_set_text(&document, FIELD_MOF_DIV_CODE, bytes_text("540121"));
    expect(&document, true, "not_yours", "another's transfer");
    document_set_text(&document, FIELD_MOF_DIV_CODE, bytes_text("?"));
    expect(&document, true, "bad_mof_div_code", "and not even a division");
    document_set_text(&document, FIELD_PRO_CODE, bytes_text("a b"));
    expect(&document, true, "bad_pro_code", "elements before common fields");
    document_set_text(&document, FIELD_DOC_DATE, bytes_text("tomorrow"));
    expect(&document, true, "bad_doc_date", "own fields before elements");
    document_set_text(&document, FIELD_STAGE, bytes_text("late"));
    expect(&document, true, "bad_stage", "required before optional");
    document_set_number(&document, FIELD_AMOUNT, 0);
    expect(&document, true, "bad_amount", "in the order of the table");
    document_set_number(&document, FIELD_FISCAL_YEAR, 1);
    expect(&document, true, "bad_fiscal_year", "year before the kind's own");
    document_set_text(&document, FIELD_ID, bytes_text(""));
    expect(&document, true, "bad_id", "the id first");
    drop(&document, FIELD_STAGE);
    expect(&document, true, "missing_stage", "missing before bad");
    drop(&document, FIELD_REC_DIV_CODE);
    expect(&document, true, "missing_rec_div_code", "in the order of the table");
    drop(&document, FIELD_FISCAL_YEAR);
    expect(&document, true, "missing_fiscal_year", "year before the kind's own");
    drop(&document, FIELD_ID);
    expect(&document, true, "missing_id", "the id first");
    document_set_text(&document, FIELD_USE_DES, bytes_text("x"));
    expect(&document, true, "unknown_field_use_des", "unknown before missing");
    document_set_text(&document, FIELD_BGT_ID, bytes_text("x"));
    expect(&document, true, "unknown_field_bgt_id", "the lowest tag");
    document.kind = KIND_SETTLE;
    expect(&document, true, "node_only", "node_only before fields");
    document.kind = KINDS_END;
    expect(&document, true, "unknown_kind", "unknown kind before all");
}

static void only_a_reply_needs_its_reference(void **state)
{
    static const char *const stages[] = {"request", "ceiling", "submission"};
    struct document document;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        make_good(&document, &specs[4]);
        drop(&document, FIELD_APPROVAL_REF);
        document_set_text(&document, FIELD_STAGE, bytes_text(stages[i]));
        expect(&document, true, "", stages[i]);
    }
    drop(&document, FIELD_STAGE);
    expect(&document, true, "missing_stage", "no stage, no reference");
}

static void the_allowed_words_stand_beside_a_bad_one(void **state)
{
    struct refusal refusal = {.reason = REASON_NONE};
    struct document document;

    (void)state;
    make_good(&document, &specs[6]);
    document_set_text(&document, FIELD_STAGE, bytes_text("late"));
    (void)document_check_form(&document, division_of("540100"), true, false, &refusal);
    assert_string_equal(refusal.detail, "one_of\x1f"
                                        "words=early formal\x1f"
                                        "value=late\x1f"
                                        "why=");
    document_set_text(&document, FIELD_STAGE, bytes_text("Formal"));
    (void)document_check_form(&document, division_of("540100"), true, false, &refusal);
    assert_non_null(strstr(refusal.detail, "nearest=formal"));
}

static void an_end_before_its_start_is_bad(void **state)
{
    static const struct {
        const char *start, *end, *want;
    } cases[] = {
        {"2026-01-01", "2026-01-01", ""},
        {"2026-01-01", "2025-12-31", "bad_end_date"},
        {"2026-13-01", "2025-12-31", "bad_start_date"},
        {NULL, "2025-12-31", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct document document;

        document_clear(&document, KIND_ELEMENT);
        document_set_text(&document, FIELD_ID, bytes_text("E-1"));
        document_set_number(&document, FIELD_FISCAL_YEAR, 2026);
        document_set_text(&document, FIELD_ELE_CATALOG_CODE, bytes_text("exp_func"));
        document_set_text(&document, FIELD_ELE_CODE, bytes_text("205"));
        document_set_text(&document, FIELD_ELE_NAME, bytes_text("教育"));
        if (cases[i].start != NULL) {
            document_set_text(&document, FIELD_START_DATE, bytes_text(cases[i].start));
        }
        document_set_text(&document, FIELD_END_DATE, bytes_text(cases[i].end));
        expect(&document, true, cases[i].want, cases[i].end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_passes_with_its_required_fields_alone),
        cmocka_unit_test(every_kind_passes_with_all_its_fields),
        cmocka_unit_test(every_required_field_is_missed_by_name),
        cmocka_unit_test(every_foreign_field_is_refused_by_name),
        cmocka_unit_test(a_node_may_say_what_a_client_may_not),
        cmocka_unit_test(nodes_kinds_are_for_nodes),
        cmocka_unit_test(numbers_without_a_kind_are_refused),
        cmocka_unit_test(bad_values_are_named),
        cmocka_unit_test(an_end_before_its_start_is_bad),
        cmocka_unit_test(a_difference_may_be_less_than_nothing),
        cmocka_unit_test(an_amount_of_the_wrong_sign_is_told_which),
        cmocka_unit_test(of_several_faults_the_first_in_order_is_named),
        cmocka_unit_test(only_a_reply_needs_its_reference),
        cmocka_unit_test(the_allowed_words_stand_beside_a_bad_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
