/* routes_export - GET /export/NAME?format=csv|xlsx&...: a list or a board as a file for a
 * spreadsheet, with the same members as the answer that it is made of.
 *
 *   money, chain, execution, reconcile, sources, trial-balance, balance, lines, documents
 *
 * The file says what it is, of which division, as of when, and how many rows of how many it has;
 * titles are those of the tables in the request's language, times UTC. A page is a page here, too:
 * ?after= and ?limit=. Nothing in a file is a formula (sheet.h).
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_EXPORT_H
#define TERRACE_NODE_API_ROUTES_EXPORT_H

#include "node/api/api.h"

route_fn get_export;

#endif
