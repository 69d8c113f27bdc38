/* postings - what an entry books in its author's ledger, by the row of its kind (kinds.h).
 *
 * A pure function of the document and of what the same log said before, so that every holder of
 * the log books the same. Nothing is written here: see booking.h.
 *
 * Thread: that of the txn. Units: fen, debit positive. */
#ifndef TERRACE_NODE_LEDGER_POSTING_POSTINGS_H
#define TERRACE_NODE_LEDGER_POSTING_POSTINGS_H

#include "node/ledger/ledger.h"
#include "node/ledger/posting/booking.h"

/* Why an entry books nothing: codes. */
#define LINE_MISSING         "line_missing"
#define FUND_TYPE_MISSING    "fund_type_missing"
#define AMOUNT_MISSING       "amount_missing"
#define AMOUNT_TOO_LARGE     "amount_too_large"
#define OUTCOME_DOES_NOT_FIT "outcome_does_not_fit"
#define ASK_IS_SETTLED       "ask_is_settled"
#define EARMARK_IS_ANOTHER   "earmark_is_another"

struct booking_context {
    struct booking *out;
    struct txn *txn;
    const struct applied *entry;
    const struct document *document;
    struct bytes unposted; /* what the block booked so far, in no sum of a year yet */
    const struct kind_info *info;
    int64_t amount; /* 0: all there is, where the kind may leave it out */
};

/* How a kind books: fills in the booking. NULL, or the code of why the entry books nothing. */
typedef const char *book_fn(const struct booking_context *context);

/* Begins a booking anew. NULL, or the code of why the entry books nothing. It points into the txn
 * and the document. `how` is its kind's, NULL where that moves no money; `note` is what such a
 * document changes in the rows of others where it moves none, NULL for nothing; `unposted` as in
 * the context. */
const char *booking_make(struct booking *out, struct txn *txn, const struct applied *entry,
                         const struct document *document, struct bytes unposted, book_fn *how,
                         book_fn *note);
/* The row of a new document. */
void doc_row_fill(struct doc_row *own, const struct applied *entry,
                  const struct document *document);

/* --- what families book with --- */

/* The line of an indicator of the author; NULL when there is none. */
struct indicator_ref *posting_line(const struct booking_context *context, struct bytes id);
/* Loads a document whose row changes by this one. False when there is none of that kind (0: of
 * any). */
bool posting_other(const struct booking_context *context, struct bytes id, uint32_t kind);
/* Another one, of any kind; NULL when there is none. `id` must outlive the booking. */
struct doc_row *posting_more(const struct booking_context *context, struct bytes id);
/* A new indicator with the document's id and elements, those of `origin` (NULL for a source) where
 * it has none of its own. NULL when it has no fund type. */
struct indicator_ref *posting_open(const struct booking_context *context,
                                   const struct indicator_ref *origin, uint8_t flags);
/* A new indicator at the head of a chain of its own, in another year than `from`, whose money it
 * has: it keeps whose that is and for what. NULL when it has no fund type. */
struct indicator_ref *posting_open_later(const struct booking_context *context,
                                         const struct indicator_ref *from, uint8_t flags);
/* From account to account of one line (NULL: LINE_MISSING), as the kind's row says. */
const char *posting_move(const struct booking_context *context, struct indicator_ref *line,
                         int128 amount);

book_fn book_source; /* a new indicator at the head of a chain */
book_fn book_split;  /* a new one, out of part of another */
book_fn book_move;   /* from account to account of the indicator it is about */

#endif
