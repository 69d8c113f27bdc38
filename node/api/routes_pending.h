/* routes_pending - what waits to be approved, and what was sent back: a page at a time (page.h).
 *
 *   GET /pending?mine=1   {"rows":[...], "rejected":[...], "batches":[...], shown, total, ...}
 *
 * "batches" stands on the first page: the posts of which something waits, each with count and
 * total. "mine" asks for what the person of the session handed in.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_PENDING_H
#define TERRACE_NODE_API_ROUTES_PENDING_H

#include "node/api/api.h"
#include "node/api/roster_snapshot.h"
#include "node/office/selection.h"

route_fn get_pending;

/* What waits or was set aside under this id, as one object; false when there is none. */
bool write_waiting(const struct request *request, struct answer *answer, const struct view *view,
                   const char *id);
/* The drafts of a selection in full, as elements of an array. */
void write_drafts(struct json_out *out, const struct request *request, const struct view *view,
                  struct roster_snapshot *roster, const struct selection *selection);

#endif
