/* link_keys - whose link key is this? Of a direct child its newest one, and its former ones until
 * it has spoken under a newer, or written in a later epoch: a child that was away may still have
 * those. Of who is further below and may be served (serving.h) the same.
 *
 *   key of a handshake, of a frame --link_keys_find--> child, or nobody
 *   a frame under a newer key      --link_keys_spoke-> row: the ones before it are over
 *
 * Former keys count along rotations only: who recovered its place has lost the key before it.
 *
 * Owns: what each child spoke under last. Thread: loop thread. Storage: META_LINK_KEY. */
#ifndef TERRACE_REPLICATOR_SESSION_LINK_KEYS_H
#define TERRACE_REPLICATOR_SESSION_LINK_KEYS_H

#include "replicator/store/txn.h"
#include "replicator/trust/roster.h"

struct replicator;

struct link_keys {
    struct spoken {
        struct division child;
        uint32_t epoch;
        bool staged;
    } * at;
    size_t count, capacity;
    bool dirty; /* some are not staged */
};

void link_keys_free(struct link_keys *keys);
/* Errors: ERR_IO. */
enum status link_keys_load(struct replicator *r, struct txn *txn, struct err *err);
/* False when it is nobody's below. */
bool link_keys_find(const struct replicator *r, const uint8_t curve_key[32],
                    struct division *child);
/* A frame came under this key, which link_keys_find gave to this child. */
void link_keys_spoke(struct replicator *r, struct division child, const uint8_t curve_key[32]);
/* The turn ends. */
void link_keys_seal(struct replicator *r, struct txn *txn);

#endif
