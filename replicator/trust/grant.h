/* grant - what a parent says of a division below it: its place, its keys, its epoch; as bytes.
 *
 *   struct grant --grant_seal--> SignedGrant of proto/link.proto --grant_open--> struct
 * sealed_grant
 *
 * A link key is certified by the identity key beside it: no granter can lay another's link key
 * there. What a grant may say is judged by the roster.
 *
 * Owns: nothing. Thread: any; pure. */
#ifndef TERRACE_REPLICATOR_TRUST_GRANT_H
#define TERRACE_REPLICATOR_TRUST_GRANT_H

#include "proto/number_set.h"
#include "replicator/trust/crypto.h"
#include "replicator/trust/grant_terms.h"

enum { NAME_BYTES_MAX = 96, ENDPOINT_BYTES_MAX = 128, GRANT_BYTES_MAX = 3072 };

struct grant {
    struct hash tree;                 /* fingerprint of the trust key */
    struct division division, parent; /* parent is DIVISION_NONE for the root */
    char name[NAME_BYTES_MAX + 1];
    uint32_t epoch; /* from 1 */
    uint32_t
        granter_epoch; /* the parent's, whose key signs; 0 at the root, and 0 means 1 elsewhere */
    struct public_key sign_key;
    uint8_t curve_key[32];
    struct signature key_proof;            /* sign_key's word for curve_key: link_key_proof */
    char endpoint[ENDPOINT_BYTES_MAX + 1]; /* where it listens for its children; may be "" */
    char second[ENDPOINT_BYTES_MAX + 1];   /* ... with this curve_key until all of them know of it,
                                            * while the former is served at `endpoint`; may be "" */
    uint64_t base_lsn;                     /* the log of this epoch goes on after base */
    struct hash base_hash;
    uint64_t time_ms;
    struct number_set policy; /* its numbers are the owner's business; it contains the granter's */
};

/* "This is the link key of my division of this tree", by the identity key: TAG_KEY_PROOF. Made
 * where both secrets are, by who joins and by who founds. */
struct hash link_key_hash(const struct hash *tree, struct division division,
                          const uint8_t curve_key[32]);
struct signature link_key_proof(const struct sign_key *key, const struct hash *tree,
                                struct division division, const uint8_t curve_key[32]);
/* Fills in tree, sign_key and key_proof of a grant that has its division and curve_key. */
void grant_certify(struct grant *grant, const struct hash *tree, const struct sign_key *key);

/* The bytes of a Grant: what the granter signs, and the former epoch's key when it consents. */
void grant_write(struct buf *out, const struct grant *grant, const struct grant_terms *terms);
/* Reads them. Errors: as of grant_parse. */
enum status grant_read(struct grant *out, struct grant_terms *terms, struct bytes written,
                       struct err *err);
/* What a consent to these bytes signs. */
struct hash grant_consent_hash(struct bytes written);

/* The grant and its signature, as an entry body (KIND_GRANT, GRANT_FORMAT) and in an enrolment
 * answer: protobuf SignedGrant of proto/link.proto. `signer` is the granter, or the trust key; what
 * it signs is
 *
 *   H(TAG_GRANT, size and bytes of `grant`, consent_suite or 0, size and bytes of `consent`)
 *
 * Parsing checks the form, and no signature. Errors: ERR_MALFORMED; ERR_NEEDS_UPGRADE (suite
 * unknown). */
/* Bytes that were written before, and the consent to them; NULL: none. */
void grant_seal_written(struct buf *out, struct bytes written, const struct signature *consent,
                        const struct sign_key *signer);
void grant_seal(struct buf *out, const struct grant *grant, const struct grant_terms *terms,
                const struct sign_key *signer);
enum status grant_parse(struct grant *out, struct bytes sealed, struct err *err);
enum status grant_parse_terms(struct grant_terms *out, struct bytes sealed, struct err *err);

/* One taken apart, its form checked, its signature not. Errors: as of grant_parse. */
struct sealed_grant {
    struct grant grant;
    struct grant_terms terms;
    struct hash hash; /* what the signer signed, and what a grant is known by */
    struct public_key signer;
    struct signature signature;
};
enum status grant_open(struct sealed_grant *out, struct bytes sealed, struct err *err);

#endif
