/* bucket - what a peer may ask of us in a second: frames and blocks are paid from it, and time
 * fills it again.
 *
 * Pure. Owns: nothing. Thread: any, each bucket by one. Units: thousandths of a block, *_ms. */
#ifndef TERRACE_REPLICATOR_SESSION_BUCKET_H
#define TERRACE_REPLICATOR_SESSION_BUCKET_H

#include <stdint.h>

enum {
    BURST_SECONDS = 10,      /* a full bucket holds so many seconds' worth */
    DEBT_SECONDS_MAX = 3600, /* and no debt is deeper, so that it is paid some time */
};

struct bucket {
    int64_t milli; /* below 0: overdrawn */
    uint64_t ms;   /* filled up to here */
};

/* A full one. */
void bucket_init(struct bucket *bucket, uint32_t per_second, uint64_t now_ms);
void bucket_fill(struct bucket *bucket, uint32_t per_second, uint64_t now_ms);
void bucket_pay(struct bucket *bucket, uint32_t per_second, uint64_t milli);

#endif
