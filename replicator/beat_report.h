/* beat_report - what a beat tells the owner of this node about a division below it.
 *
 * The division signed it, so nobody between could have said it; but it may have been kept back or
 * said again, which `sequence` shows (proto/PROTOCOL.md, Health).
 *
 * Thread: the loop thread. Units: lsn; unix_ms is the division's own clock. */
#ifndef TERRACE_REPLICATOR_BEAT_REPORT_H
#define TERRACE_REPLICATOR_BEAT_REPORT_H

#include "proto/division.h"

struct beat_report {
    struct division division;
    uint64_t sequence, unix_ms;
    uint64_t lsn;        /* where its own log ends */
    struct bytes health; /* as its owner wrote it; at most HEALTH_BYTES_MAX */
};

#endif
