/* field_value - what the value of a field may look like: of a document, and of one of its lines.
 *
 * Thread: any. Units: amounts are fen, sizes bytes. */
#ifndef TERRACE_PROTO_FIELD_VALUE_H
#define TERRACE_PROTO_FIELD_VALUE_H

#include "proto/bytes.h"
#include "proto/status.h"
#include "proto/wide.h"

enum { DOCUMENT_ID_MAX = 38, NUMBER_MAX = 999999999 };

enum field_type {
    TYPE_ID,       /* 1-38 of A-Z a-z 0-9 - _ . ; first a letter, digit, or '.' for node-written */
    TYPE_DIVISION, /* 1-9 of A-Z 0-9 */
    TYPE_CODE,     /* 1..max of printable ASCII without space and quotes */
    TYPE_TEXT,     /* 1..max bytes of UTF-8 without control characters */
    TYPE_DATE,     /* YYYY-MM-DD, a real day */
    TYPE_FLAG,     /* "1" yes, "2" no */
    TYPE_WORD,     /* one of a list the kind names */
    TYPE_YEAR,     /* number 1000-9999 */
    TYPE_NUMBER,   /* number 0-999999999; one that nodes write: a position in a log */
    TYPE_AMOUNT,   /* fen */
    TYPE_HASH,     /* 32 bytes; node-written */
};

struct field_info {
    const char *name;
    enum field_type type;
    uint16_t bytes_max;
};
static inline bool type_is_number(enum field_type type)
{
    return type == TYPE_AMOUNT || type == TYPE_NUMBER || type == TYPE_YEAR;
}

/* Form only: which words a WORD may be is the kind's. False for a field without a name. */
bool value_text_valid(const struct field_info *info, struct bytes text);
bool value_number_valid(const struct field_info *info, int64_t number, int64_t number_max);

/* What a person typed: "1250.5" -> 125050 fen, no exponents, no separators, at most two decimals.
 * The way back is amount_format (wide.h). False: it is none. */
bool amount_parse(int64_t *fen, struct bytes typed);
bool number_parse(int64_t *number, struct bytes typed);

/* Numbers in a body, as protobuf's sint64. */
static inline uint64_t zigzag(int64_t number)
{
    return ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
}
static inline int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

#endif
