/* verify_replay - the rows of a log made again from it, and compared with those stored: a ledger of
 * the subtree, or what is kept of a log above.
 *
 *   replay_open -> replay_block ... -> replay_compare -> replay_close
 *
 * Owns: the scratch ledger and the txn it lives in, over a store that is empty and stays so.
 * Borrows the run. Thread: one. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_REPLAY_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_REPLAY_H

#include "node/ledger/verify/verify_fault.h"

/* A store with nothing in it, for a txn that is never committed. */
extern const struct store store_empty;

struct replay;
struct replay *replay_open(struct verify *verify, struct division division);
void replay_close(struct replay *replay); /* NULL is fine */
/* The next block of the log. False: a fault behind which the log cannot be told any more. */
bool replay_block(struct replay *replay, const struct block_header *header,
                  const struct block_body *body);
/* After the last one: compares with what is stored, and adds up jurisdictions and codes. False: the
 * log and the ledger do not end together, and their rows were not compared. */
bool replay_compare(struct replay *replay, uint64_t last_lsn);

#endif
