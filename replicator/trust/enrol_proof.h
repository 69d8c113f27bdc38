/* enrol_proof - what both ends of an enrolment must read alike: the request and its proof.
 *
 * The proof is the joining node's signature over every field of the request, so that nobody can
 * lay another link key or endpoint beside a signing key. Internal to enrol.c and enrol_join.c.
 * Thread: any. */
#ifndef TERRACE_REPLICATOR_TRUST_ENROL_PROOF_H
#define TERRACE_REPLICATOR_TRUST_ENROL_PROOF_H

#include "replicator/trust/enrol.h"

struct enrol_message {
    struct division division;
    uint8_t secret[32];
    struct public_key sign_key;
    uint8_t curve_key[32];      /* zero in a confirm */
    struct signature key_proof; /* zero in a confirm */
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    uint64_t unix_ms;
    bool confirm;
    struct grant_terms terms; /* founders; none in a confirm */
    struct enrol_end end;     /* zeros but in a recovery */
    struct signature proof;
};

struct hash enrol_proof_hash(const struct enrol_message *message);

#endif
