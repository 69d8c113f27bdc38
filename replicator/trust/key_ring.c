#include "replicator/trust/key_ring.h"

void key_ring_init(struct key_ring *ring, const struct sign_key *key, const struct sign_key *other)
{
    *ring = (struct key_ring){{key, other}};
}

const struct sign_key *key_ring_find(const struct key_ring *ring, const struct public_key *key)
{
    for (size_t i = 0; i < COUNT_OF(ring->at); i++) {
        if (ring->at[i] != NULL && memcmp(&ring->at[i]->public, key, sizeof *key) == 0) {
            return ring->at[i];
        }
    }
    return NULL;
}

const struct sign_key *key_ring_of(const struct key_ring *ring, const struct roster *roster,
                                   struct division self, uint32_t epoch)
{
    const struct grant *grant = roster_epoch(roster, self, epoch);

    return grant == NULL ? NULL : key_ring_find(ring, &grant->sign_key);
}

struct own_key key_ring_now(const struct key_ring *ring, const struct roster *roster,
                            struct division self)
{
    const struct member *member = roster_find(roster, self);
    uint32_t epoch = member == NULL ? 0 : member->grant.epoch;

    for (; epoch > 0; epoch--) {
        const struct sign_key *key = key_ring_of(ring, roster, self, epoch);
        if (key != NULL) {
            return (struct own_key){epoch, key};
        }
    }
    return (struct own_key){0, NULL};
}

void key_ring_ask(struct key_ring *ring, const struct sign_key *in_force,
                  const struct sign_key *asked)
{
    *ring = (struct key_ring){{in_force, asked}};
}
