/* routes_metrics - what Prometheus reads of this node.
 *
 *   GET /metrics    text, node/api/metrics_text.h; taken on the loop in one read-only call, and the
 *                   sums of money from a snapshot
 *
 * Few series: a handful of the node, a dozen for each neighbour, six for each division below. Names
 * are terrace_*, with their unit last; what only grows ends in _total. configs/prometheus/ has
 * rules that use them.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_METRICS_H
#define TERRACE_NODE_API_ROUTES_METRICS_H

#include "node/api/api.h"

route_fn get_metrics;

#endif
