#include "proto/arena.h"

enum { CHUNK_BYTES = 16 << 10, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(ALIGNMENT) uint8_t data[];
};

void arena_init(struct arena *arena, size_t budget)
{
    *arena = (struct arena){.budget = budget};
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
        const size_t wanted = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        chunk = mem_zalloc(sizeof *chunk + wanted);
        chunk->size = wanted;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    at = chunk->data + chunk->used;
    chunk->used += size;
    arena->used += size;
    return at;
}

void arena_reset(struct arena *arena)
{
    while (arena->chunks != NULL && arena->chunks->next != NULL) {
        struct arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        mem_free(chunk);
    }
    if (arena->chunks != NULL) {
        arena->chunks->used = 0;
    }
    arena->used = 0;
}

void arena_free(struct arena *arena)
{
    arena_reset(arena);
    mem_free(arena->chunks);
    arena->chunks = NULL;
}
