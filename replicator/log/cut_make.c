#include <inttypes.h>

#include "proto/array.h"
#include "replicator/log/arrivals.h"
#include "replicator/log/aside.h"
#include "replicator/log/cut.h"
#include "replicator/log/granted.h"
#include "replicator/log/sealing.h"
#include "replicator/store/commit_now.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/cosignature.h"

enum { COPY_BYTES = 16 << 20 /* in one commit */ };

/* --- putting aside --- */

struct copying {
    const struct store *store;
    uint64_t fence;
    const struct cut *cut;
    struct txn *txn;
    size_t size;
    enum status status;
    struct err *err;
};

static bool copy_block(void *arg, const struct block_view *block)
{
    struct copying *copying = arg;

    aside_put(copying->txn, copying->cut->epoch, block);
    copying->size += block->whole.size;
    if (copying->size >= COPY_BYTES) {
        copying->status = commit_now(copying->store, copying->fence, copying->txn, copying->err);
        copying->size = 0;
    }
    return copying->status == OK;
}

/* The first block that goes is the one in which the cut lies, or the next one. */
static uint64_t first_to_go(const struct store *store, const struct cut *cut)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct err err;
    const uint64_t lsn =
        log_read_block(store, NULL, cut->author, cut->lsn + 1, &whole, &block, &err) == OK
            ? block.header.first_lsn
            : cut->lsn + 1;

    buf_free(&whole);
    return lsn;
}

enum status cut_copy(const struct store *store, uint64_t fence, const struct cut *cut,
                     struct err *err)
{
    struct copying copying = {.store = store,
                              .fence = fence,
                              .cut = cut,
                              .txn = txn_open(store, NULL),
                              .status = OK,
                              .err = err};
    enum status status =
        log_scan(store, NULL, cut->author, first_to_go(store, cut), copy_block, &copying, err);

    if (status == OK) {
        status = copying.status;
    }
    if (status == OK) {
        status = commit_now(store, fence, copying.txn, err);
    }
    txn_free(copying.txn);
    return status;
}

/* --- what stays --- */

struct end { /* the newest block of an audience that stays */
    struct audience audience;
    uint64_t seq, first_lsn, last_lsn; /* 0: none does */
    struct hash hash;
};

struct staying {
    const struct cut *cut;
    struct log_head head; /* without its hash */
    uint64_t bytes;
    struct end *ends;
    size_t count, capacity;
};

static struct end *end_of(struct staying *staying, const struct audience *audience)
{
    for (size_t i = 0; i < staying->count; i++) {
        if (audience_equal(&staying->ends[i].audience, audience)) {
            return &staying->ends[i];
        }
    }
    ARRAY_ROOM(staying->ends, staying->count, staying->capacity);
    staying->ends[staying->count] = (struct end){.audience = *audience};
    return &staying->ends[staying->count++];
}

static bool note_staying(void *arg, const struct block_view *block)
{
    struct staying *staying = arg;
    const struct block_header *header = &block->header;
    const uint64_t last_lsn = block_last_lsn(header);
    struct end *end;

    if (last_lsn > staying->cut->lsn) {
        return false;
    }
    staying->head.epoch = header->epoch;
    staying->head.lsn = last_lsn;
    staying->head.time_ms = header->time_ms;
    staying->head.blocks++;
    staying->bytes += block->whole.size;
    end = end_of(staying, &header->audience);
    end->seq = header->aud_seq;
    end->last_lsn = last_lsn;
    end->first_lsn = header->first_lsn;
    return true;
}

static enum status hash_at(const struct store *store, const struct roster *roster,
                           struct division author, uint64_t lsn, struct hash *out, struct err *err)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    enum status status = log_read_block(store, NULL, author, lsn, &whole, &block, err);

    if (status == OK) {
        const struct grant *grant = roster_epoch(roster, author, block.header.epoch);

        status = grant == NULL
                     ? err_set(err, ERR_CORRUPT, "block_epoch_ungranted")
                     : block_verify(&block, roster_tree(roster), &grant->sign_key, out, err);
    }
    buf_free(&whole);
    return status == OK || status == ERR_IO ? status : ERR_CORRUPT;
}

static enum status hash_ends(const struct store *store, const struct roster *roster,
                             struct staying *staying, struct err *err)
{
    const struct division author = staying->cut->author;
    enum status status = OK;

    if (staying->head.lsn > 0) {
        status = hash_at(store, roster, author, staying->head.lsn, &staying->head.hash, err);
    }
    for (size_t i = 0; i < staying->count && status == OK; i++) {
        struct end *end = &staying->ends[i];
        status = hash_at(store, roster, author, end->first_lsn, &end->hash, err);
    }
    return status;
}

/* --- what goes --- */

struct going {
    struct logs *logs;
    struct txn *txn;
    struct staying *staying;
    struct grants_gone *grants;
    struct buf key;
    enum status status;
    struct err *err;
};

static bool let_go(void *arg, const struct block_view *block)
{
    struct going *going = arg;
    const struct block_header *header = &block->header;

    (void)end_of(going->staying, &header->audience); /* it may have no block left */
    log_block_key(&going->key, header->author, header->epoch, header->first_lsn);
    txn_delete(going->txn, SPACE_BLOCKS, buf_bytes(&going->key));
    heads_forget_place(going->logs, going->txn, header);
    going->status = grants_note_gone(going->grants, going->txn, block, going->err);
    return going->status == OK;
}

static enum status let_all_go(struct logs *logs, struct txn *txn, const struct cut *cut,
                              struct staying *staying, struct err *err)
{
    struct grants_gone grants = {.count = 0};
    struct going going = {
        .logs = logs, .txn = txn, .staying = staying, .grants = &grants, .status = OK, .err = err};
    enum status status = log_scan(logs->store, NULL, cut->author, first_to_go(logs->store, cut),
                                  let_go, &going, err);

    if (status == OK) {
        status = going.status;
    }
    if (status == OK) {
        status = grants_forget(&grants, txn, err);
    }
    grants_gone_free(&grants);
    buf_free(&going.key);
    return status;
}

/* --- all of it --- */

static void put_ends(struct logs *logs, struct txn *txn, struct staying *staying)
{
    struct held_log *log = heads_find(logs, staying->cut->author);

    heads_take_back(logs, txn, log, &staying->head, staying->bytes);
    for (size_t i = 0; i < staying->count; i++) {
        const struct end *end = &staying->ends[i];
        const struct audience_head head = {end->audience, end->seq, end->last_lsn, end->hash};

        heads_take_audience_back(logs, txn, log, &head);
    }
}

enum status cut_make(const struct store *store, struct txn *txn, const struct roster *roster,
                     const struct cut *cut, struct err *err)
{
    struct staying staying = {.cut = cut};
    struct logs logs;
    enum status status;

    heads_init(&logs, store, NULL);
    status = heads_load(&logs, err);
    if (status == OK && heads_find(&logs, cut->author) == NULL) {
        status = err_set(err, ERR_CORRUPT, "cut_row_damaged");
    }
    if (status == OK) {
        status = log_scan(store, NULL, cut->author, 0, note_staying, &staying, err);
    }
    if (status == OK) {
        status = hash_ends(store, roster, &staying, err);
    }
    if (status == OK) {
        status = let_all_go(&logs, txn, cut, &staying, err);
    }
    if (status == OK) {
        status = arrivals_take_back(store, txn, cut->author, staying.head.lsn, err);
    }
    if (status == OK) {
        put_ends(&logs, txn, &staying);
        cosignatures_take_back(txn, cut->author, staying.head.lsn);
        cut_note_made(txn, cut);
    }
    mem_free(staying.ends);
    heads_free(&logs);
    return status;
}
