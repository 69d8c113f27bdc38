/* routes_webhooks - other programs to which this node posts what it comes to hold
 * (node/webhook/courier.h). For admins.
 *
 *   GET  /webhooks               {"webhooks":[{name, url, filter, position, how it goes}, ...]}
 *   POST /webhooks               {"name","url","division"?,"kind"?,"after"?}
 *                                -> {"name","secret","position"}: the secret is shown here alone
 *   GET  /webhooks/NAME/dead     what its receiver refused, a page at a time (page.h)
 *   POST /webhooks/NAME/remove   {}
 *   POST /webhooks/NAME/replay   {"after"?}: all behind that position, or the dead letters again
 *
 * Thread: the thread of the connection. */
#ifndef TERRACE_NODE_API_ROUTES_WEBHOOKS_H
#define TERRACE_NODE_API_ROUTES_WEBHOOKS_H

#include "node/api/api.h"

route_fn get_webhooks, post_webhook, get_dead_letters, post_webhook_remove, post_webhook_replay;

#endif
