/* review_tightest - of the lines that a batch takes money from, the one with the least left once
 * all of it is approved: what a checker wants to know before the next batch comes.
 *
 *   drafts --> what each takes of which line --> sums a line --> what is there less that
 *
 * Only what takes a part of what is free counts: a release takes all that waits, and leaves
 * nothing. A line that the batch itself makes is not there yet, and is passed over.
 *
 * Thread: a worker's (workers.h). Units: fen. */
#ifndef TERRACE_NODE_API_REVIEW_TIGHTEST_H
#define TERRACE_NODE_API_REVIEW_TIGHTEST_H

#include "node/ledger/rows/rows.h"

struct taken {
    struct short_text line; /* "" for what takes nothing of a line */
    enum account account;   /* ACC_AVAIL or ACC_UNALLOC */
    int64_t money;
};
struct taken taken_by(const struct document *document);

struct tightest {
    struct short_text line; /* "": none */
    int128 left;            /* negative: approval would refuse a part */
    size_t documents;       /* of the batch, that take from it */
};
/* Sorts `taken`. Errors of the store stay in the txn. */
struct tightest tightest_of(struct txn *txn, struct division self, struct taken *taken,
                            size_t count);

#endif
