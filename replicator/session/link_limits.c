#include "replicator/session/link_limits.h"

enum {
    DAY_MS = 24 * 3600 * 1000,
    HELD_CHECK_MS = 200,
    VERIFY_PER_SECOND_MAX = 1000,
};

static void refill(struct link_limits *limits, const struct replicator_limits *config,
                   uint64_t now_ms)
{
    bucket_fill(&limits->bucket, config->child_blocks_per_second, now_ms);
    if (now_ms - limits->day_start_ms >= DAY_MS) {
        limits->day_start_ms = now_ms;
        limits->day_bytes = 0;
    }
}

void link_limits_init(struct link_limits *limits, const struct replicator_limits *config,
                      uint64_t now_ms)
{
    *limits = (struct link_limits){.day_start_ms = now_ms};
    bucket_init(&limits->bucket, config->child_blocks_per_second, now_ms);
}

void link_limits_pay(struct link_limits *limits, const struct replicator_limits *config,
                     uint64_t milli, uint64_t now_ms)
{
    refill(limits, config, now_ms);
    bucket_pay(&limits->bucket, config->child_blocks_per_second, milli);
}

bool link_limits_charge(struct link_limits *limits, const struct replicator_limits *config,
                        size_t blocks, size_t bytes, bool granted, uint64_t now_ms)
{
    const int64_t burst = (int64_t)config->child_blocks_per_second * BURST_SECONDS * PAY_BLOCK;

    limits->day_bytes += bytes;
    link_limits_pay(limits, config, granted ? (uint64_t)blocks * PAY_BLOCK : 2 * (uint64_t)burst,
                    now_ms);
    return granted && limits->bucket.milli >= -burst;
}

const char *link_limits_passed(const struct link_limits *limits,
                               const struct replicator_limits *config)
{
    if (limits->bucket.milli < 0) {
        return "too_many_blocks_a_second";
    }
    return limits->day_bytes > config->child_bytes_per_day ? "too_many_bytes_a_day" : NULL;
}

bool link_limits_can_pay(struct link_limits *limits, const struct replicator_limits *config,
                         uint64_t now_ms)
{
    refill(limits, config, now_ms);
    return limits->bucket.milli > 0;
}

bool link_limits_may_resume(struct link_limits *limits, const struct replicator_limits *config,
                            uint64_t now_ms)
{
    refill(limits, config, now_ms);
    limits->check_ms = now_ms + HELD_CHECK_MS;
    return link_limits_passed(limits, config) == NULL &&
           limits->bucket.milli >= (int64_t)config->child_blocks_per_second * 1000;
}

void link_limits_hold(struct link_limits *limits, uint64_t now_ms)
{
    limits->check_ms = now_ms + HELD_CHECK_MS;
}

bool link_limits_may_verify(struct link_limits *limits, uint64_t now_ms)
{
    const uint64_t second = now_ms / 1000;

    if (limits->verified_second != second) {
        limits->verified_second = second;
        limits->verified_this_second = 0;
    }
    return limits->verified_this_second++ < VERIFY_PER_SECOND_MAX;
}
