/* routes_chain - whose word a person of a division is: GET /users/NAME/chain; of
 * all of them: GET /persons.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_CHAIN_H
#define TERRACE_NODE_API_ROUTES_CHAIN_H

#include "node/api/api.h"

route_fn get_user_chain, get_persons;

#endif
