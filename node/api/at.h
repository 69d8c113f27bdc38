/* at - ?at=: an answer as things stood, and not as they are.
 *
 *   2026-03-31            the end of that day, by the clock of the accounts (clocks.h)
 *   2026-03-31T08:00:00Z  that moment
 *   248                   the entry of that number in the division's own log
 *
 * The moment itself counts. A view that went back reads the ledger as it stood then (past.h):
 * whatever reads the view's txn says what it would have said, and for which entries.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_AT_H
#define TERRACE_NODE_API_AT_H

#include "node/api/roster_snapshot.h"

/* The first moment that is too late; 0 when nothing is asked: now. False with bad_request answered.
 */
bool request_at(const struct request *request, struct answer *answer, const struct view *view,
                struct division division, uint64_t *until_ms);

/* From here on the view is of the moment before `until_ms`, for `division` or its jurisdiction; 0:
 * it stays as it is. False with the error answered: too_large where it would cost too much. */
bool view_go_back(struct view *view, const struct request *request, struct answer *answer,
                  const struct roster_snapshot *roster, struct division division, enum scope scope,
                  uint64_t until_ms);

#endif
