/* door - HTTP at one listening socket, plain or through TLS 1.3: one thread that waits for all its
 * connections at once, and works that run elsewhere.
 *
 *   connections --> the door's thread --request--> lane of the pool --answer--> the door's thread
 *                     never waits                    may wait                     sends it
 *                     '--- what is short: answered here, out of memory ---------------^
 *                        ^--- piece <-- stream_fill in the pool <-- followers, after a commit
 *
 * A connection that a worker answers, or that follows and has nothing to hear, is suspended: it
 * costs its memory and no thread. Everything has a limit, since strangers come here: connections,
 * connections of one client (client_network.h), bytes of headers, bytes of a body, bytes of bodies
 * and answers together, and how long a client may take for headers, for each part of a body, and to
 * read. Beyond it a client is answered why, or cut where it does not even speak.
 *
 * The one place that includes microhttpd.h, with its parts.
 *
 * Owns: its thread, its socket, what its connections hold. Borrows all of its configuration.
 * Thread: door_committed any; the rest that of its opener. Units: *_bytes, *_ms. */
#ifndef TERRACE_NODE_API_DOOR_H
#define TERRACE_NODE_API_DOOR_H

#include "node/api/request.h"
#include "node/api/workers.h"

struct http_door;

struct door_config {
    enum door door;
    const struct service *service;
    struct workers *workers;
    int listen_fd;                 /* the door's from door_open on, whatever became of it */
    const char *certificate, *key; /* PEM; NULL: no TLS */
    unsigned connections_max;
    unsigned per_client_max;   /* 0: as many as there are */
    size_t header_bytes_max;   /* of one request: MHD answers 431 beyond */
    size_t body_bytes_max;     /* of one request whose caller `may_send` more than a stranger */
    size_t stranger_bytes_max; /* of any other */
    size_t held_bytes_max;     /* of all bodies and answers together */
    uint32_t idle_ms;          /* between two requests of a connection */
    /* In a worker's thread, before the body is read: may its caller send more than a stranger?
     * False with the error answered. NULL: everybody may. */
    bool (*may_send)(struct request *request, struct answer *answer);
    /* In a worker's thread, or the door's: what to answer. */
    void (*answer)(struct request *request, struct answer *answer);
    /* In the door's thread: may that thread answer it? Such a request waits for nothing, looks at
     * service->store alone, and may be answered twice: once more in its lane, where the first time
     * memory did not suffice (near_store.h). NULL: none is. */
    bool (*is_short)(const struct request *request);
    /* In the door's thread: where it runs. */
    enum lane (*lane)(const struct request *request);
    /* In the door's thread: is its body, of any size, used part by part? NULL: none is. */
    bool (*in_parts)(const struct request *request);
    /* In a worker's thread: uses what stands in request->body, and leaves there what is not whole.
     * An error that it answers is sent once the body has ended. */
    void (*part)(struct request *request, struct answer *answer);
};

/* Errors: ERR_IO, ERR_KEY (a pair that GnuTLS does not take). */
enum status door_open(struct http_door **out, const struct door_config *config, struct err *err);

/* The node has committed: whoever follows is told. Costs next to nothing when nobody does. */
void door_committed(struct http_door *door);

/* Takes nothing new, sends what is answered, for a second at most, and joins. What a worker still
 * runs for it is waited for. NULL is fine. */
void door_close(struct http_door *door);

#endif
