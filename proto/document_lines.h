/* document_lines - the lines of a document: a payroll's persons, a voucher's accounts, the cases of
 * a rule. Which kinds have lines, and which fields a line of theirs takes, is the ledger's.
 *
 *   body: key size line | key size line | ...      line: fields in ascending order, as in a
 * document no 1              no 4
 *
 * Lines stand in the order of their numbers, each number once, so that a document with lines has
 * one encoding too. They are read one after the other where they lie, without memory of their own.
 *
 * Text views borrow, as those of a document. Thread: any. */
#ifndef TERRACE_PROTO_DOCUMENT_LINES_H
#define TERRACE_PROTO_DOCUMENT_LINES_H

#include "proto/field_value.h"

/* Beside the lines an entry has room for every other field. */
enum { LINES_MAX = 4096, LINES_BYTES_MAX = 40 << 10 };

/* X(constant, tag, name, type, bytes_max). Tags are never reused. */
#define DOCUMENT_LINE_FIELDS(X)                                                                    \
    X(NO, 1, "no", NUMBER, 0) /* from 1 */                                                         \
    X(ID, 2, "id", ID, DOCUMENT_ID_MAX)                                                            \
    X(CODE, 3, "code", CODE, 50)                                                                   \
    X(NAME, 4, "name", TEXT, 360)                                                                  \
    X(ACCT_NO, 5, "acct_no", CODE, 50)                                                             \
    X(BANK_NAME, 6, "bank_name", TEXT, 360)                                                        \
    X(AMOUNT, 7, "amount", AMOUNT, 0)                                                              \
    X(TEXT, 8, "text", TEXT, 1000)

enum line_field {
#define X(constant, tag, name, type, bytes_max) LINE_##constant = tag,
    DOCUMENT_LINE_FIELDS(X)
#undef X
        LINE_FIELDS,
};
const struct field_info *line_field_info(enum line_field field);
enum line_field line_field_named(struct bytes name); /* LINE_FIELDS when there is no such name */

struct document_line {
    uint32_t present; /* by tag */
    union {
        struct bytes text;
        int64_t number;
    } value[LINE_FIELDS]; /* only where present */
};
static inline bool line_has(const struct document_line *line, enum line_field field)
{
    return (line->present >> field & 1) != 0;
}
/* Empty and zero when absent. */
static inline struct bytes line_text(const struct document_line *line, enum line_field field)
{
    return line_has(line, field) ? line->value[field].text : BYTES_NONE;
}
static inline int64_t line_number(const struct document_line *line, enum line_field field)
{
    return line_has(line, field) ? line->value[field].number : 0;
}

/* Sets a field from what a person typed, as document_set. False: bad. */
bool line_set(struct document_line *line, enum line_field field, struct bytes typed);

/* Appends a line, which has a number, with its key and size. */
void line_encode(struct buf *out, const struct document_line *line);

/* Size and fields of a line, behind its key. False when it is no line, or not in its one form. */
bool line_read(struct reader *reader, struct document_line *out);
/* Walks document->lines, which were read or encoded here: false at the end. */
bool line_next(struct reader *lines, struct document_line *out);

#endif
