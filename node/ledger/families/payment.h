/* payment - what a refund shares with the other steps of a payment.
 *
 * Thread: that of the txn. Errors: as check_fn and book_fn (family.h, postings.h). */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_PAYMENT_H
#define TERRACE_NODE_LEDGER_FAMILIES_PAYMENT_H

#include "node/ledger/families/family.h"

/* Loads the payment that the document is about, and its line; else unknown_<field>. */
check_fn payment_check_known;
/* Moves money of that payment, in its row and on its line. */
book_fn payment_book_step;

#endif
