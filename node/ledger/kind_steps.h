/* kind_steps - the functions that the rows of kinds.c name, each beside its like: what a kind
 * writes out (complete.c), books (postings.c) and is looked up by (catalogues.c, edges.c,
 * ledger.c). Called through the row only; what each kind of function is for stands in kinds.h.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_KIND_STEPS_H
#define TERRACE_NODE_LEDGER_KIND_STEPS_H

#include "node/ledger/kinds.h"

complete_fn complete_version; /* what a project's later version may leave out */
complete_fn complete_split;   /* the elements of the indicator that it splits */
complete_fn complete_answer;  /* the terms of the transfer that it answers */
complete_fn complete_pending; /* all that awaits release */
complete_fn complete_left;    /* all that is left to pay */

book_fn book_source;       /* a new indicator at the head of a chain */
book_fn book_split;        /* a new one, out of part of another */
book_fn book_move;         /* from account to account of one indicator */
book_fn book_release;      /* the same, and it is released */
book_fn book_reduce;       /* back to the indicator it was made from */
book_fn book_settle;       /* a transfer was answered */
book_fn book_payment;      /* a payment begins */
book_fn book_payment_step; /* and goes on */

index_fn catalogue_enter_code;
index_fn catalogue_enter_agency;
index_fn catalogue_enter_account;
index_fn catalogue_enter_project;
index_fn edge_issue;
index_fn edge_settle;
index_fn receipt_enter;

#endif
