/* routes_unsent - what somebody has begun to type, kept at the node (node/office/unsent.h).
 *
 *   GET    /unsent       his own: {"rows":[{"id","kind","version","saved","fields"}]}
 *   GET    /unsent/ID    one of them; ETag is its version
 *   PUT    /unsent/ID    {"kind","fields":{NAME: text}}; If-Match names the version that he has
 *                        seen, none for a new one, or two of which either may be there, as of a
 *                        page that goes while a save is on its way. 412 when another one is there
 *   DELETE /unsent/ID    handed in, or given up
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_UNSENT_H
#define TERRACE_NODE_API_ROUTES_UNSENT_H

#include "node/api/request.h"

route_fn list_unsent, get_unsent, put_unsent, delete_unsent;

#endif
