/* One request: headers, body, answer. */
#include "node/api/door_internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BODY_MS = 30000, /* for each part of a body: */
    BODY_PART_BYTES = 32 << 10,
    FORGOTTEN_BYTES_MAX = 64 << 20,
    UPLOAD_PART_BYTES = 1 << 20,
};

/* --- what the library knows of a request --- */

/* A name without a value is "". */
static const char *query_value(void *connection, const char *name)
{
    const char *value = NULL;

    return MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, name, strlen(name),
                                         &value, NULL) == MHD_NO
               ? NULL
           : value == NULL ? ""
                           : value;
}

static enum MHD_Result put_argument(void *arg, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct buf *out = arg;

    (void)kind;
    buf_append(out, name, strlen(name) + 1);
    buf_put_u8(out, value != NULL);
    if (value != NULL) {
        buf_append(out, value, strlen(value) + 1);
    }
    return MHD_YES;
}

static void write_query(void *connection, struct buf *out)
{
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, put_argument, out);
}

static const char *header_value(void *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void write_address(char out[CALLER_ADDRESS_MAX], struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    const void *host = NULL;

    if (address != NULL && address->sa_family == AF_INET) {
        host = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    } else if (address != NULL && address->sa_family == AF_INET6) {
        host = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    }
    if (host != NULL) {
        (void)inet_ntop(address->sa_family, host, out, CALLER_ADDRESS_MAX);
    }
}

/* What its header says; 0 where there is none, the body comes in chunks, or it is no number. */
static uint64_t announced_bytes(void *connection)
{
    const char *length = header_value(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return length == NULL ? 0 : strtoull(length, NULL, 10);
}

static bool names_somebody(void *connection)
{
    return header_value(connection, MHD_HTTP_HEADER_AUTHORIZATION) != NULL ||
           header_value(connection, MHD_HTTP_HEADER_COOKIE) != NULL;
}

/* Of any size: how much comes is known when it is there. */
static bool comes_in_chunks(void *connection)
{
    return header_value(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

/* Does the client send its body only once it is told to? */
static bool waits_for_leave(void *connection)
{
    return header_value(connection, MHD_HTTP_HEADER_EXPECT) != NULL;
}

static enum MHD_Result check_plain(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    bool *plain = arg;

    (void)kind;
    *plain =
        *plain && text_plain(bytes_text(name)) && (value == NULL || text_plain(bytes_text(value)));
    return *plain ? MHD_YES : MHD_NO;
}

/* What an address says goes into messages and texts: UTF-8 without control characters. */
static bool is_plain(const struct exchange *exchange)
{
    bool plain = text_plain(bytes_text(exchange->request.path));

    (void)MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, check_plain,
                                    &plain);
    return plain;
}

/* --- the answer --- */

static enum MHD_Result send_answer(struct exchange *exchange)
{
    const struct buf body = exchange->answer.body;

    exchange->answer.body = BUF_EMPTY;
    exchange_enter(exchange, EXCHANGE_SENDING);
    return exchange_send(exchange, body);
}

static enum MHD_Result refuse_exchange(struct exchange *exchange, enum api_error error,
                                       const char *why)
{
    answer_error(&exchange->request, &exchange->answer, error, why);
    return send_answer(exchange);
}

/* --- in a worker's thread --- */

static void run_check(struct work *work)
{
    struct exchange *exchange = (struct exchange *)work;
    const struct door_config *config = &exchange->door->config;

    exchange->is_over = !config->may_send(&exchange->request, &exchange->answer);
    exchange_hand_back(exchange);
}

static void run_part(struct work *work)
{
    struct exchange *exchange = (struct exchange *)work;

    exchange->door->config.part(&exchange->request, &exchange->answer);
    exchange_hand_back(exchange);
}

static void run_request(struct work *work)
{
    struct exchange *exchange = (struct exchange *)work;

    exchange->door->config.answer(&exchange->request, &exchange->answer);
    exchange_hand_back(exchange);
}

/* What a part left behind: its rest, and what is kept of those before it. */
static void count_upload(struct exchange *exchange)
{
    const struct upload *upload = exchange->request.upload;

    exchange_let_go(exchange);
    exchange_hold(exchange, exchange->body.size + (upload == NULL ? 0 : upload->held_bytes));
}

/* The first piece of a streamed answer is there: it begins, unless there is nothing but a reason
 * why not. */
static void begin_sending(struct exchange *exchange)
{
    const char *why = stream_why(exchange->stream);

    exchange->has_piece = true;
    if (why != NULL && !stream_has_piece(exchange->stream)) {
        memset(&exchange->answer.stream, 0, sizeof exchange->answer.stream); /* the stream's own */
        answer_error(&exchange->request, &exchange->answer, API_STORE_FAILED, why);
        stream_close(exchange->stream);
        exchange->stream = NULL;
        exchange_hold(exchange, exchange->answer.body.size);
    }
    exchange_resume(exchange, EXCHANGE_SENDING);
}

void exchange_go_on(struct exchange *exchange, uint64_t now_ms)
{
    if (exchange->state == EXCHANGE_FILLING && !exchange->has_piece) {
        begin_sending(exchange);
        return;
    }
    if (exchange->state == EXCHANGE_FILLING) {
        follow_filled(exchange, now_ms);
        return;
    }
    if (exchange->state == EXCHANGE_CHECKED) {
        exchange_resume(exchange, EXCHANGE_CHECKED);
        return;
    }
    if (exchange->state == EXCHANGE_PART) {
        count_upload(exchange);
        exchange->is_over = exchange->answer.http >= 400;
        guest_expect(exchange->guest, exchange->door, BODY_MS);
        exchange_resume(exchange, EXCHANGE_BODY);
        return;
    }
    if (exchange->answer.stream.fill != NULL) {
        follow_begin(exchange);
        return;
    }
    exchange_hold(exchange, exchange->answer.body.size);
    exchange_resume(exchange, EXCHANGE_SENDING);
}

/* --- as it comes in --- */

/* False when it is no address of the API. */
static bool strip_prefix(const char **path)
{
    static const char prefix[] = "/api/v1/";
    const bool below = strncmp(*path, prefix, sizeof prefix - 1) == 0;

    *path += below ? sizeof prefix - 2 : 0;
    return below;
}

static struct exchange *begin_exchange(struct http_door *door, struct MHD_Connection *connection,
                                       const char *url, const char *method)
{
    const struct door_config *config = &door->config;
    struct exchange *exchange = mem_zalloc(sizeof *exchange);
    struct request *request = &exchange->request;
    const bool is_api = strip_prefix(&url);

    exchange->door = door;
    exchange->connection = connection;
    exchange->guest = door_guest(connection);
    exchange_enter(exchange, EXCHANGE_BODY);
    exchange->body_bytes_max =
        config->may_send == NULL ? config->body_bytes_max : config->stranger_bytes_max;
    exchange->answer = (struct answer){.http = 200, .body = BUF_EMPTY};
    *request = (struct request){
        .service = config->service,
        .method = method,
        .path = url,
        .is_api = is_api,
        .language =
            text_language(header_value(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE), NULL, NULL),
        .caller = {.door = config->door, .process = exchange->guest->process},
        .body = &exchange->body,
        .connection = connection,
        .query = query_value,
        .write_query = write_query,
        .header = header_value,
    };
    exchange->in_parts = config->in_parts != NULL && config->in_parts(request) &&
                         (config->may_send == NULL || names_somebody(connection));
    if (config->door != DOOR_SOCKET) {
        write_address(request->caller.address, connection);
    }
    door->open++;
    return exchange;
}

/* Does somebody have to be asked how much he may send? Who shows nothing is a stranger. */
static bool is_to_check(const struct exchange *exchange)
{
    return exchange->door->config.may_send != NULL && names_somebody(exchange->connection) &&
           (exchange->in_parts || comes_in_chunks(exchange->connection) ||
            announced_bytes(exchange->connection) > exchange->body_bytes_max);
}

/* What can be said before a byte of the body is read. */
static enum MHD_Result admit_exchange(struct exchange *exchange)
{
    const struct http_door *door = exchange->door;

    if (door->config.door == DOOR_SOCKET && !exchange->guest->is_owner) {
        return refuse_exchange(exchange, API_STRANGER, NULL);
    }
    if (atomic_load(&door->stopping)) {
        return refuse_exchange(exchange, API_STOPPING, NULL);
    }
    if (!is_plain(exchange)) {
        return refuse_exchange(exchange, API_BAD_REQUEST, "ask_plain");
    }
    exchange->too_large =
        !exchange->in_parts &&
        announced_bytes(exchange->connection) >
            (is_to_check(exchange) ? door->config.body_bytes_max : exchange->body_bytes_max);
    if (exchange->too_large && waits_for_leave(exchange->connection)) {
        return refuse_exchange(exchange, API_TOO_LARGE, NULL);
    }
    if (door->held_bytes > door->config.held_bytes_max) {
        return refuse_exchange(exchange, API_BUSY, NULL);
    }
    guest_expect(exchange->guest, door, BODY_MS);
    if (!exchange->too_large && is_to_check(exchange)) {
        guest_expect(exchange->guest, door, 0);
        exchange_post(exchange, EXCHANGE_CHECKED, door->config.lane(&exchange->request), run_check);
    }
    return MHD_YES;
}

/* Somebody has looked who sends more than a stranger. */
static enum MHD_Result begin_body(struct exchange *exchange)
{
    if (exchange->is_over && waits_for_leave(exchange->connection)) {
        return send_answer(exchange);
    }
    exchange->body_bytes_max = exchange->door->config.body_bytes_max;
    exchange_enter(exchange, EXCHANGE_BODY);
    guest_expect(exchange->guest, exchange->door, BODY_MS);
    return MHD_YES;
}

/* No further part comes: what its route keeps of those before is given back. */
static void end_upload(struct exchange *exchange)
{
    if (exchange->request.upload != NULL && !exchange->upload_is_closed) {
        exchange->upload_is_closed = true;
        exchange->request.upload->close(exchange->request.upload);
    }
}

/* What nobody wants is read on for a while: many a client reads its answer only when it has sent
 * all. False when it is to be cut. */
static bool forget_part(struct exchange *exchange, size_t size)
{
    buf_free(&exchange->body);
    end_upload(exchange);
    exchange_let_go(exchange);
    exchange->forgotten_bytes += size;
    return exchange->forgotten_bytes <= FORGOTTEN_BYTES_MAX;
}

/* All bodies and answers together have their limit, however slowly each of them grows. */
static void refuse_crowd(struct exchange *exchange, size_t size)
{
    const struct http_door *door = exchange->door;

    if (door->held_bytes + size > door->config.held_bytes_max) {
        exchange->is_over = true;
        answer_error(&exchange->request, &exchange->answer, API_BUSY, NULL);
    }
}

/* False when the client is to be cut. */
static bool take_part(struct exchange *exchange, const char *part, size_t size)
{
    exchange->too_large |=
        !exchange->in_parts && exchange->body.size + size > exchange->body_bytes_max;
    if (!exchange->too_large && !exchange->is_over) {
        refuse_crowd(exchange, size);
    }
    if (exchange->too_large || exchange->is_over) {
        return forget_part(exchange, size);
    }
    buf_append(&exchange->body, part, size);
    exchange_hold(exchange, size);
    exchange->received_bytes += size;
    if (exchange->received_bytes - exchange->renewed_bytes >= BODY_PART_BYTES) {
        exchange->renewed_bytes = exchange->received_bytes;
        guest_expect(exchange->guest, exchange->door, BODY_MS);
    }
    if (exchange->in_parts && exchange->body.size >= UPLOAD_PART_BYTES) {
        guest_expect(exchange->guest, exchange->door, 0);
        exchange_post(exchange, EXCHANGE_PART, exchange->door->config.lane(&exchange->request),
                      run_part);
    }
    return true;
}

static enum MHD_Result run_exchange(struct exchange *exchange)
{
    if (exchange->too_large) {
        return refuse_exchange(exchange, API_TOO_LARGE, NULL);
    }
    if (exchange->is_over) {
        return send_answer(exchange);
    }
    if (door_answer_at_once(exchange->door, &exchange->request, &exchange->answer)) {
        exchange_hold(exchange, exchange->answer.body.size);
        return send_answer(exchange);
    }
    guest_expect(exchange->guest, exchange->door, 0);
    exchange_post(exchange, EXCHANGE_RUNNING, exchange->door->config.lane(&exchange->request),
                  run_request);
    return MHD_YES;
}

/* Called once with the headers, and again where they were looked at, then for each part of the
 * body, then at its end, and once more when it was resumed. */
enum MHD_Result door_request(void *arg, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_size, void **state)
{
    struct exchange *exchange = *state;

    (void)version;
    if (exchange == NULL) {
        exchange = begin_exchange(arg, connection, url, method);
        *state = exchange;
        return admit_exchange(exchange);
    }
    if (exchange->state == EXCHANGE_SENDING) {
        return send_answer(exchange);
    }
    if (exchange->state == EXCHANGE_CHECKED) {
        return begin_body(exchange);
    }
    if (exchange->state == EXCHANGE_PART) {
        return MHD_YES; /* it is suspended: what came with the last part stays where it is */
    }
    if (*upload_size > 0) {
        const bool taken = take_part(exchange, upload, *upload_size);

        *upload_size = 0;
        return taken ? MHD_YES : MHD_NO;
    }
    return run_exchange(exchange);
}

void door_completed(void *arg, struct MHD_Connection *connection, void **state,
                    enum MHD_RequestTerminationCode code)
{
    struct http_door *door = arg;
    struct exchange *exchange = *state;

    (void)connection;
    (void)code;
    if (exchange == NULL) {
        return;
    }
    guest_expect(exchange->guest, door, door->config.idle_ms);
    exchange_let_go(exchange);
    stream_close(exchange->stream);
    end_upload(exchange);
    buf_free(&exchange->body);
    buf_free(&exchange->answer.body);
    mem_free(exchange);
    *state = NULL;
    door->open--;
}
