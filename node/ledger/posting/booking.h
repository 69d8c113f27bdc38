/* booking - the postings of one entry: any number of them, over years, funds and indicators.
 *
 *   booking_begin -> booking_load, booking_open -> booking_add ... -> booking_close
 *                 -> booking_post (balances in memory) -> booking_store, booking_fold
 *
 * A line is an indicator that the entry touches; a posting changes one account of a line. A closed
 * booking is sorted by year, fund, line, account, debit before credit; it has at most one debit and
 * one credit for an account of a line, and none of nothing.
 *
 * Owns:    its lines and postings, which one booking after the other uses again.
 * Thread:  that of the txn. Units: fen, debit positive. */
#ifndef TERRACE_NODE_LEDGER_POSTING_BOOKING_H
#define TERRACE_NODE_LEDGER_POSTING_BOOKING_H

#include "node/ledger/ledger.h"
#include "node/ledger/rows/rows.h"

/* The count stands in 16 bits in the state digest. */
enum { POSTINGS_MAX = UINT16_MAX, BOOKING_MORE_MAX = 2 };

struct indicator_ref {
    struct bytes id;           /* a view of the document or of another line's row, or of made_id */
    struct short_text made_id; /* of a line that no document is called by */
    struct indicator row;
    struct buf elements; /* of a new indicator, whose row points into it */
};

struct posting {
    struct indicator_ref *line;
    enum account account;
    int128 fen;
};

struct booking {
    struct doc_row own;    /* of the document itself */
    struct bytes other_id; /* a document whose row changes; size 0: none */
    struct doc_row other;
    struct { /* more of them, as what closes an ask changes that, its transfer and its withdraw */
        struct bytes id;
        struct doc_row row;
    } more[BOOKING_MORE_MAX];
    size_t more_count;
    struct indicator_ref **lines; /* each stays where it is until the next booking_begin */
    size_t line_count, line_capacity, lines_made;
    struct posting *at;
    size_t count, capacity;
    int128 moved; /* the debits */
    /* Under what its postings are rolled up, beside the elements of their lines. */
    struct short_text economic; /* of the payment, where its line has another; else "" */
    uint8_t months[2]; /* book month in the document's year, and in another that it books */
};
/* Which of months[] is that of a line of this year. */
static inline size_t booking_month_at(int document_year, int line_year)
{
    return line_year != document_year;
}

/* Empties a booking (all zeros is an empty one). What it held stays allocated, up to a bound. */
void booking_begin(struct booking *booking);
void booking_free(struct booking *booking); /* leaves it empty and usable */

/* The line of an indicator that is stored; NULL when there is none under that id. The same line
 * however often it is asked for. `id` must outlive the booking. */
struct indicator_ref *booking_load(struct booking *booking, struct txn *txn, struct division author,
                                   struct bytes id);
/* A line for a new indicator: an empty row, which the caller fills. */
struct indicator_ref *booking_open(struct booking *booking, struct bytes id);

/* The same for a line that no document is called by: the line keeps the id. */
struct indicator_ref *booking_load_made(struct booking *booking, struct txn *txn,
                                        struct division author, struct short_text id);
struct indicator_ref *booking_open_made(struct booking *booking, struct short_text id);

/* Nothing when `fen` is 0. */
void booking_add(struct booking *booking, struct indicator_ref *line, enum account account,
                 int128 fen);

/* Sorts, puts together what falls together, counts `moved`. NULL, or the code of why it cannot be
 * booked: a year and fund whose debits and credits differ (invariant 1), or too many postings. */
const char *booking_close(struct booking *booking);

/* Fills in under what a closed booking is rolled up. */
void booking_place(struct booking *booking, struct txn *txn, const struct applied *entry,
                   const struct document *document);

/* Adds the postings to the lines in memory. */
void booking_post(struct booking *booking);
/* The first of the touched balances that is on the wrong side of zero, or NULL. Closing lines may
 * stand there. */
const struct posting *booking_below_zero(const struct booking *booking);
/* Writes every line, the other documents' rows and the own one, and what a trace finds on its way
 * down. */
void booking_store(struct booking *booking, struct txn *txn, struct division author,
                   const struct document *document);

/* lsn, count and postings as they enter the state digest. Appends. */
void booking_fold(const struct booking *booking, struct buf *out);
/* An entry that books nothing. */
void booking_fold_nothing(uint64_t lsn, struct buf *out);

/* Reads what booking_fold wrote. */
struct folded_posting {
    int year;
    struct bytes fund, indicator;
    enum account account;
    int128 fen;
};
/* The header of an entry; false at the end. */
bool fold_next_entry(struct reader *reader, uint64_t *lsn, size_t *count);
struct folded_posting fold_next_posting(struct reader *reader);

#endif
