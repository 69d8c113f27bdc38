/* clock_notice - days that something is due are counted from signed times: while a neighbour's
 * clock differs from this one (alarm clock_skew), or this machine's was set (clock_jump), lists of
 * what is due or overdue say so.
 *
 * Thread: any, with a txn of its own. */
#ifndef TERRACE_NODE_API_CLOCK_NOTICE_H
#define TERRACE_NODE_API_CLOCK_NOTICE_H

#include "node/api/json.h"
#include "node/text/text.h"

/* Member `clock_notice`: a sentence; "" while no such alarm is open, as the store has them. */
void out_clock_notice(struct json_out *out, struct txn *txn, enum language language);

#endif
