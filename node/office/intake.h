/* intake - what the day, the disk and the people say of a document, beside the ledger's rules.
 *
 * Thread: the loop thread, inside a task. */
#ifndef TERRACE_NODE_OFFICE_INTAKE_H
#define TERRACE_NODE_OFFICE_INTAKE_H

#include "node/office/submit.h"

/* Does a document of this kind wait for a checker here? */
bool intake_needs_approval(const struct node *node, uint32_t kind);

/* May this document be handed in now, by who is named? `has_makers`: there are some here, and none
 * is named. Otherwise the item is refused. */
bool intake_pass(const struct node *node, const struct submit_terms *terms, bool has_makers,
                 struct submit_item *item);

#endif
