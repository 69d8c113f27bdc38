/* routes_links - GET /links/past?division=: when links were down (node/core/link_spells.h), the
 * newest first, a page at a time (page.h). Of a division: those between it and the one above it.
 * GET /links/served?division=: who was served past its parent (node/core/served_spells.h),
 * likewise.
 *
 * Read from the store, without the loop. Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_LINKS_H
#define TERRACE_NODE_API_ROUTES_LINKS_H

#include "node/api/api.h"

route_fn get_links_past, get_links_served;

#endif
