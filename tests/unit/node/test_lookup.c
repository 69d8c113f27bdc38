/* A resolver that does not answer: a post to its name ends in time, and leaves one question behind.
 * The resolver of this program stands in for libc's, and waits until it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "node/webhook/post.h"
#include "proto/message.h"

static atomic_int asked, answered;
static atomic_bool may_answer;

int getaddrinfo(const char *restrict host, const char *restrict port,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    (void)host;
    (void)port;
    (void)hints;
    *out = NULL;
    (void)atomic_fetch_add(&asked, 1);
    while (!atomic_load(&may_answer)) {
        (void)sched_yield();
    }
    (void)atomic_fetch_add(&answered, 1);
    return EAI_NONAME;
}

/* Each look is so much later than the one before: no test waits for as long as a post may take. */
static _Atomic uint64_t now_ms;
static _Atomic uint64_t step_ms;

static uint64_t read_clock(void *self)
{
    (void)self;
    return atomic_fetch_add(&now_ms, atomic_load(&step_ms));
}

static const struct clock watch = {.mono_ms = read_clock, .unix_ms = read_clock};
static const struct networks none = {.count = 0};

static struct poster *open_poster(uint64_t step)
{
    struct poster *poster;
    struct err err;

    atomic_store(&asked, 0);
    atomic_store(&answered, 0);
    atomic_store(&may_answer, false);
    atomic_store(&step_ms, step);
    assert_int_equal(poster_open(&poster, &watch, &none, "/nonexistent", &err), OK);
    return poster;
}

static void post_to(struct poster *poster, const char *address, const char *want)
{
    struct url url;
    struct err err;
    int http;

    assert_true(url_parse(&url, address));
    assert_int_equal(poster_send(poster, &url, "", BYTES_NONE, &http, &err), ERR_UNREACHABLE);
    assert_int_equal(http, 0);
    if (!bytes_equal(message_read(bytes_text(err.text)).code, bytes_text(want))) {
        fail_msg("want %s: %s", want, err.text);
    }
}

static void let_it_answer(int times)
{
    atomic_store(&may_answer, true);
    while (atomic_load(&answered) < times) {
        (void)sched_yield();
    }
}

static void a_post_does_not_wait_for_a_resolver(void **state)
{
    struct poster *poster = open_poster(POST_MS);

    (void)state;
    post_to(poster, "https://slow.example/", "post_timed_out");
    post_to(poster, "https://slow.example/", "post_timed_out");
    post_to(poster, "https://other.example/", "post_timed_out");
    assert_true(atomic_load(&asked) <= 1); /* the same question, and nobody asks a second one */
    let_it_answer(1);
    atomic_store(&step_ms, 0);
    post_to(poster, "https://other.example/", "post_no_such_host");
    assert_int_equal(atomic_load(&asked), 2);
    poster_close(poster);
}

static void *post_slowly(void *arg)
{
    post_to(arg, "https://slow.example/", "post_stopped");
    return NULL;
}

static void a_stop_does_not_wait_for_a_resolver(void **state)
{
    struct poster *poster = open_poster(0);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, post_slowly, poster), 0);
    while (atomic_load(&asked) == 0) {
        (void)sched_yield();
    }
    poster_stop(poster);
    assert_int_equal(pthread_join(thread, NULL), 0);
    poster_close(poster); /* what is still asked is nobody's now */
    let_it_answer(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_does_not_wait_for_a_resolver),
        cmocka_unit_test(a_stop_does_not_wait_for_a_resolver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
