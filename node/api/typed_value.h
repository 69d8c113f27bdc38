/* typed_value - a refusal says what was typed: the value of the field it names, and how to mend it.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_TYPED_VALUE_H
#define TERRACE_NODE_API_TYPED_VALUE_H

#include "node/api/json.h"

/* Fills in the detail of bad_<field>, from the line as it came in, which is read again: that costs
 * the refused, and no tree is kept for the others. What says more already, stays. */
void typed_value_tell(struct submit_item *item, struct bytes line);

#endif
