/* audit - a log that is held, checked against itself block by block: the one place that does it.
 *
 *   block --> key of its epoch --> signature, body hash --> chain of the log and of its audience
 *     |                                                        | a fault: audit_pass, and on
 *     +-> body --> as many entries as the header says, under its Merkle root
 *
 * A log of one's own subtree is held whole, but for what the root lost of its own (roster.h). Of
 * any other there are the blocks addressed to us, and only the chain of each audience tells that
 * none is missing.
 *
 * Owns: the ends of the chains. Thread: one at a time. */
#ifndef TERRACE_REPLICATOR_LOG_AUDIT_H
#define TERRACE_REPLICATOR_LOG_AUDIT_H

#include "replicator/trust/roster.h"

struct audit_chain { /* of one audience */
    struct audience audience;
    uint64_t aud_seq;
    struct hash hash;
};

struct audit {
    const struct roster *roster;
    struct division author;
    bool whole;
    uint32_t epoch;
    uint64_t last_lsn; /* of the last good block, 0 before the first */
    struct hash last_hash;
    struct audit_chain *chains;
    size_t chain_count, chain_capacity;
    struct hash *leaves; /* BLOCK_ENTRIES_MAX */
};

void audit_begin(struct audit *audit, const struct roster *roster, struct division author,
                 bool whole);
void audit_end(struct audit *audit);

/* The next block as it is stored. Errors (in words that name no place): ERR_CORRUPT (of another
 * author, body), ERR_MALFORMED (its one entry), ERR_NOT_YET (epoch), ERR_BAD_SIGNATURE (key, or
 * another tree), ERR_GAP (chains). */
enum status audit_block(struct audit *audit, const struct block_view *block, struct err *err);
/* Beyond a block at which audit_block found a fault: what follows is held against it as it stands.
 */
void audit_pass(struct audit *audit, const struct block_view *block);

/* A body that was taken apart: does the root over its entries stand in the header? `leaves` is
 * room for one of each entry. Where signature and body hash hold, that is the author's fault, and
 * no intake looks for it. Errors: ERR_CORRUPT. */
enum status audit_root(const struct block_header *header, const struct block_body *body,
                       struct hash *leaves, struct err *err);

#endif
