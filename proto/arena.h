/* arena - memory with a hard budget, given back all at once.
 *
 * protobuf-c unpacks 1 MiB of empty messages into 70 MiB of heap; inside an arena it fails
 * instead. Owns: its chunks. Thread: one at a time. */
#ifndef TERRACE_PROTO_ARENA_H
#define TERRACE_PROTO_ARENA_H

#include "proto/bytes.h"

struct arena {
    struct arena_chunk *chunks;
    size_t used, budget; /* bytes */
};

void arena_init(struct arena *arena, size_t budget);
void *arena_alloc(struct arena *arena,
                  size_t size);        /* NULL once the budget is spent; aligned to 16 */
void arena_reset(struct arena *arena); /* keeps the first chunk */
void arena_free(struct arena *arena);

#endif
