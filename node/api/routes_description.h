/* routes_description - GET /openapi.json: what this API is, as the sources describe it.
 *
 *   node/api/openapi, YAML --scripts/lib/openapi.py--> openapi.json --> .incbin --> the answer
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_DESCRIPTION_H
#define TERRACE_NODE_API_ROUTES_DESCRIPTION_H

#include "node/api/request.h"

route_fn get_description;

#endif
