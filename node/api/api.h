/* api - what the files of this folder share: one request, its answer, and the server's parts.
 * No HTTP library in sight: server.c fills a request and sends an answer.
 * Thread: the thread of the connection. */
#ifndef TERRACE_NODE_API_API_H
#define TERRACE_NODE_API_API_H

#include "node/api/job.h"
#include "node/api/json.h"
#include "node/api/messages.h"
#include "node/api/session.h"
#include "node/ledger/query.h"
#include "node/words.h"

enum {
    BODY_BYTES_MAX = 16 << 20,
    POST_BYTES_MAX = 8 << 20, /* of documents */
    POST_DOCUMENTS_MAX = 1000,
    LIST_ROWS_MAX = 50000, /* in one answer; `next` leads on */
};

struct service { /* const while requests run */
    struct node *node;
    struct store store;
    struct clock clock;
    struct division self;
    struct hash tree;
    struct gate *gate;
    struct sessions *sessions;
};

struct request {
    const struct service *service;
    const char *method, *path; /* path without /api/v1, beginning with '/' */
    enum language language;
    const char *token; /* of a session, "" without one */
    struct buf *body;
    void *connection;
    const char *(*query)(void *connection, const char *name); /* NULL when not given */
    char argument[2][64]; /* what stood for '*' in the route's path */
};

struct answer {
    int http; /* 200 unless set */
    const char *type;
    struct buf body;
};

/* Replaces what the body has. `detail` may be NULL; it follows the sentence, in the language of the
 * request as far as node/words.h knows it. */
void answer_error(const struct request *request, struct answer *answer, enum api_error error,
                  const char *detail);
/* For what job_run returned; OK is not an error and writes nothing. */
bool answer_outcome(const struct request *request, struct answer *answer, enum status outcome);

/* The request's body as a JSON object, or NULL with the error answered. */
json_t *request_object(const struct request *request, struct answer *answer);
/* A text member, or NULL with bad_request answered. */
const char *request_text(const struct request *request, struct answer *answer, const json_t *object,
                         const char *name);
/* Who acts. False with the error answered, when `token` is missing or lacks the role. */
bool request_person(const struct request *request, struct answer *answer, uint32_t role,
                    struct person *person, struct sign_key *secret);

/* For what only an admin may do, once there is one: until then anybody at this door may. */
bool request_admin(const struct request *request, struct answer *answer);

/* --- reading without the loop --- */

struct view { /* a moment of the store */
    const struct store *store;
    struct store_snapshot *snapshot;
    struct txn *txn;
};
void view_open(struct view *view, const struct service *service);
void view_close(struct view *view);
/* False with the error answered, when a read failed: what was read must then not be shown. */
bool view_sound(const struct view *view, const struct request *request, struct answer *answer);

/* Everybody in the roster as it stood at one turn: own subtree in tree order, and ancestors. */
struct place {
    struct division division, parent;
    char name[NAME_BYTES_MAX + 1];
    uint32_t depth;
    bool below, above; /* below: self or in its subtree; above: an ancestor of self */
};
struct places {
    struct place *at; /* depth first from the root, siblings by code */
    size_t count;
};
/* False with the error answered. */
bool places_read(struct places *places, const struct request *request, struct answer *answer);
void places_free(struct places *places);
const struct place *places_find(const struct places *places, struct division division);
/* Is `division` equal to `above` or below it? */
bool places_within(const struct places *places, struct division division, struct division above);

/* The division of ?division=, own by default; it must be own or below, else not_below_you is
 * answered. */
bool request_division(const struct request *request, struct answer *answer,
                      const struct places *places, struct division *out);
/* The author of ?division=, own by default: any division; what is not held is not found. False with
 * the error answered. */
bool request_author(const struct request *request, struct answer *answer, struct division *author);
/* not_found for the document of the path; says so when a division above wrote one of this id. */
void answer_no_document(const struct request *request, struct answer *answer,
                        const struct view *view);
void write_document_row(struct json_out *out, const struct document_row *row);
/* ?by=, or `otherwise` when it is not given. False with bad_request answered. */
bool request_dimension(const struct request *request, struct answer *answer,
                       enum dimension otherwise, enum dimension *by);
/* ?year=, 0 when not given. False with bad_request answered. */
bool request_year(const struct request *request, struct answer *answer, int *year);

/* A roster of one's own, from the grants in a snapshot. */
struct roster *view_roster(const struct view *view, const struct hash *tree);

/* --- routes --- */

typedef void route_fn(struct request *request, struct answer *answer);
void route(struct request *request, struct answer *answer);

route_fn post_documents, post_approve, post_reject; /* routes_write.c */
route_fn get_document;                              /* routes_document.c */
route_fn list_documents, get_trace, get_balance, get_pending, get_digest;
/* routes_read.c */
route_fn get_report; /* reports.c */
route_fn post_login, post_logout, get_users, post_user, post_passwd, post_disable;
/* routes_people.c */
route_fn get_status, post_invite, post_pause, post_resume, post_verify, get_healthz, get_readyz;
/* routes_node.c */

#endif
