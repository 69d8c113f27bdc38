/* dry_run - a ledger that is forgotten again: what rehearses a post, and what drafts build on.
 *
 *   the turn's txn
 *     child txn: document, document ...      a post that enters whole or not at all
 *       child txn: draft, draft ...          within it, the drafts that one of its lines builds on
 *
 * Documents are applied as if they were entered. They get the lsns that come next and lie in no
 * log; the ledger reads them back through the node, which knows the innermost dry_run. Only that
 * one takes documents, and it is the first to close. Meanwhile the txn below it may take drafts,
 * which no rule reads, and nothing else.
 *
 * One that is opened apart may rest: then the node does not know it, the txn below it goes on, and
 * what it changed itself hides what changes there (node/office/drafted.h).
 *
 * Owns: copies of the bodies. Thread: the loop thread only. Units: sizes are bytes. */
#ifndef TERRACE_NODE_OFFICE_DRY_RUN_H
#define TERRACE_NODE_OFFICE_DRY_RUN_H

#include "node/core/node.h"
#include "proto/arena.h"

/* Those that are open, as the node knows them. */
struct dry_runs {
    struct dry_run *innermost; /* NULL: none */
};

struct dry_run {
    struct txn *txn; /* NULL: not open */
    struct node *node;
    struct dry_run *outer; /* it lies within; NULL: none */
    bool resting;
    struct ledger_mark mark;
    uint64_t first_lsn;
    struct bytes *bodies;
    size_t count, capacity;
    struct arena memory; /* of the bodies; memory.used tells how much */
};

static inline bool dry_run_is_open(const struct dry_run *dry_run)
{
    return dry_run->txn != NULL;
}
void dry_run_open(struct dry_run *dry_run, struct node *node, struct txn *txn);
/* With lsns that no log reaches, so that it may outlive the turn. */
void dry_run_open_apart(struct dry_run *dry_run, struct node *node, struct txn *txn);
void dry_run_rest(struct dry_run *dry_run);
void dry_run_resume(struct dry_run *dry_run);
/* Asks the rules: REASON_NONE, or why not in *refusal. */
enum reason dry_run_check(struct dry_run *dry_run, const struct document *document,
                          struct refusal *refusal);
/* A document that passed; the next ones are checked with it in the ledger. */
void dry_run_enter(struct dry_run *dry_run, const struct document *document, struct bytes body);
void dry_run_close(struct dry_run *dry_run); /* all is as it was; fine when it is not open */

/* The body of an entry of the innermost trial or of one around it; false when it is in none. */
bool dry_run_read(const struct dry_run *innermost, uint64_t lsn, struct bytes *body);

#endif
