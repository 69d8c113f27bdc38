/* recovered - what comes back of a payment whose fiscal year is closed, or over.
 *
 *   its payment:  what is spent falls, so that no more ever comes back than was paid
 *   its year:     stays as it is; its line keeps how much of what is spent there came back
 *   the year of the refund:  SRC_RECOVERED --> UNALLOC, on a new line
 *
 * Thread: that of the txn. Errors: as check_fn and book_fn (family.h, postings.h). */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_RECOVERED_H
#define TERRACE_NODE_LEDGER_FAMILIES_RECOVERED_H

#include "node/ledger/families/family.h"

/* Is it the refund of a payment, and of another year than that? */
bool is_recovered(const struct document *document, int payment_year);

/* The elements of the payment's line; nothing where that is of the refund's year. `memory` is
 * empty.
 */
complete_fn recovered_complete;
/* Of facts->payment and its line, which are loaded. */
check_fn recovered_check_mapped, recovered_check_stands, recovered_check_purpose;
/* Opens the new line; `from` is the payment's. NULL, or why it books nothing. */
const char *recovered_book(const struct booking_context *context, struct indicator_ref *from);

#endif
