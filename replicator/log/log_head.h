/* log_head - a position in a log: its newest block as a holder has it. Thread: any. */
#ifndef TERRACE_REPLICATOR_LOG_LOG_HEAD_H
#define TERRACE_REPLICATOR_LOG_LOG_HEAD_H

#include "proto/block.h"

struct log_head {
    uint32_t epoch;
    uint64_t lsn, blocks; /* where that block ends, and how many there are; 0: nothing is held */
    struct hash hash;
    uint64_t time_ms; /* of that block */
};

#endif
