/* dialling - where the parent is, and under which key: what its newest grant says, and what was
 * true before, in turn until one answers.
 *
 *   a parent with a new link key:  its second address, new key --> the first, new key --> the
 *   first, former key
 *   a parent that moved:  where it says that it listens --> where the token said that it does
 *
 * A former key is tried as long as it is the same parent's: not behind a recovery of it that
 * counts, nor behind the root's own (init --root --recover), since whoever has the lost machine has
 * that key.
 *
 * Where the configuration names a place (parent_endpoint), nothing else is tried.
 *
 * Owns: nothing. Thread: the loop's. Units: *_ms is mono. */
#ifndef TERRACE_NODE_DAEMON_DIALLING_H
#define TERRACE_NODE_DAEMON_DIALLING_H

#include "node/core/node.h"
#include "node/home/home.h"
#include "replicator/ancestors.h"
#include "replicator/zmq/transport_zmq.h"

enum { DIAL_PLACES_MAX = 8 };

struct dialling {
    const struct home_config *config;
    struct node *node;
    struct transport_zmq *transport;
    uint32_t epoch;                    /* of the parent, whose grant the places come from */
    char says[ENDPOINT_BYTES_MAX + 1]; /* its own word, of which they come, too */
    struct dial_place {
        char endpoint[ENDPOINT_BYTES_MAX + 1];
        uint8_t key[32];
    } places[DIAL_PLACES_MAX];
    size_t count, at;
    uint64_t dialled_ms;
    struct ancestor_call beside; /* who = NONE: nobody */
};

/* Errors: as of transport_zmq_connect. */
enum status dialling_open(struct dialling *dialling, uint64_t now_ms, struct err *err);
/* The own link key is another one: `again`. Beside the parent, the ancestor that is to serve this
 * node is dialled, while there is one (replicator/ancestors.h). */
void dialling_step(struct dialling *dialling, bool again, uint64_t now_ms);

#endif
