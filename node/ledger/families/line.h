/* line - an indicator as its own row shows it: how it stands, and what may happen to it.
 *
 *   source:     UNALLOC --split--> a line of its own
 *   any:        with PENDING: release, reduce; released: pay, freeze, unfreeze, virement, reduce
 *
 * A source line is carried with what was allocated or released of it, so it may stand as an
 * allocation does and be split all the same. A transfer's line stands still: what becomes of it
 * says the transfer's answer.
 *
 * Thread: any; line_is_advance that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_LINE_H
#define TERRACE_NODE_LEDGER_FAMILIES_LINE_H

#include "node/ledger/families/states.h"

enum line_event { LINE_SPLIT, LINE_RELEASED, LINE_REDUCED, LINE_DRAWN };
extern const struct state_table line_states;

/* The state of the document that made it, as far as the line's own row tells. */
enum doc_state line_state(const struct indicator *line);
/* May this happen to it? */
bool line_allows(const struct indicator *line, enum line_event event);
/* The line that a reduction gives back to, and that stands at the same place in the chain: the one
 * it was made from, or itself at the head of a chain. `id` is its own. */
struct bytes line_origin(const struct indicator *line, struct bytes id);
/* Is its money an estimate's that no reply has made final? Asked of the source line, so that one
 * reply answers for all that was made from it. False where the source is not there. */
bool line_is_advance(struct txn *txn, struct division author, const struct indicator *line);
/* Where a document of this kind takes its money from. */
enum account line_drawn_account(const struct kind_info *info, const struct indicator *line);

#endif
