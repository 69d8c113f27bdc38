/* The API as programs meet it: a real root node on a store in memory, its loop in a thread of its
 * own, and HTTP over the socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/api/api_task.h"
#include "node/api/server.h"
#include "node/core/turn.h"
#include "node/daemon/system_clock.h"
#include "node/ledger/rows/rows.h"
#include "node/store/store_memory.h"
#include "tests/harness/identities.h"
#include "tests/harness/no_transport.h"

/* --- a node that nobody is linked to --- */

struct office {
    struct store store;
    struct clock clock;
    struct sign_key key;
    struct node *node;
    struct api *api;
    char directory[64], socket[96];
    pthread_t loop;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool called, ending, looping;
};

static void wake(void *arg)
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

static void start_loop(struct office *office)
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

static struct api_config config_of(const struct office *office)
{
    return (struct api_config){.node = office->node,
                               .store = &office->store,
                               .clock = &office->clock,
                               .socket_path = office->socket};
}

static struct office *open_office_with(bool approval_required, const char *damage)
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

static struct office *open_office(bool approval_required)
{
    return open_office_with(approval_required, NULL);
}

static void close_office(struct office *office)
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

struct answer {
    int http;
    struct buf all;
    const char *body; /* terminated */
};

struct ask {
    const char *method, *path, *token, *language, *held, *accept;
    struct bytes body;
};

static int dial(const struct office *office)
{
    const struct timeval patience = {.tv_sec = 60}; /* then an answer that hangs is no answer */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    memcpy(address.sun_path, office->socket, strlen(office->socket) + 1);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_request(int fd, const struct ask *ask)
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

static struct answer read_answer(int fd)
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

static struct answer call(const struct office *office, struct ask ask)
{
    const int fd = dial(office);

    send_request(fd, &ask);
    return read_answer(fd);
}

static struct answer get(const struct office *office, const char *path)
{
    return call(office, (struct ask){.method = "GET", .path = path});
}

static struct answer post(const struct office *office, const char *path, const char *token,
                          const char *body)
{
    return call(
        office,
        (struct ask){.method = "POST", .path = path, .token = token, .body = bytes_text(body)});
}

/* What stands at a dotted path of the answer, as text; "" when nothing does. */
static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static void want(struct answer answer, int http, const char *words)
{
    if (answer.http != http || strstr(answer.body, words) == NULL) {
        fail_msg("want %d with %s, got %d: %s", http, words, answer.http, answer.body);
    }
    buf_free(&answer.all);
}

static const char documents[] =
    "{\"kind\":\"agency\",\"id\":\"A1\",\"fiscal_year\":\"2026\",\"agency_code\":\"105\","
    "\"agency_name\":\"教育厅\"}\n"
    "\n"
    "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":\"2026\",\"stage\":\"reply\","
    "\"fund_type_code\":\"111\",\"amount\":\"1000.00\",\"approval_ref\":\"1\"}\n"
    "{\"kind\":\"allocate\",\"id\":\"L1\",\"fiscal_year\":\"2026\",\"ori_bgt_id\":\"B1\","
    "\"agency_code\":\"105\",\"amount\":\"300\"}\n"
    "{\"kind\":\"release\",\"id\":\"R1\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\","
    "\"cor_bgt_doc_no\":\"1\"}\n";

#define PAYMENT(id, amount)                                                                        \
    "{\"kind\":\"payment\",\"id\":\"" id "\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\","          \
    "\"pay_app_amt\":\"" amount "\",\"payee_acct_name\":\"甲\",\"payee_acct_no\":\"1\","          \
    "\"payee_acct_bank_name\":\"行\",\"use_des\":\"x\"}\n"

static const char more_documents[] =
    "{\"kind\":\"agency\",\"id\":\"A2\",\"fiscal_year\":\"2026\",\"agency_code\":\"106\","
    "\"agency_name\":\"卫健委\"}\n"
    "{\"kind\":\"allocate\",\"id\":\"L2\",\"fiscal_year\":\"2026\",\"ori_bgt_id\":\"B1\","
    "\"agency_code\":\"106\",\"amount\":\"100\"}\n" PAYMENT("P8", "1.00") PAYMENT("P9", "2.00");

/* --- stories --- */

static void documents_go_in_and_come_back(void **state)
{
    struct office *office = open_office(false);
    struct answer answer;
    json_t *object;

    (void)state;
    start_loop(office);
    answer = post(office, "/documents", NULL, documents);
    assert_string_equal(answer.body,
                        "{\"line\":1,\"id\":\"A1\",\"status\":\"accepted\",\"message\":\"\"}\n"
                        "{\"line\":3,\"id\":\"B1\",\"status\":\"accepted\",\"message\":\"\"}\n"
                        "{\"line\":4,\"id\":\"L1\",\"status\":\"accepted\",\"message\":\"\"}\n"
                        "{\"line\":5,\"id\":\"R1\",\"status\":\"accepted\",\"message\":\"\"}\n");
    buf_free(&answer.all);
    want(post(office, "/documents", NULL, documents), 200, "\"id\":\"B1\",\"status\":\"exists\"");
    want(post(office, "/documents?kind=payment", NULL, PAYMENT("P1", "40")), 200, "accepted");
    want(post(office, "/documents", NULL, PAYMENT("P2", "1000")), 200,
         "\"reason\":\"exceeds_available\"");
    want(post(office, "/documents?atomic=1", NULL, PAYMENT("P3", "1") PAYMENT("P4", "1000")), 200,
         "\"id\":\"P3\",\"status\":\"refused\"");

    answer = get(office, "/documents/P1");
    object = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(member(object, "kind"), "payment");
    assert_string_equal(member(object, "pay_app_amt"), "40.00");
    assert_string_equal(member(object, "payee_acct_name"), "甲");
    assert_string_equal(member(object, "author"), "540000");
    assert_string_not_equal(member(object, "state"), "");
    assert_true(json_integer_value(json_object_get(object, "lsn")) > 0);
    json_decref(object);
    buf_free(&answer.all);

    want(get(office, "/documents/P3"), 404, "not_found");
    want(get(office, "/documents?kind=payment"), 200, "\"id\":\"P1\"");
    want(get(office, "/trace/P1"), 200, "\"id\":\"B1\"");
    want(get(office, "/balance"), 200,
         "\"account\":\"AVAIL\",\"debit\":\"300.00\",\"credit\":\"40.00\",\"balance\":\"260.00\"");
    want(get(office, "/balance?scope=subtree&by=agency"), 200,
         "\"as_of\":[{\"division\":\"540000\"");
    want(get(office, "/report/chain"), 200, "\"received\":\"1000.00\"");
    want(get(office, "/money"), 200,
         "\"own\":{\"received\":\"1000.00\",\"allocated\":\"300.00\",\"passed_down\":\"0.00\"");
    want(get(office, "/money"), 200, "\"sources\":{\"approved\":\"1000.00\"");
    want(get(office, "/money?at=2026-01-01"), 200, "\"own\":{\"received\":\"0.00\"");
    want(get(office, "/money?at=2099-01-01"), 200, "\"own\":{\"received\":\"1000.00\"");
    want(get(office, "/trace/P1?brief=1"), 200,
         "\"to\":\"甲\",\"money\":\"40.00\",\"purpose\":\"x\"");
    want(get(office, "/lines"), 200,
         "\"id\":\"L1\",\"kind\":\"allocate\",\"state\":\"released\",\"fiscal_year\":2026");
    want(get(office, "/lines?agency=105"), 200, "\"agency_name\":\"教育厅\"");
    want(get(office, "/lines?agency="), 200, "\"shown\":1,\"total\":1,\"complete\":true");
    want(get(office, "/lines?agency=106"), 200, "\"rows\":[],\"shown\":0");
    want(get(office, "/lines?limit=1"), 200, "\"complete\":false,\"next\":\"B1\"");
    want(get(office, "/documents/P1/proof"), 200, "{\"check\":\"signature\",\"result\":\"good\"}");
    want(get(office, "/documents/P1/proof"), 200, "{\"check\":\"digest\",\"result\":\"good\"}");
    want(get(office, "/documents/P1/proof"), 200,
         "\"field\":\"payee_acct_name\",\"value\":\"甲\"}");
    want(get(office, "/documents/P3/proof"), 404, "not_found");
    want(get(office, "/documents/P1/proof"), 200,
         "\"line\":{\"id\":\"L1\",\"agency_code\":\"105\"");
    want(get(office, "/export/chain?format=csv"), 200, "\xef\xbb\xbf\"board\",\"Money chain\"\r\n");
    want(get(office, "/export/documents?format=csv&kind=payment"), 200, "\"P1\",");
    want(get(office, "/money/months?year=2026"), 200, "\"released\":\"300.00\",\"paid\":\"0.00\"");
    want(get(office, "/report/trial-balance"), 200, "\"account\":\"SRC_APPROVED\"");
    want(get(office, "/report/execution"), 200, "\"available\":\"260.00\"");
    want(get(office, "/report/reconcile"), 200, "\"rows\":[]");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");
    close_office(office);
}

static void the_digest_stands_still_and_names_its_lsn(void **state)
{
    struct office *office = open_office(false);
    struct answer one, two;

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    one = get(office, "/digest");
    two = get(office, "/digest?division=540000");
    assert_int_equal(one.http, 200);
    assert_string_equal(one.body, two.body);
    buf_free(&one.all);
    buf_free(&two.all);
    want(get(office, "/digest?division=110000"), 409, "not_below_you");
    want(get(office, "/balance?division=110000"), 409, "not_below_you");
    want(get(office, "/report/chain?division=110000"), 409, "not_below_you");
    close_office(office);
}

/* An error is a problem of RFC 9457, and says the same in the member that the command line reads.
 */
static void want_problem(const struct answer *answer)
{
    json_t *problem = json_loads(answer->body, JSON_REJECT_DUPLICATES, NULL);
    const json_t *error = json_object_get(problem, "error");
    char type[96];

    if (strstr((const char *)answer->all.data, "Content-Type: application/problem+json") == NULL ||
        strcmp(member(problem, "code"), "") == 0 ||
        strcmp(member(problem, "code"), member(error, "code")) != 0 ||
        strcmp(member(problem, "detail"), member(error, "message")) != 0 ||
        !json_equal(json_object_get(problem, "args"), json_object_get(error, "args")) ||
        json_integer_value(json_object_get(problem, "status")) != answer->http ||
        strcmp(member(problem, "title"), "") == 0) {
        fail_msg("no problem: %s", answer->body);
    }
    (void)snprintf(type, sizeof type, "/help/%s", member(problem, "code"));
    assert_string_equal(member(problem, "type"), type);
    json_decref(problem);
}

/* What a client has already is not sent again, and what changed is. */
static void a_client_keeps_texts_and_schema_by_their_tag(void **state)
{
    static const char *const paths[] = {"/texts?lang=zh", "/texts?lang=en", "/schema"};
    struct office *office = open_office(false);
    char tag[64] = "", former[64] = "none";

    (void)state;
    start_loop(office);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct ask ask = {.method = "GET", .path = paths[i], .held = former};
        struct answer answer = call(office, ask);
        const char *at = strstr((const char *)answer.all.data, "ETag: ");

        assert_int_equal(answer.http, 200);
        assert_non_null(at);
        assert_int_equal(sscanf(at, "ETag: %63s", tag), 1);
        buf_free(&answer.all);
        ask.held = tag;
        answer = call(office, ask);
        assert_int_equal(answer.http, 304);
        assert_string_equal(answer.body, "");
        buf_free(&answer.all);
        memcpy(former, tag, sizeof former);
    }
    close_office(office);
}

static void what_cannot_be_asked_is_answered_with_a_reason(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int http;
        const char *words;
    } cases[] = {
        {"GET", "/nonsense", "", 404, "no_such_path"},
        {"GET", "/documents/", "", 404, "no_such_path"},
        {"PUT", "/documents", "", 405, "wrong_method"},
        {"GET", "/documents", "", 400, "kind"},
        {"GET", "/documents?kind=nonsense", "", 400, "kind"},
        {"GET", "/documents?kind=budget&after=x", "", 400, "after"},
        {"GET", "/balance?year=26", "", 400, "year"},
        {"GET", "/balance?scope=all", "", 400, "scope"},
        {"GET", "/balance?division=lower", "", 400, "division"},
        {"GET", "/report/nonsense", "", 404, "not_found"},
        {"GET", "/money?at=yesterday", "", 400, "ask_moment"},
        {"GET", "/export/nonsense?format=csv", "", 404, "ask_report"},
        {"GET", "/export/chain?format=pdf", "", 400, "ask_format"},
        {"GET", "/export/chain?format=csv&division=110000", "", 409, "not_below_you"},
        {"GET", "/money?after=110000", "", 400, "ask_after"},
        {"GET", "/money?division=110000", "", 409, "not_below_you"},
        {"GET", "/money/months?year=26", "", 400, "ask_year"},
        {"GET", "/money/months?division=110000", "", 409, "not_below_you"},
        {"POST", "/documents?kind=nonsense", "{}", 400, "kind"},
        {"POST", "/documents", "", 200, ""},
        {"POST", "/documents", "!\n", 200,
         "\"id\":null,\"status\":\"refused\",\"reason\":\"malformed\""},
        {"POST", "/documents", "{\"kind\":\"agency\",\"id\":5,\"fiscal_year\":\"2026\"}\n", 200,
         "\"id\":null,\"status\":\"refused\",\"reason\":\"missing_agency_code\""},
        {"POST", "/documents", "{\"kind\":\"agency\",\"id\":[\"A\"],\"x\":1}\n", 200,
         "\"id\":null"},
        {"POST", "/approve", "{\"ids\":[\"x\"]}", 401, "needs_login"},
        {"POST", "/approve", "[", 401, "needs_login"}, /* who asks comes before what */
        {"POST", "/reject", "{\"id\":\"x\"}", 401, "needs_login"},
        {"POST", "/login", "{\"name\":\"li\",\"password\":\"x\"}", 403, "wrong_password"},
        {"POST", "/login", "{\"name\":\"li\"}", 400, "password"},
        {"POST", "/users", "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"king\"]}", 400,
         "roles"},
        {"POST", "/users", "{\"name\":\"li\",\"password\":\"seven-7\"}", 400, "short_password"},
        {"POST", "/users",
         "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"maker\",\"admin\"]}", 400,
         "never one of each pair"},
        {"POST", "/users",
         "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"auditor\",\"checker\"]}", 400,
         "never one of each pair"},
        {"POST", "/users", "{\"name\":\"li\\u009bx\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\u202ex\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\u2066x\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\u061cx\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users", "{\"name\":\"li\\ufeffx\",\"password\":\"secret-li\"}", 400,
         "A user name"},
        {"POST", "/users/nobody/disable", "{}", 404, "not_found"},
        {"POST", "/invite", "{\"division\":\"lower\",\"name\":\"x\"}", 400, "division"},
        {"POST", "/invite", "{\"division\":\"540000\",\"name\":\"x\"}", 409, "refused"},
        {"POST", "/invite", "{\"division\":\"540100\",\"name\":\"拉萨市\"}", 200, "TERRACE1-"},
        {"POST", "/peers/540100/pause", "{}", 404, "not_found"},
        {"GET", "/texts?lang=fr", "", 400, "ask_lang"},
        {"GET", "/texts?lang=zh&prefix=console.nav.", "", 200,
         "\"rows\":{\"console.nav.help\":\"帮助\","},
        {"GET", "/schema", "", 200, "{\"division\":\"540000\",\"kinds\":["},
        {"GET", "/healthz", "", 200, "alive"},
        {"GET", "/readyz", "", 200, "ready"},
        {"GET", "/status", "", 200, "\"peers\":["},
        {"GET", "/pending", "", 200, "{\"rows\":[],\"rejected\":[],"},
        {"GET", "/inbox", "", 200, "\"rows\":[],\"shown\":0"},
        {"GET", "/inbox?counts=1", "", 200, "\"counts\":{\"to_register\":{\"documents\":0,"},
        {"GET", "/inbox?user=nobody", "", 404, "not_found"},
        {"GET", "/inbox?after=to_register/1", "", 400, "after"},
        {"GET", "/documents?kind=budget&after=540000:nothing", "", 400, "after"},
        {"GET", "/documents?kind=budget&limit=0", "", 400, "limit"},
        {"GET", "/documents?kind=budget&limit=10001", "", 400, "limit"},
        {"GET", "/balance?limit=x", "", 400, "limit"},
        {"GET", "/balance?after=nothing", "", 400, "after"},
        {"GET", "/report/chain?after=", "", 400, "after"},
        {"GET", "/users", "", 200, "{\"rows\":[],\"shown\":0,"},
    };
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answer answer = call(office, (struct ask){.method = cases[i].method,
                                                         .path = cases[i].path,
                                                         .body = bytes_text(cases[i].body)});
        if (answer.http != cases[i].http || strstr(answer.body, cases[i].words) == NULL) {
            fail_msg("%s %s: want %d with %s, got %d: %s", cases[i].method, cases[i].path,
                     cases[i].http, cases[i].words, answer.http, answer.body);
        }
        if (cases[i].http >= 400) {
            want_problem(&answer);
        }
        buf_free(&answer.all);
    }
    want(call(office, (struct ask){.method = "GET", .path = "/nonsense", .language = "zh-CN"}), 404,
         "接口没有这个地址");
    close_office(office);
}

static void a_post_past_its_limits_is_refused_whole(void **state)
{
    struct office *office = open_office(false);
    struct buf body = BUF_EMPTY;

    (void)state;
    start_loop(office);
    for (int i = 0; i < 1001; i++) {
        buf_append(&body, "{}\n", 3);
    }
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         413, "too_many_documents");
    body.size -= 3;
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         200, "\"line\":1000,");
    buf_clear(&body);
    buf_reserve(&body, 17 << 20);
    memset(body.data, ' ', 17 << 20);
    body.size = (8 << 20) + 1;
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         413, "too_large");
    body.size = 17 << 20;
    want(call(office,
              (struct ask){.method = "POST", .path = "/documents", .body = buf_bytes(&body)}),
         413, "too_large");
    buf_clear(&body); /* an object of a million values, in two megabytes */
    buf_append(&body, "{\"ids\":[0", 9);
    for (int i = 0; i < 1000000; i++) {
        buf_append(&body, ",0", 2);
    }
    buf_append(&body, "]}", 2);
    want(call(office, (struct ask){.method = "POST", .path = "/review", .body = buf_bytes(&body)}),
         413, "too_large");
    buf_clear(&body); /* few values, and each of them an object */
    buf_append(&body, "{\"ids\":[0", 9);
    for (int i = 0; i < 6000; i++) {
        buf_append(&body, ",{}", 3);
    }
    buf_append(&body, "]}", 2);
    want(call(office, (struct ask){.method = "POST", .path = "/review", .body = buf_bytes(&body)}),
         413, "values, lists or objects");
    buf_free(&body);
    close_office(office);
}

static void add_user(const struct office *office, const char *name, const char *roles)
{
    char body[200];

    (void)snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"secret-%s\",\"roles\":%s}",
                   name, name, roles);
    want(post(office, "/users", NULL, body), 200, name);
}

static void log_in(const struct office *office, const char *name, char token[128])
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

/* However the list is written: plain ones are read in one pass, all others with a library. */
static void ids_are_read_as_json_has_them(const struct office *office, const char *wang)
{
    static const struct {
        const char *body;
        int http;
        const char *words;
    } cases[] = {
        {"{\"ids\":[]}", 400, "ids"},
        {"[", 400, "bad_request"},
        {"{\"ids\":[\"B7\",]}", 400, "bad_request"},
        {"{\"ids\":[\"B7\"]", 400, "bad_request"},
        {"{\"ids\":[\"B7\"]} x", 400, "bad_request"},
        {"{\"ids\":[\"B7\"],\"ids\":[\"B7\"]}", 400, "bad_request"},
        {"{\"ids\":[\"B7\t\"]}", 400, "bad_request"},
        {"{\"ids\":[\"B7\",8]}", 400, "ids"},
        {"{\"ids\":[\"\"]}", 200, "{\"id\":\"\",\"status\":\"refused\""},
        {" { \"ids\" : [ \"B7\" , \"B7\" ] } ", 200, "{\"id\":\"B7\",\"status\":\"refused\""},
        {"{\"ids\":[\"\\u00427\"]}", 200, "{\"id\":\"B7\",\"status\":\"refused\""},
        {"{\"ids\":[\"12345678901234567890123456789012345678901\"]}", 200, "not_pending"},
    };
    struct buf body = BUF_EMPTY;
    struct answer answer;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        want(post(office, "/approve", wang, cases[i].body), cases[i].http, cases[i].words);
    }
    answer = post(office, "/approve", wang, "{\"ids\":[\"B7\",\"B8\",\"B7\"]}");
    assert_ptr_equal(strstr(strstr(answer.body, "\"B7\"") + 1, "\"B7\""), NULL); /* once */
    buf_free(&answer.all);
    buf_append_bytes(&body, bytes_text("{\"ids\":[\"B7\""));
    for (int i = 0; i < 1000; i++) {
        buf_append_bytes(&body, bytes_text(",\"B7\""));
    }
    buf_append_bytes(&body, bytes_text("]}"));
    buf_put_u8(&body, '\0');
    want(post(office, "/approve", wang, (const char *)body.data), 400, "ids");
    buf_free(&body);
}

static void two_persons_approve_what_one_may_not(void **state)
{
    struct office *office = open_office(true);
    struct answer again;
    char li[128], wang[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\",\"checker\"]");
    add_user(office, "wang", "[\"checker\"]");
    want(get(office, "/users"), 200, "\"key_age_s\":0}"); /* made just now */
    want(post(office, "/users", NULL, "{\"name\":\"li\",\"password\":\"secret-li\"}"), 409,
         "refused");
    want(post(office, "/login", NULL, "{\"name\":\"li\",\"password\":\"secret-wang\"}"), 403,
         "wrong_password");
    log_in(office, "li", li);
    log_in(office, "wang", wang);

    want(post(office, "/documents", NULL, documents), 200, "\"reason\":\"needs_maker\"");
    want(post(office, "/documents", wang, documents), 403, "needs_role");
    want(post(office, "/documents", "0123", documents), 401, "needs_login");
    want(call(office, (struct ask){.method = "GET", .path = "/pending", .token = "0123"}), 401,
         "needs_login");
    ids_are_read_as_json_has_them(office, wang);
    want(post(office, "/reject", wang, "{\"id\":\"x\"}"), 400, "reason");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"B1\",\"status\":\"draft\"");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"B1\",\"status\":\"draft\"");
    want(get(office, "/pending"), 200, "\"maker\":\"li\"");
    want(post(office, "/approve", li, "{\"ids\":[\"B1\"]}"), 200, "\"reason\":\"same_person\"");
    want(post(office, "/approve", wang, "{\"ids\":[\"L1\",\"A1\",\"B1\"]}"), 200,
         "\"id\":\"L1\",\"status\":\"accepted\"");
    again = post(office, "/approve", wang, "{\"ids\":[\"B1\",\"B1\"]}"); /* its answer was lost */
    assert_string_equal(again.body, "{\"id\":\"B1\",\"status\":\"exists\",\"message\":\"already "
                                    "there, with the same content\",\"kind\":\"budget\","
                                    "\"amount\":\"1000.00\",\"document_no\":\"1\"}\n");
    buf_free(&again.all);
    want(post(office, "/approve", wang, "{\"ids\":[\"B7\"]}"), 200, "\"reason\":\"not_pending\"");
    want(post(office, "/reject", wang, "{\"id\":\"R1\",\"reason\":\"文号不对\"}"), 200,
         "\"id\":\"R1\",\"status\":\"rejected\"");
    want(get(office, "/pending"), 200, "{\"rows\":[],\"rejected\":[{\"id\":\"R1\"");
    want(get(office, "/documents/R1"), 200, "\"state\":\"rejected\",\"checker\":\"wang\"");
    want(get(office, "/documents/R1"), 200, "\"reason\":\"文号不对\"");
    want(get(office, "/documents/B1"), 200, "\"role\":\"maker\",\"name\":\"li\"");
    want(get(office, "/documents/B1"), 200, "\"role\":\"checker\",\"name\":\"wang\"");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");

    want(post(office, "/users/li/passwd", NULL,
              "{\"password\":\"no\",\"new_password\":\"newer-secret\"}"),
         403, "wrong_password");
    want(post(office, "/users/li/passwd", NULL,
              "{\"password\":\"secret-li\",\"new_password\":\"newer-secret\"}"),
         200, "li");
    want(post(office, "/login", NULL, "{\"name\":\"li\",\"password\":\"newer-secret\"}"), 200,
         "token");
    want(post(office, "/documents", li, documents), 401, "needs_login"); /* the old session */
    want(post(office, "/logout", wang, "{}"), 200, "{}");
    want(post(office, "/approve", wang, "{\"ids\":[\"B1\"]}"), 401, "needs_login");
    close_office(office);
}

static void a_dry_run_says_what_a_post_would_be_told_and_keeps_nothing(void **state)
{
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "40")), 200,
         "\"status\":\"accepted\",\"message\":\"\",\"kind\":\"payment\",\"payee\":\"甲\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "40")), 200,
         "\"indicator\":{\"id\":\"L1\",\"entered\":{\"AVAIL\":\"300.00\"},"
         "\"drafted\":{\"AVAIL\":\"300.00\"},"
         "\"after\":{\"AVAIL\":\"260.00\",\"COMMIT\":\"40.00\"}}");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "400")), 200,
         "\"status\":\"refused\",\"reason\":\"exceeds_available\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "200") PAYMENT("P2", "200")), 200,
         "\"id\":\"P2\",\"status\":\"refused\",\"reason\":\"exceeds_available\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "200") PAYMENT("P1", "200")), 200,
         "{\"line\":2,\"id\":\"P1\",\"status\":\"exists\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "20") PAYMENT("P1", "30")), 200,
         "\"status\":\"refused\",\"reason\":\"exists_with_different_pay_app_amt\"");
    want(post(office, "/documents?dry_run=1", NULL, PAYMENT("P1", "900") PAYMENT("P1", "30")), 200,
         "{\"line\":2,\"id\":\"P1\",\"status\":\"accepted\"");
    want(post(office, "/documents?dry_run=1", NULL, documents), 200,
         "\"id\":\"B1\",\"status\":\"exists\"");
    want(post(office, "/documents?dry_run=1", NULL, "!\n"), 200, "\"reason\":\"malformed\"");
    want(get(office, "/documents/P1"), 404, "not_found");
    want(get(office, "/status"), 200, "\"lsn\":4,");
    close_office(office);
}

/* What other drafts take is taken, as the checker will see it; a correction is not in its own way.
 */
static void a_dry_run_counts_the_drafts_that_wait(void **state)
{
    struct office *office = open_office(true);
    char li[128], wang[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    add_user(office, "wang", "[\"checker\"]");
    log_in(office, "li", li);
    log_in(office, "wang", wang);
    want(post(office, "/documents?dry_run=1", NULL, documents), 200, "\"reason\":\"needs_maker\"");
    want(post(office, "/documents?dry_run=1", wang, documents), 403, "needs_role");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"R1\",\"status\":\"draft\"");
    want(post(office, "/documents", li, PAYMENT("P1", "250")), 200, "\"status\":\"draft\"");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P2", "100")), 200,
         "\"would_refuse\":\"exceeds_available\"");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P2", "50")), 200,
         "\"after\":{\"COMMIT\":\"300.00\"}");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P3", "1") PAYMENT("P3", "1")), 200,
         "{\"line\":2,\"id\":\"P3\",\"status\":\"draft\"");
    want(post(office, "/documents?dry_run=1", li, PAYMENT("P3", "900") PAYMENT("P3", "1")), 200,
         "\"status\":\"refused\",\"reason\":\"exists_with_different_pay_app_amt\"");
    want(post(office, "/approve", wang, "{\"ids\":[\"A1\",\"B1\",\"L1\",\"R1\"]}"), 200,
         "accepted");
    want(post(office, "/documents?dry_run=1&correct=1", li, PAYMENT("P1", "300")), 200,
         "\"after\":{\"COMMIT\":\"300.00\"}");
    want(get(office, "/pending"), 200, "\"pay_app_amt\":\"250.00\"");
    want(get(office, "/documents/P2"), 404, "not_found");
    close_office(office);
}

static void a_form_offers_codes_and_lines_while_one_types(void **state)
{
    static const char codes[] = "{\"kind\":\"element\",\"id\":\"E1\",\"fiscal_year\":\"2026\","
                                "\"ele_catalog_code\":\"fund_type\","
                                "\"ele_code\":\"111\",\"ele_name\":\"一般公共预算资金\"}\n"
                                "{\"kind\":\"element\",\"id\":\"E2\",\"fiscal_year\":\"2026\","
                                "\"ele_catalog_code\":\"fund_type\","
                                "\"ele_code\":\"12\",\"ele_name\":\"政府性基金\"}\n";
    static const struct {
        const char *path, *rows;
        int http;
    } cases[] = {
        {"/codes/fund_type", "{\"code\":\"111\",\"name\":\"一般公共预算资金\",\"usable\":true",
         200},
        {"/codes/fund_type?q=zfxjj", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?q=12", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?q=%E5%9F%BA%E9%87%91", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?limit=1", "\"complete\":false,\"next\":\"111\"", 200},
        {"/codes/fund_type?limit=1&after=111", "{\"rows\":[{\"code\":\"12\",", 200},
        {"/codes/fund_type?year=2025", "{\"rows\":[],\"read\":0", 200},
        {"/codes/agency?q=jyt", "{\"rows\":[{\"code\":\"105\",\"name\":\"教育厅\"", 200},
        {"/codes/division?q=xz", "{\"rows\":[{\"code\":\"540000\",\"name\":\"西藏自治区\"", 200},
        {"/codes/project", "{\"rows\":[],", 200},
        {"/codes/nonsense", "ask_code_set", 404},
        {"/codes/project?after=x", "ask_after", 400},
        {"/indicators", "{\"id\":\"B1\",\"kind\":\"budget\"", 200},
        {"/indicators?kind=payment", "{\"rows\":[{\"id\":\"L1\",\"kind\":\"allocate\"", 200},
        {"/indicators?kind=payment", "\"free\":\"300.00\",\"balances\":{\"AVAIL\":\"300.00\"}",
         200},
        {"/indicators?kind=allocate", "{\"rows\":[{\"id\":\"B1\"", 200},
        {"/indicators?kind=allocate&q=jyt", "{\"rows\":[],\"read\":2", 200},
        {"/indicators?q=jyt", "\"agency_code\":\"105\",\"agency_name\":\"教育厅\"", 200},
        {"/indicators?kind=unfreeze", "{\"rows\":[],", 200},
        {"/indicators?kind=paid", "ask_line_kind", 400},
        {"/indicators?limit=1&after=B1", "{\"rows\":[{\"id\":\"L1\"", 200},
    };
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, codes), 200, "accepted");
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        want(get(office, cases[i].path), cases[i].http, cases[i].rows);
    }
    close_office(office);
}

/* The hash of the draft of an id, as /pending tells. */
static void hash_of_draft(const struct office *office, const char *id, char hash[72])
{
    struct answer answer = get(office, "/pending");
    json_t *object = json_loads(answer.body, 0, NULL), *rows = json_object_get(object, "rows");

    hash[0] = '\0';
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (strcmp(member(json_array_get(rows, i), "id"), id) == 0) {
            (void)snprintf(hash, 72, "%s", member(json_array_get(rows, i), "hash"));
        }
    }
    assert_int_equal(strlen(hash), 64);
    json_decref(object);
    buf_free(&answer.all);
}

/* --- damage --- */

struct flip_task {
    struct api_task api_task;
};

/* Turns a bit of the balances of B1 round, and back at the next call. */
static void run_flip(struct api_task *api_task, struct node *node, struct txn *txn)
{
    const struct division self = node_config(node)->self;
    struct indicator row;

    (void)api_task;
    assert_true(indicator_load(txn, self, bytes_text("B1"), &row));
    row.balance[ACC_UNALLOC] ^= 1;
    indicator_store(txn, self, bytes_text("B1"), &row);
}

static void flip(struct office *office)
{
    struct task_gate *gate = task_gate_open();
    struct flip_task *api_task = api_task_new(gate, sizeof *api_task, run_flip, NULL);

    assert_int_equal(api_task_run(&api_task->api_task, office->node), OK);
    api_task_done_with(&api_task->api_task);
    task_gate_unref(gate);
}

static void damage_that_verify_finds_is_an_alarm(void **state)
{
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    flip(office);
    want(post(office, "/verify", NULL, "{}"), 200, "\"ok\":false");
    want(get(office, "/status"), 200,
         "\"code\":\"store_damaged\",\"severity\":\"critical\",\"division\":\"540000\"");
    flip(office);
    want(post(office, "/verify", NULL, "{}"), 200, "\"ok\":true");
    want(get(office, "/status"), 200, "store_damaged"); /* it did not look at every row */
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");
    want(get(office, "/status"), 200, "\"alarms\":[]");
    close_office(office);
}

#define AGENCY(name)                                                                               \
    "{\"kind\":\"agency\",\"id\":\"G1\",\"fiscal_year\":\"2026\",\"agency_code\":\"107\","         \
    "\"agency_name\":\"" name "\"}\n"

/* Between reading and approving, the id was rejected and submitted again with other content. */
static void what_was_not_read_is_not_approved(void **state)
{
    struct office *office = open_office(true);
    char li[128], wang[128], hash[72], body[200];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    add_user(office, "wang", "[\"checker\"]");
    log_in(office, "li", li);
    log_in(office, "wang", wang);
    want(post(office, "/documents", li, AGENCY("first")), 200, "draft");
    hash_of_draft(office, "G1", hash);
    want(post(office, "/reject", wang, "{\"id\":\"G1\",\"reason\":\"x\"}"), 200, "rejected");
    want(post(office, "/documents", li, AGENCY("second")), 200, "draft");
    (void)snprintf(body, sizeof body, "{\"ids\":[{\"id\":\"G1\",\"hash\":\"%s\"}]}", hash);
    want(post(office, "/approve", wang, body), 200, "\"reason\":\"changed\"");
    want(post(office, "/approve", wang, "{\"ids\":[{\"id\":\"G1\",\"hash\":\"12\"}]}"), 400,
         "hash");
    hash_of_draft(office, "G1", hash);
    (void)snprintf(body, sizeof body, "{\"ids\":[{\"id\":\"G1\",\"hash\":\"%s\"}]}", hash);
    want(post(office, "/approve", wang, body), 200, "accepted");
    close_office(office);
}

/* A person who is ended can do nothing any more, in no session; what waits for approval with
 * that signature cannot enter, and what was signed before stays good. */
static void an_ended_person_signs_nothing_more(void **state)
{
    struct office *office = open_office(true);
    char li[128], wang[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    add_user(office, "zhao", "[\"maker\"]");
    add_user(office, "wang", "[\"checker\"]");
    log_in(office, "li", li);
    log_in(office, "wang", wang);
    want(post(office, "/documents", li, documents), 200, "draft");
    want(post(office, "/approve", wang, "{\"ids\":[\"B1\"]}"), 200, "accepted");
    want(post(office, "/users/li/disable", NULL, "{}"), 200, "\"enabled\":false");
    want(post(office, "/users/li/disable", NULL, "{}"), 200, "\"enabled\":false");
    want(post(office, "/documents", li, documents), 401, "needs_login");
    want(post(office, "/login", NULL, "{\"name\":\"li\",\"password\":\"secret-li\"}"), 403,
         "wrong_password");
    want(post(office, "/approve", wang, "{\"ids\":[\"A1\"]}"), 200, "\"reason\":\"signer_ended\"");
    want(post(office, "/users", NULL, "{\"name\":\"li\",\"password\":\"secret-li\"}"), 409,
         "refused");
    want(get(office, "/users"), 200, "\"enabled\":false");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");
    close_office(office);
}

/* What else its client would take is none of an export's business. */
static void an_export_is_the_file_that_was_asked_for(void **state)
{
    static const char *const accepts[] = {"application/x-ndjson", "text/event-stream", "*/*"};
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (size_t i = 0; i < COUNT_OF(accepts); i++) {
        want(call(office, (struct ask){.method = "GET",
                                       .path = "/export/documents?kind=agency&format=csv",
                                       .accept = accepts[i],
                                       .held = "\"x\""}),
             200, "教育厅");
    }
    close_office(office);
}

/* One that was made before goes on, so that no program stops, until its maker says otherwise. */
static void a_new_password_says_which_tokens_go_on(void **state)
{
    static const char first[] = "{\"password\":\"secret-li\",\"new_password\":\"secret-2-li\"}";
    static const char second[] = "{\"password\":\"secret-2-li\",\"new_password\":\"secret-3-li\","
                                 "\"end_tokens\":true}";
    struct office *office = open_office(true);
    struct answer answer;
    char li[128], token[128];
    json_t *object;

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    log_in(office, "li", li);
    answer = post(office, "/tokens", li, "{\"name\":\"nightly\"}");
    object = json_loads(answer.body, 0, NULL);
    (void)snprintf(token, sizeof token, "%s", member(object, "token"));
    json_decref(object);
    buf_free(&answer.all);

    want(post(office, "/users/li/passwd", NULL, first), 200, "\"tokens\":1,\"tokens_ended\":false");
    want(call(office, (struct ask){.method = "GET", .path = "/session", .token = li}), 401, "");
    want(call(office, (struct ask){.method = "GET", .path = "/session", .token = token}), 200,
         "nightly");
    want(post(office, "/users/li/passwd", NULL, first), 403, "wrong_password");
    want(post(office, "/users/li/passwd", NULL, second), 200, "\"tokens\":1,\"tokens_ended\":true");
    want(call(office, (struct ask){.method = "GET", .path = "/session", .token = token}), 401, "");
    close_office(office);
}

/* Whether there is somebody of that name, nobody is told who does not know the password. */
static void a_name_that_is_nobodys_is_answered_as_any_other(void **state)
{
    static const char login[] = "{\"name\":\"%s\",\"password\":\"wrong-word\"}";
    static const char change[] = "{\"password\":\"wrong-word\",\"new_password\":\"another-word\"}";
    static const char *const names[] = {"li", "nobody"};
    struct office *office = open_office(true);

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char body[100], path[64];

        (void)snprintf(body, sizeof body, login, names[i]);
        (void)snprintf(path, sizeof path, "/users/%s/passwd", names[i]);
        want(post(office, "/login", NULL, body), 403, "wrong_password");
        for (int tries = 1; tries < 10; tries++) {
            want(post(office, path, NULL, change), 403, "wrong_password");
        }
        want(post(office, path, NULL, change), 403, "login_locked");
        want(post(office, "/login", NULL, body), 403, "login_locked");
    }
    close_office(office);
}

static void what_a_form_calls_its_fields_is_text_and_no_json(void **state)
{
    struct office *office = open_office(true);
    struct answer answer;
    char li[128];
    json_t *object;

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\"]");
    log_in(office, "li", li);
    want(call(office, (struct ask){.method = "PUT",
                                   .path = "/unsent/a",
                                   .token = li,
                                   .body = bytes_text("{\"kind\":\"payment\",\"fields\":"
                                                      "{\"a\\\"b\\\\\":\"1\"}}")}),
         200, "");
    answer = call(office, (struct ask){.method = "GET", .path = "/unsent/a", .token = li});
    object = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(member(json_object_get(object, "fields"), "a\"b\\"), "1");
    json_decref(object);
    buf_free(&answer.all);
    close_office(office);
}

static void once_there_is_an_admin_he_is_asked(void **state)
{
    static const struct {
        const char *path, *body;
        int otherwise; /* what an admin is answered */
    } guarded[] = {
        {"/users", "{\"name\":\"zhao\",\"password\":\"secret-zhao\"}", 200},
        {"/invite", "{\"division\":\"540100\",\"name\":\"拉萨市\"}", 200},
        {"/peers/540100/pause", "{}", 404},
        {"/peers/540100/resume", "{}", 404},
        {"/alarms/7/ack", "{}", 404},
        {"/users/zhao/disable", "{}", 200},
        {"/users/boss/disable", "{}", 409}, /* the last one */
    };
    struct office *office = open_office(true);
    char li[128], boss[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\",\"checker\"]");
    add_user(office, "boss", "[\"admin\"]");
    log_in(office, "li", li);
    log_in(office, "boss", boss);
    for (size_t i = 0; i < COUNT_OF(guarded); i++) {
        want(post(office, guarded[i].path, NULL, guarded[i].body), 401, "needs_login");
        want(post(office, guarded[i].path, li, guarded[i].body), 403, "needs_role");
        want(post(office, guarded[i].path, boss, guarded[i].body), guarded[i].otherwise, "");
    }
    want(post(office, "/documents", boss, documents), 403, "needs_role");
    want(post(office, "/verify", NULL, "{\"deep\":true}"), 200, "\"ok\":true");
    close_office(office);
}

/* --- pages --- */

/* Appends the rows of one answer, both arrays of it; returns its cursor, to be freed, or NULL. */
static char *take_page(const struct office *office, const char *path, json_t *rows, bool *complete)
{
    static const char *const arrays[] = {"rows", "steps", "rejected", "projects"};
    struct answer answer = get(office, path);
    json_t *object = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);
    const char *next = json_string_value(json_object_get(object, "next"));
    size_t shown = 0;
    char *cursor;

    if (answer.http != 200) {
        fail_msg("%s: %d %s", path, answer.http, answer.body);
    }
    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        json_t *array = json_object_get(object, arrays[i]);

        shown += json_array_size(array);
        if (array != NULL) {
            assert_int_equal(json_array_extend(rows, array), 0);
        }
    }
    assert_int_equal(json_integer_value(json_object_get(object, "shown")), shown);
    assert_true(json_integer_value(json_object_get(object, "total")) >= (json_int_t)shown);
    *complete = json_is_true(json_object_get(object, "complete"));
    assert_true(*complete == (next == NULL));
    cursor = next == NULL ? NULL : strdup(next);
    json_decref(object);
    buf_free(&answer.all);
    return cursor;
}

/* Row by row the same as all at once. */
static void expect_pages(const struct office *office, const char *path)
{
    json_t *whole = json_array(), *pages = json_array();
    char next[512];
    bool complete;
    char *cursor = take_page(office, path, whole, &complete);

    assert_true(complete);
    assert_null(cursor);
    assert_true(json_array_size(whole) > 1);
    (void)snprintf(next, sizeof next, "%s%climit=1", path, strchr(path, '?') == NULL ? '?' : '&');
    do {
        free(cursor);
        cursor = take_page(office, next, pages, &complete);
        (void)snprintf(next, sizeof next, "%s%climit=1&after=%s", path,
                       strchr(path, '?') == NULL ? '?' : '&', cursor == NULL ? "" : cursor);
    } while (!complete);
    if (!json_equal(whole, pages)) {
        fail_msg("%s: %s", path, json_dumps(pages, 0));
    }
    json_decref(whole);
    json_decref(pages);
}

static void every_list_and_board_has_pages(void **state)
{
    static const char *const paths[] = {
        "/documents?kind=payment",
        "/documents?kind=payment&year=2026",
        "/trace/B1",
        "/balance",
        "/balance?by=function&scope=subtree",
        "/report/chain",
        "/report/execution?by=agency",
        "/report/trial-balance",
    };
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    want(post(office, "/documents", NULL, more_documents), 200, "accepted");
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        expect_pages(office, paths[i]);
    }
    close_office(office);
}

/* The disk hangs in a sync, and with it the loop: who only reads is answered all the same. */
static void reads_do_not_wait_for_a_commit(void **state)
{
    static const char *const paths[] = {
        "/documents/B1",
        "/documents?kind=budget",
        "/trace/B1",
        "/balance",
        "/balance?scope=subtree",
        "/report/chain",
        "/report/reconcile",
        "/report/execution",
        "/pending",
        "/inbox",
        "/digest",
        "/healthz",
        "/report/trial-balance",
    };
    struct office *office = open_office(false);
    const struct ask ask = {
        .method = "POST", .path = "/documents", .body = bytes_text(more_documents)};
    int fd;

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    store_memory_defer(office->store.self, true);
    fd = dial(office);
    send_request(fd, &ask);
    while (!store_memory_pending(office->store.self)) {
        (void)sched_yield();
    }
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        want(get(office, paths[i]), 200, "{");
    }
    want(get(office, "/documents/P9"), 404, "not_found"); /* it is not durable */
    want(get(office, "/balance?division=999999"), 409, "not_below_you");
    store_memory_defer(office->store.self, false);
    store_memory_sync(office->store.self);
    wake(office);
    want(read_answer(fd), 200, "accepted");
    want(get(office, "/documents/P9"), 200, "\"id\":\"P9\"");
    close_office(office);
}

/* Figures of a damaged store never pass for good ones. */
static void answers_of_a_damaged_store_say_so(void **state)
{
    static const char *const paths[] = {
        "/balance",          "/report/chain", "/status",
        "/digest",           "/pending",      "/documents?kind=budget",
        "/report/reconcile", "/users",        "/inbox",
    };
    struct office *office = open_office_with(false, "block 7 of 540000 is unreadable");

    (void)state;
    start_loop(office);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct answer answer = get(office, paths[i]);
        json_t *object = json_loads(answer.body, JSON_REJECT_DUPLICATES, NULL);

        if (answer.http != 200 || strncmp(answer.body, "{\"damaged\":", 11) != 0) {
            fail_msg("%s: %d %s", paths[i], answer.http, answer.body);
        }
        assert_string_equal(member(object, "damaged"), "block 7 of 540000 is unreadable");
        json_decref(object);
        buf_free(&answer.all);
    }
    close_office(office);
}

/* The loop does not turn, so the documents wait; stopping must not wait for them. */
static void stopping_answers_who_waits(void **state)
{
    struct office *office = open_office(false);
    const struct ask ask = {.method = "POST", .path = "/documents", .body = bytes_text(documents)};
    const int fd = dial(office);
    struct answer answer;

    (void)state;
    send_request(fd, &ask);
    (void)pthread_mutex_lock(&office->lock);
    while (!office->called) { /* the call is posted */
        (void)pthread_cond_wait(&office->woken, &office->lock);
    }
    (void)pthread_mutex_unlock(&office->lock);
    close_office(office);
    answer = read_answer(fd);
    assert_true(answer.http == 503 || answer.http == 0);
    buf_free(&answer.all);
}

/* --- who watches this machine --- */

/* "tcp://127.0.0.1:PORT" with a port that is free now; the port. */
static uint16_t free_loopback(char out[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)close(fd);
    (void)snprintf(out, 64, "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return ntohs(address.sin_port);
}

/* Between its choice and its use another program may take a port: then it is another one. */
static uint16_t watch_somewhere(struct office *office)
{
    char endpoint[64];
    struct err err;

    for (int i = 0; i < 20; i++) {
        const uint16_t port = free_loopback(endpoint);

        if (api_watch(office->api, endpoint, &err) == OK) {
            return port;
        }
    }
    fail_msg("%s", err.text);
    return 0;
}

static struct answer watch_call(uint16_t port, const char *method, const char *path,
                                const char *body)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 60};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    char head[512];
    const int size = snprintf(head, sizeof head,
                              "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                              "Content-Length: %zu\r\n\r\n%s",
                              method, path, strlen(body), body);

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, head, (size_t)size, MSG_NOSIGNAL), size);
    return read_answer(fd);
}

static void the_loopback_address_has_what_is_watched_and_nothing_else(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int http;
        const char *words;
    } cases[] = {
        {"GET", "/metrics", "", 200, "\nterrace_ready 1\n"},
        {"GET", "/metrics", "", 200, "terrace_money_in_transit_yuan{scope=\"own\"} 0.00\n"},
        {"GET", "/metrics", "", 200, "terrace_commit_seconds_bucket{le=\"+Inf\"} "},
        {"GET", "/metrics", "", 200, "terrace_alarms{severity=\"critical\"} 0\n"},
        {"GET", "/healthz", "", 200, "alive"},
        {"GET", "/readyz", "", 200, "ready"},
        {"GET", "/api/v1/status", "", 404, "no_such_path"},
        {"GET", "/documents/A1", "", 404, "no_such_path"},
        {"GET", "/status", "", 404, "no_such_path"},
        {"GET", "/../metrics", "", 404, "no_such_path"},
        {"POST", "/metrics", "x", 405, "wrong_method"},
        {"POST", "/documents", "{}", 404, "no_such_path"},
    };
    struct office *office = open_office(false);
    uint16_t port;

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    port = watch_somewhere(office);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answer answer = watch_call(port, cases[i].method, cases[i].path, cases[i].body);

        if (answer.http != cases[i].http || strstr(answer.body, cases[i].words) == NULL) {
            fail_msg("%s %s: %d: %s", cases[i].method, cases[i].path, answer.http, answer.body);
        }
        buf_free(&answer.all);
    }
    want(get(office, "/metrics"), 200, "terrace_log_entries_total 4\n");
    close_office(office);
}

static void metrics_are_for_this_machine_alone(void **state)
{
    static const char *const endpoints[] = {"tcp://0.0.0.0:9464", "tcp://192.0.2.1:9464",
                                            "tcp://[::]:9464", "tcp://*:9464", "tcp://127.0.0.1"};
    struct office *office = open_office(false);
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
        if (api_watch(office->api, endpoints[i], &err) != ERR_CONFIG) {
            fail_msg("%s is taken", endpoints[i]);
        }
    }
    (void)watch_somewhere(office);
    close_office(office);
}

/* No turn comes round, as while the disk hangs in a sync: who looks is told so, and sees what is
 * stored. What he asked runs later, for nobody. */
static void a_loop_that_does_not_come_round_is_named(void **state)
{
    struct office *office = open_office(false);

    (void)state;
    want(get(office, "/status"), 200, "\"stalled\":true,\"notice\":\"The node waits for its disk");
    want(get(office, "/readyz"), 503, "loop_stalled");
    want(get(office, "/alarms"), 200, "{\"alarms\":[],\"shown\":0,");
    want(get(office, "/healthz"), 200, "alive");
    start_loop(office);
    wake(office);
    want(get(office, "/status"), 200, "\"stalled\":false,\"notice\":\"\"");
    want(get(office, "/readyz"), 200, "ready");
    close_office(office);
}

/* --- of any number, in one post --- */

enum { MANY = 12000, BAD_EVERY = 1000 };

/* Each so many lacks its name. */
static void write_agency(struct buf *out, int i)
{
    char line[256];
    const int size = snprintf(line, sizeof line,
                              "{\"kind\":\"agency\",\"id\":\"M%d\",\"fiscal_year\":\"2026\","
                              "\"agency_code\":\"2%05d\",\"agency_name\":\"%s%.0d\"}\n",
                              i, i, i % BAD_EVERY == 7 ? "" : "机关机关机关机关机关",
                              i % BAD_EVERY == 7 ? 0 : i);

    buf_append(out, line, (size_t)size);
}

static void documents_of_any_number_go_in_at_once(void **state)
{
    struct office *office = open_office(false);
    struct buf body = BUF_EMPTY;
    struct ask ask = {.method = "POST", .path = "/documents?summary=1"};
    struct answer answer;

    (void)state;
    start_loop(office);
    for (int i = 0; i < MANY; i++) {
        write_agency(&body, i);
    }
    ask.body = bytes_of(body.data, body.size - 1); /* the last line has no end */
    answer = call(office, ask);
    assert_int_equal(answer.http, 200);
    assert_non_null(strstr(answer.body, "{\"line\":8,\"id\":\"M7\",\"status\":\"refused\""));
    assert_non_null(strstr(answer.body, "{\"line\":11008,\"id\":\"M11007\""));
    assert_non_null(strstr(answer.body, "\n{\"lines\":12000,\"accepted\":11988,\"exists\":0,"
                                        "\"drafts\":0,\"refused\":12,\"complete\":true}\n"));
    buf_free(&answer.all);
    want(call(office, ask), 200, "\"accepted\":0,\"exists\":11988");
    want(get(office, "/documents/M11999"), 200, "机关11999");
    buf_free(&body);
    close_office(office);
}

/* What the door answers out of a snapshot that it keeps is of the newest commit, always. */
static void a_balance_knows_what_was_just_answered(void **state)
{
    struct office *office = open_office(false);
    char payment[512], words[128];

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (int i = 1; i <= 40; i++) {
        (void)snprintf(payment, sizeof payment,
                       "{\"id\":\"P%d\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\",\"pay_app_amt\":"
                       "\"1.00\",\"payee_acct_name\":\"甲\",\"payee_acct_no\":\"1\","
                       "\"payee_acct_bank_name\":\"行\",\"use_des\":\"x\"}\n",
                       i);
        want(post(office, "/documents?kind=payment", NULL, payment), 200, "accepted");
        (void)snprintf(words, sizeof words,
                       "\"account\":\"COMMIT\",\"debit\":\"%d.00\",\"credit\":\"0.00\"", i);
        want(get(office, "/balance"), 200, words);
        want(get(office, "/balance?year=2026&by=fund"), 200, words);
        want(get(office, "/balance?year=2025"), 200, "\"rows\":[],");
    }
    close_office(office);
}

enum { AGENCIES = 700 };

/* More rows than the door reads: a worker answers, and it is all there. */
static void a_balance_of_many_rows_is_whole(void **state)
{
    struct office *office = open_office(false);
    struct ask ask = {.method = "POST", .path = "/documents?summary=1"};
    struct buf body = BUF_EMPTY;
    char line[256];

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    for (int i = 0; i < AGENCIES; i++) {
        write_agency(&body, BAD_EVERY + 8 + i);
    }
    for (int i = 0; i < AGENCIES; i++) {
        const int size = snprintf(
            line, sizeof line,
            "{\"kind\":\"allocate\",\"id\":\"LM%d\",\"fiscal_year\":\"2026\",\"ori_bgt_id\":"
            "\"B1\",\"agency_code\":\"2%05d\",\"amount\":\"0.01\"}\n",
            i, BAD_EVERY + 8 + i);

        buf_append(&body, line, (size_t)size);
    }
    ask.body = buf_bytes(&body);
    want(call(office, ask), 200, "\"accepted\":1400,");
    want(get(office, "/balance?by=agency&limit=2"), 200, "\"shown\":2,\"total\":");
    want(get(office, "/balance?by=agency"), 200, "\"key\":\"201707\",");
    want(get(office, "/balance?by=fund"), 200, "\"key\":\"111\",");
    buf_free(&body);
    close_office(office);
}

/* Nobody reads a million refusals, and nobody holds them. */
static void where_everything_is_refused_it_stops(void **state)
{
    struct office *office = open_office(false);
    struct buf body = BUF_EMPTY;
    const struct ask ask = {.method = "POST", .path = "/documents?summary=1"};
    struct ask all = ask;

    (void)state;
    start_loop(office);
    for (int i = 0; i < 60000; i++) {
        buf_append_bytes(&body, bytes_text("{\"kind\":\"agency\",\"id\":\"x\"}\n"));
    }
    all.body = buf_bytes(&body);
    want(call(office, all), 200, "\"complete\":false}");
    buf_clear(&body);
    buf_append_bytes(&body, bytes_text("{\"kind\":\"agency\",\"id\":\""));
    for (int i = 0; i < 3 << 20; i++) {
        buf_put_u8(&body, 'x'); /* a line without an end */
    }
    all.body = buf_bytes(&body);
    want(call(office, all), 413, "too_large");
    all.path = "/documents?summary=1&atomic=1";
    all.body = bytes_text("{}\n");
    want(call(office, all), 400, "ask_summary_with");
    buf_free(&body);
    close_office(office);
}

static void a_second_server_on_a_living_socket_is_refused(void **state)
{
    struct office *office = open_office(false);
    const struct api_config config = config_of(office);
    struct api *second;
    struct err err;

    (void)state;
    assert_int_equal(api_start(&second, &config, &err), ERR_BUSY);
    assert_null(second);
    want(get(office, "/healthz"), 200, "alive");
    close_office(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_go_in_and_come_back),
        cmocka_unit_test(the_loopback_address_has_what_is_watched_and_nothing_else),
        cmocka_unit_test(metrics_are_for_this_machine_alone),
        cmocka_unit_test(the_digest_stands_still_and_names_its_lsn),
        cmocka_unit_test(a_client_keeps_texts_and_schema_by_their_tag),
        cmocka_unit_test(what_cannot_be_asked_is_answered_with_a_reason),
        cmocka_unit_test(a_post_past_its_limits_is_refused_whole),
        cmocka_unit_test(a_dry_run_says_what_a_post_would_be_told_and_keeps_nothing),
        cmocka_unit_test(a_dry_run_counts_the_drafts_that_wait),
        cmocka_unit_test(a_form_offers_codes_and_lines_while_one_types),
        cmocka_unit_test(two_persons_approve_what_one_may_not),
        cmocka_unit_test(damage_that_verify_finds_is_an_alarm),
        cmocka_unit_test(what_was_not_read_is_not_approved),
        cmocka_unit_test(an_ended_person_signs_nothing_more),
        cmocka_unit_test(an_export_is_the_file_that_was_asked_for),
        cmocka_unit_test(a_new_password_says_which_tokens_go_on),
        cmocka_unit_test(a_name_that_is_nobodys_is_answered_as_any_other),
        cmocka_unit_test(what_a_form_calls_its_fields_is_text_and_no_json),
        cmocka_unit_test(once_there_is_an_admin_he_is_asked),
        cmocka_unit_test(every_list_and_board_has_pages),
        cmocka_unit_test(reads_do_not_wait_for_a_commit),
        cmocka_unit_test(answers_of_a_damaged_store_say_so),
        cmocka_unit_test(stopping_answers_who_waits),
        cmocka_unit_test(a_loop_that_does_not_come_round_is_named),
        cmocka_unit_test(documents_of_any_number_go_in_at_once),
        cmocka_unit_test(a_balance_knows_what_was_just_answered),
        cmocka_unit_test(a_balance_of_many_rows_is_whole),
        cmocka_unit_test(where_everything_is_refused_it_stops),
        cmocka_unit_test(a_second_server_on_a_living_socket_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
