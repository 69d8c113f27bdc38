#include "replicator/session/peer.h"

#include <assert.h>

static const char *const state_names[PEER_STATES] = {
    [PEER_DOWN] = "down", [PEER_HANDSHAKE] = "handshake", [PEER_LIVE] = "live",
    [PEER_HELD] = "held", [PEER_PAUSED] = "paused",       [PEER_REFUSED] = "refused",
};

static const char *const event_names[PEER_EVENTS] = {
    [EV_DIAL] = "dial",   [EV_HELLO] = "hello",   [EV_WELCOME] = "welcome",
    [EV_OVER] = "over",   [EV_HOLD] = "hold",     [EV_RELEASE] = "release",
    [EV_PAUSE] = "pause", [EV_RESUME] = "resume", [EV_INCOMPATIBLE] = "incompatible",
};

struct step {
    bool known;
    enum peer_state to;
    enum peer_action action;
};

#define TO(state, action)                                                                          \
    {                                                                                              \
        true, state, action                                                                        \
    }

/* A cell left out changes nothing: the answer to talk out of turn is DO_DROP. */
static const struct step steps[PEER_STATES][PEER_EVENTS] = {
    [PEER_DOWN] = {[EV_DIAL] = TO(PEER_HANDSHAKE, DO_HELLO),
                   [EV_HELLO] = TO(PEER_LIVE, DO_WELCOME),
                   [EV_PAUSE] = TO(PEER_PAUSED, DO_CLOSE),
                   [EV_INCOMPATIBLE] = TO(PEER_REFUSED, DO_CLOSE)},
    [PEER_HANDSHAKE] = {[EV_DIAL] = TO(PEER_HANDSHAKE, DO_HELLO),
                        [EV_WELCOME] = TO(PEER_LIVE, DO_OPEN),
                        [EV_OVER] = TO(PEER_DOWN, DO_CLOSE),
                        [EV_PAUSE] = TO(PEER_PAUSED, DO_CLOSE),
                        [EV_INCOMPATIBLE] = TO(PEER_REFUSED, DO_CLOSE)},
    [PEER_LIVE] = {[EV_HELLO] = TO(PEER_LIVE, DO_WELCOME),
                   [EV_OVER] = TO(PEER_DOWN, DO_CLOSE),
                   [EV_HOLD] = TO(PEER_HELD, DO_NOTHING),
                   [EV_PAUSE] = TO(PEER_PAUSED, DO_CLOSE),
                   [EV_INCOMPATIBLE] = TO(PEER_REFUSED, DO_CLOSE)},
    [PEER_HELD] = {[EV_HELLO] = TO(PEER_HELD, DO_WELCOME),
                   [EV_OVER] = TO(PEER_DOWN, DO_CLOSE),
                   [EV_RELEASE] = TO(PEER_LIVE, DO_NOTHING),
                   [EV_PAUSE] = TO(PEER_PAUSED, DO_CLOSE),
                   [EV_INCOMPATIBLE] = TO(PEER_REFUSED, DO_CLOSE)},
    [PEER_PAUSED] = {[EV_RESUME] = TO(PEER_DOWN, DO_NOTHING)},
    /* An upgraded neighbour says Hello anew; dialling goes on at the slowest pace. */
    [PEER_REFUSED] = {[EV_DIAL] = TO(PEER_HANDSHAKE, DO_HELLO),
                      [EV_HELLO] = TO(PEER_LIVE, DO_WELCOME),
                      [EV_PAUSE] = TO(PEER_PAUSED, DO_CLOSE)},
};

enum peer_action peer_step(enum peer_state *state, enum peer_event event)
{
    const struct step *step;

    assert(*state < PEER_STATES);
    assert(event < PEER_EVENTS);
    step = &steps[*state][event];
    if (!step->known) {
        return DO_DROP;
    }
    *state = step->to;
    return step->action;
}

const char *peer_state_name(enum peer_state state)
{
    return state < PEER_STATES ? state_names[state] : "unknown";
}

const char *peer_event_name(enum peer_event event)
{
    return event < PEER_EVENTS ? event_names[event] : "unknown";
}
