/* request - one call of the API as it came in, and its parameters read.
 * No HTTP library in sight: door_exchange.c fills a request and sends its answer.
 *
 * A parameter that cannot be read is answered with bad_request; the reader then returns false (or
 * NULL), and the route has nothing left to do.
 *
 * Owned by: request.c, upload.c.
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_REQUEST_H
#define TERRACE_NODE_API_REQUEST_H

#include "node/api/answer.h"
#include "node/api/caller.h"
#include "node/api/key_maker.h"
#include "node/api/session.h"
#include "node/ledger/query/query.h"
#include "node/text/text.h"

enum {
    BODY_BYTES_MAX = 16 << 20,
    POST_BYTES_MAX = 8 << 20, /* of documents */
    POST_DOCUMENTS_MAX = 1000,
    JSON_VALUES_MAX = 150000, /* of one object: a batch of 100,000 may be named one by one */
};

struct archive;
struct home_config;
struct roster_snapshots;
struct task_gate;
struct feed_share;
struct shared_answers;
struct packed_bodies;

struct service { /* const while requests run */
    struct node *node;
    struct store store;
    struct clock clock;
    struct division self;
    struct hash tree;
    struct task_gate *gate;
    struct sessions *sessions;
    struct roster_snapshots *rosters;
    struct feed_share *feeds;
    struct shared_answers *shared; /* NULL: none are */
    struct packed_bodies *packed;
    const char *listen, *fingerprint; /* of the door on the network; NULL: there is none */
    const struct home_config *home;   /* as the daemon read it; NULL: it has no home */
    const char *home_path;            /* of its directory; NULL as that */
    struct archive *archive;          /* of the own log; NULL: there is none */
    struct key_maker key_maker;       /* of the home's keys */
    const char *damage;               /* what HOME/damaged says; NULL: no such file */
};

/* A body that is used part by part: what its route keeps from one part to the next, this first. */
struct upload {
    void (*close)(struct upload *upload); /* any thread */
    size_t held_bytes;                    /* about: the door counts them with its bodies */
};

struct request {
    const struct service *service;
    const char *method, *path; /* beginning with '/' */
    bool is_api;               /* it stood below /api/v1, which `path` does not say */
    enum language language;
    struct caller caller; /* door and address; the rest is admission.h's */
    struct buf *body;
    struct upload *upload; /* NULL until the first part of such a body */
    void *connection;
    const char *(*query)(void *connection, const char *name); /* NULL when not given */
    /* Appends all that its address asks, as it came. NULL: nobody can tell. */
    void (*write_query)(void *connection, struct buf *out);
    const char *(*header)(void *connection, const char *name);
    char argument[2][64]; /* what stood for '*' in the route's path */
};

typedef void route_fn(struct request *request, struct answer *answer);

/* A whole number from 1, as it stands in an address. */
bool whole_number_parse(const char *text, uint64_t *out);
/* The request's body as a JSON object (json_decref it), of JSON_VALUES_MAX values at most, or NULL
 * with the error answered. */
json_t *request_object(const struct request *request, struct answer *answer);
/* A text member, or NULL with bad_request answered. */
const char *request_text(const struct request *request, struct answer *answer, const json_t *object,
                         const char *name);
/* The author of ?division=, own by default: any division; what is not held is not found. False with
 * the error answered. */
bool request_author(const struct request *request, struct answer *answer, struct division *author);
/* ?by=, or `otherwise` when it is not given. False with bad_request answered. */
bool request_dimension(const struct request *request, struct answer *answer,
                       enum dimension otherwise, enum dimension *by);
/* ?scope=, own when it is not given. False with bad_request answered. */
bool request_scope(const struct request *request, struct answer *answer, enum scope *scope);
const char *scope_name(enum scope scope);
/* ?year=, 0 when it is not given or "all". False with bad_request answered. */
bool request_year(const struct request *request, struct answer *answer, int *year);
/* ?month=, a book month; 0 when it is not given. False with bad_request answered. */
bool request_month(const struct request *request, struct answer *answer, int *month);
/* Is this key of balances by month that month? */
bool is_month(const char *key, int month);
/* "year": "2026", or "all". */
void out_year(struct json_out *out, int year);

#endif
