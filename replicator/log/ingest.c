#include "replicator/log/ingest.h"

#include <inttypes.h>

#include "replicator/log/evidence.h"
#include "replicator/log/granted.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"

enum { APPROVALS_FREE = 2 }; /* of a block, before its sender pays for more */

void ingest_init(struct ingest *ingest, struct division self, struct logs *logs,
                 struct roster *roster)
{
    *ingest = (struct ingest){.self = self, .logs = logs, .roster = roster};
}

void ingest_free(struct ingest *ingest)
{
    block_body_free(&ingest->body);
    buf_free(&ingest->key);
    grants_free(ingest);
}

void ingest_trim(struct ingest *ingest)
{
    block_body_free(&ingest->body);
}

bool ingest_met_cut(struct ingest *ingest)
{
    const bool met = ingest->met_cut;

    ingest->met_cut = false;
    return met;
}

/* --- may it be held here? --- */

enum status ingest_check_epoch(struct ingest *ingest, struct txn *txn,
                               const struct block_view *block, struct findings *found,
                               struct err *err)
{
    const struct block_header *header = &block->header;

    return roster_epoch(ingest->roster, header->author, header->epoch) != NULL ||
                   grants_take_first(ingest, txn, block, found)
               ? OK
               : err_set(err, ERR_NOT_YET, "epoch_not_granted author=%s epoch=%" PRIu32,
                         header->author.code, header->epoch);
}

/* Of a log from above only what is addressed to this node is held. */
static enum status check_audience(const struct ingest *ingest, const struct held_log *log,
                                  const struct block_header *header, struct err *err)
{
    if (log == NULL || log->side == HELD_NOT) {
        return err_set(err, ERR_REFUSED, "log_not_held author=%s", header->author.code);
    }
    if (log->side != HELD_ABOVE) {
        return OK;
    }
    if (roster_find(ingest->roster, header->audience.division) == NULL) {
        return err_set(err, ERR_NOT_YET, "audience_not_known division=%s",
                       header->audience.division.code);
    }
    return roster_in_audience(ingest->roster, ingest->self, header->author, &header->audience)
               ? OK
               : err_set(err, ERR_REFUSED, "not_in_audience author=%s division=%s",
                         header->author.code, ingest->self.code);
}

/* --- where does it belong? --- */

enum place {
    PLACE_NEXT,
    PLACE_HELD,
    PLACE_GAP,
    PLACE_LATE,  /* in its chain, but before what is held of another: it was kept back */
    PLACE_WAITS, /* behind a recovery that cuts off what is held here */
    PLACE_OVER,  /* of an epoch that a recovery ended before it */
    PLACE_FORK
};

/* A position that is passed already: the same block again, or another one? */
static enum place compare_stored(struct ingest *ingest, struct txn *txn,
                                 const struct block_view *block)
{
    const struct block_header *header = &block->header;
    struct bytes stored;

    log_block_key(&ingest->key, header->author, header->epoch, header->first_lsn);
    if (!txn_get(txn, SPACE_BLOCKS, buf_bytes(&ingest->key), &stored)) {
        return PLACE_FORK; /* the blocks held here are cut differently */
    }
    return stored.size >= block->header_bytes.size &&
                   memcmp(stored.data, block->header_bytes.data, block->header_bytes.size) == 0
               ? PLACE_HELD
               : PLACE_FORK;
}

/* The last recovery among these epochs; false when there is none. */
static bool find_recovery(const struct ingest *ingest, struct division author, uint32_t after,
                          uint32_t last, struct epoch_state *out)
{
    for (uint32_t epoch = last; epoch > after; epoch--) {
        if (roster_epoch_state(ingest->roster, author, epoch, out) && out->is_recovery &&
            out->standing != STANDING_REFUSED) {
            return true;
        }
    }
    return false;
}

/* A rotation cuts nothing off. A recovery goes on after its base, and only a holder exactly there
 * may follow; whoever holds less takes that first, and whoever holds more, or another branch, keeps
 * it. Nothing of an epoch before comes behind it. */
static enum place place_epoch(const struct ingest *ingest, const struct log_head *head,
                              const struct block_header *header)
{
    struct epoch_state recovery;
    const uint32_t newest = roster_find(ingest->roster, header->author)->grant.epoch;

    if (header->epoch < head->epoch) {
        return PLACE_OVER;
    }
    if (find_recovery(ingest, header->author, header->epoch, newest, &recovery) &&
        recovery.standing == STANDING_COUNTS && block_last_lsn(header) > recovery.base_lsn) {
        return PLACE_OVER;
    }
    if (!find_recovery(ingest, header->author, head->epoch, header->epoch, &recovery) ||
        recovery.base_lsn > head->lsn) {
        return PLACE_NEXT;
    }
    return recovery.base_lsn == head->lsn &&
                   (head->lsn == 0 || hash_equal(&recovery.base_hash, &head->hash))
               ? PLACE_NEXT
               : PLACE_WAITS;
}

static enum place place_whole(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                              const struct block_view *block)
{
    const struct block_header *header = &block->header;
    const struct log_head *head = &log->staged;
    const enum place epoch = place_epoch(ingest, head, header);

    if (epoch == PLACE_WAITS) {
        return PLACE_WAITS;
    }
    if (header->first_lsn <= head->lsn) {
        return compare_stored(ingest, txn, block);
    }
    if (header->first_lsn > head->lsn + 1) {
        return PLACE_GAP;
    }
    return epoch == PLACE_NEXT && !hash_equal(&header->prev_hash, &head->hash) ? PLACE_FORK : epoch;
}

/* Does a block on disk take one of these positions? */
static bool overlaps_held(struct ingest *ingest, const struct block_header *header)
{
    const struct store *store = ingest->logs->store;
    const size_t prefix_size = DIVISION_CODE_MAX + sizeof header->epoch;
    struct buf key = BUF_EMPTY, whole = BUF_EMPTY;
    struct block_view held;
    struct err err;
    bool overlaps;

    log_block_key(&ingest->key, header->author, header->epoch, block_last_lsn(header));
    overlaps =
        store->ops->floor(store->self, NULL, SPACE_BLOCKS, bytes_of(ingest->key.data, prefix_size),
                          buf_bytes(&ingest->key), &key, &whole, &err) == OK &&
        block_parse(&held, buf_bytes(&whole), &err) == OK &&
        block_last_lsn(&held.header) >= header->first_lsn;
    buf_free(&key);
    buf_free(&whole);
    return overlaps;
}

/* It goes on where the chain of its audience ends, but not behind the head of the log. */
static enum place place_before_head(struct ingest *ingest, struct txn *txn,
                                    const struct block_view *block)
{
    const struct block_header *header = &block->header;
    struct bytes stored;

    log_block_key(&ingest->key, header->author, header->epoch, header->first_lsn);
    return txn_get(txn, SPACE_BLOCKS, buf_bytes(&ingest->key), &stored) ||
                   overlaps_held(ingest, header)
               ? PLACE_FORK
               : PLACE_LATE;
}

/* A log from above; and of the own one what the root has of others, since it lost it. */
static bool is_held_in_part(const struct ingest *ingest, const struct held_log *log,
                            const struct block_header *header)
{
    return log->side == HELD_ABOVE ||
           (log->side == HELD_OWN &&
            header->first_lsn <= roster_lost_lsn(ingest->roster, log->author));
}

static enum place place_filtered(struct ingest *ingest, struct txn *txn, const struct held_log *log,
                                 const struct block_view *block)
{
    const struct block_header *header = &block->header;
    const struct audience_head *known = heads_of(log, &header->audience);
    const struct audience_head none = {.seq = 0}, *head = known == NULL ? &none : known;
    const enum place epoch = place_epoch(ingest, &log->staged, header);

    if (epoch == PLACE_WAITS) {
        return PLACE_WAITS;
    }
    if (header->aud_seq <= head->seq) {
        return compare_stored(ingest, txn, block);
    }
    if (header->aud_seq > head->seq + 1) {
        return PLACE_GAP;
    }
    if (!hash_equal(&header->aud_prev, &head->hash)) {
        return PLACE_FORK;
    }
    if (header->first_lsn <= log->staged.lsn) {
        return place_before_head(ingest, txn, block);
    }
    if (epoch != PLACE_NEXT) {
        return epoch;
    }
    /* Where two audiences meet, the chain of the log can be seen, too. */
    return header->first_lsn > log->staged.lsn + 1 ||
                   hash_equal(&header->prev_hash, &log->staged.hash)
               ? PLACE_NEXT
               : PLACE_FORK;
}

/* --- is it true? --- */

static enum status check_bytes(const struct ingest *ingest, const struct block_view *block,
                               struct hash *hash, struct err *err)
{
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(ingest->roster, header->author, header->epoch);

    return block_verify(block, roster_tree(ingest->roster), &grant->sign_key, hash, err);
}

/* A block of another branch: evidence if the author signed it and what is held contradicts it, and
 * refused in any case. */
static enum ingest_result judge_fork(struct ingest *ingest, struct txn *txn, struct held_log *log,
                                     const struct block_view *block, struct findings *found,
                                     struct err *err)
{
    const struct block_header *header = &block->header;
    struct hash hash;

    if (check_bytes(ingest, block, &hash, err) != OK) {
        return INGEST_REFUSED;
    }
    if (evidence_keep(ingest->logs, ingest->roster, txn, log, block, &hash, found)) {
        (void)err_set(err, ERR_FORK, "block_does_not_follow lsn=%" PRIu64, header->first_lsn);
        return INGEST_FORK;
    }
    (void)err_set(err, ERR_REFUSED, "epoch_over author=%s epoch=%" PRIu32, header->author.code,
                  header->epoch);
    return INGEST_REFUSED;
}

/* Does it fit between the blocks beside it, as far as they are held? What cannot be read of them
 * tells nothing. */
static bool fits_between(const struct ingest *ingest, const struct block_view *block,
                         const struct hash *hash)
{
    const struct store *store = ingest->logs->store;
    const struct block_header *header = &block->header;
    struct buf whole = BUF_EMPTY;
    struct block_view beside;
    struct hash before;
    struct err err;
    bool fits = true;

    if (header->first_lsn > 1 &&
        log_read_block(store, NULL, header->author, header->first_lsn - 1, &whole, &beside, &err) ==
            OK &&
        check_bytes(ingest, &beside, &before, &err) == OK) {
        fits = hash_equal(&header->prev_hash, &before);
    }
    buf_clear(&whole);
    if (fits && log_read_block(store, NULL, header->author, block_last_lsn(header) + 1, &whole,
                               &beside, &err) == OK) {
        fits = hash_equal(&beside.header.prev_hash, hash);
    }
    buf_free(&whole);
    return fits;
}

/* Each audience of a log is a chain of its own, also where the whole log is held: those below go by
 * it, who hold no other. */
static enum status check_audience_chain(const struct held_log *log,
                                        const struct block_header *header, struct err *err)
{
    const struct audience_head *known = heads_of(log, &header->audience);
    const struct audience_head none = {.seq = 0}, *head = known == NULL ? &none : known;

    return header->aud_seq == head->seq + 1 && hash_equal(&header->aud_prev, &head->hash)
               ? OK
               : err_set(err, ERR_CORRUPT,
                         "audience_chain_wrong division=%s seq=%" PRIu64 " want=%" PRIu64,
                         header->audience.division.code, header->aud_seq, head->seq + 1);
}

/* What comes next in its audience comes behind it in the log, too. An author may sign otherwise,
 * and whoever reads the log in its order later (audit.h) would take that for damage of the store.
 */
static enum status check_audience_order(const struct held_log *log,
                                        const struct block_header *header, struct err *err)
{
    const struct audience_head *head = heads_of(log, &header->audience);

    return head == NULL || header->first_lsn > head->lsn
               ? OK
               : err_set(err, ERR_CORRUPT,
                         "audience_order_wrong division=%s lsn=%" PRIu64 " held=%" PRIu64,
                         header->audience.division.code, header->first_lsn, head->lsn);
}

/* --- taking it --- */

/* A batch shows two signatures; what is entered one by one, up to two an entry, and a run of them
 * has one group. */
static void note_approvals(struct findings *found, const struct held_log *log,
                           const struct block_body *body)
{
    if (body->group_count > APPROVALS_FREE) {
        findings_note(found, FOUND_APPROVALS, log->author, body->group_count - APPROVALS_FREE);
    }
}

/* --- of an epoch that was ended --- */

/* Nothing above the end is taken, and at the end nothing else than what it names. A word nearer the
 * root may name a later one: the sender comes again. */
static enum status check_end(const struct ingest *ingest, const struct block_header *header,
                             const struct hash *hash, struct err *err)
{
    const uint64_t last_lsn = block_last_lsn(header);
    struct epoch_state state;

    (void)roster_epoch_state(ingest->roster, header->author, header->epoch, &state);
    if (!state.end.is_over || last_lsn < state.end.lsn ||
        (last_lsn == state.end.lsn && hash_equal(hash, &state.end.hash))) {
        return OK;
    }
    return err_set(err, ERR_NOT_YET,
                   "revoked author=%s epoch=%" PRIu32 " lsn=%" PRIu64 " final=%" PRIu64,
                   header->author.code, header->epoch, last_lsn, state.end.lsn);
}

static enum status take(struct ingest *ingest, struct txn *txn, struct held_log *log,
                        const struct block_view *block, struct findings *found, struct err *err)
{
    const struct block_header *header = &block->header;
    struct hash hash;
    enum status status = check_bytes(ingest, block, &hash, err);

    if (status == OK) {
        status = is_held_in_part(ingest, log, header) ? check_audience_order(log, header, err)
                                                      : check_audience_chain(log, header, err);
    }
    if (status == OK) {
        status = check_end(ingest, header, &hash, err);
    }
    if (status == OK) {
        status = block_body_read(&ingest->body, block, err);
    }
    if (status == OK) {
        status = grants_check(&ingest->body, err);
    }
    if (status == OK) {
        note_approvals(found, log, &ingest->body);
        heads_stage(ingest->logs, txn, log, block, &hash);
        grants_take(ingest, txn, log, header, found);
    }
    return status;
}

enum ingest_result ingest_block(struct ingest *ingest, struct txn *txn,
                                const struct block_view *block, struct findings *found,
                                struct err *err)
{
    const struct block_header *header = &block->header;
    struct held_log *log = heads_find(ingest->logs, header->author);
    enum status status = ingest_check_epoch(ingest, txn, block, found, err);
    bool in_part;
    struct hash hash;

    if (status == OK) {
        status = check_audience(ingest, log, header, err);
    }
    if (status != OK) {
        return status == ERR_NOT_YET ? INGEST_NOT_YET : INGEST_REFUSED;
    }
    in_part = is_held_in_part(ingest, log, header);
    switch (in_part ? place_filtered(ingest, txn, log, block)
                    : place_whole(ingest, txn, log, block)) {
    case PLACE_GAP:
        if (log->side == HELD_ABOVE) {
            heads_note_gap(log, &header->audience);
        }
        (void)err_set(err, ERR_GAP, "block_missing_before lsn=%" PRIu64 " author=%s",
                      header->first_lsn, header->author.code);
        return INGEST_GAP;
    case PLACE_WAITS:
        ingest->met_cut = true;
        (void)err_set(err, ERR_NOT_YET, "recovery_cuts_off author=%s epoch=%" PRIu32,
                      header->author.code, header->epoch);
        return INGEST_NOT_YET;
    case PLACE_LATE:
        if (check_bytes(ingest, block, &hash, err) == OK && fits_between(ingest, block, &hash)) {
            break;
        }
        return judge_fork(ingest, txn, log, block, found, err);
    case PLACE_OVER:
    case PLACE_FORK:
        return judge_fork(ingest, txn, log, block, found, err);
    case PLACE_HELD:
        heads_note_again(log, block_last_lsn(header));
        return INGEST_HELD;
    case PLACE_NEXT:
        break;
    }
    status = take(ingest, txn, log, block, found, err);
    return status == OK ? INGEST_STAGED : status == ERR_NOT_YET ? INGEST_NOT_YET : INGEST_REFUSED;
}
