/* catalogues - agencies, accounts, projects and codes: who owns them, and which is in force here.
 *
 * Owns: their rows. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_CATALOGUES_H
#define TERRACE_NODE_LEDGER_FAMILIES_CATALOGUES_H

#include "node/ledger/context.h"

/* Has `owner` an agency, bank account or project (the letter says which) under this code in that
 * year? */
bool catalogue_known(struct txn *txn, char letter, struct division owner, struct bytes code,
                     int year, struct catalogue_row *out);
/* The project this node uses under a code: of all owners from the root down to here the first. */
bool catalogue_project(const struct ledger *ledger, struct txn *txn, struct bytes pro_code,
                       int year, struct catalogue_row *out);
/* Is it one that a division above has said down to here? At the root, above which nobody keeps
 * books here, any is. */
bool catalogue_project_above(const struct ledger *ledger, struct txn *txn, struct bytes pro_code,
                             int year);
/* The row of a document that defines a code; its views point into the document. */
struct catalogue_row catalogue_row_of(const struct applied *entry, const struct document *document,
                                      enum field name, enum field group);
/* Is what the document defines in force on any day of its year? */
bool catalogue_in_force(const struct document *document);
/* Agencies, accounts and projects stay from their year on: a version of an earlier year, entered
 * late, says since when there is one and that it was tracked, and nothing else. `held` NULL: there
 * was none. */
void catalogue_store_version(struct txn *txn, const struct row_key *key, struct catalogue_row *row,
                             const struct catalogue_row *held);
/* Two divisions of one line use a code: alarmed. */
void catalogue_alarm_clash(const struct ledger *ledger, const char *what, struct bytes code,
                           struct division a, struct division b);
/* Can the code be used in that year? So it can where its set has no rows of that year. */
bool catalogue_code_usable(struct txn *txn, struct bytes set, int year, struct bytes code);
/* Which code set a field is checked against; NULL for none. */
const char *catalogue_of_field(enum field field);

#endif
