#include "node/core/keep_branch.h"

#include <inttypes.h>

#include "node/core/fork_view.h"
#include "node/core/node_struct.h"
#include "node/office/local_keys.h"
#include "replicator/log/evidence.h"

/* --- which one --- */

struct search {
    const struct node *node;
    const struct keep_branch *wish;
    bool forked; /* a fork of this division is known */
    bool found;
    struct fork_view fork;
    const struct fork_branch *branch;
    enum status status; /* the store could not be read: what is held is not known */
    struct err err;
};

static bool look_at_fork(void *arg, struct division author, uint32_t epoch,
                         const struct fork_pair *pair)
{
    struct search *search = arg;
    const struct roster *roster = node_roster(search->node);
    enum status status;

    if (!division_equal(author, search->wish->division) ||
        evidence_is_over(roster, author, epoch)) {
        return true;
    }
    status = fork_view(&search->fork, &search->node->store, NULL, roster, pair, &search->err);
    if (status != OK) {
        search->status = status == ERR_IO || status == ERR_CORRUPT ? status : OK;
        return search->status == OK;
    }
    search->forked = true;
    for (int i = 0; i < 2; i++) {
        if (hash_equal(&search->fork.branches[i].hash, &search->wish->branch)) {
            search->branch = &search->fork.branches[i];
        }
    }
    return search->branch == NULL;
}

static enum status find_branch(struct search *search, struct txn *txn, struct err *err)
{
    const char *code = search->wish->division.code;
    const struct member *member = roster_find(node_roster(search->node), search->wish->division);
    enum status status = fork_pairs_each(txn, look_at_fork, search, err);

    if (status == OK && search->status != OK) {
        *err = search->err;
        status = search->status;
    }
    if (status != OK) {
        return status;
    }
    if (search->branch == NULL) {
        return err_set(err, ERR_NOT_FOUND,
                       search->forked ? "fork_branch_unknown division=%s"
                                      : "fork_not_known division=%s",
                       code);
    }
    if (member == NULL || !division_equal(member->grant.parent, search->node->config.self)) {
        return err_set(err, ERR_REFUSED, "fork_not_own_child division=%s parent=%s", code,
                       member == NULL ? "" : member->grant.parent.code);
    }
    return search->branch->held
               ? OK
               : err_set(err, ERR_REFUSED, "fork_branch_elsewhere division=%s", code);
}

/* --- the second person --- */

static void wish_key(struct buf *key, struct division division)
{
    buf_put_u8(key, LOCAL_KEEP_BRANCH);
    division_write(key, division);
}

/* Has another admin wished for the same? Else this wish waits from now on. */
static bool is_second(struct txn *txn, const struct keep_branch *wish)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct bytes held;
    bool second;

    wish_key(&key, wish->division);
    second =
        txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &held) && held.size > HASH_SIZE &&
        memcmp(held.data, wish->branch.at, HASH_SIZE) == 0 &&
        !bytes_equal(bytes_of(held.data + HASH_SIZE, held.size - HASH_SIZE), bytes_text(wish->by));
    if (second) {
        txn_delete(txn, SPACE_LOCAL, buf_bytes(&key));
    } else {
        buf_append(&value, wish->branch.at, HASH_SIZE);
        buf_append_bytes(&value, bytes_text(wish->by));
        (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    }
    buf_free(&key);
    buf_free(&value);
    return second;
}

/* --- its next epoch --- */

static enum status grant_next(struct node *node, struct txn *txn, const struct keep_branch *wish,
                              struct kept_branch *out, struct err *err)
{
    const struct roster *roster = node_roster(node);
    const struct member *member = roster_find(roster, wish->division);
    struct grant grant = member->grant;
    struct grant_terms terms;
    struct log_head head;

    (void)roster_terms(roster, wish->division, grant.epoch, &terms);
    (void)replicator_head(node->replicator, wish->division, false, &head);
    terms.has_consent = false;
    grant.epoch = roster_next_epoch(roster, wish->division);
    grant.base_lsn = head.lsn;
    grant.base_hash = head.hash;
    grant.time_ms = node->turn_unix_ms;
    out->epoch = grant.epoch;
    out->base_lsn = head.lsn;
    return replicator_grant(node->replicator, txn, &grant, &terms, err);
}

enum status node_keep_branch(struct node *node, struct txn *txn, const struct keep_branch *wish,
                             struct kept_branch *out, struct err *err)
{
    struct search search = {.node = node, .wish = wish};
    enum status status = find_branch(&search, txn, err);

    *out = (struct kept_branch){.after_lsn = search.fork.after_lsn};
    if (status != OK) {
        return status;
    }
    out->waits = wish->two && !is_second(txn, wish);
    return out->waits ? OK : grant_next(node, txn, wish, out, err);
}
