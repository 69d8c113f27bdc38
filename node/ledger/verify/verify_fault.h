/* verify_fault - a run of verification, and the faults that it met.
 *
 * Owned by: verify.c, verify_fault.c.
 * Owns: struct verify, which verify.c opens and closes; its faults are written here alone.
 * Thread: one. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_FAULT_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_FAULT_H

#include "node/ledger/verify/verify.h"

struct verify {
    struct verify_config config;
    struct verify_counts counts;
    struct txn *stored;
    struct txn *jurisdictions; /* roll-ups of jurisdictions, added up over the logs replayed */
    struct txn *codes;         /* in force here, out of the logs from this one up to the root */
    size_t codes_read;         /* how many of those logs are in it */
    bool incomplete;           /* a log could not be replayed to its end */
    enum verify_cause cause;
    struct division about;
    struct verify_fault *faults; /* in the order in which they were met */
    size_t fault_count, fault_capacity;
    uint64_t fault_total, store_total; /* all; the store's. Those beyond VERIFY_FAULTS_MAX too */
};

/* Keeps a fault, the first VERIFY_FAULTS_MAX of them in words, and counts it. Returns false. */
bool verify_fail(struct verify *verify, enum verify_cause cause, struct division about,
                 const char *format, ...) PRINTF(4, 5);

#endif
