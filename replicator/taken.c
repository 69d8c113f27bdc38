#include "replicator/taken.h"

#include "replicator/core.h"

#include <inttypes.h>
#include <stdio.h>

static void say(struct link *link, struct division division, uint64_t lsn, const char *words)
{
    struct waiting_reject *reject;

    if (!link_is_open(link) || link->reject_count == REJECTS_MAX) {
        return; /* it is said again */
    }
    reject = &link->rejects[link->reject_count++];
    *reject = (struct waiting_reject){
        .author = division, .epoch = 1, .lsn = lsn, .reason = ERR_DIVISION_TAKEN};
    (void)snprintf(reject->text, sizeof reject->text, "%s", words);
}

void taken_say(struct replicator *r, struct link *link, struct division division, uint64_t lsn)
{
    const struct member *member = roster_find(r->roster, division);
    char words[96];

    (void)snprintf(words, sizeof words, "%s is granted by %s already", division.code,
                   member->parent->grant.division.code);
    alarm_about(r, "division_taken", division, "%s, and again below %s", words, link->peer.code);
    say(link, division, lsn, words);
}

static void taken_key(struct replicator *r, struct division division, const struct link *link)
{
    buf_clear(&r->key);
    buf_put_u8(&r->key, 'x');
    division_write(&r->key, division);
    division_write(&r->key, link->peer);
}

bool taken_by_grant(struct replicator *r, struct txn *txn, const struct held_log *log,
                    struct bytes sealed)
{
    const struct member *member;
    struct grant grant;
    struct err err;

    if (grant_parse(&grant, sealed, &err) != OK || !division_equal(grant.parent, log->author)) {
        return false;
    }
    member = roster_find(r->roster, grant.division);
    if (member == NULL || member->parent == NULL ||
        roster_within(r->roster, grant.division, log->author)) {
        return false;
    }
    taken_key(r, grant.division, log->source);
    (void)txn_put(txn, SPACE_META, buf_bytes(&r->key), bytes_text("taken"));
    taken_say(r, log->source, grant.division, 0);
    return true;
}

bool taken_known(struct replicator *r, struct txn *txn, const struct link *link,
                 struct division division)
{
    struct bytes value;

    taken_key(r, division, link);
    return txn_get(txn, SPACE_META, buf_bytes(&r->key), &value);
}

void taken_heard(struct replicator *r, struct link *parent, struct division division,
                 const struct waiting_reject *heard)
{
    struct link *child = link_find(r, roster_next_hop(r->roster, r->config.self, division));

    alarm_about(r, "division_taken", division,
                "%s says of %s: %s; what it writes goes no further than here", parent->peer.code,
                division.code, heard->text);
    if (division_equal(division, r->config.self)) {
        link_hold(r, parent, HOLD_TAKEN, heard->text);
    } else if (child != NULL) {
        if (division_equal(child->peer, division)) {
            link_hold(r, child, HOLD_TAKEN, heard->text);
        }
        say(child, division, heard->lsn, heard->text);
    }
}
