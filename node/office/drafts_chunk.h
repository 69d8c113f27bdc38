/* drafts_chunk - drafts of one post side by side: a row has up to 64 of them, so that a post of a
 * thousand is not a thousand rows to write and to delete.
 *
 *   key    sequence of its first draft
 *   value  which wait (a bit each), batch, time; then each draft, one behind the other
 *
 * What no longer waits stays in its row until none of them does.
 *
 * Owns: its rows. Views live until the row is deleted. Thread: the loop thread, or a reader with a
 * snapshot. Units: ms since 1970. Errors: a row that cannot be read fails the txn. */
#ifndef TERRACE_NODE_OFFICE_DRAFTS_CHUNK_H
#define TERRACE_NODE_OFFICE_DRAFTS_CHUNK_H

#include "node/office/drafts.h"

/* Behind all others of its batch. `memory` is the caller's, for one after the other. */
void chunk_add(struct txn *txn, const struct draft *draft, const struct refusal *would_refuse,
               struct buf *memory);
/* A row, and how far it was read. */
struct chunk {
    uint64_t waits, batch, unix_ms;
    uint64_t first;       /* sequence of its first draft; 0: none is read */
    struct reader drafts; /* what is behind those that were taken */
    unsigned next;        /* place of the one that is taken next */
};
/* False: it is not there, or waits no more. Where `last` is not NULL it keeps where one was found,
 * and a draft behind that is found from there: until drafts change it stays good. */
bool chunk_find(struct txn *txn, struct draft_ref ref, struct chunk *last, struct draft *draft);
void chunk_drop(struct txn *txn, struct draft_ref ref);
/* What waits from one sequence on, in order, until `visit` returns false. */
void chunk_each_from(struct txn *txn, uint64_t sequence,
                     bool (*visit)(void *arg, const struct draft *draft), void *arg);

#endif
