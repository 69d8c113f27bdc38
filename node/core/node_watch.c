#include "node/core/node_watch.h"

#include <inttypes.h>

#include "node/core/division_words.h"
#include "node/core/node_struct.h"
#include "node/core/self_health.h"
#include "proto/log.h"
#include "replicator/ancestors.h"

enum {
    FRESH_MORE_MS = 2000, /* what a beat may take on its way, beyond a silent link's patience */
    WITHHELD_STUCK = 2,   /* thin links bring others first: so many times the limit stuck_ms */
};

void node_watch_open(struct node *node)
{
    node->watch.watch = watch_open();
}

void node_watch_close(struct node *node)
{
    watch_close(node->watch.watch);
    link_spells_close(node->watch.spells);
    served_spells_close(node->watch.served);
}

enum status node_watch_load(struct node *node, struct err *err)
{
    const enum status status = link_spells_open(&node->watch.spells, node->txn, err);

    return status == OK ? served_spells_open(&node->watch.served, node->txn, err) : status;
}

void node_watch_link_changed(struct node *node)
{
    node->watch.news = true;
}

/* --- what is seen --- */

static struct watch_scene scene_of(const struct node *node)
{
    const uint64_t now_ms = clock_mono_ms(&node->clock);

    return (struct watch_scene){
        .roster = replicator_roster(node->replicator),
        .self = node->config.self,
        .now_ms = now_ms,
        .now_unix_ms = node->turn_unix_ms,
        .fresh_ms = replicator_limits(node->replicator)->silence_ms + FRESH_MORE_MS,
        .watching_ms = now_ms - node->opened_ms,
    };
}

/* The links that are not open: of children into `links`, to the parent into *up. */
static size_t list_links(const struct node *node, struct health_child *links,
                         struct health_child *up, bool *up_is_down, bool *up_is_damaged)
{
    size_t count = 0;

    *up_is_down = *up_is_damaged = false;
    for (size_t i = 0; i < replicator_peers(node->replicator); i++) {
        struct peer_status peer;
        struct health_child child;

        replicator_peer_link(node->replicator, i, &peer);
        if (peer.is_far || !self_health_link_down(&peer, &child)) {
            continue;
        }
        if (peer.is_parent) {
            *up = child;
            *up_is_down = true;
            *up_is_damaged = peer.is_damaged;
        } else {
            links[count++] = child;
        }
    }
    return count;
}

static uint64_t held_lsn(const struct node *node, struct division division)
{
    struct log_head head;

    return replicator_head(node->replicator, division, true, &head) ? head.lsn : 0;
}

bool node_watch_take(struct node *node, const struct beat_report *report)
{
    const struct watch_scene scene = scene_of(node);
    const bool news =
        watch_take(node->watch.watch, &scene, report, held_lsn(node, report->division));

    node->watch.news |= news;
    return news;
}

static void view_self(struct node *node, const struct watch_scene *scene,
                      const struct health_child *up, struct division_view *out)
{
    struct health own;

    self_health_here(node, &own);
    watch_view_self(scene, &own, up, replicator_parent(node->replicator), out);
    out->parent_is_damaged =
        (out->state == DIVISION_OFF_LINE || out->state == DIVISION_SERVED) && scene->up_is_damaged;
    out->lsn = out->held_lsn = held_lsn(node, node->config.self);
}

static bool is_below(const struct member *member, struct division self)
{
    do {
        member = member->parent;
    } while (member != NULL && !division_equal(member->grant.division, self));
    return member != NULL;
}

typedef void view_fn(const struct node *node, const struct division_view *view, void *arg);

/* Every division below, by code, and with `self` this node in front of them. */
static void each_view(struct node *node, bool self, view_fn *visit, void *arg)
{
    const struct roster *roster = replicator_roster(node->replicator);
    struct watch_scene scene = scene_of(node);
    struct health_child *links, up;
    struct division_view view;
    bool up_is_down;

    links = mem_zalloc((replicator_peers(node->replicator) + 1) * sizeof *links);
    scene.link_count = list_links(node, links, &up, &up_is_down, &scene.up_is_damaged);
    scene.links = links;
    if (self) {
        view_self(node, &scene, up_is_down ? &up : NULL, &view);
        visit(node, &view, arg);
    }
    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct member *member = roster_at(roster, i);
        const struct division division = member->grant.division;

        if (is_below(member, node->config.self)) {
            watch_view(node->watch.watch, &scene, division, held_lsn(node, division), &view);
            visit(node, &view, arg);
        }
    }
    mem_free(links);
}

struct views {
    struct division_view *at;
    size_t count;
};

static void keep_view(const struct node *node, const struct division_view *view, void *arg)
{
    struct views *views = arg;

    (void)node;
    views->at[views->count++] = *view;
}

struct division_view *node_watch_views(struct node *node, size_t *count)
{
    struct views views = {NULL, 0};

    views.at =
        mem_zalloc((roster_count(replicator_roster(node->replicator)) + 1) * sizeof *views.at);
    each_view(node, true, keep_view, &views);
    *count = views.count;
    return views.at;
}

/* --- in one word --- */

void watch_summary_add(struct watch_summary *summary, const struct division_view *view)
{
    const struct division_view *worst = &summary->worst;

    if (view->state == DIVISION_REVOKED) {
        return; /* it is over, and nothing to be mended */
    }
    summary->divisions++;
    summary->well += view->state == DIVISION_WELL;
    if (view->state > worst->state ||
        (view->state == worst->state && view->since_s > worst->since_s)) {
        summary->worst = *view;
    }
}

static void add_to_summary(const struct node *node, const struct division_view *view, void *arg)
{
    (void)node;
    watch_summary_add(arg, view);
}

void node_watch_summary(struct node *node, struct watch_summary *out)
{
    memset(out, 0, sizeof *out);
    each_view(node, false, add_to_summary, out);
}

/* --- alarms --- */

static void tell(const struct node *node, enum alarm_code code, const struct division_view *view)
{
    char sentence[MESSAGE_BYTES_MAX];

    division_sentence(view, sentence);
    alarms_raise(node->alarms, code, view->division, "%s", sentence);
}

static bool is_known(enum division_state state)
{
    return state != DIVISION_UNKNOWN && state != DIVISION_OFF_LINE;
}

/* Does this node itself not take what comes on that way? */
static bool is_held_here(const struct node *node, struct division division)
{
    const struct roster *roster = replicator_roster(node->replicator);

    if (node->space.is_full || node->store_damaged || node->config.resync != RESYNC_NOT) {
        return true;
    }
    for (size_t i = 0; i < replicator_peers(node->replicator); i++) {
        struct peer_status peer;

        replicator_peer_link(node->replicator, i, &peer);
        if (!peer.is_parent && peer.state == PEER_HELD &&
            roster_within(roster, division, peer.division)) {
            return true;
        }
    }
    return false;
}

/* What it signs on its beats passes everybody between, and what these tell of does not. Where it
 * says itself that its log is not what it was, that is why. */
static void check_arrival(const struct node *node, const struct division_view *view)
{
    const uint64_t patience_ms =
        (uint64_t)replicator_limits(node->replicator)->stuck_ms * WITHHELD_STUCK;

    if ((uint64_t)view->stands_s * 1000 > patience_ms &&
        alarm_info((enum alarm_code)view->health.worst.code)->severity < ALARM_CRITICAL &&
        !is_held_here(node, view->division)) {
        alarms_raise(node->alarms, ALARM_WITHHELD, view->division,
                     "log_withheld lsn=%" PRIu64 " held=%" PRIu64 " seconds=%u", view->lsn,
                     view->held_lsn, view->stands_s);
    } else if (view->stands_s == 0 && is_known(view->state)) {
        alarms_clear(node->alarms, ALARM_WITHHELD, view->division);
    }
}

static void check(const struct node *node, const struct division_view *view, void *arg)
{
    const uint32_t patience_s = replicator_limits(node->replicator)->neighbour_down_ms / 1000;

    (void)arg;
    if (!division_equal(view->parent, node->config.self)) {
        if (view->state == DIVISION_OFF_LINE && view->since_s > patience_s) {
            tell(node, ALARM_NEIGHBOUR_DOWN, view);
        } else if (is_known(view->state)) {
            alarms_clear(node->alarms, ALARM_NEIGHBOUR_DOWN, view->division);
        }
    }
    if (view->state >= DIVISION_FAULT) {
        tell(node, ALARM_DIVISION_UNWELL, view);
    } else if (is_known(view->state)) {
        alarms_clear(node->alarms, ALARM_DIVISION_UNWELL, view->division);
    }
}

/* --- links --- */

static void saw_link(const struct node *node, struct division division, struct division above,
                     enum link_look look, uint32_t since_s)
{
    const uint64_t now_ms = node->turn_unix_ms;

    link_spells_saw(node->watch.spells, division, above, look, now_ms - (uint64_t)since_s * 1000,
                    now_ms);
}

/* What is not known of a link is no change of it. */
static void note_link(const struct node *node, const struct division_view *view, void *arg)
{
    (void)arg;
    if (view->state == DIVISION_OFF_LINE || view->state == DIVISION_SERVED) {
        saw_link(node, view->division, view->parent, LINK_LOOKS_DOWN, view->since_s);
    } else if (view->state == DIVISION_PAUSED) {
        saw_link(node, view->division, view->parent, LINK_LOOKS_PAUSED, view->since_s);
    } else if (is_known(view->state) && view->state != DIVISION_REVOKED) {
        saw_link(node, view->division, view->parent, LINK_LOOKS_UP, 0);
    }
}

static void note_own_link(const struct node *node)
{
    const struct division parent = replicator_parent(node->replicator);
    const uint32_t fresh_s = scene_of(node).fresh_ms / 1000;

    for (size_t i = 0; i < replicator_peers(node->replicator); i++) {
        struct peer_status peer;
        struct health_child link;

        replicator_peer_link(node->replicator, i, &peer);
        if (!peer.is_parent) {
            continue;
        }
        if (!self_health_link_down(&peer, &link)) {
            saw_link(node, node->config.self, parent, LINK_LOOKS_UP, 0);
        } else if (link.why != HEALTH_LINK_NEW || link.seconds > fresh_s) {
            saw_link(node, node->config.self, parent,
                     link.why == HEALTH_LINK_PAUSED ? LINK_LOOKS_PAUSED : LINK_LOOKS_DOWN,
                     link.seconds);
        }
    }
}

/* --- served by an ancestor --- */

static void saw_served(const struct node *node, const struct served_spell *spell)
{
    if (served_spells_saw(node->watch.served, spell)) {
        LOG_INFO("serve.spell", "about=%s peer=%s over=%d lsn=%" PRIu64, spell->division.code,
                 spell->by.code, spell->ended_unix_ms != 0, spell->lsn);
    }
}

static bool is_served_here(const struct node *node, struct division division)
{
    for (size_t i = 0; i < replicator_peers(node->replicator); i++) {
        struct peer_status peer;

        replicator_peer_link(node->replicator, i, &peer);
        if (peer.is_far && !peer.is_up && division_equal(peer.division, division)) {
            return peer.state == PEER_LIVE || peer.state == PEER_HELD;
        }
    }
    return false;
}

/* By its own word; but whether this node serves it, this node knows. */
static void note_told(const struct node *node, const struct division_view *view)
{
    const struct roster *roster = replicator_roster(node->replicator);
    const struct health *health = &view->health;
    struct served_spell spell = {view->division, health->spell.by, 0, 0, health->spell.lsn};
    const uint64_t said_ms = node->turn_unix_ms - (uint64_t)view->age_s * 1000;

    if (!view->is_heard || division_is_none(spell.by) ||
        !roster_within(roster, view->division, spell.by) ||
        said_ms < (uint64_t)health->spell.began_s * 1000) {
        return;
    }
    spell.began_unix_ms = said_ms - (uint64_t)health->spell.began_s * 1000;
    if (health->spell.is_over) {
        spell.ended_unix_ms = said_ms - (uint64_t)health->spell.ended_s * 1000;
        saw_served(node, &spell);
    } else if (!division_equal(spell.by, node->config.self) ||
               is_served_here(node, view->division)) {
        saw_served(node, &spell);
    }
}

static void note_served(const struct node *node, const struct division_view *view)
{
    struct served_spell spell;

    note_told(node, view);
    if (served_spells_newest(node->watch.served, view->division, &spell) &&
        spell.ended_unix_ms == 0 && division_equal(spell.by, node->config.self) &&
        !is_served_here(node, view->division)) {
        spell.ended_unix_ms = node->turn_unix_ms;
        saw_served(node, &spell);
    }
}

static void note_own_served(const struct node *node)
{
    struct served_spell spell = {.division = node->config.self};
    struct served_status served;

    replicator_served(node->replicator, &served);
    if (!division_is_none(served.by)) {
        spell.by = served.by;
        spell.began_unix_ms = served.since_unix_ms;
    } else if (!served_spells_newest(node->watch.served, spell.division, &spell) ||
               spell.ended_unix_ms != 0) {
        return;
    } else {
        spell.ended_unix_ms = node->turn_unix_ms;
    }
    spell.lsn = held_lsn(node, spell.division);
    saw_served(node, &spell);
}

static void look_at_one(const struct node *node, const struct division_view *view, void *arg)
{
    check(node, view, arg);
    check_arrival(node, view);
    note_link(node, view, arg);
    note_served(node, view);
}

void node_watch_step(struct node *node)
{
    const uint64_t now_ms = clock_mono_ms(&node->clock);

    if (now_ms - node->watch.looked_ms >=
        (uint64_t)(node->watch.news ? WATCH_NEWS_MS : WATCH_ALARMS_MS)) {
        node->watch.looked_ms = now_ms;
        node->watch.news = false;
        each_view(node, false, look_at_one, NULL);
        note_own_link(node);
        note_own_served(node);
        link_spells_stage(node->watch.spells, node->txn);
        served_spells_stage(node->watch.served, node->txn);
    }
}
