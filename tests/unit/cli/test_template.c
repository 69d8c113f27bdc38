/* What terrace template prints is taken back, and what terrace explain says is never a bare code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/cli/csv_header.h"
#include "node/cli/explain_schema.h"
#include "node/ledger/schema/template.h"
#include "proto/alarm.h"

/* The texts of the document stay in the columns. */
static void fill(struct document *document, uint32_t kind, const struct template_column *columns,
                 size_t count)
{
    document_clear(document, kind);
    for (size_t i = 0; i < count; i++) {
        const struct bytes text = bytes_text(columns[i].example);

        if (text.size > 0 && !document_set(document, columns[i].field, text)) {
            fail_msg("%s: %s is no %s", kind_info(kind)->name, columns[i].example,
                     field_info(columns[i].field)->name);
        }
    }
}

static void every_example_is_well_formed(void **state)
{
    (void)state;
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        struct template_column columns[DOCUMENT_VALUES_MAX];
        struct document document;
        struct refusal refusal;
        char code[REASON_CODE_MAX];

        if (kind_info(kind) == NULL || kind_info(kind)->node_only) {
            continue;
        }
        for (int language = 0; language < LANGUAGES; language++) {
            fill(&document, kind, columns,
                 template_columns(columns, kind, (enum language)language));
            if (document_check_form(&document, division_of("540121"), true, true, &refusal) !=
                REASON_NONE) {
                reason_code(code, &refusal);
                fail_msg("%s: %s", kind_info(kind)->name, code);
            }
        }
    }
}

/* As it is printed, by its Chinese name alone, and as programs write it. */
static void a_header_is_read_in_both_languages(void **state)
{
    (void)state;
    for (enum field field = 1; field < FIELDS; field++) {
        const char *name = field_info(field)->name, *title, *begin;
        char cell[256];

        if (name == NULL) {
            continue;
        }
        title = text_word(LANGUAGE_ZH, "field", name);
        begin = strstr(title, text_word(LANGUAGE_ZH, "mark", "open"));
        assert_non_null(begin);
        begin += strlen(text_word(LANGUAGE_ZH, "mark", "open"));
        assert_int_equal(csv_header_field(bytes_text(name)), field);
        assert_int_equal(csv_header_field(bytes_text(title)), field);
        (void)snprintf(cell, sizeof cell, "%.*s",
                       (int)(strstr(begin, text_word(LANGUAGE_ZH, "mark", "close")) - begin),
                       begin);
        if (csv_header_field(bytes_text(cell)) != field) {
            fail_msg("%s: its Chinese name is that of another field", name);
        }
        (void)snprintf(cell, sizeof cell, " %s (amount) ", name);
        assert_int_equal(csv_header_field(bytes_text(cell)), field);
    }
    assert_int_equal(csv_header_field(bytes_text("amounts")), FIELDS);
    assert_int_equal(csv_header_field(bytes_text("")), FIELDS);
    assert_true(csv_header_is_kind(bytes_text("kind")));
}

/* A later kind, state or alarm without its sentence is noticed here. */
static void everything_is_explained(void **state)
{
    char row[96];

    (void)state;
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL) {
            json_t *meaning = explain_kind(LANGUAGE_ZH, kind);

            assert_true(json_array_size(json_object_get(meaning, "facts")) >= 4);
            json_decref(meaning);
            (void)snprintf(row, sizeof row, "explain.kind.%s", kind_info(kind)->name);
            if (!text_knows(row)) {
                fail_msg("no row %s", row);
            }
        }
    }
    for (enum doc_state doc = 1; doc < DOC_STATES; doc++) {
        (void)snprintf(row, sizeof row, "explain.state.%s", doc_state_name(doc));
        if (!text_knows(row)) {
            fail_msg("no row %s", row);
        }
    }
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL) {
            json_t *meaning = explain_field(LANGUAGE_EN, field);

            assert_non_null(meaning);
            json_decref(meaning);
        }
    }
}

static void assert_says(uint32_t kind, const char *words)
{
    json_t *meaning = explain_kind(LANGUAGE_EN, kind);
    char *text = json_dumps(meaning, JSON_ENCODE_ANY);

    if (strstr(text, words) == NULL) {
        fail_msg("%s: no \"%s\" in %s", kind_info(kind)->name, words, text);
    }
    mem_free(text);
    json_decref(meaning);
}

/* What lowers is below 0, and the kinds that cannot lower say so. */
static void which_amounts_a_kind_takes_is_said(void **state)
{
    (void)state;
    assert_says(KIND_ADJUST, "; above 0 to raise, below 0 to lower");
    assert_says(KIND_TRANSFER, "; above 0, and with early_bgt_id, as the difference to the early "
                               "amount, also 0 or below");
    assert_says(KIND_TRANSFER_OUT, "amount, also below 0");
    assert_says(KIND_TRANSFER_IN, "amount, also below 0");
    assert_says(KIND_BUDGET, "in a reply to an estimate, also 0");
    assert_says(KIND_RECALL, "\\\"1250.00\\\"; above 0\"");
    assert_says(KIND_PAYMENT, "\\\"1250.00\\\"; above 0\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_is_well_formed),
        cmocka_unit_test(a_header_is_read_in_both_languages),
        cmocka_unit_test(everything_is_explained),
        cmocka_unit_test(which_amounts_a_kind_takes_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
