#include "replicator/stream/receive.h"

#include <inttypes.h>

#include "proto/array.h"
#include "replicator/log/granted.h"
#include "replicator/stream/position.h"
#include "replicator/stream/stream.h"

/* --- the logs a peer brings --- */

void receive_free(struct receive *receive)
{
    for (size_t i = 0; i < receive->count; i++) {
        mem_free(receive->logs[i]);
    }
    mem_free(receive->logs);
    mem_free(receive->listed);
    *receive = (struct receive){0};
}

static int compare_author(const void *key, const void *item)
{
    const struct division *author = key;
    struct received_log *const *log = item;

    return division_compare(*author, (*log)->log->author);
}

static size_t place_of(const struct receive *receive, struct division author)
{
    return ARRAY_LOWER_BOUND(receive->logs, receive->count, &author, compare_author);
}

static struct received_log *find(const struct receive *receive, struct division author)
{
    const size_t at = place_of(receive, author);

    return at < receive->count && division_equal(receive->logs[at]->log->author, author)
               ? receive->logs[at]
               : NULL;
}

bool receive_brings(const struct receive *receive, struct division author)
{
    return find(receive, author) != NULL;
}

void receive_add(struct stream *stream, const struct held_log *log, bool open)
{
    struct receive *receive = &stream->receive;
    const size_t at = place_of(receive, log->author);
    struct received_log *received;

    if (find(receive, log->author) != NULL) {
        return;
    }
    received = mem_zalloc(sizeof *received);
    received->log = log;
    received->rewind_lsn = open ? log->staged.lsn + 1 : 0;
    ARRAY_GAP(receive->logs, receive->count, receive->capacity, at);
    receive->logs[at] = received;
}

/* --- what the next Ack says --- */

static void list(struct receive *receive, struct received_log *log)
{
    if (!log->listed) {
        ARRAY_ROOM(receive->listed, receive->listed_count, receive->listed_capacity);
        log->listed = true;
        receive->listed[receive->listed_count++] = log;
    }
}

/* The sender goes back. What it sent after this block is not taken: of a log from above it could
 * be the next one of another audience, and what lies before it would never come. */
static void rewind_from(struct received_log *log, uint64_t lsn)
{
    if (lsn <= log->log->staged.lsn) {
        lsn = log->log->staged.lsn + 1;
    }
    if (log->rewind_lsn == 0 || lsn < log->rewind_lsn) {
        log->rewind_lsn = lsn;
    }
}

static void report_not_yet(struct receive *receive, const struct block_header *header)
{
    const struct division author = header->author;
    struct received_log *log = find(receive, author);

    if (log != NULL) {
        log->not_yet = true;
        rewind_from(log, header->first_lsn);
        list(receive, log);
        return;
    }
    for (size_t i = 0; i < receive->unknown_author_count; i++) {
        if (division_equal(receive->unknown_authors[i], author)) {
            return;
        }
    }
    if (receive->unknown_author_count < UNKNOWN_AUTHORS_MAX) {
        receive->unknown_authors[receive->unknown_author_count++] = author;
    }
}

static void fill_ack(struct receive *receive, struct division receiver, struct arena *arena,
                     Terrace__Ack *ack)
{
    const size_t count = receive->listed_count + receive->unknown_author_count;

    ack->held = arena_alloc(arena, (count + 1) * sizeof(Terrace__Position *));
    ack->not_yet = arena_alloc(arena, (count + 1) * sizeof(Terrace__Position *));
    for (size_t i = 0; i < receive->listed_count; i++) {
        struct received_log *log = receive->listed[i];
        Terrace__Position *position = position_acked(arena, log->log, log->log->author, receiver);
        if (log->not_yet) {
            ack->not_yet[ack->n_not_yet++] = position;
        } else {
            ack->held[ack->n_held++] = position;
        }
        log->listed = log->not_yet = false;
    }
    for (size_t i = 0; i < receive->unknown_author_count; i++) {
        ack->not_yet[ack->n_not_yet++] =
            position_acked(arena, NULL, receive->unknown_authors[i], receiver);
    }
    receive->listed_count = receive->unknown_author_count = 0;
}

void receive_write_ack(struct stream *stream, Terrace__Frame *frame, uint64_t credit)
{
    Terrace__Ack *ack = arena_alloc(stream->context->arena, sizeof *ack);

    terrace__ack__init(ack);
    fill_ack(&stream->receive, stream->peer, stream->context->arena, ack);
    ack->has_credit = 1;
    ack->credit = credit;
    frame->ack = ack;
}

/* --- false blocks, and true ones --- */

bool receive_reset(struct receive *receive)
{
    const bool refused = receive->unknown_author_refused;

    for (size_t i = 0; i < receive->count; i++) {
        struct received_log *log = receive->logs[i];
        log->listed = log->not_yet = false;
        log->rewind_lsn = 0;
    }
    receive->listed_count = receive->unknown_author_count = 0;
    receive->unknown_author_refused = false; /* nothing true can come in the place of that */
    return refused && receive->refused_logs == 0;
}

static void refuse(struct stream *stream, const struct block_header *header, const struct err *why,
                   struct findings *found)
{
    struct receive *receive = &stream->receive;
    struct received_log *log = find(receive, header->author);
    struct reject reject = {.author = header->author,
                            .epoch = header->epoch,
                            .lsn = header->first_lsn,
                            .reason = why->status};

    if (log != NULL) {
        receive->refused_logs += log->refused ? 0 : 1;
        log->refused = true;
        rewind_from(log, header->first_lsn);
    } else {
        receive->unknown_author_refused = true;
    }
    message_format(reject.text, sizeof reject.text, "%s", why->text);
    outbox_reject(&stream->outbox, &reject);
    findings_because(found, FOUND_REFUSED, header->author, header->first_lsn, why->status,
                     why->text);
}

static void accept(struct stream *stream, struct received_log *log, struct findings *found)
{
    struct receive *receive = &stream->receive;

    log->rewind_lsn = 0;
    if (log->refused || receive->unknown_author_refused) {
        receive->refused_logs -= log->refused ? 1 : 0;
        log->refused = receive->unknown_author_refused = false;
        if (receive->refused_logs == 0) {
            findings_note(found, FOUND_REFUSED_OVER, stream->peer, 0);
        }
    }
}

/* --- may this neighbour bring it? --- */

/* ERR_DIVISION_TAKEN: it is granted there as well as in another branch. */
static enum status check_sender(const struct stream *stream, struct txn *txn,
                                const struct block_header *header, struct err *err)
{
    const struct stream_context *context = stream->context;
    const struct roster *roster = context->roster;
    const struct division author = header->author;

    if (stream->is_upward) {
        const struct held_log *log = heads_find(context->logs, author);

        return (roster_within(roster, context->self, author) &&
                !division_equal(author, context->self)) ||
                       (log != NULL && log->wanted)
                   ? OK
                   : err_set(err, ERR_REFUSED, "author_not_above author=%s division=%s",
                             author.code, context->self.code);
    }
    if (roster_within(roster, author, stream->peer)) {
        return OK;
    }
    return err_set(err,
                   granted_below_too(txn, author, stream->peer) ? ERR_DIVISION_TAKEN : ERR_REFUSED,
                   "author_not_below author=%s division=%s", author.code, stream->peer.code);
}

/* --- one block --- */

static enum receive_result take(struct stream *stream, struct txn *txn, struct received_log *log,
                                const struct block_view *block, struct findings *found)
{
    struct err err;

    if (log->rewind_lsn != 0 && block->header.first_lsn > log->rewind_lsn) {
        return RECEIVE_NEXT; /* one before it was turned down, and both come again */
    }
    switch (ingest_block(stream->context->ingest, txn, block, found, &err)) {
    case INGEST_STAGED:
        accept(stream, log, found);
        list(&stream->receive, log);
        return RECEIVE_STAGED;
    case INGEST_HELD:
        list(&stream->receive, log);
        return RECEIVE_NEXT;
    case INGEST_NOT_YET:
        report_not_yet(&stream->receive, &block->header);
        return RECEIVE_NEXT;
    case INGEST_GAP:
        findings_because(found, FOUND_LOST_FRAME, stream->peer, 0, ERR_GAP, err.text);
        return RECEIVE_STOP;
    case INGEST_FORK:
    case INGEST_REFUSED:
        break;
    }
    refuse(stream, &block->header, &err, found);
    return RECEIVE_NEXT;
}

static enum receive_result bad_frame(const struct stream *stream, const struct err *why,
                                     struct findings *found)
{
    findings_because(found, FOUND_BAD_FRAME, stream->peer, 0, why->status, why->text);
    return RECEIVE_STOP;
}

enum receive_result receive_block(struct stream *stream, struct txn *txn, struct bytes whole,
                                  struct block_view *out, struct findings *found)
{
    const struct division peer = stream->peer;
    const struct block_header *header = &out->header;
    struct received_log *log;
    struct err err;
    enum status status;

    memset(out, 0, sizeof *out);
    status = block_parse(out, whole, &err);
    if (status != OK && division_is_none(header->author)) {
        return bad_frame(stream, &err, found); /* whom should the sender take back? */
    }
    if (status == OK) {
        status = ingest_check_epoch(stream->context->ingest, txn, out, found, &err);
    }
    if (status == OK) {
        status = check_sender(stream, txn, header, &err);
    }
    log = status == OK ? find(&stream->receive, header->author) : NULL;
    if (log != NULL) {
        return take(stream, txn, log, out, found);
    }
    switch (status) {
    case ERR_NOT_YET:
        report_not_yet(&stream->receive, header);
        return RECEIVE_NEXT;
    case ERR_DIVISION_TAKEN: /* its other logs are as good as before */
        findings_note(found, FOUND_CONFLICT, header->author, header->first_lsn);
        return RECEIVE_NEXT;
    case OK:
        (void)err_set(&err, ERR_REFUSED, "author_not_brought author=%s peer=%s",
                      header->author.code, peer.code);
        break;
    default:
        break;
    }
    refuse(stream, header, &err, found);
    return RECEIVE_NEXT;
}

enum receive_result receive_put_off(struct stream *stream, struct bytes whole,
                                    struct findings *found)
{
    struct receive *receive = &stream->receive;
    struct received_log *log;
    struct block_view block;
    struct err err;

    if (block_parse(&block, whole, &err) != OK) {
        return bad_frame(stream, &err, found);
    }
    log = find(receive, block.header.author);
    if (log != NULL && block_last_lsn(&block.header) <= log->log->staged.lsn) {
        list(receive, log); /* it takes no room, and what comes after it is not put off for it */
    } else {
        report_not_yet(receive, &block.header);
    }
    return RECEIVE_NEXT;
}

bool receive_lost_frame(const struct stream *stream, const Terrace__Blocks *blocks)
{
    return blocks->has_at && blocks->at != stream->allowance.taken_bytes;
}
