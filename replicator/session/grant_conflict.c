#include "replicator/session/grant_conflict.h"

#include <assert.h>

#include "replicator/core.h"

/* To the branch that granted it second. A full outbox drops it: it is said again. */
static void send_reject(struct link *link, struct division division, uint64_t lsn,
                        const char *message)
{
    struct reject reject = {
        .author = division, .epoch = 1, .lsn = lsn, .reason = ERR_DIVISION_TAKEN};

    if (link_is_open(link)) {
        message_format(reject.text, sizeof reject.text, "%s", message);
        outbox_reject(&link->stream.outbox, &reject);
    }
}

void grant_conflict_report(struct replicator *r, struct link *link, struct division division,
                           uint64_t lsn)
{
    const struct member *member = roster_find(r->roster, division);
    /* The root's own code: the trust key granted that. */
    const char *granter = (member->parent == NULL ? member : member->parent)->grant.division.code;
    const struct division peer = link->peer;
    char message[REJECT_TEXT_BYTES];

    message_format(message, sizeof message, "granted_elsewhere division=%s granter=%s",
                   division.code, granter);
    notice_alarm(r, ALARM_DIVISION_TAKEN, division, "granted_twice granter=%s again_below=%s",
                 granter, peer.code);
    send_reject(link, division, lsn, message);
}

void grant_conflict_observe(struct replicator *r, struct link *parent, struct division division,
                            uint64_t lsn, const char *text)
{
    const struct division hop = roster_next_hop(r->roster, r->config.self, division);
    const struct division from = parent->peer;
    struct link *child = links_find(&r->links, hop);

    notice_alarm(r, ALARM_DIVISION_TAKEN, division,
                 "granted_twice_above peer=%s division=%s why=%s", from.code, division.code, text);
    if (division_equal(division, r->config.self)) {
        link_hold(r, parent, HOLD_GRANT_CONFLICT, text);
    } else {
        assert(child != NULL); /* only logs of this branch go up */
        if (division_equal(child->peer, division)) {
            link_hold(r, child, HOLD_GRANT_CONFLICT, text);
        }
        send_reject(child, division, lsn, text);
    }
}
