#include "replicator/log/log_writer.h"

#include <assert.h>

#include "proto/array.h"
#include "replicator/log/sealing.h"

/* The most a group can take in raw: fixed part and a full proof. */
enum { GROUP_BYTES_MAX = 2 + PUBLIC_KEY_SIZE + SIGNATURE_SIZE + 35 + GROUP_PROOF_MAX * HASH_SIZE };

void log_writer_init(struct log_writer *own, const struct log_author *author, struct logs *logs)
{
    *own = (struct log_writer){.author = *author, .logs = logs};
}

uint64_t log_writer_next_lsn(const struct log_writer *own)
{
    return own->count > 0 ? own->first_lsn + own->count : own->logs->own->staged.lsn + 1;
}

/* --- approvals --- */

/* The same signature over the leaves that follow: its run goes on. */
static bool extend_run(struct log_writer *own, uint64_t first_lsn, uint64_t count,
                       const struct approval_group *next)
{
    for (size_t i = own->group_count; i-- > 0;) {
        struct pending_group *pending = &own->groups[i];
        const struct approval_group *group = &pending->group;

        if (pending->first_lsn + pending->count == first_lsn &&
            group->first_leaf + pending->count == next->first_leaf && group->role == next->role &&
            group->leaf_count == next->leaf_count &&
            memcmp(&group->key, &next->key, sizeof group->key) == 0 &&
            memcmp(&group->signature, &next->signature, sizeof group->signature) == 0) {
            pending->count += count;
            return true;
        }
    }
    return false;
}

void log_writer_approve(struct log_writer *own, uint64_t first_lsn, uint64_t count,
                        const struct approval_group *group, const struct hash *leaves)
{
    struct pending_group *pending;

    assert(first_lsn == log_writer_next_lsn(own));
    assert(count > 0 && group->first_leaf + count <= group->leaf_count);
    if (extend_run(own, first_lsn, count, group)) {
        return;
    }
    ARRAY_ROOM(own->groups, own->group_count, own->group_capacity);
    pending = &own->groups[own->group_count++];
    *pending = (struct pending_group){.group = *group, .first_lsn = first_lsn, .count = count};
    merkle_tree_init(&pending->tree, leaves, group->leaf_count);
}

/* The part of a group that lies in the block [first_lsn, first_lsn + count). */
static void write_group(struct buf *out, struct pending_group *pending, uint64_t first_lsn,
                        uint32_t count)
{
    const uint64_t from = pending->first_lsn > first_lsn ? pending->first_lsn : first_lsn;
    const uint64_t end_pending = pending->first_lsn + pending->count, end_block = first_lsn + count;
    const uint64_t end = end_pending < end_block ? end_pending : end_block;
    struct hash proof[GROUP_PROOF_MAX];
    struct approval_group group = pending->group;

    if (from >= end) {
        return;
    }
    group.first_entry = (uint32_t)(from - first_lsn);
    group.count = (uint32_t)(end - from);
    group.first_leaf += (uint32_t)(from - pending->first_lsn);
    group.proof_count =
        (uint32_t)merkle_prove(proof, &pending->tree, group.first_leaf, group.count);
    group.proof = proof;
    group_write(out, &group);
}

static void write_groups(struct log_writer *own, struct buf *out)
{
    const uint64_t end = own->first_lsn + own->count;
    size_t kept = 0;

    for (size_t i = 0; i < own->group_count; i++) {
        struct pending_group *pending = &own->groups[i];
        write_group(out, pending, own->first_lsn, own->count);
        if (pending->first_lsn + pending->count <= end) {
            merkle_tree_free(&pending->tree);
        } else {
            own->groups[kept++] = *pending;
        }
    }
    own->group_count = kept;
}

/* --- entries --- */

static uint32_t epoch_now(const struct log_writer *own)
{
    return key_ring_now(own->author.keys, own->author.roster, own->author.self).epoch;
}

static bool fits(const struct log_writer *own, const struct audience *audience, size_t body_size)
{
    return audience_equal(&own->audience, audience) && own->epoch == epoch_now(own) &&
           own->count < BLOCK_ENTRIES_MAX && own->group_count < OPEN_GROUPS_MAX &&
           own->entries.size + body_size + 64 + (own->group_count + 2) * GROUP_BYTES_MAX <
               BLOCK_RAW_BYTES_MAX;
}

uint64_t log_writer_append(struct log_writer *own, struct txn *txn, const struct audience *audience,
                           uint32_t kind, uint32_t format, struct bytes body)
{
    struct entry entry = {
        .time_ms = clock_unix_ms(own->author.clock), .kind = kind, .format = format, .body = body};

    if (own->count > 0 && !fits(own, audience, body.size)) {
        log_writer_seal(own, txn);
    }
    if (own->count == 0) {
        own->first_lsn = own->logs->own->staged.lsn + 1;
        own->audience = *audience;
        own->epoch = epoch_now(own);
        buf_reserve(&own->entries, own->last_size); /* as much as the block before had */
        if (own->leaves == NULL) {
            own->leaves = mem_zalloc(BLOCK_ENTRIES_MAX * sizeof *own->leaves);
        }
    }
    entry.lsn = own->first_lsn + own->count;
    entry_write(&own->entries, &entry);
    own->leaves[own->count++] = merkle_entry_leaf(&entry);
    return entry.lsn;
}

/* Keeps the entries of a block until they can be read from the store. */
static void keep_for_turn(struct log_writer *own)
{
    ARRAY_ROOM(own->turn, own->turn_count, own->turn_capacity);
    own->turn[own->turn_count++] = (struct turn_block){own->first_lsn, own->count, own->entries};
    own->last_size = own->entries.size;
    own->entries = BUF_EMPTY;
}

void log_writer_seal(struct log_writer *own, struct txn *txn)
{
    static const struct audience_head none;
    const struct log_author *author = &own->author;
    struct held_log *log = own->logs->own;
    const struct audience_head *audience;
    struct block_header header = {.version = BLOCK_VERSION, .suite = SUITE_ED25519_BLAKE2B};
    struct buf body = BUF_EMPTY, groups = BUF_EMPTY;
    struct block_view view;
    struct hash hash;
    struct err err;
    enum status status;

    if (own->count == 0) {
        return;
    }
    audience = heads_of(log, &own->audience);
    if (audience == NULL) {
        audience = &none;
    }
    header.audience = own->audience;
    header.author = author->self;
    header.epoch = own->epoch;
    header.count = own->count;
    header.first_lsn = own->first_lsn;
    header.aud_seq = audience->seq + 1;
    header.prev_hash = log->staged.hash;
    header.aud_prev = audience->hash;
    header.entries_root = merkle_root(own->leaves, own->count);
    header.time_ms = clock_unix_ms(author->clock);
    author->state_digest(author->arg, txn, &header.state_digest);
    write_groups(own, &groups);
    block_body_write(&body, &header, buf_bytes(&own->entries), buf_bytes(&groups));

    buf_clear(&own->sealed);
    hash = block_seal(&own->sealed, &header, buf_bytes(&body), &author->tree,
                      key_ring_of(author->keys, author->roster, author->self, own->epoch));
    status = block_parse(&view, buf_bytes(&own->sealed), &err);
    assert(status == OK);
    (void)status;
    heads_stage(own->logs, txn, log, &view, &hash);

    keep_for_turn(own);
    own->count = 0;
    buf_free(&body);
    buf_free(&groups);
}

/* --- reading what is not durable yet --- */

/* One that lies in them. */
static void find_in(struct bytes entries, uint64_t first_lsn, uint64_t lsn, struct entry *out)
{
    struct reader reader = reader_of(entries);

    for (uint64_t at = first_lsn; at <= lsn; at++) {
        out->lsn = at;
        out->kind = (uint32_t)reader_varint(&reader);
        out->format = (uint32_t)reader_varint(&reader);
        out->time_ms = reader_varint(&reader);
        out->body = reader_bytes(&reader, (size_t)reader_varint(&reader));
    }
    assert(reader_ok(&reader)); /* this file wrote them */
}

bool log_writer_open_entry(const struct log_writer *own, uint64_t lsn, struct entry *out)
{
    if (own->count > 0 && lsn >= own->first_lsn + own->count) {
        return false;
    }
    if (own->count > 0 && lsn >= own->first_lsn) {
        find_in(buf_bytes(&own->entries), own->first_lsn, lsn, out);
        return true;
    }
    for (size_t i = 0; i < own->turn_count; i++) {
        const struct turn_block *block = &own->turn[i];
        if (lsn >= block->first_lsn && lsn < block->first_lsn + block->count) {
            find_in(buf_bytes(&block->entries), block->first_lsn, lsn, out);
            return true;
        }
    }
    return false;
}

void log_writer_durable(struct log_writer *own)
{
    for (size_t i = 0; i < own->turn_count; i++) {
        buf_free(&own->turn[i].entries);
    }
    own->turn_count = 0;
}

void log_writer_free(struct log_writer *own)
{
    log_writer_durable(own);
    for (size_t i = 0; i < own->group_count; i++) {
        merkle_tree_free(&own->groups[i].tree);
    }
    mem_free(own->groups);
    mem_free(own->turn);
    mem_free(own->leaves);
    buf_free(&own->entries);
    buf_free(&own->sealed);
}

void log_writer_trim(struct log_writer *own)
{
    buf_free(&own->sealed);
}
