#include "node/ledger/query/stop.h"

#include "node/ledger/context.h"
#include "node/ledger/observe.h"
#include "replicator/log/sealing.h"

struct cursor_search {
    struct division author;
    uint64_t lsn; /* the lowest; 0: none */
};

static bool visit_cursor(void *arg, const struct observe_cursor *cursor)
{
    struct cursor_search *search = arg;

    if (division_equal(cursor->author, search->author) &&
        (search->lsn == 0 || cursor->lsn < search->lsn)) {
        search->lsn = cursor->lsn;
    }
    return true;
}

/* The next entry that the ledger would take in; 0: it has all that it may. */
static uint64_t next_lsn(const struct stop_question *question)
{
    struct cursor_search search = {.author = question->author};
    struct ledger_position position;
    struct err err;

    if (roster_within(question->roster, question->author, question->self)) {
        ledger_position(question->txn, question->author, &position);
        return position.lsn + 1;
    }
    (void)ledger_each_observe_cursor(question->txn, visit_cursor, &search, &err);
    return search.lsn;
}

bool ledger_stop_find(const struct stop_question *question, struct ledger_stop *out)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    const uint64_t lsn = next_lsn(question);
    struct entry entry;
    struct err err;
    bool stands;

    memset(out, 0, sizeof *out);
    stands = lsn != 0 &&
             log_read_entry(question->store, question->snapshot, question->author, lsn, &body,
                            &entry, &err) == OK &&
             !ledger_knows(&entry);
    if (stands) {
        *out = (struct ledger_stop){lsn, entry.time_ms, entry.kind, entry.format};
    }
    block_body_free(&body);
    return stands;
}
