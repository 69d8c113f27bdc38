#include "tests/unit/node/served_office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/core/turn.h"
#include "node/daemon/system_clock.h"
#include "node/store/store_memory.h"
#include "tests/harness/identities.h"
#include "tests/harness/no_transport.h"

/* --- a node that nobody is linked to --- */

void wake(void *arg)
{
    struct office *office = arg;

    (void)pthread_mutex_lock(&office->lock);
    office->called = true;
    (void)pthread_cond_signal(&office->woken);
    (void)pthread_mutex_unlock(&office->lock);
}

/* False when the office closes. */
static bool wait_for_work(struct office *office)
{
    bool ending;

    (void)pthread_mutex_lock(&office->lock);
    while (!office->called && !office->ending) {
        (void)pthread_cond_wait(&office->woken, &office->lock);
    }
    office->called = false;
    ending = office->ending;
    (void)pthread_mutex_unlock(&office->lock);
    return !ending;
}

static void *run_loop(void *arg)
{
    struct office *office = arg;
    struct err err;
    bool busy;

    while (wait_for_work(office)) {
        do {
            if (node_step(office->node, &busy, &err) != OK) {
                return "the turn failed";
            }
        } while (busy);
    }
    return NULL;
}

void start_loop(struct office *office)
{
    office->looping = true;
    assert_int_equal(pthread_create(&office->loop, NULL, run_loop, office), 0);
}

static void open_node(struct office *office, bool approval_required, const char *damage)
{
    struct trust trust;
    struct grant grant = {.division = division_of("540000"), .name = "西藏自治区", .epoch = 1};
    struct node_config config = {.self = division_of("540000"),
                                 .key = &office->key,
                                 .listen = "tcp://127.0.0.1:7400",
                                 .enrol = "tcp://127.0.0.1:7401",
                                 .approval = approval_required ? POLICY_REQUIRED : POLICY_NONE,
                                 .damage = damage,
                                 .wake = wake,
                                 .wake_arg = office};
    struct buf sealed = BUF_EMPTY;
    struct bytes bootstrap;
    struct err err;

    trust_generate(&trust);
    sign_key_generate(&office->key);
    config.tree = trust.tree;
    trust_seal(&trust, &grant, &office->key, NULL, &sealed);
    bootstrap = buf_bytes(&sealed);
    if (node_open(&office->node, &config, &office->store, &no_transport, &office->clock, &bootstrap,
                  1, &err) != OK) {
        fail_msg("%s", err.text);
    }
    buf_free(&sealed);
}

struct api_config config_of(const struct office *office)
{
    return (struct api_config){.node = office->node,
                               .store = &office->store,
                               .clock = &office->clock,
                               .socket_path = office->socket};
}

struct office *open_office_with(bool approval_required, const char *damage)
{
    struct office *office = calloc(1, sizeof *office);
    struct api_config config;
    struct err err;

    assert_non_null(office);
    store_memory_open(&office->store);
    office->clock = system_clock();
    (void)pthread_mutex_init(&office->lock, NULL);
    (void)pthread_cond_init(&office->woken, NULL);
    (void)snprintf(office->directory, sizeof office->directory, "/tmp/terrace-api-XXXXXX");
    assert_non_null(mkdtemp(office->directory));
    (void)snprintf(office->socket, sizeof office->socket, "%s/terrace.sock", office->directory);
    open_node(office, approval_required, damage);
    config = config_of(office);
    if (api_start(&office->api, &config, &err) != OK) {
        fail_msg("%s", err.text);
    }
    return office;
}

struct office *open_office(bool approval_required)
{
    return open_office_with(approval_required, NULL);
}

void close_office(struct office *office)
{
    void *trouble = NULL;

    (void)pthread_mutex_lock(&office->lock);
    office->ending = true;
    (void)pthread_cond_signal(&office->woken);
    (void)pthread_mutex_unlock(&office->lock);
    if (office->looping) {
        (void)pthread_join(office->loop, &trouble);
    }
    api_stop(office->api);
    assert_int_not_equal(access(office->socket, F_OK), 0);
    node_close(office->node);
    office->store.ops->close(office->store.self);
    (void)rmdir(office->directory);
    assert_null(trouble);
    free(office);
}

/* --- a client --- */

int dial(const struct office *office)
{
    const struct timeval patience = {.tv_sec = 60}; /* then an answer that hangs is no answer */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    memcpy(address.sun_path, office->socket, strlen(office->socket) + 1);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void send_request(int fd, const struct ask *ask)
{
    char head[1024];
    struct buf out = BUF_EMPTY;
    const int size = snprintf(
        head, sizeof head,
        "%s /api/v1%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n"
        "%s%s%s%s%s%s%s%s%s%s%s%s\r\n",
        ask->method, ask->path, ask->body.size, ask->token != NULL ? "Authorization: Bearer " : "",
        ask->token != NULL ? ask->token : "", ask->token != NULL ? "\r\n" : "",
        ask->language != NULL ? "Accept-Language: " : "",
        ask->language != NULL ? ask->language : "", ask->language != NULL ? "\r\n" : "",
        ask->held != NULL ? "If-None-Match: " : "", ask->held != NULL ? ask->held : "",
        ask->held != NULL ? "\r\n" : "", ask->accept != NULL ? "Accept: " : "",
        ask->accept != NULL ? ask->accept : "", ask->accept != NULL ? "\r\n" : "");

    buf_append(&out, head, (size_t)size);
    buf_append_bytes(&out, ask->body);
    for (size_t sent = 0; sent < out.size;) {
        const ssize_t did = send(fd, out.data + sent, out.size - sent, MSG_NOSIGNAL);
        assert_true(did > 0);
        sent += (size_t)did;
    }
    buf_free(&out);
}

struct answer read_answer(int fd)
{
    struct answer answer = {0, BUF_EMPTY, ""};
    char piece[4096];
    ssize_t got;

    while ((got = recv(fd, piece, sizeof piece, 0)) > 0) {
        buf_append(&answer.all, piece, (size_t)got);
    }
    (void)close(fd);
    buf_put_u8(&answer.all, '\0');
    if (sscanf((const char *)answer.all.data, "HTTP/1.1 %d", &answer.http) == 1) {
        const char *body = strstr((const char *)answer.all.data, "\r\n\r\n");
        answer.body = body == NULL ? "" : body + 4;
    }
    return answer;
}

struct answer call(const struct office *office, struct ask ask)
{
    const int fd = dial(office);

    send_request(fd, &ask);
    return read_answer(fd);
}

struct answer get(const struct office *office, const char *path)
{
    return call(office, (struct ask){.method = "GET", .path = path});
}

struct answer post(const struct office *office, const char *path, const char *token,
                   const char *body)
{
    return call(
        office,
        (struct ask){.method = "POST", .path = path, .token = token, .body = bytes_text(body)});
}

const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

void want(struct answer answer, int http, const char *words)
{
    if (answer.http != http || strstr(answer.body, words) == NULL) {
        fail_msg("want %d with %s, got %d: %s", http, words, answer.http, answer.body);
    }
    buf_free(&answer.all);
}

const char documents[] =
    "{\"kind\":\"agency\",\"id\":\"A1\",\"fiscal_year\":\"2026\",\"agency_code\":\"105\","
    "\"agency_name\":\"教育厅\"}\n"
    "\n"
    "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":\"2026\",\"stage\":\"reply\","
    "\"fund_type_code\":\"111\",\"amount\":\"1000.00\",\"approval_ref\":\"1\"}\n"
    "{\"kind\":\"allocate\",\"id\":\"L1\",\"fiscal_year\":\"2026\",\"ori_bgt_id\":\"B1\","
    "\"agency_code\":\"105\",\"amount\":\"300\"}\n"
    "{\"kind\":\"release\",\"id\":\"R1\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\","
    "\"cor_bgt_doc_no\":\"1\"}\n";

const char more_documents[] =
    "{\"kind\":\"agency\",\"id\":\"A2\",\"fiscal_year\":\"2026\",\"agency_code\":\"106\","
    "\"agency_name\":\"卫健委\"}\n"
    "{\"kind\":\"allocate\",\"id\":\"L2\",\"fiscal_year\":\"2026\",\"ori_bgt_id\":\"B1\","
    "\"agency_code\":\"106\",\"amount\":\"100\"}\n" PAYMENT("P8", "1.00") PAYMENT("P9", "2.00");

void add_user(const struct office *office, const char *name, const char *roles)
{
    char body[200];

    (void)snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"secret-%s\",\"roles\":%s}",
                   name, name, roles);
    want(post(office, "/users", NULL, body), 200, name);
}

void log_in(const struct office *office, const char *name, char token[128])
{
    char body[200];
    struct answer answer;
    json_t *object;

    (void)snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"secret-%s\"}", name, name);
    answer = post(office, "/login", NULL, body);
    object = json_loads(answer.body, 0, NULL);
    (void)snprintf(token, 128, "%s", member(object, "token"));
    assert_int_equal(strlen(token), 64);
    json_decref(object);
    buf_free(&answer.all);
}

/* --- of any number, in one post --- */

void write_agency(struct buf *out, int i)
{
    char line[256];
    const int size = snprintf(line, sizeof line,
                              "{\"kind\":\"agency\",\"id\":\"M%d\",\"fiscal_year\":\"2026\","
                              "\"agency_code\":\"2%05d\",\"agency_name\":\"%s%.0d\"}\n",
                              i, i, i % BAD_EVERY == 7 ? "" : "机关机关机关机关机关",
                              i % BAD_EVERY == 7 ? 0 : i);

    buf_append(out, line, (size_t)size);
}
