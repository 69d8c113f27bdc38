/* health_test - how a node is, as bytes: what is said comes back, a quiet word is small, a long one
 * bounded, and what is no health is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/health.h"

static struct health quiet(void)
{
    return (struct health){
        .version = "0.1.0", .disk_free_mib = 20000, .disk_floor_mib = 64, .clock_ahead_ms = 3};
}

static struct health loud(void)
{
    struct health health = {.version = "123456789.12345",
                            .condition = HEALTH_CONDITIONS,
                            .disk_free_mib = UINT64_MAX,
                            .disk_floor_mib = UINT64_MAX,
                            .alarms = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
                            .clock_ahead_ms = INT64_MIN + 1,
                            .unconfirmed_entries = UINT64_MAX,
                            .unconfirmed_s = UINT32_MAX,
                            .backlog_entries = UINT64_MAX,
                            .backlog_s = UINT32_MAX,
                            .backlog_fen = -((int128)1 << 90),
                            .backlog_is_part = true,
                            .down_listed = HEALTH_DOWN_MAX,
                            .down_count = UINT32_MAX,
                            .accesses = UINT64_MAX,
                            .access_head = {{7, 8, 9}},
                            .accesses_cosigned = UINT64_MAX};

    health.worst.code = UINT32_MAX;
    health.worst.about = division_of("540121999");
    health.worst.seconds = UINT32_MAX;
    health.served_by = health.spell.by = division_of("540121999");
    health.served_s = health.spell.began_s = UINT32_MAX;
    health.spell.is_over = true;
    health.spell.ended_s = UINT32_MAX - 1;
    health.spell.lsn = UINT64_MAX;
    for (uint32_t i = 0; i < HEALTH_DOWN_MAX; i++) {
        health.down[i] =
            (struct health_child){division_of("540121999"), UINT32_MAX, HEALTH_LINK_PAUSED};
    }
    return health;
}

static void assert_same(const struct health *a, const struct health *b)
{
    assert_string_equal(a->version, b->version);
    assert_int_equal(a->condition, b->condition);
    assert_int_equal(a->disk_free_mib, b->disk_free_mib);
    assert_int_equal(a->disk_floor_mib, b->disk_floor_mib);
    assert_memory_equal(a->alarms, b->alarms, sizeof a->alarms);
    assert_int_equal(a->worst.code, b->worst.code);
    assert_true(division_equal(a->worst.about, b->worst.about));
    assert_int_equal(a->worst.seconds, b->worst.seconds);
    assert_true(a->clock_ahead_ms == b->clock_ahead_ms);
    assert_int_equal(a->unconfirmed_entries, b->unconfirmed_entries);
    assert_int_equal(a->unconfirmed_s, b->unconfirmed_s);
    assert_int_equal(a->backlog_entries, b->backlog_entries);
    assert_int_equal(a->backlog_s, b->backlog_s);
    assert_int_equal(a->accesses, b->accesses);
    assert_memory_equal(&a->access_head, &b->access_head, sizeof a->access_head);
    assert_int_equal(a->accesses_cosigned, b->accesses_cosigned);
    assert_true(division_equal(a->served_by, b->served_by));
    assert_int_equal(a->served_s, b->served_s);
    assert_true(division_equal(a->spell.by, b->spell.by));
    assert_int_equal(a->spell.began_s, b->spell.began_s);
    assert_int_equal(a->spell.is_over, b->spell.is_over);
    assert_int_equal(a->spell.ended_s, b->spell.ended_s);
    assert_int_equal(a->spell.lsn, b->spell.lsn);
    assert_true(a->backlog_fen == b->backlog_fen);
    assert_int_equal(a->backlog_is_part, b->backlog_is_part);
    assert_int_equal(a->down_listed, b->down_listed);
    assert_int_equal(a->down_count, b->down_count);
    for (uint32_t i = 0; i < a->down_listed; i++) {
        assert_true(division_equal(a->down[i].division, b->down[i].division));
        assert_int_equal(a->down[i].seconds, b->down[i].seconds);
        assert_int_equal(a->down[i].why, b->down[i].why);
    }
}

static void what_is_said_comes_back(void **state)
{
    const struct health cases[] = {{.version = ""}, quiet(), loud()};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf raw = BUF_EMPTY;
        struct health back;
        struct err err;

        health_encode(&raw, &cases[i]);
        assert_int_equal(health_decode(&back, buf_bytes(&raw), &err), OK);
        assert_same(&cases[i], &back);
        assert_false(health_is_news(&cases[i], &back));
        buf_free(&raw);
    }
}

/* 2.4 beats a minute: what a thin link bears. */
static void a_quiet_word_is_small_and_a_long_one_bounded(void **state)
{
    const struct health well = quiet(), all = loud();
    struct buf raw = BUF_EMPTY;

    (void)state;
    health_encode(&raw, &well);
    assert_in_range(raw.size, 1, 30);
    buf_clear(&raw);
    health_encode(&raw, &all);
    assert_in_range(raw.size, 30, HEALTH_BYTES_MAX);
    buf_free(&raw);
}

static void what_is_no_health_is_refused(void **state)
{
    static const struct {
        const char *name;
        struct bytes raw;
        enum status want;
    } cases[] = {
        {"nothing is all well", {NULL, 0}, OK},
        {"a version with a blank",
         {(const uint8_t *)"\x0a\x03"
                           "0 1",
          5},
         ERR_MALFORMED},
        {"a version too long",
         {(const uint8_t *)"\x0a\x10"
                           "0123456789012345",
          18},
         ERR_MALFORMED},
        {"a division that is none",
         {(const uint8_t *)"\x52\x02"
                           "ab",
          4},
         ERR_MALFORMED},
        {"a clock ahead and behind", {(const uint8_t *)"\x60\x01\x68\x01", 4}, ERR_MALFORMED},
        {"money in no short form", {(const uint8_t *)"\x92\x01\x02\x80\x00", 5}, ERR_MALFORMED},
        {"a child without a code", {(const uint8_t *)"\xa2\x01\x02\x10\x05", 5}, ERR_MALFORMED},
        {"cut short",
         {(const uint8_t *)"\x0a\x05"
                           "0.",
          4},
         ERR_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct health health;
        struct err err;
        const enum status got = health_decode(&health, cases[i].raw, &err);

        if (got != cases[i].want) {
            fail_msg("%s: gave %d, want %d", cases[i].name, got, cases[i].want);
        }
    }
}

static void more_than_a_beat_may_carry_is_refused(void **state)
{
    struct buf raw = BUF_EMPTY;
    struct health health;
    struct err err;

    (void)state;
    for (int i = 0; i <= HEALTH_DOWN_MAX; i++) {
        buf_append(&raw,
                   "\xa2\x01\x03\x0a\x01"
                   "A",
                   6);
    }
    assert_int_equal(health_decode(&health, buf_bytes(&raw), &err), ERR_TOO_LARGE);
    buf_clear(&raw);
    while (raw.size <= HEALTH_BYTES_MAX) {
        buf_put_u8(&raw, 0x18); /* an unknown field would do as well */
    }
    assert_int_equal(health_decode(&health, buf_bytes(&raw), &err), ERR_TOO_LARGE);
    buf_free(&raw);
}

static void only_what_an_operator_must_not_wait_for_is_news(void **state)
{
    static const struct {
        const char *name;
        bool want;
    } cases[] = {
        {"nothing", false},
        {"less disk", false},
        {"a clock that drifts", false},
        {"more backlog", false},
        {"an older worst alarm", false},
        {"the disk is full", true},
        {"an alarm more", true},
        {"another worst alarm", true},
        {"another version", true},
        {"a child is down", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct health before = quiet();
        struct health now = before;

        now.disk_free_mib -= i == 1;
        now.clock_ahead_ms += i == 2;
        now.backlog_entries += i == 3;
        now.worst.seconds += i == 4;
        now.condition |= i == 5 ? HEALTH_FULL : 0u;
        now.alarms[ALARM_WARNING] += i == 6;
        now.worst.code = i == 7 ? ALARM_DISK_LOW : ALARM_NONE;
        now.version[0] = i == 8 ? '1' : '0';
        now.down_listed = now.down_count = i == 9;
        now.down[0].division = division_of("540121");
        if (health_is_news(&before, &now) != cases[i].want) {
            fail_msg("%s: want %d", cases[i].name, cases[i].want);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_comes_back),
        cmocka_unit_test(a_quiet_word_is_small_and_a_long_one_bounded),
        cmocka_unit_test(what_is_no_health_is_refused),
        cmocka_unit_test(more_than_a_beat_may_carry_is_refused),
        cmocka_unit_test(only_what_an_operator_must_not_wait_for_is_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
