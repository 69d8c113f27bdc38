/* The server itself: what it answers while a commit hangs, the store is damaged or the node stops,
 * and who watches this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/ledger/rows/rows.h"
#include "node/store/store_memory.h"
#include "tests/unit/node/served_office.h"

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
        cmocka_unit_test(the_loopback_address_has_what_is_watched_and_nothing_else),
        cmocka_unit_test(metrics_are_for_this_machine_alone),
        cmocka_unit_test(damage_that_verify_finds_is_an_alarm),
        cmocka_unit_test(reads_do_not_wait_for_a_commit),
        cmocka_unit_test(answers_of_a_damaged_store_say_so),
        cmocka_unit_test(stopping_answers_who_waits),
        cmocka_unit_test(a_loop_that_does_not_come_round_is_named),
        cmocka_unit_test(a_second_server_on_a_living_socket_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
