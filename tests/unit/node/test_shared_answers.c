/* test_shared_answers - what pages ask by themselves is answered once for many, and never too late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/api/shared_answers.h"
#include "tests/harness/hand_clock.h"

static struct hand_clock hand;
static struct service service;
static int runs;
static int http;
static size_t answer_bytes;

static int set_up(void **state)
{
    (void)state;
    hand = (struct hand_clock){.now_ms = 1000};
    service = (struct service){.clock = hand_clock_seam(&hand), .shared = shared_answers_open()};
    runs = 0;
    http = 200;
    answer_bytes = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shared_answers_close(service.shared);
    return 0;
}

/* --- one who asks --- */

struct asking {
    const char *path, *query;
    enum language language;
    bool is_somebody; /* it is not the page itself */
};

static const char *header(void *connection, const char *name)
{
    const struct asking *asking = connection;

    return strcmp(name, BACKGROUND_HEADER) == 0 && !asking->is_somebody ? "1" : NULL;
}

static void write_query(void *connection, struct buf *out)
{
    const struct asking *asking = connection;

    buf_append(out, asking->query, strlen(asking->query) + 1);
}

static void count_up(struct request *request, struct answer *answer)
{
    char text[32];

    (void)request;
    answer->http = http;
    answer->type = "application/json";
    (void)snprintf(text, sizeof text, "answer %d", ++runs);
    buf_append(&answer->body, text, strlen(text) + 1);
    for (size_t i = answer->body.size; i < answer_bytes; i++) {
        buf_put_u8(&answer->body, ' ');
    }
}

/* The number of the answer that comes. */
static int ask(enum shared shared, const struct asking *asking)
{
    struct asking copy = *asking;
    struct answer answer = {.http = 200, .body = BUF_EMPTY};
    struct request request = {.service = &service,
                              .method = "GET",
                              .path = asking->path,
                              .language = asking->language,
                              .connection = &copy,
                              .write_query = write_query,
                              .header = header};
    int number = 0;

    shared_answer(shared, count_up, &request, &answer);
    assert_string_equal(answer.type, "application/json");
    assert_true(answer.body.size >= answer_bytes);
    assert_int_equal(sscanf((const char *)answer.body.data, "answer %d", &number), 1);
    buf_free(&answer.body);
    return number;
}

static const struct asking tree = {"/status/tree", "", LANGUAGE_ZH, false};

/* --- tests --- */

static void test_within_a_moment_one_answer_serves_all(void **state)
{
    (void)state;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 1);
    hand.now_ms += SHARED_MS - 1;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 1);
    hand.now_ms += 1;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 2);
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 2);
}

static void test_what_the_store_says_is_good_until_it_says_another_thing(void **state)
{
    (void)state;
    assert_int_equal(ask(SHARED_WHILE_STORED, &tree), 1);
    hand.now_ms += SHARED_STORED_MS - 1;
    assert_int_equal(ask(SHARED_WHILE_STORED, &tree), 1);
    hand.now_ms += 1;
    assert_int_equal(ask(SHARED_WHILE_STORED, &tree), 2);
    hand.now_ms += SHARED_MS;
    shared_answers_committed(service.shared);
    assert_int_equal(ask(SHARED_WHILE_STORED, &tree), 3);
}

static void test_another_question_has_another_answer(void **state)
{
    const struct asking asked[] = {{"/status/tree", "", LANGUAGE_EN, false},
                                   {"/status", "", LANGUAGE_ZH, false},
                                   {"/status/tree", "limit=1", LANGUAGE_ZH, false}};

    (void)state;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 1);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_int_equal(ask(SHARED_A_MOMENT, &asked[i]), 2 + (int)i);
    }
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 1);
}

static void test_what_somebody_asks_is_made_for_him(void **state)
{
    struct asking somebody = tree;

    (void)state;
    somebody.is_somebody = true;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 1);
    assert_int_equal(ask(SHARED_A_MOMENT, &somebody), 2);
    assert_int_equal(ask(SHARED_NEVER, &tree), 3);
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 1);
}

static void test_an_error_is_not_kept(void **state)
{
    (void)state;
    http = 503;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 1);
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 2);
    http = 200;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 3);
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), 3);
}

static void test_what_is_kept_is_bounded(void **state)
{
    enum { ASKED = 3 * SHARED_KEPT };
    char query[ASKED][8];
    struct asking asked[ASKED];
    int kept = 0;

    (void)state;
    answer_bytes = SHARED_BYTES_MAX / 4;
    for (int i = 0; i < ASKED; i++) {
        (void)snprintf(query[i], sizeof query[i], "n=%d", i);
        asked[i] = (struct asking){"/report/chain", query[i], LANGUAGE_ZH, false};
        hand.now_ms += 1;
        (void)ask(SHARED_A_MOMENT, &asked[i]);
    }
    assert_int_equal(runs, ASKED);
    for (int i = ASKED - 4; i < ASKED; i++) {
        kept += ask(SHARED_A_MOMENT, &asked[i]) == i + 1;
    }
    assert_int_equal(kept, 4);
    assert_int_equal(ask(SHARED_A_MOMENT, &asked[ASKED - 5]), ASKED + 1);
    answer_bytes = SHARED_BYTES_MAX;
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), ASKED + 2);
    assert_int_equal(ask(SHARED_A_MOMENT, &tree), ASKED + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_within_a_moment_one_answer_serves_all, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_what_the_store_says_is_good_until_it_says_another_thing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_question_has_another_answer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_somebody_asks_is_made_for_him, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_error_is_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_kept_is_bounded, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
