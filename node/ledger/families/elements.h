/* elements - codes of the sets that all below use, and what a code becomes in the year after.
 *
 * A level may add codes below a leaf of the sets above it. Of two owners of one code, and of two
 * that map one, the one nearer the root holds.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_ELEMENTS_H
#define TERRACE_NODE_LEDGER_FAMILIES_ELEMENTS_H

#include "node/ledger/families/facts.h"

/* What the code `from` of the year before becomes in `year`, as an element_map in force here says:
 * a view of its row. False: nobody says so. Funds keep their code. */
bool code_mapped(const struct ledger *ledger, struct txn *txn, struct bytes set, int year,
                 struct bytes from, struct bytes *to);

/* unknown_parent_code of an element, unknown_from_code and unknown_to_code of an element_map: is
 * the code in this field there? */
bool element_knows(const struct facts *facts, enum field field);

#endif
