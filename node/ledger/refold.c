#include "node/ledger/refold.h"

#include "node/ledger/observe.h"
#include "node/ledger/rows/registry.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/verify/person_chain.h"
#include "proto/array.h"
#include "replicator/store/commit_now.h"

enum { ROWS_A_COMMIT = 8192 };

/* --- all of it --- */

struct forgetting {
    enum store_space space;
    struct txn *txn;
    size_t count;
};

static bool is_found_at_intake(const struct forgetting *forgetting, struct bytes key)
{
    return forgetting->space == SPACE_LEDGER && key.size > 0 &&
           (key.data[0] == ROW_PERSON || key.data[0] == ROW_UNAPPROVED ||
            key.data[0] == ROW_UNAPPROVED_SUM);
}

static bool forget_row(void *arg, struct bytes key, struct bytes value)
{
    struct forgetting *forgetting = arg;

    (void)value;
    if (!is_found_at_intake(forgetting, key)) {
        txn_delete(forgetting->txn, forgetting->space, key);
        forgetting->count++;
    }
    return forgetting->count < ROWS_A_COMMIT;
}

static enum status forget_space(const struct store *store, uint64_t fence, struct txn *txn,
                                enum store_space space, struct err *err)
{
    struct forgetting forgetting = {.space = space, .txn = txn};
    enum status status;

    do {
        forgetting.count = 0;
        status = store->ops->scan(store->self, NULL, space, BYTES_NONE, BYTES_NONE, forget_row,
                                  &forgetting, err);
        status = status == OK ? commit_now(store, fence, txn, err) : status;
    } while (status == OK && forgetting.count > 0);
    return status;
}

enum status refold_forget(const struct store *store, uint64_t fence, struct err *err)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_INDEX, SPACE_ROLLUPS};
    struct txn *txn = txn_open(store, NULL);
    enum status status = OK;

    for (size_t i = 0; i < sizeof spaces / sizeof *spaces && status == OK; i++) {
        status = forget_space(store, fence, txn, spaces[i], err);
    }
    txn_free(txn);
    return status;
}

/* --- what was found at intake --- */

struct marks {
    uint64_t lsn[256];
    size_t count;
};

static bool note_mark(void *arg, const struct unapproved *mark)
{
    struct marks *marks = arg;

    marks->lsn[marks->count++] = mark->lsn;
    return marks->count < COUNT_OF(marks->lsn);
}

void refold_take_back(struct txn *txn, struct division author, uint64_t lsn)
{
    struct marks marks;

    do {
        marks.count = 0;
        unapproved_each(txn, author, lsn + 1, note_mark, &marks);
        for (size_t i = 0; i < marks.count; i++) {
            unapproved_clear(txn, author, marks.lsn[i]);
        }
    } while (marks.count > 0);
    person_links_take_back(txn, author, lsn);
}

/* --- logs above --- */

struct observing {
    struct audience_end {
        struct audience audience;
        uint64_t lsn;
    } * ends;
    size_t count, capacity;
};

static bool note_audience(void *arg, const struct audience *audience, uint64_t lsn)
{
    struct observing *observing = arg;

    ARRAY_ROOM(observing->ends, observing->count, observing->capacity);
    observing->ends[observing->count++] = (struct audience_end){*audience, lsn};
    return true;
}

static void observe_log(struct txn *txn, struct division author)
{
    struct observing observing = {.count = 0};
    struct err err;

    (void)heads_each_audience(txn, author, note_audience, &observing, &err);
    for (size_t i = 0; i < observing.count; i++) {
        const struct audience_end *end = &observing.ends[i];

        ledger_observe_anew(txn, author, &end->audience, end->lsn);
    }
    mem_free(observing.ends);
}

void refold_observe(struct txn *txn, const struct roster *roster, struct division self)
{
    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division author = roster_at(roster, i)->grant.division;

        if (!division_equal(author, self) && roster_within(roster, self, author)) {
            observe_log(txn, author);
        }
    }
}
