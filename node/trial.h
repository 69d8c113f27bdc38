/* trial - a ledger that is forgotten again: what rehearses a post, and what drafts build on.
 *
 *   the turn's txn
 *     child txn: document, document ...      a post that enters whole or not at all
 *       child txn: draft, draft ...          within it, the drafts that one of its lines builds on
 *
 * Documents are applied as if they were entered. They get the lsns that come next and lie in no
 * log; the ledger reads them back through the node, which knows the innermost trial. Only that one
 * takes documents, and it is the first to close. Meanwhile the txn below it may take drafts, which
 * no rule reads, and nothing else.
 *
 * Owns: copies of the bodies. Thread: the loop thread only. Units: sizes are bytes. */
#ifndef TERRACE_NODE_TRIAL_H
#define TERRACE_NODE_TRIAL_H

#include "node/node.h"
#include "proto/arena.h"

struct trial {
    struct txn *txn; /* NULL: not open */
    struct node *node;
    struct trial *outer; /* it lies within; NULL: none */
    struct ledger_mark mark;
    uint64_t first_lsn;
    struct bytes *bodies;
    size_t count, capacity;
    struct arena memory; /* of the bodies; memory.used tells how much */
};

static inline bool trial_is_open(const struct trial *trial)
{
    return trial->txn != NULL;
}
void trial_open(struct trial *trial, struct node *node, struct txn *txn);
/* Asks the rules: REASON_NONE, or why not in *refusal. */
enum reason trial_check(struct trial *trial, const struct document *document,
                        struct refusal *refusal);
/* A document that passed; the next ones are checked with it in the ledger. */
void trial_enter(struct trial *trial, const struct document *document, struct bytes body);
void trial_close(struct trial *trial); /* all is as it was; fine when it is not open */

/* The body of an entry of the innermost trial or of one around it; false when it is in none. */
bool trial_read(const struct trial *innermost, uint64_t lsn, struct bytes *body);

#endif
