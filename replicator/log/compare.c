#include "replicator/log/compare.h"

#include "replicator/log/sealing.h"

static bool is(struct bytes told, const struct hash *held)
{
    return bytes_equal(told, bytes_of(held->at, HASH_SIZE));
}

/* The block behind says how the one before it ends. */
static enum log_relation by_next(const struct logs *logs, const struct held_log *log, uint64_t lsn,
                                 struct bytes hash)
{
    struct buf whole = BUF_EMPTY;
    struct block_view next;
    struct err err;
    enum log_relation relation = RELATION_UNKNOWN;

    if (log_read_block(logs->store, NULL, log->author, lsn + 1, &whole, &next, &err) == OK) {
        relation = next.header.first_lsn != lsn + 1                             ? RELATION_WITHIN
                   : hash.size != HASH_SIZE || is(hash, &next.header.prev_hash) ? RELATION_BEHIND
                                                                                : RELATION_OTHER;
    }
    buf_free(&whole);
    return relation;
}

/* Of a log from above there need be no block behind: its own row tells. */
static enum log_relation by_place(const struct logs *logs, const struct held_log *log, uint64_t lsn,
                                  struct bytes hash)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct held_place place;
    struct err err;
    enum log_relation relation = RELATION_UNKNOWN;

    if (log_read_block(logs->store, NULL, log->author, lsn, &whole, &block, &err) == OK) {
        if (block_last_lsn(&block.header) != lsn) {
            relation = RELATION_WITHIN;
        } else if (hash.size != HASH_SIZE) {
            relation = RELATION_BEHIND;
        } else if (heads_place(logs, NULL, log->author, &block.header.audience,
                               block.header.aud_seq, &place)) {
            relation = is(hash, &place.hash) ? RELATION_BEHIND : RELATION_OTHER;
        }
    }
    buf_free(&whole);
    return relation;
}

enum log_relation log_compare(const struct logs *logs, const struct held_log *log, uint64_t lsn,
                              struct bytes hash)
{
    const struct log_head *head = &log->durable;

    if (lsn == 0) {
        return head->lsn == 0 ? RELATION_EQUAL : RELATION_BEHIND;
    }
    if (lsn > head->lsn) {
        return RELATION_AHEAD;
    }
    if (lsn == head->lsn) {
        return hash.size != HASH_SIZE || is(hash, &head->hash) ? RELATION_EQUAL : RELATION_OTHER;
    }
    return log->side == HELD_ABOVE ? by_place(logs, log, lsn, hash) : by_next(logs, log, lsn, hash);
}

enum log_relation log_compare_audience(const struct logs *logs, const struct held_log *log,
                                       const struct audience *audience, uint64_t seq,
                                       struct bytes hash, uint64_t *lsn)
{
    const struct audience_head *head = heads_of(log, audience);
    struct held_place place;

    *lsn = 0;
    if (seq == 0) {
        return RELATION_BEHIND;
    }
    if (head == NULL || seq > head->seq) {
        return RELATION_AHEAD;
    }
    if (!heads_place(logs, NULL, log->author, audience, seq, &place)) {
        return RELATION_UNKNOWN;
    }
    *lsn = place.last_lsn;
    if (hash.size == HASH_SIZE && !is(hash, &place.hash)) {
        return RELATION_OTHER;
    }
    return seq == head->seq ? RELATION_EQUAL : RELATION_BEHIND;
}
