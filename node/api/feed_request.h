/* feed_request - what a request says about the change feed: a position, and which entries.
 *
 * Each reader answers the error and returns false where it cannot be read.
 *
 * Thread: the thread of the connection. */
#ifndef TERRACE_NODE_API_FEED_REQUEST_H
#define TERRACE_NODE_API_FEED_REQUEST_H

#include "node/api/api.h"
#include "node/api/change_feed.h"

/* "17-...", "0", or "end": what comes from now on. NULL leaves *at as it is. A position that this
 * store does not have, or has for something else, is answered position_lost. */
bool feed_position(const struct request *request, struct answer *answer, const char *text,
                   struct arrival_mark *at);
/* A division's code, and kinds with commas between them; NULL leaves out nothing. */
bool feed_filter(const struct request *request, struct answer *answer, const char *division,
                 const char *kinds, struct change_filter *filter);
/* A member "kinds": their names, or null for all. */
void out_kinds(struct json_out *out, const struct number_set *kinds);

#endif
