/* intake_grants - the grants in a block: whose they may be, how many, and what they cost.
 *
 * All nodes share one roster in memory, and each grant takes two signatures to verify. So a log
 * carries what its author granted and nothing else, a block carries few, a child pays for each as
 * for a block, and one child's subtree has a share of the roster and no more. */
#include "replicator/core.h"
#include "replicator/taken.h"

#include <inttypes.h>

enum {
    BLOCK_GRANTS_MAX = 64, /* each speaks to its own division, so a block of ours has one */
    SUBTREE_MEMBERS_MAX = 1024,
    PAY_GRANT = 1000,
};

enum status grants_check(const struct block_body *body, struct err *err)
{
    size_t grants = 0;

    for (size_t i = 0; i < body->count; i++) {
        grants += body->entries[i].kind == KIND_GRANT;
    }
    return grants <= BLOCK_GRANTS_MAX ? OK
                                      : err_set(err, ERR_LIMIT, "%zu grants in a block, at most %d",
                                                grants, BLOCK_GRANTS_MAX);
}

static enum status check_grant(const struct replicator *r, const struct held_log *log,
                               const struct grant *grant, struct err *err)
{
    const struct member *child;

    if (!division_equal(grant->parent, log->author)) {
        return err_set(err, ERR_REFUSED, "%s is not for %s to grant", grant->division.code,
                       log->author.code);
    }
    if (log->side != HELD_BELOW || roster_find(r->roster, grant->division) != NULL) {
        return OK;
    }
    child = roster_find(r->roster, log->source->peer);
    return child->below < SUBTREE_MEMBERS_MAX
               ? OK
               : err_set(err, ERR_LIMIT, "%s not taken: %d divisions are below %s already",
                         grant->division.code, SUBTREE_MEMBERS_MAX, child->grant.division.code);
}

/* Errors: as of roster_add. */
static enum status take_grant(struct replicator *r, struct txn *txn, const struct held_log *log,
                              struct bytes sealed, struct err *err)
{
    struct grant grant;
    bool added = false;
    enum status status = grant_parse(&grant, sealed, err);

    if (status == OK) {
        status = check_grant(r, log, &grant, err);
    }
    if (status == OK) {
        link_pay(r, log->source, PAY_GRANT);
        status = roster_add(r->roster, sealed, &added, err);
    }
    if (added) {
        grant_store(r, txn, &grant, sealed);
    }
    return status;
}

void grants_take(struct replicator *r, struct txn *txn, const struct held_log *log)
{
    for (size_t i = 0; i < r->body.count; i++) {
        const struct entry *entry = &r->body.entries[i];
        struct err err;
        enum status status;

        if (entry->kind != KIND_GRANT) {
            continue;
        }
        status = take_grant(r, txn, log, entry->body, &err);
        if (status == OK || (log->side == HELD_BELOW && taken_by_grant(r, txn, log, entry->body))) {
            continue;
        }
        if (status == ERR_LIMIT) {
            alarm_about(r, "limit", log->source->peer, "grant at lsn %" PRIu64 " of %s: %s",
                        entry->lsn, log->author.code, err.text);
        } else {
            alarm_about(r, "bad_grant", log->author, "grant at lsn %" PRIu64 ": %s", entry->lsn,
                        err.text);
        }
    }
}
