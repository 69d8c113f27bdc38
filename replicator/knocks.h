/* knocks - who came to the door for neighbours: the keys it refused, and how often a known one may
 * come in.
 *
 * A refused key is an operator's business: a thief, or a node whose grant is not known here. What
 * is listed is lost at a restart; the log has it too, a line a second at most.
 *
 * A connection costs a descriptor and a handshake, and nothing ends the ones that a key has
 * already. So a division comes in eight times in ten seconds at most, beyond a burst of 32; one
 * that was turned away for it dials again ten seconds later.
 *
 * Pure. Owns: its rows. Thread: the loop's. */
#ifndef TERRACE_REPLICATOR_KNOCKS_H
#define TERRACE_REPLICATOR_KNOCKS_H

#include "proto/division.h"
#include "proto/status.h"

enum {
    REFUSED_KEYS_MAX = 64,
    REFUSED_KEY_PREFIX = 8, /* bytes: enough to find it in a config */
    REFUSED_ADDRESS_MAX = 63,
    ADMISSION_MS = 1250,
    ADMISSIONS_BURST = 32,
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

struct admission {
    struct division who;
    uint64_t free_ms; /* when all that was paid is forgotten */
};
struct admissions { /* as many as divisions that were ever let in */
    struct admission *rows;
    size_t count, capacity;
};
/* May `who` come in once more? Counts it when it may. */
bool admissions_pay(struct admissions *admissions, struct division who, uint64_t now_ms);
void admissions_free(struct admissions *admissions);

#endif
