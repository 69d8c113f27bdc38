/* names - what a code is called, for whoever shows it to a person.
 *
 * A project or an agency is one division's: of the one in whose ledger it stands, else of the next
 * one above that has it. A code of a code set is the set's in its year. What is not known here has
 * no name: "".
 *
 * Thread: any, each with a txn of its own. Names are views of the txn's rows. */
#ifndef TERRACE_NODE_LEDGER_QUERY_NAMES_H
#define TERRACE_NODE_LEDGER_QUERY_NAMES_H

#include "node/ledger/rows/rows.h"
#include "replicator/trust/roster.h"

/* Whose project (ROW_PROJECT) or agency (ROW_AGENCY) a code in the ledger of `division` is; NONE
 * when nobody known has it, up to `top` (NONE: up to the root). */
struct division name_owner(struct txn *txn, const struct roster *roster, char letter,
                           struct division division, struct division top, struct bytes code);
/* What that one calls it. */
struct bytes name_of_owned(struct txn *txn, const struct roster *roster, char letter,
                           struct division division, struct bytes code);
/* The newest year that a code set has codes of; 0: it has none. */
int newest_year_of_set(struct txn *txn, struct bytes set);
/* What a code of the set of `field` is called in a year; 0: in the newest one that has the set. */
struct bytes name_of_code(struct txn *txn, enum field field, int year, struct bytes code);

#endif
