/* block - the unit of storage, transport and proof, as bytes.
 *
 *   block  = header, signature (64), body (all the rest)
 *   header = version(1) suite(1) flags(1) author [audience] epoch first_lsn [count] aud_seq
 *            [raw_size] time_ms prev_hash [aud_prev] [entries_root] state_digest body_hash
 *   body   = raw, or one zstd frame of it
 *   raw    = u32 entries_size, entries, groups
 *   entry  = varint kind, varint format, varint time_ms, varint body_size, body
 *   group  = who approved a run of the entries together (see struct approval_group)
 *
 * Divisions in a header are size(1) and code, numbers varints, hashes 32 bytes. What the receiver
 * can tell by itself is left out, and must be: that a part is there which could be left out is an
 * error, so that a header has one form. In brackets above, by the flags (enum block_flag):
 *
 *   audience      the division, when it is not the author
 *   count         when it is not 1
 *   raw_size      when the body is compressed; else it is the body's size
 *   aud_prev      when it is not prev_hash
 *   entries_root  but of one entry in an uncompressed body, whose leaf it is (no flag)
 *
 * Never there: the trust key's fingerprint and the signing key's id, which the roster tells by
 * author and epoch, and the body's size. All of it is signed: the signature is over the hash of the
 * whole header in a fixed layout (block_hash of replicator/log/sealing.h), which never depends on
 * what is left out here.
 *
 * A block is forwarded and stored as the bytes its author made; nothing here re-encodes a foreign
 * one. Nothing here hashes or signs either: that is replicator/log/sealing.h.
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
    struct division author;
    uint32_t epoch;
    uint32_t count;           /* entries, 1..BLOCK_ENTRIES_MAX */
    uint64_t first_lsn;       /* from 1 */
    uint64_t aud_seq;         /* number of this block among those of its audience, from 1 */
    struct hash prev_hash;    /* block before in the log; zero at lsn 1 */
    struct hash aud_prev;     /* block before of this audience; zero at aud_seq 1 */
    struct hash entries_root; /* zero where block_implies_root */
    struct hash state_digest; /* the author's ledger after the last entry */
    uint32_t raw_size, body_size;
    struct hash body_hash; /* of the body as stored, before decompression */
    uint64_t time_ms;      /* author's clock, Unix; orders nothing */
};

enum block_flag {
    BLOCK_TREE = 1,           /* the audience is a tree, else a line */
    BLOCK_OTHER_DIVISION = 2, /* ... of another division than the author */
    BLOCK_OTHER_AUD_PREV = 4,
    BLOCK_MANY = 8, /* more than one entry */
    BLOCK_ZSTD = 16,
    BLOCK_FLAGS = 31
};
enum {
    BLOCK_HEADER_BYTES_MIN = 3 + 2 + 4 + 3 * HASH_SIZE,
    BLOCK_HEADER_BYTES_MAX =
        3 + 2 * (1 + DIVISION_CODE_MAX) + 5 + 10 + 2 + 10 + 3 + 10 + 5 * HASH_SIZE,
    BLOCK_OVERHEAD_MAX = BLOCK_HEADER_BYTES_MAX + SIGNATURE_SIZE,
    BLOCK_BYTES_MAX = BLOCK_OVERHEAD_MAX + BLOCK_RAW_BYTES_MAX,
};

/* Is entries_root the leaf of the one entry, which stands in the body as it is? */
static inline bool block_implies_root(const struct block_header *header)
{
    return header->count == 1 && header->codec == CODEC_RAW;
}

/* Appends the header as it travels. */
void block_header_write(struct buf *buf, const struct block_header *header);

/* A received or stored block taken apart; views point into `whole`. */
struct block_view {
    struct block_header header;
    struct bytes whole;
    struct bytes header_bytes;
    struct signature signature;
    struct bytes body;
};

/* Errors: ERR_MALFORMED, ERR_TOO_LARGE, ERR_NEEDS_UPGRADE (version, suite or codec). */
enum status block_parse(struct block_view *out, struct bytes whole, struct err *err);

static inline uint64_t block_last_lsn(const struct block_header *header)
{
    return header->first_lsn + header->count - 1;
}

/* One fact of a log. Kinds 1-15 belong to the replicator, the rest to whoever uses it. This version
 * writes and reads grants, revocations, endpoints and objections; the other numbers are taken, and
 * nothing else may use them. */
enum link_kind {
    KIND_GRANT = 1,
    KIND_REVOKE = 2,
    KIND_ENDPOINT = 4,
    KIND_OBJECTION = 5,
    KIND_USER_FIRST = 16
};
enum { GRANT_FORMAT = 2, REVOKE_FORMAT = 1, ENDPOINT_FORMAT = 1, OBJECTION_FORMAT = 1 };
/* Does this version know what an entry of such a kind says? A replica stops before the first that
 * it does not know: what it skipped could end what it obeys. */
static inline bool link_kind_known(uint32_t kind, uint32_t format)
{
    return (kind == KIND_GRANT && format == GRANT_FORMAT) ||
           (kind == KIND_REVOKE && format == REVOKE_FORMAT) ||
           (kind == KIND_ENDPOINT && format == ENDPOINT_FORMAT) ||
           (kind == KIND_OBJECTION && format == OBJECTION_FORMAT);
}

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
 * person of `key` signed at time_ms, for this author in this epoch (approval_hash). `proof` is the
 * range proof of replicator/trust/merkle.h. Two groups (maker, checker) may cover the same entries;
 * one that runs beyond its block or its tree is malformed, and so is the block.
 *
 *   group = suite(1) role(1) key(32) signature(64), then as varints time_ms, first_entry, count,
 *           first_leaf, leaf_count, proof_count, then proof_count hashes */
enum approval_role { ROLE_MAKER = 1, ROLE_CHECKER = 2 };
struct approval_group {
    enum suite suite; /* of key and signature; who checks them refuses one it does not know */
    enum approval_role role;
    struct public_key key;
    struct signature signature;
    uint64_t time_ms;            /* when it was signed, by the author's clock */
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

/* The one entry of a body that implies the root; its views point into the block. The caller has
 * checked nothing yet. Errors: ERR_MALFORMED. */
enum status block_lone_entry(struct entry *out, const struct block_view *block, struct err *err);

/* Joins entries and groups into raw and compresses it where that helps; sets header's codec,
 * raw_size and body_size, by its count. `body` receives the bytes to hash and store. */
void block_body_write(struct buf *body, struct block_header *header, struct bytes entries,
                      struct bytes groups);

#endif
