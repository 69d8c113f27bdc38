/* family - kinds of document that share their life, and what each does at each step of its way.
 *
 *   complete -> rules.c: missing, known, mapped, booked, limit, stands, open, purpose, available
 *            -> entry -> book -> index
 *
 * schema/kinds.h says what a kind is made of. Here stands what it does: a family is one file, with
 * a row for each of its kinds and the table of its states. Callers ask kind_steps and name no kind.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_FAMILY_H
#define TERRACE_NODE_LEDGER_FAMILIES_FAMILY_H

#include "node/ledger/families/facts.h"

/* What the node writes into a document. Texts go into `memory`, which is empty. */
typedef void complete_fn(struct ledger *ledger, struct txn *txn, struct document *document,
                         struct buf *memory);
/* A question before the entry: REASON_NONE, or fills in facts->refusal. */
typedef enum reason check_fn(struct facts *facts);
/* How much there is of the money that it takes; or how much it takes of that, nothing or less where
 * it adds to it. */
typedef int128 available_fn(const struct facts *facts);
/* What an entry is looked up by later, beside its own row, and what follows from it here. */
typedef void index_fn(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document);

struct kind_steps {
    uint32_t kind;
    complete_fn *complete;   /* NULL: there is nothing to write out */
    check_fn *missing;       /* missing_<field>, where that hangs on what is there; NULL: never */
    check_fn *known;         /* unknown_<field> of what it is about; NULL: as its row says */
    check_fn *mapped;        /* unmapped_<field>; NULL: not asked */
    check_fn *place;         /* not_below_you, weaker_policy; NULL: as its row says alone */
    check_fn *booked;        /* receipt_already_booked; NULL: not asked */
    check_fn *limit;         /* carried_too_long; NULL: not asked */
    check_fn *stands;        /* wrong_state; NULL: line_event, where it is about a line */
    unsigned line_event;     /* what it does to the line (line.h) */
    check_fn *open;          /* open_items; NULL: not asked */
    check_fn *purpose;       /* eco_differs and what else its money is for; NULL: not asked */
    available_fn *available; /* NULL: what its account holds on the line */
    check_fn *amount;        /* exceeds_<what> beside that; NULL: not asked */
    available_fn *taken;     /* NULL: document_money */
    book_fn *book;           /* NULL: it moves no money */
    book_fn *note;           /* what it changes in rows where it moves none; NULL: nothing */
    index_fn *index;         /* NULL: nothing is looked up by it */
};

struct family {
    const char *name;
    const struct kind_steps *kinds;
    size_t count;
};
extern const struct family family_codes, family_elements, family_policy, family_calendar,
    family_project, family_budget, family_transfer, family_out, family_recall, family_remit,
    family_withdraw, family_indicator, family_payment, family_refund, family_carry, family_years,
    family_trust;

/* Never NULL: a kind that does nothing has a row of nothing. */
const struct kind_steps *kind_steps(uint32_t kind);
/* "payment"; NULL for a kind that no family moves. */
const char *kind_family(uint32_t kind);
/* Calls the kind's index function, where it has one. */
void kind_index_entry(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                      const struct document *document);

#endif
