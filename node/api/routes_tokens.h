/* routes_tokens - what programs show instead of a person. One sees and ends his own, an admin all.
 *
 *   GET /tokens      POST /tokens {name, roles, days}      DELETE /tokens/NAME
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_TOKENS_H
#define TERRACE_NODE_API_ROUTES_TOKENS_H

#include "node/api/api.h"

route_fn get_tokens, post_token, delete_token;

#endif
