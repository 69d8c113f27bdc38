/* pending - the drafts that wait, as people read them: whole documents with their makers.
 *
 * Owns: nothing. Views die with the visit. Thread: a reader with a snapshot, or the loop thread. */
#ifndef TERRACE_NODE_OFFICE_PENDING_H
#define TERRACE_NODE_OFFICE_PENDING_H

#include "node/office/drafts.h"

struct draft_row {
    uint64_t sequence, batch, unix_ms;
    char id[DOCUMENT_ID_MAX + 1], maker[64];
    struct hash hash;         /* merkle_approval_leaf: what its persons sign */
    struct document document; /* views die with the visit */
    struct refusal would_refuse;
};
void node_pending(struct txn *txn, bool (*visit)(void *arg, const struct draft_row *row),
                  void *arg);
/* The same from one sequence on. */
void node_pending_from(struct txn *txn, uint64_t sequence,
                       bool (*visit)(void *arg, const struct draft_row *row), void *arg);
/* In a snapshot of that moment of the store. */
bool node_pending_find(struct node *node, struct txn *txn, uint64_t moment, const char *id,
                       bool (*visit)(void *arg, const struct draft_row *row), void *arg);
bool node_pending_at(struct txn *txn, struct draft_ref ref,
                     bool (*visit)(void *arg, const struct draft_row *row), void *arg);

#endif
