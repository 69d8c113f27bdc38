#include "proto/array.h"

#include <assert.h>
#include <string.h>

#include "proto/bytes.h"

enum { BYTES_FIRST = 256 }; /* many arrays stay small, of large items above all */

void *array_grow(void *items, size_t size, size_t count, size_t *capacity)
{
    assert(count <= *capacity);
    if (count < *capacity) {
        return items;
    }
    if (*capacity == 0) {
        *capacity = size < BYTES_FIRST ? BYTES_FIRST / size : 1;
    } else {
        *capacity *= 2;
    }
    assert(*capacity <= SIZE_MAX / 2 / size);
    return mem_realloc(items, *capacity * size);
}

/* Moves what stands from `from` to the end, so that it begins at `to`. */
void array_move(void *items, size_t size, size_t count, size_t from, size_t to)
{
    char *bytes = items;

    assert(from <= count);
    if (from < count) { /* an empty array may have no memory, and NULL is not to be moved */
        memmove(bytes + to * size, bytes + from * size, (count - from) * size);
    }
}
