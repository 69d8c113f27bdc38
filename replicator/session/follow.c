#include "replicator/session/follow.h"

#include "replicator/core.h"
#include "replicator/log/evidence.h"
#include "replicator/trust/cosignature.h"

/* Until the peer itself says how far it is, its last cosignature tells. */
static void send_to(struct replicator *r, struct link *link, const struct held_log *log)
{
    cursor_add(&link->stream, log, cosignature_lsn(r->config.store, log->author, link->peer));
}

static struct link *add_link(struct replicator *r, struct division peer, bool is_parent)
{
    struct link *link = link_new(r, peer, is_parent);

    links_add(&r->links, link);
    return link;
}

static void follow_above(struct replicator *r, struct division division)
{
    const struct held_log *log = heads_follow(&r->logs, division, HELD_ABOVE);
    struct link *parent = links_find(&r->links, r->parent);

    if (parent == NULL) {
        parent = add_link(r, r->parent, true);
    }
    receive_add(&parent->stream, log, false);
    for (size_t i = 0; i < r->links.count; i++) {
        if (!r->links.at[i]->is_parent) {
            send_to(r, r->links.at[i], log);
        }
    }
}

static struct link *add_child(struct replicator *r, struct division peer)
{
    struct link *child = add_link(r, peer, false);

    for (size_t i = 0; i < r->logs.count; i++) {
        const struct held_log *log = r->logs.at[i];
        if (log->side == HELD_OWN || log->side == HELD_ABOVE) {
            send_to(r, child, log);
        }
    }
    return child;
}

static void follow_below(struct replicator *r, struct division division)
{
    const struct division hop = roster_next_hop(r->roster, r->config.self, division);
    const struct held_log *log = heads_follow(&r->logs, division, HELD_BELOW);
    struct link *parent = links_find(&r->links, r->parent);
    struct link *child = links_find(&r->links, hop);

    if (child == NULL) {
        child = add_child(r, hop);
    }
    receive_add(&child->stream, log, link_is_open(child));
    if (parent != NULL) {
        send_to(r, parent, log);
    }
}

static void follow(struct replicator *r, struct division division)
{
    const struct division self = r->config.self;

    if (division_equal(division, self)) {
        return;
    }
    if (roster_within(r->roster, self, division)) {
        follow_above(r, division);
    } else if (roster_within(r->roster, division, self)) {
        follow_below(r, division);
    } /* else: a sibling's branch, none of ours */
}

void follow_roster(struct replicator *r)
{
    const struct division self = r->config.self;
    const struct held_log *own = heads_follow(&r->logs, self, HELD_OWN);

    for (int pass = 0; pass < 2; pass++) { /* those above first: children get their logs too */
        for (size_t i = 0; i < roster_count(r->roster); i++) {
            const struct division division = roster_at(r->roster, i)->grant.division;
            if (roster_within(r->roster, self, division) == (pass == 0)) {
                follow(r, division);
            }
        }
    }
    if (!division_is_none(r->parent)) {
        struct link *parent = links_find(&r->links, r->parent);

        if (!evidence_stands(r->roster, own)) { /* else the parent holds another branch */
            send_to(r, parent, own);
        }
        if (r->context.wants_own) {
            receive_add(&parent->stream, own, false);
        }
    }
}

void follow_later(struct replicator *r)
{
    r->resumes_grants = true;
}

bool follow_now(struct replicator *r)
{
    const bool waits = r->resumes_grants;

    r->resumes_grants = false;
    return waits;
}

void follow_member(struct replicator *r, struct division division)
{
    follow(r, division);
    follow_later(r); /* a revocation may have come before it */
    r->config.sink.roster_changed(r->config.sink.arg, division);
}
