/* rotate_request - a child asks for its next epoch with other keys (rotating.h is its side): may it
 * be offered that?
 *
 *   Frame.rotate --> its next epoch, proven keys, nobody else's link key? --> an offer (amending.h)
 *                                       '-- Frame.rotate_refused
 *
 * Asked again, it is offered again; one that was granted since is answered by the log.
 *
 * Owns: nothing. Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_ROTATE_REQUEST_H
#define TERRACE_REPLICATOR_SESSION_ROTATE_REQUEST_H

#include "replicator/session/link.h"
#include "replicator/store/txn.h"

void rotate_request_take(struct replicator *r, struct txn *txn, struct link *link,
                         const Terrace__Rotate *message);

#endif
