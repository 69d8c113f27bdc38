/* json - documents from and to JSON, and a writer for answers.
 *
 * Reading never fails as a function: what is wrong with a line becomes the refusal of its item.
 * A value that its field cannot hold is carried into the document as one that the form check
 * refuses, so that one place decides which of several faults is named.
 *
 * Writing: one flat pass into a buf; text that is not UTF-8 loses its odd bytes to '?'.
 * Thread: any. Amounts are strings of yuan ("1250.00"), never JSON numbers. */
#ifndef TERRACE_NODE_API_JSON_H
#define TERRACE_NODE_API_JSON_H

#include <jansson.h>

#include "node/core/node.h"
#include "node/office/submit.h"

enum {
    JSON_LINE_BYTES_MAX = 256 << 10,
    JSON_LINE_VALUES_MAX = 40 << 10, /* of one document with as many lines as it may have */
    JSON_CONTAINERS_MAX = 5000,      /* arrays and objects, of whatever is read at once */
    JSON_TIME_MAX = 32,
};

/* Would its tree have more than so many values, or than JSON_CONTAINERS_MAX arrays and objects? Of
 * one value a tree takes up to 100 bytes, of an object 300, whatever they take in the text. Signs
 * within texts count, too. */
bool json_costs_too_much(struct bytes text, size_t values_max);

/* One line of NDJSON into `item`, which is clear but for what its owner gave it. Its texts point
 * into `line` and into *texts, which the caller frees once the item is done with: what is kept of a
 * line is never larger than it. `default_kind` may be 0. A plain line (a flat object of unescaped
 * strings, as programs write them) is read in one pass; every other one goes through jansson, so
 * that all faults are judged in one place. */
void json_read_item(struct submit_item *item, struct buf *texts, struct bytes line,
                    uint32_t default_kind);
/* The id as typed, or an empty view. */
struct bytes json_typed_id(const struct submit_item *item);

/* --- writing --- */

struct json_out {
    struct buf *buf;
    bool comma; /* something stands before in this object or array */
};
static inline struct json_out json_to(struct buf *buf)
{
    return (struct json_out){buf, false};
}
/* `key` is NULL inside an array. */
void out_open(struct json_out *out, const char *key, char bracket);
void out_close(struct json_out *out, char bracket);
void out_end_line(struct json_out *out); /* of NDJSON: the next value is one of its own */
void out_text(struct json_out *out, const char *key, const char *text);
void out_bytes(struct json_out *out, const char *key, struct bytes text);
/* A text under a key that came from outside. */
void out_typed(struct json_out *out, const char *key, const char *text);
void out_count(struct json_out *out, const char *key, uint64_t count);
void out_signed(struct json_out *out, const char *key, int64_t number);
void out_amount(struct json_out *out, const char *key, int128 fen);
void out_bool(struct json_out *out, const char *key, bool value);
void out_null(struct json_out *out, const char *key);
void out_time(struct json_out *out, const char *key, uint64_t unix_ms); /* null for 0 */
void out_hex(struct json_out *out, const char *key, const void *data, size_t size);
void out_division(struct json_out *out, const char *key, struct division division);
/* Whose or to whom ("issuer", "receiver", "payee"), how much, under which number; nothing where
 * nothing is known. */
void out_caption(struct json_out *out, const struct caption *caption);
/* The value of a field that is there. */
void out_field(struct json_out *out, const char *key, const struct document *document,
               enum field field);
/* kind and all present fields by their national names. */
void out_document(struct json_out *out, const struct document *document);

#endif
