/* routes_config - GET /config: the configuration in force, and where each value comes from
 * (node/home/settings.h). It is what the daemon read when it started: what was written into
 * config.yaml since then is in force after the next start.
 *
 *   {"settings":[{"name":"limits.beat_ms","value":"25000","source":"default"}, ...],
 *    "approval_in_force": ...}
 *
 * The last is the approval policy of the file and of the parent's grant together.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_CONFIG_H
#define TERRACE_NODE_API_ROUTES_CONFIG_H

#include "node/api/request.h"

route_fn get_config;

#endif
