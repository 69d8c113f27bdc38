/* block - the unit of storage, transport and proof, as bytes.
 *
 *   block  = header (BLOCK_HEADER_SIZE) signature (64) body (body_size)
 *   body   = raw, or one zstd frame of it (header.codec)
 *   raw    = u32 entries_size, entries, groups
 *   entry  = varint kind, varint format, varint time_ms, varint body_size, body
 *   group  = who approved a run of the entries together (see struct approval_group)
 *
 * The header has a fixed layout, so that a signature never depends on an encoder. A block is
 * forwarded and stored as the bytes its author made; nothing here re-encodes a foreign one.
 * Nothing here hashes or signs either: that is replicator/log.h.
 *
 * Every reader here treats its input as hostile: sizes are checked before anything is read or
 * allocated, and an answer is a status. Thread: any. */
#ifndef TERRACE_PROTO_BLOCK_H
#define TERRACE_PROTO_BLOCK_H

#include "proto/division.h"
#include "proto/status.h"

enum {
    BLOCK_VERSION = 1,
    HASH_SIZE = 32,
    SIGNATURE_SIZE = 64,
    PUBLIC_KEY_SIZE = 32,
    KEY_ID_SIZE = 8,
    BLOCK_ENTRIES_MAX = 4096,
    BLOCK_RAW_BYTES_MAX = 1 << 20,
    BLOCK_GROUPS_MAX = 256,
    GROUP_PROOF_MAX = 64,       /* hashes in one range proof */
    GROUP_LEAVES_MAX = 1 << 20, /* documents approved together */
    ENTRY_BODY_BYTES_MAX = 64 << 10,
};

enum suite { SUITE_ED25519_BLAKE2B = 1 }; /* 2 is reserved for SM2 with SM3 */
enum codec { CODEC_RAW = 0, CODEC_ZSTD = 1 };

struct hash {
    uint8_t at[HASH_SIZE];
};
struct signature {
    uint8_t at[SIGNATURE_SIZE];
};
struct public_key {
    uint8_t at[PUBLIC_KEY_SIZE];
};
struct key_id { /* the first bytes of the tagged hash of a public key */
    uint8_t at[KEY_ID_SIZE];
};
#define HASH_ZERO ((struct hash){{0}})
static inline bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->at, b->at, sizeof a->at) == 0;
}

/* Who may hold a block. line X: every node from the root to X. tree X: line X and all below X. */
enum audience_kind { AUDIENCE_LINE = 1, AUDIENCE_TREE = 2 };
struct audience {
    enum audience_kind kind;
    struct division division;
};
static inline bool audience_equal(const struct audience *a, const struct audience *b)
{
    return a->kind == b->kind && division_equal(a->division, b->division);
}

struct block_header {
    uint8_t version;
    enum suite suite;
    enum codec codec;
    struct audience audience;
    struct hash tree;     /* fingerprint of the trust key */
    struct key_id key_id; /* the author's signing key */
    struct division author;
    uint32_t epoch;
    uint32_t count;        /* entries, 1..BLOCK_ENTRIES_MAX */
    uint64_t first_lsn;    /* from 1 */
    uint64_t aud_seq;      /* number of this block among those of its audience, from 1 */
    struct hash prev_hash; /* block before in the log; zero at lsn 1 */
    struct hash aud_prev;  /* block before of this audience; zero at aud_seq 1 */
    struct hash entries_root;
    struct hash state_digest; /* the author's ledger after the last entry */
    uint32_t raw_size, body_size;
    struct hash body_hash; /* of the body as stored, before decompression */
    uint64_t time_ms;      /* author's clock, Unix; orders nothing */
};

enum {
    BLOCK_HEADER_SIZE = 4 + 9 + 32 + 8 + 9 + 4 + 4 + 8 + 8 + 32 + 32 + 32 + 32 + 4 + 4 + 32 + 8
};
enum {
    BLOCK_OVERHEAD = BLOCK_HEADER_SIZE + SIGNATURE_SIZE,
    BLOCK_BYTES_MAX = BLOCK_OVERHEAD + BLOCK_RAW_BYTES_MAX,
};

/* Appends exactly BLOCK_HEADER_SIZE bytes. */
void block_header_write(struct buf *buf, const struct block_header *header);

/* A received or stored block taken apart; views point into `whole`. */
struct block_view {
    struct block_header header;
    struct bytes whole;
    struct bytes header_bytes; /* what is hashed */
    struct signature signature;
    struct bytes body;
};

/* Errors: ERR_MALFORMED, ERR_TOO_LARGE, ERR_NEEDS_UPGRADE (version, suite or codec). */
enum status block_parse(struct block_view *out, struct bytes whole, struct err *err);

static inline uint64_t block_last_lsn(const struct block_header *header)
{
    return header->first_lsn + header->count - 1;
}

/* One fact of a log. Kinds 1-15 belong to the replicator, the rest to whoever uses it. */
enum { KIND_GRANT = 1, KIND_REVOKE = 2, KIND_USER_FIRST = 16 };
struct entry {
    uint64_t lsn;
    uint64_t time_ms;
    uint32_t kind, format;
    struct bytes body;
};

/* Appends the entry as it stands in raw (lsn is implied by position). */
void entry_write(struct buf *buf, const struct entry *entry);

/* What `count` entries of this block, from `first_entry` on, were approved as: a run of leaves
 * first_leaf .. first_leaf + count - 1 of a Merkle tree of leaf_count documents, whose root the
 * person of `key` signed. `proof` is the range proof of replicator/merkle.h. Two groups (maker,
 * checker) may cover the same entries. */
enum approval_role { ROLE_MAKER = 1, ROLE_CHECKER = 2 };
struct approval_group {
    enum suite suite; /* of key and signature; who checks them refuses one it does not know */
    enum approval_role role;
    struct public_key key;
    struct signature signature;
    uint32_t first_entry, count; /* index in the block */
    uint32_t first_leaf, leaf_count;
    uint32_t proof_count;
    const struct hash *proof; /* unaligned view into raw, or the writer's array */
};
void group_write(struct buf *buf, const struct approval_group *group);

/* The decoded body. Entries' views point into `raw`, which the block owns. Reusable. */
struct block_body {
    struct buf raw;
    struct entry *entries;
    size_t count, capacity;
    struct approval_group *groups;
    size_t group_count, group_capacity;
};
#define BLOCK_BODY_EMPTY ((struct block_body){BUF_EMPTY, NULL, 0, 0, NULL, 0, 0})
/* Decompresses into exactly header.raw_size and reads all entries and groups. The caller has
 * checked the signature and body_hash. Errors: ERR_MALFORMED, ERR_TOO_LARGE. */
enum status block_body_read(struct block_body *out, const struct block_view *block,
                            struct err *err);
void block_body_free(struct block_body *body);

/* Joins entries and groups into raw and compresses it where that helps; sets header's codec,
 * raw_size and body_size. `body` receives the bytes to hash and store. */
void block_body_write(struct buf *body, struct block_header *header, struct bytes entries,
                      struct bytes groups);

#endif
