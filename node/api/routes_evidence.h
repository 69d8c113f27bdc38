/* routes_evidence - what a log said above the place where a recovery goes on (office/evidence.h):
 * listed, and offered to the persons of this division.
 *
 * Thread: a worker's (workers.h); an offer is made on the loop. */
#ifndef TERRACE_NODE_API_ROUTES_EVIDENCE_H
#define TERRACE_NODE_API_ROUTES_EVIDENCE_H

#include "node/api/api.h"

route_fn get_evidence, post_evidence;

#endif
