#include "replicator/log/audit.h"

#include <inttypes.h>

#include "proto/array.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/merkle.h"

void audit_begin(struct audit *audit, const struct roster *roster, struct division author,
                 bool whole)
{
    memset(audit, 0, sizeof *audit);
    audit->roster = roster;
    audit->author = author;
    audit->whole = whole;
    audit->leaves = mem_zalloc(BLOCK_ENTRIES_MAX * sizeof *audit->leaves);
}

void audit_end(struct audit *audit)
{
    mem_free(audit->chains);
    mem_free(audit->leaves);
    memset(audit, 0, sizeof *audit);
}

static enum status check_signed(const struct audit *audit, const struct block_view *block,
                                struct hash *hash, struct err *err)
{
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(audit->roster, header->author, header->epoch);

    if (!division_equal(header->author, audit->author)) {
        return err_set(err, ERR_CORRUPT, "block_other_author");
    }
    if (grant == NULL) {
        return err_set(err, ERR_NOT_YET, "block_epoch_ungranted");
    }
    return block_verify(block, roster_tree(audit->roster), &grant->sign_key, hash, err);
}

static struct audit_chain *chain_of(struct audit *audit, const struct audience *audience)
{
    struct audit_chain *chain;

    for (size_t i = 0; i < audit->chain_count; i++) {
        if (audience_equal(&audit->chains[i].audience, audience)) {
            return &audit->chains[i];
        }
    }
    ARRAY_ROOM(audit->chains, audit->chain_count, audit->chain_capacity);
    chain = &audit->chains[audit->chain_count++];
    *chain = (struct audit_chain){*audience, 0, HASH_ZERO};
    return chain;
}

/* A later epoch goes on from its grant's base, so the chain of the log runs through. */
static enum status check_log_chain(const struct audit *audit, const struct block_header *header,
                                   struct err *err)
{
    if (header->first_lsn > audit->last_lsn + 1 && header->epoch >= audit->epoch &&
        header->first_lsn <= roster_lost_lsn(audit->roster, audit->author)) {
        return OK; /* of what the root lost, others hold what was addressed to them */
    }
    if (header->first_lsn != audit->last_lsn + 1) {
        return err_set(err, ERR_GAP, "lsns_missing first=%" PRIu64 " last=%" PRIu64,
                       audit->last_lsn + 1, header->first_lsn - 1);
    }
    if (header->epoch < audit->epoch) {
        return err_set(err, ERR_GAP, "block_epoch_older");
    }
    if (!hash_equal(&header->prev_hash, &audit->last_hash)) {
        return err_set(err, ERR_GAP, "prev_hash_differs");
    }
    return OK;
}

static void follow(struct audit *audit, const struct block_header *header, const struct hash *hash)
{
    struct audit_chain *chain = chain_of(audit, &header->audience);

    chain->aud_seq = header->aud_seq;
    chain->hash = *hash;
    audit->epoch = header->epoch;
    audit->last_lsn = block_last_lsn(header);
    audit->last_hash = *hash;
}

enum status audit_block(struct audit *audit, const struct block_view *block, struct err *err)
{
    const struct block_header *header = &block->header;
    struct audit_chain *chain;
    struct hash hash;
    enum status status = check_signed(audit, block, &hash, err);

    if (status == OK && audit->whole) {
        status = check_log_chain(audit, header, err);
    }
    if (status != OK) {
        return status;
    }
    chain = chain_of(audit, &header->audience);
    if (header->aud_seq != chain->aud_seq + 1 || !hash_equal(&header->aud_prev, &chain->hash)) {
        return err_set(err, ERR_GAP, "audience_gap");
    }
    follow(audit, header, &hash);
    return OK;
}

void audit_pass(struct audit *audit, const struct block_view *block)
{
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(audit->roster, header->author, header->epoch);
    struct block_header whole = *header;
    struct hash hash = HASH_ZERO;
    struct err err;

    if (!division_equal(header->author, audit->author)) {
        return;
    }
    if (grant != NULL && block_root(&whole.entries_root, block, &err) == OK) {
        hash = block_hash(&whole, roster_tree(audit->roster), &grant->sign_key);
    }
    follow(audit, header, &hash);
}

enum status audit_root(const struct block_header *header, const struct block_body *body,
                       struct hash *leaves, struct err *err)
{
    struct hash root;

    if (body->count != header->count) {
        return err_set(err, ERR_CORRUPT, "block_count_differs");
    }
    if (block_implies_root(header)) {
        return OK;
    }
    for (size_t i = 0; i < body->count; i++) {
        leaves[i] = merkle_entry_leaf(&body->entries[i]);
    }
    root = merkle_root(leaves, body->count);
    return hash_equal(&root, &header->entries_root)
               ? OK
               : err_set(err, ERR_CORRUPT, "entries_root_differs");
}
