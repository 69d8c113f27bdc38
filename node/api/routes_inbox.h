/* routes_inbox - what waits for this division and, with ?user=, for one of its persons.
 *
 *   GET /inbox            {"division", "today", "counts":{GROUP:{...}}, "rows":[...], shown, ...}
 *   GET /inbox?counts=1   the same without rows: for a prompt
 *   GET /inbox/counts     the same, for a page that looks every few seconds: it names nobody whose
 *                         documents wait, so that its readers are not noted
 *
 * Groups, and what stands in them: node/office/inbox.h.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_INBOX_H
#define TERRACE_NODE_API_ROUTES_INBOX_H

#include "node/api/api.h"

route_fn get_inbox, get_inbox_counts;

#endif
