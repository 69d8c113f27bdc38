/* drafting - a ledger in which the drafts are entries already, so that a draft can build on one.
 *
 *   SPACE_LOCAL, the turn's txn:   draft, draft, draft ...
 *   child txn, forgotten at close: draft applied, draft applied ...  <- completes the next one
 *
 * Nothing here decides anything: a draft is checked in full when it is approved. While it is open
 * its parent may take drafts, which no rule reads, and nothing else. Opening costs a pass over all
 * that is pending, with a bound. Thread: loop thread. */
#ifndef TERRACE_NODE_DRAFTING_H
#define TERRACE_NODE_DRAFTING_H

#include "node/node_internal.h"
#include "proto/arena.h"

struct drafting {
    struct txn *txn; /* NULL: not open */
    struct ledger_mark mark;
    struct arena bodies;
    bool within_trial;
    size_t trial_count; /* of that trial, when this was opened */
};
bool drafting_is_open(const struct drafting *drafting);
/* Applies what `txn` has pending, in order of submission; what the rules refuse is passed over. */
void drafting_open(struct node *node, struct txn *txn, struct drafting *drafting);
/* One more, if the rules let it pass. False: there is no room for it, nor for later ones. */
bool drafting_add(struct node *node, struct drafting *drafting, const struct document *document,
                  struct bytes body);
void drafting_close(struct node *node, struct drafting *drafting); /* fine when it is not open */

/* Applies a document that passed the checks to a child txn, within a trial (submit.c). */
void node_try_apply(struct node *node, struct txn *child, const struct document *document,
                    struct bytes body);

#endif
