/* verify_unanswered - the list of transfers to register, held against the transfers themselves. It
 * comes of several logs, so no replay of one makes it, as verify_rows.h does with other rows.
 *
 * Thread: one. */
#ifndef TERRACE_NODE_LEDGER_VERIFY_VERIFY_UNANSWERED_H
#define TERRACE_NODE_LEDGER_VERIFY_VERIFY_UNANSWERED_H

#include "node/ledger/verify/verify_fault.h"

/* Makes the list again from the transfers from above that this node's division has not answered,
 * and compares it with the stored one, row by row. False: a fault. */
bool verify_unanswered(struct verify *verify);

#endif
