/* routes_status - how the node itself is.
 *
 *   GET /status   all of it, taken on the loop; where that does not come round, what the disk has
 *   GET /healthz  the process answers
 *   GET /readyz   the loop comes round, and new documents are taken
 *
 * A loop that waits for its disk answers nobody, and that is when people look: after
 * API_TASK_PATIENCE_MS the answer says so ("stalled"), with what a snapshot of the store tells.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_STATUS_H
#define TERRACE_NODE_API_ROUTES_STATUS_H

#include "node/api/api.h"

route_fn get_status, get_healthz, get_readyz;

#endif
