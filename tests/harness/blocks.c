#include "tests/harness/blocks.h"

#include <assert.h>

#include "replicator/log/sealing.h"
#include "replicator/trust/merkle.h"

struct hash block_of_entries(struct buf *out, struct block_header *header,
                             const struct entry *entries, const struct hash *tree,
                             const struct sign_key *key)
{
    struct hash leaves[BLOCK_ENTRIES_MAX], hash;
    struct buf written = BUF_EMPTY, body = BUF_EMPTY;

    assert(header->count <= BLOCK_ENTRIES_MAX);
    for (size_t i = 0; i < header->count; i++) {
        leaves[i] = merkle_entry_leaf(&entries[i]);
        entry_write(&written, &entries[i]);
    }
    header->entries_root = merkle_root(leaves, header->count);
    block_body_write(&body, header, buf_bytes(&written), BYTES_NONE);
    buf_clear(out);
    hash = block_seal(out, header, buf_bytes(&body), tree, key);
    buf_free(&written);
    buf_free(&body);
    return hash;
}

struct approval_group approval_of_entry(const struct entry *entry, struct division author,
                                        enum approval_role role, const struct hash *tree,
                                        const struct sign_key *key)
{
    const struct hash leaf = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    const struct approval_terms terms = {.tree = *tree,
                                         .author = author,
                                         .epoch = 1,
                                         .role = role,
                                         .time_ms = entry->time_ms,
                                         .root = merkle_root(&leaf, 1)};
    const struct hash hash = approval_hash(&terms);

    return (struct approval_group){.suite = SUITE_ED25519_BLAKE2B,
                                   .role = role,
                                   .key = key->public,
                                   .signature = sign_hash(key, &hash),
                                   .time_ms = entry->time_ms,
                                   .count = 1,
                                   .leaf_count = 1};
}
