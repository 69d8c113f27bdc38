/* project_money - what money does to a project, and what a project lets money do.
 *
 *   reply, allocate, virement, transfer, transfer_out     reserved --> budgeted
 *   release, virement, transfer_out, settle registered    reserved, budgeted --> executing
 *
 * A division's money moves its own projects alone; one that is used by those below is its owner's
 * to move.
 *
 * Thread: that of the txn. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_PROJECT_MONEY_H
#define TERRACE_NODE_LEDGER_FAMILIES_PROJECT_MONEY_H

#include "node/ledger/families/facts.h"

/* Part of the fold: what a booking that was stored adds to the sums of projects, and the state that
 * the document brings. A payment does neither. */
void project_book(struct txn *txn, const struct applied *entry, const struct document *document,
                  const struct booking *booking);

/* Sums over the own lines that name a project, of all years, as the rows have them now: a range
 * read of these lines, for what is asked when a project ends. */
void project_balances(struct txn *txn, struct division division, struct bytes pro_code,
                      int128 out[ACCOUNTS]);

/* exceeds_project_total: of a document that brings money under an own project, and of a version
 * that lowers its total. */
enum reason project_check_total(struct facts *facts);

#endif
