/* split - part of a line becomes another: what that one says of itself.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_SPLIT_H
#define TERRACE_NODE_LEDGER_FAMILIES_SPLIT_H

#include "node/ledger/context.h"

/* Writes the elements of the line that `document` splits into it, where it says none itself.
 * `origin` are those elements; its texts lie in `memory`, which then has room for
 * INHERIT_MORE_BYTES. False when there is no such line. */
bool split_complete(struct ledger *ledger, struct txn *txn, struct document *document,
                    struct buf *memory, struct document *origin);

#endif
