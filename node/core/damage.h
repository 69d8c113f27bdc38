/* damage - a store that was found damaged in a run: it is told, and where the node's owner mends
 * such a store at a start, it ends the run.
 *
 *   scrub, verify --node_found_damage--> alarm --DAMAGE_MS--> damage_is_due: the turn fails
 *
 * Owns: of struct node, store_damaged, found, found_ms and is_found. Thread: the loop's, but for
 * node_is_damaged. */
#ifndef TERRACE_NODE_CORE_DAMAGE_H
#define TERRACE_NODE_CORE_DAMAGE_H

#include "node/core/node.h"

enum { DAMAGE_MS = 2000 }; /* what was found is answered before the run ends */

/* The alarm alone. */
void damage_tell(struct node *node, struct division about, const char *fault);
/* Bytes of the store are not what was written: where its owner mends that, it ends this run. */
void node_found_damage(struct node *node, struct division about, const char *fault);
/* Was damage found in this run, which is going to end because of it? Any thread. */
bool node_is_damaged(const struct node *node);
/* Is it time to end? ERR_CORRUPT, with what was found. */
enum status damage_check(const struct node *node, struct err *err);
uint64_t damage_next_tick(const struct node *node); /* UINT64_MAX: nothing was found */

#endif
