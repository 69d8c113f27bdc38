/* intake - what the day, the disk and the people say of a document, beside the ledger's rules.
 *
 * Thread: the loop thread, inside a task. */
#ifndef TERRACE_NODE_OFFICE_INTAKE_H
#define TERRACE_NODE_OFFICE_INTAKE_H

#include "node/office/submit.h"

/* What holds for every document of one post, looked up once. */
struct intake {
    const struct node *node;
    struct policy policy; /* which kinds wait for a checker here */
    enum reason over;     /* why this node enters nothing more; REASON_NONE: it does */
    bool is_named;        /* its maker is */
    bool has_makers;      /* there are some here */
};
struct intake intake_open(const struct node *node, struct txn *txn,
                          const struct submit_terms *terms);

/* Does this document wait for a checker here? */
bool intake_needs_approval(const struct intake *intake, const struct document *document);

/* May this document be handed in now, by who is named? Otherwise the item is refused. */
bool intake_pass(const struct intake *intake, struct submit_item *item);

#endif
