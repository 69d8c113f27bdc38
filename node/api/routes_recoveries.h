/* routes_recoveries - new keys of divisions to which their former ones did not agree, and that wait
 * for the level above their granter.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_RECOVERIES_H
#define TERRACE_NODE_API_ROUTES_RECOVERIES_H

#include "node/api/request.h"

route_fn get_recoveries;

#endif
