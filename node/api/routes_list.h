/* routes_list - traces: a page at a time (page.h).
 *
 *   GET /trace/ID           {"steps":[...], "division", "id", shown, ...}  of a document, a project
 *
 * With ?brief=1 each step says what its document does, too: "to", "document_no", "money",
 * "purpose".
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_LIST_H
#define TERRACE_NODE_API_ROUTES_LIST_H

#include "node/api/api.h"

route_fn get_trace;

#endif
