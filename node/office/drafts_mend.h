/* drafts_mend - rows of drafts that came out of a damaged store, and do not all fit each other any
 * more: a draft without the post it was in, whose signature it needs, is none; a post counts those
 * that are left; no sequence is given twice.
 *
 * Thread: the loop's, before a node is open. */
#ifndef TERRACE_NODE_OFFICE_DRAFTS_MEND_H
#define TERRACE_NODE_OFFICE_DRAFTS_MEND_H

#include "replicator/store/txn.h"

/* Stages it. *lost: drafts that waited, and are none now. Errors: ERR_IO, ERR_CORRUPT. */
enum status drafts_mend(struct txn *txn, uint64_t *lost, struct err *err);
/* Has a row of a draft, a post, or what counts them, the form that is written? */
bool draft_row_fits(struct bytes key, struct bytes value);

#endif
