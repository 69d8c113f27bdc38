#include "node/daemon/salvaging.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "node/core/access_rows.h"
#include "node/home/files.h"
#include "node/home/grant_chain.h"
#include "node/home/notes.h"
#include "node/office/drafts_mend.h"
#include "node/office/local_rows.h"
#include "node/office/operators.h"
#include "node/store/block_file.h"
#include "node/store/store_rocks.h"
#include "proto/array.h"
#include "proto/log.h"
#include "proto/message.h"
#include "replicator/log/sealing.h"
#include "replicator/store/commit_now.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/roster_load.h"

enum {
    ROWS_A_COMMIT = 2048,
    BLOCK_KEY_BYTES = 9 + 4 + 8,
    PAIR_BYTES = 2 * 9, /* author and holder */
};

struct block_key {
    uint8_t at[BLOCK_KEY_BYTES];
};

struct work {
    const struct salvaging *salvaging;
    struct store store;
    uint64_t fence;
    struct txn *txn;
    size_t staged;
    struct block_file blocks;
    struct block_key *had; /* sorted */
    size_t count, capacity;
    bool again; /* they come a second time */
    struct access_head head;
    struct buf scratch, left; /* keys of rights that are left out, each behind its size */
    uint64_t block_count, row_count;
    uint64_t own_lsn;             /* the most that any row tells of the own log */
    uint64_t unfit, rights, aged; /* left out, left out, kept as they were once */
    uint64_t chained;             /* rows of accesses that do not follow */
};

/* --- rows --- */

static enum status commit_some(struct work *work, size_t most, struct err *err)
{
    if (work->staged < most) {
        return OK;
    }
    work->staged = 0;
    return commit_now(&work->store, work->fence, work->txn, err);
}

static enum status keep(struct work *work, const struct salvaged_row *row, struct err *err)
{
    struct bytes value;

    if (txn_get(work->txn, row->space, row->key, &value)) {
        return OK; /* the better source had it */
    }
    (void)txn_put(work->txn, row->space, row->key, row->value);
    work->row_count++;
    work->aged += row->is_newest ? 0 : 1;
    work->staged++;
    return commit_some(work, ROWS_A_COMMIT, err);
}

static enum status leave_out(uint64_t *counter)
{
    ++*counter;
    return OK;
}

/* Letters whose rows no log tells. A cut that waits is found again from the logs; one that was made
 * is not to be made twice. */
static bool is_kept_meta(struct bytes key, struct bytes value)
{
    static const char kept[] = {META_GRANT,    META_CONFIRMED, META_AMENDMENT, META_FORK,
                                META_ROTATION, META_FORMER,    META_LINK_KEY,  META_ASIDE,
                                META_USURPER,  META_PAUSED};

    if (key.size == 0) {
        return false;
    }
    if (key.data[0] == META_CUT) {
        return value.size > 0 && value.data[0] == 1;
    }
    return memchr(kept, key.data[0], sizeof kept) != NULL;
}

static bool is_known_meta(struct bytes key)
{
#define OR_LETTER(name, letter, ...) || key.data[0] == (letter)
    return key.size > 0 && (false META_ROWS(OR_LETTER));
#undef OR_LETTER
}

/* What a roster could not be made of again. */
static bool roster_row_fits(struct bytes key, struct bytes value)
{
    struct grant grant;
    struct err err;

    return key.data[0] == META_CONFIRMED
               ? roster_confirmed_fits(key, value)
               : key.data[0] != META_GRANT || grant_parse(&grant, value, &err) == OK;
}

static enum status take_meta(struct work *work, const struct salvaged_row *row, struct err *err)
{
    if (!is_known_meta(row->key) || !roster_row_fits(row->key, row->value)) {
        return leave_out(&work->unfit);
    }
    return is_kept_meta(row->key, row->value) ? keep(work, row, err) : OK;
}

static enum status take_cosignature(struct work *work, const struct salvaged_row *row,
                                    struct err *err)
{
    const bool fits = row->value.size > 2 * sizeof(uint64_t) &&
                      (row->key.size == PAIR_BYTES || row->key.size == PAIR_BYTES + 1 ||
                       row->key.size == PAIR_BYTES + 1 + sizeof(uint32_t));

    return fits ? keep(work, row, err) : leave_out(&work->unfit);
}

static enum status take_access(struct work *work, const struct salvaged_row *row, struct err *err)
{
    struct bytes value;

    if (txn_get(work->txn, row->space, row->key, &value)) {
        return OK;
    }
    return access_row_follows(&work->head, row->key, row->value) ? keep(work, row, err)
                                                                 : leave_out(&work->chained);
}

/* Once, however many sources have it. */
static enum status leave_right(struct work *work, struct bytes key)
{
    struct reader reader = reader_of(buf_bytes(&work->left));

    while (reader_left(&reader) > 0) {
        if (bytes_equal(reader_bytes(&reader, reader_u8(&reader)), key)) {
            return OK;
        }
    }
    buf_put_u8(&work->left, (uint8_t)key.size);
    buf_append_bytes(&work->left, key);
    return leave_out(&work->rights);
}

static enum status take_person(struct work *work, const struct salvaged_row *row, struct err *err)
{
    struct salvaged_row aged = *row;

    if (!row->is_newest) {
        operator_row_age(&work->scratch, row->value);
        aged.value = buf_bytes(&work->scratch);
    }
    return keep(work, &aged, err);
}

static enum status take_local(struct work *work, const struct salvaged_row *row, struct err *err)
{
    switch (local_row_sort(row->key, row->value)) {
    case LOCAL_KEPT:
        return keep(work, row, err);
    case LOCAL_RIGHT:
        return row->is_newest ? keep(work, row, err) : leave_right(work, row->key);
    case LOCAL_PERSON:
        return take_person(work, row, err);
    case LOCAL_CHAINED:
        return take_access(work, row, err);
    case LOCAL_DERIVED:
        return OK;
    default:
        return leave_out(&work->unfit);
    }
}

/* --- how long the own log was --- */

static void note_own(struct work *work, uint64_t lsn)
{
    work->own_lsn = lsn > work->own_lsn ? lsn : work->own_lsn;
}

/* Its head is made again; where it ended is not to be known from what is missing. */
static enum status look_at_head(struct work *work, const struct salvaged_row *row)
{
    struct reader key = reader_of(row->key), value = reader_of(row->value);
    const bool is_log = reader_u8(&key) == HEADS_LOG;
    const struct division author = division_read(&key);

    (void)reader_u32(&value);
    if (is_log && reader_done(&key) && division_equal(author, work->salvaging->config->division)) {
        note_own(work, reader_u64(&value));
    }
    return OK;
}

/* --- blocks --- */

static int compare_key(const void *key, const void *item)
{
    return memcmp(key, item, sizeof(struct block_key));
}

static bool had_before(const struct work *work, const struct block_key *key)
{
    const size_t at = ARRAY_LOWER_BOUND(work->had, work->count, key, compare_key);

    return at < work->count && compare_key(key, &work->had[at]) == 0;
}

static enum status open_file(struct work *work, const char *part, struct err *err)
{
    char path[HOME_FILE_MAX], name[64];
    enum status status;

    home_file(path, work->salvaging->home, "import");
    status = directory_make(path, err);
    if (status == OK) {
        (void)snprintf(name, sizeof name, "import/salvaged-%.32s%s.blocks", work->salvaging->name,
                       part);
        home_file(path, work->salvaging->home, name);
        (void)unlink(path); /* of a try that was cut off */
        status = block_file_append_to(&work->blocks, path, err);
    }
    return status;
}

/* The keys of the first reading came in order; of the next only those that are new are taken. */
static enum status begin_again(struct work *work, struct err *err)
{
    const enum status status = block_file_sync(&work->blocks, err);

    block_file_close(&work->blocks);
    work->again = true;
    return status == OK ? open_file(work, "-2", err) : status;
}

static enum status take_block(struct work *work, const struct salvaged_row *row, struct err *err)
{
    struct block_view block;
    struct block_key key;
    struct err why;
    enum status status = OK;

    if (row->key.size != sizeof key.at || row->value.size > BLOCK_BYTES_MAX ||
        block_parse(&block, row->value, &why) != OK) {
        return leave_out(&work->unfit);
    }
    buf_clear(&work->scratch);
    log_block_key(&work->scratch, block.header.author, block.header.epoch, block.header.first_lsn);
    if (!bytes_equal(buf_bytes(&work->scratch), row->key)) {
        return leave_out(&work->unfit);
    }
    if (division_equal(block.header.author, work->salvaging->config->division)) {
        note_own(work, block_last_lsn(&block.header));
    }
    memcpy(key.at, row->key.data, sizeof key.at);
    if (!work->again && work->count > 0 && compare_key(&key, &work->had[work->count - 1]) <= 0) {
        status = begin_again(work, err);
    }
    if (status != OK || (work->again && had_before(work, &key))) {
        return status;
    }
    if (!work->again) {
        ARRAY_ROOM(work->had, work->count, work->capacity);
        work->had[work->count++] = key;
    }
    work->block_count++;
    return block_file_append(&work->blocks, row->value, err);
}

static enum status take(void *arg, const struct salvaged_row *row, struct err *err)
{
    struct work *work = arg;

    switch (row->space) {
    case SPACE_META:
        return take_meta(work, row, err);
    case SPACE_COSIGN:
        return take_cosignature(work, row, err);
    case SPACE_LOCAL:
        return take_local(work, row, err);
    case SPACE_BLOCKS:
        return take_block(work, row, err);
    case SPACE_HEADS:
        return look_at_head(work, row);
    default:
        return OK;
    }
}

static void alive(void *arg)
{
    const struct work *work = arg;

    if (work->salvaging->alive != NULL) {
        work->salvaging->alive();
    }
}

/* --- when all is there --- */

struct sifting {
    const struct grant_chain *chain;
    struct txn *txn;
    size_t dropped;
};

static bool sift_grant(void *arg, struct bytes key, struct bytes value)
{
    struct sifting *sifting = arg;

    if (!grant_chain_has(sifting->chain, value)) {
        txn_delete(sifting->txn, SPACE_META, key);
        sifting->dropped++;
    }
    return true;
}

static enum status sift(struct work *work, const struct grant_chain *chain, struct err *err)
{
    const uint8_t letter = META_GRANT;
    struct sifting sifting = {chain, work->txn, 0};
    enum status status =
        work->store.ops->scan(work->store.self, NULL, SPACE_META, bytes_of(&letter, 1), BYTES_NONE,
                              sift_grant, &sifting, err);

    return status == OK ? commit_now(&work->store, work->fence, work->txn, err) : status;
}

/* Others are granted again as the logs come. Where those of this node do not hold, HOME/grants is
 * what it stands on. */
static enum status sift_grants(struct work *work, struct err *err)
{
    const struct home_config *config = work->salvaging->config;
    struct roster *roster = roster_new(&config->tree, config->division);
    struct grant_chain chain;
    struct err why;
    enum status status = grant_chain_read(&chain, &work->store, config->division, err);

    if (status == OK) {
        status = sift(work, &chain, err);
    }
    if (status == OK && roster_load(roster, &work->store, NULL, &why) != OK) {
        LOG_WARN("salvage.grants", "why=%s", why.text);
        grant_chain_free(&chain);
        status = sift(work, &chain, err);
    }
    if (status == OK) {
        grant_chain_keep(&chain, work->salvaging->home);
    }
    grant_chain_free(&chain);
    roster_free(roster);
    return status;
}

static enum status end_accesses(struct work *work, bool whole, struct err *err)
{
    const struct division self = work->salvaging->config->division;
    struct cosigned_head cosigned;

    (void)cosigned_head_newest(work->txn, self, work->salvaging->config->parent.division,
                               &cosigned);
    if (!whole || work->chained > 0 || cosigned.position > work->head.position) {
        access_row_put_lost(work->txn, &work->head, &cosigned, work->salvaging->now_unix_ms);
    }
    return commit_now(&work->store, work->fence, work->txn, err);
}

static void report(const struct work *work, const struct salvage_found *found, uint64_t lost)
{
    const bool known = found->is_whole[SPACE_BLOCKS] || found->is_whole[SPACE_HEADS];
    char text[MESSAGE_BYTES_MAX];
    uint64_t gaps = 0;

    for (int space = 0; space < SPACES; space++) {
        gaps += found->gaps[space];
    }
    message_format(text, sizeof text,
                   "healed_report blocks=%" PRIu64 " rows=%" PRIu64 " gaps=%" PRIu64
                   " left_out=%" PRIu64 " aged=%" PRIu64 " rights=%" PRIu64 " drafts=%" PRIu64
                   " whole=%s log=%s lsn=%" PRIu64 " known=%s",
                   work->block_count, work->row_count, gaps, work->unfit, work->aged, work->rights,
                   lost, found->is_whole[SPACE_LOCAL] ? "yes" : "no",
                   found->is_whole[SPACE_BLOCKS] ? "yes" : "no", work->own_lsn,
                   known ? "yes" : "no");
    notes_write_healed(work->salvaging->home, text);
    LOG_WARN("salvaged",
             "blocks=%" PRIu64 " rows=%" PRIu64 " gaps=%" PRIu64 " left_out=%" PRIu64
             " aged=%" PRIu64 " rights=%" PRIu64 " drafts=%" PRIu64 " accesses=%" PRIu64,
             work->block_count, work->row_count, gaps, work->unfit, work->aged, work->rights, lost,
             work->chained);
}

static enum status finish(struct work *work, const struct salvage_found *found, struct err *err)
{
    const bool whole = found->is_whole[SPACE_LOCAL];
    uint64_t lost = 0;
    enum status status = commit_some(work, 0, err);

    if (status == OK) {
        status = block_file_sync(&work->blocks, err);
    }
    if (status == OK) {
        status = sift_grants(work, err);
    }
    if (status == OK && !whole) {
        status = drafts_mend(work->txn, &lost, err);
    }
    if (status == OK) {
        status = end_accesses(work, whole, err);
    }
    if (status == OK) {
        report(work, found, lost);
    }
    return status;
}

enum status salvaging_run(const struct salvaging *salvaging, struct err *err)
{
    static const enum store_space spaces[] = {SPACE_META, SPACE_COSIGN, SPACE_LOCAL, SPACE_BLOCKS,
                                              SPACE_HEADS};
    const struct store_rocks_options options = {.floor_bytes = 0};
    struct work work = {
        .salvaging = salvaging,
        .blocks = {.file = -1},
        .head = access_head_seed(&salvaging->config->tree, salvaging->config->division)};
    const struct salvage how = {.directory = salvaging->from,
                                .copy = salvaging->copy,
                                .depth = salvaging->depth,
                                .spaces = spaces,
                                .space_count = COUNT_OF(spaces),
                                .visit = take,
                                .arg = &work,
                                .alive = alive};
    struct salvage_found found;
    enum status status = store_rocks_open(&work.store, salvaging->to, &options, err);

    if (status != OK) {
        return status;
    }
    work.txn = txn_open(&work.store, NULL);
    status = work.store.ops->claim(work.store.self, &work.fence, err);
    if (status == OK) {
        status = open_file(&work, "", err);
    }
    if (status == OK) {
        status = salvage_read(&how, &found, err);
    }
    if (status == OK) {
        status = finish(&work, &found, err);
    }
    block_file_close(&work.blocks);
    txn_free(work.txn);
    work.store.ops->close(work.store.self);
    mem_free(work.had);
    buf_free(&work.scratch);
    buf_free(&work.left);
    return status;
}
