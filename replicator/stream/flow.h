/* flow - how much may be on the way between two neighbours, and how fast it may come.
 *
 *   flow        what goes to the peer: within its credit, and within a window that grows while
 *               acks come back soon
 *   allowance   what comes from the peer: the credit it was given, and what it took of that
 *
 * Pure: no clock, no link, no log. Credit counts the bytes of blocks from the session's start.
 * Owns: nothing. Units: *_bytes, *_ms.
 *
 * Thread: any, each flow by one. */
#ifndef TERRACE_REPLICATOR_STREAM_FLOW_H
#define TERRACE_REPLICATOR_STREAM_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WINDOW_BYTES_MIN = 64 << 10, /* in flight at first; it grows with the acks */
    STUCK_MS_MIN = 3000,         /* unacknowledged for this long: the session is over */
};

/* --- to the peer --- */

struct flow {
    uint64_t credit_first, credit, sent_bytes;
    uint64_t window, window_mark, window_ms; /* bytes in flight; grows a round trip at a time */
    uint32_t rtt_ms;                         /* 0: not measured yet; outlives the session */
};

/* A session opens with so much credit; flow_end forgets it. */
void flow_begin(struct flow *flow, uint64_t credit);
void flow_end(struct flow *flow);
/* The peer gave more credit: false when it did not. The window doubles while a round trip is
 * short, and halves when frames pile up on the way. */
bool flow_credited(struct flow *flow, uint64_t credit, uint64_t now_ms);
/* May a block of `size` leave? While nothing is in flight one may go past credit and window, or a
 * large one never would; but not without any credit. */
bool flow_may_send(const struct flow *flow, size_t size, bool in_flight);
void flow_sent(struct flow *flow, size_t size, bool in_flight, uint64_t now_ms);
/* A round trip was measured: it counts for an eighth. flow_set_round_trip: it counts alone. */
void flow_round_trip(struct flow *flow, uint64_t sample_ms);
void flow_set_round_trip(struct flow *flow, uint32_t rtt_ms);
/* How long a block may stay unacknowledged, after so many sessions in a row that ended over it. */
uint64_t flow_stuck_ms(const struct flow *flow, uint32_t stalls);

/* --- from the peer --- */

struct allowance {
    uint64_t taken_bytes, stored_bytes, granted_bytes;
};

/* What the peer may send in all: `credit_bytes` more than is stored, or, while it is withheld, no
 * more than it was told before. */
uint64_t allowance_grant(struct allowance *allowance, uint64_t credit_bytes, bool withheld);
/* Blocks came: false when that is more than was granted and one block that may go past it. Without
 * a grant nothing may come. */
bool allowance_take(struct allowance *allowance, size_t bytes);
/* All that came is stored or answered: false when it was before, too. */
bool allowance_stored(struct allowance *allowance);
void allowance_end(struct allowance *allowance); /* the session is over */

#endif
