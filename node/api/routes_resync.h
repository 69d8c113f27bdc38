/* routes_resync - how far the own log is fetched from neighbours, and going on without one of them.
 * Blocks that a recovery cut off lie beside the logs that are held, and are counted here.
 *
 * Thread: workers. */
#ifndef TERRACE_NODE_API_ROUTES_RESYNC_H
#define TERRACE_NODE_API_ROUTES_RESYNC_H

#include "node/api/request.h"

void get_resync(struct request *request, struct answer *answer);
void post_resync_without(struct request *request, struct answer *answer);

#endif
