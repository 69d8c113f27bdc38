/* block_postings - what the entries since the last digest booked, in the very form in which it is
 * hashed.
 *
 *   booking of an entry --> folded, filed --> (block closes) --> digest, lists, sums, roll-ups
 *
 * When a block closes, all rows are made from it in one go: a row that a thousand payments touch is
 * then written once.
 *
 * Owns: its two buffers. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_POSTING_BLOCK_POSTINGS_H
#define TERRACE_NODE_LEDGER_POSTING_BLOCK_POSTINGS_H

#include "node/ledger/posting/postings.h"

struct block_postings {
    struct buf folded; /* booking_fold of every entry */
    struct buf filed;  /* filed_add of every document */
    uint64_t last_lsn, last_time_ms;
};

void block_postings_clear(struct block_postings *postings);
void block_postings_free(struct block_postings *postings);
void block_postings_add(struct block_postings *postings, const struct applied *entry,
                        struct bytes id, const struct booking *booking);
/* Of an entry that books nothing. */
void block_postings_add_nothing(struct block_postings *postings, uint64_t lsn);
/* The entries reach up to here, whatever they booked. */
void block_postings_reach(struct block_postings *postings, uint64_t lsn, uint64_t time_ms);
/* Takes back what was added since the buffers had these sizes. */
void block_postings_return_to(struct block_postings *postings, size_t folded, size_t filed);
/* Only the list: a document of a log above. */
void block_postings_file(struct block_postings *postings, const struct applied *entry,
                         struct bytes id);
/* Writes the lists. */
void block_postings_list(const struct block_postings *postings, struct txn *txn,
                         struct division author);
/* Writes lists, sums and roll-ups; the caller writes the position. Alarms what does not add up. */
void block_postings_post(struct ledger *ledger, const struct block_postings *postings,
                         struct txn *txn, struct division author);

#endif
