/* feed_request - what a request says about the change feed: a position, which entries, in which
 * form, and for how long whoever asked may go on reading.
 *
 * Each reader answers the error and returns false where it cannot be read.
 *
 * Thread: the thread of the connection; feed_may_go_on, one of the pool at a time.
 * Units: *_ms is mono. */
#ifndef TERRACE_NODE_API_FEED_REQUEST_H
#define TERRACE_NODE_API_FEED_REQUEST_H

#include "node/api/api.h"
#include "node/api/change_feed.h"

enum {
    FEED_WAIT_S_MAX = 30,
    FEED_FOLLOW_MS_MAX = 10 * 60 * 1000, /* then a follower comes in anew */
};

/* A number of the query from 0 to `most`; one that is not given leaves *out as it is. */
bool feed_number(const struct request *request, struct answer *answer, const char *name,
                 uint64_t most, uint64_t *out);
/* Server-sent events, and not lines? */
bool feed_wants_events(const struct request *request);
/* ?after=, or, of a browser that comes again, what it says in a header that it has read. */
const char *feed_position_asked(const struct request *request);

/* Who reads an answer that goes on. */
struct feed_reader {
    const struct service *service;
    struct caller caller;
    uint64_t stood_ms; /* when he was looked at last */
};
struct feed_reader feed_reader_of(const struct request *request);
/* A session or a token that ended takes along what is still sent to it; looked at every
 * STREAM_COMMENT_MS. *why stays OK then, and is set where the store could not tell. */
bool feed_may_go_on(struct feed_reader *reader, uint64_t now_ms, struct err *why);

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
