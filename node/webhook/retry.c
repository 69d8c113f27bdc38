#include "node/webhook/retry.h"

enum { DOUBLINGS_MAX = 16 };

static bool is_absent(int http)
{
    return http == 0 || http == 408 || http == 425 || http == 429 || (http >= 502 && http <= 504);
}

/* Doubles each time, and anything between half of that and the whole. */
static uint32_t back_off(uint32_t attempts, uint64_t chance)
{
    const uint32_t doublings = attempts - 1 < DOUBLINGS_MAX ? attempts - 1 : DOUBLINGS_MAX;
    const uint64_t whole = (uint64_t)RETRY_MS_MIN << doublings;
    const uint32_t bound = whole < RETRY_MS_MAX ? (uint32_t)whole : RETRY_MS_MAX;

    return bound / 2 + (uint32_t)(chance % (bound / 2 + 1));
}

static enum retry_next go_on(struct retry *retry, enum retry_next next)
{
    retry->attempts = 0;
    retry->wait_ms = 0;
    retry->entries *= 2;
    if (retry->entries > POST_ENTRIES_MAX) {
        retry->entries = POST_ENTRIES_MAX;
    }
    return next;
}

enum retry_next retry_after(struct retry *retry, int http, uint32_t entries, uint64_t chance)
{
    if (http >= 200 && http < 300) {
        return go_on(retry, RETRY_DELIVERED);
    }
    if (!is_absent(http) && entries > 1) {
        *retry = (struct retry){0, 1, 0}; /* which of them is it? */
        return RETRY_AGAIN;
    }
    retry->attempts++;
    if (!is_absent(http) && retry->attempts >= REFUSALS_MAX) {
        return go_on(retry, RETRY_DEAD);
    }
    retry->wait_ms = back_off(retry->attempts, chance);
    return RETRY_AGAIN;
}
