/* children - the downward index: what was made from a line, or happened to a payment.
 *
 *   row of PARENT: count, id of the newest ----+      (it is written anyhow)
 *                                               v
 *   rows of its children:   D <-- D <-- D <-- D <-- D   each names the one before it
 *                                 ^
 *   rows of the index:            every CHILDREN_RUN-th, by its lsn
 *
 * So a payment writes no row of its own, and its parent's row does not grow. Who reads goes from
 * row to row of the index, in the order of the log, and back over a run from each. Where a run ends
 * follows from the documents alone: every replay of a log makes the same rows.
 *
 * Owns: ROW_CHILDREN and ROW_PROJECT_LINES. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_ROWS_CHILDREN_H
#define TERRACE_NODE_LEDGER_ROWS_CHILDREN_H

#include "node/ledger/rows/rows.h"

/* A new child: fills child->before, and the parent's `children`, whose `newest` points to `id`
 * until its row is stored. is_line: the child is a line itself, or an ask. Both rows are the
 * caller's to store. */
void children_add(struct txn *txn, struct division division, struct bytes parent,
                  struct children *children, struct doc_row *child, struct bytes id, bool is_line);

/* The children that the row of `parent` tells of: its line's, else its document's. False when
 * there is no such document. The view dies with the next put of that row. */
bool children_load(struct txn *txn, struct division division, struct bytes parent,
                   struct children *out);

/* Appends ids of the next children behind `after_lsn`, in the order of the log and as in a list
 * row: one range read of one row, and the rows of at most a run of children, which their reader
 * wants anyhow. *last_lsn is that of the last id; 0 when no more follow. */
void children_read(struct txn *txn, struct division division, struct bytes parent,
                   uint64_t after_lsn, struct buf *ids, uint64_t *last_lsn);

/* A line or a budget document of a project. */
void project_line_add(struct txn *txn, struct division division, struct bytes pro_code,
                      uint64_t lsn, struct bytes id);
/* The same for a project: ids behind `after_lsn`, about PROJECT_LINES_BYTES of them. */
enum { PROJECT_LINES_BYTES = 4096 };
void project_lines_read(struct txn *txn, struct division division, struct bytes pro_code,
                        uint64_t after_lsn, struct buf *ids, uint64_t *last_lsn);

#endif
