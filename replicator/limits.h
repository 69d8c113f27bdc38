/* limits - what one direct child may do, and timing: one table that the core, the config file and
 * its comments read. Zero means the default.
 *
 *   LIMIT(type, name, default, least, most, meaning)
 *
 * The columns of numbers name constants of proto/block.h and proto/frame.h: who expands them
 * includes those. Of child_blocks_per_second, ten other frames, or 4 KiB of them, count as one
 * block and a Hello as ten; so do five signatures of persons on a block beyond two. Units: *_bytes,
 * *_ms.
 *
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_LIMITS_H
#define TERRACE_REPLICATOR_LIMITS_H

#include <stdint.h>

#define LIMIT_BLOCK       (BLOCK_BYTES_MAX + (64 << 10)) /* a largest block and its frame must pass */
#define LIMIT_HUGE        (UINT64_C(1) << 50)
#define LIMIT_DAY         (24 * 3600 * 1000)
#define NEIGHBOUR_DOWN_MS 300000

#define REPLICATOR_LIMITS(LIMIT)                                                                   \
    LIMIT(uint64_t, child_bytes_per_day, UINT64_C(4) << 30, LIMIT_BLOCK, LIMIT_HUGE,               \
          "beyond it a child waits until tomorrow")                                                \
    LIMIT(uint32_t, child_blocks_per_second, 2000, 1, 1000000,                                     \
          "with a burst of ten seconds' worth")                                                    \
    LIMIT(uint32_t, credit_bytes, 8 << 20, LIMIT_BLOCK, 1 << 30,                                   \
          "what a neighbour may have in flight to us")                                             \
    LIMIT(uint32_t, frame_bytes_max, FRAME_BYTES_MAX, LIMIT_BLOCK, FRAME_BYTES_MAX,                \
          "the largest frame taken")                                                               \
    LIMIT(uint64_t, flood_bytes, 256 << 20, 16 << 20, LIMIT_HUGE,                                  \
          "memory above that at the start which shuts the listeners for a while")                  \
    LIMIT(uint32_t, beat_ms, 25000, 10, LIMIT_DAY, "how often this node shows it lives")           \
    LIMIT(uint32_t, silence_ms, 55000, 10, LIMIT_DAY,                                              \
          "a link this quiet is down: more than twice beat_ms")                                    \
    LIMIT(uint32_t, reconnect_ms_max, 10000, 10, LIMIT_DAY,                                        \
          "longest wait to redial, full jitter below it")                                          \
    LIMIT(uint32_t, cosign_ms, 25000, 1, LIMIT_DAY,                                                \
          "a log earns a cosignature in this time, and by each 16 KiB; one a second leaves")       \
    LIMIT(uint32_t, stuck_ms, 30000, 10, LIMIT_DAY,                                                \
          "a backlog with nothing confirmed for so long raises an alarm")                          \
    LIMIT(uint32_t, parent_away_ms, 60000, 10, UINT32_MAX,                                         \
          "without a session with its parent for so long a node asks an ancestor to serve it")     \
    LIMIT(uint32_t, served_max, 256, 1, 65536,                                                     \
          "so many divisions further below are served while their parents are away")               \
    LIMIT(uint32_t, neighbour_down_ms, NEIGHBOUR_DOWN_MS, 10, LIMIT_DAY,                           \
          "a link that is down for so long raises an alarm")

struct replicator_limits {
#define LIMIT_FIELD(type, name, otherwise, least, most, meaning) type name;
    REPLICATOR_LIMITS(LIMIT_FIELD)
#undef LIMIT_FIELD
};

#endif
