/* browser_signing - a batch that its checker signs in his browser, with a key of his that never
 * leaves it.
 *
 *   POST /review "sign":true --> "signing": {"tree","author","epoch","time_ms","parts":[{"root",
 *                                            "hash"}]}           one part a SIGNED_MAX documents
 *   the browser: hash = BLAKE2b of the terms and the root that its person has seen; signs each
 *   POST /approve "signed"   --> {"key","epoch","time_ms","signatures"}: verified over what waits
 *                                now, never over what the browser says of it
 *
 * Whoever signs has had the batch before his eyes within SIGNING_AGE_MAX_MS.
 *
 * Owns: nothing; plain values.
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_BROWSER_SIGNING_H
#define TERRACE_NODE_API_BROWSER_SIGNING_H

#include "node/api/request.h"
#include "node/office/selection.h"

enum {
    SIGNING_AGE_MAX_MS = 10 * 60 * 1000,
    SIGNING_PARTS_MAX = SELECTED_MAX / SIGNED_MAX,
};

struct browser_signing {
    struct approval_terms terms;
    struct signature signatures[SIGNING_PARTS_MAX];
};

/* "signing": what is to be signed of these documents, as of `terms`. */
void write_signing(struct json_out *out, const struct approval_terms *terms,
                   const struct selection *selection);

/* What a browser handed in for `selection`, verified: good signatures, of a key that `checker` has
 * and an admin confirmed. checker->key is that key then. False with the error answered. */
bool browser_signing_read(struct browser_signing *signing, const struct request *request,
                          struct answer *answer, const json_t *typed,
                          const struct selection *selection, struct person *checker);

#endif
