/* line - an indicator as its own row shows it: how it stands, and what may happen to it.
 *
 *   source:     UNALLOC --split--> a line of its own     PENDING --release--> released
 *   allocated:  pending, released: reduce; released: pay, freeze, unfreeze
 *
 * A transfer's line stands still: what becomes of it says the transfer's answer.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_LINE_H
#define TERRACE_NODE_LEDGER_FAMILIES_LINE_H

#include "node/ledger/families/states.h"

enum line_event { LINE_SPLIT, LINE_RELEASED, LINE_REDUCED, LINE_DRAWN };
extern const struct state_table line_states;

/* The state of the document that made it, as far as the line's own row tells. */
enum doc_state line_state(const struct indicator *line);
/* Where a document of this kind takes its money from. */
enum account line_drawn_account(const struct kind_info *info, const struct indicator *line);

#endif
