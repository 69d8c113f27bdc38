/* division - the code of a government: 1-9 of A-Z 0-9, compared as text.
 *
 * Padded with NUL to a fixed size, so it is a value: copy it, compare it, use it inside keys.
 * The tree of divisions comes from grants, never from arithmetic on codes.
 *
 * Thread: any. */
#ifndef TERRACE_PROTO_DIVISION_H
#define TERRACE_PROTO_DIVISION_H

#include "proto/bytes.h"

#define DIVISION_CODE_MAX 9

struct division {
    char code[DIVISION_CODE_MAX + 1]; /* always terminated; the rest is NUL */
};

#define DIVISION_NONE ((struct division){""})

/* False, and *out empty, when `text` is not a division code. */
bool division_parse(struct division *out, struct bytes text);
static inline struct division division_of(const char *code)
{
    struct division division;
    (void)division_parse(&division, bytes_text(code));
    return division;
}
static inline bool division_is_none(struct division division)
{
    return division.code[0] == '\0';
}
static inline bool division_equal(struct division a, struct division b)
{
    return memcmp(a.code, b.code, sizeof a.code) == 0;
}
static inline int division_compare(struct division a, struct division b)
{
    return memcmp(a.code, b.code, sizeof a.code);
}
/* Nine bytes, NUL padded: the form inside keys and headers. */
void division_write(struct buf *buf, struct division division);
struct division division_read(struct reader *reader); /* fails the reader on a bad code */

#endif
