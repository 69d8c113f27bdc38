/* routes_node - what an operator asks of the node: neighbours, verification.
 *
 *   POST /peers/CODE/pause  /peers/CODE/resume  /verify
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_NODE_H
#define TERRACE_NODE_API_ROUTES_NODE_H

#include "node/api/api.h"

route_fn post_pause, post_resume, post_verify;

#endif
