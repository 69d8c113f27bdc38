#include "node/ledger/families/states.h"

#include <assert.h>

#include "proto/log.h"

bool states_allow(const struct state_table *table, enum doc_state from, unsigned event)
{
    assert(event < EVENTS_MAX && table->events[event] != NULL);
    assert(from < DOC_STATES); /* no row has another (rows.c) */
    return table->to[from][event] != 0;
}

void states_step(const struct state_table *table, struct doc_row *row, struct bytes id,
                 unsigned event)
{
    const enum doc_state from = row->state;

    if (states_allow(table, from, event)) {
        row->state = (enum doc_state)table->to[from][event];
    }
    LOG_DEBUG("document.state", "kind=%s id=%.*s from=%s to=%s on=%s", kind_info(row->kind)->name,
              (int)id.size, (const char *)id.data, doc_state_name(from), doc_state_name(row->state),
              table->events[event]);
}
