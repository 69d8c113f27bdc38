#include "node/core/self_health.h"

#include <stdio.h>

#include "node/core/node_struct.h"
#include "replicator/ancestors.h"
#include "replicator/log/sealing.h"
#include "replicator/session/keep_alive.h"

enum {
    BACKLOG_BLOCKS_MAX = 8, /* whose money is counted for a beat */
    SPELL_TOLD_S = 24 * 3600,
};

static uint32_t seconds_of(uint64_t ms)
{
    return ms / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ms / 1000);
}

static uint32_t age_of(const struct node *node, uint64_t unix_ms)
{
    const uint64_t now = clock_unix_ms(&node->clock);

    return unix_ms == 0 || now < unix_ms ? 0 : seconds_of(now - unix_ms);
}

/* --- what a look finds --- */

static void add_disk(const struct node *node, struct health *out)
{
    out->disk_free_mib = node->space.found.free_bytes >> 20;
    out->disk_floor_mib = node->space.found.floor_bytes >> 20;
    out->condition = (node->space.is_full ? HEALTH_FULL : 0u) |
                     (node->store_damaged ? HEALTH_DAMAGED : 0u) |
                     (node->config.damage != NULL ? HEALTH_READING_ONLY : 0u);
}

/* What is wrong below is said by who is below. */
static bool is_of_itself(enum alarm_code code)
{
    return code != ALARM_NEIGHBOUR_DOWN && code != ALARM_DIVISION_UNWELL;
}

static void name_worst(const struct node *node, struct health *out, bool silenced_too)
{
    const struct alarm *worst = NULL;

    for (size_t i = 0; i < alarms_count(node->alarms); i++) {
        const struct alarm *alarm = alarms_at(node->alarms, i);
        const enum alarm_severity severity = alarm_info(alarm->code)->severity;

        if (severity >= ALARM_WARNING && (silenced_too || alarm->silenced_unix_ms == 0) &&
            is_of_itself(alarm->code) &&
            (worst == NULL || severity > alarm_info(worst->code)->severity)) {
            worst = alarm;
        }
    }
    memset(&out->worst, 0, sizeof out->worst);
    if (worst != NULL) {
        out->worst.code = (uint32_t)worst->code;
        out->worst.about = worst->about;
        out->worst.seconds = age_of(node, worst->first_unix_ms);
    }
}

static void add_alarms(const struct node *node, struct health *out)
{
    for (size_t i = 0; i < alarms_count(node->alarms); i++) {
        out->alarms[alarm_info(alarms_at(node->alarms, i)->code)->severity]++;
    }
    name_worst(node, out, true);
}

bool self_health_link_down(const struct peer_status *peer, struct health_child *out)
{
    *out = (struct health_child){.division = peer->division,
                                 .seconds = seconds_of(peer->down_ms),
                                 .why = peer->state == PEER_PAUSED    ? HEALTH_LINK_PAUSED
                                        : peer->state == PEER_REFUSED ? HEALTH_LINK_INCOMPATIBLE
                                        : peer->never_open            ? HEALTH_LINK_NEW
                                                                      : HEALTH_LINK_DOWN};
    return peer->state != PEER_LIVE && peer->state != PEER_HELD;
}

/* The longest first: of more than fit those are left out that are down for the shortest time. */
static void add_child(struct health *out, const struct health_child *child)
{
    uint32_t at = out->down_listed;

    out->down_count++;
    while (at > 0 && out->down[at - 1].seconds < child->seconds) {
        at--;
    }
    if (at == HEALTH_DOWN_MAX) {
        return;
    }
    out->down_listed += out->down_listed < HEALTH_DOWN_MAX;
    memmove(&out->down[at + 1], &out->down[at], (out->down_listed - at - 1) * sizeof out->down[0]);
    out->down[at] = *child;
}

static void add_children(const struct node *node, struct health *out)
{
    for (size_t i = 0; i < replicator_peers(node->replicator); i++) {
        struct peer_status peer;
        struct health_child child;

        replicator_peer_link(node->replicator, i, &peer);
        if (!peer.is_parent && !peer.is_far && self_health_link_down(&peer, &child)) {
            add_child(out, &child);
        }
    }
}

static void add_served(const struct node *node, struct health *out)
{
    struct served_status served;

    replicator_served(node->replicator, &served);
    if (!served.parent_is_open && !division_is_none(served.by)) {
        out->served_by = served.by;
        out->served_s = age_of(node, served.since_unix_ms);
    }
}

/* Those above keep it, too: the parent was not there to see it. */
static void add_spell(const struct node *node, struct health *out)
{
    struct served_spell spell;
    struct log_head head;

    if (!served_spells_newest(node->watch.served, node->config.self, &spell) ||
        age_of(node, spell.ended_unix_ms) > SPELL_TOLD_S) {
        return;
    }
    out->spell.by = spell.by;
    out->spell.is_over = spell.ended_unix_ms != 0;
    out->spell.began_s = age_of(node, spell.began_unix_ms);
    out->spell.ended_s = age_of(node, spell.ended_unix_ms);
    out->spell.lsn = spell.lsn;
    if (!out->spell.is_over && replicator_head(node->replicator, node->config.self, true, &head)) {
        out->spell.lsn = head.lsn;
    }
}

static void look(const struct node *node, struct health *out)
{
    struct confirmation confirmed;

    memset(out, 0, sizeof *out);
    (void)snprintf(out->version, sizeof out->version, "%s", TERRACE_VERSION);
    add_disk(node, out);
    add_alarms(node, out);
    add_children(node, out);
    add_served(node, out);
    add_spell(node, out);
    replicator_confirmed(node->replicator, &confirmed);
    out->clock_ahead_ms = -confirmed.root_skew_ms;
}

void self_health_look(struct node *node)
{
    struct self_health *self = &node->self_health;
    const uint64_t now_ms = clock_mono_ms(&node->clock);
    struct health found;

    self->skipped = self->looked_ms != 0 && now_ms - self->looked_ms < SELF_HEALTH_LOOK_MS;
    if (self->skipped) {
        return;
    }
    self->looked_ms = now_ms;
    look(node, &found);
    if (health_is_news(&self->told, &found)) {
        replicator_beat_soon(node->replicator);
    }
    self->told = found;
}

uint64_t self_health_next_tick(const struct node *node)
{
    const struct self_health *self = &node->self_health;

    return self->skipped ? self->looked_ms + SELF_HEALTH_LOOK_MS : UINT64_MAX;
}

/* --- what waits to go up --- */

static bool note_time(void *arg, const struct block_view *block)
{
    *(uint64_t *)arg = block->header.time_ms;
    return false;
}

static void add_unconfirmed(const struct node *node, struct health *out)
{
    struct confirmation confirmed;
    struct log_head head;
    uint64_t oldest = 0;
    struct err err;

    replicator_confirmed(node->replicator, &confirmed);
    if (!replicator_head(node->replicator, node->config.self, true, &head) ||
        head.lsn <= confirmed.lsn) {
        return;
    }
    out->unconfirmed_entries = head.lsn - confirmed.lsn;
    (void)log_scan(&node->store, NULL, node->config.self, confirmed.lsn + 1, note_time, &oldest,
                   &err); /* what cannot be read has no age */
    out->unconfirmed_s = age_of(node, oldest);
}

static void add_backlog(struct node *node, struct health *out)
{
    const struct division parent = replicator_parent(node->replicator);
    uint64_t oldest;
    bool complete = true;

    if (division_is_none(parent)) {
        return;
    }
    replicator_parent_lag(node->replicator, &out->backlog_entries, &oldest);
    out->backlog_s = age_of(node, oldest);
    if (out->backlog_entries > 0) {
        out->backlog_fen = node_backlog_amount(node, parent, BACKLOG_BLOCKS_MAX, &complete);
        out->backlog_is_part = !complete;
    }
}

static void add_accesses(struct node *node, struct health *out)
{
    struct cosigned_head cosigned;

    out->accesses = node->accesses.durable.position;
    out->access_head = node->accesses.durable.hash;
    if (cosigned_head_newest(node->txn, node->config.self, replicator_parent(node->replicator),
                             &cosigned)) {
        out->accesses_cosigned = cosigned.position;
    }
}

static void self_health_now(struct node *node, struct health *out)
{
    look(node, out);
    add_backlog(node, out);
    if (!division_is_none(replicator_parent(node->replicator))) {
        add_unconfirmed(node, out);
        add_accesses(node, out);
    }
}

void self_health_here(struct node *node, struct health *out)
{
    self_health_now(node, out);
    name_worst(node, out, false);
}

void self_health_write(struct node *node, struct buf *out)
{
    struct health health;

    self_health_now(node, &health);
    health_encode(out, &health);
}
