#include "tests/sim/expected.h"

#include "node/ledger/ledger.h"

bool sim_is_within(const struct sim_node *below, const struct sim_node *above)
{
    while (below != NULL && below != above) {
        below = sim_parent(below);
    }
    return below != NULL;
}

bool sim_is_cut_off(const struct sim_node *node)
{
    for (; node != NULL; node = sim_parent(node)) {
        if (sim_trust(node).is_revoked) {
            return true;
        }
    }
    return false;
}

bool sim_is_alarmed(const struct sim_node *at, enum alarm_code code, struct division about)
{
    const struct alarms *alarms;

    if (sim_core(at) == NULL) {
        return false;
    }
    alarms = node_alarms(sim_core(at));
    for (size_t i = 0; i < alarms_count(alarms); i++) {
        if (alarms_at(alarms, i)->code == code &&
            division_equal(alarms_at(alarms, i)->about, about)) {
            return true;
        }
    }
    return false;
}

bool sim_is_touched(const struct sim_node *node)
{
    const struct alarms *alarms;

    if (sim_is_cut_off(node)) {
        return true;
    }
    alarms = node_alarms(sim_core(node));
    for (size_t i = 0; i < alarms_count(alarms); i++) {
        if (alarms_at(alarms, i)->code == ALARM_REVOKED_BEYOND) {
            return true;
        }
    }
    return false;
}

static void expect_some(struct expected *expected)
{
    expected->held_whole = false;
    expected->folded = FOLDED_SOME;
}

static void expect_to(struct expected *expected, uint64_t lsn)
{
    if (expected->folded == FOLDED_WHOLE) {
        expected->folded = FOLDED_TO;
        expected->lsn = lsn;
    }
}

/* `at` is the author, or above it, and waits for a word. */
static void judge_waiting(struct expected *expected, const struct sim_node *holder,
                          const struct sim_node *author, const struct sim_node *at)
{
    if (holder == at || holder == sim_parent(at)) {
        return;
    }
    if (at != author) {
        expect_some(expected);
        return;
    }
    expected->waits = sim_trust(at).waits;
    expect_to(expected, sim_trust(at).base_lsn);
}

/* `at` is revoked, and one of the two is that or below it. Those below it may hear of that, and
 * take no more of its log then. */
static void judge_revoked(struct expected *expected, const struct sim_node *holder,
                          const struct sim_node *author, const struct sim_node *at)
{
    expected->held_whole = false;
    if (at == author && !sim_is_within(holder, at)) {
        expect_to(expected, sim_trust(at).final_lsn);
    } else {
        expect_some(expected);
    }
}

struct expected expected_of(const struct sim_node *holder, const struct sim_node *author)
{
    struct expected expected = {.held_whole = true, .folded = FOLDED_WHOLE};

    if (holder == author || (!sim_is_within(holder, author) && !sim_is_within(author, holder))) {
        return expected; /* all of its own; none of it */
    }
    for (const struct sim_node *at = sim_is_within(holder, author) ? holder : author; at != NULL;
         at = sim_parent(at)) {
        const struct sim_trust trust = sim_trust(at);

        if (trust.is_revoked) {
            judge_revoked(&expected, holder, author, at);
        }
        if (trust.waits != 0 && sim_is_within(author, at)) {
            judge_waiting(&expected, holder, author, at);
        }
    }
    return expected;
}

bool expected_whole(const struct sim_node *holder, const struct sim_node *author)
{
    const struct expected expected = expected_of(holder, author);

    return expected.held_whole && expected.folded == FOLDED_WHOLE;
}

uint64_t expected_lsn(const struct sim_node *holder, const struct sim_node *author)
{
    const struct expected expected = expected_of(holder, author);
    struct ledger_position position;
    struct txn *txn;

    if (expected.folded == FOLDED_WHOLE) {
        return UINT64_MAX;
    }
    txn = txn_open(sim_store(holder), NULL);
    ledger_position(txn, sim_division(author), &position);
    txn_free(txn);
    /* Who held more of a log than its revocation lets stand keeps that, and says so. */
    return expected.folded == FOLDED_TO && (expected.waits != 0 || position.lsn < expected.lsn)
               ? expected.lsn
               : position.lsn;
}
