#include "node/api/routes_blocks.h"

#include "node/api/feed_request.h"
#include "node/api/found_damage.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/grant.h"

enum { GRANT_KEY_SIZE = 1 + DIVISION_CODE_MAX + 4 };

/* Where an answer stands while it is sent. */
struct sending {
    const struct service *service;
    struct feed_reader reader;
    enum status (*read)(struct sending *sending, struct store_snapshot *snapshot, struct err *err);
    struct division author;
    uint64_t after;                /* the last entry that was sent */
    uint8_t grant[GRANT_KEY_SIZE]; /* the last one that was sent; zeros before the first */
    size_t bad_key_bytes;          /* not 0: of a row that says no grant */
    struct buf *out;               /* of one piece */
    struct err *err;
    enum status status; /* of a block */
    bool is_full;
};

/* False when the piece has no more room: the next one begins with this. */
static bool send_bytes(struct sending *sending, struct bytes bytes)
{
    sending->is_full = sending->out->size >= STREAM_PIECE_BYTES;
    if (!sending->is_full) {
        buf_put_u32(sending->out, (uint32_t)bytes.size);
        buf_append_bytes(sending->out, bytes);
    }
    return !sending->is_full;
}

static bool send_block(void *arg, const struct block_view *block)
{
    struct sending *sending = arg;

    sending->status = block_check_body(block, sending->err);
    if (sending->status != OK || !send_bytes(sending, block->whole)) {
        return false;
    }
    sending->after = block_last_lsn(&block->header);
    return true;
}

static enum status read_blocks(struct sending *sending, struct store_snapshot *snapshot,
                               struct err *err)
{
    const enum status status = log_scan(&sending->service->store, snapshot, sending->author,
                                        sending->after + 1, send_block, sending, err);

    return status == OK ? sending->status : status;
}

static bool send_grant(void *arg, struct bytes key, struct bytes sealed)
{
    struct sending *sending = arg;
    struct sealed_grant grant;
    struct err err;

    if (bytes_equal(key, bytes_of(sending->grant, GRANT_KEY_SIZE))) {
        return true; /* where the piece before ended */
    }
    if (key.size != GRANT_KEY_SIZE || grant_open(&grant, sealed, &err) == ERR_MALFORMED) {
        sending->bad_key_bytes = key.size;
        return false;
    }
    if (!send_bytes(sending, sealed)) {
        return false;
    }
    memcpy(sending->grant, key.data, GRANT_KEY_SIZE);
    return true;
}

static enum status read_grants(struct sending *sending, struct store_snapshot *snapshot,
                               struct err *err)
{
    const struct store *store = &sending->service->store;
    const uint8_t letter = META_GRANT;
    const struct bytes from =
        sending->grant[0] == 0 ? BYTES_NONE : bytes_of(sending->grant, GRANT_KEY_SIZE);

    const enum status status = store->ops->scan(
        store->self, snapshot, SPACE_META, bytes_of(&letter, 1), from, send_grant, sending, err);

    return status == OK && sending->bad_key_bytes > 0
               ? err_set(err, ERR_CORRUPT, "row_damaged letter=%c bytes=%zu", letter,
                         sending->bad_key_bytes)
               : status;
}

static enum stream_next fill(void *state, struct buf *out, struct err *why)
{
    struct sending *sending = state;
    const struct store *store = &sending->service->store;
    struct store_snapshot *snapshot;
    enum status status;

    if (!feed_may_go_on(&sending->reader, clock_mono_ms(&sending->service->clock), why)) {
        return STREAM_FAILED;
    }
    sending->out = out;
    sending->err = why;
    sending->status = OK;
    sending->is_full = false;
    snapshot = store->ops->snapshot(store->self);
    status = sending->read(sending, snapshot, why);
    store->ops->release(store->self, snapshot);
    if (status != OK) {
        found_damage(sending->service->node, sending->service->gate, why);
        return STREAM_FAILED;
    }
    return sending->is_full ? STREAM_MORE : STREAM_END;
}

/* ?author=, own by default, and ?after=, 0 by default; false with the error answered. */
static bool read_request(const struct request *request, struct answer *answer,
                         struct sending *sending)
{
    const char *author = request->query(request->connection, "author");
    const char *after = request->query(request->connection, "after");

    sending->author = request->service->self;
    if (author != NULL && !division_parse(&sending->author, bytes_text(author))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%s", author);
        return false;
    }
    if (after != NULL && strcmp(after, "0") != 0 && !whole_number_parse(after, &sending->after)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", after);
        return false;
    }
    return true;
}

static struct sending *sending_new(const struct request *request)
{
    struct sending *sending = mem_zalloc(sizeof *sending);

    sending->service = request->service;
    sending->reader = feed_reader_of(request);
    return sending;
}

static void answer_with(struct answer *answer, struct sending *sending)
{
    const struct stream_source source = {.fill = fill, .close = mem_free, .state = sending};

    answer_stream(answer, "application/octet-stream", &source);
}

void get_blocks(struct request *request, struct answer *answer)
{
    struct sending *sending = sending_new(request);

    sending->read = read_blocks;
    if (read_request(request, answer, sending)) {
        answer_with(answer, sending);
    } else {
        mem_free(sending);
    }
}

void get_grants(struct request *request, struct answer *answer)
{
    struct sending *sending = sending_new(request);

    sending->read = read_grants;
    answer_with(answer, sending);
}
