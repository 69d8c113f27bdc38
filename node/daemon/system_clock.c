#include "node/daemon/system_clock.h"

#include <time.h>

#include "replicator/trust/crypto.h"

static uint64_t read_ms(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t mono_ms(void *self)
{
    (void)self;
    return read_ms(CLOCK_MONOTONIC);
}

static uint64_t unix_ms(void *self)
{
    (void)self;
    return read_ms(CLOCK_REALTIME);
}

static uint64_t chance(void *self)
{
    uint64_t value;

    (void)self;
    crypto_random(&value, sizeof value);
    return value;
}

struct clock system_clock(void)
{
    return (struct clock){.mono_ms = mono_ms, .unix_ms = unix_ms, .random = chance};
}
