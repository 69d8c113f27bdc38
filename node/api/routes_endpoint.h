/* routes_endpoint - where this node says that it listens for its children.
 *
 *   POST /endpoint
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_ENDPOINT_H
#define TERRACE_NODE_API_ROUTES_ENDPOINT_H

#include "node/api/api.h"

route_fn post_endpoint;

#endif
