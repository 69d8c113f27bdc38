/* drafted - the ledger as it would stand were every draft approved: what a new draft is held
 * against, and what it builds on.
 *
 *   the turn's txn
 *     child txn, kept from turn to turn: draft, draft, draft ...   in order of submission, each
 *                                                                  with its verdict
 *
 * A draft that approval would refuse now is passed over: later ones are checked without it. Nothing
 * is decided here; approval asks the rules again.
 *
 * It follows what happens, so that a post costs its own drafts and not all that wait: a draft that
 * becomes an entry is in it already, one that was passed over leaves no trace. Whatever else
 * changes the ledger below it, or takes out a draft that fitted, makes it stale, and the next who
 * asks builds it again from the rows. It holds a bounded number of drafts; those behind are checked
 * against these alone.
 *
 * Owns: its rows and copies of bodies, until drafted_forget. Thread: the loop thread only. */
#ifndef TERRACE_NODE_OFFICE_DRAFTED_H
#define TERRACE_NODE_OFFICE_DRAFTED_H

#include "node/office/dry_run.h"

struct drafted_verdict {
    uint64_t sequence;
    bool fits;                     /* it is in the ledger of the dry run */
    const struct refusal *refusal; /* NULL: approval would take it */
};

struct drafted {
    struct dry_run dry_run; /* not open: nobody asked, or it is forgotten */
    uint64_t next_lsn;      /* of the own log when it was last right */
    struct drafted_verdict *verdicts;
    size_t count, capacity;
    size_t entered;         /* of them, those that are entries by now */
    uint64_t first_refused; /* sequence; 0: none of them is */
    bool order_matters;     /* one of them does more than take from what is free */
    bool outdated; /* what has become an entry came before drafts whose verdict it changes */
    struct arena memory;
};

/* Before a post, or before verdicts are read: what is outdated is forgotten, once for all of it. */
void drafted_refresh(struct drafted *drafted);
/* The ledger with all drafts in it, as of now; between the two no entry is made. */
struct txn *drafted_begin(struct drafted *drafted, struct node *node, struct txn *txn);
void drafted_end(struct drafted *drafted);
/* Between begin and end: judges a draft that comes behind all others, and puts it in when it fits.
 * REASON_NONE, or why approval would refuse it in *refusal. */
enum reason drafted_add(struct drafted *drafted, uint64_t sequence, const struct document *document,
                        struct bytes body, struct refusal *refusal);
/* NULL for a sequence that is not known here. */
const struct drafted_verdict *drafted_find(const struct drafted *drafted, uint64_t sequence);

/* Is it open, and does it still follow from the rows below? */
bool drafted_is_current(const struct drafted *drafted);
/* A draft has become an entry / is no draft any more. */
void drafted_entered(struct drafted *drafted, uint64_t sequence);
void drafted_dropped(struct drafted *drafted, uint64_t sequence);
/* A document that needs no approval was entered, and more drafts of its post follow. */
void drafted_follow(struct drafted *drafted, const struct document *document, struct bytes body);
void drafted_forget(struct drafted *drafted); /* also when it is not open */

#endif
