/* lag - what we hold for a neighbour that it has not confirmed. For people to look at, so every
 * look is bounded: what was counted once is remembered until the peer confirms more.
 *
 * Owns: nothing. Thread: loop thread. Units: lsn, entries, bytes; *_unix_ms. */
#ifndef TERRACE_REPLICATOR_STREAM_LAG_H
#define TERRACE_REPLICATOR_STREAM_LAG_H

#include <stdint.h>

#include "proto/block.h"

struct stream;

/* Of one log, counted a little at a time. */
struct lag_count {
    uint64_t from, to, entries, bytes, oldest_unix_ms;
};

/* Of all logs: blocks not counted yet are estimated where every block is the peer's. */
struct lag {
    uint64_t entries, bytes;
    uint64_t oldest_unix_ms; /* time of the first such block, 0 when none */
};
void lag_count(const struct stream *stream, struct lag *out);

/* The same of a stream to the parent, without a look at more than the oldest block of a few logs:
 * no bytes. */
void lag_glance(const struct stream *stream, struct lag *out);

/* The blocks behind, from the first unconfirmed on; at most `blocks_max`. Errors: ERR_IO,
 * ERR_CORRUPT. */
enum status lag_visit(const struct stream *stream, size_t blocks_max,
                      void (*visit)(void *arg, const struct block_view *block), void *arg,
                      struct err *err);

#endif
