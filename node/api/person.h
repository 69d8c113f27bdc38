/* person - the one who signs: the operator of a request's session with his unlocked key.
 *
 * Owns: nothing; the session's key is copied to the caller, who wipes it.
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_PERSON_H
#define TERRACE_NODE_API_PERSON_H

#include "node/api/request.h"
#include "node/office/submit.h"

/* Who signs, for a route that only takes persons (admission.h). False with the error answered, when
 * the session ended meanwhile. The caller wipes `secret` after true. */
bool request_person(const struct request *request, struct answer *answer, struct person *person,
                    struct sign_key *secret);

#endif
