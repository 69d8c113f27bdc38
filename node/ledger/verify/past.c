#include "node/ledger/verify/past.h"

#include "node/ledger/observe.h"
#include "node/ledger/verify/verify_replay.h"
#include "replicator/log/sealing.h"

struct past {
    const struct past_request *request;
    struct ledger *ledger;
    struct txn *txn;
    struct block_body body;
    bool whole; /* the log that is read: applied; else observed */
    size_t entries_left;
    enum status status; /* of the log that is read */
    struct err *err;
};

/* --- the ledger's outside: what its author said is a fact, whatever others said of it --- */

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    (void)arg;
    (void)author;
    (void)lsn;
    (void)memory;
    (void)body;
    return false; /* nothing is submitted */
}

static void ignore_due(void *arg, struct txn *txn, const struct document *document)
{
    (void)arg; /* the log says itself what was settled */
    (void)txn;
    (void)document;
}

static void pass_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    (void)arg; /* raised when it was entered; verify looks again */
    (void)code;
    (void)about;
    (void)message;
}

/* --- one log --- */

/* How many entries of the block count. */
static size_t count_until(const struct past *past)
{
    size_t count = 0;

    while (count < past->body.count &&
           past->body.entries[count].time_ms < past->request->until_unix_ms) {
        count++;
    }
    return count;
}

static bool take_block(void *arg, const struct block_view *block)
{
    struct past *past = arg;
    size_t count;

    past->status = block_check_body(block, past->err);
    if (past->status == OK) {
        past->status = block_body_read(&past->body, block, past->err);
    }
    if (past->status != OK) {
        return false;
    }
    count = count_until(past);
    if (count > past->entries_left) {
        past->status = err_set(past->err, ERR_LIMIT, "past_too_long entries_max=%zu",
                               past->request->entries_max);
        return false;
    }
    past->entries_left -= count;
    if (past->whole) {
        past->status = ledger_apply_block(past->ledger, past->txn, &block->header,
                                          past->body.entries, count, past->err);
    } else {
        ledger_observe_block(past->ledger, past->txn, &block->header, past->body.entries, count);
    }
    return past->status == OK && count == past->body.count;
}

/* Before what this version does not know a ledger ends, then as now. */
static enum status read_log(struct past *past, struct division author)
{
    const struct past_request *request = past->request;
    enum status status;

    past->status = OK;
    past->whole = roster_within(request->roster, author, request->self);
    status = log_scan(request->store, request->snapshot, author, 1, take_block, past, past->err);
    if (status == OK && past->status != ERR_NEEDS_UPGRADE) {
        status = past->status;
    }
    return status;
}

/* --- all of them --- */

/* Those above tell the names of codes. */
static bool counts(const struct past_request *request, struct division author)
{
    return roster_within(request->roster, request->division, author) ||
           (request->with_below && roster_within(request->roster, author, request->division));
}

static enum status read_logs(struct past *past)
{
    const struct roster *roster = past->request->roster;
    enum status status = OK;

    for (size_t i = 0; i < roster_count(roster) && status == OK; i++) {
        const struct division author = roster_at(roster, i)->grant.division;

        if (counts(past->request, author)) {
            status = read_log(past, author);
        }
    }
    return status;
}

enum status past_open(struct txn **out, const struct past_request *request, struct err *err)
{
    struct past past = {.request = request,
                        .body = BLOCK_BODY_EMPTY,
                        .entries_left = request->entries_max,
                        .err = err};
    const struct ledger_config config = {
        .self = request->self,
        .roster = request->roster,
        .sink = {.arg = &past,
                 .read_entry = read_entry,
                 .document_due = ignore_due,
                 .alarm = pass_alarm},
    };
    enum status status;

    past.txn = txn_open(&store_empty, NULL);
    past.ledger = ledger_open(&config);
    status = read_logs(&past);
    ledger_close(past.ledger);
    block_body_free(&past.body);
    if (status != OK) {
        txn_free(past.txn);
        past.txn = NULL;
    }
    *out = past.txn;
    return status;
}
