#include "node/cli/csv_header.h"

#include <stdio.h>

#include "node/cli/print.h"
#include "node/text/nearest.h"

/* --- one cell --- */

/* The name as programs write it, where it stands alone or in front of other words. */
static struct bytes leading_name(struct bytes cell)
{
    static const char *const behind[] = {" ", "(", "/", "\n"};
    const struct bytes open = bytes_text(text_word(LANGUAGE_ZH, "mark", "open"));
    size_t size = 0;
    struct bytes rest;

    while (size < cell.size &&
           ((cell.data[size] >= 'a' && cell.data[size] <= 'z') || cell.data[size] == '_')) {
        size++;
    }
    rest = bytes_of(cell.data + size, cell.size - size);
    if (rest.size == 0 ||
        (rest.size >= open.size && memcmp(rest.data, open.data, open.size) == 0)) {
        return bytes_of(cell.data, size);
    }
    for (size_t i = 0; i < COUNT_OF(behind); i++) {
        if (rest.data[0] == (uint8_t)behind[i][0]) {
            return bytes_of(cell.data, size);
        }
    }
    return BYTES_NONE;
}

/* "amount (in Chinese brackets: its name)" -> its name; all of it where there are no brackets. */
static struct bytes name_in_brackets(const char *title)
{
    const char *open = text_word(LANGUAGE_ZH, "mark", "open");
    const char *close = text_word(LANGUAGE_ZH, "mark", "close");
    const char *begin = strstr(title, open);
    const char *end = begin == NULL ? NULL : strstr(begin, close);

    if (end == NULL) {
        return bytes_text(title);
    }
    begin += strlen(open);
    return bytes_of(begin, (size_t)(end - begin));
}

enum field csv_header_field(struct bytes cell)
{
    const struct bytes trimmed = bytes_trim(cell);
    const struct bytes name = leading_name(trimmed);

    if (name.size > 0) {
        return field_named(name);
    }
    for (enum field field = 1; field < FIELDS; field++) {
        const char *known = field_info(field)->name;

        if (known != NULL &&
            bytes_equal(trimmed, name_in_brackets(text_word(LANGUAGE_ZH, "field", known)))) {
            return field;
        }
    }
    return FIELDS;
}

bool csv_header_is_kind(struct bytes cell)
{
    const struct bytes trimmed = bytes_trim(cell);

    return bytes_equal(leading_name(trimmed), bytes_text("kind")) ||
           bytes_equal(trimmed, bytes_text(text_word(LANGUAGE_ZH, "column", "kind")));
}

/* --- all of them --- */

struct fault_list {
    const struct cli *cli;
    char *text;
    size_t used, count;
};

/* What no longer fits is counted all the same. */
static void add_fault(struct fault_list *list, const char *message)
{
    char words[TEXT_BYTES_MAX];
    const size_t room = TEXT_BYTES_MAX - 320 - list->used; /* a sentence stands around them */
    size_t size;

    (void)text_in(list->cli->language, words, message);
    size = strlen(words);
    if (size + 8 < room) {
        list->used += (size_t)snprintf(
            list->text + list->used, size + 8, "%s%s",
            list->count > 0 ? text_word(list->cli->language, "mark", "semicolon") : "", words);
    }
    list->count++;
}

static void add_unknown(struct fault_list *list, size_t index, struct bytes name)
{
    char message[MESSAGE_BYTES_MAX];
    char typed[4 * NEAREST_BYTES_MAX + 1], shown[sizeof typed];
    struct nearest nearest;

    (void)snprintf(typed, sizeof typed, "%.*s", (int)name.size, (const char *)name.data);
    nearest_begin(&nearest, name);
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL) {
            nearest_offer(&nearest, bytes_text(field_info(field)->name));
        }
    }
    (void)text_shown(shown, sizeof shown, typed);
    if (nearest_found(&nearest)[0] != '\0') {
        message_format(message, sizeof message, "csv_column_near column=%zu name=%s nearest=%s",
                       index + 1, shown, nearest_found(&nearest));
    } else {
        message_format(message, sizeof message, "csv_column_unknown column=%zu name=%s", index + 1,
                       shown);
    }
    add_fault(list, message);
}

static void add_twice(struct fault_list *list, size_t index, enum field field)
{
    char message[MESSAGE_BYTES_MAX];

    message_format(message, sizeof message, "csv_column_twice column=%zu name=%s", index + 1,
                   field == FIELDS ? "kind" : field_info(field)->name);
    add_fault(list, message);
}

size_t csv_header_read(struct submission *submission, const struct csv *csv,
                       char faults[TEXT_BYTES_MAX])
{
    struct fault_list list = {.cli = submission->cli, .text = faults};
    bool taken[FIELDS + 1] = {false}; /* the last one is the column `kind` */

    faults[0] = '\0';
    for (size_t i = 0; i < csv->count; i++) {
        const enum field field = csv_header_field(csv->cells[i]);

        submission->columns[i] = field;
        if (field == FIELDS && !csv_header_is_kind(csv->cells[i])) {
            add_unknown(&list, i, bytes_trim(csv->cells[i]));
            continue;
        }
        if (taken[field]) {
            add_twice(&list, i, field);
        }
        taken[field] = true;
    }
    return list.count;
}
