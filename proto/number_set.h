/* number_set - a set of small numbers, whatever they number.
 *
 * In a message or a row it is a list of numbers in ascending order. 0 is not a number of its own:
 * it stands alone and says "every number", those of later versions too. So a set has one list.
 *
 * Thread: any. */
#ifndef TERRACE_PROTO_NUMBER_SET_H
#define TERRACE_PROTO_NUMBER_SET_H

#include "proto/bytes.h"

enum { NUMBER_SET_END = 256, NUMBER_SET_LIST_MAX = NUMBER_SET_END - 1 };

struct number_set {
    uint64_t bits[NUMBER_SET_END / 64]; /* bit 0: every number, and then no other bit */
};
#define NUMBER_SET_NONE ((struct number_set){{0}})
#define NUMBER_SET_ALL  ((struct number_set){{1}})

bool number_set_is_empty(const struct number_set *set);
bool number_set_has(const struct number_set *set, uint32_t number);
bool number_set_equal(const struct number_set *a, const struct number_set *b);
/* Has `set` all that `other` has? Only a set of every number contains another of every number. */
bool number_set_contains(const struct number_set *set, const struct number_set *other);
/* False for a number that a set has no room for. 0 makes it the set of every number. */
bool number_set_add(struct number_set *set, uint32_t number);
struct number_set number_set_union(const struct number_set *a, const struct number_set *b);

/* As a list, and back: false when it does not ascend, or has a number that a set has no room for.
 */
size_t number_set_list(const struct number_set *set, uint32_t list[NUMBER_SET_LIST_MAX]);
bool number_set_of_list(struct number_set *out, const uint32_t *list, size_t count);

/* The list in bytes: its count, then a byte each. reader_number_set fails the reader. */
void buf_put_number_set(struct buf *buf, const struct number_set *set);
struct number_set reader_number_set(struct reader *reader);

#endif
