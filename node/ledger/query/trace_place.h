/* trace_place - one document of a trace, and the two ways from it: up to what it is about, and how
 * many documents lie below it.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_QUERY_TRACE_PLACE_H
#define TERRACE_NODE_LEDGER_QUERY_TRACE_PLACE_H

#include "node/ledger/rows/rows.h"

struct trace_place {
    struct division division;
    struct short_text id;
    uint32_t kind;
    uint64_t lsn;
};

/* False when the document is not held. */
bool trace_place_load(struct txn *txn, struct division division, struct bytes id,
                      struct trace_place *out);
bool trace_place_same(const struct trace_place *a, const struct trace_place *b);

/* The document it is about: the line it took money from, the payment, the transfer it answers.
 * False at the head of a chain, and where this node sees no further. */
bool trace_place_up(struct txn *txn, const struct trace_place *from, struct trace_place *out);
/* The answer to a transfer. False when it is none, or not answered as far as is known here. */
bool trace_place_answer(struct txn *txn, const struct trace_place *transfer,
                        struct trace_place *out);

/* Does a trace of the project begin at this document of its division? A line made from another
 * line of the project lies below that one. */
bool trace_place_heads(struct txn *txn, const struct trace_place *place, struct bytes pro_code);

/* Adds up what lies below; *rows_left is how many rows may still be read, and 0 afterwards when
 * they did not suffice: then it is less than there is. */
uint64_t trace_place_count(struct txn *txn, const struct trace_place *place, size_t *rows_left);

#endif
