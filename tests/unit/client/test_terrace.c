/* test_terrace - how every request of libterrace ends, against a listener that answers as it is
 * told: with success, with a refusal, late, by halves, too much, not at all; and from many threads
 * at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/client/terrace.h"

enum { REQUEST_BYTES_MAX = 1 << 16, THREADS = 8, REQUESTS = 50, PATIENCE_MS = 60000 };

/* --- a listener --- */

enum { CONNECTIONS_MAX = 64 };

struct listener;
struct spoken {
    struct listener *listener;
    int fd;
    pthread_t thread;
};

struct listener {
    char home[64];
    int fd;
    pthread_t thread;
    const char *answer; /* what each request gets; NULL: the connection is ended */
    bool late;          /* nothing is said until the test is over */
    atomic_bool over;
    atomic_int requests, connections;
    char seen[REQUEST_BYTES_MAX]; /* the newest request */
    struct spoken spoken[CONNECTIONS_MAX];
};

/* Head and body of one request; false at the end of the connection. */
static bool hear(int fd, char *out)
{
    size_t size = 0, whole = 0;

    out[0] = '\0';
    while (whole == 0 || size < whole) {
        const ssize_t got = recv(fd, out + size, REQUEST_BYTES_MAX - 1 - size, 0);
        const char *end, *length;

        if (got <= 0) {
            return false;
        }
        size += (size_t)got;
        out[size] = '\0';
        end = strstr(out, "\r\n\r\n");
        length = strstr(out, "Content-Length: ");
        if (end != NULL) {
            whole = (size_t)(end + 4 - out) + (length == NULL ? 0 : strtoul(length + 16, NULL, 10));
        }
    }
    return true;
}

static void *speak(void *arg)
{
    struct spoken *spoken = arg;
    struct listener *listener = spoken->listener;
    char *request = malloc(REQUEST_BYTES_MAX);

    while (request != NULL && hear(spoken->fd, request)) {
        memcpy(listener->seen, request, strlen(request) + 1);
        atomic_fetch_add(&listener->requests, 1);
        while (listener->late && !atomic_load(&listener->over)) {
            (void)poll(NULL, 0, 5);
        }
        if (listener->answer == NULL ||
            send(spoken->fd, listener->answer, strlen(listener->answer), MSG_NOSIGNAL) < 0 ||
            strstr(listener->answer, "Content-Length: 99") != NULL) {
            break;
        }
    }
    free(request);
    (void)shutdown(spoken->fd, SHUT_RDWR);
    return NULL;
}

static void *listen_on(void *arg)
{
    struct listener *listener = arg;

    while (!atomic_load(&listener->over)) {
        struct pollfd poll_fd = {.fd = listener->fd, .events = POLLIN};
        struct spoken *spoken;

        if (poll(&poll_fd, 1, 10) <= 0) {
            continue;
        }
        assert_in_range(atomic_load(&listener->connections), 0, CONNECTIONS_MAX - 1);
        spoken = &listener->spoken[atomic_load(&listener->connections)];
        *spoken = (struct spoken){listener, accept(listener->fd, NULL, NULL), 0};
        assert_int_equal(pthread_create(&spoken->thread, NULL, speak, spoken), 0);
        atomic_fetch_add(&listener->connections, 1);
    }
    return NULL;
}

static struct listener *listener_open(const char *answer, bool late)
{
    struct listener *listener = calloc(1, sizeof *listener);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    listener->answer = answer;
    listener->late = late;
    (void)snprintf(listener->home, sizeof listener->home, "/tmp/terrace-client-XXXXXX");
    assert_non_null(mkdtemp(listener->home));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/terrace.sock", listener->home);
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener->fd, 64), 0);
    assert_int_equal(pthread_create(&listener->thread, NULL, listen_on, listener), 0);
    return listener;
}

static void listener_close(struct listener *listener)
{
    char path[96];

    atomic_store(&listener->over, true);
    (void)pthread_join(listener->thread, NULL);
    for (int i = 0; i < atomic_load(&listener->connections); i++) {
        (void)shutdown(listener->spoken[i].fd, SHUT_RDWR);
        (void)pthread_join(listener->spoken[i].thread, NULL);
        (void)close(listener->spoken[i].fd);
    }
    (void)close(listener->fd);
    (void)snprintf(path, sizeof path, "%s/terrace.sock", listener->home);
    (void)unlink(path);
    (void)rmdir(listener->home);
    free(listener);
}

static struct terrace_client *client_of(const struct listener *listener, unsigned timeout_ms,
                                        size_t bytes_max)
{
    struct terrace_options options = TERRACE_OPTIONS;
    struct terrace_client *client;

    options.home = listener->home;
    options.token = "tk_1";
    options.language = "zh";
    options.timeout_ms = timeout_ms;
    options.answer_bytes_max = bytes_max;
    assert_int_equal(terrace_client_open(&client, &options), TERRACE_OK);
    return client;
}

/* --- outcomes --- */

#define DONE "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"token\":\"x\"}"
#define REFUSAL                                                                                    \
    "HTTP/1.1 409 Conflict\r\nContent-Length: 52\r\n\r\n"                                          \
    "{\"error\":{\"code\":\"refused\",\"message\":\"not today\"}, }"
#define REFUSAL_READABLE                                                                           \
    "HTTP/1.1 409 Conflict\r\nContent-Length: 50\r\n\r\n"                                          \
    "{\"error\":{\"code\":\"refused\",\"message\":\"not today\"}}"
#define HALF "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"a\":"

static void every_end_of_a_request_has_its_outcome(void **state)
{
    static const struct {
        const char *name, *answer;
        bool late;
        size_t bytes_max;
        enum terrace_outcome want;
        long http;
        const char *code, *sentence;
    } cases[] = {
        {"done", DONE, false, 0, TERRACE_OK, 200, "", ""},
        {"refused", REFUSAL_READABLE, false, 0, TERRACE_REFUSED, 409, "refused", "not today"},
        {"refused by whom cannot say why", REFUSAL, false, 0, TERRACE_REFUSED, 409, "refused",
         NULL},
        {"late", DONE, true, 0, TERRACE_TIMED_OUT, 0, "timed_out", NULL},
        {"half", HALF, false, 0, TERRACE_CUT, 200, "cut", NULL},
        {"nothing", NULL, false, 0, TERRACE_CUT, 0, "cut", NULL},
        {"too much", DONE, false, 5, TERRACE_CUT, 200, "cut", NULL},
        {"no HTTP", "hello\r\n\r\n", false, 0, TERRACE_CUT, 0, "cut", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct listener *listener = listener_open(cases[i].answer, cases[i].late);
        struct terrace_client *client =
            client_of(listener, cases[i].late ? 300 : PATIENCE_MS, cases[i].bytes_max);
        struct terrace_answer *answer = NULL;
        const enum terrace_outcome got = terrace_get(client, "/status", &answer);

        if (got != cases[i].want || terrace_answer_http(answer) != cases[i].http ||
            strcmp(terrace_answer_code(answer), cases[i].code) != 0 ||
            (cases[i].sentence != NULL &&
             strcmp(terrace_answer_sentence(answer), cases[i].sentence) != 0)) {
            fail_msg("%s: %s, http %ld, %s, %s", cases[i].name, terrace_outcome_name(got),
                     terrace_answer_http(answer), terrace_answer_code(answer),
                     terrace_answer_sentence(answer));
        }
        terrace_answer_free(answer);
        listener_close(listener);
        terrace_client_close(client);
    }
}

static void nobody_there_is_unreachable(void **state)
{
    struct listener *listener = listener_open(DONE, false);
    struct terrace_client *client = client_of(listener, PATIENCE_MS, 0);
    struct terrace_answer *answer = NULL;

    (void)state;
    listener_close(listener);
    assert_int_equal(terrace_get(client, "/status", &answer), TERRACE_UNREACHABLE);
    assert_string_not_equal(terrace_answer_sentence(answer), "");
    assert_int_equal(terrace_answer_size(answer), 0);
    terrace_answer_free(answer);
    terrace_client_close(client);
}

static void what_cannot_be_is_not_sent(void **state)
{
    struct terrace_options options = TERRACE_OPTIONS;
    struct terrace_request request = TERRACE_REQUEST;
    struct listener *listener = listener_open(DONE, false);
    struct terrace_client *client = NULL;

    (void)state;
    assert_int_equal(terrace_client_open(&client, &options), TERRACE_MISUSE); /* nowhere */
    assert_null(client);
    options.home = listener->home;
    options.url = "https://127.0.0.1:1";
    assert_int_equal(terrace_client_open(&client, &options), TERRACE_MISUSE); /* in two places */
    options.home = NULL;
    options.url = "http://127.0.0.1:1";
    assert_int_equal(terrace_client_open(&client, &options), TERRACE_MISUSE); /* in the clear */
    options.url = "https://127.0.0.1:1";
    options.fingerprint = "AB:CD";
    assert_int_equal(terrace_client_open(&client, &options), TERRACE_MISUSE);
    options.fingerprint = "0000000000000000000000000000000000000000000000000000000000000000";
    assert_int_equal(terrace_client_open(&client, &options), TERRACE_UNREACHABLE);
    client = client_of(listener, PATIENCE_MS, 0);
    assert_int_equal(terrace_ask(client, &request, NULL), TERRACE_MISUSE);
    request.path = "/x";
    request.size = 1;
    assert_int_equal(terrace_ask(client, &request, NULL), TERRACE_MISUSE);
    assert_int_equal(atomic_load(&listener->requests), 0);
    terrace_client_close(client);
    listener_close(listener);
}

/* --- what is sent --- */

static bool was_sent(const struct listener *listener, const char *words)
{
    return strstr(listener->seen, words) != NULL;
}

static void a_request_says_who_asks_and_in_which_language(void **state)
{
    struct listener *listener = listener_open(DONE, false);
    struct terrace_client *client = client_of(listener, PATIENCE_MS, 0);
    struct terrace_request request = TERRACE_REQUEST;

    (void)state;
    assert_int_equal(terrace_post(client, "/documents", "{}\n", 3, NULL), TERRACE_OK);
    assert_true(was_sent(listener, "POST /api/v1/documents HTTP/1.1\r\n"));
    assert_true(was_sent(listener, "Authorization: Bearer tk_1\r\n"));
    assert_true(was_sent(listener, "Accept-Language: zh\r\n"));
    assert_true(was_sent(listener, "\r\n\r\n{}\n"));
    request.path = "/drafts/D-1";
    request.method = "DELETE";
    request.if_match = "\"7\"";
    assert_int_equal(terrace_ask(client, &request, NULL), TERRACE_OK);
    assert_true(was_sent(listener, "DELETE /api/v1/drafts/D-1 HTTP/1.1\r\n"));
    assert_true(was_sent(listener, "If-Match: \"7\"\r\n"));
    assert_int_equal(terrace_get(client, "/status", NULL), TERRACE_OK);
    assert_true(was_sent(listener, "GET /api/v1/status HTTP/1.1\r\n"));
    assert_false(was_sent(listener, "If-Match"));
    assert_int_equal(atomic_load(&listener->connections), 1); /* one, used again */
    terrace_client_close(client);
    listener_close(listener);
}

static void a_session_takes_the_place_of_the_token(void **state)
{
    struct listener *listener = listener_open(DONE, false);
    struct terrace_client *client = client_of(listener, PATIENCE_MS, 0);
    struct terrace_answer *answer = NULL;

    (void)state;
    assert_int_equal(terrace_login(client, "卓玛", "\"secret", &answer), TERRACE_OK);
    assert_true(was_sent(listener, "{\"name\":\"卓玛\",\"password\":\"\\\"secret\"}"));
    terrace_answer_free(answer);
    assert_int_equal(terrace_get(client, "/status", NULL), TERRACE_OK);
    assert_true(was_sent(listener, "Authorization: Bearer x\r\n"));
    terrace_logout(client);
    assert_true(was_sent(listener, "POST /api/v1/logout"));
    assert_int_equal(terrace_get(client, "/status", NULL), TERRACE_OK);
    assert_false(was_sent(listener, "Authorization"));
    assert_int_equal(terrace_login(client, "\xff", "x", &answer), TERRACE_MISUSE);
    assert_string_equal(terrace_answer_code(answer), "misuse");
    terrace_answer_free(answer);
    terrace_client_close(client);
    listener_close(listener);
}

static void paths_are_escaped_and_say_what_they_need(void **state)
{
    static const char *const pairs[] = {"by", "fund", "year", NULL, "text", "a b&十", NULL};
    char path[128], small[8];
    size_t size;

    (void)state;
    size = terrace_path(path, sizeof path, "/list/", "P 1", pairs);
    assert_string_equal(path, "/list/P%201?by=fund&text=a%20b%26%E5%8D%81");
    assert_int_equal(size, strlen(path));
    assert_int_equal(terrace_path(small, sizeof small, "/list/", "P 1", pairs), size);
    assert_string_equal(small, "/list/P");
    assert_int_equal(terrace_path(NULL, 0, "/a", NULL, NULL), 2);
    assert_string_equal(terrace_version(), TERRACE_VERSION);
}

/* --- pieces, threads --- */

static int add_piece(void *arg, const void *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)arg += size;
    return 0;
}

static int take_no_more(void *arg, const void *bytes, size_t size)
{
    (void)add_piece(arg, bytes, size);
    return 1;
}

static void an_answer_may_be_taken_in_pieces(void **state)
{
    struct listener *listener = listener_open(DONE, false);
    struct terrace_client *client = client_of(listener, PATIENCE_MS, 4); /* more than may be kept */
    struct terrace_request request = TERRACE_REQUEST;
    struct terrace_answer *answer = NULL;
    size_t taken = 0;

    (void)state;
    request.path = "/changes";
    request.piece = add_piece;
    request.arg = &taken;
    assert_int_equal(terrace_ask(client, &request, &answer), TERRACE_OK);
    assert_int_equal(taken, 13);
    assert_int_equal(terrace_answer_size(answer), 0);
    terrace_answer_free(answer);
    taken = 0;
    request.piece = take_no_more;
    assert_int_equal(terrace_ask(client, &request, NULL), TERRACE_OK);
    assert_true(taken > 0);
    terrace_client_close(client);
    listener_close(listener);
}

static void *ask_often(void *arg)
{
    struct terrace_client *client = arg;
    uintptr_t good = 0;

    for (int i = 0; i < REQUESTS; i++) {
        struct terrace_answer *answer = NULL;

        good += terrace_get(client, "/status", &answer) == TERRACE_OK &&
                terrace_answer_size(answer) == 13;
        terrace_answer_free(answer);
    }
    return (void *)good;
}

static void many_threads_use_one_client(void **state)
{
    struct listener *listener = listener_open(DONE, false);
    struct terrace_client *client = client_of(listener, PATIENCE_MS, 0);
    pthread_t threads[THREADS];
    uintptr_t good = 0;

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, client), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *of_thread = NULL;

        (void)pthread_join(threads[i], &of_thread);
        good += (uintptr_t)of_thread;
    }
    assert_int_equal(good, THREADS * REQUESTS);
    assert_in_range(atomic_load(&listener->connections), 1, THREADS);
    terrace_client_close(client);
    listener_close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_end_of_a_request_has_its_outcome),
        cmocka_unit_test(nobody_there_is_unreachable),
        cmocka_unit_test(what_cannot_be_is_not_sent),
        cmocka_unit_test(a_request_says_who_asks_and_in_which_language),
        cmocka_unit_test(a_session_takes_the_place_of_the_token),
        cmocka_unit_test(paths_are_escaped_and_say_what_they_need),
        cmocka_unit_test(an_answer_may_be_taken_in_pieces),
        cmocka_unit_test(many_threads_use_one_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
