/* submit - from a typed document to an entry of the own log, or to a draft, or to a refusal.
 *
 *   typed --form, dates, rules--> accepted: an entry       (its kind needs no approval here)
 *                            \--> draft, signed by its maker (node/office/drafts.h), and what
 *                            |    approval would say of it now
 *                            \--> refused, with a reason; exists, when it was handed in before
 *
 * Where a maker is named he signs the entries, too: each carries his signature alone. A node that
 * has makers takes nothing that none of them signs.
 *
 * An id is its document's. Its maker hands in another text under it when the first was refused, was
 * rejected or would be refused now; a draft that would be approved is changed only on his word
 * (`correct`), and never twice in one post, so that no slip of the keyboard replaces a payment.
 *
 * Owns: nothing; items are the caller's. Thread: the loop thread, inside a task. Errors: none; each
 * item has its status and reason. */
#ifndef TERRACE_NODE_OFFICE_SUBMIT_H
#define TERRACE_NODE_OFFICE_SUBMIT_H

#include "node/core/node.h"
#include "node/office/caption.h"

enum submit_status { SUBMIT_ACCEPTED, SUBMIT_EXISTS, SUBMIT_DRAFT, SUBMIT_REFUSED };
struct submit_item {
    struct document document; /* as typed. Texts must outlive the call */
    struct buf lines;         /* what document.lines points into; its owner frees it */
    bool is_complete;         /* as an entry said it (evidence.h): its form is not looked at, and
                                 nothing is written out */
    bool malformed;           /* the line could not be read: `refusal` says why already */
    enum submit_status status;
    bool corrected; /* a draft: it took the place of an earlier, other text */
    bool unchanged; /* a draft: its text is the one that was there before */
    uint64_t lsn;   /* where it is, once accepted */
    struct caption
        *caption; /* the caller's, filled in as the document is completed; NULL: unasked */
    struct refusal refusal; /* of a draft: why approval would refuse it now, or REASON_NONE */
};
/* As good as all 0, for less: values of its document are none. */
static inline void submit_item_clear(struct submit_item *item)
{
    document_clear(&item->document, 0);
    memset(&item->lines, 0,
           offsetof(struct submit_item, refusal) - offsetof(struct submit_item, lines));
    refusal_clear(&item->refusal);
}
struct person { /* who acts; `secret` signs within the task, and whoever made the copy wipes it.
                   NULL: he signed already */
    char name[64];
    struct public_key key;
    const struct sign_key *secret;
};
/* How a post is handed in. */
struct submit_terms {
    const struct person *maker; /* NULL: nobody is named */
    const char *file;           /* that it comes from: what its batch is called; NULL: none */
    bool atomic;                /* all of it or nothing */
    bool correct;               /* drafts of his may be replaced */
};
void node_submit(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                 const struct submit_terms *terms);

#endif
