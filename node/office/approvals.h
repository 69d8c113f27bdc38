/* approvals - a checker makes entries of drafts.
 *
 *   drafts, each checked as on the day it was made, and the two signatures --> entries
 *                                                                         \-> refused by the rules:
 *                                                                             node/office/set_aside.h
 *
 * Documents named one by one are signed a call at a time. A batch is signed as a whole, once, over
 * the leaves that its checker was shown, and made entries slice by slice, so that the node goes on
 * meanwhile; what changed since is none of what he signed, and is refused as changed. He may have
 * signed it elsewhere, with a key of his that this node does not have (node/office/browser_keys.h).
 *
 * Owns: nothing; items are the caller's. Thread: the loop thread, inside a task. Errors: none; each
 * item has its status and reason. */
#ifndef TERRACE_NODE_OFFICE_APPROVALS_H
#define TERRACE_NODE_OFFICE_APPROVALS_H

#include "node/office/submit.h"
#include "replicator/trust/merkle.h"

struct approve_item {
    char id[DOCUMENT_ID_MAX + 2]; /* one that is too long is cut, and still too long to be any */
    bool has_hash; /* what the checker has read: refused as changed when it is something else */
    struct hash hash;
    enum submit_status status;
    uint64_t lsn;
    struct caption *caption; /* as of struct submit_item */
    char changed[64];        /* the person of a proposal that was approved; "" */
    struct refusal refusal;
};
/* As good as all 0, for less. */
static inline void approve_item_clear(struct approve_item *item)
{
    item->id[0] = item->changed[0] = '\0';
    item->has_hash = false;
    item->status = SUBMIT_ACCEPTED;
    item->lsn = 0;
    item->caption = NULL;
    refusal_clear(&item->refusal);
}
/* Checks and enters drafts, and sorts the items into the order of submission; the ids differ. One
 * that is an entry already is SUBMIT_EXISTS: whoever lost an answer may ask again. */
void node_approve(struct node *node, struct txn *txn, struct approve_item *items, size_t count,
                  const struct person *checker);

/* What is approved with one signature. */
struct signed_batch {
    const struct hash *leaves; /* of all, in order of submission */
    size_t count;
    bool is_signed; /* else the first slice signs; the caller has verified one that comes signed */
    struct approval_terms terms;
    struct signature signature;
};
/* The items are those of the leaves from `first` on, in that order, with their hashes. */
void node_approve_slice(struct node *node, struct txn *txn, struct signed_batch *batch,
                        size_t first, struct approve_item *items, size_t count,
                        const struct person *checker);

#endif
