#include "node/core/scrub.h"

#include <inttypes.h>

#include "node/core/damage.h"
#include "node/core/node_struct.h"
#include "node/office/local_keys.h"
#include "replicator/log/arrivals.h"
#include "replicator/log/audit.h"
#include "replicator/log/sealing.h"

static const uint8_t row_letter = LOCAL_SCRUB;

/* --- its row --- */

static bool parse_row(struct scrub_row *out, struct bytes value)
{
    struct reader reader = reader_of(value);

    out->recent.low = reader_u64(&reader);
    out->recent.next = reader_u64(&reader);
    out->older.low = reader_u64(&reader);
    out->older.next = reader_u64(&reader);
    out->seen = reader_u64(&reader);
    out->blocks = reader_u64(&reader);
    out->faults = reader_u64(&reader);
    out->through_unix_ms = reader_u64(&reader);
    if (reader_left(&reader) > 0) { /* else it was written before there were rounds */
        out->rounds = reader_u64(&reader);
        out->ended_unix_ms = reader_u64(&reader);
        out->known = reader_u64(&reader);
        out->rows = reader_u64(&reader);
        out->space = reader_u8(&reader);
        out->key_size = reader_u8(&reader);
        reader_copy(&reader, out->key, out->key_size);
    }
    return reader_done(&reader) && out->space <= SPACES && out->older.low <= out->older.next &&
           out->recent.low <= out->recent.next && out->recent.next <= out->seen &&
           out->older.next <= out->seen;
}

static void put_row(struct txn *txn, const struct scrub_row *row)
{
    struct buf value = BUF_EMPTY;

    buf_put_u64(&value, row->recent.low);
    buf_put_u64(&value, row->recent.next);
    buf_put_u64(&value, row->older.low);
    buf_put_u64(&value, row->older.next);
    buf_put_u64(&value, row->seen);
    buf_put_u64(&value, row->blocks);
    buf_put_u64(&value, row->faults);
    buf_put_u64(&value, row->through_unix_ms);
    buf_put_u64(&value, row->rounds);
    buf_put_u64(&value, row->ended_unix_ms);
    buf_put_u64(&value, row->known);
    buf_put_u64(&value, row->rows);
    buf_put_u8(&value, row->space);
    buf_put_u8(&value, row->key_size);
    buf_append(&value, row->key, row->key_size);
    (void)txn_put(txn, SPACE_LOCAL, bytes_of(&row_letter, 1), buf_bytes(&value));
    buf_free(&value);
}

enum status scrub_open(struct node *node, struct err *err)
{
    struct scrub *scrub = &node->scrub;
    struct bytes value;

    scrub->staged_ms = clock_mono_ms(&node->clock);
    if (txn_get(node->txn, SPACE_LOCAL, bytes_of(&row_letter, 1), &value) &&
        !parse_row(&scrub->row, value)) {
        return err_set(err, ERR_CORRUPT, "scrub_row_damaged");
    }
    return OK;
}

void scrub_close(struct node *node)
{
    block_body_free(&node->scrub.body);
    buf_free(&node->scrub.whole);
}

/* --- which positions --- */

static uint64_t left_in(const struct scrub_span *span)
{
    return span->next - span->low;
}

static bool is_empty(const struct scrub_span *span)
{
    return left_in(span) == 0;
}

/* A store that was put back ends before what the row names: then all of it is read again. */
static void take_new(struct scrub_row *row, uint64_t end)
{
    if (row->seen > end) {
        row->recent = row->older = (struct scrub_span){0, 0};
        row->seen = 0;
    }
    if (row->seen == end || (!is_empty(&row->recent) && !is_empty(&row->older))) {
        return;
    }
    if (!is_empty(&row->recent)) {
        row->older = row->recent;
    }
    row->recent = (struct scrub_span){row->seen, end};
    row->seen = end;
}

static struct scrub_span *newest_span(struct scrub_row *row)
{
    return !is_empty(&row->recent) ? &row->recent : &row->older;
}

/* All down to `position`, which is read no more. */
static void pass(struct scrub_span *span, uint64_t position)
{
    span->next = position > span->low ? position - 1 : span->low;
}

/* --- one block --- */

static void note_corrupt(struct node *node, struct division author, const struct err *err)
{
    if (err->status != ERR_NEEDS_UPGRADE) { /* held, and of a later version */
        alarms_raise(node->alarms, ALARM_CORRUPT, author, "%s", err->text);
    }
    if (err->status == ERR_CORRUPT) {
        node_found_damage(node, author, err->text);
    }
}

/* The body that the author signed, taken apart. */
static enum status read_body(struct block_body *body, const struct block_view *block,
                             struct err *err)
{
    const struct hash hash = hash_of(TAG_BODY, block->body);

    return hash_equal(&hash, &block->header.body_hash)
               ? block_body_read(body, block, err)
               : err_set(err, ERR_CORRUPT, "body_not_signed");
}

/* Did its author sign this header? What is stored wrong accuses nobody else. */
static enum status check_signed(const struct node *node, const struct block_view *block,
                                struct err *err)
{
    const struct roster *roster = replicator_roster(node->replicator);
    const struct block_header *header = &block->header;
    const struct grant *grant = roster_epoch(roster, header->author, header->epoch);
    struct hash hash;

    return grant == NULL ? err_set(err, ERR_NOT_YET, "block_epoch_ungranted")
                         : block_verify(block, roster_tree(roster), &grant->sign_key, &hash, err);
}

/* The root holds, or it is the author's fault. Else the store's: `err` says. */
static enum status check_root(struct node *node, const struct block_view *block, bool known,
                              struct err *err)
{
    const struct block_header *header = &block->header;
    struct scrub *scrub = &node->scrub;
    struct hash *leaves = mem_zalloc(scrub->body.count * sizeof *leaves);
    const bool holds = audit_root(header, &scrub->body, leaves, err) == OK;

    mem_free(leaves);
    if (holds) {
        return OK;
    }
    if (check_signed(node, block, err) != OK) {
        return err->status;
    }
    scrub->row.faults += known ? 0 : 1;
    alarms_raise(node->alarms, ALARM_ENTRIES_DIFFER, header->author,
                 "entries_not_as_signed author=%s lsn=%" PRIu64 " last=%" PRIu64,
                 header->author.code, header->first_lsn, block_last_lsn(header));
    return OK;
}

/* `known`: it was read in a round before. */
static void check_block(struct node *node, const struct block_view *block, bool known)
{
    const struct block_header *header = &block->header;
    struct scrub *scrub = &node->scrub;
    struct err err;
    enum status status = read_body(&scrub->body, block, &err);

    scrub->row.blocks++;
    if (status == OK) {
        status = check_root(node, block, known, &err);
    }
    if (status != OK) {
        (void)err_wrap(&err, "in_log_at division=%s lsn=%" PRIu64, header->author.code,
                       header->first_lsn);
        note_corrupt(node, header->author, &err);
    }
}

/* The block that ends at the span's end, or what of it came last. Its bytes; 0: the store cannot be
 * read now. */
static size_t read_next(struct node *node, struct scrub_span *span)
{
    struct scrub *scrub = &node->scrub;
    struct arrival_run run;
    struct block_view block;
    struct err err;
    enum status status = arrivals_at(&node->store, NULL, span->next, &run, &err);
    uint64_t lsn;

    if (status != OK) {
        if (status != ERR_IO) { /* where it cannot be read, nothing before it is found, either */
            note_corrupt(node, node->config.self, &err);
            span->next = span->low;
        }
        return 0;
    }
    lsn = run.first_lsn + (span->next - run.position);
    status = log_read_block(&node->store, NULL, run.author, lsn, &scrub->whole, &block, &err);
    if (status == ERR_IO) {
        return 0;
    }
    if (status != OK) {
        if (status != ERR_NOT_FOUND) { /* what a later epoch put aside is no part of the log */
            note_corrupt(node, run.author, &err);
        }
        pass(span, run.position);
        return 1;
    }
    check_block(node, &block, span->next <= scrub->row.known);
    pass(span, block.header.first_lsn > run.first_lsn
                   ? run.position + (block.header.first_lsn - run.first_lsn)
                   : run.position);
    return block.whole.size + block.header.raw_size;
}

/* --- other rows --- */

struct row_slice {
    struct scrub_row *row;
    size_t bytes, rows;
};

/* Two rows at least, so that it goes forward: the first is the last one of the slice before. */
static bool read_row(void *arg, struct bytes key, struct bytes value)
{
    struct row_slice *slice = arg;

    slice->bytes += key.size + value.size;
    slice->rows++;
    slice->row->key_size = (uint8_t)key.size;
    memcpy(slice->row->key, key.data, key.size);
    return slice->rows < 2 || slice->bytes < SCRUB_ROWS_BYTES_MAX;
}

static void next_space(struct scrub_row *row)
{
    row->space++;
    if (row->space == SPACE_BLOCKS) { /* they were read by position */
        row->space++;
    }
    row->key_size = 0;
}

static bool has_rows(const struct scrub_row *row)
{
    return row->space < SPACES;
}

/* False: the store cannot be read now. */
static bool read_rows(struct node *node)
{
    struct scrub_row *row = &node->scrub.row;
    struct row_slice slice = {.row = row};
    uint8_t from[STORE_KEY_BYTES_MAX];
    const size_t from_size = row->key_size;
    struct err err;
    enum status status;

    memcpy(from, row->key, from_size);
    status = node->store.ops->scan(node->store.self, NULL, (enum store_space)row->space, BYTES_NONE,
                                   bytes_of(from, from_size), read_row, &slice, &err);
    row->rows += slice.rows - (from_size > 0 && slice.rows > 0 ? 1 : 0);
    if (status == ERR_IO) {
        return false;
    }
    if (status != OK) {
        node_found_damage(node, node->config.self, err.text);
    }
    if (status != OK || slice.rows < 2 || slice.bytes < SCRUB_ROWS_BYTES_MAX) {
        next_space(row);
    }
    return true;
}

/* --- a slice --- */

static uint64_t entries_left(const struct node *node)
{
    const struct scrub_row *row = &node->scrub.row;
    const uint64_t end = replicator_arrived(node->replicator);

    return left_in(&row->recent) + left_in(&row->older) + (end > row->seen ? end - row->seen : 0);
}

static bool read_slice(struct node *node)
{
    const uint64_t begun_ms = clock_mono_ms(&node->clock);
    struct scrub_row *row = &node->scrub.row;
    size_t bytes = 0;

    for (int i = 0; i < SCRUB_BLOCKS_MAX && bytes < SCRUB_BYTES_MAX; i++) {
        struct scrub_span *span = newest_span(row);
        size_t size;

        if (is_empty(span) || clock_mono_ms(&node->clock) - begun_ms >= SCRUB_SLICE_MS) {
            break;
        }
        size = read_next(node, span);
        if (size == 0) {
            return false;
        }
        bytes += size;
    }
    return true;
}

/* What is read for the first time goes before what was read before. */
static uint64_t pause_ms(const struct scrub *scrub)
{
    return scrub->row.rounds > 0 && is_empty(&scrub->row.recent) ? SCRUB_AGAIN_MS : SCRUB_PAUSE_MS;
}

/* Under load a turn may find nothing to do, and yet there is no rest. */
static uint64_t slice_due_ms(const struct scrub *scrub)
{
    const uint64_t rested_ms = earlier(scrub->busy_ms + SCRUB_PAUSE_MS, /* or long enough waited */
                                       scrub->sliced_ms + SCRUB_BUSY_MS);

    return scrub->due_ms > rested_ms ? scrub->due_ms : rested_ms;
}

/* A round that ended is begun again when its time has come. */
static bool is_rested(const struct node *node)
{
    const struct scrub_row *row = &node->scrub.row;
    const uint64_t ended_ms = row->ended_unix_ms;

    return node->turn_unix_ms < ended_ms /* by a clock that was set back */
           || node->turn_unix_ms - ended_ms >= SCRUB_ROUND_MS;
}

static void begin_round(struct node *node)
{
    struct scrub_row *row = &node->scrub.row;

    row->seen = row->known = replicator_arrived(node->replicator);
    row->recent = (struct scrub_span){0, 0};
    row->older = (struct scrub_span){0, row->seen};
    row->space = 0;
    row->key_size = 0;
    node->scrub.is_changed = true;
}

static bool is_through(const struct node *node)
{
    return entries_left(node) == 0 && !has_rows(&node->scrub.row);
}

static void end_round(struct node *node)
{
    struct scrub_row *row = &node->scrub.row;

    row->ended_unix_ms = node->turn_unix_ms;
    row->rounds++;
    row->known = row->seen;
}

void scrub_step(struct node *node, bool idle)
{
    struct scrub *scrub = &node->scrub;
    const uint64_t now_ms = clock_mono_ms(&node->clock);
    bool readable;

    scrub->busy_ms = idle ? scrub->busy_ms : now_ms;
    if (is_through(node) && is_rested(node)) {
        begin_round(node);
    }
    if (now_ms < slice_due_ms(scrub) || is_through(node)) {
        return;
    }
    if (entries_left(node) > 0) {
        take_new(&scrub->row, replicator_arrived(node->replicator));
        readable = read_slice(node);
        block_body_free(&scrub->body);
        buf_free(&scrub->whole);
    } else {
        readable = read_rows(node);
        if (!has_rows(&scrub->row)) {
            end_round(node);
        }
    }
    scrub->sliced_ms = now_ms;
    scrub->is_changed = true;
    if (entries_left(node) == 0) {
        scrub->row.through_unix_ms = node->turn_unix_ms;
    }
    scrub->due_ms = now_ms + (readable && !is_through(node) ? pause_ms(scrub) : SCRUB_REST_MS);
}

void scrub_stage(struct node *node)
{
    struct scrub *scrub = &node->scrub;
    const uint64_t now_ms = clock_mono_ms(&node->clock);

    if (scrub->is_changed && (scrub->is_hurried || now_ms - scrub->staged_ms >= SCRUB_ROW_MS)) {
        put_row(node->txn, &scrub->row);
        scrub->is_changed = false;
        scrub->staged_ms = now_ms;
    }
}

void scrub_hurry(struct node *node)
{
    node->scrub.is_hurried = true;
}

static uint64_t round_due_ms(const struct node *node)
{
    const uint64_t due_ms = node->scrub.row.ended_unix_ms + SCRUB_ROUND_MS;
    const uint64_t unix_ms = clock_unix_ms(&node->clock);

    return clock_mono_ms(&node->clock) + (due_ms > unix_ms ? due_ms - unix_ms : 0);
}

uint64_t scrub_next_tick(const struct node *node)
{
    const struct scrub *scrub = &node->scrub;

    return earlier(is_through(node) ? round_due_ms(node) : slice_due_ms(scrub),
                   scrub->is_changed ? scrub->staged_ms + SCRUB_ROW_MS : UINT64_MAX);
}

void scrub_progress(const struct node *node, struct scrub_progress *out)
{
    const struct scrub_row *row = &node->scrub.row;

    *out = (struct scrub_progress){row->blocks,
                                   row->faults,
                                   entries_left(node),
                                   row->through_unix_ms,
                                   row->rounds,
                                   row->rows,
                                   entries_left(node) > 0 ? "blocks"
                                   : has_rows(row)        ? "rows"
                                                          : ""};
}
