/* visits - who proves a link key that is over: its division was revoked, or another key was granted
 * in its place. He is no neighbour, and has no session.
 *
 *   any frame --> Superseded: what became of that division here
 *   objection, which stands --> entry of the own log on `tree` of the division --> durable --> the
 *   same with status 0
 *
 * One frame is taken, an objection, and it need not be from a child: an owner whose parent does not
 * hear him comes to who is above it. All else is refused, before more than VISIT_BYTES_MAX of it is
 * looked at.
 *
 * Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_VISITS_H
#define TERRACE_REPLICATOR_SESSION_VISITS_H

#include "replicator/trust/roster.h"

enum { VISIT_BYTES_MAX = 1024, VISIT_WORD_BYTES_MAX = 64 << 10 };

struct replicator;
struct txn;

/* Whose key was it? False when it is nobody's below, or not over. */
bool visits_find(const struct replicator *r, const uint8_t curve_key[32], struct division *who);
/* Takes what came under that key. `answer` gets a frame, which leaves once the turn is durable; it
 * stays empty when the key is not over any more. */
void visits_take(struct replicator *r, struct txn *txn, const uint8_t curve_key[32],
                 struct bytes raw, struct buf *answer);
/* The roster keeps an objection of this division. */
void visits_objected(struct replicator *r, struct division division);

#endif
