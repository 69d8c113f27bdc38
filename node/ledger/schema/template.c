#include "node/ledger/schema/template.h"

#include <ctype.h>
#include <stdio.h>

/* --- examples --- */

/* PAYMENT-CANCEL-1 */
static void example_id(char *out, size_t size, const char *kind)
{
    size_t used = 0;

    for (; *kind != '\0' && used + 3 < size; kind++) {
        out[used++] = *kind == '_' ? '-' : (char)toupper((unsigned char)*kind);
    }
    (void)snprintf(out + used, size - used, "-1");
}

static const char *example_of_type(enum language language, enum field_type type)
{
    static const char *const types[] = {
        [TYPE_ID] = "type_id",         [TYPE_DIVISION] = "type_division",
        [TYPE_CODE] = "type_code",     [TYPE_TEXT] = "type_text",
        [TYPE_DATE] = "type_date",     [TYPE_FLAG] = "type_flag",
        [TYPE_WORD] = "type_word",     [TYPE_YEAR] = "type_year",
        [TYPE_NUMBER] = "type_number", [TYPE_AMOUNT] = "type_amount",
        [TYPE_HASH] = "type_hash",
    };

    return text_word(language, "example", types[type]);
}

static void example_needed(char *out, size_t size, uint32_t kind, enum field field,
                           enum language language)
{
    const struct kind_info *info = kind_info(kind);
    const char *const *words = kind_words(kind, field);
    char row[96];

    (void)snprintf(row, sizeof row, "example.%s", field_info(field)->name);
    if (field == FIELD_ID) {
        example_id(out, size, info->name);
    } else if (field == info->only_when.field && field != 0) {
        (void)snprintf(out, size, "%s", info->only_when.word);
    } else if (words != NULL) { /* of stages the last one counts */
        while (field == FIELD_STAGE && words[1] != NULL) {
            words++;
        }
        (void)snprintf(out, size, "%s", words[0]);
    } else if (text_knows(row)) {
        (void)snprintf(out, size, "%s", text_row(language, row));
    } else {
        (void)snprintf(out, size, "%s", example_of_type(language, field_info(field)->type));
    }
}

static void set_example(struct template_column *column, uint32_t kind, enum language language)
{
    char row[96];

    (void)snprintf(row, sizeof row, "example.%s.%s", kind_info(kind)->name,
                   field_info(column->field)->name);
    column->example[0] = '\0';
    if (text_knows(row)) {
        text_cut(column->example, sizeof column->example, text_row(language, row));
    } else if (column->required) {
        example_needed(column->example, sizeof column->example, kind, column->field, language);
    }
}

/* --- columns --- */

/* A first version is complete, and so is a document that moves money. */
static bool is_needed(uint32_t kind, enum field field)
{
    const struct kind_info *info = kind_info(kind);
    struct document document;

    document_clear(&document, kind);
    if (info->only_when.field != 0) {
        document_set_text(&document, info->only_when.field, bytes_text(info->only_when.word));
    }
    return kind_needs(info, &document, field, true);
}

size_t template_columns(struct template_column *columns, uint32_t kind, enum language language)
{
    size_t count = 0;

    for (int required = 1; required >= 0; required--) {
        for (enum field field = 1; field < FIELDS; field++) {
            if (field_info(field)->name != NULL && kind_takes(kind_info(kind), field, true) &&
                is_needed(kind, field) == (required == 1)) {
                columns[count] = (struct template_column){field, required == 1, ""};
                set_example(&columns[count++], kind, language);
            }
        }
    }
    return count;
}
