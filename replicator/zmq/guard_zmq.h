/* guard_zmq - what strangers may take of this process, watched from outside the library.
 *
 * ZeroMQ bounds a frame and nothing else: one message of endless frames is kept until it ends, and
 * every accepted connection is a descriptor, of anybody's making. Neither can be seen or ended one
 * by one, but closing a ROUTER frees all of its connections and what waits in them.
 *
 *   resident memory above where it began by memory_bytes   --> SHUT_ENROL, then SHUT_LINKS
 *   lowest free descriptor above 3/4 of the limit          --> the same, until it is below 1/2
 *
 * A door that was shut rests, unless shutting the links gave the memory back at once and it grows
 * again: then a neighbour came back with it, and they are shut as often. One that does so is turned
 * away in the end for connecting too often (connection_rate.h).
 *
 * Looks are cheap, but a node that has nothing to do should not wake ten times a second for them: a
 * quiet one looks twice. What a look sees grow, and every handshake, make the next ones frequent.
 * Between two looks an attacker gets in what the I/O thread can decrypt: half a second's worth at
 * most, and a tenth's, some tens of megabytes, while it is being looked at. While nothing is read
 * (a full disk) each connection holds at most SOCKET_RECEIVE_MESSAGES frames, and what all of them
 * hold is bounded here.
 *
 * Thread: the loop's. Units: bytes, mono ms. */
#ifndef TERRACE_REPLICATOR_ZMQ_GUARD_ZMQ_H
#define TERRACE_REPLICATOR_ZMQ_GUARD_ZMQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_EVERY_MS = 100,
    GUARD_QUIET_MS = 500,
    GUARD_STIR_MS = 10000, /* how long after a stir it is not quiet */
    GUARD_REST_MS = 10000, /* how long a shut door stays shut at least */
    GUARD_MEMORY_BYTES = 256 << 20,
};

enum guard_step {
    GUARD_NOTHING,
    GUARD_SHUT_ENROL, /* strangers' door: it holds no state */
    GUARD_SHUT_LINKS, /* to children and to the parent: neighbours come back by themselves */
};

struct guard {
    size_t memory_bytes; /* allowed above `base` */
    size_t base;         /* resident when it began, or when shutting both doors did not help */
    size_t resident;     /* at the last look, as is the lowest free descriptor */
    int descriptor;
    uint64_t stirred_ms;
    uint64_t looked_ms, enrol_ms, links_ms; /* when each was shut last; 0: never */
    bool relieved;   /* memory was within bounds soon after the links were shut last */
    char reason[96]; /* of the last shutting; "" when long over */
};

void guard_init(struct guard *guard, size_t memory_bytes);
/* At most every GUARD_EVERY_MS does it look; what is to be done is the caller's. */
enum guard_step guard_look(struct guard *guard, uint64_t now_ms);
/* Somebody came: it is not quiet now. */
void guard_stir(struct guard *guard, uint64_t now_ms);
/* How long to wait for the next look. */
long guard_wait_ms(const struct guard *guard, uint64_t now_ms);
/* May the door that `step` shut be opened again? Links at once, so that neighbours lose little. */
bool guard_may_open(const struct guard *guard, enum guard_step step, uint64_t now_ms);

#endif
