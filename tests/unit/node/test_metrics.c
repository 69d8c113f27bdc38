/* What Prometheus reads: values as they are, labels escaped, buckets that add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/api/metrics_divisions.h"

static void samples_are_written_as_prometheus_reads_them(void **state)
{
    const struct metric_label labels[] = {{"a", "x\"y\\z\nw"}, {"b", "林周县"}, {NULL, NULL}};
    struct buf text = BUF_EMPTY;
    struct metrics_text out = {&text, NULL};

    (void)state;
    metric_family(&out, "terrace_x", "gauge", "What it is.");
    metric_count(&out, NULL, UINT64_MAX);
    metric_count(&out, labels, 0);
    metric_ms(&out, NULL, -1500);
    metric_ms(&out, NULL, 7);
    metric_ms(&out, NULL, INT64_MIN);
    metric_yuan(&out, NULL, -5);
    buf_put_u8(&text, 0);
    assert_string_equal((const char *)text.data, "# HELP terrace_x What it is.\n"
                                                 "# TYPE terrace_x gauge\n"
                                                 "terrace_x 18446744073709551615\n"
                                                 "terrace_x{a=\"x\\\"y\\\\z\\nw\",b=\"林周县\"} 0\n"
                                                 "terrace_x -1.500\n"
                                                 "terrace_x 0.007\n"
                                                 "terrace_x -9223372036854775.808\n"
                                                 "terrace_x -0.05\n");
    buf_free(&text);
}

/* At both edges of each bucket; a sample beyond all bounds is counted all the same. */
static void each_sample_falls_into_one_bucket(void **state)
{
    (void)state;
    for (size_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        struct meter meter = {0};

        meter_commit(&meter, histogram_bound_ms(bucket));
        meter_commit(&meter, histogram_bound_ms(bucket) + 1);
        assert_int_equal(meter.commits.counts[bucket], 1);
        assert_int_equal(meter.commits.counts[bucket + 1], 1);
        assert_int_equal(meter.commits.count, 2);
        assert_int_equal(meter.commits.sum_ms, 2 * histogram_bound_ms(bucket) + 1);
    }
}

static void a_long_commit_is_a_stall(void **state)
{
    struct meter meter = {0};

    (void)state;
    meter_commit(&meter, METER_STALL_MS - 1);
    assert_int_equal(meter.stalls, 0);
    meter_commit(&meter, METER_STALL_MS);
    assert_int_equal(meter.stalls, 1);
}

static void a_clock_behind_the_authors_makes_it_no_time(void **state)
{
    struct meter meter = {0};

    (void)state;
    meter_arrival(&meter, 1000, 400);
    meter_arrival(&meter, 1000, 1003);
    assert_int_equal(meter.arrivals.counts[0], 1);
    assert_int_equal(meter.arrivals.counts[2], 1);
    assert_int_equal(meter.arrivals.sum_ms, 3);
}

static void buckets_add_up(void **state)
{
    struct buf text = BUF_EMPTY;
    struct metrics_text out = {&text, NULL};
    struct meter meter = {0};

    (void)state;
    meter_commit(&meter, 0);
    meter_commit(&meter, 2);
    meter_commit(&meter, UINT64_C(1) << 40);
    metric_family(&out, "terrace_commit_seconds", "histogram", "x");
    metric_histogram(&out, &meter.commits);
    buf_put_u8(&text, 0);
    assert_non_null(strstr((const char *)text.data, "_bucket{le=\"0.001\"} 1\n"));
    assert_non_null(strstr((const char *)text.data, "_bucket{le=\"0.002\"} 2\n"));
    assert_non_null(strstr((const char *)text.data, "_bucket{le=\"3600.000\"} 2\n"));
    assert_non_null(strstr((const char *)text.data, "_bucket{le=\"+Inf\"} 3\n"
                                                    "terrace_commit_seconds_sum 1099511627.778\n"
                                                    "terrace_commit_seconds_count 3\n"));
    buf_free(&text);
}

/* What it was not heard to say is missing, and no zero. */
static void a_division_that_was_not_heard_has_no_figures(void **state)
{
    const struct division_view views[] = {
        {.division = {"540121"},
         .state = DIVISION_WELL,
         .is_heard = true,
         .age_s = 7,
         .lsn = 12,
         .held_lsn = 10,
         .health = {.unconfirmed_s = 3, .backlog_fen = 125050}},
        {.division = {"540202"}, .state = DIVISION_UNKNOWN},
        {.division = {"540203"}, .state = DIVISION_OFF_LINE},
    };
    struct buf text = BUF_EMPTY;
    struct metrics_text out = {&text, NULL};

    (void)state;
    metric_divisions(&out, views, COUNT_OF(views));
    buf_put_u8(&text, 0);
    assert_non_null(strstr((const char *)text.data,
                           "terrace_division_well{division=\"540121\"} 1\n"
                           "terrace_division_well{division=\"540202\"} 0\n"
                           "terrace_division_well{division=\"540203\"} 0\n"));
    assert_non_null(strstr((const char *)text.data,
                           "terrace_division_known{division=\"540202\"} 0\n"
                           "terrace_division_known{division=\"540203\"} 1\n"));
    assert_non_null(strstr((const char *)text.data, "lag_entries{division=\"540121\"} 2\n# HELP"));
    assert_non_null(
        strstr((const char *)text.data, "lag_seconds{division=\"540121\"} 3.000\n# HELP"));
    assert_non_null(strstr((const char *)text.data, "backlog_yuan{division=\"540121\"} 1250.50\n"));
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_written_as_prometheus_reads_them),
        cmocka_unit_test(each_sample_falls_into_one_bucket),
        cmocka_unit_test(a_long_commit_is_a_stall),
        cmocka_unit_test(a_clock_behind_the_authors_makes_it_no_time),
        cmocka_unit_test(buckets_add_up),
        cmocka_unit_test(a_division_that_was_not_heard_has_no_figures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
