/* crypto - the one door to libsodium: tagged hashes, signatures, keys, sealing.
 *
 * Every hash carries the tag of its use (BLAKE2b-256 with the tag as personalisation), so a
 * leaf can never pass for a node, nor a grant for an approval. Signatures are made over such
 * hashes only. Thread: any, after crypto_init. */
#ifndef TERRACE_REPLICATOR_TRUST_CRYPTO_H
#define TERRACE_REPLICATOR_TRUST_CRYPTO_H

#include "proto/block.h"

enum tag {
    TAG_LEAF,          /* entry in a block */
    TAG_NODE,          /* inner node of any Merkle tree */
    TAG_BLOCK,         /* block header */
    TAG_BODY,          /* block body as stored */
    TAG_STATE,         /* state digest */
    TAG_APPROVAL_LEAF, /* document under approval */
    TAG_APPROVAL,      /* what a person signs */
    TAG_COSIGN,
    TAG_GRANT,
    TAG_BEAT,
    TAG_ENROL,   /* a joining node's proof of its signing key */
    TAG_TOKEN,   /* an enrolment secret, as stored */
    TAG_KEY,     /* fingerprint and key id */
    TAG_CONTENT, /* a document's content */
    TAG_ROSTER,
    TAG_KEY_PROOF, /* an identity key's word for a link key */
    TAG_CONSENT,   /* a former epoch's word for a grant */
    TAG_FILE,      /* a file of the store, against rot */
    TAG_ARRIVAL,   /* the order in which entries came here */
    TAG_WEBHOOK,   /* what is posted to another program */
    TAG_BROWSER,   /* what a browser signs to ask for its key */
    TAG_ACCESS,    /* a row of the chain of accesses */
    TAG_ASKER,     /* the keys of who asks to join, for a person to compare */
    TAG_OBJECTION, /* a former epoch's word against the one that took its place */
    TAGS
};

/* Once, before threads. ERR_KEY when the library cannot start. */
enum status crypto_init(struct err *err);

struct hasher {
    _Alignas(64) uint8_t opaque[384];
};
void hasher_begin(struct hasher *hasher, enum tag tag);
void hasher_add(struct hasher *hasher, const void *data, size_t size);
void hasher_add_u32(struct hasher *hasher, uint32_t number); /* big-endian */
void hasher_add_u64(struct hasher *hasher, uint64_t number);
/* With its size in front, so that two fields cannot trade bytes. */
void hasher_add_bytes(struct hasher *hasher, struct bytes bytes);
struct hash hasher_end(struct hasher *hasher);
struct hash hash_of(enum tag tag, struct bytes data);

struct sign_key { /* keep in locked memory; wipe with crypto_wipe */
    uint8_t secret[64];
    struct public_key public;
};
void sign_key_generate(struct sign_key *key);
struct key_id key_id_of(const struct public_key *key);
struct hash key_fingerprint(const struct public_key *key);
struct signature sign_hash(const struct sign_key *key, const struct hash *hash);
bool signature_ok(const struct public_key *key, const struct hash *hash,
                  const struct signature *signature);

/* HMAC-SHA256 over one text behind the other: for those outside, who know no other. */
void hmac_sha256(uint8_t out[32], struct bytes key, struct bytes first, struct bytes second);

struct curve_key { /* X25519, for CURVE */
    uint8_t secret[32], public[32];
};
void curve_key_generate(struct curve_key *key);

/* Random bytes for secrets. */
void crypto_random(void *out, size_t size);
void crypto_wipe(void *memory, size_t size);
bool crypto_equal(const void *a, const void *b, size_t size); /* constant time */

/* Seals a secret under a passphrase (Argon2id, then XSalsa20-Poly1305): salt, limits, nonce and
 * box in one piece. `light` uses the least cost, for secrets that are random already. Slow on
 * purpose: never on the loop thread. Errors of unseal: ERR_KEY (wrong passphrase or altered). */
void secret_seal(struct buf *out, struct bytes secret, struct bytes passphrase, bool light);
/* Errors: ERR_KEY. */
enum status secret_unseal(void *out, size_t size, struct bytes sealed, struct bytes passphrase,
                          struct err *err);

#endif
