/* routes_unapproved - entries that are held here and whose approval does not hold.
 *
 *   GET /unapproved
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_UNAPPROVED_H
#define TERRACE_NODE_API_ROUTES_UNAPPROVED_H

#include "node/api/api.h"

route_fn get_unapproved;

#endif
