/* selection - drafts that are approved as one: a post, a file, a day, or some by their ids.
 *
 *   "17"          what waits of the post whose first draft has this number
 *   "2026-11-28"  of all posts of that day, by local date
 *   "a.csv"       of all posts that came from a file of this name
 *
 * Its hash is what is signed: the Merkle root over its documents, in order of submission. More than
 * SIGNED_MAX take several signatures, one a part, and the hash is that of the parts' roots.
 *
 * Owns: its array, until selection_free; begin with zeros. Thread: a reader with a snapshot.
 * Units: fen. */
#ifndef TERRACE_NODE_OFFICE_SELECTION_H
#define TERRACE_NODE_OFFICE_SELECTION_H

#include "node/office/drafts.h"

enum { SIGNED_MAX = 10000, SELECTED_MAX = 100000 };

struct selected {
    struct draft_ref ref;
    struct hash hash; /* merkle_approval_leaf */
    int64_t money;
    char id[DOCUMENT_ID_MAX + 1];
};
struct selection {
    struct selected *at;
    size_t count, capacity;
    bool cut;           /* there are more than SELECTED_MAX */
    size_t not_waiting; /* ids that were added, of which no draft waits */
};

/* Adds what waits of a batch; nothing, where none has this name. */
void selection_add_batch(struct selection *selection, struct txn *txn, const char *name);
/* In a snapshot of that moment of the store. */
void selection_add_id(struct selection *selection, struct node *node, struct txn *txn,
                      uint64_t moment, const char *id);
/* In order of submission, each once: what was added id by id. */
void selection_sort(struct selection *selection);

size_t selection_parts(const struct selection *selection);
/* What one signature stands over. */
struct hash selection_part_root(const struct selection *selection, size_t part);
struct hash selection_hash(const struct selection *selection); /* of one that is not empty */
void selection_free(struct selection *selection);

#endif
