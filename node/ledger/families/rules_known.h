/* rules_known - unknown_<field>: looks up what a document names, and keeps it for the questions
 * that come after.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_RULES_KNOWN_H
#define TERRACE_NODE_LEDGER_FAMILIES_RULES_KNOWN_H

#include "node/ledger/families/facts.h"

/* Fills in line, origin, payment and match. REASON_NONE, or the first field in the order of the
 * kind's row that names what is not known here. */
enum reason rules_check_known(struct facts *facts);

#endif
