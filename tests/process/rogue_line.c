#include "rogue_line.h"

#include <stdio.h>
#include <time.h>
#include <zmq.h>

#include "replicator/zmq/socket_zmq.h"

enum {
    HANDSHAKE_WAIT_MS = 8000,
    REPLY_WAIT_MS = 10000, /* more than a busy machine needs; nobody waits for silence */
    SLICE_MS = 20,
    FLOOD_WAIT_MS = 20000,
    DECODE_BYTES_MAX = 64 << 20
};

#define MONITOR_ADDRESS "inproc://rogue.monitor"

struct line {
    void *context, *socket, *monitor;
    enum line_state state;
    unsigned refusal;
    bool connected, cut;
    struct arena arena;
    struct buf frame;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t unix_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the connection --- */

static void take_event(struct line *line, uint16_t event, uint32_t value)
{
    switch (event) {
    case ZMQ_EVENT_CONNECTED:
        line->connected = true;
        break;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        line->state = LINE_UP;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        line->state = LINE_REFUSED;
        line->refusal = value;
        break;
    default: /* hung up */
        if (line->state == LINE_UP) {
            line->cut = true;
        } else if (line->connected) {
            line->state = LINE_REFUSED;
        }
    }
}

static void take_events(struct line *line)
{
    zmq_msg_t message;

    (void)zmq_msg_init(&message);
    while (zmq_msg_recv(&message, line->monitor, ZMQ_DONTWAIT) >= 0) {
        uint16_t event;
        uint32_t value;
        memcpy(&event, zmq_msg_data(&message), sizeof event);
        memcpy(&value, (const uint8_t *)zmq_msg_data(&message) + sizeof event, sizeof value);
        while (zmq_msg_more(&message) && zmq_msg_recv(&message, line->monitor, 0) >= 0) {
        }
        take_event(line, event, value);
    }
    (void)zmq_msg_close(&message);
}

struct line *line_open(const char *endpoint, const uint8_t server_key[32],
                       const struct curve_key *key)
{
    const int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED |
                       ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    struct line *line = mem_zalloc(sizeof *line);
    const uint64_t deadline_ms = now_ms() + HANDSHAKE_WAIT_MS;
    struct err err;

    line->state = LINE_UNREACHED;
    line->context = zmq_ctx_new();
    line->socket = zmq_socket(line->context, ZMQ_DEALER);
    line->monitor = zmq_socket(line->context, ZMQ_PAIR);
    arena_init(&line->arena, DECODE_BYTES_MAX);
    if (zmq_socket_monitor(line->socket, MONITOR_ADDRESS, events) != 0 ||
        zmq_connect(line->monitor, MONITOR_ADDRESS) != 0 ||
        socket_prepare_client(line->socket, key, server_key, FRAME_BYTES_MAX, 0, &err) != OK ||
        socket_connect(line->socket, endpoint, &err) != OK) {
        return line;
    }
    while (line->state == LINE_UNREACHED && now_ms() < deadline_ms) {
        zmq_pollitem_t item = {.socket = line->monitor, .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, SLICE_MS);
        take_events(line);
    }
    return line;
}

void line_close(struct line *line)
{
    (void)zmq_socket_monitor(line->socket, NULL, 0);
    socket_close(line->socket);
    socket_close(line->monitor);
    (void)zmq_ctx_term(line->context);
    arena_free(&line->arena);
    buf_free(&line->frame);
    mem_free(line);
}

enum line_state line_state(const struct line *line)
{
    return line->state;
}

unsigned line_refusal(const struct line *line)
{
    return line->refusal;
}

bool line_send_raw(struct line *line, struct bytes message)
{
    zmq_pollitem_t item = {.socket = line->socket, .events = ZMQ_POLLOUT};

    return zmq_poll(&item, 1, REPLY_WAIT_MS) > 0 &&
           socket_give(line->socket, NULL, message) == GIVE_DONE;
}

bool line_send_endless(struct line *line, struct bytes part, size_t count)
{
    const uint64_t deadline_ms = now_ms() + FLOOD_WAIT_MS;

    for (size_t i = 0; i < count; i++) {
        zmq_msg_t message;
        (void)zmq_msg_init_data(&message, (void *)(uintptr_t)part.data, part.size, NULL, NULL);
        if (zmq_msg_send(&message, line->socket, i + 1 < count ? ZMQ_SNDMORE : 0) < 0) {
            (void)zmq_msg_close(&message);
            return true;
        }
    }
    while (!line->cut && now_ms() < deadline_ms) {
        zmq_pollitem_t item = {.socket = line->monitor, .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, SLICE_MS);
        take_events(line);
    }
    return line->cut;
}

bool line_send(struct line *line, const Terrace__Frame *frame)
{
    struct buf bytes = BUF_EMPTY;
    bool sent;

    frame_encode(&bytes, frame);
    sent = line_send_raw(line, buf_bytes(&bytes));
    buf_free(&bytes);
    return sent;
}

/* --- answers --- */

static void find_position(struct position *out, struct division author,
                          Terrace__Position *const *positions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Terrace__Position *position = positions[i];
        struct division whose;
        if (division_parse(&whose, bytes_of_pb(position->author)) &&
            division_equal(whose, author) && position->hash.len == HASH_SIZE) {
            *out = (struct position){.known = true, .epoch = position->epoch, .lsn = position->lsn};
            memcpy(out->hash.at, position->hash.data, HASH_SIZE);
        }
    }
}

/* What the other side says is printed; it may hold anything. */
static void copy_printable(char *out, size_t size, struct bytes text)
{
    size_t at = 0;

    for (size_t i = 0; i < text.size && at + 1 < size; i++) {
        out[at++] = text.data[i] >= ' ' && text.data[i] < 0x7f ? (char)text.data[i] : '?';
    }
    out[at] = '\0';
}

static void read_reply(const Terrace__Frame *frame, struct division author, struct reply *reply)
{
    *reply = (struct reply){.kind = REPLY_SILENCE};
    if (frame->reject != NULL) {
        reply->kind = REPLY_REJECT;
        reply->reason = (enum status)frame->reject->reason;
        copy_printable(reply->text, sizeof reply->text, bytes_of_pb(frame->reject->text));
    } else if (frame->has_restart) {
        reply->kind = REPLY_RESTART;
        reply->reason = (enum status)frame->restart;
    } else if (frame->welcome != NULL) {
        reply->kind = REPLY_WELCOME;
        find_position(&reply->held, author, frame->welcome->heads, frame->welcome->n_heads);
    } else if (frame->ack != NULL) {
        find_position(&reply->held, author, frame->ack->held, frame->ack->n_held);
        reply->kind = reply->held.known ? REPLY_ACK : REPLY_SILENCE;
    }
}

void line_wait(struct line *line, struct division author, unsigned wanted, struct reply *reply)
{
    const uint64_t deadline_ms = now_ms() + REPLY_WAIT_MS;
    char user_id[SOCKET_USER_ID_MAX + 1];
    Terrace__Frame *frame;
    struct err err;

    while (now_ms() < deadline_ms) {
        zmq_pollitem_t items[] = {{.socket = line->socket, .events = ZMQ_POLLIN},
                                  {.socket = line->monitor, .events = ZMQ_POLLIN}};
        (void)zmq_poll(items, COUNT_OF(items), SLICE_MS);
        while (socket_take(line->socket, NULL, user_id, &line->frame) == TAKE_FRAME) {
            arena_reset(&line->arena);
            if (frame_decode(&frame, &line->arena, buf_bytes(&line->frame), &err) != OK) {
                continue;
            }
            read_reply(frame, author, reply);
            if ((wanted & 1U << reply->kind) != 0) {
                return;
            }
        }
        take_events(line);
        if (line->cut) {
            line->cut = false; /* the library dials again */
            *reply = (struct reply){.kind = REPLY_CUT};
            return;
        }
    }
    *reply = (struct reply){.kind = REPLY_SILENCE};
}

void line_greet(struct line *line, struct division self, uint64_t session,
                const struct position *own, struct reply *reply)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;
    Terrace__Position position = TERRACE__POSITION__INIT;
    Terrace__Position *positions[] = {&position};

    position.has_author = position.has_epoch = position.has_lsn = position.has_hash = 1;
    position.author = pb_of_bytes(self.code, strlen(self.code));
    position.epoch = own->epoch;
    position.lsn = own->lsn;
    position.hash = pb_of_bytes(own->hash.at, HASH_SIZE);
    hello.has_version_min = hello.has_version_max = hello.has_unix_ms = hello.has_credit = 1;
    hello.version_min = PROTOCOL_VERSION_MIN;
    hello.version_max = PROTOCOL_VERSION_MAX;
    hello.unix_ms = unix_ms();
    hello.n_heads = own->known ? 1 : 0;
    hello.heads = positions;
    hello.credit = 1 << 20;
    frame.has_session = 1;
    frame.session = session;
    frame.hello = &hello;
    if (!line_send(line, &frame)) {
        *reply = (struct reply){.kind = REPLY_CUT};
        return;
    }
    line_wait(line, self, 1U << REPLY_WELCOME | 1U << REPLY_REJECT | 1U << REPLY_RESTART, reply);
}
