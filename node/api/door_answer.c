/* One answer: its headers, its body, how long its client may take. */
#include "node/api/door_internal.h"

enum {
    SEND_MS = 30000, /* for an answer, and 1 ms more for each */
    SEND_BYTES_A_MS = 4,
    FOLLOWER_BLOCK_BYTES = 4 << 10, /* kept for as long as it follows */
    STREAM_BLOCK_BYTES = 16 << 10,
};

/* For browsers: of everything that comes through the network. The console's pages bring a policy of
 * their own. */
static void add_guards(struct MHD_Response *response, const struct answer *answer)
{
    static const struct {
        const char *name, *value;
    } guards[] = {
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Strict-Transport-Security", "max-age=31536000"},
        {"X-Frame-Options", "DENY"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };

    for (size_t i = 0; i < COUNT_OF(guards); i++) {
        (void)MHD_add_response_header(response, guards[i].name, guards[i].value);
    }
    (void)MHD_add_response_header(
        response, "Content-Security-Policy",
        answer->policy != NULL ? answer->policy : "default-src 'none'; frame-ancestors 'none'");
}

static void add_headers(const struct exchange *exchange, struct MHD_Response *response)
{
    const struct answer *answer = &exchange->answer;

    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    /* An ETag alone is a version: what names somebody stays on no browser's disk. */
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                                  answer->is_immutable ? "public, max-age=31536000, immutable"
                                  : answer->is_public  ? "no-cache"
                                                       : "no-store");
    if (answer->etag[0] != '\0') {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
    }
    for (size_t i = 0; i < answer->header_count; i++) {
        (void)MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    }
    if (exchange->door->config.door == DOOR_TLS) {
        add_guards(response, answer);
    }
}

/* The body's memory goes with the response; NULL: it is the caller's still. */
static struct MHD_Response *make_response(struct exchange *exchange, struct buf body)
{
    const struct answer *answer = &exchange->answer;

    if (exchange->stream != NULL) {
        return MHD_create_response_from_callback(
            MHD_SIZE_UNKNOWN,
            answer->stream.comment != NULL ? FOLLOWER_BLOCK_BYTES : STREAM_BLOCK_BYTES, follow_read,
            exchange, NULL);
    }
    if (answer->constant.size > 0) {
        return MHD_create_response_from_buffer(answer->constant.size,
                                               (void *)(uintptr_t)answer->constant.data,
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (body.size == 0) {
        return MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    }
    return MHD_create_response_from_buffer_with_free_callback(body.size, body.data, mem_free);
}

enum MHD_Result exchange_send(struct exchange *exchange, struct buf body)
{
    struct MHD_Response *response = make_response(exchange, body);
    enum MHD_Result result;

    if (response == NULL || exchange->stream != NULL || exchange->answer.constant.size > 0 ||
        body.size == 0) {
        mem_free(body.data); /* nobody took it */
    }
    if (response == NULL) {
        return MHD_NO;
    }
    add_headers(exchange, response);
    guest_expect(exchange->guest, exchange->door, SEND_MS + body.size / SEND_BYTES_A_MS);
    result = MHD_queue_response(exchange->connection, (unsigned)exchange->answer.http, response);
    MHD_destroy_response(response);
    return result;
}
