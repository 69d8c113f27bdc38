/* set_aside - what a person handed in and did not get through: refused by the rules when it was to
 * be approved, or rejected by its checker. Nothing typed is lost: the document stays, with who said
 * no, when and why, until its maker hands it in again, corrected or not, or withdraws it.
 *
 *   draft --approve: the rules refuse--> refused  --+--> handed in again under its id: a draft
 *         \-reject: a reason ----------> rejected --+--> withdrawn: its id is free
 *
 * The id is its maker's until then. Once he is no operator any more, it is any maker's.
 *
 * Owns: its rows (node/office/local_keys.h). Views of a row live as long as it does. Thread: the
 * loop thread, or a reader with a snapshot. Errors: none; each item has its status and reason. */
#ifndef TERRACE_NODE_OFFICE_SET_ASIDE_H
#define TERRACE_NODE_OFFICE_SET_ASIDE_H

#include "node/office/approvals.h"
#include "node/office/drafts.h"

struct set_aside {
    char id[DOCUMENT_ID_MAX + 1], maker[64], checker[64];
    uint64_t unix_ms;       /* when it was refused or rejected */
    uint64_t made_ms;       /* when it was handed in */
    struct refusal refusal; /* REASON_NONE: its checker rejected it, and says why: */
    char why[1001];
    uint32_t kind;
    struct bytes body; /* as it was completed then */
};
bool set_aside_find(struct txn *txn, const char *id, struct set_aside *out);
/* By id, from one on ("": all), until `visit` returns false. */
void set_aside_each(struct txn *txn, const char *from,
                    bool (*visit)(void *arg, const struct set_aside *row), void *arg);

/* Approval refused the draft, which is none any more. */
void set_aside_refused(struct node *node, struct txn *txn, const struct draft *draft,
                       const struct refusal *refusal, const struct person *checker);
/* Its maker hands it in again: it is here no longer. */
void set_aside_drop(struct node *node, struct txn *txn, struct bytes id);

/* May this person dispose of what `maker` handed in? NULL: nobody is named. */
bool is_makers_own(struct txn *txn, const char *maker, const struct person *person);

void node_reject(struct node *node, struct txn *txn, struct approve_item *item, const char *why,
                 const struct person *checker);
/* Takes back a draft, or what was set aside, for good; SUBMIT_ACCEPTED when it is done. */
void node_withdraw(struct node *node, struct txn *txn, struct approve_item *item,
                   const struct person *maker);
/* Has the row the form that is written? */
bool set_aside_row_fits(struct bytes key, struct bytes value);

#endif
