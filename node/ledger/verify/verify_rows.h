/* verify_rows - the rows that logs make, as stored and as a replay makes them.
 *
 * Thread: one. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_ROWS_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_ROWS_H

#include "node/ledger/verify/verify_fault.h"

/* Every row that `division`'s log alone makes, as stored and as replayed. Each that differs is a
 * fault. */
void verify_rows(struct verify *verify, struct txn *replayed, struct division division);
/* The list of transfers to register, as stored and as `made` has it. False: a fault. */
bool verify_rows_to_register(struct verify *verify, struct txn *made);
/* Adds the codes that the log of `owner`, this division's or one above it, defines; then compares
 * those in force with what all of them together say. False: a fault. */
void verify_add_codes(struct verify *verify, struct txn *replayed, struct division owner);
bool verify_code_rows(struct verify *verify);
/* Adds the roll-ups that a replayed log made for `above` to the jurisdictions' sums. */
void verify_add_subtree(struct verify *verify, struct txn *replayed, struct division above);
/* Adds what the log of `author` counted as outside, and the years that it keeps books of. */
void verify_add_plain(struct verify *verify, struct txn *replayed, struct division author);
/* Once all logs were added: the roll-ups of every jurisdiction. False: a fault. */
bool verify_jurisdictions(struct verify *verify);

#endif
