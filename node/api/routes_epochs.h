/* routes_epochs - the keys of a division, epoch after epoch, as they stand here, and the word that
 * revoked it.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_EPOCHS_H
#define TERRACE_NODE_API_ROUTES_EPOCHS_H

#include "node/api/request.h"

route_fn get_epochs;

#endif
