#include "node/core/meter.h"

#include <assert.h>

static const uint64_t bounds_ms[HISTOGRAM_BUCKETS] = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 60000, 600000, 3600000};

uint64_t histogram_bound_ms(size_t bucket)
{
    assert(bucket < HISTOGRAM_BUCKETS);
    return bounds_ms[bucket];
}

static void count(struct histogram *histogram, uint64_t took_ms)
{
    size_t bucket = 0;

    while (bucket < HISTOGRAM_BUCKETS && took_ms > bounds_ms[bucket]) {
        bucket++;
    }
    histogram->counts[bucket]++;
    histogram->count++;
    histogram->sum_ms += took_ms;
}

void meter_commit(struct meter *meter, uint64_t took_ms)
{
    count(&meter->commits, took_ms);
    meter->stalls += took_ms >= METER_STALL_MS;
}

/* A clock that is behind the author's makes it no time at all. */
void meter_arrival(struct meter *meter, uint64_t closed_unix_ms, uint64_t now_unix_ms)
{
    count(&meter->arrivals, now_unix_ms > closed_unix_ms ? now_unix_ms - closed_unix_ms : 0);
}
