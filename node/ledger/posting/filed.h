/* filed - what a block keeps of each document until it closes, beside what is hashed: its id for
 * the lists, and under what its postings are rolled up.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_POSTING_FILED_H
#define TERRACE_NODE_LEDGER_POSTING_FILED_H

#include "node/ledger/rows/rows.h"

struct filed {
    uint32_t kind;
    uint64_t lsn;
    struct bytes id;
    int year;              /* of the document */
    uint8_t months[2];     /* book month in that year, and in another one; 0: it books nothing */
    struct bytes economic; /* class of the payment, where its line has another */
};
void filed_add(struct buf *out, const struct filed *document);
/* Views of `filed`. False at the end. */
bool filed_next(struct reader *filed, struct filed *out);

#endif
