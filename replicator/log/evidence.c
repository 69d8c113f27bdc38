#include "replicator/log/evidence.h"

#include <inttypes.h>

#include "replicator/log/fork_pair.h"
#include "replicator/log/sealing.h"

/* --- what cannot stand in one log --- */

/* `after` comes next, by the log or by its audience, and says otherwise. */
static bool parts(const struct block_header *before, const struct hash *hash,
                  const struct block_header *after)
{
    return (block_last_lsn(before) + 1 == after->first_lsn &&
            !hash_equal(&after->prev_hash, hash)) ||
           (audience_equal(&before->audience, &after->audience) &&
            before->aud_seq + 1 == after->aud_seq && !hash_equal(&after->aud_prev, hash));
}

bool evidence_conflict(const struct block_header *a, const struct hash *a_hash,
                       const struct block_header *b, const struct hash *b_hash)
{
    if (!division_equal(a->author, b->author) || a->epoch != b->epoch ||
        hash_equal(a_hash, b_hash)) {
        return false;
    }
    return (a->first_lsn <= block_last_lsn(b) && b->first_lsn <= block_last_lsn(a)) ||
           (audience_equal(&a->audience, &b->audience) && a->aud_seq == b->aud_seq) ||
           parts(a, a_hash, b) || parts(b, b_hash, a);
}

/* --- what is held --- */

struct search {
    const struct logs *logs;
    const struct roster *roster;
    struct txn *txn;
    const struct block_view *block;
    const struct hash *hash;
    struct buf memory; /* of the block that was read last */
    struct block_view held;
    struct hash held_hash;
};

static enum status verify(const struct roster *roster, const struct block_view *block,
                          struct hash *hash, struct err *err)
{
    const struct grant *grant = roster_epoch(roster, block->header.author, block->header.epoch);

    return grant == NULL ? err_set(err, ERR_NOT_YET, "epoch_not_granted author=%s epoch=%" PRIu32,
                                   block->header.author.code, block->header.epoch)
                         : block_verify(block, roster_tree(roster), &grant->sign_key, hash, err);
}

static bool conflicts(struct search *search)
{
    struct err err;

    return verify(search->roster, &search->held, &search->held_hash, &err) == OK &&
           evidence_conflict(&search->held.header, &search->held_hash, &search->block->header,
                             search->hash);
}

/* The one that holds `lsn`, among those that are durable. */
static bool conflicts_at(struct search *search, uint64_t lsn)
{
    struct err err;

    buf_clear(&search->memory);
    return lsn != 0 &&
           log_read_block(search->logs->store, NULL, search->block->header.author, lsn,
                          &search->memory, &search->held, &err) == OK &&
           conflicts(search);
}

/* The one that begins there, also when it was staged in this turn. */
static bool conflicts_in_turn(struct search *search, uint32_t epoch, uint64_t first_lsn)
{
    struct bytes stored;
    struct buf key = BUF_EMPTY;
    struct err err;
    bool found;

    log_block_key(&key, search->block->header.author, epoch, first_lsn);
    found = txn_get(search->txn, SPACE_BLOCKS, buf_bytes(&key), &stored);
    buf_free(&key);
    buf_clear(&search->memory);
    if (found) {
        buf_append_bytes(&search->memory, stored);
    }
    return found && block_parse(&search->held, buf_bytes(&search->memory), &err) == OK &&
           conflicts(search);
}

static bool conflicts_in_audience(struct search *search, uint64_t seq)
{
    const struct block_header *header = &search->block->header;
    struct held_place place;

    return seq != 0 &&
           heads_place(search->logs, search->txn, header->author, &header->audience, seq, &place) &&
           conflicts_in_turn(search, place.epoch, place.first_lsn);
}

/* Of a log from above, the newest block that does not begin behind this one. */
static bool conflicts_before_end(struct search *search)
{
    const struct store *store = search->logs->store;
    const struct block_header *header = &search->block->header;
    struct buf key = BUF_EMPTY, prefix = BUF_EMPTY;
    struct err err;
    bool found;

    log_block_key(&key, header->author, header->epoch, block_last_lsn(header));
    buf_append(&prefix, key.data, DIVISION_CODE_MAX + sizeof header->epoch);
    buf_clear(&search->memory);
    found = store->ops->floor(store->self, NULL, SPACE_BLOCKS, buf_bytes(&prefix), buf_bytes(&key),
                              &key, &search->memory, &err) == OK &&
            block_parse(&search->held, buf_bytes(&search->memory), &err) == OK && conflicts(search);
    buf_free(&key);
    buf_free(&prefix);
    return found;
}

static bool find_conflict(struct search *search)
{
    const struct block_header *header = &search->block->header;

    return conflicts_in_turn(search, header->epoch, header->first_lsn) ||
           conflicts_before_end(search) || conflicts_at(search, header->first_lsn) ||
           conflicts_at(search, header->first_lsn - 1) ||
           conflicts_at(search, block_last_lsn(header) + 1) ||
           conflicts_in_audience(search, header->aud_seq) ||
           conflicts_in_audience(search, header->aud_seq - 1) ||
           conflicts_in_audience(search, header->aud_seq + 1);
}

/* --- keeping --- */

static void note_fork(struct txn *txn, struct held_log *log, const struct block_header *header,
                      const struct fork_pair *pair, uint64_t lsn, struct findings *found)
{
    findings_alarm(found, ALARM_FORK, log->author, "two_blocks_signed lsn=%" PRIu64, lsn);
    if (!fork_pair_is_kept(txn, log->author, header->epoch)) {
        fork_pair_put(txn, header, pair);
        heads_note_fork(log, header->epoch);
        findings_note(found, FOUND_FORK, log->author, header->epoch);
    }
}

/* Up to where the two may be one log. */
static uint64_t common_lsn(const struct block_header *a, const struct block_header *b)
{
    return (a->first_lsn < b->first_lsn ? a->first_lsn : b->first_lsn) - 1;
}

bool evidence_keep(const struct logs *logs, const struct roster *roster, struct txn *txn,
                   struct held_log *log, const struct block_view *block, const struct hash *hash,
                   struct findings *found)
{
    struct search search = {logs, roster, txn, block, hash, BUF_EMPTY, {.whole = {0}}, {{0}}};
    const bool forks = find_conflict(&search);
    struct err err;

    if (forks) {
        struct fork_pair pair = {.block = block->whole,
                                 .other = search.held.whole,
                                 .other_body_size = search.held.header.body_size};
        (void)block_root(&pair.other_root, &search.held, &err);
        note_fork(txn, log, &block->header, &pair, common_lsn(&block->header, &search.held.header),
                  found);
    }
    buf_free(&search.memory);
    return forks;
}

bool evidence_is_over(const struct roster *roster, struct division author, uint32_t epoch)
{
    const struct member *member = roster_find(roster, author);
    bool over = false;

    for (uint32_t later = epoch + 1; member != NULL && later <= member->grant.epoch && !over;
         later++) {
        struct epoch_state state;
        over = roster_epoch_state(roster, author, later, &state) && state.is_recovery &&
               state.standing == STANDING_COUNTS;
    }
    return over;
}

bool evidence_stands(const struct roster *roster, const struct held_log *log)
{
    return log->forked != 0 && !evidence_is_over(roster, log->author, log->forked);
}

/* --- judging --- */

static bool is_held(struct txn *txn, const struct block_view *block)
{
    const struct block_header *header = &block->header;
    struct buf key = BUF_EMPTY;
    struct bytes stored;
    bool held;

    log_block_key(&key, header->author, header->epoch, header->first_lsn);
    held = txn_get(txn, SPACE_BLOCKS, buf_bytes(&key), &stored) &&
           stored.size >= block->header_bytes.size &&
           memcmp(stored.data, block->header_bytes.data, block->header_bytes.size) == 0;
    buf_free(&key);
    return held;
}

enum evidence evidence_weigh(const struct logs *logs, const struct roster *roster, struct txn *txn,
                             struct held_log *log, struct bytes whole, uint64_t *last_lsn,
                             struct findings *found, struct err *err)
{
    const struct log_head *head = &log->durable;
    struct block_view block;
    struct hash hash;
    enum status status = block_parse(&block, whole, err);

    *last_lsn = 0;
    if (status == OK && !division_equal(block.header.author, log->author)) {
        status = err_set(err, ERR_CORRUPT, "block_other_author");
    }
    if (status == OK) {
        status = verify(roster, &block, &hash, err);
    }
    if (status != OK) {
        return status == ERR_NOT_YET ? EVIDENCE_NOT_YET : EVIDENCE_NONE;
    }
    *last_lsn = block_last_lsn(&block.header);
    if (is_held(txn, &block)) {
        return EVIDENCE_HELD;
    }
    if (evidence_keep(logs, roster, txn, log, &block, &hash, found)) {
        return EVIDENCE_FORK;
    }
    if (block.header.epoch < head->epoch) {
        return EVIDENCE_OVER;
    }
    return block.header.epoch > head->epoch || *last_lsn > head->lsn ? EVIDENCE_NEWER
                                                                     : EVIDENCE_NOTHING;
}

/* The signature of a block whose body need not be there. */
static enum status verify_other(const struct roster *roster, const struct block_view *block,
                                const struct hash *root, struct hash *hash, struct err *err)
{
    const struct grant *grant = roster_epoch(roster, block->header.author, block->header.epoch);
    struct block_header header = block->header;

    if (grant == NULL) {
        return err_set(err, ERR_NOT_YET, "epoch_not_granted author=%s epoch=%" PRIu32,
                       header.author.code, header.epoch);
    }
    header.entries_root = *root;
    *hash = block_hash(&header, roster_tree(roster), &grant->sign_key);
    return signature_ok(&grant->sign_key, hash, &block->signature)
               ? OK
               : err_set(err, ERR_BAD_SIGNATURE, "block_signature_wrong division=%s",
                         header.author.code);
}

static enum status check_pair(const struct roster *roster, const struct block_view *block,
                              const struct block_view *other, const struct hash *root,
                              struct err *err)
{
    struct hash hash, other_hash;
    enum status status = verify(roster, block, &hash, err);

    if (status == OK) {
        status = verify_other(roster, other, root, &other_hash, err);
    }
    if (status == OK && !evidence_conflict(&block->header, &hash, &other->header, &other_hash)) {
        status = err_set(err, ERR_CORRUPT, "blocks_agree");
    }
    return status;
}

enum evidence evidence_take(const struct logs *logs, const struct roster *roster, struct txn *txn,
                            const Terrace__Fork *message, struct findings *found, struct err *err)
{
    struct fork_pair pair = {.block = bytes_of_pb(message->block),
                             .other = bytes_of_pb(message->header),
                             .other_body_size = message->body_size};
    struct block_view block, other;
    struct held_log *log;
    struct buf memory = BUF_EMPTY;
    enum status status = block_parse(&block, pair.block, err);

    if (status != OK) {
        return EVIDENCE_NONE;
    }
    log = heads_find(logs, block.header.author);
    if (log == NULL || log->side == HELD_NOT ||
        fork_pair_is_kept(txn, log->author, block.header.epoch)) {
        return EVIDENCE_HELD;
    }
    if (!pb_copy_exact(pair.other_root.at, HASH_SIZE, message->has_root, message->root)) {
        status = err_set(err, ERR_MALFORMED, "block_short bytes=%zu", pair.other.size);
    }
    if (status == OK) {
        status = fork_pair_other(&other, &pair, &memory, err);
    }
    if (status == OK) {
        status = check_pair(roster, &block, &other, &pair.other_root, err);
    }
    if (status == OK) {
        note_fork(txn, log, &block.header, &pair, common_lsn(&block.header, &other.header), found);
    }
    buf_free(&memory);
    return status == OK ? EVIDENCE_FORK : status == ERR_NOT_YET ? EVIDENCE_NOT_YET : EVIDENCE_NONE;
}
