/* access_note - what a request leaves in the chain of accesses (node/core/accesses.h).
 *
 *   admitted --access_note_asked--> the route runs --access_note_outcome
 *
 * A write, and a read of what names persons and accounts, is noted before it is done, so that a
 * write is in the same commit as its note; a write that came to nothing is noted once more, and so
 * is whoever asked what his role may not. Logging in and out is noted by its route: of a
 * login it alone knows the name. What nobody in particular asks without success is not noted:
 * anybody could fill the disk with it.
 *
 * Owns: nothing. Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ACCESS_NOTE_H
#define TERRACE_NODE_API_ACCESS_NOTE_H

#include "node/api/request.h"

/* False with the error answered, when it cannot be noted: it must then not be done. */
bool access_note_asked(const struct request *request, struct answer *answer, bool names_persons);
/* `admitted`: it was let in, and has answered. */
void access_note_outcome(const struct request *request, const struct answer *answer, bool admitted);
/* `why` is OK, or what session.h says; who is locked out is not noted again. */
void access_note_login(const struct request *request, const char *name, enum status why);
/* Of whoever is in. It is done whether it can be noted or not. */
void access_note_logout(const struct request *request);

#endif
