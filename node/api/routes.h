/* routes - which address does what.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_H
#define TERRACE_NODE_API_ROUTES_H

#include "node/api/api.h"

/* What a route may wait for beside the disk and the next commit. */
enum route_pace {
    ROUTE_QUICK,    /* nothing */
    ROUTE_READ,     /* nothing at all: it reads a snapshot */
    ROUTE_PASSWORD, /* Argon2id */
    ROUTE_LONG,     /* it reads everything that is held */
    ROUTE_WAITING   /* that something happens */
};
/* Of the path alone: any thread, at no cost. */
enum route_pace route_pace(const char *path);

/* Is it answered from a few rows of a snapshot, without waiting for anything (door.h)? Any thread.
 */
bool route_is_short(const struct request *request);

/* Is its body used part by part (door.h)? Any thread. */
bool route_in_parts(const struct request *request);
/* One part, for whoever may have the route. */
void route_part(struct request *request, struct answer *answer);

void route(struct request *request, struct answer *answer); /* runs the one, or answers not_found */
/* The same among those that show no document and no person: /metrics, /healthz, /readyz. */
void route_watch(struct request *request, struct answer *answer);

#endif
