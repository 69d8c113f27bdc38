/* verify_internal - what the files of verify.h share. Not for anybody else. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_INTERNAL_H
#define TERRACE_NODE_LEDGER_VERIFY_INTERNAL_H

#include "node/ledger/verify.h"

struct verify {
    struct verify_config config;
    struct verify_counts counts;
    struct txn *stored;
    struct txn *jurisdictions; /* roll-ups of jurisdictions, added up over the logs replayed */
    enum verify_cause cause;
    struct division about;
    char fault[VERIFY_FAULT_MAX];
};

/* Keeps the first fault. Returns false. */
bool verify_fail(struct verify *verify, enum verify_cause cause, struct division about,
                 const char *format, ...) PRINTF(4, 5);

/* --- verify_replay.c: a ledger made again from its log --- */

struct replay;
struct replay *replay_open(struct verify *verify, struct division division);
void replay_close(struct replay *replay);
/* The next block of the log. */
bool replay_block(struct replay *replay, const struct block_header *header,
                  const struct block_body *body);
/* After the last one: compares with what is stored, and adds up the jurisdictions. */
bool replay_compare(struct replay *replay, uint64_t last_lsn);

/* --- verify_rows.c --- */

/* Every row that `division`'s log alone makes, as stored and as replayed. */
bool verify_rows(struct verify *verify, struct txn *replayed, struct division division);
/* The roll-ups of `division` as a jurisdiction. */
bool verify_subtree_rows(struct verify *verify, struct division division);
/* Adds the roll-ups that a replayed log made for `above` to the jurisdictions' sums. */
void verify_add_subtree(struct verify *verify, struct txn *replayed, struct division above);

#endif
