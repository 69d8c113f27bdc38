/* proposals - changes among a node's persons that one admin signed where two exist, and that wait
 * for another, at another time and place.
 *
 *   add, renew, end by one admin --> drafts of kind operator: an entry each, signed by him as
 *   their maker
 *     approve, by another admin --> the change, its entries signed by both: all of them, or none
 *     reject, by any of them; withdraw, by who made it --> nothing
 *
 * The drafts of one proposal are one batch (drafts.h), and are decided together by the id of any.
 * What has changed since refuses the whole: nothing is done by halves.
 *
 * Owns: the sealed secret of who becomes known by it (LOCAL_PROPOSAL). Thread: the loop thread,
 * inside a task. Bounds: PROPOSALS_MAX wait at one time. Errors: of making one as said there; an
 * item has its status and reason. */
#ifndef TERRACE_NODE_OFFICE_PROPOSALS_H
#define TERRACE_NODE_OFFICE_PROPOSALS_H

#include "node/office/approvals.h"
#include "node/office/operators.h"

enum { PROPOSALS_MAX = 64 };

typedef enum status person_change_fn(struct node *node, struct txn *txn,
                                     const struct operator_row *row, struct err *err);

/* Makes the change where row->vouchers are enough for it, else a proposal of it: then id[] is that
 * of its first draft, else "". Errors: those of the change, ERR_REFUSED (too many wait). */
enum status person_change(struct node *node, struct txn *txn, const struct operator_row *row,
                          person_change_fn *change, char id[DOCUMENT_ID_MAX + 1], struct err *err);

/* item->changed is whose sessions are over with it. */
void proposal_approve(struct node *node, struct txn *txn, struct approve_item *item,
                      const struct person *admin);
void proposal_reject(struct node *node, struct txn *txn, struct approve_item *item);
void proposal_withdraw(struct node *node, struct txn *txn, struct approve_item *item,
                       const struct person *admin);

#endif
