/* A ledger made again from its log, in a txn over a store that is empty and stays so; the digest
 * of each block against its header's, and in the end every row against the stored one. */
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/query_internal.h"
#include "node/ledger/verify_internal.h"
#include "replicator/log.h"

/* --- a store with nothing in it --- */

static enum status empty_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                             struct bytes key, struct buf *value, struct err *err)
{
    (void)self;
    (void)snapshot;
    (void)space;
    (void)key;
    (void)err;
    buf_clear(value);
    return ERR_NOT_FOUND;
}

static enum status empty_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes prefix, struct bytes from, store_visit_fn *visit,
                              void *arg, struct err *err)
{
    (void)self;
    (void)snapshot;
    (void)space;
    (void)prefix;
    (void)from;
    (void)visit;
    (void)arg;
    (void)err;
    return OK;
}

static const struct store_ops empty_ops = {.get = empty_get, .scan = empty_scan};
const struct store store_empty = {.ops = &empty_ops};

struct replay {
    struct verify *verify;
    struct division division;
    struct txn *scratch;
    struct ledger *ledger;
    struct position_row stored; /* how far the stored ledger goes */
    uint64_t last_lsn;
};

/* --- the scratch ledger's outside --- */

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    const struct verify_config *config = &((const struct replay *)arg)->verify->config;
    struct block_body block = BLOCK_BODY_EMPTY;
    struct entry entry;
    struct err err;
    const bool there =
        log_read_entry(config->store, config->snapshot, author, lsn, &block, &entry, &err) == OK;

    if (there) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&block);
    return there;
}

static void settle_due(void *arg, struct txn *txn, const struct document *settle)
{
    (void)arg; /* the log says itself what was settled */
    (void)txn;
    (void)settle;
}

static void alarm(void *arg, const char *code, struct division about, const char *text)
{
    const struct replay *replay = arg;

    /* Alone, a log cannot tell what its neighbours said: verify_ledger looks at edges. */
    if (strcmp(code, "edge_differs") != 0 && strcmp(code, "needs_upgrade") != 0 &&
        strcmp(code, "element_clash") != 0 && strcmp(code, "upper_has_node") != 0) {
        (void)verify_fail(replay->verify, VERIFY_AUTHORS, replay->division,
                          "log of %s, behind lsn %" PRIu64 ": %s: %s", about.code, replay->last_lsn,
                          code, text);
    }
}

/* --- a run --- */

/* The scratch ledger sits where this node sits, so that it makes the rows that this node keeps. */
struct replay *replay_open(struct verify *verify, struct division division)
{
    struct replay *replay = mem_zalloc(sizeof *replay);
    const struct ledger_config config = {
        .self = verify->config.self,
        .roster = verify->config.roster,
        .sink = {.arg = replay, .read_entry = read_entry, .settle_due = settle_due, .alarm = alarm},
    };

    replay->verify = verify;
    replay->division = division;
    replay->scratch = txn_open(&store_empty, NULL);
    replay->ledger = ledger_open(&config);
    position_load(verify->stored, division, &replay->stored);
    return replay;
}

void replay_close(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    ledger_close(replay->ledger);
    txn_free(replay->scratch);
    mem_free(replay);
}

bool replay_block(struct replay *replay, const struct block_header *header,
                  const struct block_body *body)
{
    struct ledger_position position;
    enum status status;
    struct err err;

    replay->last_lsn = header->first_lsn - 1;
    if (header->first_lsn > replay->stored.lsn) {
        return true; /* held, and not yet part of the stored ledger */
    }
    status = ledger_apply_block(replay->ledger, replay->scratch, header, body->entries, body->count,
                                &err);
    if (status == ERR_NEEDS_UPGRADE) {
        return true; /* the stored ledger ends there too, or the positions will tell */
    }
    if (status != OK) {
        return verify_fail(replay->verify, VERIFY_AUTHORS, replay->division,
                           "log of %s, lsn %" PRIu64 ": %s", replay->division.code,
                           header->first_lsn, err.text);
    }
    ledger_position(replay->scratch, replay->division, &position);
    if (!hash_equal(&position.digest, &header->state_digest)) {
        return verify_fail(replay->verify, VERIFY_AUTHORS, replay->division,
                           "log of %s, lsn %" PRIu64
                           ": the replayed ledger has another digest than its author's",
                           replay->division.code, block_last_lsn(header));
    }
    return verify_cause(replay->verify) == VERIFY_SOUND; /* an alarm of the ledger is a fault */
}

static bool compare_positions(struct replay *replay, uint64_t last_lsn)
{
    const struct position_row *stored = &replay->stored;
    const char *code = replay->division.code;
    struct position_row replayed;

    position_load(replay->scratch, replay->division, &replayed);
    if (stored->lsn > last_lsn) {
        return verify_fail(replay->verify, VERIFY_STORE, replay->division,
                           "log of %s: its ledger goes to lsn %" PRIu64
                           ", but the log ends at lsn %" PRIu64,
                           code, stored->lsn, last_lsn);
    }
    return (replayed.lsn == stored->lsn && hash_equal(&replayed.digest, &stored->digest)) ||
           verify_fail(replay->verify, VERIFY_STORE, replay->division,
                       "ledger of %s: stored up to lsn %" PRIu64 ", replayed up to %" PRIu64
                       ", and the digests differ",
                       code, stored->lsn, replayed.lsn);
}

bool replay_compare(struct replay *replay, uint64_t last_lsn)
{
    struct verify *verify = replay->verify;
    const struct member *member = roster_find(verify->config.roster, replay->division);

    if (!compare_positions(replay, last_lsn) ||
        !verify_rows(verify, replay->scratch, replay->division)) {
        return false;
    }
    for (; member != NULL; member = member->parent) {
        verify_add_subtree(verify, replay->scratch, member->grant.division);
        if (division_equal(member->grant.division, verify->config.self)) {
            break;
        }
    }
    return true;
}
