/* evidence - what a log said above the place where a recovery, or the end of a fork, goes on: put
 * aside here or brought by others (replicator/log/aside.h), listed, and offered to the persons of
 * its author, who approve it afresh.
 *
 *   blocks put aside --entry by entry--> rows, each with what became of it here since
 *   rows of the own log that are open --evidence_offer--> one post in the maker's name: drafts with
 *                                       the body of then, and what they stand for again
 *                                       (proto/document_evidence.h)
 *
 * What its persons said no to stays so until its maker takes it back (set_aside.h), and is offered
 * once more then. What a node writes itself (settles, persons) is said anew by whoever it is about.
 * Between the end of the log and the last block that anybody brought, what nobody brought is a row,
 * too; and drafts that a maker signed for an epoch that is over.
 *
 * Owns: nothing. Thread: the loop thread, or a reader with a snapshot. Units: lsn, fen. */
#ifndef TERRACE_NODE_OFFICE_EVIDENCE_H
#define TERRACE_NODE_OFFICE_EVIDENCE_H

#include "node/office/set_aside.h"
#include "proto/document_evidence.h"

enum evidence_state {
    EVIDENCE_OPEN,     /* nothing of that id is here */
    EVIDENCE_WAITS,    /* a draft of that id is */
    EVIDENCE_REJECTED, /* ... was, and a checker sent it back */
    EVIDENCE_REFUSED,  /* ... was, and the rules said no as it was approved */
    EVIDENCE_STANDS,   /* it stands in the log again */
    EVIDENCE_DIFFERS,  /* another document of that id does */
    EVIDENCE_NODES,    /* the node wrote it */
    EVIDENCE_MISSING,  /* nobody has brought what stood here */
    EVIDENCE_DRAFT,    /* a draft whose maker signed it for an epoch that is over */
    EVIDENCE_STATES
};
const char *evidence_state_name(enum evidence_state state); /* "to_offer" */

struct evidence_row {
    struct division author;
    struct document_evidence at; /* of a draft, the epoch alone */
    uint64_t last_lsn, time_ms;
    uint32_t kind;                   /* 0: missing */
    const struct document *document; /* NULL: missing. Dies with the visit, as what follows */
    struct bytes body;
    enum evidence_state state;
    const struct set_aside *refusal; /* who said no, when and why; NULL: nobody did */
};

/* Who asks: a snapshot of that moment (UINT64_MAX: the loop, with its txn). */
struct evidence_look {
    struct node *node;
    struct txn *txn;
    const struct roster *roster;
    struct store_snapshot *snapshot; /* NULL: what is durable */
    uint64_t moment;
};

/* Every row of what is put aside of `author`'s log, in the order of epoch and lsn, until `visit`
 * returns false. Errors: ERR_IO, ERR_CORRUPT. */
enum status evidence_each(const struct evidence_look *look, struct division author,
                          bool (*visit)(void *arg, const struct evidence_row *row), void *arg,
                          struct err *err);

enum { EVIDENCE_OFFER_MAX = 1000 }; /* documents of one post */
struct evidence_offer {
    struct submit_item *items; /* with what became of each; their texts live until _free */
    size_t count;
    uint64_t left; /* open ones behind these */
    struct arena *memory;
};
/* The open ones of the own log, in its order, in the maker's name (NULL: nobody is named). Errors:
 * as evidence_each. */
enum status evidence_offer(struct node *node, struct txn *txn, const struct person *maker,
                           struct evidence_offer *out, struct err *err);
void evidence_offer_free(struct evidence_offer *offer);

#endif
