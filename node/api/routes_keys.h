/* routes_keys - keys in browsers (node/office/browser_keys.h): asked for, confirmed, ended.
 *
 *   GET  /keys              his own; of an admin or an auditor everybody's; and what a claim is of:
 *                           "tree", "division", "user"
 *   POST /keys              {"key","label","signature"}: asked for, by whoever has a session; the
 *                           signature is that key's, over browser_key_claim
 *   POST /keys/ID/confirm   by an admin, of another person's; never by nobody
 *   POST /keys/ID/end       by its person or an admin
 *
 * ID is the key's first 32 hexadecimal digits. Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_KEYS_H
#define TERRACE_NODE_API_ROUTES_KEYS_H

#include "node/api/request.h"

route_fn get_keys, post_key, post_key_confirm, post_key_end;

#endif
