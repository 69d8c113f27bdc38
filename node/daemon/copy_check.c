#include "node/daemon/copy_check.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "node/daemon/system_clock.h"
#include "node/home/home.h"
#include "node/ledger/verify/verify_ledger.h"
#include "node/store/store_rocks.h"
#include "proto/message.h"
#include "replicator/log/heads.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/roster_load.h"

enum { SPAN_LSN = 50000, FAULT_BYTES_MAX = 300 };

struct check {
    struct clock clock;
    struct store store;
    struct home_config config;
    struct roster *roster;
    struct copy_position *at;
    struct log_head head;
};

/* --- rows --- */

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    uint64_t *rows = arg;

    (void)key;
    (void)value;
    (*rows)++;
    return true;
}

static enum status read_rows(struct check *check, struct err *err)
{
    enum status status = OK;

    check->at->rows = 0;
    for (enum store_space space = 0; space < SPACES && status == OK; space++) {
        status = check->store.ops->scan(check->store.self, NULL, space, BYTES_NONE, BYTES_NONE,
                                        count_row, &check->at->rows, err);
    }
    return status;
}

/* --- the own log, a span at a time, the newest first --- */

struct span {
    const struct check *check;
    uint64_t end;             /* the first lsn behind it */
    uint64_t first_lsn;       /* of its first block; 0: none was met */
    struct hash first_prev;   /* what that says of the block before */
    uint64_t last_lsn;        /* of the block that was met last */
    struct hash last, digest; /* its own hash, and what it says of the ledger */
    struct err *err;
    bool failed;
};

static bool fail_block(struct span *span, uint64_t lsn, const char *why)
{
    span->failed = true;
    (void)err_set(span->err, ERR_CORRUPT, "copy_block_wrong lsn=%" PRIu64 " why=%s", lsn, why);
    return false;
}

static bool check_block(void *arg, const struct block_view *block)
{
    struct span *span = arg;
    const struct block_header *header = &block->header;
    const struct roster *roster = span->check->roster;
    const struct grant *grant = roster_epoch(roster, header->author, header->epoch);
    struct hash hash;
    struct err why;

    if (header->first_lsn >= span->end) {
        return false;
    }
    if (grant == NULL) {
        return fail_block(span, header->first_lsn, "block_epoch_ungranted");
    }
    if (block_verify(block, roster_tree(roster), &grant->sign_key, &hash, &why) != OK) {
        return fail_block(span, header->first_lsn, why.text);
    }
    if (span->first_lsn == 0) {
        span->first_lsn = header->first_lsn;
        span->first_prev = header->prev_hash;
    } else if (header->first_lsn != span->last_lsn + 1 ||
               !hash_equal(&header->prev_hash, &span->last)) {
        return fail_block(span, header->first_lsn, "prev_hash_differs");
    }
    span->last_lsn = block_last_lsn(header);
    span->last = hash;
    span->digest = header->state_digest;
    return true;
}

/* Blocks that begin in a span and end right before `end`, with the block of that hash. */
static enum status check_span(struct check *check, struct span *span, const struct hash *last,
                              struct err *err)
{
    const uint64_t whole = roster_lost_lsn(check->roster, check->config.division) + 1;
    const uint64_t from = span->end > whole + SPAN_LSN ? span->end - SPAN_LSN : whole;
    enum status status =
        log_scan(&check->store, NULL, check->config.division, from, check_block, span, err);

    if (status != OK || span->failed) {
        return err->status;
    }
    if (span->last_lsn + 1 != span->end || !hash_equal(&span->last, last)) {
        return err_set(err, ERR_CORRUPT, "copy_log_gap lsn=%" PRIu64, span->end - 1);
    }
    return OK;
}

static enum status check_log(struct check *check, struct err *err)
{
    const uint64_t begun_ms = clock_mono_ms(&check->clock);
    struct hash last = check->head.hash;
    uint64_t end = check->head.lsn + 1;

    /* Of what the root lost of its log there are parts, which follow each other in no chain. */
    const uint64_t whole = roster_lost_lsn(check->roster, check->config.division) + 1;

    check->at->verified_from = end;
    while (end > whole && clock_mono_ms(&check->clock) - begun_ms < COPY_CHECK_MS) {
        struct span span = {.check = check, .end = end, .err = err};

        if (check_span(check, &span, &last, err) != OK) {
            return err->status;
        }
        if (end == check->head.lsn + 1) {
            check->at->digest = span.digest;
        }
        end = span.first_lsn;
        last = span.first_prev;
        check->at->verified_from = end;
    }
    return OK;
}

/* --- the own ledger --- */

static enum status check_ledger(const struct check *check, struct err *err)
{
    struct txn *txn = txn_open(&check->store, NULL);
    struct ledger_position position;
    char fault[FAULT_BYTES_MAX] = "";
    enum status status = OK;

    ledger_position(txn, check->config.division, &position);
    if (position.digest_lsn == check->head.lsn &&
        !hash_equal(&position.digest, &check->at->digest)) {
        status = err_set(err, ERR_CORRUPT, "copy_digest_differs lsn=%" PRIu64, check->head.lsn);
    } else if (verify_ledger(txn, check->roster, check->config.division, fault, sizeof fault) ==
               VERIFY_STORE) {
        status = err_set(err, ERR_CORRUPT, "copy_ledger_wrong why=%s", fault);
    }
    if (status == OK) {
        status = txn_status(txn, err);
    }
    txn_free(txn);
    return status;
}

/* --- */

static enum status find_head(struct check *check, struct err *err)
{
    const struct held_log *log;
    struct logs logs;
    enum status status;

    heads_init(&logs, &check->store, &check->clock);
    status = heads_load(&logs, err);
    log = status == OK ? heads_find(&logs, check->config.division) : NULL;
    if (log != NULL) {
        check->head = log->durable;
        check->at->lsn = log->durable.lsn;
        check->at->epoch = log->durable.epoch;
        check->at->head = log->durable.hash;
    }
    heads_free(&logs);
    return status;
}

static enum status check_opened(struct check *check, struct err *err)
{
    enum status status = read_rows(check, err);

    check->roster = roster_new(&check->config.tree, check->config.division);
    if (status == OK) {
        status = roster_load(check->roster, &check->store, NULL, err);
    }
    if (status == OK) {
        status = find_head(check, err);
    }
    if (status == OK) {
        status = check_log(check, err);
    }
    if (status == OK && check->head.lsn > 0) {
        status = check_ledger(check, err);
    }
    roster_free(check->roster);
    return status;
}

enum status copy_check(struct copy_position *out, const char *directory, struct err *err)
{
    const struct store_rocks_options options = {.must_exist = true, .read_only = true};
    struct check check = {.clock = system_clock(), .at = out};
    enum status status = crypto_init(err);

    *out = (struct copy_position){.lsn = 0};
    if (status == OK && chdir(directory) != 0) { /* a home's path is short, a copy's may not be */
        status = err_set(err, ERR_NOT_FOUND, "file_failed doing=opened path=%s why=%s", directory,
                         os_reason(errno));
    }
    if (status == OK) {
        status = home_load(&check.config, ".", err);
    }
    if (status == OK) {
        status = store_rocks_open(&check.store, "store", &options, err);
    }
    if (status == OK) {
        status = check_opened(&check, err);
        check.store.ops->close(check.store.self);
    }
    return status;
}
