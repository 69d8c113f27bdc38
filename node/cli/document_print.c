#include "node/cli/document_print.h"

#include <stdio.h>
#include <unistd.h>

#include "node/cli/print.h"
#include "node/ledger/schema/accounts.h"

enum { LABEL_WIDTH = 26, INDENT = 4 };

/* An account's mnemonic with its name; NULL for what is none. */
static const char *account_label(char out[CELL_BYTES_MAX], enum language language, const char *name)
{
    for (int account = 1; account < ACCOUNTS; account++) {
        const struct account_info *info = account_info((enum account)account);

        if (strcmp(info->mnemonic, name) == 0) {
            (void)snprintf(out, CELL_BYTES_MAX, "%s%s%s%s", name,
                           text_word(language, "mark", "open"), info->name[language],
                           text_word(language, "mark", "close"));
            return out;
        }
    }
    return NULL;
}

/* What the answer says itself has rows of its own; the rest are fields of the document. */
static const char *label_of(char out[CELL_BYTES_MAX], enum language language, const char *name)
{
    const char *label = text_word(language, "member", name);

    if (label == name) {
        label = text_word(language, "field", name);
    }
    if (label == name && account_label(out, language, name) != NULL) {
        return out;
    }
    return label;
}

static void print_label(enum language language, const char *name, int indent)
{
    char account[CELL_BYTES_MAX];
    const char *label = label_of(account, language, name);
    const size_t width = text_width(label);

    (void)printf("%*s%s%*s", indent, "", label,
                 width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 1, "");
}

/* Members whose values are words of ours. */
static bool word_named(const char *name)
{
    static const char *const names[] = {
        "state", "status", "role", "stage", "outcome", "tra_type_code", "ele_catalog_code"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* As a cell of a table shows it: its own kind of cell for what is no field, words and amounts. */
static enum cell_kind cell_of(const char *name, const char *value)
{
    char local[LOCAL_TIME_BYTES_MAX];

    if (strcmp(time_local(local, value), value) != 0 && strlen(value) < sizeof local) {
        return CELL_TIME;
    }
    if (strcmp(name, "kind") == 0) {
        return CELL_KIND;
    }
    if (word_named(name)) {
        return CELL_WORD;
    }
    return strchr(value, '.') != NULL && text_is_number(value) ? CELL_MONEY : CELL_TEXT;
}

static void print_value(enum language language, const char *name, const json_t *value)
{
    const char *text = json_string_value(value);
    char cell[CELL_BYTES_MAX];

    if (text == NULL) {
        print_json(stdout, value);
    } else if (strlen(text) < CELL_BYTES_MAX && cell_of(name, text) != CELL_TEXT) {
        const struct column column = {name, name, cell_of(name, text)};
        json_t *row = json_pack("{ss}", name, text);

        print_table_cell(cell, &column, row, language, isatty(STDOUT_FILENO) == 1);
        (void)puts(cell);
        json_decref(row);
    } else {
        print_text(stdout, text);
        (void)putchar('\n');
    }
}

static void print_member(enum language language, const char *name, const json_t *value, int indent)
{
    const char *key;
    json_t *inner;

    if (json_is_null(value)) {
        return; /* there is none of it */
    }
    if (json_is_object(value)) {
        print_label(language, name, indent);
        (void)putchar('\n');
        json_object_foreach((json_t *)(uintptr_t)value, key, inner)
        {
            print_member(language, key, inner, indent + INDENT);
        }
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            print_member(language, name, json_array_get(value, i), indent);
        }
    } else {
        print_label(language, name, indent);
        print_value(language, name, value);
    }
}

void document_print(const struct cli *cli, const json_t *object, int indent)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        print_member(cli->language, key, value, indent);
    }
}
