/* retry - what becomes of a post: gone through, tried again, or a dead letter. Pure.
 *
 *   no answer, 408, 425, 429, 502, 503, 504   the receiver is not there: again, for ever, later
 * each time, at most RETRY_MS_MAX apart 2xx                                       delivered any
 * other answer                          it refuses what it was sent: entries go one by one, and the
 * one that it refuses REFUSALS_MAX times dies
 *
 * Thread: any. Units: *_ms. */
#ifndef TERRACE_NODE_WEBHOOK_RETRY_H
#define TERRACE_NODE_WEBHOOK_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    POST_ENTRIES_MAX = 100,
    RETRY_MS_MIN = 1000,
    RETRY_MS_MAX = 5 * 60 * 1000,
    REFUSALS_MAX = 5,
};

struct retry {
    uint32_t attempts; /* that failed, of what is at hand */
    uint32_t entries;  /* how many go into the next post at most */
    uint32_t wait_ms;  /* before it */
};
#define RETRY_FRESH ((struct retry){0, POST_ENTRIES_MAX, 0})

enum retry_next { RETRY_DELIVERED, RETRY_AGAIN, RETRY_DEAD };

/* A post of `entries` entries was answered with this status of HTTP; 0: it was not. `chance` is
 * anything, so that many do not come at once. */
enum retry_next retry_after(struct retry *retry, int http, uint32_t entries, uint64_t chance);

#endif
