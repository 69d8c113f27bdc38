/* blocks - a signed block of entries, and a person's approval of one, as a node makes them.
 *
 * Owns:   nothing.
 * Thread: any. */
#ifndef TERRACE_TESTS_HARNESS_BLOCKS_H
#define TERRACE_TESTS_HARNESS_BLOCKS_H

#include "replicator/trust/crypto.h"

/* Replaces `out` by the whole block of as many entries as header->count says, approved by nobody:
 * finds their root, writes the body and signs. Returns the block's hash. */
struct hash block_of_entries(struct buf *out, struct block_header *header,
                             const struct entry *entries, const struct hash *tree,
                             const struct sign_key *key);

/* One person's approval, as `role`, of one entry of `author` in its first epoch, given when it was
 * entered. It covers the first entry of its block, unless the caller says otherwise. */
struct approval_group approval_of_entry(const struct entry *entry, struct division author,
                                        enum approval_role role, const struct hash *tree,
                                        const struct sign_key *key);

#endif
