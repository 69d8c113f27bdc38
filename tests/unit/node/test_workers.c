/* The pool goes on where the system makes no more threads: while it is short of them, and while it
 * replaces the process by another run. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "node/api/workers.h"

static atomic_bool none_to_have;
static atomic_int made;

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *arg)
{
    if (none_to_have) {
        return EAGAIN;
    }
    made++;
    return __real_pthread_create(thread, attributes, run, arg);
}

static uint64_t read_clock(void *self)
{
    (void)self;
    return 0; /* long ago: who waits for a time waits no longer */
}

static const struct clock clock_stub = {.mono_ms = read_clock, .unix_ms = read_clock};

enum { JOBS = 100 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static int count;

static void count_it(struct work *work)
{
    (void)work;
    (void)pthread_mutex_lock(&lock);
    count++;
    (void)pthread_cond_signal(&done);
    (void)pthread_mutex_unlock(&lock);
}

static void run_jobs(struct workers *workers)
{
    struct work works[JOBS];

    count = 0;
    for (int i = 0; i < JOBS; i++) {
        works[i] = (struct work){.run = count_it};
        workers_post(workers, (enum lane)(i % LANES), &works[i]);
    }
    (void)pthread_mutex_lock(&lock);
    while (count < JOBS) {
        (void)pthread_cond_wait(&done, &lock);
    }
    (void)pthread_mutex_unlock(&lock);
}

static void goes_on_without_more_threads(void **state)
{
    struct workers *workers;
    struct err err;

    (void)state;
    none_to_have = false;
    made = 0;
    assert_int_equal(workers_open(&workers, &clock_stub, &err), OK);
    assert_int_equal(made, 1);
    none_to_have = true;
    run_jobs(workers);
    assert_int_equal(made, 1);
    none_to_have = false;
    run_jobs(workers);
    none_to_have = true;
    run_jobs(workers); /* those that were idle have ended, and one is there */
    workers_close(workers);
}

static void says_that_there_is_no_thread(void **state)
{
    struct workers *workers;
    struct err err;

    (void)state;
    none_to_have = true;
    assert_int_equal(workers_open(&workers, &clock_stub, &err), ERR_IO);
    assert_null(workers);
    assert_non_null(strstr(err.text, "thread_not_started"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_without_more_threads),
        cmocka_unit_test(says_that_there_is_no_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
