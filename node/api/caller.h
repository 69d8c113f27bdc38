/* caller - who asks: by which door a request came in, as whom, and what he may do.
 *
 * Owned by: caller.c, door_exchange.c.
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_CALLER_H
#define TERRACE_NODE_API_CALLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/status.h"

enum door {
    DOOR_SOCKET, /* in the home: whoever is let in runs the node's process, or is root */
    DOOR_TLS,
    DOOR_WATCH, /* loopback: sums and counts, no document, no person */
};

/* How somebody showed who he is. Bits: what a route takes is a set of them. */
enum caller_how {
    CALLER_NOBODY = 1,
    CALLER_SOCKET = 2,  /* the owner of the process, by the peer credentials of the socket */
    CALLER_SESSION = 4, /* a person who has logged in: alone has a key to sign with */
    CALLER_TOKEN = 8,   /* a program */
};

#define SESSION_COOKIE    "__Host-terrace"
#define BACKGROUND_HEADER "Terrace-Background" /* nobody is there: the idle time runs on */

enum { CALLER_NAME_MAX = 64, CALLER_ADDRESS_MAX = 64, CREDENTIAL_BYTES_MAX = 80 };

struct caller {
    enum door door;
    enum caller_how how;
    char name[CALLER_NAME_MAX];       /* the person's, or the token's; "" for neither */
    uint32_t roles;                   /* bits of node/ledger/verify/signers.h, as they are now */
    char address[CALLER_ADDRESS_MAX]; /* where it came from; "" on the socket */
    pid_t process;                    /* at the other end of the socket; 0: not known */
    bool by_cookie;                   /* the browser sent it along, whoever's page asked */
    char credential[CREDENTIAL_BYTES_MAX]; /* of a session or a token, "" without one */
};

struct request;
struct service;

/* Fills in request->caller, whose door and address are known. False when a credential was given
 * that is not good, or, with *err set, one of which the store cannot tell: nobody is asked for less
 * than he claimed. A cookie counts where it was set, which is at the TLS door.
 * Errors, in err->status: OK, ERR_CORRUPT, ERR_IO, ERR_BUSY (near_store.h). */
bool caller_identify(struct request *request, struct err *err);
/* For an answer that goes on: does what the caller showed still count? Errors: as above. */
bool caller_stands(const struct service *service, const struct caller *caller, struct err *err);

#endif
