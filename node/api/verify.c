#include "node/api/verify.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/query.h"
#include "replicator/log.h"
#include "replicator/merkle.h"

enum { AUDIENCES_MAX = 256 };

/* The newest block of one audience of a log from above. */
struct audience_head {
    struct audience audience;
    uint64_t aud_seq;
    struct hash hash;
};

/* One log being walked. */
struct walk {
    struct verification *result;
    const struct service *service;
    const struct roster *roster;
    struct division author;
    bool whole; /* own or below: every block is held */
    bool deep;
    bool begun;
    uint32_t epoch;
    uint64_t last_lsn;
    struct hash last_hash;
    struct audience_head *heads; /* of a log from above */
    size_t head_count;
};

static bool fault(struct verification *result, struct division division, uint64_t lsn,
                  const char *what)
{
    result->sound = false;
    if (lsn > 0) {
        (void)snprintf(result->fault, sizeof result->fault, "%s lsn %" PRIu64 ": %s", division.code,
                       lsn, what);
    } else {
        (void)snprintf(result->fault, sizeof result->fault, "%s: %s", division.code, what);
    }
    return false;
}

static bool check_key(struct walk *walk, const struct block_view *block, struct hash *hash)
{
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(walk->roster, header->author, header->epoch);
    struct err err;

    if (!division_equal(header->author, walk->author)) {
        return fault(walk->result, walk->author, header->first_lsn, "block of another author");
    }
    if (grant == NULL) {
        return fault(walk->result, walk->author, header->first_lsn, "no grant for its epoch");
    }
    if (block_verify(block, &walk->service->tree, &grant->sign_key, hash, &err) != OK) {
        return fault(walk->result, walk->author, header->first_lsn, err.text);
    }
    walk->result->signatures++;
    return true;
}

/* Every block follows the one before. A later epoch goes on from its grant's base. */
static bool check_chain(struct walk *walk, const struct block_header *header)
{
    if (!walk->begun && header->first_lsn != 1) {
        return fault(walk->result, walk->author, header->first_lsn, "the log does not begin at 1");
    }
    if (walk->begun && header->first_lsn != walk->last_lsn + 1) {
        return fault(walk->result, walk->author, header->first_lsn, "a block before it is missing");
    }
    if (walk->begun && header->epoch < walk->epoch) {
        return fault(walk->result, walk->author, header->first_lsn, "its epoch is an older one");
    }
    if (!hash_equal(&header->prev_hash, &walk->last_hash)) {
        return fault(walk->result, walk->author, header->first_lsn,
                     "it does not follow the block before it");
    }
    return true;
}

static struct audience_head *head_of(struct walk *walk, const struct audience *audience)
{
    struct audience_head *head;

    for (size_t i = 0; i < walk->head_count; i++) {
        if (audience_equal(&walk->heads[i].audience, audience)) {
            return &walk->heads[i];
        }
    }
    if (walk->head_count == AUDIENCES_MAX) {
        return NULL;
    }
    head = &walk->heads[walk->head_count++];
    *head = (struct audience_head){*audience, 0, HASH_ZERO};
    return head;
}

static bool check_audience(struct walk *walk, const struct block_header *header,
                           const struct hash *hash)
{
    struct audience_head *head = head_of(walk, &header->audience);

    if (head == NULL) {
        return fault(walk->result, walk->author, header->first_lsn, "too many audiences");
    }
    if (header->aud_seq != head->aud_seq + 1 || !hash_equal(&header->aud_prev, &head->hash)) {
        return fault(walk->result, walk->author, header->first_lsn,
                     "a block addressed to this node is missing before it");
    }
    head->aud_seq = header->aud_seq;
    head->hash = *hash;
    return true;
}

static bool check_root(struct walk *walk, const struct block_header *header,
                       const struct block_body *body)
{
    struct hash *leaves = mem_zalloc(body->count * sizeof *leaves);
    struct hash root;

    for (size_t i = 0; i < body->count; i++) {
        leaves[i] = merkle_entry_leaf(&body->entries[i]);
    }
    root = merkle_root(leaves, body->count);
    mem_free(leaves);
    return hash_equal(&root, &header->entries_root) ||
           fault(walk->result, walk->author, header->first_lsn, "its Merkle root differs");
}

static bool check_group(struct walk *walk, const struct block_header *header,
                        const struct block_body *body, const struct approval_group *group)
{
    struct hash *run = mem_zalloc((group->count + 1) * sizeof *run);
    struct hash *proof = mem_zalloc((group->proof_count + 1) * sizeof *proof);
    struct hash root, signed_hash;
    bool good = false;

    for (uint32_t i = 0; i < group->count; i++) {
        const struct entry *entry = &body->entries[group->first_entry + i];
        run[i] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    }
    if (group->proof_count > 0) { /* unaligned in raw */
        memcpy(proof, group->proof, group->proof_count * sizeof *proof);
    }
    if (merkle_root_from(&root, run, group->count, group->first_leaf, group->leaf_count, proof,
                         group->proof_count)) {
        signed_hash = approval_hash(&walk->service->tree, header->author, group->role, &root);
        good = group->suite == SUITE_ED25519_BLAKE2B &&
               signature_ok(&group->key, &signed_hash, &group->signature);
    }
    mem_free(run);
    mem_free(proof);
    walk->result->signatures++;
    return good || fault(walk->result, walk->author, header->first_lsn + group->first_entry,
                         "an approval does not verify");
}

static bool check_body(struct walk *walk, const struct block_view *block)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;
    bool good;

    if (block_body_read(&body, block, &err) != OK) {
        good = fault(walk->result, walk->author, block->header.first_lsn, err.text);
    } else {
        good = check_root(walk, &block->header, &body);
        for (size_t i = 0; good && i < body.group_count; i++) {
            good = check_group(walk, &block->header, &body, &body.groups[i]);
        }
    }
    block_body_free(&body);
    return good;
}

static bool check_block(void *arg, const struct block_view *block)
{
    struct walk *walk = arg;
    const struct block_header *header = &block->header;
    struct hash hash;

    if (!check_key(walk, block, &hash) || (walk->whole && !check_chain(walk, header)) ||
        (!walk->whole && !check_audience(walk, header, &hash)) ||
        (walk->deep && !check_body(walk, block))) {
        return false;
    }
    walk->begun = true;
    walk->epoch = header->epoch;
    walk->last_lsn = block_last_lsn(header);
    walk->last_hash = hash;
    walk->result->blocks++;
    walk->result->entries += header->count;
    return true;
}

static bool check_log(struct verification *result, const struct service *service,
                      const struct view *view, const struct roster *roster,
                      const struct member *member, bool whole, bool deep)
{
    struct walk walk = {
        .result = result,
        .service = service,
        .roster = roster,
        .author = member->grant.division,
        .whole = whole,
        .deep = deep,
        .heads = mem_zalloc(AUDIENCES_MAX * sizeof *walk.heads),
    };
    struct err err;

    if (log_scan(view->store, view->snapshot, walk.author, 1, check_block, &walk, &err) != OK &&
        result->sound) {
        (void)fault(result, walk.author, 0, err.text);
    }
    mem_free(walk.heads);
    return result->sound;
}

static bool check_ledger(struct verification *result, const struct view *view,
                         const struct roster *roster, struct division division, bool deep)
{
    char text[240] = "";

    if (!query_verify(view->txn, roster, division, text, sizeof text)) {
        return fault(result, division, 0, text);
    }
    if (deep && !query_verify_deep(view->store, view->snapshot, roster, division, NULL, NULL, text,
                                   sizeof text)) {
        return fault(result, division, 0, text);
    }
    return true;
}

void verify_all(struct verification *result, const struct service *service, const struct view *view,
                bool deep)
{
    struct roster *roster = view_roster(view, &service->tree);
    struct err err;

    memset(result, 0, sizeof *result);
    result->sound = true;
    if (roster_find(roster, service->self) == NULL) {
        (void)fault(result, service->self, 0, "the grants held do not lead to the trust key");
    }
    for (size_t i = 0; i < roster_count(roster) && result->sound; i++) {
        const struct member *member = roster_at(roster, i);
        const struct division division = member->grant.division;
        const bool whole = roster_within(roster, division, service->self);

        if (!whole && !roster_within(roster, service->self, division)) {
            continue; /* a sibling: nothing of its log is held here */
        }
        result->divisions++;
        if (check_log(result, service, view, roster, member, whole, deep) && whole) {
            (void)check_ledger(result, view, roster, division, deep);
        }
    }
    if (result->sound && txn_status(view->txn, &err) != OK) {
        (void)fault(result, service->self, 0, err.text);
    }
    roster_free(roster);
}
