#include "node/api/change_feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/schema/kinds.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/roster.h"

/* --- positions --- */

enum { DIGITS_MAX = 19, MARK_DIGITS = 16 };

void position_format(char out[POSITION_TEXT_MAX], const struct arrival_mark *at)
{
    if (at->position == 0) {
        (void)snprintf(out, POSITION_TEXT_MAX, "0");
    } else {
        (void)snprintf(out, POSITION_TEXT_MAX, "%" PRIu64 "-%016" PRIx64, at->position, at->mark);
    }
}

bool position_parse(const char *text, struct arrival_mark *at)
{
    uint8_t mark[sizeof at->mark];
    size_t digits = 0;

    *at = (struct arrival_mark){0, 0};
    while (text[digits] >= '0' && text[digits] <= '9' && digits < DIGITS_MAX) {
        at->position = at->position * 10 + (uint64_t)(text[digits++] - '0');
    }
    if (digits == 0 || (text[0] == '0' && digits > 1)) {
        return false;
    }
    if (at->position == 0) {
        return text[digits] == '\0';
    }
    if (text[digits] != '-' || strlen(text) != digits + 1 + MARK_DIGITS ||
        !hex_decode(mark, sizeof mark, text + digits + 1)) {
        return false;
    }
    at->mark = load_u64(mark);
    return true;
}

/* --- one entry --- */

static void write_grant(struct json_out *out, const struct grant *grant)
{
    out_open(out, "grant", '{');
    out_text(out, "division", grant->division.code);
    out_text(out, "name", grant->name);
    if (!division_is_none(grant->parent)) {
        out_text(out, "parent", grant->parent.code);
    }
    out_count(out, "epoch", grant->epoch);
    out_hex(out, "key", &grant->sign_key, sizeof grant->sign_key);
    out_close(out, '}');
}

static void write_unknown(struct json_out *out, const struct entry *entry)
{
    out_text(out, "kind", "unknown");
    out_count(out, "number", entry->kind);
    out_count(out, "format", entry->format);
    out_hex(out, "body", entry->body.data, entry->body.size);
}

static void write_body(struct json_out *out, const struct entry *entry)
{
    const struct kind_info *info = kind_info(entry->kind);
    struct document document;
    struct endpoint_entry endpoint;
    struct grant grant;
    struct err err;

    if (entry->kind == KIND_ENDPOINT && entry->format == ENDPOINT_FORMAT &&
        endpoint_read(&endpoint, entry->body, &err) == OK) {
        out_text(out, "kind", "endpoint");
        out_text(out, "endpoint", endpoint.link);
    } else if (entry->kind == KIND_GRANT && entry->format == GRANT_FORMAT &&
               grant_parse(&grant, entry->body, &err) == OK) {
        out_text(out, "kind", "grant");
        write_grant(out, &grant);
    } else if (info != NULL && document_format_known(entry->kind, entry->format) &&
               document_of_entry(&document, entry->kind, entry->format, entry->body, &err) == OK) {
        out_text(out, "kind", info->name);
        out_bytes(out, "id", document_id(&document));
        out_open(out, "document", '{');
        out_document(out, &document);
        out_close(out, '}');
    } else {
        write_unknown(out, entry);
    }
}

static void write_entry(const struct change_feed *feed, const struct entry *entry, struct buf *to)
{
    char position[POSITION_TEXT_MAX];
    struct json_out out = json_to(to);

    position_format(position, &feed->at);
    if (feed->form == CHANGES_EVENTS) {
        buf_append_bytes(to, bytes_text("event: entry\nid: "));
        buf_append_bytes(to, bytes_text(position));
        buf_append_bytes(to, bytes_text("\ndata: "));
    }
    out_open(&out, NULL, '{');
    out_text(&out, "position", position);
    out_text(&out, "division", feed->block.author.code);
    out_count(&out, "lsn", entry->lsn);
    out_time(&out, "time", entry->time_ms);
    write_body(&out, entry);
    out_close(&out, '}');
    buf_append_bytes(to, bytes_text(feed->form == CHANGES_EVENTS ? "\n\n" : "\n"));
}

void change_feed_write_position(const struct change_feed *feed, bool complete, struct buf *to)
{
    char position[POSITION_TEXT_MAX];
    struct json_out out = json_to(to);

    position_format(position, &feed->at);
    if (feed->form == CHANGES_EVENTS) {
        buf_append_bytes(to, bytes_text("event: position\nid: "));
        buf_append_bytes(to, bytes_text(position));
        buf_append_bytes(to, bytes_text("\ndata: "));
    }
    out_open(&out, NULL, '{');
    out_text(&out, "position", position);
    out_bool(&out, "complete", complete);
    out_close(&out, '}');
    buf_append_bytes(to, bytes_text(feed->form == CHANGES_EVENTS ? "\n\n" : "\n"));
}

/* --- reading --- */

struct reading {
    struct change_feed *feed;
    struct store_snapshot *snapshot;
    const struct change_bounds *bounds;
    struct buf *out;
    size_t begun, looked_bytes;
    uint64_t entries;
    bool full;
    enum status status;
    struct err *err;
};

/* Makes the block that has `lsn` the one that is kept. */
static enum status read_block(struct reading *reading, struct division author, uint64_t lsn)
{
    struct change_feed *feed = reading->feed;
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    enum status status;

    if (feed->block.next_lsn > 0 && division_equal(feed->block.author, author) &&
        lsn >= feed->block.first_lsn && lsn < feed->block.next_lsn) {
        return OK;
    }
    feed->block.next_lsn = 0;
    status =
        log_read_block(feed->store, reading->snapshot, author, lsn, &whole, &block, reading->err);
    if (status == OK) {
        status = block_check_body(&block, reading->err);
    }
    if (status == OK) {
        status = block_body_read(&feed->block.body, &block, reading->err);
    }
    if (status == OK) {
        feed->block.author = author;
        feed->block.first_lsn = block.header.first_lsn;
        feed->block.next_lsn = block_last_lsn(&block.header) + 1;
        reading->looked_bytes += feed->block.body.raw.size;
    } else if (status == ERR_NOT_FOUND) { /* the order says that it is held */
        status = err_set(reading->err, ERR_CORRUPT, "arrival_not_held author=%s lsn=%" PRIu64,
                         author.code, lsn);
    }
    buf_free(&whole);
    return status;
}

static bool is_full(const struct reading *reading)
{
    return reading->entries >= reading->bounds->entries_max ||
           reading->out->size - reading->begun >= reading->bounds->bytes_max ||
           reading->looked_bytes >= reading->bounds->looked_bytes_max;
}

/* What the kept block has of a run that begins at `lsn`; the number of entries passed. */
static uint64_t write_part(struct reading *reading, const struct arrival_run *run, uint64_t lsn)
{
    struct change_feed *feed = reading->feed;
    const uint64_t end = run->first_lsn + run->count;
    uint64_t at = lsn;

    for (; at < end && at < feed->block.next_lsn && !reading->full; at++) {
        const struct entry *entry = &feed->block.body.entries[at - feed->block.first_lsn];

        feed->at = (struct arrival_mark){run->position + (at - run->first_lsn), run->mark};
        if (number_set_has(&feed->filter.kinds, entry->kind)) {
            write_entry(feed, entry, reading->out);
            reading->entries++;
        }
        reading->full = is_full(reading);
    }
    return at - lsn;
}

static bool read_run(void *arg, const struct arrival_run *run)
{
    struct reading *reading = arg;
    struct change_feed *feed = reading->feed;
    const struct division *wanted = &feed->filter.division;
    uint64_t lsn = run->first_lsn;

    if (!division_is_none(*wanted) && !division_equal(*wanted, run->author)) {
        feed->at = (struct arrival_mark){run->position + run->count - 1, run->mark};
        return true;
    }
    while (lsn < run->first_lsn + run->count && !reading->full) {
        reading->status = read_block(reading, run->author, lsn);
        if (reading->status != OK) {
            return false;
        }
        lsn += write_part(reading, run, lsn);
    }
    return !reading->full;
}

enum status change_feed_read(struct change_feed *feed, const struct change_bounds *bounds,
                             struct buf *out, uint64_t *entries, bool *more, struct err *err)
{
    const struct store *store = feed->store;
    struct reading reading = {.feed = feed,
                              .snapshot = store->ops->snapshot(store->self),
                              .bounds = bounds,
                              .out = out,
                              .begun = out->size,
                              .err = err};
    struct arrival_mark end = {0, 0};
    enum status status =
        arrivals_scan(store, reading.snapshot, feed->at.position, read_run, &reading, err);

    if (status == OK) {
        status = reading.status;
    }
    if (status == OK) {
        status = arrivals_end(store, reading.snapshot, &end, err);
    }
    *entries = reading.entries;
    *more = feed->at.position < end.position;
    store->ops->release(store->self, reading.snapshot);
    return status;
}

void change_feed_open(struct change_feed *feed, const struct store *store, enum change_form form)
{
    *feed = (struct change_feed){
        .store = store, .form = form, .filter = CHANGE_FILTER_ALL, .block = CHANGE_BLOCK_NONE};
}

void change_feed_narrow(struct change_feed *feed, const struct change_filter *filter)
{
    feed->filter = *filter;
}

void change_feed_seek(struct change_feed *feed, const struct arrival_mark *at)
{
    feed->at = *at;
}

void change_feed_close(struct change_feed *feed)
{
    block_body_free(&feed->block.body);
}

struct change_block change_feed_yield(struct change_feed *feed)
{
    const struct change_block block = feed->block;

    feed->block = CHANGE_BLOCK_NONE;
    return block;
}

void change_feed_resume(struct change_feed *feed, const struct change_block *block)
{
    assert(feed->block.next_lsn == 0);
    change_block_free(&feed->block);
    feed->block = *block;
}

void change_block_free(struct change_block *block)
{
    block_body_free(&block->body);
}
