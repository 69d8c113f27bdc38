/* Wrong passwords: an account that is locked stays locked, and opens when its minute is over. And
 * how long a session lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "node/api/session.h"
#include "proto/log.h"
#include "tests/harness/hand_clock.h"

static struct hand_clock hand = {.now_ms = 1, .random = 42};

static enum status try_from(struct sessions *sessions, const char *name,
                            const struct operator_row *row, const char *password,
                            const char *address)
{
    struct sign_key key;
    struct err err;
    const struct login login = {name, row, bytes_text(password), address};
    const enum status status = session_unseal(sessions, &login, &key, &err);

    crypto_wipe(&key, sizeof key);
    return status;
}

static enum status try_password(struct sessions *sessions, const char *name,
                                const struct operator_row *row, const char *password)
{
    return try_from(sessions, name, row, password, "");
}

/* Somebody who can log in; `sealed` is freed by the test. */
static struct operator_row person(struct sessions *sessions, const char *name, struct buf *sealed)
{
    struct operator_row row = {.enabled = true};
    struct sign_key key;

    (void)snprintf(row.name, sizeof row.name, "%s", name);
    sign_key_generate(&key);
    session_seal(sessions, sealed, &key, bytes_text("right password"), "");
    row.key = key.public;
    row.sealed = buf_bytes(sealed);
    return row;
}

static void a_locked_account_outlives_many_other_names(void **state)
{
    const struct clock clock = hand_clock_seam(&hand);
    struct sessions *sessions = sessions_open(&clock);
    struct buf sealed = BUF_EMPTY;
    const struct operator_row row = person(sessions, "drolma", &sealed);

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(try_password(sessions, row.name, &row, "wrong password"), ERR_KEY);
    }
    assert_int_equal(try_password(sessions, row.name, &row, "right password"), ERR_LIMIT);
    for (int i = 0; i < 65; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "nobody%d", i);
        assert_int_equal(try_password(sessions, name, NULL, "guess"), ERR_KEY);
    }
    assert_int_equal(try_password(sessions, row.name, &row, "right password"), ERR_LIMIT);
    hand.now_ms += 60 * 1000;
    assert_int_equal(try_password(sessions, row.name, &row, "right password"), OK);
    buf_free(&sealed);
    sessions_close(sessions);
}

static void what_fails_over_the_network_does_not_lock_the_socket(void **state)
{
    const struct clock clock = hand_clock_seam(&hand);
    struct sessions *sessions = sessions_open(&clock);
    struct buf sealed = BUF_EMPTY;
    const struct operator_row row = person(sessions, "drolma", &sealed);

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(try_from(sessions, row.name, &row, "wrong", "192.0.2.7"), ERR_KEY);
    }
    assert_int_equal(try_from(sessions, row.name, &row, "right password", "192.0.2.8"), ERR_LIMIT);
    assert_int_equal(try_password(sessions, row.name, &row, "right password"), OK);
    buf_free(&sealed);
    sessions_close(sessions);
}

/* --- a flood --- */

enum { FLOODERS = 6 }; /* two that try, and four that wait */

struct flood {
    struct sessions *sessions;
    atomic_bool over;
    atomic_int next;
};

static enum status knock(struct flood *flood)
{
    char name[16], address[24];
    const int number = atomic_fetch_add(&flood->next, 1);

    (void)snprintf(name, sizeof name, "nobody%d", number);
    (void)snprintf(address, sizeof address, "10.1.%d.%d", number / 256 % 256, number % 256);
    return try_from(flood->sessions, name, NULL, "guess", address);
}

static void *keep_knocking(void *arg)
{
    struct flood *flood = arg;

    while (!atomic_load(&flood->over)) {
        (void)knock(flood);
    }
    return NULL;
}

/* Whoever comes then from the network is sent away; at the socket nobody is. */
static void a_flood_from_the_network_leaves_the_socket_its_place(void **state)
{
    const struct clock clock = hand_clock_seam(&hand);
    struct flood flood = {.sessions = sessions_open(&clock)};
    struct buf sealed = BUF_EMPTY;
    const struct operator_row row = person(flood.sessions, "drolma", &sealed);
    pthread_t flooders[FLOODERS];

    (void)state;
    for (size_t i = 0; i < FLOODERS; i++) {
        assert_int_equal(pthread_create(&flooders[i], NULL, keep_knocking, &flood), 0);
    }
    for (int i = 0; i < 3; i++) {
        while (knock(&flood) != ERR_BUSY) {
        }
        assert_int_equal(try_password(flood.sessions, row.name, &row, "right password"), OK);
    }
    atomic_store(&flood.over, true);
    for (size_t i = 0; i < FLOODERS; i++) {
        (void)pthread_join(flooders[i], NULL);
    }
    buf_free(&sealed);
    sessions_close(flood.sessions);
}

struct guess {
    struct sessions *sessions;
    const struct operator_row *row;
    char address[24];
    enum status status;
};

static void *guess_once(void *arg)
{
    struct guess *guess = arg;

    guess->status =
        try_from(guess->sessions, guess->row->name, guess->row, "wrong password", guess->address);
    return NULL;
}

/* A minute after it was closed one may be tried. Many at once are no more than run at once. */
static void guesses_at_one_moment_are_no_more_than_guesses_in_a_row(void **state)
{
    enum { GUESSES = 6, AT_ONCE = 2 };
    const struct clock clock = hand_clock_seam(&hand);
    struct sessions *sessions = sessions_open(&clock);
    struct buf sealed = BUF_EMPTY;
    const struct operator_row row = person(sessions, "drolma", &sealed);
    struct guess guesses[GUESSES];
    pthread_t threads[GUESSES];
    int tried = 0;

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(try_from(sessions, row.name, &row, "wrong password", "10.0.0.1"), ERR_KEY);
    }
    hand.now_ms += 60 * 1000;
    for (int i = 0; i < GUESSES; i++) {
        guesses[i] = (struct guess){.sessions = sessions, .row = &row};
        (void)snprintf(guesses[i].address, sizeof guesses[i].address, "10.0.1.%d", i);
        assert_int_equal(pthread_create(&threads[i], NULL, guess_once, &guesses[i]), 0);
    }
    for (int i = 0; i < GUESSES; i++) {
        (void)pthread_join(threads[i], NULL);
        tried += guesses[i].status == ERR_KEY;
    }
    assert_in_range(tried, 1, AT_ONCE);
    buf_free(&sealed);
    sessions_close(sessions);
}

/* --- sessions --- */

static void log_in(struct sessions *sessions, const struct operator_row *row, const char *address,
                   char token[SESSION_TOKEN_MAX])
{
    const struct login login = {row->name, row, bytes_text("right password"), address};
    struct err err;

    assert_int_equal(session_login(sessions, &login, token, &err), OK);
}

static void a_session_ends_when_idle_and_at_the_end_of_its_life(void **state)
{
    const struct clock clock = hand_clock_seam(&hand);
    struct sessions *sessions = sessions_open(&clock);
    struct buf sealed = BUF_EMPTY;
    const struct operator_row row = person(sessions, "drolma", &sealed);
    char token[SESSION_TOKEN_MAX];
    struct session_view view;

    (void)state;
    log_in(sessions, &row, "", token);
    hand.now_ms += SESSION_IDLE_MS - 1;
    assert_true(session_know(sessions, token, true, &view));
    hand.now_ms += SESSION_IDLE_MS - 1;
    assert_true(session_know(sessions, token, false, &view)); /* asked by a page by itself */
    hand.now_ms += 1;
    assert_false(session_know(sessions, token, false, &view));

    log_in(sessions, &row, "", token);
    for (uint64_t used = 0; used < SESSION_LIFE_MS; used += SESSION_IDLE_MS / 2) {
        assert_true(session_know(sessions, token, true, &view));
        hand.now_ms += SESSION_IDLE_MS / 2;
    }
    assert_false(session_know(sessions, token, true, &view));
    buf_free(&sealed);
    sessions_close(sessions);
}

static void sessions_are_listed_and_one_of_them_ended(void **state)
{
    const struct clock clock = hand_clock_seam(&hand);
    struct sessions *sessions = sessions_open(&clock);
    struct session_view *list = calloc(SESSIONS_MAX, sizeof *list), view;
    struct buf sealed[2] = {BUF_EMPTY, BUF_EMPTY};
    const struct operator_row drolma = person(sessions, "drolma", &sealed[0]);
    const struct operator_row tashi = person(sessions, "tashi", &sealed[1]);
    char first[SESSION_TOKEN_MAX], second[SESSION_TOKEN_MAX];

    (void)state;
    assert_non_null(list);
    log_in(sessions, &drolma, "192.0.2.7", first);
    log_in(sessions, &tashi, "", second);
    assert_int_equal(session_list(sessions, list), 2);
    assert_string_equal(list[0].name, "drolma");
    assert_string_equal(list[0].address, "192.0.2.7");
    assert_int_equal(list[0].until_unix_ms - list[0].begun_unix_ms, SESSION_LIFE_MS);
    assert_true(session_end_one(sessions, list[0].id));
    assert_false(session_end_one(sessions, list[0].id));
    assert_false(session_know(sessions, first, true, &view));
    assert_true(session_know(sessions, second, true, &view));
    free(list);
    buf_free(&sealed[0]);
    buf_free(&sealed[1]);
    sessions_close(sessions);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locked_account_outlives_many_other_names),
        cmocka_unit_test(what_fails_over_the_network_does_not_lock_the_socket),
        cmocka_unit_test(a_flood_from_the_network_leaves_the_socket_its_place),
        cmocka_unit_test(guesses_at_one_moment_are_no_more_than_guesses_in_a_row),
        cmocka_unit_test(a_session_ends_when_idle_and_at_the_end_of_its_life),
        cmocka_unit_test(sessions_are_listed_and_one_of_them_ended),
    };
    struct err err;

    if (crypto_init(&err) != OK) {
        return 1;
    }
    log_open(LOG_LEVEL_NONE, "");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
