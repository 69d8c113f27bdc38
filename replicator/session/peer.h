/* peer - the state of one link, as a table. Pure: it turns an event into a state and an action;
 * link.c performs the action. One table serves both ends.
 *
 *   child:   DOWN --dial--> HANDSHAKE --welcome--> LIVE <--hold / release--> HELD
 *   parent:  DOWN -------------hello-------------> LIVE <--hold / release--> HELD
 *
 * Whatever goes wrong ends the session, and the next one resumes from heads.
 *
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_SESSION_PEER_H
#define TERRACE_REPLICATOR_SESSION_PEER_H

#include "replicator/replicator.h"

enum peer_event {
    EV_DIAL,    /* the child's side: time to say Hello, or to say it again */
    EV_HELLO,   /* the parent's side: a child says Hello */
    EV_WELCOME, /* the parent answered our Hello */
    EV_OVER,    /* the session is over: silence, a gap, a restart asked for */
    EV_HOLD,    /* a limit was passed, or bytes were refused */
    EV_RELEASE, /* and it may go on */
    EV_PAUSE,   /* an operator stops this neighbour */
    EV_RESUME,
    EV_INCOMPATIBLE, /* no protocol version in common */
    PEER_EVENTS,
};

enum peer_action {
    DO_NOTHING,
    DO_HELLO,   /* say Hello */
    DO_WELCOME, /* begin the session it asks for, and answer */
    DO_OPEN,    /* begin to send */
    DO_CLOSE,   /* forget the session */
    DO_DROP,    /* out of turn: nothing changes */
};

/* What `event` makes of `state`: the next state, and what is to be done. */
enum peer_action peer_step(enum peer_state *state, enum peer_event event);
const char *peer_event_name(enum peer_event event);

#endif
