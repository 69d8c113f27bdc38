/* identities - who is who in a test's tree: the key of trust, and grants from it downwards.
 *
 *     trust --seals--> the root's grant; the root's key --seals--> its child's grant; and so on
 *
 * Owns:   nothing.
 * Thread: any. */
#ifndef TERRACE_TESTS_HARNESS_IDENTITIES_H
#define TERRACE_TESTS_HARNESS_IDENTITIES_H

#include "replicator/trust/roster.h"

struct trust {
    struct sign_key key;
    struct hash tree; /* its fingerprint */
};

/* Readies the crypto library: the set-up of a group whose tests begin without a tree. 0: done. */
int crypto_set_up(void **state);

/* A new key; what it seals belongs to a tree of its own. Readies the crypto library, too. */
void trust_generate(struct trust *trust);

/* The first epoch of a division, named by its code and with a link key made of it. A root's parent
 * is DIVISION_NONE. Whatever a test wants otherwise is changed before the grant is sealed. */
struct grant first_grant(struct division division, struct division parent);

/* Terms with which their holder may grant every code. */
const struct grant_terms *every_code(void);
/* The former epoch's key agrees to a grant with these terms, as they stand. */
void consent(struct grant_terms *terms, const struct grant *grant, const struct sign_key *former);

/* Appends the grant to `out`, with which its holder may grant every code: certified by its holder,
 * whose key it names from then on, and sealed by `signer`, or by the key of trust when that is
 * NULL. */
void trust_seal(const struct trust *trust, struct grant *grant, const struct sign_key *holder,
                const struct sign_key *signer, struct buf *out);

/* The same, added to a roster that must take it as new. */
void trust_admit(const struct trust *trust, struct grant *grant, const struct sign_key *holder,
                 const struct sign_key *signer, struct roster *roster);

#endif
