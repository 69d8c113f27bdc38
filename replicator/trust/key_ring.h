/* key_ring - the identity keys of this node: the one that its grant names, and for a while another:
 * that which it asks its parent for, or the one before.
 *
 * A word said now is signed with the newest epoch whose key is here; an open block with the key of
 * its own epoch. That the newest epoch has no key here means that somebody else has it.
 *
 * Owns: nothing; keys are borrowed. Thread: loop thread. Errors: none. */
#ifndef TERRACE_REPLICATOR_TRUST_KEY_RING_H
#define TERRACE_REPLICATOR_TRUST_KEY_RING_H

#include "replicator/trust/roster.h"

struct key_ring {
    const struct sign_key *at[2]; /* NULL: none */
};

struct own_key {
    uint32_t epoch; /* 0: no epoch of this division has a key here */
    const struct sign_key *key;
};

void key_ring_init(struct key_ring *ring, const struct sign_key *key, const struct sign_key *other);
/* NULL when it is not here. */
const struct sign_key *key_ring_find(const struct key_ring *ring, const struct public_key *key);
/* What is signed with now, and what an open block of `epoch` is sealed with. */
struct own_key key_ring_now(const struct key_ring *ring, const struct roster *roster,
                            struct division self);
const struct sign_key *key_ring_of(const struct key_ring *ring, const struct roster *roster,
                                   struct division self, uint32_t epoch);
/* Puts the key that is asked for beside the one that is in force. */
void key_ring_ask(struct key_ring *ring, const struct sign_key *in_force,
                  const struct sign_key *asked);

#endif
