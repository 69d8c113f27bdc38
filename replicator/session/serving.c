#include "replicator/session/serving.h"

#include <inttypes.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/session/follow.h"

/* --- below: whom to dial --- */

struct link *serving_up(const struct replicator *r)
{
    for (size_t i = 0; i < r->links.count; i++) {
        if (r->links.at[i]->is_up && r->links.at[i]->is_far) {
            return r->links.at[i];
        }
    }
    return NULL;
}

static struct link *parent_link(const struct replicator *r)
{
    return links_find(&r->links, r->parent);
}

/* Whose turn it is, from the parent's parent up, and from there again; NULL: nobody is above it. */
static const struct member *whose_turn(struct replicator *r)
{
    const struct member *first = roster_find(r->roster, r->parent)->parent, *member = first;

    for (size_t i = 0; member != NULL && i < r->serving.turn; i++) {
        member = member->parent;
    }
    if (member == NULL) {
        r->serving.turn = 0;
        member = first;
    }
    return member;
}

/* An operator who stopped the link wants no other one. */
static bool is_away(const struct replicator *r, const struct link *parent)
{
    return !link_is_open(parent) && parent->state != PEER_PAUSED &&
           now_ms(r) - parent->closed_ms >= r->limits.parent_away_ms &&
           !roster_revoked(r->roster, r->config.self, NULL);
}

static void dial(struct replicator *r)
{
    const struct member *member = whose_turn(r);
    struct link *link;

    if (member == NULL) {
        return; /* the parent is the root */
    }
    link = link_new_far(r, member->grant.division, true);
    links_add(&r->links, link);
    follow_link(r, link);
    LOG_INFO("serve.ask", "peer=%s parent=%s", link->peer.code, r->parent.code);
}

static void leave(struct replicator *r, struct link *link)
{
    notice_over(r, ALARM_SERVED, r->config.self);
    r->serving.since_unix_ms = 0;
    r->serving.turn = 0;
    link_forget_alarms(r, link);
    links_remove(&r->links, link);
}

/* The parent holds as much of each log as the ancestor. */
static bool holds_what(const struct link *parent, const struct link *ancestor)
{
    const struct cursors *cursors = &ancestor->stream.cursors;

    for (size_t i = 0; i < cursors->count; i++) {
        const struct cursor *there = cursors->at[i];
        const struct cursor *here = cursor_find(&parent->stream.cursors, there->log->author);

        if (here != NULL && here->acked < there->acked) {
            return false;
        }
    }
    return true;
}

static bool may_go_back(const struct replicator *r, const struct link *parent,
                        const struct link *ancestor)
{
    return link_is_open(parent) && now_ms(r) - parent->opened_ms >= SERVED_SETTLE_MS &&
           holds_what(parent, ancestor);
}

static void go_back(struct replicator *r, struct link *link)
{
    const uint64_t session = link->session;

    LOG_INFO("serve.back", "peer=%s parent=%s", link->peer.code, r->parent.code);
    link_put_off(r, link, UINT64_MAX, "goes_back");
    outbox_restart(&link->stream.outbox, session, OK);
}

void serving_begun(struct replicator *r)
{
    const struct link *parent = parent_link(r);
    const uint64_t away_ms = link_is_open(parent) ? 0 : now_ms(r) - parent->closed_ms;

    if (r->serving.since_unix_ms == 0) {
        r->serving.since_unix_ms = now_unix_ms(r);
        LOG_INFO("serve.begin", "peer=%s parent=%s away_s=%" PRIu64, serving_up(r)->peer.code,
                 r->parent.code, away_ms / 1000);
    }
}

void serving_refused(struct replicator *r, struct link *link, enum status why)
{
    char message[MESSAGE_BYTES_MAX];

    message_format(message, sizeof message, "ancestor_serves_not reason=%s", status_name(why));
    link_put_off(r, link, now_ms(r) + r->limits.parent_away_ms, message);
}

static void say_served(struct replicator *r, const struct link *parent, const struct link *link)
{
    if (!link_is_open(parent)) {
        notice_alarm(r, ALARM_SERVED, r->config.self,
                     "served_meanwhile peer=%s parent=%s seconds=%" PRIu64, link->peer.code,
                     r->parent.code, (now_ms(r) - parent->closed_ms) / 1000);
    }
}

static void tick_up(struct replicator *r)
{
    struct link *link = serving_up(r);
    const struct link *parent = parent_link(r);

    if (parent == NULL) {
        return;
    }
    if (link == NULL) {
        if (is_away(r, parent)) {
            dial(r);
        }
    } else if (link_is_open(link)) {
        say_served(r, parent, link);
        if (may_go_back(r, parent, link)) {
            go_back(r, link);
        }
    } else if (link->dial_ms == UINT64_MAX) { /* its last word has left by then */
        if (now_ms(r) - link->closed_ms >= SERVED_LEAVE_MS) {
            leave(r, link);
        }
    } else if (link_is_open(parent)) {
        leave(r, link);
    } else if (now_ms(r) - link->closed_ms >= r->limits.parent_away_ms) {
        const size_t next = r->serving.turn + 1;

        leave(r, link);
        r->serving.turn = next;
        dial(r);
    } else {
        notice_over(r, ALARM_SERVED, r->config.self);
    }
}

/* --- above: who is served --- */

struct link *serving_greet(struct replicator *r, struct division from)
{
    struct link *link;

    if (!roster_within(r->roster, from, r->config.self) || division_equal(from, r->config.self) ||
        roster_revoked(r->roster, from, NULL) || /* whose time to end began when it was heard of */
        division_equal(roster_next_hop(r->roster, r->config.self, from), from)) {
        return NULL;
    }
    link = link_new_far(r, from, false);
    links_add(&r->links, link);
    follow_link(r, link);
    return link;
}

/* One that stands between, and is there; or is stopped here: so is what comes from below it. */
static const struct link *find_between(const struct replicator *r, struct division below)
{
    const struct member *member = roster_find(r->roster, below);

    while (member != NULL && member->parent != NULL &&
           !division_equal(member->parent->grant.division, r->config.self)) {
        const struct link *link;

        member = member->parent;
        link = links_find(&r->links, member->grant.division);
        if (link != NULL &&
            (link->state == PEER_PAUSED || (link_is_open(link) && !link->handshake.asks_own))) {
            return link;
        }
    }
    return NULL;
}

static size_t count_served(const struct replicator *r)
{
    size_t count = 0;

    for (size_t i = 0; i < r->links.count; i++) {
        const struct link *link = r->links.at[i];
        count += link->is_far && !link->is_up && link_is_open(link);
    }
    return count;
}

enum status serving_judge(const struct replicator *r, const struct link *link, struct err *err)
{
    const struct link *between;

    if (!link->is_far || link_is_open(link)) {
        return OK;
    }
    between = find_between(r, link->peer);
    if (between != NULL) {
        return err_set(err, ERR_BUSY,
                       between->state == PEER_PAUSED ? "parent_is_paused division=%s parent=%s"
                                                     : "parent_is_live division=%s parent=%s",
                       link->peer.code, between->peer.code);
    }
    return count_served(r) < r->limits.served_max
               ? OK
               : err_set(err, ERR_LIMIT, "served_too_many max=%" PRIu32, r->limits.served_max);
}

struct link *serving_way_to(const struct replicator *r, struct division below)
{
    struct link *link = links_find(&r->links, roster_next_hop(r->roster, r->config.self, below));

    if (link != NULL && link_is_open(link)) {
        return link;
    }
    for (size_t i = 0; i < r->links.count; i++) {
        link = r->links.at[i];
        if (link->is_far && !link->is_up && link_is_open(link) &&
            roster_within(r->roster, below, link->peer)) {
            return link;
        }
    }
    return NULL;
}

/* Its limits are kept for as long as they are of this day. */
static bool may_be_forgotten(const struct replicator *r, const struct link *link)
{
    return !link_is_open(link) && now_ms(r) - link->closed_ms >= SERVED_FORGET_MS &&
           claim_next_tick(&link->claim) == UINT64_MAX && /* what it said is judged first */
           (link->limits.day_bytes == 0 || now_ms(r) - link->closed_ms >= LIMIT_DAY);
}

static void tick_down(struct replicator *r)
{
    for (size_t i = r->links.count; i-- > 0;) {
        struct link *link = r->links.at[i];
        char message[MESSAGE_BYTES_MAX];
        const struct link *between;

        if (!link->is_far || link->is_up) {
            continue;
        }
        if (may_be_forgotten(r, link)) {
            link_forget_alarms(r, link);
            links_remove(&r->links, link);
            continue;
        }
        between = link_is_open(link) ? find_between(r, link->peer) : NULL;
        if (between != NULL && between->state == PEER_PAUSED) {
            message_format(message, sizeof message, "parent_is_paused division=%s parent=%s",
                           link->peer.code, between->peer.code);
            link_over(r, link, ERR_BUSY, message);
        } else if (between != NULL && now_ms(r) - between->opened_ms >= SERVED_GRACE_MS) {
            link_over(r, link, ERR_BUSY, "parent_is_back");
        }
    }
}

/* --- time --- */

void serving_tick(struct replicator *r)
{
    if (now_ms(r) >= r->serving.due_ms) {
        r->serving.due_ms = now_ms(r) + SERVED_LOOK_MS;
        tick_up(r);
        tick_down(r);
    }
}

/* Where nothing is far, an idle node sleeps until its parent would be away for too long. */
uint64_t serving_next_tick(const struct replicator *r)
{
    const struct link *parent = parent_link(r);
    bool any = false;

    for (size_t i = 0; i < r->links.count; i++) {
        any |= r->links.at[i]->is_far;
    }
    if (any) {
        return r->serving.due_ms;
    }
    return parent == NULL || link_is_open(parent) || parent->state == PEER_PAUSED ||
                   roster_find(r->roster, r->parent)->parent == NULL
               ? UINT64_MAX
               : later(r->serving.due_ms, parent->closed_ms + r->limits.parent_away_ms);
}
