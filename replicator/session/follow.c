#include "replicator/session/follow.h"

#include "replicator/core.h"
#include "replicator/log/evidence.h"
#include "replicator/trust/cosignature.h"

/* Until the peer itself says how far it is, its last cosignature tells. */
static void send_to(struct replicator *r, struct link *link, const struct held_log *log)
{
    cursor_add(&link->stream, log, cosignature_lsn(r->config.store, log->author, link->peer));
}

/* Who is served stands below others than this node: of their logs it gets what is addressed to it.
 */
static bool is_between(const struct replicator *r, struct division author, const struct link *link)
{
    return !division_equal(author, link->peer) && roster_within(r->roster, link->peer, author);
}

static bool is_brought_by(const struct replicator *r, const struct link *link,
                          const struct held_log *log)
{
    return link->is_up
               ? log->side == HELD_ABOVE || log->wanted
               : log->side == HELD_BELOW && roster_within(r->roster, log->author, link->peer);
}

/* Of a forked one the node above holds another branch, of one that is not whole here more. */
static bool is_sent_to(const struct replicator *r, const struct link *link,
                       const struct held_log *log)
{
    if (link->is_up) {
        return log->side == HELD_BELOW ||
               (log->side == HELD_OWN && !evidence_stands(r->roster, log) && !r->resync.on);
    }
    return log->side != HELD_BELOW || is_between(r, log->author, link);
}

static void follow_over(struct replicator *r, struct link *link, struct held_log *log, bool open)
{
    if (is_brought_by(r, link, log)) {
        receive_add(&link->stream, log, open);
    }
    if (is_sent_to(r, link, log)) {
        send_to(r, link, log);
    }
}

void follow_link(struct replicator *r, struct link *link)
{
    for (size_t i = 0; i < r->logs.count; i++) {
        if (r->logs.at[i]->side != HELD_NOT) {
            follow_over(r, link, r->logs.at[i], false);
        }
    }
}

static struct link *add_link(struct replicator *r, struct division peer, bool is_up)
{
    struct link *link = link_new(r, peer, is_up);

    links_add(&r->links, link);
    return link;
}

static void follow_above(struct replicator *r, struct division division)
{
    struct held_log *log = heads_follow(&r->logs, division, HELD_ABOVE);

    if (links_find(&r->links, r->parent) == NULL) {
        (void)add_link(r, r->parent, true);
    }
    for (size_t i = 0; i < r->links.count; i++) {
        follow_over(r, r->links.at[i], log, false);
    }
}

static void follow_below(struct replicator *r, struct division division)
{
    const struct division hop = roster_next_hop(r->roster, r->config.self, division);
    struct held_log *log = heads_follow(&r->logs, division, HELD_BELOW);

    if (r->logs.own->wanted) { /* who brings that one back brings these */
        heads_want(log, true);
    }
    if (links_find(&r->links, hop) == NULL) {
        follow_link(r, add_link(r, hop, false));
    }
    for (size_t i = 0; i < r->links.count; i++) {
        struct link *link = r->links.at[i];
        follow_over(r, link, log, !link->is_up && link_is_open(link));
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
    struct held_log *own = heads_follow(&r->logs, self, HELD_OWN);

    for (int pass = 0; pass < 2; pass++) { /* those above first: children get their logs too */
        for (size_t i = 0; i < roster_count(r->roster); i++) {
            const struct division division = roster_at(r->roster, i)->grant.division;
            if (roster_within(r->roster, self, division) == (pass == 0)) {
                follow(r, division);
            }
        }
    }
    for (size_t i = 0; i < r->links.count; i++) {
        follow_over(r, r->links.at[i], own, false);
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
