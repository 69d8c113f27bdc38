/* routes_write - documents handed in.
 *
 *   POST /documents?kind=K&atomic=1&correct=1&file=NAME   one verdict a line
 *   POST /documents?kind=K&summary=1                      any number of them (upload.h)
 *   POST /documents?dry_run=1                             the same with nothing kept; of a single
 *                                                         document more (dry_json.h)
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_WRITE_H
#define TERRACE_NODE_API_ROUTES_WRITE_H

#include "node/api/api.h"

route_fn post_documents;

#endif
