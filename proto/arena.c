#include "proto/arena.h"

#include <assert.h>

enum {
    CHUNK_BYTES = 16 << 10,
    LARGE_BYTES = CHUNK_BYTES / 4, /* such a piece has a chunk to itself */
    ALIGNMENT = 16,
};

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(ALIGNMENT) uint8_t data[];
};

void arena_init(struct arena *arena, size_t budget)
{
    assert(budget <= SIZE_MAX / 2); /* so that rounding up cannot wrap */
    *arena = (struct arena){.budget = budget};
}

/* A chunk filled at once goes behind the newest one, which may still have room: so at most a
 * quarter of any chunk is wasted, and the heap stays near the budget whatever is asked for. */
static struct arena_chunk *add_chunk(struct arena *arena, size_t size)
{
    const bool whole = size >= LARGE_BYTES;
    const size_t bytes = whole ? size : CHUNK_BYTES;
    struct arena_chunk *chunk = mem_realloc(NULL, sizeof *chunk + bytes);
    struct arena_chunk **place = &arena->chunks;

    if (whole && arena->chunks != NULL) {
        place = &arena->chunks->next;
    }
    *chunk = (struct arena_chunk){.next = *place, .size = bytes};
    *place = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = arena->chunks;
    uint8_t *at;

    if (size > arena->budget) {
        return NULL;
    }
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size > arena->budget - arena->used) {
        return NULL;
    }
    if (chunk == NULL || chunk->size - chunk->used < size) {
        chunk = add_chunk(arena, size);
    }
    at = chunk->data + chunk->used;
    chunk->used += size;
    arena->used += size;
    return at;
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks, *kept = NULL;

    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;

        if (kept == NULL && chunk->size == CHUNK_BYTES) {
            kept = chunk;
        } else {
            mem_free(chunk);
        }
        chunk = next;
    }
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
    }
    arena->chunks = kept;
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    arena_reset(arena);
    mem_free(arena->chunks);
    arena->chunks = NULL;
}
