/* drafts - completed documents that a maker signed and nobody has checked yet.
 *
 *   submit --> draft_add ... draft_end (the maker's signature) --> pending --> approve: an entry
 *                             ^                                      |  \--> refused, rejected:
 *                             +---------- handed in again -----------+      node/office/set_aside.h
 *
 * The maker signs the Merkle root of one post, a batch; each draft is a leaf of it. Rows lie in
 * SPACE_LOCAL (node/office/local_keys.h): the drafts of a post side by side, 64 in a row
 * (drafts_chunk.h). No row leads from an id to its draft, but a table in memory (draft_ids.h).
 *
 * Owns: its rows. Views of a row live as long as it does. Thread: the loop thread, or a reader
 * with a snapshot. */
#ifndef TERRACE_NODE_OFFICE_DRAFTS_H
#define TERRACE_NODE_OFFICE_DRAFTS_H

#include "node/office/submit.h"
#include "replicator/trust/merkle.h"

struct draft {
    uint64_t sequence, batch, unix_ms;
    uint32_t leaf, kind;
    struct bytes id, body;
    struct bytes would_refuse; /* as it stands in its row: draft_would_refuse */
};
/* Why approval would have refused it when it was handed in; REASON_NONE: it would not. */
enum reason draft_would_refuse(const struct draft *draft, struct refusal *out);
/* Where a draft lies: a batch has the sequence of its first draft, and `leaf` counts from there. */
struct draft_ref {
    uint64_t sequence;
    uint32_t leaf;
};
/* What an id stands for. One that was set aside keeps its id (node/office/set_aside.h). */
enum draft_place { DRAFT_NONE, DRAFT_WAITS, DRAFT_SET_ASIDE };
/* In the loop, with the turn's txn or one within it. *draft is filled in where it waits. */
enum draft_place draft_look(struct node *node, struct txn *txn, struct bytes id,
                            struct draft *draft);
/* False: there is none, as for an id that no document can have. */
bool draft_find(struct node *node, struct txn *txn, struct bytes id, struct draft *draft);
/* The same for one after the other, best in the order of submission: `last` is where the one before
 * was found (drafts_chunk.h), zeros at first. No draft may change meanwhile. */
struct chunk;
bool draft_find_behind(struct node *node, struct txn *txn, struct chunk *last, struct bytes id,
                       struct draft *draft);
/* In a snapshot of that moment of the store (0: nobody knows of which), by any thread. */
bool draft_find_at(struct node *node, struct txn *txn, uint64_t moment, struct bytes id,
                   struct draft *draft);
/* What leads from ids to drafts: read at the start, and again before a post where much is gone. */
void drafts_open(struct node *node);
void drafts_refresh(struct node *node, struct txn *txn);
void drafts_close(struct node *node);
bool draft_at(struct txn *txn, struct draft_ref ref, struct draft *draft);
/* In order of submission, until `visit` returns false; the second from one sequence on. */
void draft_each(struct txn *txn, bool (*visit)(void *arg, const struct draft *draft), void *arg);
void draft_each_from(struct txn *txn, uint64_t sequence,
                     bool (*visit)(void *arg, const struct draft *draft), void *arg);
/* It is no longer pending; neither is its batch after the last one. */
void draft_drop(struct node *node, struct txn *txn, const struct draft *draft);
/* The same in two steps, for many of one batch: each of them, and then how many they were. */
void draft_drop_of_batch(struct node *node, struct txn *txn, const struct draft *draft);
void batch_lessen(struct txn *txn, uint64_t number, uint64_t dropped);

enum { BATCH_FILE_MAX = 96 };
struct batch_row {
    char maker[64];
    char file[BATCH_FILE_MAX + 1]; /* that it came from, as its maker called it; or "" */
    struct public_key key;
    struct signature signature;
    uint32_t epoch;   /* of this node, when it was signed: no other block can carry it */
    uint64_t unix_ms; /* when it was signed */
    uint32_t leaf_count;
    const struct hash *leaves;
};
bool batch_find(struct txn *txn, uint64_t number, struct batch_row *batch);

/* What a signature of this turn is made over, but for the documents' root. */
struct approval_terms draft_terms(const struct node *node, enum approval_role role);

bool batch_is_of_epoch(const struct batch_row *batch, const struct node *node);
/* How many of its drafts wait; false: none. */
bool batch_remaining(struct txn *txn, uint64_t number, uint64_t *remaining);
/* Every batch, by number, until `visit` returns false. */
void batch_each(struct txn *txn,
                bool (*visit)(void *arg, uint64_t number, const struct batch_row *batch),
                void *arg);

/* The drafts of one post, which the maker signs together: begin with zeros, add each, end. */
struct draft_batch {
    uint64_t number;
    struct hash *leaves;
    size_t count, capacity;
    struct buf memory; /* of one draft's row */
};
/* The sequence of the draft that is added next: those of a batch are consecutive. */
uint64_t draft_next_sequence(struct txn *txn, const struct draft_batch *batch);
void draft_add(struct node *node, struct txn *txn, struct draft_batch *batch,
               const struct document *document, struct bytes body,
               const struct refusal *would_refuse);
/* `file` may be NULL; a longer name is cut. */
void draft_end(struct node *node, struct txn *txn, const struct draft_batch *batch,
               const struct person *maker, const char *file);
void draft_batch_free(struct draft_batch *batch);
/* Has the row of a post the form that is written? */
bool batch_row_fits(struct bytes value);

#endif
