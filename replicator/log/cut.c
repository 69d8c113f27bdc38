#include "replicator/log/cut.h"

#include "replicator/log/fork_pair.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"

/* --- its row --- */

static void row_key(struct buf *key, struct division author)
{
    buf_clear(key);
    buf_put_u8(key, META_CUT);
    division_write(key, author);
}

struct row {
    struct cut cut;
    bool is_made;
};

static bool read_row(struct row *out, struct division author, struct bytes value)
{
    struct reader reader = reader_of(value);

    out->is_made = reader_u8(&reader) != 0;
    out->cut.author = author;
    out->cut.epoch = reader_u32(&reader);
    out->cut.lsn = reader_u64(&reader);
    return reader_done(&reader);
}

static void put_row(struct txn *txn, const struct cut *cut, bool is_made)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    row_key(&key, cut->author);
    buf_put_u8(&value, is_made);
    buf_put_u32(&value, cut->epoch);
    buf_put_u64(&value, cut->lsn);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

void cut_stage(struct txn *txn, const struct cut *cut)
{
    put_row(txn, cut, false);
}

void cut_note_made(struct txn *txn, const struct cut *cut)
{
    put_row(txn, cut, true);
}

/* Was the log left once for this recovery? A row that cannot be read fails the turn. */
static bool was_made(struct txn *txn, struct division author, uint32_t epoch)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    struct row row;
    bool made;

    row_key(&key, author);
    made = txn_get(txn, SPACE_META, buf_bytes(&key), &value) &&
           txn_check_row(txn, buf_bytes(&key), read_row(&row, author, value)) && row.is_made &&
           row.cut.epoch >= epoch;
    buf_free(&key);
    return made;
}

struct waiting {
    struct cut *out;
    bool found, failed;
};

static bool find_waiting(void *arg, struct bytes key, struct bytes value)
{
    struct waiting *waiting = arg;
    struct reader reader = reader_of(key);
    struct row row;

    (void)reader_u8(&reader);
    waiting->failed = !read_row(&row, division_read(&reader), value) || !reader_done(&reader);
    waiting->found = !waiting->failed && !row.is_made;
    if (waiting->found) {
        *waiting->out = row.cut;
    }
    return !waiting->failed && !waiting->found;
}

enum status cut_waiting(struct cut *out, const struct store *store, struct err *err)
{
    const uint8_t letter = META_CUT;
    struct waiting waiting = {out, false, false};
    const enum status status = store->ops->scan(store->self, NULL, SPACE_META, bytes_of(&letter, 1),
                                                BYTES_NONE, find_waiting, &waiting, err);

    if (status != OK) {
        return status;
    }
    if (waiting.failed) {
        return err_set(err, ERR_CORRUPT, "cut_row_damaged");
    }
    return waiting.found ? OK : ERR_NOT_FOUND;
}

/* --- where a log goes back to --- */

struct search {
    struct txn *txn;
    const struct logs *logs;
    const struct roster *roster;
    const struct held_log *log;
};

enum at_base { BASE_HELD, BASE_DIFFERS, BASE_UNSEEN };

/* Is the block held that ends at the base? */
static enum at_base look_at_base(const struct search *search, const struct epoch_state *recovery)
{
    const struct log_head *head = &search->log->durable;
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    const struct grant *grant;
    struct hash hash;
    struct err err;
    enum at_base found = search->log->side == HELD_ABOVE ? BASE_UNSEEN : BASE_DIFFERS;

    if (recovery->base_lsn == head->lsn) {
        return hash_equal(&head->hash, &recovery->base_hash) ? BASE_HELD : BASE_DIFFERS;
    }
    if (log_read_block(search->logs->store, NULL, search->log->author, recovery->base_lsn, &whole,
                       &block, &err) == OK) {
        grant = roster_epoch(search->roster, block.header.author, block.header.epoch);
        found = block_last_lsn(&block.header) == recovery->base_lsn && grant != NULL &&
                        block_verify(&block, roster_tree(search->roster), &grant->sign_key, &hash,
                                     &err) == OK &&
                        hash_equal(&hash, &recovery->base_hash)
                    ? BASE_HELD
                    : BASE_DIFFERS;
    }
    buf_free(&whole);
    return found;
}

/* What both branches of the fork that is kept have in common; UINT64_MAX when none is known. Its
 * pair may have come in this very turn, behind the word that ends it. */
static uint64_t common_lsn(const struct search *search, uint32_t before_epoch)
{
    struct buf memory = BUF_EMPTY;
    struct block_view block, other;
    struct fork_pair pair;
    struct err err;
    uint64_t lsn = UINT64_MAX;

    if (search->log->forked != 0 && search->log->forked < before_epoch &&
        fork_pair_get(search->txn, search->log->author, search->log->forked, &pair) &&
        block_parse(&block, pair.block, &err) == OK &&
        fork_pair_other(&other, &pair, &memory, &err) == OK) {
        lsn = block.header.first_lsn < other.header.first_lsn ? block.header.first_lsn - 1
                                                              : other.header.first_lsn - 1;
    }
    buf_free(&memory);
    return lsn;
}

/* Up to where the log may stay for this recovery. */
static uint64_t kept_for(const struct search *search, uint32_t epoch,
                         const struct epoch_state *recovery)
{
    const struct log_head *head = &search->log->durable;
    const bool was_left = was_made(search->txn, search->log->author, epoch);
    const uint64_t common = was_left ? UINT64_MAX : common_lsn(search, epoch);

    if (head->lsn >= recovery->base_lsn && recovery->base_lsn > 0) {
        switch (look_at_base(search, recovery)) {
        case BASE_HELD:
            return recovery->base_lsn;
        case BASE_DIFFERS:
            return common < recovery->base_lsn ? common : 0;
        case BASE_UNSEEN:
            break;
        }
    }
    return common < recovery->base_lsn ? common : recovery->base_lsn;
}

/* Of the own log nothing may be written until this was looked at, so once it is done whatever
 * happens: the rest of it comes from the parent then, and all of it is folded anew. */
static bool own_waits(const struct search *search, uint32_t epoch,
                      const struct epoch_state *recovery)
{
    const struct log_head *head = &search->log->durable;
    const bool is_at_base =
        head->lsn == recovery->base_lsn && hash_equal(&head->hash, &recovery->base_hash);

    return (!is_at_base || (search->log->forked != 0 && search->log->forked < epoch)) &&
           !was_made(search->txn, search->log->author, epoch);
}

/* An epoch that was ended is as one that a recovery ends there. */
static void cut_to_end(struct cut *out, const struct search *search)
{
    const struct log_head *head = &search->log->durable;
    struct epoch_state state;

    if (search->log->side != HELD_OWN &&
        roster_epoch_state(search->roster, search->log->author, head->epoch, &state) &&
        state.end.is_over) {
        state.base_lsn = state.end.lsn;
        state.base_hash = state.end.hash;
        out->epoch = head->epoch + 1; /* it goes on there, if ever */
        out->lsn = kept_for(search, out->epoch, &state);
    }
}

static void cut_to_base(struct cut *out, const struct search *search, uint32_t epoch, bool *own)
{
    struct epoch_state state;

    if (roster_epoch_state(search->roster, search->log->author, epoch, &state) &&
        state.is_recovery && state.standing == STANDING_COUNTS) {
        const uint64_t kept = kept_for(search, epoch, &state);

        out->lsn = kept < out->lsn ? kept : out->lsn;
        out->epoch = epoch;
        *own = search->log->side == HELD_OWN && own_waits(search, epoch, &state);
    }
}

bool cut_find(struct cut *out, struct txn *txn, const struct logs *logs,
              const struct roster *roster, const struct held_log *log)
{
    const struct search search = {txn, logs, roster, log};
    const struct member *member = roster_find(roster, log->author);
    const struct log_head *head = &log->durable;
    bool own = false;

    *out = (struct cut){.author = log->author, .lsn = head->lsn};
    if (member == NULL || head->lsn == 0 || log->side == HELD_NOT ||
        roster_to_confirm(roster, log->author) != 0) {
        return false;
    }
    cut_to_end(out, &search);
    for (uint32_t epoch = head->epoch + 1; epoch <= member->grant.epoch; epoch++) {
        cut_to_base(out, &search, epoch, &own);
    }
    return out->lsn < head->lsn || own;
}

bool cut_is_at_base(const struct roster *roster, const struct held_log *log, uint64_t *base_lsn)
{
    const struct member *member = roster_find(roster, log->author);
    const struct log_head *head = &log->durable;
    bool is_at_base = true;

    *base_lsn = head->lsn;
    for (uint32_t epoch = head->epoch + 1; member != NULL && epoch <= member->grant.epoch;
         epoch++) {
        struct epoch_state state;

        if (roster_epoch_state(roster, log->author, epoch, &state) && state.is_recovery &&
            state.standing != STANDING_REFUSED) {
            is_at_base = state.base_lsn == head->lsn &&
                         (head->lsn == 0 || hash_equal(&state.base_hash, &head->hash));
            *base_lsn = state.base_lsn;
        }
    }
    return is_at_base;
}
