#include "node/api/answer.h"
#include "node/core/damage.h"
#include "node/core/rebuild.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/api/request.h"
#include "proto/message.h"

/* `why` with arguments of its own is an object in turn. It takes all that is left of the message,
 * so this ends, and every one of them ends where the text does. */
static void write_message(struct json_out *out, const char *key, struct bytes message)
{
    struct message_reader reader = message_read(message);
    struct bytes inner, value;
    char name[64];

    out_open(out, key, '{');
    if (message_is_code(reader.code) && text_knows((const char *)message.data)) {
        out_bytes(out, "reason", reader.code);
    }
    while (message_next(&reader, &inner, &value)) {
        (void)snprintf(name, sizeof name, "%.*s", (int)inner.size, (const char *)inner.data);
        if (value.size > 0 && memchr(value.data, MESSAGE_PAIR, value.size) != NULL) {
            write_message(out, name, value);
        } else {
            out_bytes(out, name, value);
        }
    }
    out_close(out, '}');
}

void write_args(struct json_out *out, const char *message)
{
    write_message(out, "args", bytes_text(message));
}

/* The members of RFC 9457, and beside them `error`. */
static void drop_stream(struct answer *answer)
{
    if (answer->stream.close != NULL) {
        answer->stream.close(answer->stream.state);
    }
    memset(&answer->stream, 0, sizeof answer->stream);
}

void answer_stream(struct answer *answer, const char *type, const struct stream_source *source)
{
    answer->type = type;
    answer->stream = *source;
}

static void write_error(const struct request *request, struct answer *answer, enum api_error error,
                        const char *message, const char *sentence)
{
    const struct api_message *info = api_message(error);
    struct json_out out = json_to(&answer->body);
    char type[64];

    buf_clear(&answer->body);
    drop_stream(answer);
    answer->constant = BYTES_NONE;
    answer->http = info->http;
    answer->type = PROBLEM_TYPE;
    (void)snprintf(type, sizeof type, "/help/%s", info->code);
    out_open(&out, NULL, '{');
    out_text(&out, "type", type);
    out_text(&out, "title", text_word(request->language, "error", info->code));
    out_count(&out, "status", (uint64_t)info->http);
    out_text(&out, "code", info->code);
    write_args(&out, message);
    out_text(&out, "detail", sentence);
    out_open(&out, "error", '{');
    out_text(&out, "code", info->code);
    write_args(&out, message);
    out_text(&out, "message", sentence);
    out_close(&out, '}');
    out_close(&out, '}');
}

void answer_error(const struct request *request, struct answer *answer, enum api_error error,
                  const char *detail)
{
    const char *sentence = text_word(request->language, "error", api_message(error)->code);
    char text[2 * TEXT_BYTES_MAX], words[TEXT_BYTES_MAX];

    if (detail == NULL) {
        write_error(request, answer, error, "", sentence);
        return;
    }
    (void)snprintf(text, sizeof text, "%s%s%s", sentence,
                   text_word(request->language, "mark", "colon"),
                   text_in(request->language, words, detail));
    write_error(request, answer, error, detail, text);
}

void answer_because(const struct request *request, struct answer *answer, enum api_error error,
                    const char *message)
{
    char words[TEXT_BYTES_MAX];

    write_error(request, answer, error, message, text_in(request->language, words, message));
}

void answer_refuse(const struct request *request, struct answer *answer, enum api_error error,
                   const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    answer_because(request, answer, error, message);
}

bool answer_outcome(const struct request *request, struct answer *answer, enum status outcome)
{
    if (outcome == OK) {
        return true;
    }
    if (outcome == ERR_UNREACHABLE) {
        answer_error(request, answer, API_STOPPING, NULL);
    } else if (outcome == ERR_BUSY) {
        answer_error(request, answer, API_NOT_READY, "loop_stalled");
    } else {
        answer_error(request, answer, API_STORE_FAILED, status_name(outcome));
    }
    return false;
}

static void tag(const struct request *request, struct answer *answer)
{
    const struct hash hash = hash_of(TAG_CONTENT, buf_bytes(&answer->body));
    const char *held = request->header(request->connection, "If-None-Match");
    char hex[2 * 16 + 1];

    hex_encode(hex, hash.at, 16);
    (void)snprintf(answer->etag, sizeof answer->etag, "\"%s\"", hex);
    if (held != NULL && strstr(held, hex) != NULL) {
        answer->http = 304;
        buf_clear(&answer->body);
    }
}

void answer_public(const struct request *request, struct answer *answer)
{
    tag(request, answer);
    answer->is_public = true;
}

void answer_tag_variant(struct answer *answer, const char *variant)
{
    const size_t end = strlen(answer->etag) - 1; /* the closing quote */

    (void)snprintf(answer->etag + end, sizeof answer->etag - end, "-%s\"", variant);
}

void answer_replace(struct answer *answer, struct buf *body)
{
    buf_free(&answer->body);
    answer->body = *body;
    *body = BUF_EMPTY;
}

void answer_header(struct answer *answer, const char *name, const char *format, ...)
{
    struct answer_header *header = &answer->headers[answer->header_count++];
    va_list args;

    assert(answer->header_count <= ANSWER_HEADERS_MAX);
    header->name = name;
    va_start(args, format);
    (void)vsnprintf(header->value, sizeof header->value, format, args);
    va_end(args);
}

const char *answer_damage(const struct request *request)
{
    const struct service *service = request->service;

    return service->damage != NULL          ? service->damage
           : node_is_damaged(service->node) ? "store_was_found_damaged"
           : node_is_folding(service->node) ? "figures_folding"
                                            : NULL;
}

void answer_name_damage(const struct request *request, struct answer *answer)
{
    const char *damage = answer_damage(request);
    struct buf whole = BUF_EMPTY;
    struct json_out out = json_to(&whole);
    char words[TEXT_BYTES_MAX];

    if (damage == NULL || answer->body.size < 2 || answer->body.data[0] != '{') {
        return;
    }
    out_open(&out, NULL, '{');
    out_text(&out, "damaged", text_in(request->language, words, damage));
    buf_append(&whole, ",", answer->body.data[1] != '}');
    buf_append(&whole, answer->body.data + 1, answer->body.size - 1);
    buf_free(&answer->body);
    answer->body = whole;
}
