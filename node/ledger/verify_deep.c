/* A division's whole log, read again from its blocks: chains, signatures, Merkle roots, approvals
 * and digests; then its ledger, replayed into memory, against the stored rows.
 *
 *   block --> signature, hashes, chain --> scratch ledger --> digest == the header's
 *                                               |
 *                                     every row == the stored row
 *
 * The scratch ledger lives in a txn over a store that is empty and stays so. It grows with the
 * ledger, not with the log; a row takes a few hundred bytes. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/ledger/query_internal.h"
#include "proto/bug.h"
#include "replicator/log.h"
#include "replicator/merkle.h"

/* --- a store with nothing in it --- */

static enum status empty_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                             struct bytes key, struct buf *value, struct err *err)
{
    (void)self;
    (void)snapshot;
    (void)space;
    (void)key;
    (void)err;
    buf_clear(value);
    return ERR_NOT_FOUND;
}

static enum status empty_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes prefix, struct bytes from, store_visit_fn *visit,
                              void *arg, struct err *err)
{
    (void)self;
    (void)snapshot;
    (void)space;
    (void)prefix;
    (void)from;
    (void)visit;
    (void)arg;
    (void)err;
    return OK;
}

static const struct store_ops empty_ops = {.get = empty_get, .scan = empty_scan};
static const struct store empty_store = {.ops = &empty_ops};

/* --- the state of one run --- */

struct chain_end { /* of one audience */
    struct audience audience;
    uint64_t aud_seq;
    struct hash hash;
};

struct person_key {
    struct public_key key;
    uint32_t roles; /* bits; ROLE_MAKER and ROLE_CHECKER are the first two */
};

struct replay {
    const struct store *store;
    struct store_snapshot *snapshot;
    const struct roster *roster;
    struct division division;
    struct txn *stored, *scratch;
    struct ledger *ledger;
    struct ledger_position position; /* up to where the stored ledger goes */
    void (*progress)(void *arg, uint64_t lsn);
    void *progress_arg;
    char *fault;
    size_t fault_size;
    bool failed;

    uint64_t last_lsn;
    struct hash last_hash, tree;
    struct chain_end *audiences;
    size_t audience_count, audience_capacity;
    struct person_key *persons;
    size_t person_count, person_capacity;
    struct hash *leaves; /* BLOCK_ENTRIES_MAX */
    struct block_body body;
};

/* The first fault stays. */
PRINTF(2, 3) static bool fail(struct replay *replay, const char *format, ...)
{
    va_list args;

    if (!replay->failed) {
        replay->failed = true;
        va_start(args, format);
        (void)vsnprintf(replay->fault, replay->fault_size, format, args);
        va_end(args);
    }
    return false;
}

static bool fail_at(struct replay *replay, uint64_t lsn, const char *what)
{
    return fail(replay, "log of %s, lsn %" PRIu64 ": %s", replay->division.code, lsn, what);
}

/* --- the scratch ledger's outside --- */

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    struct replay *replay = arg;
    struct block_body block = BLOCK_BODY_EMPTY;
    struct entry entry;
    struct err err;
    const bool there =
        log_read_entry(replay->store, replay->snapshot, author, lsn, &block, &entry, &err) == OK;

    if (there) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&block);
    return there;
}

static void settle_due(void *arg, struct txn *txn, const struct document *settle)
{
    (void)arg; /* the log says itself what was settled */
    (void)txn;
    (void)settle;
}

static void alarm(void *arg, const char *code, struct division about, const char *text)
{
    struct replay *replay = arg;

    /* Alone, a log cannot tell what its neighbours said: query_verify looks at edges. */
    if (strcmp(code, "edge_differs") != 0 && strcmp(code, "needs_upgrade") != 0 &&
        strcmp(code, "element_clash") != 0 && strcmp(code, "upper_has_node") != 0) {
        (void)fail(replay, "log of %s, behind lsn %" PRIu64 ": %s: %s", about.code,
                   replay->last_lsn, code, text);
    }
}

static uint64_t own_lsn(void *arg)
{
    return ((const struct replay *)arg)->last_lsn;
}

/* --- one block as bytes --- */

static struct chain_end *audience_of(struct replay *replay, const struct audience *audience)
{
    struct chain_end *end;

    for (size_t i = 0; i < replay->audience_count; i++) {
        if (audience_equal(&replay->audiences[i].audience, audience)) {
            return &replay->audiences[i];
        }
    }
    if (replay->audience_count == replay->audience_capacity) {
        replay->audience_capacity =
            replay->audience_capacity == 0 ? 8 : replay->audience_capacity * 2;
        replay->audiences =
            mem_realloc(replay->audiences, replay->audience_capacity * sizeof *replay->audiences);
    }
    end = &replay->audiences[replay->audience_count++];
    *end = (struct chain_end){*audience, 0, HASH_ZERO};
    return end;
}

static bool check_signed(struct replay *replay, const struct block_view *block, struct hash *hash)
{
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(replay->roster, replay->division, header->epoch);
    struct err err;

    if (!division_equal(header->author, replay->division)) {
        return fail_at(replay, header->first_lsn, "the block is another author's");
    }
    if (grant == NULL) {
        return fail_at(replay, header->first_lsn, "nobody granted the epoch of the block");
    }
    if (replay->last_lsn == 0) {
        replay->tree = header->tree;
    }
    if (block_verify(block, &replay->tree, &grant->sign_key, hash, &err) != OK) {
        return fail_at(replay, header->first_lsn, err.text);
    }
    return true;
}

static bool check_chains(struct replay *replay, const struct block_header *header,
                         const struct hash *hash)
{
    struct chain_end *end = audience_of(replay, &header->audience);

    if (header->first_lsn != replay->last_lsn + 1) {
        return fail(replay, "log of %s: lsn %" PRIu64 " to %" PRIu64 " are missing",
                    replay->division.code, replay->last_lsn + 1, header->first_lsn - 1);
    }
    if (!hash_equal(&header->prev_hash, &replay->last_hash)) {
        return fail_at(replay, header->first_lsn, "prev_hash is not the hash of the block before");
    }
    if (header->aud_seq != end->aud_seq + 1 || !hash_equal(&header->aud_prev, &end->hash)) {
        return fail_at(replay, header->first_lsn, "the chain of its audience is broken");
    }
    end->aud_seq = header->aud_seq;
    end->hash = *hash;
    replay->last_lsn = block_last_lsn(header);
    replay->last_hash = *hash;
    return true;
}

static bool check_root(struct replay *replay, const struct block_header *header)
{
    struct hash root;

    if (replay->body.count != header->count) {
        return fail_at(replay, header->first_lsn, "the block holds another number of entries");
    }
    for (size_t i = 0; i < replay->body.count; i++) {
        replay->leaves[i] = merkle_entry_leaf(&replay->body.entries[i]);
    }
    root = merkle_root(replay->leaves, replay->body.count);
    if (!hash_equal(&root, &header->entries_root)) {
        return fail_at(replay, header->first_lsn, "entries_root is not the root of the entries");
    }
    return true;
}

/* --- who approved --- */

static uint32_t roles_of(struct bytes text)
{
    uint32_t roles = 0;

    for (size_t i = 0; i < text.size && text.data[i] >= '0' && text.data[i] <= '9' && i < 9; i++) {
        roles = roles * 10 + (uint32_t)(text.data[i] - '0');
    }
    return roles;
}

/* The log says itself who its persons are, before they act. */
static void take_person(struct replay *replay, const struct entry *entry)
{
    struct document document;
    struct bytes key;
    struct err err;

    if (entry->kind != KIND_OPERATOR || entry->format != DOCUMENT_FORMAT ||
        document_decode(&document, entry->kind, entry->body, &err) != OK) {
        return;
    }
    key = document_text(&document, FIELD_OPERATOR_KEY);
    if (key.size != PUBLIC_KEY_SIZE) {
        return;
    }
    if (replay->person_count == replay->person_capacity) {
        replay->person_capacity = replay->person_capacity == 0 ? 8 : replay->person_capacity * 2;
        replay->persons =
            mem_realloc(replay->persons, replay->person_capacity * sizeof *replay->persons);
    }
    memcpy(replay->persons[replay->person_count].key.at, key.data, PUBLIC_KEY_SIZE);
    replay->persons[replay->person_count++].roles = roles_of(document_text(&document, FIELD_ROLE));
}

static bool is_person(const struct replay *replay, const struct public_key *key,
                      enum approval_role role)
{
    for (size_t i = 0; i < replay->person_count; i++) {
        if (memcmp(replay->persons[i].key.at, key->at, PUBLIC_KEY_SIZE) == 0 &&
            (replay->persons[i].roles & (uint32_t)role) != 0) {
            return true;
        }
    }
    return false;
}

static bool check_group(struct replay *replay, const struct block_header *header,
                        const struct approval_group *group)
{
    const uint64_t lsn = header->first_lsn + group->first_entry;
    struct hash root, signed_hash;

    if (group->count == 0 || group->first_entry >= replay->body.count ||
        group->count > replay->body.count - group->first_entry) {
        return fail_at(replay, lsn, "an approval covers entries that are not there");
    }
    for (uint32_t i = 0; i < group->count; i++) {
        const struct entry *entry = &replay->body.entries[group->first_entry + i];
        replay->leaves[i] = merkle_approval_leaf(entry->kind, entry->format, entry->body);
    }
    if (group->suite != SUITE_ED25519_BLAKE2B) {
        return fail_at(replay, lsn, "an approval is signed in a suite that is not known here");
    }
    if (!merkle_root_from(&root, replay->leaves, group->count, group->first_leaf, group->leaf_count,
                          group->proof, group->proof_count)) {
        return fail_at(replay, lsn, "the proof of an approval does not fit");
    }
    signed_hash = approval_hash(&header->tree, header->author, group->role, &root);
    if (!signature_ok(&group->key, &signed_hash, &group->signature)) {
        return fail_at(replay, lsn,
                       group->role == ROLE_MAKER
                           ? "the maker's signature does not fit the document"
                           : "the checker's signature does not fit the document");
    }
    if (!BUG("approval-unchecked") && !is_person(replay, &group->key, group->role)) {
        return fail_at(replay, lsn, "approved by a key that no operator of this division has");
    }
    return true;
}

static bool check_approvals(struct replay *replay, const struct block_header *header)
{
    for (size_t i = 0; i < replay->body.count; i++) {
        take_person(replay, &replay->body.entries[i]);
    }
    for (size_t i = 0; i < replay->body.group_count; i++) {
        if (!check_group(replay, header, &replay->body.groups[i])) {
            return false;
        }
    }
    return true;
}

/* --- what it books --- */

static bool apply(struct replay *replay, const struct block_header *header)
{
    struct ledger_position position;
    enum status status;
    struct err err;

    if (header->first_lsn > replay->position.lsn) {
        return true; /* held, and not yet part of the stored ledger */
    }
    status = ledger_apply_block(replay->ledger, replay->scratch, header, replay->body.entries,
                                replay->body.count, &err);
    if (status == ERR_NEEDS_UPGRADE) {
        return true; /* the stored ledger ends there too, or the positions will tell */
    }
    if (status != OK) {
        return fail_at(replay, header->first_lsn, err.text);
    }
    ledger_position(replay->scratch, replay->division, &position);
    if (!hash_equal(&position.digest, &header->state_digest)) {
        return fail_at(replay, block_last_lsn(header),
                       "the replayed ledger has another digest than its author's");
    }
    return !replay->failed; /* an alarm of the ledger is a fault */
}

static bool visit_block(void *arg, const struct block_view *block)
{
    struct replay *replay = arg;
    struct hash hash;
    struct err err;

    if (!check_signed(replay, block, &hash) || !check_chains(replay, &block->header, &hash)) {
        return false;
    }
    if (block_body_read(&replay->body, block, &err) != OK) {
        return fail_at(replay, block->header.first_lsn, err.text);
    }
    if (!check_root(replay, &block->header) || !check_approvals(replay, &block->header) ||
        !apply(replay, &block->header)) {
        return false;
    }
    if (replay->progress != NULL) {
        replay->progress(replay->progress_arg, replay->last_lsn);
    }
    return true;
}

/* --- the end --- */

static bool compare_ledgers(struct replay *replay)
{
    struct ledger_position replayed;

    ledger_position(replay->scratch, replay->division, &replayed);
    if (replay->position.lsn > replay->last_lsn) {
        return fail(replay,
                    "log of %s: its ledger goes to lsn %" PRIu64
                    ", but the log ends at lsn %" PRIu64,
                    replay->division.code, replay->position.lsn, replay->last_lsn);
    }
    if (replayed.lsn != replay->position.lsn ||
        !hash_equal(&replayed.digest, &replay->position.digest)) {
        return fail(replay,
                    "ledger of %s: stored up to lsn %" PRIu64 ", replayed up to %" PRIu64
                    ", and the digests differ",
                    replay->division.code, replay->position.lsn, replayed.lsn);
    }
    if (!verify_rows(replay->stored, replay->scratch, replay->division, replay->fault,
                     replay->fault_size)) {
        replay->failed = true;
        return false;
    }
    return true;
}

/* --- a whole run --- */

static void replay_open(struct replay *replay)
{
    const struct ledger_config config = {
        .self = replay->division,
        .roster = replay->roster,
        .sink = {.arg = replay,
                 .read_entry = read_entry,
                 .settle_due = settle_due,
                 .alarm = alarm,
                 .own_lsn = own_lsn},
    };

    replay->stored = txn_open(replay->store, replay->snapshot);
    replay->scratch = txn_open(&empty_store, NULL);
    replay->ledger = ledger_open(&config);
    replay->leaves = mem_zalloc(BLOCK_ENTRIES_MAX * sizeof *replay->leaves);
    replay->body = BLOCK_BODY_EMPTY;
    ledger_position(replay->stored, replay->division, &replay->position);
}

static void replay_close(struct replay *replay)
{
    ledger_close(replay->ledger);
    txn_free(replay->scratch);
    txn_free(replay->stored);
    block_body_free(&replay->body);
    mem_free(replay->leaves);
    mem_free(replay->audiences);
    mem_free(replay->persons);
}

bool query_verify_deep(const struct store *store, struct store_snapshot *snapshot,
                       const struct roster *roster, struct division division,
                       void (*progress)(void *arg, uint64_t lsn), void *arg, char *fault,
                       size_t fault_size)
{
    struct replay replay = {.store = store,
                            .snapshot = snapshot,
                            .roster = roster,
                            .division = division,
                            .progress = progress,
                            .progress_arg = arg,
                            .fault = fault,
                            .fault_size = fault_size};
    struct err err;

    assert(fault_size > 0);
    replay_open(&replay);
    if (log_scan(store, snapshot, division, 1, visit_block, &replay, &err) != OK) {
        (void)fail(&replay, "log of %s, behind lsn %" PRIu64 ": %s", division.code, replay.last_lsn,
                   err.text);
    }
    if (!replay.failed) {
        (void)compare_ledgers(&replay);
    }
    if (!replay.failed && txn_status(replay.stored, &err) != OK) {
        (void)fail(&replay, "ledger of %s: %s", division.code, err.text);
    }
    replay_close(&replay);
    return !replay.failed;
}
