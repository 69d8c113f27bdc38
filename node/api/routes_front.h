/* routes_front - GET /front: which node this is and how it is, for who has not logged in yet.
 *
 * {"division","name","version","time","lsn","sound","parent":{"division","name","state","down_s"}|null}
 * Nothing of a document, a person or another division than the parent stands in it.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_FRONT_H
#define TERRACE_NODE_API_ROUTES_FRONT_H

#include "node/api/request.h"

void get_front(struct request *request, struct answer *answer);

#endif
