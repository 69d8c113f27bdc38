/* The form of a document: every kind, every field missing, every foreign field, values at both
 * edges, and which of several faults is named. The table below is written out from the field
 * table of the domain, not from the code's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/families/family.h"
#include "node/ledger/ledger.h"
#include "node/ledger/schema/kinds.h"

#define ELEMENTS                                                                                   \
    " pro_code agency_code fund_type_code tp_func_code exp_func_code gov_bgt_eco_code"             \
    " dep_bgt_eco_code bgt_type_code source_type_code is_direct is_track track_pro_code"           \
    " sup_bgt_doc_no"
#define COMMON " id fiscal_year memo mof_div_code"

static const struct spec {
    const char *kind, *required, *optional;
    const char *words; /* "field=word" for the WORD fields of a good document */
} specs[] = {
    {"element", "ele_catalog_code ele_code ele_name", "parent_code start_date end_date is_enabled",
     "ele_catalog_code=fund_type"},
    {"agency", "agency_code agency_name", "parent_code", ""},
    {"bank_account", "acct_no acct_name bank_name agency_code", "acct_type_code", ""},
    {"project", "pro_code state",
     "pro_name pro_cat_code agency_code setup_year pro_start_year pro_term pro_total_amt "
     "sup_pro_code is_track reason",
     "state=reserved"},
    {"budget", "stage fund_type_code amount approval_ref", "approval_date version" ELEMENTS,
     "stage=reply"},
    {"transfer_in", "ori_div_code sup_bgt_doc_no amount fund_type_code tra_type_code stage",
     "income_sort_code" ELEMENTS, "stage=formal tra_type_code=general"},
    {"transfer", "ori_bgt_id rec_div_code amount cor_bgt_doc_no tra_type_code stage",
     "doc_title doc_date early_bgt_id is_disaster due_days" ELEMENTS,
     "stage=early tra_type_code=special"},
    {"register", "bgt_id", "ori_div_code unconfirmed", ""},
    {"return", "bgt_id reason", "ori_div_code", ""},
    {"allocate", "ori_bgt_id agency_code amount", ELEMENTS, ""},
    {"release", "bgt_id cor_bgt_doc_no", "doc_date", ""},
    {"payment", "bgt_id pay_app_amt payee_acct_name payee_acct_no payee_acct_bank_name use_des",
     "set_mode_code pay_type_code agency_acct_no dep_bgt_eco_code", ""},
    {"payment_cancel", "pay_app_id reason", "", ""},
    {"paid", "pay_app_id xpay_amt xpay_date agent_business_no", "", ""},
    {"refund", "pay_app_id amount reason", "", ""},
    {"freeze", "bgt_id amount reason", "", ""},
    {"unfreeze", "bgt_id amount reason", "", ""},
    {"reduce", "bgt_id amount", "", ""},
    {"virement", "from_bgt_id amount agency_code",
     "reason pro_code fund_type_code tp_func_code exp_func_code gov_bgt_eco_code dep_bgt_eco_code "
     "bgt_type_code is_direct is_track track_pro_code sup_bgt_doc_no",
     ""},
};

static bool listed(const char *list, const char *name)
{
    const size_t size = strlen(name);

    for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

/* A value that the type of the field takes. */
static void set_good(struct document *document, const struct spec *spec, enum field field)
{
    static const char *const samples[] = {
        [TYPE_ID] = "B-1",          [TYPE_DIVISION] = "540121",
        [TYPE_CODE] = "1",          [TYPE_TEXT] = "教育局",
        [TYPE_DATE] = "2026-02-28", [TYPE_FLAG] = "2",
        [TYPE_YEAR] = "2026",       [TYPE_NUMBER] = "30",
        [TYPE_AMOUNT] = "0.01",     [TYPE_HASH] = "01234567890123456789012345678901",
    };
    const char *name = field_info(field)->name;
    char key[64];

    if (field_info(field)->type == TYPE_WORD) {
        const char *at;

        (void)snprintf(key, sizeof key, "%s=", name);
        at = strstr(spec->words, key);
        assert_non_null(at);
        at += strlen(key);
        document_set_text(document, field, bytes_of(at, strcspn(at, " ")));
    } else if (field_is_number(field)) {
        assert_true(document_set(document, field, bytes_text(samples[field_info(field)->type])));
    } else {
        document_set_text(document, field, bytes_text(samples[field_info(field)->type]));
    }
}

static void make_good(struct document *document, const struct spec *spec)
{
    document_clear(document, kind_named(bytes_text(spec->kind)));
    for (int tag = 1; tag < FIELDS; tag++) {
        const char *name = field_info((enum field)tag)->name;

        if (name != NULL && (listed(spec->required, name) || tag <= FIELD_FISCAL_YEAR)) {
            set_good(document, spec, (enum field)tag);
        }
    }
}

static void drop(struct document *document, enum field field)
{
    document->present[field >> 6] &= ~(UINT64_C(1) << (field & 63));
}

static void expect(const struct document *document, bool client, const char *want, const char *what)
{
    struct refusal refusal = {.reason = REASON_NONE};
    char code[REASON_CODE_MAX];

    (void)document_check_form(document, division_of("540100"), client, false, &refusal);
    reason_code(code, &refusal);
    if (strcmp(code, want) != 0) {
        fail_msg("%s: got '%s', want '%s'", what, code, want);
    }
}

static void every_kind_passes_with_its_required_fields_alone(void **state)
{
    struct document document;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
        make_good(&document, &specs[i]);
        expect(&document, true, "", specs[i].kind);
    }
}

static void every_kind_passes_with_all_its_fields(void **state)
{
    struct document document;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
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
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
        for (int tag = 1; tag < FIELDS; tag++) {
            const char *name = field_info((enum field)tag)->name;

            if (name == NULL || !(listed(specs[i].required, name) || tag <= FIELD_FISCAL_YEAR)) {
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
                                    "tra_type_code=general"};
    struct document document;
    char want[80], what[80];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
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
        for (size_t s = 0; s < COUNT_OF(specs); s++) {
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
    static const uint32_t kinds[] = {0, 1, 2, 15, 36, 50, 1000, UINT32_MAX};
    struct document document;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        document_clear(&document, kinds[i]);
        expect(&document, true, "unknown_kind", "a number");
    }
    assert_int_equal(kind_named(bytes_text("carry_over")), 0);
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
        {"budget", "stage", "estimate", "bad_stage"},
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
    };
    struct document document;
    char what[120];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const enum field field = field_named(bytes_text(cases[i].field));

        for (size_t s = 0; s < COUNT_OF(specs); s++) {
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

static void each_kind_goes_where_it_may_be_read(void **state)
{
    static const struct {
        uint32_t kind;
        const char *is_track;
        enum audience_kind want;
        const char *division;
    } cases[] = {
        {KIND_ELEMENT, "", AUDIENCE_TREE, "540100"},   {KIND_PROJECT, "", AUDIENCE_LINE, "540100"},
        {KIND_PROJECT, "2", AUDIENCE_LINE, "540100"},  {KIND_PROJECT, "1", AUDIENCE_TREE, "540100"},
        {KIND_TRANSFER, "1", AUDIENCE_LINE, "540121"}, {KIND_SETTLE, "", AUDIENCE_LINE, "540121"},
        {KIND_REGISTER, "", AUDIENCE_LINE, "540100"},  {KIND_BUDGET, "1", AUDIENCE_LINE, "540100"},
        {KIND_PAYMENT, "", AUDIENCE_LINE, "540100"},   {KIND_OPERATOR, "", AUDIENCE_TREE, "540100"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct audience audience;
        struct document document;

        document_clear(&document, cases[i].kind);
        document_set_text(&document, FIELD_REC_DIV_CODE, bytes_text("540121"));
        if (*cases[i].is_track != '\0') {
            document_set_text(&document, FIELD_IS_TRACK, bytes_text(cases[i].is_track));
        }
        audience = kind_audience(&document, division_of("540100"));
        assert_int_equal(audience.kind, cases[i].want);
        assert_string_equal(audience.division.code, cases[i].division);
    }
}

static bool needs(const struct kind_info *info, enum field field)
{
    for (size_t i = 0; i < COUNT_OF(info->required) && info->required[i] != 0; i++) {
        if (info->required[i] == field) {
            return true;
        }
    }
    return false;
}

/* What a row of the table leaves out, or NULL. */
static const char *row_lacks(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);
    const struct kind_steps *steps = kind_steps(kind);
    const bool about_own = info->about != ABOUT_NOTHING && info->about != ABOUT_TRANSFER;

    if ((info->reach == REACH_PARTY || info->place != PLACE_ANY) && info->party == 0) {
        return "its other division";
    }
    if (info->party != 0 && !kind_takes(info, info->party, false)) {
        return "the field of its other division";
    }
    if (info->about != ABOUT_NOTHING && !needs(info, info->about_id)) {
        return "the id of what it is about";
    }
    if ((info->about == ABOUT_NOTHING) != (info->relation == NULL)) {
        return "what a trace calls it";
    }
    if (info->books.to != 0 && info->books.from == 0) {
        return "its accounts";
    }
    if ((info->books.to != 0) != (steps->book != NULL)) {
        return "who books it";
    }
    if (info->books.to != 0 && !needs(info, info->money != 0 ? info->money : FIELD_AMOUNT) &&
        !kind_takes(info, FIELD_AMOUNT, false)) {
        return "its amount";
    }
    if ((about_own && !info->node_only) != (info->exceeds != NULL)) {
        return "what it may exceed";
    }
    if ((info->takes_all || info->completed[0] != 0) && steps->complete == NULL) {
        return "who completes it";
    }
    return NULL;
}

static void no_row_of_the_table_is_half(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        const char *lacks = kind_info(kind) != NULL ? row_lacks(kind) : NULL;

        if (lacks != NULL) {
            fail_msg("%s lacks %s", kind_info(kind)->name, lacks);
        }
    }
}

static void the_money_of_a_document_is_what_it_moves(void **state)
{
    struct document document;

    (void)state;
    document_clear(&document, KIND_PAYMENT);
    document_set_number(&document, FIELD_PAY_APP_AMT, 7);
    assert_int_equal(document_money(&document), 7);
    document_clear(&document, KIND_PAID);
    document_set_number(&document, FIELD_XPAY_AMT, 8);
    assert_int_equal(document_money(&document), 8);
    document_clear(&document, KIND_TRANSFER);
    document_set_number(&document, FIELD_AMOUNT, 9);
    assert_int_equal(document_money(&document), 9);
    document_clear(&document, KIND_AGENCY);
    assert_int_equal(document_money(&document), 0);
}

static void every_kind_and_field_has_a_chinese_name(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        const struct kind_info *info = kind_info(kind);

        if (info != NULL) {
            assert_int_equal(kind_named(bytes_text(info->name)), kind);
            assert_string_not_equal(text_word(LANGUAGE_ZH, "kind", info->name), info->name);
        }
    }
    for (int tag = 1; tag < FIELDS; tag++) {
        const char *name = field_info((enum field)tag)->name;

        if (name != NULL && strcmp(text_word(LANGUAGE_ZH, "field", name), name) == 0) {
            fail_msg("no Chinese name for %s", name);
        }
    }
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

/* --- lines --- */

static void add_line(struct buf *lines, const char *const typed[LINE_FIELDS])
{
    struct document_line line = {0};

    for (enum line_field field = LINE_NO; field < LINE_FIELDS; field++) {
        if (typed[field] != NULL) {
            assert_true(line_set(&line, field, bytes_text(typed[field])));
        }
    }
    line_encode(lines, &line);
}

static void the_fields_of_a_line_are_those_of_its_kind(void **state)
{
    static const struct {
        const char *want, *detail;
        struct line_form form;
        const char *lines[2][LINE_FIELDS];
    } cases[] = {
        {"", "", {{0}, {0}}, {{NULL}}},
        {"missing_lines", "", {{LINE_AMOUNT}, {0}}, {{NULL}}},
        {"",
         "",
         {{LINE_AMOUNT}, {LINE_NAME}},
         {{[LINE_NO] = "1", [LINE_AMOUNT] = "5"},
          {[LINE_NO] = "2", [LINE_AMOUNT] = "-5", [LINE_NAME] = "x"}}},
        {"bad_lines",
         "at_line\x1fnumber=2\x1f"
         "field=amount",
         {{LINE_AMOUNT}, {LINE_NAME}},
         {{[LINE_NO] = "1", [LINE_AMOUNT] = "5"}, {[LINE_NO] = "2", [LINE_NAME] = "x"}}},
        {"bad_lines",
         "at_line\x1fnumber=7\x1f"
         "field=code",
         {{LINE_AMOUNT}, {LINE_NAME}},
         {{[LINE_NO] = "7", [LINE_AMOUNT] = "5", [LINE_CODE] = "x"}}},
        {"bad_lines",
         "at_line\x1fnumber=1\x1f"
         "field=amount",
         {{LINE_AMOUNT}, {0}},
         {{[LINE_NO] = "1", [LINE_AMOUNT] = "1000000000000000.01"}}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct refusal refusal = {.reason = REASON_NONE};
        char code[REASON_CODE_MAX] = "";
        struct buf lines = BUF_EMPTY;
        struct document document;

        document_clear(&document, KIND_PAYMENT);
        for (size_t k = 0; k < 2 && cases[i].lines[k][LINE_NO] != NULL; k++) {
            add_line(&lines, cases[i].lines[k]);
            document.line_count++;
        }
        document.lines = buf_bytes(&lines);
        if (document_check_lines(&document, &cases[i].form, &refusal) != REASON_NONE) {
            reason_code(code, &refusal);
        }
        if (strcmp(code, cases[i].want) != 0 || strcmp(refusal.detail, cases[i].detail) != 0) {
            fail_msg("case %zu: %s, %s", i, code, refusal.detail);
        }
        buf_free(&lines);
    }
}

static void documents_with_other_lines_are_other_documents(void **state)
{
    struct refusal refusal = {.reason = REASON_NONE};
    struct buf lines[2] = {BUF_EMPTY, BUF_EMPTY};
    struct document documents[2];

    (void)state;
    add_line(&lines[0], (const char *const[LINE_FIELDS]){[LINE_NO] = "1", [LINE_AMOUNT] = "5"});
    add_line(&lines[1], (const char *const[LINE_FIELDS]){[LINE_NO] = "1", [LINE_AMOUNT] = "6"});
    for (int i = 0; i < 2; i++) {
        make_good(&documents[i], &specs[0]);
        documents[i].lines = buf_bytes(&lines[i]);
        documents[i].line_count = 1;
    }
    assert_int_equal(document_compare(&documents[0], &documents[0], &refusal), REASON_NONE);
    assert_int_equal(document_compare(&documents[0], &documents[1], &refusal),
                     REASON_EXISTS_DIFFERENT);
    assert_string_equal(refusal.what, "lines");
    buf_free(&lines[0]);
    buf_free(&lines[1]);
}

static void a_kind_without_lines_takes_none(void **state)
{
    struct buf lines = BUF_EMPTY;
    struct document document;

    (void)state;
    add_line(&lines, (const char *const[LINE_FIELDS]){[LINE_NO] = "1"});
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
        make_good(&document, &specs[i]);
        document.lines = buf_bytes(&lines);
        document.line_count = 1;
        expect(&document, false, "unknown_field_lines", specs[i].kind);
    }
    buf_free(&lines);
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
        cmocka_unit_test(of_several_faults_the_first_in_order_is_named),
        cmocka_unit_test(only_a_reply_needs_its_reference),
        cmocka_unit_test(the_allowed_words_stand_beside_a_bad_one),
        cmocka_unit_test(each_kind_goes_where_it_may_be_read),
        cmocka_unit_test(no_row_of_the_table_is_half),
        cmocka_unit_test(the_money_of_a_document_is_what_it_moves),
        cmocka_unit_test(every_kind_and_field_has_a_chinese_name),
        cmocka_unit_test(the_fields_of_a_line_are_those_of_its_kind),
        cmocka_unit_test(documents_with_other_lines_are_other_documents),
        cmocka_unit_test(a_kind_without_lines_takes_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
