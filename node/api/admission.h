/* admission - may this caller have what a route does? The one place that decides it.
 *
 *   request --caller_identify--> caller {how, name, roles} --admit--> the route, or an error
 *
 * A row of routes.c names one of these demands. A credential that is not good is refused wherever a
 * person, a token or the socket's owner would be taken: nobody falls back to less than he claimed.
 *
 * A browser's cookie comes along whatever page asks, so a change that comes with it must also carry
 * REQUEST_HEADER, which no other site's page can set, and say that it is from this door's own page
 * (Origin or Sec-Fetch-Site). What says that it is from elsewhere is refused in any case.
 *
 * Owns: nothing. Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ADMISSION_H
#define TERRACE_NODE_API_ADMISSION_H

#include "node/api/request.h"

#define REQUEST_HEADER "Terrace-Request" /* "1" */

enum asks {
    ASKS_ADMIN_HIMSELF, /* as ASKS_ADMIN without tokens: who may come in is decided by persons. A
                           row that says nothing asks for this */
    ASKS_NOTHING,       /* of anybody at an open door: to log in, and what says nothing of anyone */
    ASKS_WATCH,         /* sums and counts: of anybody on this machine, elsewhere of any person */
    ASKS_PERSON,        /* any person, any token, the owner of the process at the socket */
    ASKS_HIMSELF,       /* whoever has logged in: it is about what is his */
    ASKS_TOKEN_MAKER, /* the same, or the owner, as long as there is no admin. A token makes none */
    ASKS_SUBMITTER,   /* a maker, a maker's token, or that owner: the office asks for a maker's
                         signature where it needs one */
    ASKS_PROPOSER,    /* a maker or an admin, logged in: he signs, or it is his */
    ASKS_DECIDER,     /* a checker, or an admin about persons, logged in: he signs. Never a token */
    ASKS_ADMIN,       /* or an admin's token; that owner, as long as there is no admin */
    ASKS_ADMIN_IN_PERSON, /* logged in, also while there is none: his word gives another a key */
    ASKS_AUDITOR,         /* or an auditor's token; that owner, as long as there is no auditor */
    ASKS_OVERSIGHT,       /* an auditor or an admin, or a token of theirs; that owner */
    ASKS_MACHINE, /* at the socket alone: its owner, who could copy the home by hand, whoever else
                     is there; or an admin. Nobody who comes through the network */
    ASKS_KINDS,
};

/* Fills in request->caller. False with the error answered. */
bool admit(struct request *request, struct answer *answer, enum asks asks);

#endif
