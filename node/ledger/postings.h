/* postings - what an entry books in its author's ledger, by the row of its kind (kinds.h).
 *
 * A pure function of the document and of what the same log said before, so that every holder of
 * the log books the same. Nothing is written here but by booking_store.
 *
 *   booking_make -> who and how much -> booking_post -> new balances -> booking_store -> rows
 *
 * Thread: that of the txn. Units: fen, debit positive. */
#ifndef TERRACE_NODE_LEDGER_POSTINGS_H
#define TERRACE_NODE_LEDGER_POSTINGS_H

#include "node/ledger/ledger.h"
#include "node/ledger/rows.h"

/* No balance passes this. The debits of a whole block, of entries of AMOUNT_FEN_MAX each, still fit
 * beside it. */
#define BALANCE_FEN_MAX (INT64_C(1) << 60)

struct line {
    struct bytes id; /* size 0: not in use */
    struct indicator row;
};

struct posting {
    struct line *line;
    enum account account;
    int64_t fen;
};

enum { POSTINGS_MAX = 2 };

/* Points into itself, the txn, the document and `memory` of booking_make: do not copy. */
struct booking {
    struct doc_row own; /* of the document itself */
    struct line first, second;
    struct bytes other_id; /* a document whose row changes; size 0: none */
    struct doc_row other;
    struct posting at[POSTINGS_MAX]; /* by year, fund, indicator, account */
    size_t count;
    int64_t moved; /* the debits */
};

/* The row of a new document. */
void doc_row_fill(struct doc_row *own, const struct applied *entry,
                  const struct document *document);

/* NULL, or why the entry books nothing. `memory` keeps the elements of a new indicator. */
const char *booking_make(struct booking *out, struct txn *txn, const struct applied *entry,
                         const struct document *document, struct buf *memory);
/* Adds the postings to the lines in memory. False when a balance passes its
 * bound. */
bool booking_post(struct booking *booking);
/* The first of the touched balances that is on the wrong side of zero, or NULL. */
const struct posting *booking_below_zero(const struct booking *booking);
void booking_store(const struct booking *booking, struct txn *txn, struct division author,
                   const struct document *document);
/* lsn, count and postings as they enter the state digest. Appends. */
void booking_fold(const struct booking *booking, struct buf *out);

/* Reads what booking_fold wrote. */
struct folded_posting {
    int year;
    struct bytes fund, indicator;
    enum account account;
    int64_t fen;
};
/* The header of an entry; false at the end. */
bool fold_next_entry(struct reader *reader, uint64_t *lsn, size_t *count);
struct folded_posting fold_next_posting(struct reader *reader);

/* Where a document of this kind takes its money from. */
enum account drawn_account(const struct kind_info *info, const struct indicator *row);

/* The id a document is about (bgt_id, ori_bgt_id, pay_app_id), or BYTES_NONE. */
struct bytes document_about(const struct document *document);
/* Does it move money? The stages of a budget before its reply do not. */
bool document_books(const struct document *document);

#endif
