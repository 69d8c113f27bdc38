#include "replicator/session/bucket.h"

static int64_t full(uint32_t per_second)
{
    return (int64_t)per_second * BURST_SECONDS * 1000;
}

void bucket_init(struct bucket *bucket, uint32_t per_second, uint64_t now_ms)
{
    *bucket = (struct bucket){full(per_second), now_ms};
}

void bucket_fill(struct bucket *bucket, uint32_t per_second, uint64_t now_ms)
{
    const uint64_t longest = (DEBT_SECONDS_MAX + BURST_SECONDS) * 1000; /* from the deepest debt */
    const uint64_t elapsed = now_ms - bucket->ms < longest ? now_ms - bucket->ms : longest;

    bucket->milli += (int64_t)elapsed * per_second;
    if (bucket->milli > full(per_second)) {
        bucket->milli = full(per_second);
    }
    bucket->ms = now_ms;
}

void bucket_pay(struct bucket *bucket, uint32_t per_second, uint64_t milli)
{
    const int64_t room = bucket->milli + (int64_t)per_second * DEBT_SECONDS_MAX * 1000;

    bucket->milli -= milli < (uint64_t)room ? (int64_t)milli : room;
}
