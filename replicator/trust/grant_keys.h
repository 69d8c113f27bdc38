/* grant_keys - the keys that a division asks to have in its next epoch, as a Rotate of
 * proto/link.proto.
 *
 * Owns: nothing. Thread: any; pure. */
#ifndef TERRACE_REPLICATOR_TRUST_GRANT_KEYS_H
#define TERRACE_REPLICATOR_TRUST_GRANT_KEYS_H

#include "replicator/trust/grant.h"

struct wanted_keys {
    uint32_t epoch; /* that is to have them */
    struct public_key sign_key;
    uint8_t curve_key[32];
    struct signature key_proof;          /* by sign_key, as it will stand in the grant */
    char second[ENDPOINT_BYTES_MAX + 1]; /* grant.second; "" */
};

/* `message` points into `wanted`. */
void wanted_keys_write(Terrace__Rotate *message, const struct wanted_keys *wanted);
/* The form, and that who wants sign_key has it. Errors: ERR_MALFORMED; ERR_NEEDS_UPGRADE (suite);
 * ERR_BAD_SIGNATURE (key_proof). */
enum status wanted_keys_read(struct wanted_keys *out, const Terrace__Rotate *message,
                             const struct hash *tree, struct division division, struct err *err);
/* Are they those of this grant? */
bool wanted_keys_are_of(const struct wanted_keys *wanted, const struct grant *grant);
/* Gives the grant these keys. */
void wanted_keys_put(struct grant *grant, const struct wanted_keys *wanted);
/* Those that it has. */
struct wanted_keys wanted_keys_of(const struct grant *grant);

#endif
