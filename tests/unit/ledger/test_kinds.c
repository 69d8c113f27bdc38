/* The table of kinds: no row is half, each goes where it may be read, has its money, its name, its
 * lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/families/family.h"
#include "node/ledger/ledger.h"
#include "proto/document_evidence.h"
#include "replicator/trust/crypto.h"
#include "tests/unit/ledger/form_specs.h"

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
        {KIND_CONFIRM, "", AUDIENCE_TREE, "540202"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct audience audience;
        struct document document;

        document_clear(&document, cases[i].kind);
        document_set_text(&document, FIELD_REC_DIV_CODE, bytes_text("540121"));
        document_set_text(&document, FIELD_DIV_CODE, bytes_text("540202"));
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
    const bool about_own = info->about != ABOUT_NOTHING && info->about != ABOUT_ASK;

    if ((info->reach == REACH_PARTY || info->place != PLACE_ANY) && info->party == 0) {
        return "its other division";
    }
    if (info->party != 0 && !kind_takes(info, info->party, false)) {
        return "the field of its other division";
    }
    if (info->about != ABOUT_NOTHING && info->about != ABOUT_ESTIMATE && info->about_line == 0 &&
        !needs(info, info->about_id)) {
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
    if (info->books.to != 0 && info->books.to != ACC_CLOSE && info->books.from != ACC_CLOSE &&
        !needs(info, info->money != 0 ? info->money : FIELD_AMOUNT) &&
        !kind_takes(info, FIELD_AMOUNT, false)) {
        return "its amount";
    }
    if ((info->exceeds == NULL && about_own && !info->node_only && kind != KIND_WITHDRAW) ||
        (info->exceeds != NULL && info->about == ABOUT_NOTHING)) {
        return "what it may exceed";
    }
    if ((info->takes_all || info->completed[0] != 0) && steps->complete == NULL) {
        return "who completes it";
    }
    if (info->required[COUNT_OF(info->required) - 1] != 0 ||
        info->optional[COUNT_OF(info->optional) - 1] != 0 ||
        info->completed[COUNT_OF(info->completed) - 1] != 0 ||
        info->first[COUNT_OF(info->first) - 1] != 0 ||
        info->lines.required[COUNT_OF(info->lines.required) - 1] != 0 ||
        info->lines.optional[COUNT_OF(info->lines.optional) - 1] != 0) {
        return "the end of a list";
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
    for (size_t i = 0; i < spec_count; i++) {
        make_good(&document, &specs[i]);
        document.lines = buf_bytes(&lines);
        document.line_count = 1;
        expect(&document, false, "unknown_field_lines", specs[i].kind);
    }
    buf_free(&lines);
}

/* What only takes money, of one line, can be judged beside others of its sort before any of them is
 * booked; what is completed from own rows waits for those. */
static void what_a_kind_does_with_money_follows_from_its_row(void **state)
{
    static const uint32_t takes[] = {KIND_TRANSFER, KIND_REMIT, KIND_PAYMENT, KIND_FREEZE};
    static const uint32_t gives[] = {KIND_ALLOCATE,     KIND_RELEASE,    KIND_PAYMENT_CANCEL,
                                     KIND_PAID,         KIND_REDUCE,     KIND_VIREMENT,
                                     KIND_TRANSFER_OUT, KIND_BUDGET,     KIND_UNFREEZE,
                                     KIND_LAPSE,        KIND_CARRY_OVER, KIND_SETTLE};
    static const uint32_t own[] = {KIND_TRANSFER, KIND_ALLOCATE, KIND_VIREMENT,      KIND_REMIT,
                                   KIND_RELEASE,  KIND_REFUND,   KIND_CARRY_OVER,    KIND_LAPSE,
                                   KIND_RECALL,   KIND_WITHDRAW, KIND_PAYMENT_CANCEL};
    static const uint32_t others[] = {KIND_BUDGET, KIND_PAYMENT, KIND_PAID,  KIND_REGISTER,
                                      KIND_SETTLE, KIND_RETURN,  KIND_FREEZE};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(takes); i++) {
        assert_true(kind_only_takes(takes[i]));
    }
    for (size_t i = 0; i < COUNT_OF(gives); i++) {
        assert_false(kind_only_takes(gives[i]));
    }
    assert_true(kind_only_takes(KIND_AGENCY)); /* it moves none at all */
    assert_true(kind_has_versions(KIND_PROJECT));
    assert_false(kind_has_versions(KIND_PAYMENT));
    assert_string_equal(kind_family(KIND_PAID), "payment");
    assert_null(kind_family(KIND_OPERATOR)); /* a person is no money */
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        assert_true(kind_completes_from_own(own[i]));
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_false(kind_completes_from_own(others[i]));
    }
}

/* What stands for an entry that was put aside is of a format of its own. */
static void evidence_has_a_format_of_its_own(void **state)
{
    const struct document_evidence evidence = {
        .epoch = 1, .lsn = 5, .hash = hash_of(TAG_CONTENT, BYTES_NONE)};
    struct document document, read;
    struct buf plain = BUF_EMPTY, body = BUF_EMPTY;
    struct err err;

    (void)state;
    document_clear(&document, KIND_BUDGET);
    document_set_text(&document, FIELD_ID, bytes_text("B"));
    document_encode(&plain, &document);
    document_set_evidence(&document, &evidence);
    document_encode(&body, &document);
    assert_int_equal(document_format(buf_bytes(&plain)), DOCUMENT_FORMAT);
    assert_int_equal(document_format(buf_bytes(&body)), EVIDENCE_FORMAT);
    assert_int_equal(document_of_entry(&read, KIND_BUDGET, EVIDENCE_FORMAT, buf_bytes(&body), &err),
                     OK);
    assert_int_equal(document_of_entry(&read, KIND_BUDGET, DOCUMENT_FORMAT, buf_bytes(&body), &err),
                     ERR_MALFORMED);
    assert_int_equal(
        document_of_entry(&read, KIND_BUDGET, EVIDENCE_FORMAT, buf_bytes(&plain), &err),
        ERR_MALFORMED);
    assert_int_equal(
        document_of_entry(&read, KIND_BUDGET, DOCUMENT_FORMAT, bytes_text("\xff"), &err),
        ERR_MALFORMED);
    buf_free(&plain);
    buf_free(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_goes_where_it_may_be_read),
        cmocka_unit_test(no_row_of_the_table_is_half),
        cmocka_unit_test(the_money_of_a_document_is_what_it_moves),
        cmocka_unit_test(every_kind_and_field_has_a_chinese_name),
        cmocka_unit_test(the_fields_of_a_line_are_those_of_its_kind),
        cmocka_unit_test(documents_with_other_lines_are_other_documents),
        cmocka_unit_test(a_kind_without_lines_takes_none),
        cmocka_unit_test(what_a_kind_does_with_money_follows_from_its_row),
        cmocka_unit_test(evidence_has_a_format_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
