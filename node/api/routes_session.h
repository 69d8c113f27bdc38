/* routes_session - logging in and out, who one is, and who else is there.
 *
 *   POST /login  /logout      GET /session  /sessions      DELETE /sessions/ID
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_SESSION_H
#define TERRACE_NODE_API_ROUTES_SESSION_H

#include "node/api/api.h"

route_fn post_login, post_logout, get_session, get_sessions, delete_session;

#endif
