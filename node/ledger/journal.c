/* What the entries since the last digest booked, and the rows that are made from it at once. */
#include <assert.h>

#include "node/ledger/ledger_internal.h"

void journal_clear(struct journal *journal)
{
    buf_clear(&journal->folded);
    buf_clear(&journal->filed);
    journal->last_lsn = journal->last_time_ms = 0;
}

void journal_free(struct journal *journal)
{
    buf_free(&journal->folded);
    buf_free(&journal->filed);
}

void journal_file(struct journal *journal, const struct applied *entry, struct bytes id)
{
    buf_put_u32(&journal->filed, entry->kind);
    buf_put_u64(&journal->filed, entry->lsn);
    list_add(&journal->filed, id);
}

void journal_add(struct journal *journal, const struct applied *entry, struct bytes id,
                 const struct booking *booking)
{
    booking_fold(booking, &journal->folded);
    journal_file(journal, entry, id);
}

struct list {
    uint64_t lsn;
    struct buf ids;
};

static void read_lists(struct list *lists, struct bytes filed)
{
    struct reader reader = reader_of(filed);

    while (reader_left(&reader) > 0) {
        const uint32_t kind = reader_u32(&reader);
        const uint64_t lsn = reader_u64(&reader);
        struct bytes id = BYTES_NONE;
        bool there = list_next(&reader, &id);

        assert(there && kind < KINDS_END);
        (void)there;
        if (lists[kind].ids.size == 0) {
            lists[kind].lsn = lsn;
        }
        list_add(&lists[kind].ids, id);
    }
}

void journal_list(const struct journal *journal, struct txn *txn, struct division author)
{
    struct list lists[KINDS_END] = {{.lsn = 0}};

    read_lists(lists, buf_bytes(&journal->filed));
    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        if (lists[kind].ids.size > 0) {
            const struct row_key key = list_key(author, kind, lists[kind].lsn);

            (void)txn_put(txn, SPACE_INDEX, row_key_bytes(&key), buf_bytes(&lists[kind].ids));
        }
        buf_free(&lists[kind].ids);
    }
}

void journal_post(struct ledger *ledger, const struct journal *journal, struct txn *txn,
                  struct division author)
{
    const char *fault;

    journal_list(journal, txn, author);
    tally_make(&ledger->tally, txn, author, buf_bytes(&journal->folded));
    fault = sums_add(txn, author, &ledger->tally);
    if (fault != NULL) {
        ledger_alarm(ledger, "sources_differ", author, "%s", fault);
    }
    if (!rollups_add(txn, ledger->config.roster, ledger->config.self, author, &ledger->tally)) {
        ledger_alarm(ledger, "sum_too_large", author, "a sum of a jurisdiction does not fit");
    }
}
