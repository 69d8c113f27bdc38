/* passing - what every document says and is asked that passes money on to another division: a
 * transfer, a remit, a transfer_out.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_PASSING_H
#define TERRACE_NODE_LEDGER_FAMILIES_PASSING_H

#include "node/ledger/families/family.h"

/* The elements of the line it is made from, the last beneficiary, and what is public of its
 * project. */
complete_fn passing_complete;
/* unknown_ori_bgt_id: of the line it is made from. */
check_fn passing_known;
/* Of a log below: alarms where money for one purpose goes on as money for any. The money has gone
 * all the same, since its receiver cannot know: both sides count it. */
void passing_tell_earmark(struct ledger *ledger, struct txn *txn, const struct applied *entry,
                          const struct document *document);

#endif
