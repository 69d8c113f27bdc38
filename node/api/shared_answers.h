/* shared_answers - what fifty browsers ask for by themselves at one time: made once, copied for the
 * others.
 *
 *   a page asks by itself --> what was answered before, and is not too old --> a copy
 *                                        `--> nothing: the route answers, and that is kept
 *
 * An answer names the moment of which it speaks, so one of a moment ago is as true. It is given
 * again for SHARED_MS; where nothing but the store stands in it, for SHARED_STORED_MS as long as
 * nothing was committed. That is for what a page asks by itself (BACKGROUND_HEADER): what somebody
 * asks is made for him. Whether he may ask is decided before, each time.
 *
 * Owns: what is kept, SHARED_BYTES_MAX at most. Thread: any. Units: *_ms is mono. Errors: none. */
#ifndef TERRACE_NODE_API_SHARED_ANSWERS_H
#define TERRACE_NODE_API_SHARED_ANSWERS_H

#include "node/api/request.h"

enum {
    SHARED_MS = 1000,
    SHARED_STORED_MS = 10000,
    SHARED_KEPT = 16,
    SHARED_BYTES_MAX = 12 << 20,
};

/* Of a route whose answer is the same for whoever may ask. */
enum shared {
    SHARED_NEVER,
    SHARED_A_MOMENT,
    SHARED_WHILE_STORED, /* nothing stands in it but what the store has */
};

struct shared_answers;
struct shared_answers *shared_answers_open(void);
void shared_answers_close(struct shared_answers *answers); /* NULL is fine */

/* The node has committed. */
void shared_answers_committed(struct shared_answers *answers);

/* Runs the route, or answers what it answered before. */
void shared_answer(enum shared shared, route_fn *run, struct request *request,
                   struct answer *answer);

#endif
