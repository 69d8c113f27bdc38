/* found_damage - a read outside the loop met damage of the store: the loop is told, which heals.
 *
 *   worker, webhook: ERR_CORRUPT --found_damage--> task --> node_store_damaged (node/core/damage.h)
 *
 * A view does it when it closes (view.h); who reads without one does it himself, and answers or
 * says what the error says. Thread: any. */
#ifndef TERRACE_NODE_API_FOUND_DAMAGE_H
#define TERRACE_NODE_API_FOUND_DAMAGE_H

#include "node/api/api_task.h"

/* What else than ERR_CORRUPT failed, another time it may be read: nobody is told. */
void found_damage(struct node *node, struct task_gate *gate, const struct err *err);

#endif
