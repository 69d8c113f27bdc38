/* kept_rows - all rows of a node's store, kept and put back: an older copy, or what a salvage
 * leaves.
 *
 * Owns: the rows. Thread: the simulator's only one. */
#ifndef TERRACE_TESTS_SIM_KEPT_ROWS_H
#define TERRACE_TESTS_SIM_KEPT_ROWS_H

#include "node/store/store_memory.h"

struct kept_rows {
    struct kept_row *first;
};

/* As they are durable now. */
void kept_rows_take(struct kept_rows *rows, const struct store *store);
/* What is of this node alone stays, as where a store is salvaged; but no position of what it held.
 */
void kept_rows_drop_all_but_local(struct kept_rows *rows);
/* Of a node that is down: nothing else is there afterwards. */
void kept_rows_put_back(const struct kept_rows *rows, const struct store *store);
void kept_rows_free(struct kept_rows *rows);

#endif
