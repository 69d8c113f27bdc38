/* routes_proof - GET /documents/ID/proof?division=: one document as it was signed, and each step by
 * which it is checked, done again for this answer (node/ledger/verify/verify_entry.h).
 *
 *   checks     signature, chain, path, persons, digest: each "good", "bad" or "unknown", and why
 *   approvals  who signed it in which role: name, key, when, with how many others
 *   block      where it stands, and what its author signed; path: hashes up to its root
 *   fields     tag, value, and what a code is called, of each; bytes: the same as it was signed,
 *              in hex; line: whose money a payment takes
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_PROOF_H
#define TERRACE_NODE_API_ROUTES_PROOF_H

#include "node/api/api.h"

route_fn get_proof;

#endif
