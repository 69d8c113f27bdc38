/* trace - where money came from and what became of it, a page at a time.
 *
 *   origins (source first) --> the document --> its consequences, depth first
 *
 * A trace of a project begins with its lines and budget documents instead. Between divisions it
 * follows transfers and their answers, as far as this node holds them. A page goes on behind the
 * document that its cursor names: the path from there up to the start is all that is read again.
 * A step costs one range read at most (node/ledger/rows/children.h).
 *
 * Thread: any, each with a txn of its own. */
#ifndef TERRACE_NODE_LEDGER_QUERY_TRACE_H
#define TERRACE_NODE_LEDGER_QUERY_TRACE_H

#include "node/ledger/query/query.h"

struct trace_step {
    unsigned depth;
    struct document_row row;
    char relation[24]; /* origin, this, allocated, released, paid, registered_as, settled_by ... */
};

struct trace_request {
    struct division author; /* of `id` */
    struct bytes id;        /* of a document; else the code of a project */
    struct division after;  /* the last step of the page before; NONE: from the start */
    struct bytes after_id;
    size_t steps_max; /* on this page */
};

struct trace_page {
    uint64_t shown, total; /* total: of all pages together */
    bool total_exact;      /* false: there are at least so many */
    bool complete;         /* this page ends the trace, and nothing is left out */
    struct division next;  /* what the next page begins behind; NONE when there is none */
    char next_id[DOCUMENT_ID_MAX + 1];
};

enum trace_outcome {
    TRACE_DONE,
    TRACE_UNKNOWN,   /* neither a document nor a project of `author` is held under this id */
    TRACE_BAD_CURSOR /* what it names is no step of this trace */
};
/* Visits the steps of one page in order. A read error is sticky in the txn. */
enum trace_outcome query_trace(struct txn *txn, const struct trace_request *request,
                               void (*visit)(void *arg, const struct trace_step *step), void *arg,
                               struct trace_page *page);

#endif
