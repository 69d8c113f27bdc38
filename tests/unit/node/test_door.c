/* A door as its clients meet it: real sockets, a clock that is moved by hand, and answers that do
 * what the test needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/api/door.h"
#include "node/api/listener.h"
#include "node/store/store_memory.h"
#include "proto/message.h"

enum {
    BODY_MAX = 1000,
    STRANGER_MAX = 100,
    HELD_MAX = 1500,
    CONNECTIONS_MAX = 40,
    PER_CLIENT_MAX = 20
};

/* --- what stands behind the door --- */

static _Atomic uint64_t now_ms;
static atomic_int slow_running, slow_begun, closed_sources;
static atomic_bool slow_may_end;
static pthread_t door_thread; /* of what was asked under /where last */
static atomic_int answered;

static uint64_t read_clock(void *self)
{
    (void)self;
    return atomic_load(&now_ms);
}

/* A source that says how often it was asked: `wants` of these pieces, then it is at its end. */
struct counting {
    atomic_int asked;
    int pieces;
    enum stream_next between, last;
};

static enum stream_next count_on(void *state, struct buf *out, struct err *why)
{
    struct counting *counting = state;
    const int asked = atomic_fetch_add(&counting->asked, 1) + 1;
    char line[32];

    (void)why;
    (void)snprintf(line, sizeof line, "piece %d\n", asked);
    buf_append_bytes(out, bytes_text(line));
    return asked == counting->pieces ? counting->last : counting->between;
}

/* One line, and then never anything again. */
static enum stream_next stay_silent(void *state, struct buf *out, struct err *why)
{
    struct counting *counting = state;

    (void)why;
    if (atomic_fetch_add(&counting->asked, 1) == 0) {
        buf_append_bytes(out, bytes_text("hello\n"));
    }
    return STREAM_WAIT;
}

/* As many pieces as it has, and then something that cannot be read. */
static enum stream_next meet_damage(void *state, struct buf *out, struct err *why)
{
    struct counting *counting = state;

    if (atomic_fetch_add(&counting->asked, 1) < counting->pieces) {
        buf_append_bytes(out, bytes_text("piece\n"));
        return STREAM_MORE;
    }
    (void)err_set(why, ERR_CORRUPT, "row_damaged letter=g bytes=7");
    return STREAM_FAILED;
}

static void close_source(void *state)
{
    (void)atomic_fetch_add(&closed_sources, 1);
    mem_free(state);
}

static void answer_counting(struct answer *answer, int pieces, enum stream_next between,
                            enum stream_next last)
{
    struct counting *counting = mem_zalloc(sizeof *counting);
    const struct stream_source source = {count_on, close_source, counting, NULL};

    counting->pieces = pieces;
    counting->between = between;
    counting->last = last;
    answer_stream(answer, "text/plain", &source);
}

static void answer_damaged(struct answer *answer, int pieces)
{
    struct counting *counting = mem_zalloc(sizeof *counting);
    const struct stream_source source = {meet_damage, close_source, counting, NULL};

    counting->pieces = pieces;
    answer_stream(answer, "text/plain", &source);
}

static void answer_silent(struct answer *answer)
{
    struct counting *counting = mem_zalloc(sizeof *counting);
    const struct stream_source source = {stay_silent, close_source, counting, ": still here\n"};

    answer_stream(answer, "text/plain", &source);
}

static void run_slowly(void)
{
    (void)atomic_fetch_add(&slow_running, 1);
    (void)atomic_fetch_add(&slow_begun, 1);
    while (!atomic_load(&slow_may_end)) {
        (void)usleep(1000);
    }
    (void)atomic_fetch_sub(&slow_running, 1);
}

/* Looks at so many rows as stand behind the last '/'. */
static void answer_rows(const struct request *request, struct answer *answer)
{
    const struct store *store = &request->service->store;
    struct store_snapshot *snapshot = store->ops->snapshot(store->self);
    struct buf value = BUF_EMPTY;
    struct err err;
    char text[64];
    int rows = 0;

    (void)atomic_fetch_add(&answered, 1);
    for (long left = strtol(strrchr(request->path, '/') + 1, NULL, 10); left > 0; left--) {
        rows += store->ops->get(store->self, snapshot, SPACE_LEDGER, bytes_text("row"), &value,
                                &err) == OK;
    }
    (void)snprintf(text, sizeof text, "%d rows by %s", rows,
                   pthread_equal(pthread_self(), door_thread) ? "the door" : "a worker");
    buf_append_bytes(&answer->body, bytes_text(text));
    answer_header(answer, "X-Rows", "%d", rows);
    store->ops->release(store->self, snapshot);
    buf_free(&value);
}

static bool short_as_asked(const struct request *request)
{
    door_thread = pthread_self();
    return strncmp(request->path, "/rows/", 6) == 0;
}

static void answer_as_asked(struct request *request, struct answer *answer)
{
    char size[64];

    answer->type = "text/plain";
    if (strncmp(request->path, "/rows/", 6) == 0 || strncmp(request->path, "/waits/", 7) == 0) {
        answer_rows(request, answer);
        return;
    }
    if (strcmp(request->path, "/pieces") == 0) {
        answer_counting(answer, 1000, STREAM_MORE, STREAM_END);
    } else if (strcmp(request->path, "/news") == 0) {
        answer_counting(answer, 3, STREAM_WAIT, STREAM_END);
    } else if (strcmp(request->path, "/broken") == 0) {
        answer_counting(answer, 2, STREAM_MORE, STREAM_FAILED);
    } else if (strcmp(request->path, "/damaged") == 0) {
        answer_damaged(answer, 0);
    } else if (strcmp(request->path, "/damaged-later") == 0) {
        answer_damaged(answer, 1);
    } else if (strcmp(request->path, "/silent") == 0) {
        answer_silent(answer);
    } else {
        if (strcmp(request->path, "/slow") == 0) {
            run_slowly();
        }
        (void)snprintf(size, sizeof size, "%s %zu", request->method, request->body->size);
        buf_append_bytes(&answer->body, bytes_text(size));
    }
}

/* Who shows the right one is somebody. */
static bool may_send(struct request *request, struct answer *answer)
{
    const char *shown = request->header(request->connection, "Authorization");

    if (shown != NULL && strcmp(shown, "Bearer x") == 0) {
        return true;
    }
    answer_error(request, answer, API_NEEDS_LOGIN, NULL);
    return false;
}

static enum lane lane_as_asked(const struct request *request)
{
    return strcmp(request->path, "/slow") == 0 ? LANE_LONG : LANE_NETWORK;
}

/* --- the door --- */

struct house {
    struct service service;
    struct workers *workers;
    struct http_door *door;
    struct sockaddr_in address;
};

static void put_row(const struct store *store)
{
    const struct change change = {SPACE_LEDGER, bytes_text("row"), bytes_text("1")};
    const struct batch batch = {&change, 1};
    uint64_t fence;
    struct err err;

    assert_int_equal(store->ops->claim(store->self, &fence, &err), OK);
    assert_int_equal(store->ops->commit_begin(store->self, fence, &batch, &err), OK);
}

static void open_house(struct house *house)
{
    struct door_config config = {.door = DOOR_WATCH,
                                 .service = &house->service,
                                 .connections_max = CONNECTIONS_MAX,
                                 .header_bytes_max = 16 << 10,
                                 .body_bytes_max = BODY_MAX,
                                 .stranger_bytes_max = STRANGER_MAX,
                                 .held_bytes_max = HELD_MAX,
                                 .idle_ms = 60000,
                                 .per_client_max = PER_CLIENT_MAX,
                                 .may_send = may_send,
                                 .answer = answer_as_asked,
                                 .is_short = short_as_asked,
                                 .lane = lane_as_asked};
    socklen_t size = sizeof house->address;
    struct err err;

    memset(house, 0, sizeof *house);
    house->service.clock = (struct clock){.mono_ms = read_clock, .unix_ms = read_clock};
    store_memory_open(&house->service.store);
    put_row(&house->service.store);
    assert_int_equal(workers_open(&house->workers, &house->service.clock, &err), OK);
    config.workers = house->workers;
    assert_int_equal(listener_loopback(&config.listen_fd, "tcp://127.0.0.1:0", 64, &err), OK);
    assert_int_equal(getsockname(config.listen_fd, (struct sockaddr *)&house->address, &size), 0);
    assert_int_equal(door_open(&house->door, &config, &err), OK);
}

static void close_house(struct house *house)
{
    door_close(house->door);
    workers_close(house->workers);
    house->service.store.ops->close(house->service.store.self); /* no snapshot is left */
}

/* --- its clients --- */

static int dial(const struct house *house)
{
    const struct timeval patience = {.tv_sec = 60}; /* then an answer that hangs is no answer */
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&house->address, sizeof house->address),
                     0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static int ask(const struct house *house, const char *path)
{
    char head[256];
    const int fd = dial(house);

    (void)snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    say(fd, head);
    return fd;
}

/* Everything until the other side closes, or `words` have come. */
static bool hear(int fd, const char *words, char *all, size_t room)
{
    size_t size = 0;
    ssize_t got = 1;

    all[0] = '\0';
    while (got > 0 && size + 1 < room && (words == NULL || strstr(all, words) == NULL)) {
        got = recv(fd, all + size, room - 1 - size, 0);
        size += got > 0 ? (size_t)got : 0;
        all[size] = '\0';
    }
    return words == NULL ? got == 0 || errno != EAGAIN : strstr(all, words) != NULL;
}

static void expect(int fd, const char *words)
{
    static char all[64 << 10];

    if (!hear(fd, words, all, sizeof all)) {
        fail_msg("want \"%s\", got: %s", words, all);
    }
}

/* Closes it. */
static bool refused_as_busy(int fd)
{
    char all[4096];

    assert_true(hear(fd, "\r\n\r\n", all, sizeof all));
    (void)close(fd);
    return strstr(all, "HTTP/1.1 503") != NULL;
}

/* --- stories --- */

#define ALLOWED "Authorization: Bearer x\r\n"

static void a_body_has_its_limit_and_a_stranger_a_smaller_one(void **state)
{
    static const struct {
        const char *name, *headers;
        int bytes;
        const char *want;
    } cases[] = {
        {"a small one", "", 10, "POST 10"},
        {"a stranger's largest", "", STRANGER_MAX, "POST 100"},
        {"a stranger's too large", "", STRANGER_MAX + 1, "HTTP/1.1 413"},
        {"a liar's", "Authorization: Bearer y\r\n", STRANGER_MAX, "POST 100"},
        {"a liar's too large", "Authorization: Bearer y\r\n", STRANGER_MAX + 1, "HTTP/1.1 401"},
        {"a liar's with a cookie", "Cookie: __Host-terrace=y\r\n", STRANGER_MAX + 1,
         "HTTP/1.1 401"},
        {"a stranger's far too large", "", BODY_MAX + 1, "HTTP/1.1 413"},
        {"a person's", ALLOWED, STRANGER_MAX + 1, "POST 101"},
        {"a person's largest", ALLOWED, BODY_MAX, "POST 1000"},
        {"a person's too large", ALLOWED, BODY_MAX + 1, "HTTP/1.1 413"},
    };
    struct house house;

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[2 * BODY_MAX];
        const int fd = dial(&house);
        const int size = snprintf(text, sizeof text,
                                  "POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n",
                                  cases[i].headers, cases[i].bytes);

        memset(text + size, 'x', (size_t)cases[i].bytes);
        text[size + cases[i].bytes] = '\0';
        say(fd, text);
        expect(fd, cases[i].want);
        (void)close(fd);
    }
    close_house(&house);
}

/* Both begin while there is room for either; the second is told once it has sent all. */
static void what_all_hold_together_has_a_limit(void **state)
{
    static const char part[] =
        "POST / HTTP/1.1\r\nHost: x\r\n" ALLOWED "Content-Length: 1000\r\n\r\n";
    char body[BODY_MAX + 1];
    struct house house;
    int first, second, fd;

    (void)state;
    open_house(&house);
    memset(body, 'x', BODY_MAX);
    body[BODY_MAX - 1] = '\0'; /* one byte is missing */
    first = dial(&house);
    second = dial(&house);
    say(first, part);
    say(second, part);
    say(first, body);
    fd = ask(&house, "/");
    expect(fd, "GET 0"); /* by now the door has read it */
    (void)close(fd);
    say(second, body);
    say(second, "x");
    assert_true(refused_as_busy(second));
    say(first, "x");
    expect(first, "POST 1000");
    fd = ask(&house, "/");
    expect(fd, "GET 0");
    (void)close(fd);
    (void)close(first);
    close_house(&house);
}

/* Chunks say nothing of how many come. */
static void chunks_are_a_strangers_until_he_is_known(void **state)
{
    static const struct {
        const char *name, *headers, *want;
    } cases[] = {
        {"a stranger's", "", "HTTP/1.1 413"},
        {"a liar's", "Authorization: Bearer y\r\n", "HTTP/1.1 401"},
        {"a person's", ALLOWED, "POST 256"},
    };
    struct house house;

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char head[256], chunk[256 + 32];
        const int fd = dial(&house);
        const int size = snprintf(chunk, sizeof chunk, "100\r\n%0256d\r\n0\r\n\r\n", 0);

        (void)snprintf(head, sizeof head,
                       "POST / HTTP/1.1\r\nHost: x\r\n%sTransfer-Encoding: chunked\r\n\r\n",
                       cases[i].headers);
        say(fd, head);
        assert_int_equal(send(fd, chunk, (size_t)size, MSG_NOSIGNAL), size);
        expect(fd, cases[i].want);
        (void)close(fd);
    }
    close_house(&house);
}

/* Of 127.0.0.2 there may be as many again. */
static void one_client_has_so_many_connections(void **state)
{
    struct sockaddr_in other = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)};
    struct house house;
    int fds[PER_CLIENT_MAX], fd;
    char byte;

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = ask(&house, "/");
        expect(fds[i], "GET 0");
    }
    fd = dial(&house);
    assert_int_equal(recv(fd, &byte, 1, 0), 0); /* closed */
    (void)close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&other, sizeof other), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&house.address, sizeof house.address), 0);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(fd, "GET 0");
    (void)close(fd);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        (void)close(fds[i]);
    }
    close_house(&house);
}

static void who_waits_for_leave_is_refused_before_he_sends(void **state)
{
    struct house house;
    int fd;

    (void)state;
    open_house(&house);
    fd = dial(&house);
    say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n"
            "Expect: 100-continue\r\n\r\n");
    expect(fd, "HTTP/1.1 413");
    (void)close(fd);
    fd = dial(&house);
    say(fd, "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer y\r\nContent-Length: 900\r\n"
            "Expect: 100-continue\r\n\r\n");
    expect(fd, "HTTP/1.1 401");
    (void)close(fd);
    fd = dial(&house);
    say(fd, "POST / HTTP/1.1\r\nHost: x\r\n" ALLOWED "Content-Length: 900\r\n"
            "Expect: 100-continue\r\n\r\n");
    expect(fd, "HTTP/1.1 100");
    (void)close(fd);
    close_house(&house);
}

static void a_stream_is_sent_whole_and_given_back(void **state)
{
    const int closed = atomic_load(&closed_sources);
    struct house house;
    int fd;

    (void)state;
    open_house(&house);
    fd = ask(&house, "/pieces");
    expect(fd, "piece 1000\n\r\n0\r\n\r\n"); /* with the last chunk */
    (void)close(fd);
    close_house(&house);
    assert_int_equal(atomic_load(&closed_sources), closed + 1);
}

static void a_stream_that_fails_is_cut(void **state)
{
    static char all[64 << 10];
    struct house house;
    int fd;

    (void)state;
    open_house(&house);
    fd = ask(&house, "/broken");
    assert_true(hear(fd, NULL, all, sizeof all)); /* closed, and not at its end: */
    assert_non_null(strstr(all, "piece 2\n"));
    assert_null(strstr(all, "\r\n0\r\n\r\n"));
    (void)close(fd);
    close_house(&house);
}

/* Nothing was sent yet: an error with its reason is. Later it is cut, as one that fails. */
static void a_stream_that_begins_with_damage_is_an_error_with_its_reason(void **state)
{
    static char all[64 << 10];
    struct house house;
    int closed, fd;

    (void)state;
    open_house(&house);
    closed = atomic_load(&closed_sources);
    fd = ask(&house, "/damaged");
    assert_true(hear(fd, "\"code\":\"store_failed\"", all, sizeof all));
    assert_non_null(strstr(all, "HTTP/1.1 500"));
    assert_non_null(strstr(all, "row_damaged"));
    assert_int_equal(atomic_load(&closed_sources), closed + 1);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); /* the connection is as good as before */
    expect(fd, "GET 0");
    (void)close(fd);
    fd = ask(&house, "/damaged-later");
    assert_true(hear(fd, NULL, all, sizeof all));
    assert_non_null(strstr(all, "HTTP/1.1 200"));
    assert_non_null(strstr(all, "piece\n"));
    assert_null(strstr(all, "\r\n0\r\n\r\n"));
    (void)close(fd);
    close_house(&house);
    assert_int_equal(atomic_load(&closed_sources), closed + 2);
}

static void a_follower_is_told_after_each_commit(void **state)
{
    struct house house;
    int fd;

    (void)state;
    open_house(&house);
    fd = ask(&house, "/news");
    expect(fd, "piece 1\n");
    for (int i = 2; i <= 3; i++) {
        char words[32];

        (void)snprintf(words, sizeof words, "piece %d\n", i);
        (void)atomic_fetch_add(&now_ms, 100); /* beyond the pace */
        door_committed(house.door);
        expect(fd, words);
    }
    (void)close(fd);
    close_house(&house);
}

/* The door may not have begun to wait when its last word is heard here. */
static void let_time_pass_until_heard(int fd)
{
    struct pollfd heard = {.fd = fd, .events = POLLIN};

    for (int i = 0; i < 20 && heard.revents == 0; i++) {
        (void)atomic_fetch_add(&now_ms, STREAM_COMMENT_MS);
        (void)poll(&heard, 1, 1500);
    }
}

static void a_silent_follower_hears_a_comment(void **state)
{
    struct house house;
    int fd;

    (void)state;
    open_house(&house);
    fd = ask(&house, "/silent");
    expect(fd, "hello\n");
    for (int i = 0; i < 2; i++) {
        let_time_pass_until_heard(fd);
        expect(fd, ": still here\n");
    }
    (void)close(fd);
    close_house(&house);
}

static void at_the_stop_followers_end_properly(void **state)
{
    const int closed = atomic_load(&closed_sources);
    struct house house;
    int followers[5];

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < COUNT_OF(followers); i++) {
        followers[i] = ask(&house, "/silent");
        expect(followers[i], "hello\n");
    }
    close_house(&house);
    for (size_t i = 0; i < COUNT_OF(followers); i++) {
        expect(followers[i], "0\r\n\r\n");
        (void)close(followers[i]);
    }
    assert_int_equal(atomic_load(&closed_sources), closed + (int)COUNT_OF(followers));
}

static void what_takes_long_holds_up_nobody_else(void **state)
{
    struct house house;
    int slow[6], fd;

    (void)state;
    atomic_store(&slow_may_end, false);
    open_house(&house);
    for (size_t i = 0; i < COUNT_OF(slow); i++) {
        slow[i] = ask(&house, "/slow");
    }
    while (atomic_load(&slow_running) < 2) {
        (void)usleep(1000);
    }
    fd = ask(&house, "/");
    expect(fd, "GET 0");
    assert_int_equal(atomic_load(&slow_running), 2); /* the lane's share */
    atomic_store(&slow_may_end, true);
    for (size_t i = 0; i < COUNT_OF(slow); i++) {
        expect(slow[i], "GET 0");
        (void)close(slow[i]);
    }
    (void)close(fd);
    close_house(&house);
}

/* By the door's thread what is short, by a worker all else: also what only seemed to be short,
 * whose answer is then the worker's alone. */
static void what_is_short_is_answered_at_the_door(void **state)
{
    static const struct {
        const char *path, *want;
        int answered;
    } cases[] = {
        {"/rows/3", "\r\n\r\n3 rows by the door", 1},
        {"/waits/3", "\r\n\r\n3 rows by a worker", 1},
        {"/rows/5000", "\r\n\r\n5000 rows by a worker", 2},
        {"/rows/0", "\r\n\r\n0 rows by the door", 1},
    };
    static char all[64 << 10];
    struct house house;

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int fd;

        atomic_store(&answered, 0);
        fd = ask(&house, cases[i].path);
        if (!hear(fd, cases[i].want, all, sizeof all)) {
            fail_msg("%s: want \"%s\", got: %s", cases[i].path, cases[i].want, all);
        }
        assert_non_null(strstr(all, "\r\nX-Rows: "));
        assert_null(strstr(strstr(all, "\r\nX-Rows: ") + 2, "\r\nX-Rows: ")); /* once */
        assert_int_equal(atomic_load(&answered), cases[i].answered);
        (void)close(fd);
    }
    close_house(&house);
}

/* Each sends what he has, and then nothing more for too long. */
static void slow_clients_are_cut(void **state)
{
    static const struct {
        const char *name, *sent;
        uint64_t ms;
    } cases[] = {
        {"nothing at all", "", 20000},
        {"headers without an end", "GET / HTTP/1.1\r\nHost: x\r\n", 20000},
        {"a body without an end", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\nxxxx",
         30000},
    };
    static char all[64 << 10];
    struct house house;

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const int fd = dial(&house);
        int other;

        say(fd, cases[i].sent);
        other = ask(&house, "/");
        expect(other, "GET 0"); /* by now the door has seen both */
        (void)close(other);
        (void)atomic_fetch_add(&now_ms, cases[i].ms + 1000);
        if (!hear(fd, NULL, all, sizeof all) || all[0] != '\0') {
            fail_msg("%s: not cut, or answered: %s", cases[i].name, all);
        }
        (void)close(fd);
    }
    close_house(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_has_its_limit_and_a_stranger_a_smaller_one),
        cmocka_unit_test(what_all_hold_together_has_a_limit),
        cmocka_unit_test(chunks_are_a_strangers_until_he_is_known),
        cmocka_unit_test(one_client_has_so_many_connections),
        cmocka_unit_test(who_waits_for_leave_is_refused_before_he_sends),
        cmocka_unit_test(a_stream_is_sent_whole_and_given_back),
        cmocka_unit_test(a_stream_that_fails_is_cut),
        cmocka_unit_test(a_stream_that_begins_with_damage_is_an_error_with_its_reason),
        cmocka_unit_test(a_follower_is_told_after_each_commit),
        cmocka_unit_test(a_silent_follower_hears_a_comment),
        cmocka_unit_test(at_the_stop_followers_end_properly),
        cmocka_unit_test(what_takes_long_holds_up_nobody_else),
        cmocka_unit_test(what_is_short_is_answered_at_the_door),
        cmocka_unit_test(slow_clients_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
