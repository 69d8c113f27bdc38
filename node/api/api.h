/* api - what a route stands on: its request, its answer, who acts, a moment of the store, a call on
 * the loop. Only for files that answer requests; the parts include each other by name.
 *
 *   routes --> routes_*, reports, verify --> person, roster_snapshot, page --> view --> request
 *                                                                             request --> answer
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_API_H
#define TERRACE_NODE_API_API_H

#include "node/api/admission.h"
#include "node/api/answer.h"
#include "node/api/api_task.h"
#include "node/api/person.h"
#include "node/api/request.h"
#include "node/api/roster_snapshot.h"
#include "node/api/view.h"

#endif
