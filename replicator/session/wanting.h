/* wanting - logs of which a neighbour has shown more than is held here, and which of those from
 * below are asked for from above.
 *
 *   evidence of a block behind all that is held --wanting_shown--> waited for
 *     who wrote it brings it, as after an ancestor served him; the parent what lies above
 *     he is there and does not, is away for neighbour_down_ms, or is revoked
 *       --> Hello.wanted: the parent brings it, from where the log ends here
 *       --> held, and no longer asked for
 *     nothing came of that, either --> ALARM_LOST_TAIL
 *
 * What comes is verified as from anybody. A session begins with what is wanted, so one that stands
 * ends where that changes.
 *
 * Owns: what waits. Thread: loop thread. Units: lsn; *_ms is mono. */
#ifndef TERRACE_REPLICATOR_SESSION_WANTING_H
#define TERRACE_REPLICATOR_SESSION_WANTING_H

#include "proto/frame.h"
#include "replicator/log/heads.h"

struct replicator;
struct link;

enum { WANT_AFTER_MS = 10000, WANT_LOOK_MS = 1000 };

struct wanting {
    struct lead {
        struct held_log *log;
        struct division peer;        /* who showed it; NONE: it is wanted without that */
        uint64_t lsn;                /* so far */
        uint64_t told;               /* as the node above said in the last Welcome */
        bool is_answered;            /* that was to a Hello that asks for the log */
        uint64_t held_lsn, since_ms; /* the log ends there, since */
        bool is_alarmed;
    } * at;
    size_t count, capacity;
    uint64_t due_ms;
};

void wanting_free(struct wanting *wanting);
/* A neighbour showed a block that ends at `lsn`, behind all that is held of a log not our own. */
void wanting_shown(struct replicator *r, const struct link *link, struct held_log *log,
                   uint64_t lsn);
/* Asks for a log from below. */
void wanting_begin(struct replicator *r, struct held_log *log);
/* A Welcome came: how far its sender holds them. */
void wanting_welcomed(struct replicator *r, Terrace__Position *const *heads, size_t count);
/* A child says which it wants; with its own log all below it. */
void wanting_give(struct replicator *r, struct link *link, const Terrace__Hello *hello);
void wanting_tick(struct replicator *r);
uint64_t wanting_next_tick(const struct wanting *wanting); /* UINT64_MAX: never */

#endif
