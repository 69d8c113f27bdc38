/* withholding_terraced - the daemon of a city that keeps back, turns round and says again what it
 * is to pass on between its parent and one division below it. It signs nothing that an honest one
 * would not, lets a session stand however little comes of it, and says of itself that it is well.
 *
 *   ROGUE_ABOUT=540121           whose: what goes down to it, and what it and those below it wrote
 * goes up ROGUE_BLOCKS=line            keeps back what is on the line of that division alone =newer
 * ... whatever is newer than its own start =turned          a block waits for the next one of its
 * link, and comes behind it =again           all that was sent in the session is sent again with
 * each block ROGUE_WORDS=answers          keeps back what the root answers to that division's
 * beats, too =beats            ... and these beats
 *
 * Without ROGUE_ABOUT it is an honest one. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/core/self_health.h"
#include "replicator/core.h"

enum { DIRECTIONS = 2, KEPT_MAX = 256, UNIX_S_TO_MS = 1000 };

bool __real_send_blocks(struct stream *stream, struct buf *message, struct findings *found);
bool __wrap_send_blocks(struct stream *stream, struct buf *message, struct findings *found);
void __real_outbox_beat(struct outbox *outbox, struct division division,
                        const ProtobufCMessage *beat, bool now);
void __wrap_outbox_beat(struct outbox *outbox, struct division division,
                        const ProtobufCMessage *beat, bool now);
void __real_self_health_write(struct node *node, struct buf *out);
void __wrap_self_health_write(struct node *node, struct buf *out);
bool __real_cursor_stuck(struct stream *stream);
bool __wrap_cursor_stuck(struct stream *stream);
uint64_t __real_cursor_stuck_at_ms(const struct stream *stream);
uint64_t __wrap_cursor_stuck_at_ms(const struct stream *stream);
bool __real_cursor_behind(const struct cursors *cursors);
bool __wrap_cursor_behind(const struct cursors *cursors);

/* Blocks of one direction that wait, or that are said again; with the session in which they came.
 */
static struct kept {
    struct buf block[KEPT_MAX];
    size_t count;
    uint64_t credit_first;
} kept[DIRECTIONS];

static bool told(const char *name, const char *value)
{
    const char *said = getenv(name);

    return getenv("ROGUE_ABOUT") != NULL && said != NULL && strcmp(said, value) == 0;
}

static bool is_about(struct division division)
{
    const char *about = getenv("ROGUE_ABOUT");

    return about != NULL && strcmp(about, division.code) == 0;
}

static uint64_t begun_ms(void)
{
    static uint64_t begun;

    if (begun == 0) {
        begun = (uint64_t)time(NULL) * UNIX_S_TO_MS;
    }
    return begun;
}

/* Is it of what it keeps its hands on? */
static bool is_touched(const struct stream *stream, const struct block_header *header)
{
    return is_about(stream->peer) || (stream->is_upward && is_about(header->author));
}

static bool is_kept_back(const struct stream *stream, const struct block_header *header)
{
    const bool is_of_line =
        header->audience.kind == AUDIENCE_LINE && is_about(header->audience.division);

    return is_touched(stream, header) &&
           ((told("ROGUE_BLOCKS", "line") && is_of_line) ||
            (told("ROGUE_BLOCKS", "newer") && header->time_ms > begun_ms()));
}

static void keep(struct kept *here, ProtobufCBinaryData block)
{
    if (here->count < KEPT_MAX) {
        buf_append_bytes(&here->block[here->count++], (struct bytes){block.data, block.len});
    }
}

static void forget(struct kept *here)
{
    for (size_t i = 0; i < here->count; i++) {
        buf_free(&here->block[i]);
    }
    here->count = 0;
}

static void add(Terrace__Blocks *blocks, struct bytes block)
{
    blocks->block = realloc(blocks->block, (blocks->n_block + 1) * sizeof *blocks->block);
    assert(blocks->block != NULL);
    blocks->block[blocks->n_block].data = malloc(block.size);
    assert(blocks->block[blocks->n_block].data != NULL);
    memcpy(blocks->block[blocks->n_block].data, block.data, block.size);
    blocks->block[blocks->n_block++].len = block.size;
}

static void take_out(Terrace__Blocks *blocks, size_t at)
{
    free(blocks->block[at].data);
    memmove(&blocks->block[at], &blocks->block[at + 1],
            (--blocks->n_block - at) * sizeof *blocks->block);
}

static void turn_round(Terrace__Blocks *blocks)
{
    for (size_t i = 0; i < blocks->n_block / 2; i++) {
        const ProtobufCBinaryData first = blocks->block[i];

        blocks->block[i] = blocks->block[blocks->n_block - 1 - i];
        blocks->block[blocks->n_block - 1 - i] = first;
    }
}

/* One waits for the next; what waited comes last. */
static void turn(struct kept *here, Terrace__Blocks *blocks)
{
    if (blocks->n_block == 1 && here->count == 0) {
        keep(here, blocks->block[0]);
        take_out(blocks, 0);
        return;
    }
    turn_round(blocks);
    if (here->count > 0) {
        add(blocks, buf_bytes(&here->block[0]));
        forget(here);
    }
}

static void say_again(struct kept *here, Terrace__Blocks *blocks)
{
    const size_t before = here->count, fresh = blocks->n_block;

    for (size_t i = 0; i < fresh; i++) {
        keep(here, blocks->block[i]);
    }
    for (size_t i = 0; i < before; i++) {
        add(blocks, buf_bytes(&here->block[i]));
    }
}

static bool is_any_touched(const struct stream *stream, const Terrace__Blocks *blocks)
{
    for (size_t i = 0; i < blocks->n_block; i++) {
        struct block_view block;
        struct err err;

        if (block_parse(&block, (struct bytes){blocks->block[i].data, blocks->block[i].len},
                        &err) == OK &&
            is_touched(stream, &block.header)) {
            return true;
        }
    }
    return false;
}

static void lay_hands_on(const struct stream *stream, Terrace__Blocks *blocks)
{
    struct kept *here = &kept[stream->is_upward];

    if (here->credit_first != stream->flow.credit_first) { /* another session */
        forget(here);
        here->credit_first = stream->flow.credit_first;
    }
    for (size_t i = blocks->n_block; i-- > 0;) {
        struct block_view block;
        struct err err;

        if (block_parse(&block, (struct bytes){blocks->block[i].data, blocks->block[i].len},
                        &err) == OK &&
            is_kept_back(stream, &block.header)) {
            take_out(blocks, i);
        }
    }
    if (is_any_touched(stream, blocks)) {
        if (told("ROGUE_BLOCKS", "turned")) {
            turn(here, blocks);
        } else if (told("ROGUE_BLOCKS", "again")) {
            say_again(here, blocks);
        }
    }
}

static uint64_t size_of(const Terrace__Blocks *blocks)
{
    uint64_t size = 0;

    for (size_t i = 0; i < blocks->n_block; i++) {
        size += blocks->block[i].len;
    }
    return size;
}

/* What it did to the frame shows in no count: its bytes are those that are sent. */
bool __wrap_send_blocks(struct stream *stream, struct buf *message, struct findings *found)
{
    begun_ms();
    while (__real_send_blocks(stream, message, found)) {
        Terrace__Blocks *blocks = terrace__blocks__unpack(NULL, message->size, message->data);
        const uint64_t before = size_of(blocks);
        bool any;

        lay_hands_on(stream, blocks);
        any = blocks->n_block > 0;
        stream->flow.sent_bytes += size_of(blocks) - before;
        if (any) {
            const size_t size = terrace__blocks__get_packed_size(blocks);

            buf_clear(message);
            buf_reserve(message, size);
            message->size = terrace__blocks__pack(blocks, message->data);
        }
        terrace__blocks__free_unpacked(blocks, NULL);
        if (any) {
            return true;
        }
    }
    return false;
}

/* --- words --- */

void __wrap_outbox_beat(struct outbox *outbox, struct division division,
                        const ProtobufCMessage *beat, bool now)
{
    const bool is_answer = ((const Terrace__Beat *)beat)->has_root_lsn;

    if (is_about(division) &&
        (told("ROGUE_WORDS", "beats") || (told("ROGUE_WORDS", "answers") && is_answer))) {
        return;
    }
    __real_outbox_beat(outbox, division, beat, now);
}

/* All is well, it says. */
void __wrap_self_health_write(struct node *node, struct buf *out)
{
    struct health health;
    struct err err;

    __real_self_health_write(node, out);
    if (getenv("ROGUE_ABOUT") != NULL && health_decode(&health, buf_bytes(out), &err) == OK) {
        memset(health.alarms, 0, sizeof health.alarms);
        memset(&health.worst, 0, sizeof health.worst);
        health.backlog_entries = health.backlog_s = 0;
        health.backlog_fen = 0;
        buf_clear(out);
        health_encode(out, &health);
    }
}

/* --- and it has patience --- */

bool __wrap_cursor_stuck(struct stream *stream)
{
    return getenv("ROGUE_ABOUT") == NULL && __real_cursor_stuck(stream);
}

uint64_t __wrap_cursor_stuck_at_ms(const struct stream *stream)
{
    return getenv("ROGUE_ABOUT") == NULL ? __real_cursor_stuck_at_ms(stream) : UINT64_MAX;
}

bool __wrap_cursor_behind(const struct cursors *cursors)
{
    return getenv("ROGUE_ABOUT") == NULL && __real_cursor_behind(cursors);
}
