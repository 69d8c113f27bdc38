/* The API as programs meet it: a real root node on a store in memory, its loop in a thread of its
 * own, and HTTP over the socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/api/job.h"
#include "node/api/server.h"
#include "node/ledger/rows.h"
#include "node/store/store_memory.h"
#include "node/system_clock.h"

/* --- a node that nobody is linked to --- */

static bool send_nowhere(void *self, struct division to, struct bytes frame)
{
    (void)self;
    (void)to;
    (void)frame;
    return false;
}

static bool receive_nothing(void *self, struct division *from, struct buf *frame)
{
    (void)self;
    (void)from;
    (void)frame;
    return false;
}

static void close_nothing(void *self)
{
    (void)self;
}

static const struct transport_ops no_transport = {send_nowhere, receive_nothing, close_nothing};

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

static void open_node(struct office *office, bool approval_required)
{
    struct sign_key trust;
    struct grant grant = {.division = division_of("540000"), .name = "西藏自治区", .epoch = 1};
    struct node_config config = {.self = division_of("540000"),
                                 .key = &office->key,
                                 .listen = "tcp://127.0.0.1:7400",
                                 .enrol = "tcp://127.0.0.1:7401",
                                 .approval = approval_required ? POLICY_REQUIRED : POLICY_NONE,
                                 .wake = wake,
                                 .wake_arg = office};
    const struct transport transport = {NULL, &no_transport};
    struct buf sealed = BUF_EMPTY;
    struct bytes bootstrap;
    struct err err;

    sign_key_generate(&trust);
    sign_key_generate(&office->key);
    config.tree = key_fingerprint(&trust.public);
    grant_certify(&grant, &config.tree, &office->key);
    grant_seal(&sealed, &grant, &trust);
    bootstrap = buf_bytes(&sealed);
    if (node_open(&office->node, &config, &office->store, &transport, &office->clock, &bootstrap, 1,
                  &err) != OK) {
        fail_msg("%s", err.text);
    }
    buf_free(&sealed);
}

static struct office *open_office(bool approval_required)
{
    struct office *office = calloc(1, sizeof *office);
    struct err err;

    assert_non_null(office);
    assert_int_equal(crypto_init(&err), OK);
    store_memory_open(&office->store);
    office->clock = system_clock();
    (void)pthread_mutex_init(&office->lock, NULL);
    (void)pthread_cond_init(&office->woken, NULL);
    (void)snprintf(office->directory, sizeof office->directory, "/tmp/terrace-api-XXXXXX");
    assert_non_null(mkdtemp(office->directory));
    (void)snprintf(office->socket, sizeof office->socket, "%s/terrace.sock", office->directory);
    open_node(office, approval_required);
    if (api_start(&office->api, office->node, &office->store, &office->clock, office->socket,
                  &err) != OK) {
        fail_msg("%s", err.text);
    }
    return office;
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
    const char *method, *path, *token, *language;
    struct bytes body;
};

static int dial(const struct office *office)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

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
        "%s%s%s%s%s%s\r\n",
        ask->method, ask->path, ask->body.size, ask->token != NULL ? "Authorization: Bearer " : "",
        ask->token != NULL ? ask->token : "", ask->token != NULL ? "\r\n" : "",
        ask->language != NULL ? "Accept-Language: " : "",
        ask->language != NULL ? ask->language : "", ask->language != NULL ? "\r\n" : "");

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
    want(get(office, "/documents?kind=payment&after=540000:1"), 200, "\"id\":\"P1\"");
    want(get(office, "/documents?kind=payment&after=540000:999"), 200, "{\"rows\":[]}");
    want(get(office, "/trace/P1"), 200, "\"id\":\"B1\"");
    want(get(office, "/balance"), 200,
         "\"account\":\"AVAIL\",\"debit\":\"300.00\",\"credit\":\"40.00\",\"balance\":\"260.00\"");
    want(get(office, "/balance?scope=subtree&by=agency"), 200,
         "\"as_of\":[{\"division\":\"540000\"");
    want(get(office, "/report/chain"), 200, "\"received\":\"1000.00\"");
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
        {"POST", "/documents?kind=nonsense", "{}", 400, "kind"},
        {"POST", "/documents", "", 200, ""},
        {"POST", "/documents", "!\n", 200,
         "\"id\":null,\"status\":\"refused\",\"reason\":\"malformed\""},
        {"POST", "/documents", "{\"kind\":\"agency\",\"id\":5,\"fiscal_year\":\"2026\"}\n", 200,
         "\"id\":null,\"status\":\"refused\",\"reason\":\"missing_agency_code\""},
        {"POST", "/documents", "{\"kind\":\"agency\",\"id\":[\"A\"],\"x\":1}\n", 200,
         "\"id\":null"},
        {"POST", "/approve", "{\"ids\":[\"x\"]}", 401, "needs_login"},
        {"POST", "/approve", "{\"ids\":[]}", 400, "ids"},
        {"POST", "/approve", "[", 400, "bad_request"},
        {"POST", "/reject", "{\"id\":\"x\"}", 400, "reason"},
        {"POST", "/login", "{\"name\":\"li\",\"password\":\"x\"}", 403, "wrong_password"},
        {"POST", "/login", "{\"name\":\"li\"}", 400, "password"},
        {"POST", "/users", "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"king\"]}", 400,
         "roles"},
        {"POST", "/users", "{\"name\":\"li\",\"password\":\"seven-7\"}", 400, "short_password"},
        {"POST", "/users",
         "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"maker\",\"admin\"]}", 400,
         "never both sides"},
        {"POST", "/users",
         "{\"name\":\"li\",\"password\":\"secret-li\",\"roles\":[\"auditor\",\"checker\"]}", 400,
         "never both sides"},
        {"POST", "/users", "{\"name\":\"li\\u009bx\",\"password\":\"secret-li\"}", 400,
         "a user name"},
        {"POST", "/users", "{\"name\":\"li\\u202ex\",\"password\":\"secret-li\"}", 400,
         "a user name"},
        {"POST", "/users", "{\"name\":\"li\\u2066x\",\"password\":\"secret-li\"}", 400,
         "a user name"},
        {"POST", "/users", "{\"name\":\"li\\u061cx\",\"password\":\"secret-li\"}", 400,
         "a user name"},
        {"POST", "/users", "{\"name\":\"li\\ufeffx\",\"password\":\"secret-li\"}", 400,
         "a user name"},
        {"POST", "/users/nobody/disable", "{}", 404, "not_found"},
        {"POST", "/invite", "{\"division\":\"lower\",\"name\":\"x\"}", 400, "division"},
        {"POST", "/invite", "{\"division\":\"540000\",\"name\":\"x\"}", 409, "refused"},
        {"POST", "/invite", "{\"division\":\"540100\",\"name\":\"拉萨市\"}", 200, "TERRACE1-"},
        {"POST", "/peers/540100/pause", "{}", 404, "not_found"},
        {"GET", "/healthz", "", 200, "alive"},
        {"GET", "/readyz", "", 200, "ready"},
        {"GET", "/status", "", 200, "\"peers\":["},
        {"GET", "/pending", "", 200, "{\"rows\":[],\"rejected\":[]}"},
        {"GET", "/users", "", 200, "{\"rows\":[]}"},
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

static void two_persons_approve_what_one_may_not(void **state)
{
    struct office *office = open_office(true);
    struct answer again;
    char li[128], wang[128];

    (void)state;
    start_loop(office);
    add_user(office, "li", "[\"maker\",\"checker\"]");
    add_user(office, "wang", "[\"checker\"]");
    want(post(office, "/users", NULL, "{\"name\":\"li\",\"password\":\"secret-li\"}"), 409,
         "refused");
    want(post(office, "/login", NULL, "{\"name\":\"li\",\"password\":\"secret-wang\"}"), 403,
         "wrong_password");
    log_in(office, "li", li);
    log_in(office, "wang", wang);

    want(post(office, "/documents", NULL, documents), 200, "\"reason\":\"needs_maker\"");
    want(post(office, "/documents", wang, documents), 403, "needs_role");
    want(post(office, "/documents", "0123", documents), 401, "needs_login");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"B1\",\"status\":\"draft\"");
    want(post(office, "/documents", li, documents), 200, "\"id\":\"B1\",\"status\":\"draft\"");
    want(get(office, "/pending"), 200, "\"maker\":\"li\"");
    want(post(office, "/approve", li, "{\"ids\":[\"B1\"]}"), 200, "\"reason\":\"same_person\"");
    want(post(office, "/approve", wang, "{\"ids\":[\"L1\",\"A1\",\"B1\"]}"), 200,
         "\"id\":\"L1\",\"status\":\"accepted\"");
    again = post(office, "/approve", wang, "{\"ids\":[\"B1\",\"B1\"]}"); /* its answer was lost */
    assert_string_equal(again.body, "{\"id\":\"B1\",\"status\":\"exists\",\"message\":\"already "
                                    "there, with the same content\"}\n");
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

struct flip_job {
    struct job job;
};

/* Turns a bit of the balances of B1 round, and back at the next call. */
static void run_flip(struct job *job, struct node *node, struct txn *txn)
{
    const struct row_key key = row_key_of('I', node_config(node)->self, bytes_text("B1"));
    struct bytes value;
    struct buf row = BUF_EMPTY;

    (void)job;
    assert_true(txn_get(txn, SPACE_LEDGER, row_key_bytes(&key), &value));
    buf_append_bytes(&row, value);
    row.data[8 * ACC_UNALLOC + 7] ^= 1;
    (void)txn_put(txn, SPACE_LEDGER, row_key_bytes(&key), buf_bytes(&row));
    buf_free(&row);
}

static void flip(struct office *office)
{
    struct gate *gate = gate_open();
    struct flip_job *job = job_new(gate, sizeof *job, run_flip, NULL);

    assert_int_equal(job_run(&job->job, office->node), OK);
    job_done_with(&job->job);
    gate_unref(gate);
}

static void damage_that_verify_finds_is_an_alarm(void **state)
{
    struct office *office = open_office(false);

    (void)state;
    start_loop(office);
    want(post(office, "/documents", NULL, documents), 200, "accepted");
    flip(office);
    want(post(office, "/verify", NULL, "{}"), 200, "\"ok\":false");
    want(get(office, "/status"), 200, "\"code\":\"store_damaged\",\"division\":\"540000\"");
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

static void a_second_server_on_a_living_socket_is_refused(void **state)
{
    struct office *office = open_office(false);
    struct api *second;
    struct err err;

    (void)state;
    assert_int_equal(
        api_start(&second, office->node, &office->store, &office->clock, office->socket, &err),
        ERR_BUSY);
    assert_null(second);
    want(get(office, "/healthz"), 200, "alive");
    close_office(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_go_in_and_come_back),
        cmocka_unit_test(the_digest_stands_still_and_names_its_lsn),
        cmocka_unit_test(what_cannot_be_asked_is_answered_with_a_reason),
        cmocka_unit_test(a_post_past_its_limits_is_refused_whole),
        cmocka_unit_test(two_persons_approve_what_one_may_not),
        cmocka_unit_test(damage_that_verify_finds_is_an_alarm),
        cmocka_unit_test(what_was_not_read_is_not_approved),
        cmocka_unit_test(an_ended_person_signs_nothing_more),
        cmocka_unit_test(once_there_is_an_admin_he_is_asked),
        cmocka_unit_test(stopping_answers_who_waits),
        cmocka_unit_test(a_second_server_on_a_living_socket_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
