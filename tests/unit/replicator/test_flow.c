/* test_flow - windows, credit and buckets, by rows. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/block.h"
#include "replicator/session/bucket.h"
#include "replicator/stream/flow.h"

static void blocks_leave_within_credit_and_window(void **state)
{
    static const struct {
        const char *name;
        uint64_t credit, sent, given; /* at first; so many bytes; and credit after it */
        size_t size;
        bool in_flight, want;
    } cases[] = {
        {"no credit", 0, 0, 0, 1, false, false},
        {"no credit is left", 1000, 1000, 0, 1, false, false},
        {"a large one alone", 100, 0, 0, 500000, false, true},
        {"a large one, with others on the way", 100, 50, 0, 500000, true, false},
        {"as much as the credit", 1000, 400, 0, 600, true, true},
        {"one byte more", 1000, 400, 0, 601, true, false},
        {"as much as the window", 1 << 20, 60000, 0, 5536, true, true},
        {"one byte more than it", 1 << 20, 60000, 0, 5537, true, false},
        {"credit given back makes room", 1 << 20, 60000, (1 << 20) + 10000, 15536, true, true},
        {"credit that was withheld at first", 0, 0, 1000, 1000, false, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flow flow = {0};
        flow_begin(&flow, cases[i].credit);
        if (cases[i].sent > 0) {
            flow_sent(&flow, cases[i].sent, true, 0);
            flow.window_mark = UINT64_MAX; /* not to grow in this test */
        }
        if (cases[i].given > 0) {
            assert_true(flow_credited(&flow, cases[i].given, 1));
        }
        if (flow_may_send(&flow, cases[i].size, cases[i].in_flight) != cases[i].want) {
            fail_msg("%s", cases[i].name);
        }
    }
}

static void the_window_follows_the_round_trips(void **state)
{
    static const struct {
        const char *name;
        uint64_t round_trip_ms, want;
    } cases[] = {
        {"short ones double it", 499, 2 * WINDOW_BYTES_MIN},
        {"others leave it", 500, WINDOW_BYTES_MIN},
        {"it is never less than at first", 60000, WINDOW_BYTES_MIN},
    };
    struct flow flow = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        flow_begin(&flow, 1 << 20);
        flow_sent(&flow, 1000, false, 100);
        assert_true(flow_credited(&flow, (1 << 20) + 1000, 100 + cases[i].round_trip_ms));
        if (flow.window != cases[i].want) {
            fail_msg("%s: %" PRIu64, cases[i].name, flow.window);
        }
    }
    flow_begin(&flow, 1 << 20);
    flow.window = 1 << 20;
    flow_sent(&flow, 1000, false, 100);
    assert_true(flow_credited(&flow, (1 << 20) + 1000, 100 + 2001));
    assert_int_equal(flow.window, 1 << 19);
    assert_false(flow_credited(&flow, (1 << 20) + 1000, 5000)); /* the same again */
}

static void patience_follows_the_round_trip_and_the_stalls(void **state)
{
    static const struct {
        uint64_t rtt_ms;
        uint32_t stalls;
        uint64_t want;
    } cases[] = {
        {0, 0, STUCK_MS_MIN},     {10, 0, STUCK_MS_MIN},     {2000, 0, 8000},
        {0, 2, 4 * STUCK_MS_MIN}, {0, 6, 64 * STUCK_MS_MIN}, {0, 4000, 64 * STUCK_MS_MIN},
        {2000, 1, 16000},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flow flow = {0};
        flow_round_trip(&flow, cases[i].rtt_ms);
        assert_int_equal(flow_stuck_ms(&flow, cases[i].stalls), cases[i].want);
    }
}

static void nothing_is_taken_that_was_not_granted(void **state)
{
    struct allowance allowance = {0};

    (void)state;
    assert_false(allowance_take(&allowance, 1));
    allowance = (struct allowance){0};
    assert_int_equal(allowance_grant(&allowance, 1000, true), 0); /* withheld */
    assert_false(allowance_take(&allowance, 1));
    allowance = (struct allowance){0};
    assert_int_equal(allowance_grant(&allowance, 1000, false), 1000);
    assert_true(allowance_take(&allowance, 1000 + BLOCK_BYTES_MAX)); /* one may go past it */
    assert_false(allowance_take(&allowance, 1));
    allowance = (struct allowance){600, 600, 1000};
    assert_int_equal(allowance_grant(&allowance, 1000, true), 1000);
    assert_int_equal(allowance_grant(&allowance, 1000, false), 1600);
}

static void a_bucket_fills_with_time_up_to_its_brim(void **state)
{
    static const struct {
        const char *name;
        int64_t from;
        uint64_t elapsed_ms;
        int64_t want;
    } cases[] = {
        {"a second of five blocks", 0, 1000, 5000},
        {"no time", 123, 0, 123},
        {"full is full", 49000, 5000, 50000},
        {"a debt is paid", -50000, 10000, 0},
        {"the deepest, in its time", -18000000, 3610000, 50000},
        {"and however long it is not looked at", 0, UINT64_MAX / 2, 50000},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bucket bucket = {cases[i].from, 1000};
        bucket_fill(&bucket, 5, 1000 + cases[i].elapsed_ms);
        if (bucket.milli != cases[i].want) {
            fail_msg("%s: %" PRId64, cases[i].name, bucket.milli);
        }
    }
}

static void a_debt_is_never_deeper_than_an_hour(void **state)
{
    struct bucket bucket;

    (void)state;
    bucket_init(&bucket, 5, 0);
    assert_int_equal(bucket.milli, 50000);
    bucket_pay(&bucket, 5, 60000);
    assert_int_equal(bucket.milli, -10000);
    bucket_pay(&bucket, 5, UINT64_MAX);
    assert_int_equal(bucket.milli, -18000000);
    bucket_pay(&bucket, 5, 1);
    assert_int_equal(bucket.milli, -18000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_leave_within_credit_and_window),
        cmocka_unit_test(the_window_follows_the_round_trips),
        cmocka_unit_test(patience_follows_the_round_trip_and_the_stalls),
        cmocka_unit_test(nothing_is_taken_that_was_not_granted),
        cmocka_unit_test(a_bucket_fills_with_time_up_to_its_brim),
        cmocka_unit_test(a_debt_is_never_deeper_than_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
