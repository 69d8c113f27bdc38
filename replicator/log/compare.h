/* compare - two ends of one log, by hash, at whoever holds more of it.
 *
 *   what a neighbour or a holder says of its end --> log_compare --> how it stands to what is held
 *
 * A bare hash proves nothing: one that does not fit is a claim, and evidence is asked for
 * (session/claim.h). Thread: any that may read the logs. Units: lsn; seq counts the blocks of an
 * audience. */
#ifndef TERRACE_REPLICATOR_LOG_COMPARE_H
#define TERRACE_REPLICATOR_LOG_COMPARE_H

#include "replicator/log/heads.h"

enum log_relation {
    RELATION_UNKNOWN, /* what is held here does not tell */
    RELATION_EQUAL,   /* both end there */
    RELATION_BEHIND,  /* a block that is held ends there */
    RELATION_AHEAD,   /* beyond what is held: who holds more has to tell */
    RELATION_WITHIN,  /* in the middle of a block: its log cannot end there */
    RELATION_OTHER,   /* another block ends there */
};

/* Does it contradict what is held? */
static inline bool relation_contradicts(enum log_relation relation)
{
    return relation == RELATION_WITHIN || relation == RELATION_OTHER;
}

/* A log that ends at `lsn` with the block of this hash; `hash` of another size: it is not said. */
enum log_relation log_compare(const struct logs *logs, const struct held_log *log, uint64_t lsn,
                              struct bytes hash);
/* One audience of it that ends with block `seq`; *lsn is where the block that is held of that
 * number ends, 0 when there is none. */
enum log_relation log_compare_audience(const struct logs *logs, const struct held_log *log,
                                       const struct audience *audience, uint64_t seq,
                                       struct bytes hash, uint64_t *lsn);

#endif
