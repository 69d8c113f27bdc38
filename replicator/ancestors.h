/* ancestors - what this node has from above besides what is addressed to it: logs from below that
 * were lost. The face of session/wanting.h.
 *
 * Thread: loop thread only. Units: *_ms is mono, *_unix_ms. */
#ifndef TERRACE_REPLICATOR_ANCESTORS_H
#define TERRACE_REPLICATOR_ANCESTORS_H

#include "replicator/former_keys.h"

/* Asks the node above for a log from below of which it may hold more: what lies behind the end here
 * comes from there, as it is verified from anybody, until all that it said it holds is here, and
 * then no longer. Errors: ERR_NOT_FOUND (no log from below, or nobody above). */
enum status replicator_want(struct replicator *replicator, struct division division,
                            struct err *err);
/* Is it asked for still? Of the own log, too. */
bool replicator_wants(const struct replicator *replicator, struct division division);

/* May a log from below be gone on behind `lsn`, where its owner has it, or, at 0, behind its end
 * here? OK, or ERR_NOT_YET: those above hold more, which is asked for then, or, at 0, nobody above
 * is there to tell. */
enum status replicator_check_end(struct replicator *replicator, struct division division,
                                 uint64_t lsn, struct err *err);

/* The ancestor that this node is to have a connection with, beside its parent's; false: none. A
 * listener whose link key is new has a second address: it is named by turns. */
bool replicator_dials(const struct replicator *replicator, struct ancestor_call *out);

/* How this node is served. */
struct served_status {
    struct division by; /* NONE: it is not */
    uint64_t since_unix_ms;
    bool parent_is_open;     /* it is about to go back */
    bool parent_is_damaged;  /* by the parent's own word: its store is, and it only reads */
    uint64_t parent_down_ms; /* for so long */
};
void replicator_served(const struct replicator *replicator, struct served_status *out);

#endif
