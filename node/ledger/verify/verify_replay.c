#include "node/ledger/verify/verify_replay.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/observe.h"
#include "node/ledger/rows/rows.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/verify_rows.h"
#include "replicator/log/sealing.h"

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
    bool whole;                 /* a log of the subtree: applied; else observed */
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

static void ignore_due(void *arg, struct txn *txn, const struct document *document)
{
    (void)arg; /* the log says itself what was settled */
    (void)txn;
    (void)document;
}

/* Alone, a log cannot tell what its neighbours said: verify_ledger looks at transfers. */
static bool is_fault_of_log(enum alarm_code code)
{
    switch (code) {
    case ALARM_EDGE_DIFFERS:
    case ALARM_NEEDS_UPGRADE:
    case ALARM_ELEMENT_CLASH:
    case ALARM_UPPER_HAS_NODE:
        return false;
    default:
        return true;
    }
}

static void take_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    const struct replay *replay = arg;

    if (is_fault_of_log(code)) {
        (void)verify_fail(replay->verify, VERIFY_AUTHORS, replay->division,
                          "in_log_behind_entry division=%s lsn=%" PRIu64 " entry=%s why=%s",
                          about.code, replay->last_lsn, alarm_info(code)->name, message);
    }
}

/* --- a run --- */

/* What was found as blocks came in is no part of the log, and a policy hangs on it. */
static bool copy_mark(void *arg, const struct unapproved *mark)
{
    const struct replay *replay = arg;

    unapproved_mark(replay->scratch, replay->division, mark);
    return true;
}

/* The scratch ledger sits where this node sits, so that it makes the rows that this node keeps. */
struct replay *replay_open(struct verify *verify, struct division division)
{
    struct replay *replay = mem_zalloc(sizeof *replay);
    const struct ledger_config config = {
        .self = verify->config.self,
        .roster = verify->config.roster,
        .sink = {.arg = replay,
                 .read_entry = read_entry,
                 .document_due = ignore_due,
                 .alarm = take_alarm},
    };

    replay->verify = verify;
    replay->division = division;
    replay->whole = roster_within(config.roster, division, config.self);
    replay->scratch = txn_open(&store_empty, NULL);
    replay->ledger = ledger_open(&config);
    position_load(verify->stored, division, &replay->stored);
    unapproved_each(verify->stored, division, 0, copy_mark, replay);
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

/* As far as the stored rows go: before an entry that this version did not know they stop, until the
 * rest was read back. */
static void observe_block(struct replay *replay, const struct block_header *header,
                          const struct block_body *body)
{
    struct observe_cursor cursor;
    size_t count = body->count;

    if (ledger_observe_cursor(replay->verify->stored, header->author, &header->audience, &cursor)) {
        while (count > 0 && body->entries[count - 1].lsn >= cursor.lsn) {
            count--;
        }
    }
    ledger_observe_block(replay->ledger, replay->scratch, header, body->entries, count);
}

bool replay_block(struct replay *replay, const struct block_header *header,
                  const struct block_body *body)
{
    struct ledger_position position;
    enum status status;
    struct err err;

    replay->last_lsn = header->first_lsn - 1;
    if (!replay->whole) {
        observe_block(replay, header, body);
        return true;
    }
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
                           "in_log_at division=%s lsn=%" PRIu64 " why=%s", replay->division.code,
                           header->first_lsn, err.text);
    }
    ledger_position(replay->scratch, replay->division, &position);
    if (block_last_lsn(header) > roster_lost_lsn(replay->verify->config.roster, header->author) &&
        !hash_equal(&position.digest, &header->state_digest)) {
        return verify_fail(replay->verify, VERIFY_AUTHORS, replay->division,
                           "replay_digest division=%s lsn=%" PRIu64, replay->division.code,
                           block_last_lsn(header));
    }
    return true; /* what the ledger alarmed is a fault, and the log goes on behind it */
}

static bool compare_positions(struct replay *replay, uint64_t last_lsn)
{
    const struct position_row *stored = &replay->stored;
    const char *code = replay->division.code;
    struct position_row replayed;

    position_load(replay->scratch, replay->division, &replayed);
    if (stored->lsn > last_lsn) {
        return verify_fail(replay->verify, VERIFY_STORE, replay->division,
                           "replay_short division=%s ledger=%" PRIu64 " log=%" PRIu64, code,
                           stored->lsn, last_lsn);
    }
    return (replayed.lsn == stored->lsn && hash_equal(&replayed.digest, &stored->digest)) ||
           verify_fail(replay->verify, VERIFY_STORE, replay->division,
                       "replay_differs division=%s stored=%" PRIu64 " replayed=%" PRIu64, code,
                       stored->lsn, replayed.lsn);
}

static void add_jurisdictions(struct replay *replay)
{
    struct verify *verify = replay->verify;
    const struct member *member = roster_find(verify->config.roster, replay->division);

    for (; member != NULL; member = member->parent) {
        verify_add_subtree(verify, replay->scratch, member->grant.division);
        if (division_equal(member->grant.division, verify->config.self)) {
            break;
        }
    }
}

bool replay_compare(struct replay *replay, uint64_t last_lsn)
{
    struct verify *verify = replay->verify;

    if (replay->whole && !compare_positions(replay, last_lsn)) {
        return false;
    }
    verify_rows(verify, replay->scratch, replay->division);
    if (replay->whole) {
        add_jurisdictions(replay);
        verify_add_plain(verify, replay->scratch, replay->division);
    }
    if (roster_within(verify->config.roster, verify->config.self, replay->division)) {
        verify_add_codes(verify, replay->scratch, replay->division);
    }
    return true;
}
