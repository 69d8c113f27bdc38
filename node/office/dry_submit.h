/* dry_submit - what a post would be told, with nothing of it kept: for forms while somebody types.
 *
 *   the turn's txn --> the ledger with all drafts in it --> document, document ...    dropped again
 *                      (of documents that need approval)
 *
 * So a maker sees what his checker will: what other drafts take is taken. One that would take the
 * place of a waiting draft is held against the entries alone, since that draft will be gone.
 *
 * Thread: the loop thread, inside a task that only reads. Units: fen. */
#ifndef TERRACE_NODE_OFFICE_DRY_SUBMIT_H
#define TERRACE_NODE_OFFICE_DRY_SUBMIT_H

#include "node/office/submit.h"

/* The line that a document is about: its accounts, debit + . */
struct dry_line {
    char id[DOCUMENT_ID_MAX + 1]; /* "": it is about none */
    int128 entered[ACCOUNTS];     /* as it stands */
    int128 drafted[ACCOUNTS];     /* with the drafts that wait */
    int128 after[ACCOUNTS];       /* and with this document; as before where it is refused */
};

/* The one document of a post, for its form. */
struct dry_shown {
    struct buf body; /* as completed, in the encoding of documents */
    uint32_t kind;   /* 0: it could not be read */
    struct dry_line line;
};
void dry_shown_free(struct dry_shown *shown);

/* Sets status and refusal of each item as node_submit would: accepted, draft (with what approval
 * would refuse), exists, refused. `shown` is filled in for a post of one document; else NULL. */
void node_submit_dry(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                     const struct submit_terms *terms, struct dry_shown *shown);

#endif
