#include "node/ledger/query/unconfirmed.h"

#include "replicator/log/sealing.h"

const char *new_keys_state_name(enum new_keys_state state)
{
    static const char *const names[NEW_KEYS_STATES] = {
        [NEW_KEYS_WAIT] = "waits",
        [NEW_KEYS_COUNT_HERE] = "counts_here",
        [NEW_KEYS_OF_NODE_KEY] = "node_key",
    };

    return names[state];
}

/* The newest recovery that nobody has refused; 0: there is none. */
static uint32_t recovery_of(const struct roster *roster, struct division division,
                            struct epoch_state *state)
{
    const struct member *member = roster_find(roster, division);

    for (uint32_t epoch = member == NULL ? 0 : member->grant.epoch; epoch > 0; epoch--) {
        if (roster_epoch_state(roster, division, epoch, state) && state->is_recovery &&
            state->standing != STANDING_REFUSED) {
            return epoch;
        }
    }
    return 0;
}

/* A grant that names no first admins, or asks for nobody's approval: its node's key is all. */
static bool has_no_persons(const struct roster *roster, struct division division)
{
    const struct member *member = roster_find(roster, division);
    struct grant_terms terms;

    return member == NULL || number_set_is_empty(&member->grant.policy) ||
           !roster_terms(roster, division, member->grant.epoch, &terms) || terms.founder_count == 0;
}

struct waiting {
    struct unconfirmed *out;
    size_t blocks;
};

static bool count_block(void *arg, const struct block_view *block)
{
    struct waiting *waiting = arg;
    struct unconfirmed *out = waiting->out;

    if (block->header.epoch >= out->epoch) {
        out->entries += block->header.count;
        out->oldest_unix_ms =
            out->oldest_unix_ms == 0 ? block->header.time_ms : out->oldest_unix_ms;
    }
    return ++waiting->blocks < UNCONFIRMED_BLOCKS_MAX;
}

bool unconfirmed_find(const struct store *store, struct store_snapshot *snapshot,
                      const struct roster *roster, struct division division,
                      struct unconfirmed *out)
{
    struct waiting waiting = {.out = out};
    struct epoch_state state;
    struct err err;

    *out = (struct unconfirmed){.division = division, .by = roster_confirmer(roster, division)};
    out->epoch = recovery_of(roster, division, &state);
    if (out->epoch == 0 || division_is_none(out->by)) {
        return false;
    }
    out->since_unix_ms = roster_epoch(roster, division, out->epoch)->time_ms;
    if (roster_to_confirm(roster, division) == 0) {
        out->state = NEW_KEYS_OF_NODE_KEY;
        return has_no_persons(roster, out->by);
    }
    out->state = state.standing == STANDING_COUNTS ? NEW_KEYS_COUNT_HERE : NEW_KEYS_WAIT;
    (void)log_scan(store, snapshot, division, state.base_lsn + 1, count_block, &waiting, &err);
    return true;
}
