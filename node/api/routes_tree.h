/* routes_tree - how this node and every division below it is.
 *
 *   GET /status/tree
 *   GET /status        has those below in one word, as "below"
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_TREE_H
#define TERRACE_NODE_API_ROUTES_TREE_H

#include "node/api/request.h"
#include "node/core/node_watch.h"

route_fn get_tree;

/* How many are below and how many of them are well, one sentence, and of the worst what to do. */
void write_below(struct json_out *out, const char *key, const struct watch_summary *summary,
                 const char *worst_name, enum language language);

#endif
