/* verify - everything this node holds, read again and checked against itself.
 *
 *   each log:   blocks --> audit (keys, signatures, chains) --> counts
 *        deep:  --> Merkle roots --> approvals against the granted policy --> scratch ledger
 *                                                                                 |
 *   each ledger: invariants and transfers; deep: every row == the row that its log makes
 *   deep, at the end: every jurisdiction's roll-ups == the sum over the logs below it
 *   deep, at the end: every code in force == what the logs from here up to the root say
 *
 * One run visits every log once. A fault is kept, and the run goes on where what follows can still
 * be told: with the next row, block, entry's approvals, log. A log whose chain or digest breaks is
 * replayed no further, and then no jurisdiction is compared. A scratch ledger lives in a txn over
 * a store that is empty and stays so: it grows with the ledger, not with the log.
 *
 * Owns: a run owns its memory; it borrows store, snapshot, txn and roster. Thread: any, one. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_H

#include "node/ledger/ledger.h"

enum { VERIFY_FAULT_MAX = 640, VERIFY_FAULTS_MAX = 10000 };

/* Who would have to mend it. */
enum verify_cause {
    VERIFY_SOUND,
    VERIFY_STORE,  /* what is stored here is not what was stored: this node */
    VERIFY_AUTHORS /* what authors wrote breaks a rule, or two of them disagree */
};

struct verify_fault {
    enum verify_cause cause;
    struct division about;       /* whose log or ledger it is */
    char text[VERIFY_FAULT_MAX]; /* where, then what */
};

struct verify_config {
    const struct store *store;
    struct store_snapshot *snapshot;
    const struct roster *roster;
    struct division self;
    bool deep;
    void (*progress)(void *arg, uint64_t lsn); /* a block of a log is through; may be NULL */
    void *progress_arg;
};

struct verify_counts {
    uint64_t blocks, entries, signatures;
};

struct verify;
struct verify *verify_open(const struct verify_config *config);
void verify_close(struct verify *verify); /* NULL is fine */

/* The log of `author` and, when it is of this node's subtree, its ledger. False: a fault. */
bool verify_log(struct verify *verify, struct division author);
/* Deep, once every log that is held went through verify_log: what several of them make together,
 * jurisdictions and codes. False: a fault. */
bool verify_shared(struct verify *verify);

const struct verify_counts *verify_counts(const struct verify *verify);
/* The faults met, at most VERIFY_FAULTS_MAX of them; and how many there were in all. */
const struct verify_fault *verify_faults(const struct verify *verify, size_t *count);
const char *verify_first_fault(const struct verify *verify); /* "" while there is none */
uint64_t verify_fault_total(const struct verify *verify);
/* VERIFY_STORE as soon as one of them is the store's; then `about` is whose rows or log those are.
 */
enum verify_cause verify_cause(const struct verify *verify);
struct division verify_about(const struct verify *verify);

#endif
