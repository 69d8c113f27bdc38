/* routes_years - how the fiscal years of a division stand.
 *
 *   GET /divisions/CODE/years?year=
 *   {"division", "name", "as_of", "kept_since", "this_year",
 *    "years":[{"year", "state", "months_closed", "events", "hindrances", "not_closed_count",
 *             "not_closed"}]}
 *
 * Events are the documents that opened, closed and opened again, in the order of the log. An open
 * year says all that hinders closing it; of a division below, what waits there to be registered is
 * its own node's to say. not_closed has the divisions below that keep books of a year and have
 * not closed it, the first NOT_CLOSED_SHOWN_MAX of not_closed_count.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_YEARS_H
#define TERRACE_NODE_API_ROUTES_YEARS_H

#include "node/api/api.h"

enum { NOT_CLOSED_SHOWN_MAX = 100 };

route_fn get_years;

#endif
