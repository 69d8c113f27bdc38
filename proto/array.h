/* array - the one growing array and the one binary search.
 *
 * An array is three members of whoever owns it: a pointer to the items, a count, and a capacity.
 * They keep their own names and types; these calls see them through macros, which is why a macro's
 * arguments must have no side effects.
 *
 *     ARRAY_ROOM(list->ids, list->count, list->capacity);
 *     list->ids[list->count++] = id;
 *
 * A sorted array is searched with a comparison of a key with an item, as bsearch(3) has it:
 *
 *     size_t at = ARRAY_LOWER_BOUND(list->ids, list->count, &id, compare_id);
 *     if (at == list->count || compare_id(&id, &list->ids[at]) != 0) {
 *         ARRAY_GAP(list->ids, list->count, list->capacity, at);
 *         list->ids[at] = id;
 *     }
 *
 * Owns:    nothing; the items are freed with mem_free by whoever has the three members.
 * Thread:  any, one at a time for one array.
 * Units:   counts and capacities are items, sizes are bytes.
 * Errors:  none; without memory the process ends (proto/bytes.h). */
#ifndef TERRACE_PROTO_ARRAY_H
#define TERRACE_PROTO_ARRAY_H

#include <stddef.h>

/* Room for one more item after the `count` there are. The new room is not initialized. */
#define ARRAY_ROOM(items, count, capacity)                                                         \
    ((items) = array_grow((items), sizeof((items)[0]), (count), &(capacity)))

/* Moves items[at .. count-1] up by one and counts the gap, items[at], which the caller fills. */
#define ARRAY_GAP(items, count, capacity, at)                                                      \
    (ARRAY_ROOM(items, count, capacity),                                                           \
     array_move((items), sizeof((items)[0]), (count), (at), (at) + 1), (void)(count)++)

/* Takes items[at] out and closes the gap. What it owned is the caller's to free, before. */
#define ARRAY_REMOVE(items, count, at)                                                             \
    (array_move((items), sizeof((items)[0]), (count), (at) + 1, (at)), (void)(count)--)

/* The first index whose item does not sort before the key; `count` when all do. */
#define ARRAY_LOWER_BOUND(items, count, key, compare)                                              \
    array_lower_bound((items), sizeof((items)[0]), (count), (key), (compare))

/* < 0 when the key sorts before the item, 0 when they are equal, > 0 when after. */
typedef int array_compare_fn(const void *key, const void *item);

/* What the macros stand on. */
void *array_grow(void *items, size_t size, size_t count, size_t *capacity);
void array_move(void *items, size_t size, size_t count, size_t from, size_t to);

static inline size_t array_lower_bound(const void *items, size_t size, size_t count,
                                       const void *key, array_compare_fn *compare)
{
    const char *bytes = (const char *)items;
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(key, bytes + middle * size) > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

#endif
