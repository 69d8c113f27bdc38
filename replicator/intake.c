/* intake - taking blocks in: who may bring what, does it follow, is it true; then it is staged.
 *
 *   not_yet   author, key or epoch unknown here: the sender holds that log and tries again
 *   gap       a frame was lost: the session ends, and the next one resumes from heads
 *   no block  it does not even tell whose it is: the session ends
 *   refused   wrong bytes: named to the sender, alarmed, counted; the other logs go on
 *   fork      the author signed two blocks for one position: both are kept as evidence */
#include "proto/bug.h"
#include "replicator/core.h"
#include "replicator/taken.h"

#include <inttypes.h>
#include <stdio.h>

/* --- what the next Ack says --- */

static void list(struct link *link, struct held_log *log)
{
    if (log->listed) {
        return;
    }
    if (link->listed_count == link->listed_capacity) {
        link->listed_capacity = link->listed_capacity == 0 ? 4 : 2 * link->listed_capacity;
        link->listed = mem_realloc(link->listed, link->listed_capacity * sizeof(struct held_log *));
    }
    log->listed = true;
    link->listed[link->listed_count++] = log;
}

/* The sender goes back. What it sent after this block is not taken: of a log from above it could
 * be the next one of another audience, and what lies before it would never come. */
static void turn_down(struct held_log *log, uint64_t lsn)
{
    if (lsn <= log->staged.lsn) {
        lsn = log->staged.lsn + 1;
    }
    if (log->turned_lsn == 0 || lsn < log->turned_lsn) {
        log->turned_lsn = lsn;
    }
}

static void say_not_yet(struct replicator *r, struct link *link, const struct block_header *header)
{
    const struct division author = header->author;
    struct held_log *log = heads_find(r, author);

    if (log != NULL && log->source == link) {
        log->not_yet = true;
        turn_down(log, header->first_lsn);
        list(link, log);
        return;
    }
    for (size_t i = 0; i < link->stranger_count; i++) {
        if (division_equal(link->strangers[i], author)) {
            return;
        }
    }
    if (link->stranger_count < STRANGERS_MAX) {
        link->strangers[link->stranger_count++] = author;
    }
}

/* The last false block of each log was followed by a true one: nothing is refused any more. */
static void none_refused(struct replicator *r, struct link *link)
{
    if (link->refused_logs == 0 && !link->stranger_refused) {
        link_release(r, link, HOLD_REFUSED);
        alarm_over(r, "bad_block", link->peer);
    }
}

void intake_reset(struct replicator *r, struct link *link)
{
    for (size_t i = 0; i < r->log_count; i++) {
        struct held_log *log = r->logs[i];
        if (log->source == link) {
            log->listed = log->not_yet = false;
            log->turned_lsn = 0;
        }
    }
    link->listed_count = 0;
    if (link->stranger_refused) { /* of no log here: nothing true can come in its place */
        link->stranger_refused = false;
        none_refused(r, link);
    }
}

static void refuse(struct replicator *r, struct link *link, const struct block_header *header,
                   const struct err *why)
{
    struct held_log *log = heads_find(r, header->author);
    char words[96];

    if (why->status == ERR_DIVISION_TAKEN) { /* its other logs are as good as before */
        taken_say(r, link, header->author, header->first_lsn);
        return;
    }
    link->frames_refused++;
    if (log != NULL && log->source == link) {
        link->refused_logs += log->refused ? 0 : 1;
        log->refused = true;
        turn_down(log, header->first_lsn);
    } else {
        link->stranger_refused = true;
    }
    if (link->reject_count < REJECTS_MAX) {
        struct waiting_reject *reject = &link->rejects[link->reject_count++];
        *reject = (struct waiting_reject){.author = header->author,
                                          .epoch = header->epoch,
                                          .lsn = header->first_lsn,
                                          .reason = why->status};
        (void)snprintf(reject->text, sizeof reject->text, "%.95s", why->text);
    }
    (void)snprintf(words, sizeof words, "block %" PRIu64 " of %s refused: %s", header->first_lsn,
                   header->author.code, status_message(why->status));
    link_hold(r, link, HOLD_REFUSED, words);
    alarm_about(r, why->status == ERR_FORK ? "fork" : "bad_block", link->peer,
                "block %" PRIu64 " of %s refused: %s", header->first_lsn, header->author.code,
                why->text);
}

/* --- may this neighbour bring it? --- */

static enum status check_from_above(const struct replicator *r, const struct block_header *header,
                                    struct err *err)
{
    const struct division self = r->config.self;

    if (division_equal(header->author, self) || !roster_within(r->roster, self, header->author)) {
        return err_set(err, ERR_REFUSED, "%s is not above %s", header->author.code, self.code);
    }
    if (roster_find(r->roster, header->audience.division) == NULL) {
        return err_set(err, ERR_NOT_YET, "%s is not known here", header->audience.division.code);
    }
    if (!roster_in_audience(r->roster, self, header->author, &header->audience)) {
        return err_set(err, ERR_REFUSED, "a block of %s is not for %s", header->author.code,
                       self.code);
    }
    return OK;
}

static enum status check_author(struct replicator *r, struct txn *txn, const struct link *link,
                                const struct block_header *header, struct err *err)
{
    if (roster_epoch(r->roster, header->author, header->epoch) == NULL) {
        return err_set(err, ERR_NOT_YET, "no grant of %s, epoch %" PRIu32 ", is held",
                       header->author.code, header->epoch);
    }
    if (link->is_parent) {
        return check_from_above(r, header, err);
    }
    if (!roster_within(r->roster, header->author, link->peer)) {
        return err_set(err,
                       taken_known(r, txn, link, header->author) ? ERR_DIVISION_TAKEN : ERR_REFUSED,
                       "%s is not below %s", header->author.code, link->peer.code);
    }
    return OK;
}

/* --- where does it belong? --- */

enum place { PLACE_NEXT, PLACE_HELD, PLACE_GAP, PLACE_FORK };

/* A position that is passed already: the same block again, or another one? */
static enum place compare_stored(struct replicator *r, struct txn *txn,
                                 const struct block_view *block)
{
    const struct block_header *header = &block->header;
    struct bytes stored;

    log_block_key(&r->key, header->author, header->epoch, header->first_lsn);
    if (!txn_get(txn, SPACE_BLOCKS, buf_bytes(&r->key), &stored)) {
        return PLACE_FORK; /* the blocks held here are cut differently */
    }
    return stored.size >= BLOCK_HEADER_SIZE &&
                   memcmp(stored.data, block->header_bytes.data, BLOCK_HEADER_SIZE) == 0
               ? PLACE_HELD
               : PLACE_FORK;
}

/* A new epoch goes on after its grant's base, and only a holder exactly there may follow. */
static bool epoch_follows(const struct replicator *r, const struct log_head *head,
                          const struct block_header *header)
{
    const struct grant *grant = roster_epoch(r->roster, header->author, header->epoch);

    if (header->epoch == head->epoch) {
        return true;
    }
    return header->epoch > head->epoch && grant->base_lsn == head->lsn &&
           hash_equal(&grant->base_hash, &head->hash);
}

static enum place place_whole(struct replicator *r, struct txn *txn, const struct held_log *log,
                              const struct block_view *block)
{
    const struct block_header *header = &block->header;
    const struct log_head *head = &log->staged;

    if (header->first_lsn <= head->lsn) {
        return compare_stored(r, txn, block);
    }
    if (header->first_lsn > head->lsn + 1) {
        return PLACE_GAP;
    }
    return hash_equal(&header->prev_hash, &head->hash) && epoch_follows(r, head, header)
               ? PLACE_NEXT
               : PLACE_FORK;
}

static enum place place_filtered(struct replicator *r, struct txn *txn, struct held_log *log,
                                 const struct block_view *block)
{
    const struct block_header *header = &block->header;
    const struct audience_head *head = heads_audience(log, &header->audience);

    if (header->aud_seq <= head->seq) {
        return compare_stored(r, txn, block);
    }
    if (header->aud_seq > head->seq + 1) {
        return PLACE_GAP;
    }
    return hash_equal(&header->aud_prev, &head->hash) && header->first_lsn > log->staged.lsn &&
                   header->epoch >= log->staged.epoch
               ? PLACE_NEXT
               : PLACE_FORK;
}

/* --- is it true? --- */

static enum status check_bytes(struct replicator *r, const struct block_view *block,
                               struct hash *hash, struct err *err)
{
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(r->roster, header->author, header->epoch);
    const struct key_id key_id = key_id_of(&grant->sign_key);

    if (memcmp(&key_id, &header->key_id, sizeof key_id) != 0) {
        return err_set(err, ERR_BAD_SIGNATURE, "signed with a key that %s was not granted",
                       header->author.code);
    }
    if (BUG("signature-unchecked")) {
        *hash = hash_of(TAG_BLOCK, block->header_bytes);
        return OK;
    }
    return block_verify(block, &r->config.tree, &grant->sign_key, hash, err);
}

/* What the author signed against its own log; the first of an author and epoch is kept, beside
 * the block that this node holds. */
static void keep_evidence(struct replicator *r, struct txn *txn, const struct held_log *log,
                          const struct block_view *block)
{
    struct buf held = BUF_EMPTY, value = BUF_EMPTY;
    struct block_view other;
    struct bytes known;
    struct err err;
    const uint64_t lsn =
        block->header.first_lsn <= log->durable.lsn ? block->header.first_lsn : log->durable.lsn;

    buf_clear(&r->key);
    buf_put_u8(&r->key, 'f');
    division_write(&r->key, log->author);
    buf_put_u32(&r->key, block->header.epoch);
    if (!txn_get(txn, SPACE_META, buf_bytes(&r->key), &known)) {
        if (log_read_block(r->config.store, NULL, log->author, lsn, &held, &other, &err) != OK) {
            buf_clear(&held);
        }
        buf_put_u32(&value, (uint32_t)block->whole.size);
        buf_append_bytes(&value, block->whole);
        buf_append_bytes(&value, buf_bytes(&held));
        (void)txn_put(txn, SPACE_META, buf_bytes(&r->key), buf_bytes(&value));
    }
    buf_free(&held);
    buf_free(&value);
}

/* A block of another branch: evidence if the author signed it, and nothing if not. */
static enum status judge_fork(struct replicator *r, struct txn *txn, const struct held_log *log,
                              const struct block_view *block, struct err *err)
{
    struct hash hash;
    enum status status = check_bytes(r, block, &hash, err);

    if (status != OK) {
        return status;
    }
    keep_evidence(r, txn, log, block);
    alarm_about(r, "fork", log->author, "%s signed two blocks that cannot both follow lsn %" PRIu64,
                log->author.code, block->header.first_lsn - 1);
    return err_set(err, ERR_FORK, "it does not follow the block held here");
}

/* --- taking it --- */

static void true_bytes_came(struct replicator *r, struct held_log *log)
{
    struct link *link = log->source;

    if (log->refused || link->stranger_refused) {
        link->refused_logs -= log->refused ? 1 : 0;
        log->refused = link->stranger_refused = false;
        none_refused(r, link);
    }
}

static enum status take(struct replicator *r, struct txn *txn, struct held_log *log,
                        const struct block_view *block, struct err *err)
{
    struct hash hash;
    enum status status = check_bytes(r, block, &hash, err);

    if (status == OK) {
        status = block_body_read(&r->body, block, err);
    }
    if (status == OK) {
        status = grants_check(&r->body, err);
    }
    if (status != OK) {
        return status;
    }
    log->turned_lsn = 0;
    true_bytes_came(r, log);
    heads_stage(r, txn, log, block, &hash);
    grants_take(r, txn, log);
    r->config.sink.block_held(r->config.sink.arg, txn, block, &r->body);
    return OK;
}

/* OK also when there is nothing more to say about it; ERR_GAP ends the session. */
static enum status place_and_take(struct replicator *r, struct txn *txn, struct link *link,
                                  struct held_log *log, const struct block_view *block,
                                  struct err *err)
{
    const enum place place = log->side == HELD_ABOVE ? place_filtered(r, txn, log, block)
                                                     : place_whole(r, txn, log, block);
    enum status status = OK;

    if (log->turned_lsn != 0 && block->header.first_lsn > log->turned_lsn) {
        return OK; /* one before it was turned down, and both come again */
    }
    switch (place) {
    case PLACE_GAP:
        return err_set(err, ERR_GAP, "a block before lsn %" PRIu64 " of %s is missing",
                       block->header.first_lsn, log->author.code);
    case PLACE_FORK:
        return judge_fork(r, txn, log, block, err);
    case PLACE_HELD:
        break;
    case PLACE_NEXT:
        status = take(r, txn, log, block, err);
        break;
    }
    if (status == OK) {
        list(link, log);
    }
    return status;
}

/* There is no room for it: the sender keeps it, and asks again. */
static bool put_off(struct replicator *r, struct link *link, struct bytes whole)
{
    struct block_view block;
    struct err err;

    if (block_parse(&block, whole, &err) != OK) {
        link_refuse_frame(r, link, &err);
        return false;
    }
    say_not_yet(r, link, &block.header);
    return true;
}

/* False when the session is over and the rest of the frame with it. */
static bool take_one(struct replicator *r, struct txn *txn, struct link *link, struct bytes whole)
{
    struct block_view block;
    struct held_log *log = NULL;
    struct err err;
    enum status status;

    memset(&block, 0, sizeof block);
    status = block_parse(&block, whole, &err);
    if (status != OK && division_is_none(block.header.author)) {
        link_refuse_frame(r, link, &err); /* whom should the sender take back? */
        return false;
    }
    if (status == OK) {
        status = check_author(r, txn, link, &block.header, &err);
    }
    if (status == OK) {
        log = heads_find(r, block.header.author);
        status = log == NULL || log->source != link
                     ? err_set(&err, ERR_REFUSED, "%s is not to be brought by %s",
                               block.header.author.code, link->peer.code)
                     : place_and_take(r, txn, link, log, &block, &err);
    }
    switch (status) {
    case OK:
        return true;
    case ERR_NOT_YET:
        say_not_yet(r, link, &block.header);
        return true;
    case ERR_GAP:
        link_over(r, link, ERR_GAP, err.text);
        return false;
    default:
        refuse(r, link, &block.header, &err);
        return true;
    }
}

void intake_blocks(struct replicator *r, struct txn *txn, struct link *link,
                   const Terrace__Blocks *blocks)
{
    size_t bytes = 0;

    /* Of a log with several audiences a missing block would not be missed by the next one. */
    if (!BUG("lost-frame-unnoticed") && blocks->has_at &&
        blocks->at != link->allowance.taken_bytes) {
        link_over(r, link, ERR_GAP, "a frame of blocks was lost");
        return;
    }
    for (size_t i = 0; i < blocks->n_block; i++) {
        bytes += blocks->block[i].len;
    }
    if (!link_charge(r, link, blocks->n_block, bytes)) {
        link->frames_refused++;
        link->faulty = true;
        alarm_about(r, "limit", link->peer, "it sent more than its credit and the limits allow");
        link_over(r, link, ERR_LIMIT, "more was sent than credit and limits allow");
        return;
    }
    for (size_t i = 0; i < blocks->n_block; i++) {
        const struct bytes whole = bytes_of_pb(blocks->block[i]);
        if (r->no_room ? !put_off(r, link, whole) : !take_one(r, txn, link, whole)) {
            return;
        }
    }
}
