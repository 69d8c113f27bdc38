/* Is a tree at rest? Every log is wherever it belongs, and every answer is settled. */
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/ledger.h"
#include "replicator/store/row_letters.h"
#include "tests/sim/expected.h"
#include "tests/sim/facts.h"

static bool replicas_rest(const struct sim_node *owner, char *who, size_t size)
{
    struct ledger_position own, there;
    struct txn *txn = txn_open(sim_store(owner), NULL);

    ledger_position(txn, sim_division(owner), &own);
    txn_free(txn);
    for (struct sim_node *up = sim_parent(owner); up != NULL; up = sim_parent(up)) {
        const struct expected expected = expected_of(up, owner);

        txn = txn_open(sim_store(up), NULL);
        ledger_position(txn, sim_division(owner), &there);
        txn_free(txn);
        if (expected.folded == FOLDED_WHOLE ? there.lsn != own.lsn
            : expected.folded == FOLDED_TO  ? there.lsn < expected.lsn
                                            : false) {
            (void)snprintf(who, size, "%s has %" PRIu64 " of %" PRIu64 " entries of %s",
                           sim_division(up).code, there.lsn, own.lsn, sim_division(owner).code);
            return false;
        }
    }
    return true;
}

struct heads_check {
    const struct sim_node *author, *holder;
    struct buf value;
    bool equal;
};

/* A row of the author's own heads, one an audience: the holder has the very same one if it is
 * addressed. */
static bool compare_head(void *arg, struct bytes key, struct bytes value)
{
    struct heads_check *check = arg;
    const struct store *store = sim_store(check->holder);
    struct reader reader = reader_of(key);
    struct audience audience;
    struct err err;

    (void)reader_u8(&reader);
    (void)division_read(&reader);
    audience.kind = reader_u8(&reader);
    audience.division = division_read(&reader);
    check->equal =
        reader_done(&reader) &&
        (!roster_in_audience(node_roster(sim_core(check->author)), sim_division(check->holder),
                             sim_division(check->author), &audience) ||
         (store->ops->get(store->self, NULL, SPACE_HEADS, key, &check->value, &err) == OK &&
          bytes_equal(buf_bytes(&check->value), value)));
    return check->equal;
}

static bool heads_rest(const struct sim_node *author, const struct sim_node *holder, char *who,
                       size_t size)
{
    const struct store *store = sim_store(author);
    struct heads_check check = {author, holder, BUF_EMPTY, true};
    struct buf prefix = BUF_EMPTY;
    struct err err;
    enum status status;

    buf_put_u8(&prefix, HEADS_AUDIENCE);
    division_write(&prefix, sim_division(author));
    status = store->ops->scan(store->self, NULL, SPACE_HEADS, buf_bytes(&prefix), BYTES_NONE,
                              compare_head, &check, &err);
    buf_free(&prefix);
    buf_free(&check.value);
    if (status != OK || !check.equal) {
        (void)snprintf(who, size, "%s lacks blocks of %s that are addressed to it",
                       sim_division(holder).code, sim_division(author).code);
        return false;
    }
    return true;
}

/* Every answer that arrived is settled: else money hangs in transit for ever. */
static bool settles_rest(const struct office *office, char *who, size_t size)
{
    static const enum account accounts[] = {ACC_TRANSIT, ACC_XFER_OUT};
    const struct division division = sim_division(office->node);
    struct txn *txn;
    int64_t want[ACCOUNTS];
    bool ok = true;

    if (sim_trust(office->node).is_revoked) {
        return true; /* it enters nothing any more */
    }
    facts_figures(office, UINT64_MAX, want);
    txn = txn_open(sim_store(office->node), NULL);
    for (size_t i = 0; i < COUNT_OF(accounts) && ok; i++) {
        ok = facts_agree(facts_balance(txn, division, SCOPE_OWN, accounts[i]), want[accounts[i]],
                         account_info(accounts[i])->mnemonic, division, who, size);
    }
    txn_free(txn);
    return ok;
}

/* What was withdrawn is returned or too late, unless one of both is not heard. */
static bool withdrawals_rest(const struct office *office, char *who, size_t size)
{
    for (size_t i = 0; i < office->count; i++) {
        const struct fact *fact = &office->facts[i];
        const struct fact *ask;
        const struct office *receiver;

        if (fact->kind != KIND_WITHDRAW || fact->state != FACT_ACKNOWLEDGED) {
            continue;
        }
        ask = fact_find_ask(office, fact->about);
        receiver = ask != NULL ? office_of(office->clients, division_of(ask->other)) : NULL;
        if (receiver != NULL && ask->answer == 0 && !sim_is_cut_off(office->node) &&
            !sim_is_cut_off(receiver->node) && expected_whole(receiver->node, office->node) &&
            expected_whole(office->node, receiver->node)) {
            (void)snprintf(who, size, "%s of %s is withdrawn and not returned", fact->about,
                           sim_division(office->node).code);
            return false;
        }
    }
    return true;
}

bool clients_at_rest(const struct clients *clients, char *who, size_t size)
{
    facts_match(clients);
    for (size_t i = 0; i < clients->count; i++) {
        const struct office *office = clients->offices[i];

        if (sim_core(office->node) == NULL || office->unanswered > 0) {
            (void)snprintf(who, size, "%s %s", sim_division(office->node).code,
                           office->unanswered > 0 ? "has questions unanswered" : "is down");
            return false;
        }
        if (!replicas_rest(office->node, who, size)) {
            return false;
        }
    }
    for (size_t i = 0; i < clients->count; i++) {
        const struct office *office = clients->offices[i];

        if (!settles_rest(office, who, size) || !withdrawals_rest(office, who, size)) {
            return false;
        }
        for (struct sim_node *up = sim_parent(office->node); up != NULL; up = sim_parent(up)) {
            if (expected_of(office->node, up).held_whole &&
                !heads_rest(up, office->node, who, size)) {
                return false;
            }
        }
    }
    return true;
}
