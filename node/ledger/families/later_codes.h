/* later_codes - what the elements of a line become in a later year, for a line that is made from it
 * there: by carrying money on, or by money that comes back.
 *
 *   code --element_map of each year after--> code of that year    no map: the same code
 *
 * A person gives a code only where that comes to none which the year has: a code that was split
 * says nothing of where this money belongs.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_LATER_CODES_H
#define TERRACE_NODE_LEDGER_FAMILIES_LATER_CODES_H

#include "node/ledger/families/facts.h"

/* Writes the elements of `line` in the year of the line that `document` makes into it, where it
 * says none itself and there is one. `memory` is empty. */
void later_codes_complete(const struct ledger *ledger, struct txn *txn, struct document *document,
                          const struct indicator *line, struct buf *memory);
/* Of facts->line, which is loaded: unmapped_<field>; wrong_state of a code that was given where
 * none may be; fund_type_differs, earmark_differs, direct_differs. */
enum reason later_codes_check_mapped(struct facts *facts);
enum reason later_codes_check_given(struct facts *facts);
enum reason later_codes_check_purpose(struct facts *facts);

#endif
