/* What the entries since the last digest booked, and the rows that are made from it at once. */
#include <assert.h>

#include "node/ledger/context.h"
#include "node/ledger/posting/filed.h"

void block_postings_clear(struct block_postings *postings)
{
    buf_clear(&postings->folded);
    buf_clear(&postings->filed);
    postings->last_lsn = postings->last_time_ms = 0;
}

void block_postings_free(struct block_postings *postings)
{
    buf_free(&postings->folded);
    buf_free(&postings->filed);
}

void block_postings_add_nothing(struct block_postings *postings, uint64_t lsn)
{
    booking_fold_nothing(lsn, &postings->folded);
}

void block_postings_reach(struct block_postings *postings, uint64_t lsn, uint64_t time_ms)
{
    postings->last_lsn = lsn;
    postings->last_time_ms = time_ms;
}

void block_postings_return_to(struct block_postings *postings, size_t folded, size_t filed)
{
    assert(folded <= postings->folded.size && filed <= postings->filed.size);
    postings->folded.size = folded;
    postings->filed.size = filed;
}

void block_postings_file(struct block_postings *postings, const struct applied *entry,
                         struct bytes id)
{
    filed_add(&postings->filed, &(struct filed){.kind = entry->kind, .lsn = entry->lsn, .id = id});
}

void block_postings_add(struct block_postings *postings, const struct applied *entry,
                        struct bytes id, const struct booking *booking)
{
    const struct filed document = {.kind = entry->kind,
                                   .lsn = entry->lsn,
                                   .id = id,
                                   .year = booking->own.year,
                                   .months = {booking->months[0], booking->months[1]},
                                   .economic = short_text_bytes(&booking->economic)};

    booking_fold(booking, &postings->folded);
    filed_add(&postings->filed, &document);
}

struct list {
    uint64_t lsn;
    struct buf ids;
};

static void read_lists(struct list *lists, struct bytes filed)
{
    struct reader reader = reader_of(filed);
    struct filed document;

    while (filed_next(&reader, &document)) {
        if (lists[document.kind].ids.size == 0) {
            lists[document.kind].lsn = document.lsn;
        }
        list_add(&lists[document.kind].ids, document.id);
    }
}

void block_postings_list(const struct block_postings *postings, struct txn *txn,
                         struct division author)
{
    struct list lists[KINDS_END] = {{.lsn = 0}};

    read_lists(lists, buf_bytes(&postings->filed));
    for (uint32_t kind = 0; kind < KINDS_END; kind++) {
        if (lists[kind].ids.size > 0) {
            const struct row_key key = list_key(author, kind, lists[kind].lsn);

            (void)txn_put(txn, SPACE_INDEX, row_key_bytes(&key), buf_bytes(&lists[kind].ids));
        }
        buf_free(&lists[kind].ids);
    }
}

void block_postings_post(struct ledger *ledger, const struct block_postings *postings,
                         struct txn *txn, struct division author)
{
    const char *fault;

    block_postings_list(postings, txn, author);
    block_turnover_make(&ledger->turnover, txn, author, buf_bytes(&postings->folded),
                        buf_bytes(&postings->filed));
    fault = sums_add(txn, author, &ledger->turnover);
    if (fault != NULL) {
        ledger_alarm(ledger, ALARM_SOURCES_DIFFER, author, "%s", fault);
    }
    rollups_add(txn, ledger->config.roster, ledger->config.self, author, &ledger->turnover);
}
