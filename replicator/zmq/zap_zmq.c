#include "replicator/zmq/zap_zmq.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <zmq.h>

#include "proto/log.h"
#include "proto/message.h"

/* version, request id, domain, address, routing id, mechanism, key */
enum { ZAP_FRAMES = 7, ZAP_FRAME_BYTES_MAX = 256, KEY_SIZE = 32, LOG_EVERY_MS = 1000 };
enum {
    FRAME_VERSION,
    FRAME_REQUEST,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_ID,
    FRAME_MECHANISM,
    FRAME_KEY
};

struct rule {
    const char *domain;
    zap_admit_fn *admit;
    void *arg;
};

struct zap {
    void *socket;
    const struct clock *clock;
    struct rule rules[ZAP_RULES_MAX];
    size_t rule_count;
    struct zap_counts counts;
    struct refused_keys refused;
    uint64_t logged_ms, unlogged;
    bool stranger_expected;
};

struct question {
    struct {
        uint8_t at[ZAP_FRAME_BYTES_MAX];
        size_t size;
    } frames[ZAP_FRAMES];
    size_t count;
    bool whole; /* every frame fitted */
};

enum status zap_open(struct zap **out, void *context, const struct clock *clock, struct err *err)
{
    struct zap *zap = mem_zalloc(sizeof *zap);
    const int linger = 0;

    *out = NULL;
    zap->clock = clock;
    zap->socket = zmq_socket(context, ZMQ_REP);
    if (zap->socket == NULL || zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger, sizeof linger) ||
        zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0) {
        (void)err_set(err, ERR_IO, "key_check_not_started why=%s", os_reason(errno));
        zap_close(zap);
        return err->status;
    }
    *out = zap;
    return OK;
}

void zap_close(struct zap *zap)
{
    if (zap != NULL) {
        socket_close(zap->socket);
        mem_free(zap);
    }
}

void zap_rule(struct zap *zap, const char *domain, zap_admit_fn *admit, void *arg)
{
    assert(zap->rule_count < ZAP_RULES_MAX);
    zap->rules[zap->rule_count++] = (struct rule){domain, admit, arg};
}

void *zap_socket(struct zap *zap)
{
    return zap->socket;
}

void zap_expect_stranger(struct zap *zap, bool expected)
{
    zap->stranger_expected = expected;
}

struct zap_counts zap_counts(const struct zap *zap)
{
    return zap->counts;
}

const struct refused_keys *zap_refused_keys(const struct zap *zap)
{
    return &zap->refused;
}

static bool take_question(void *socket, struct question *question)
{
    zmq_msg_t message;
    bool more = true;

    question->count = 0;
    question->whole = true;
    (void)zmq_msg_init(&message);
    for (; more && zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) >= 0; question->count++) {
        const size_t size = zmq_msg_size(&message);
        more = zmq_msg_more(&message);
        if (question->count >= ZAP_FRAMES || size > ZAP_FRAME_BYTES_MAX) {
            question->whole = false;
            continue;
        }
        memcpy(question->frames[question->count].at, zmq_msg_data(&message), size);
        question->frames[question->count].size = size;
    }
    (void)zmq_msg_close(&message);
    return question->count > 0;
}

static bool frame_is(const struct question *question, size_t index, const char *text)
{
    return question->frames[index].size == strlen(text) &&
           memcmp(question->frames[index].at, text, strlen(text)) == 0;
}

static bool is_sound(const struct question *question)
{
    return question->whole && question->count == ZAP_FRAMES &&
           frame_is(question, FRAME_VERSION, "1.0") &&
           frame_is(question, FRAME_MECHANISM, "CURVE") &&
           question->frames[FRAME_KEY].size == KEY_SIZE;
}

static enum status judge(const struct zap *zap, const struct question *question,
                         char user_id[SOCKET_USER_ID_MAX + 1])
{
    user_id[0] = '\0';
    if (!is_sound(question)) {
        return ERR_MALFORMED;
    }
    for (size_t i = 0; i < zap->rule_count; i++) {
        const struct rule *rule = &zap->rules[i];
        if (frame_is(question, FRAME_DOMAIN, rule->domain)) {
            return rule->admit(rule->arg, question->frames[FRAME_KEY].at, user_id);
        }
    }
    return ERR_REFUSED;
}

static void note_refusal(struct zap *zap, const struct question *question, enum status reason)
{
    char address[REFUSED_ADDRESS_MAX + 1];

    if (!zap->stranger_expected && reason != ERR_MALFORMED) {
        (void)snprintf(address, sizeof address, "%.*s", (int)question->frames[FRAME_ADDRESS].size,
                       (const char *)question->frames[FRAME_ADDRESS].at);
        refused_keys_note(&zap->refused, question->frames[FRAME_KEY].at,
                          socket_plain_address(address), reason, clock_unix_ms(zap->clock));
    }
}

/* One line a second at most: a flood of strangers must not become a flood of lines. */
static void log_refusal(struct zap *zap, const struct question *question, enum status reason)
{
    const uint64_t now_ms = clock_mono_ms(zap->clock);
    char key[2 * REFUSED_KEY_PREFIX + 1] = "";

    if (zap->stranger_expected) {
        return;
    }
    zap->unlogged++;
    if (zap->logged_ms != 0 && now_ms - zap->logged_ms < LOG_EVERY_MS) {
        return;
    }
    if (reason == ERR_MALFORMED) {
        LOG_WARN("zap.refused", "reason=malformed count=%" PRIu64, zap->unlogged);
    } else {
        hex_encode(key, question->frames[FRAME_KEY].at, REFUSED_KEY_PREFIX);
        LOG_WARN("zap.refused", "reason=%s domain=%.*s address=%.*s key=%s count=%" PRIu64,
                 status_name(reason), (int)question->frames[FRAME_DOMAIN].size,
                 (const char *)question->frames[FRAME_DOMAIN].at,
                 (int)question->frames[FRAME_ADDRESS].size,
                 (const char *)question->frames[FRAME_ADDRESS].at, key, zap->unlogged);
    }
    zap->logged_ms = now_ms;
    zap->unlogged = 0;
}

static void answer(struct zap *zap, const struct question *question, enum status verdict,
                   const char *user_id)
{
    const bool has_id = question->count > FRAME_REQUEST && question->whole;
    const struct {
        const void *data;
        size_t size;
    } frames[] = {
        {"1.0", 3},
        {has_id ? question->frames[FRAME_REQUEST].at : NULL,
         has_id ? question->frames[FRAME_REQUEST].size : 0},
        {verdict == OK ? "200" : "400", 3},
        {status_name(verdict), strlen(status_name(verdict))},
        {user_id, strlen(user_id)},
        {"", 0}, /* metadata */
    };

    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        const int more = i + 1 < COUNT_OF(frames) ? ZMQ_SNDMORE : 0;
        if (zmq_send(zap->socket, frames[i].data, frames[i].size, more | ZMQ_DONTWAIT) < 0) {
            LOG_WARN("zap.answer", "error=%s", os_reason(errno));
            return;
        }
    }
}

bool zap_serve(struct zap *zap)
{
    struct question question = {.count = 0};
    char user_id[SOCKET_USER_ID_MAX + 1];
    bool asked = false;

    while (take_question(zap->socket, &question)) {
        const enum status verdict = judge(zap, &question, user_id);

        asked = true;
        if (verdict == OK) {
            zap->counts.admitted++;
        } else {
            zap->counts.refused++;
            note_refusal(zap, &question, verdict);
            log_refusal(zap, &question, verdict);
            user_id[0] = '\0';
        }
        answer(zap, &question, verdict, user_id);
    }
    return asked;
}
