/* link_limits - what a neighbour may send and ask of us, and how it is held back beyond that. */
#include "replicator/core.h"

#include <stdio.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    HELD_CHECK_MS = 200,
    VERIFY_PER_SECOND_MAX = 1000,
    PAY_BLOCK = 1000,
};

/* --- holding --- */

void link_hold(struct replicator *r, struct link *link, enum hold hold, const char *reason)
{
    link->holds |= hold;
    link->check_ms = now_ms(r) + HELD_CHECK_MS;
    (void)snprintf(link->reason, sizeof link->reason, "%s", reason);
    (void)link_event(r, link, EV_HOLD);
}

void link_release(struct replicator *r, struct link *link, enum hold hold)
{
    if ((link->holds & hold) == 0) {
        return;
    }
    link->holds &= ~(unsigned)hold;
    if (link->holds == 0) {
        link->reason[0] = '\0';
        (void)link_event(r, link, EV_RELEASE);
    }
}

/* --- credit and limits of a peer --- */

static bool past_limit(const struct replicator *r, const struct link *link)
{
    return link->bucket.milli < 0 || link->day_bytes > r->limits.child_bytes_per_day;
}

static void refill(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);

    bucket_fill(&link->bucket, r->limits.child_blocks_per_second, now);
    if (now - link->day_start_ms >= DAY_MS) {
        link->day_start_ms = now;
        link->day_bytes = 0;
    }
}

uint64_t link_grant(struct replicator *r, struct link *link)
{
    return allowance_grant(&link->allowance, r->limits.credit_bytes,
                           r->no_room || (link->holds & HOLD_LIMIT) != 0);
}

bool link_can_pay(struct replicator *r, struct link *link)
{
    refill(r, link);
    return link->is_parent || link->bucket.milli > 0;
}

void link_pay(struct replicator *r, struct link *link, uint64_t milli)
{
    if (link->is_parent) {
        return;
    }
    refill(r, link);
    bucket_pay(&link->bucket, r->limits.child_blocks_per_second, milli);
    if (past_limit(r, link) && (link->holds & HOLD_LIMIT) == 0) {
        link_hold(r, link, HOLD_LIMIT,
                  link->bucket.milli < 0 ? "more blocks or frames a second than allowed"
                                         : "more bytes a day than allowed");
        alarm_about(r, "limit", link->peer, "%s", link->reason);
    }
}

bool link_charge(struct replicator *r, struct link *link, size_t blocks, size_t bytes)
{
    const int64_t burst = (int64_t)r->limits.child_blocks_per_second * BURST_SECONDS * PAY_BLOCK;
    const bool granted = allowance_take(&link->allowance, bytes);

    link->day_bytes += bytes;
    link_pay(r, link, granted ? (uint64_t)blocks * PAY_BLOCK : 2 * (uint64_t)burst);
    /* What was credited before the limit was passed may come, but not without end. */
    return granted && (link->is_parent || link->bucket.milli >= -burst);
}

void link_relieve(struct replicator *r, struct link *link)
{
    refill(r, link);
    link->check_ms = now_ms(r) + HELD_CHECK_MS;
    if (past_limit(r, link) ||
        link->bucket.milli < (int64_t)r->limits.child_blocks_per_second * 1000) {
        return;
    }
    link_release(r, link, HOLD_LIMIT);
    alarm_over(r, "limit", link->peer);
    link->ack_due = true; /* carries the credit that was withheld */
}

/* Everything taken so far is stored or answered. */
void link_durable(struct link *link)
{
    struct allowance *allowance = &link->allowance;

    if (allowance->stored_bytes != allowance->taken_bytes ||
        link->listed_count + link->stranger_count > 0) {
        allowance->stored_bytes = allowance->taken_bytes;
        link->ack_due = true;
    }
    link->blocked = false;
}

bool link_may_verify(const struct replicator *r, struct link *link)
{
    const uint64_t second = now_ms(r) / 1000;

    if (link->verified_second != second) {
        link->verified_second = second;
        link->verified_this_second = 0;
    }
    return link->verified_this_second++ < VERIFY_PER_SECOND_MAX;
}
