/* list - documents of one kind in the order of their author's log, those that fit a filter.
 *
 *   index rows (author, kind, lsn) --> ids behind the cursor --> document row --> line --> body
 *                                                                    fits?        fits?    fits?
 *
 * What is cheap is asked first. A page ends when it is full, and also when it has read as many
 * documents, or as much of the log, as it may: what finds nothing costs no more than what finds
 * plenty, and the page says where to go on.
 *
 * Thread: any, each with a txn of its own. Units: amounts fen, times ms since 1970. */
#ifndef TERRACE_NODE_LEDGER_QUERY_LIST_H
#define TERRACE_NODE_LEDGER_QUERY_LIST_H

#include "node/ledger/query/bodies.h"
#include "node/ledger/query/query.h"
#include "node/ledger/rows/rows.h"

struct list_filter {
    uint32_t kind;
    int year;                         /* 0: any */
    const char *state;                /* NULL: any. A project's own state */
    struct division receiver, issuer; /* NONE: any */
    struct bytes agency, project;     /* codes; empty: any. A payment's are those of its line */
    struct bytes doc_no;              /* part of any of its document numbers; empty: any */
    struct bytes text;                /* part of its id or of any of its texts; empty: any */
    uint64_t from_ms, until_ms;       /* entered from then on, and before; 0: open */
    bool has_least, has_most;
    int64_t least, most; /* amounts, both included */
};
/* Does it ask for anything beside kind and year? */
bool list_filter_asks(const struct list_filter *filter);

/* One document that fits; views die when the visit returns. */
struct listed {
    struct division author;
    struct bytes id;
    const struct doc_row *row;
    const struct document *document; /* as it was entered; without fields when it is not held */
    const char *state;
    struct division receiver, issuer; /* NONE: has none */
    struct bytes agency, project;     /* its own, else those of its line */
};
typedef void list_visit_fn(void *arg, const struct listed *listed);

/* One page over the logs of one author after the other. The caller sets the bounds. */
struct list_page {
    size_t rows_max;    /* shown */
    size_t read_max;    /* documents looked at */
    uint64_t bytes_max; /* of blocks that `bodies` has unpacked since it was opened */
    size_t shown, read;
    bool left;                   /* documents are left behind the last one read */
    struct division last_author; /* of the last one read; NONE: none was */
    struct short_text last_id;
};

/* Goes on with `author`, behind its document `after_id` at `after_lsn` (0: from the start). Errors
 * of the store stay in the txn. */
void list_documents_of(struct txn *txn, struct bodies *bodies, const struct list_filter *filter,
                       struct division author, uint64_t after_lsn, struct bytes after_id,
                       struct list_page *page, list_visit_fn *visit, void *arg);

#endif
