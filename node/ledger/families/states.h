/* states - what becomes of a document: one table a family, one step function, one line in the log.
 *
 *     state x event -> state        a cell left out: that does not happen to what stands so
 *
 * The author's node asks before the entry whether it may happen (states_allow). An entry is a fact
 * whatever it says: what steps out of turn leaves the state as it was, at every holder alike.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_STATES_H
#define TERRACE_NODE_LEDGER_FAMILIES_STATES_H

#include "node/ledger/rows/rows.h"

enum { EVENTS_MAX = 8 };

struct state_table {
    const char *events[EVENTS_MAX];     /* names, for the log */
    uint8_t to[DOC_STATES][EVENTS_MAX]; /* enum doc_state; 0: out of turn */
};

bool states_allow(const struct state_table *table, enum doc_state from, unsigned event);
/* The only place where the state of a document changes. `id` is for the log. */
void states_step(const struct state_table *table, struct doc_row *row, struct bytes id,
                 unsigned event);

#endif
