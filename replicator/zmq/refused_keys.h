/* refused_keys - the keys that were refused at the endpoint for neighbours.
 *
 * A refused key is an operator's business: a thief, or a node whose grant is not known here. What
 * is listed is lost at a restart; the log has it too, a line a second at most.
 *
 * Pure. Owns: its rows. Thread: the loop's. */
#ifndef TERRACE_REPLICATOR_ZMQ_REFUSED_KEYS_H
#define TERRACE_REPLICATOR_ZMQ_REFUSED_KEYS_H

#include "proto/division.h"
#include "proto/status.h"

enum {
    REFUSED_KEYS_MAX = 64,
    REFUSED_KEY_PREFIX = 8, /* bytes: enough to find it in a config */
    REFUSED_ADDRESS_MAX = 63,
};

struct refused_key {
    uint8_t key[REFUSED_KEY_PREFIX];
    char address[REFUSED_ADDRESS_MAX + 1];
    enum status reason; /* ERR_REFUSED: no child's key; ERR_LIMIT: a child's, too often */
    uint64_t count, first_unix_ms, unix_ms;
};
struct refused_keys {
    struct refused_key rows[REFUSED_KEYS_MAX]; /* the newest first; the oldest gives way */
    size_t count;
};
void refused_keys_note(struct refused_keys *keys, const uint8_t curve_key[32], const char *address,
                       enum status reason, uint64_t unix_ms);

#endif
