/* door_internal - what the parts of a door share: its connections and the requests on them.
 *
 *   exchange:  CHECKED (a worker looks who sends more than a stranger may) --> BODY
 *              BODY <-> PART (a worker uses what came so far, and reading goes on behind it)
 *              BODY ------> RUNNING ------> SENDING -----------------> over
 *              comes in     suspended,      |     ^       (BODY -> SENDING: answered at once)
 *              in pieces    a worker has it v     | piece
 *                                         FILLING, FOLLOWING: suspended, of a streamed answer,
 *                                         which is FILLING once before it is SENDING
 *
 * Who stands on whom: door --> door_exchange --> door_answer, door_at_once --> door_follow -->
 * door_work, door_limits.
 *
 * Owned by: door.c, door_answer.c, door_at_once.c, door_exchange.c, door_follow.c, door_limits.c,
 * door_work.c. Thread: the door's, but for an exchange in CHECKED, PART, RUNNING or FILLING, which
 * is its worker's. */
#ifndef TERRACE_NODE_API_DOOR_INTERNAL_H
#define TERRACE_NODE_API_DOOR_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "node/api/client_network.h"
#include "node/api/door.h"
#include "node/api/near_store.h"
#include "node/api/stream.h"

/* One connection: until when its client has to do what is expected of it. */
struct guest {
    struct guest *next, **at; /* in door->guests; *at points here */
    int fd;
    bool is_owner; /* of the node, or root: of a unix socket, whose peer never changes */
    pid_t process; /* ... and which that is; 0: not known */
    struct client_network network; /* none at a unix socket */
    uint64_t deadline_ms;          /* mono; 0: nothing is expected */
};

enum exchange_state {
    EXCHANGE_CHECKED,
    EXCHANGE_BODY,
    EXCHANGE_PART,
    EXCHANGE_RUNNING,
    EXCHANGE_SENDING,
    EXCHANGE_FILLING,
    EXCHANGE_FOLLOWING,
};

/* One request and its answer. */
struct exchange {
    struct work work; /* first */
    struct http_door *door;
    struct MHD_Connection *connection;
    struct guest *guest;
    enum exchange_state state;
    bool suspended;
    struct request request;
    struct buf body;
    size_t body_bytes_max, held_bytes, forgotten_bytes;
    uint64_t received_bytes, renewed_bytes;
    bool in_parts, upload_is_closed;
    bool too_large; /* the rest is read and forgotten, */
    bool is_over;   /* also where it was answered with an error before its end */
    struct answer answer;
    struct stream *stream;         /* of a streamed answer */
    bool has_piece;                /* its first one was made */
    uint64_t commits;              /* the node had so many when fill began */
    uint64_t quiet_since_ms;       /* of a follower */
    struct exchange *next;         /* in door->done */
    struct exchange *beside, **at; /* in door->followers */
};

struct http_door {
    struct door_config config;
    struct clock clock;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    int wake, epoll; /* eventfd; MHD's */
    atomic_bool stopping;
    _Atomic uint64_t commits;
    atomic_int follower_count; /* those that wait for a commit */

    pthread_mutex_t lock;
    struct exchange *done; /* under lock: back from the workers, newest first */

    struct guest *guests;
    struct exchange *followers;
    struct near_store near;      /* these two where something is short: door_at_once.c */
    struct service near_service; /* with that store in place of the whole one */
    int running;                 /* exchanges that workers have */
    int open;                    /* exchanges at all */
    size_t held_bytes;
    uint64_t swept_ms, looked_ms, commits_seen;
};

/* --- door_limits.c --- */

uint64_t door_now_ms(const struct http_door *door);
/* Has its client not as many connections as one may have? */
enum MHD_Result door_accept(void *arg, const struct sockaddr *address, socklen_t size);
void door_connection(void *arg, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode code);
struct guest *door_guest(struct MHD_Connection *connection);
/* The client has so long for what comes next; 0: it is our turn. */
void guest_expect(struct guest *guest, const struct http_door *door, uint64_t ms);
/* Once a second: cuts who took too long. */
void door_sweep(struct http_door *door, uint64_t now_ms);
/* Holds `bytes` more for this exchange, until exchange_let_go. */
void exchange_hold(struct exchange *exchange, size_t bytes);
void exchange_let_go(struct exchange *exchange);

/* --- door_work.c --- */

void door_work_begin(struct http_door *door);
void door_work_end(struct http_door *door);
void exchange_enter(struct exchange *exchange, enum exchange_state state);
/* Nothing is read or sent on its connection until exchange_resume. */
void exchange_suspend(struct exchange *exchange, enum exchange_state state);
void exchange_resume(struct exchange *exchange, enum exchange_state state);
/* Suspends, and has `run` called in a thread of the pool; it ends with exchange_hand_back. */
void exchange_post(struct exchange *exchange, enum exchange_state state, enum lane lane,
                   void (*run)(struct work *work));
/* In the worker's thread. */
void exchange_hand_back(struct exchange *exchange);
/* Those that were handed back, by their `next`. */
struct exchange *door_collect(struct http_door *door);
void door_wake(const struct http_door *door);

/* --- door_at_once.c --- */

void door_near_begin(struct http_door *door);
void door_near_end(struct http_door *door);
/* Between two turns. */
void door_near_rest(struct http_door *door);
/* False when it is not short, or longer than it seemed: then nothing is answered yet. */
bool door_answer_at_once(struct http_door *door, const struct request *asked,
                         struct answer *answer);

/* --- door_follow.c --- */

/* Has the first piece of a streamed answer made. */
void follow_begin(struct exchange *exchange);
/* The content reader of a streamed answer. */
ssize_t follow_read(void *arg, uint64_t position, char *out, size_t size);
/* A piece of it was filled: it is sent, or it waits for the next commit. */
void follow_filled(struct exchange *exchange, uint64_t now_ms);
/* Fills the pieces of those that have something new to hear, or heard nothing for long. */
void door_tell_followers(struct http_door *door, uint64_t now_ms);
/* When door_tell_followers has something to do; UINT64_MAX: never. */
uint64_t door_followers_due(const struct http_door *door);
/* The server stops: each goes to its end. */
void door_end_followers(struct http_door *door);

/* --- door_answer.c --- */

/* Sends the exchange's answer, whose body is taken out of it and no more the caller's. */
enum MHD_Result exchange_send(struct exchange *exchange, struct buf body);

/* --- door_exchange.c --- */

enum MHD_Result door_request(void *arg, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_size, void **state);
void door_completed(void *arg, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode code);
/* A worker is done with it. */
void exchange_go_on(struct exchange *exchange, uint64_t now_ms);

#endif
