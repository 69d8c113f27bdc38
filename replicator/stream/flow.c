#include "replicator/stream/flow.h"

#include "proto/block.h"

enum { WINDOW_GROWS_MS = 500, WINDOW_SHRINKS_MS = 2000, STALLS_COUNTED_MAX = 6 };

void flow_begin(struct flow *flow, uint64_t credit)
{
    flow_end(flow);
    flow->credit = flow->credit_first = credit;
    flow->window = WINDOW_BYTES_MIN;
}

void flow_end(struct flow *flow)
{
    *flow = (struct flow){.rtt_ms = flow->rtt_ms};
}

bool flow_credited(struct flow *flow, uint64_t credit, uint64_t now_ms)
{
    const uint64_t elapsed = now_ms - flow->window_ms;

    if (credit <= flow->credit) {
        return false;
    }
    flow->credit = credit;
    if (flow->credit_first == 0) { /* withheld until now: nothing was sent before */
        flow->credit_first = credit;
    }
    if (credit - flow->credit_first <= flow->window_mark) {
        return true;
    }
    if (elapsed < WINDOW_GROWS_MS && flow->window < UINT32_MAX) {
        flow->window *= 2;
    } else if (elapsed > WINDOW_SHRINKS_MS && flow->window > WINDOW_BYTES_MIN) {
        flow->window /= 2;
    }
    flow->window_mark = flow->sent_bytes;
    flow->window_ms = now_ms;
    return true;
}

bool flow_may_send(const struct flow *flow, size_t size, bool in_flight)
{
    const uint64_t left = flow->credit > flow->sent_bytes ? flow->credit - flow->sent_bytes : 0;
    const uint64_t returned = flow->credit - flow->credit_first;
    const uint64_t flying = flow->sent_bytes > returned ? flow->sent_bytes - returned : 0;

    if (left == 0) {
        return false;
    }
    return !in_flight || (size <= left && flying + size <= flow->window);
}

void flow_sent(struct flow *flow, size_t size, bool in_flight, uint64_t now_ms)
{
    if (!in_flight) { /* a round trip begins */
        flow->window_ms = now_ms;
        flow->window_mark = flow->sent_bytes;
    }
    flow->sent_bytes += size;
}

void flow_round_trip(struct flow *flow, uint64_t sample_ms)
{
    const uint64_t sample = sample_ms < UINT32_MAX / 16 ? sample_ms : UINT32_MAX / 16;

    flow->rtt_ms = flow->rtt_ms == 0 ? (uint32_t)sample
                                     : (uint32_t)((7 * (uint64_t)flow->rtt_ms + sample) / 8);
}

void flow_set_round_trip(struct flow *flow, uint32_t rtt_ms)
{
    flow->rtt_ms = rtt_ms;
}

uint64_t flow_stuck_ms(const struct flow *flow, uint32_t stalls)
{
    const uint64_t four = 4 * (uint64_t)flow->rtt_ms;
    const uint64_t base = four > STUCK_MS_MIN ? four : STUCK_MS_MIN;

    return base << (stalls < STALLS_COUNTED_MAX ? stalls : STALLS_COUNTED_MAX);
}

uint64_t allowance_grant(struct allowance *allowance, uint64_t credit_bytes, bool withheld)
{
    const uint64_t wanted = allowance->stored_bytes + credit_bytes;

    if (!withheld && wanted > allowance->granted_bytes) {
        allowance->granted_bytes = wanted;
    }
    return allowance->granted_bytes;
}

bool allowance_take(struct allowance *allowance, size_t bytes)
{
    const uint64_t granted = allowance->granted_bytes;

    allowance->taken_bytes += bytes;
    return allowance->taken_bytes <= (granted == 0 ? 0 : granted + BLOCK_BYTES_MAX);
}

bool allowance_stored(struct allowance *allowance)
{
    if (allowance->stored_bytes == allowance->taken_bytes) {
        return false;
    }
    allowance->stored_bytes = allowance->taken_bytes;
    return true;
}

void allowance_end(struct allowance *allowance)
{
    *allowance = (struct allowance){0};
}
