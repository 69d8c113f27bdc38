/* test_alarms - what is open, what a restart, a check and a person end, and what rows there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/alarm_flaps.h"
#include "node/core/alarm_rows.h"
#include "node/store/store_memory.h"
#include "proto/log.h"
#include "tests/harness/commit.h"
#include "tests/unit/node/office.h"

static const struct division LHASA = {"540100"}, SHIGATSE = {"540200"};

/* The alarms of a node that does nothing else. */
struct desk {
    struct store store;
    struct clock clock;
    uint64_t now_ms;
    struct txn *txn;
    struct alarms *alarms;
    char heard[512]; /* changes, in order */
};

static uint64_t desk_ms(void *self)
{
    return ((struct desk *)self)->now_ms;
}

static void desk_hears(void *arg, const struct alarm *alarm)
{
    struct desk *desk = arg;
    const size_t used = strlen(desk->heard);

    (void)snprintf(desk->heard + used, sizeof desk->heard - used, "%s%s/%s/%s ",
                   alarm->cleared_unix_ms != 0 ? "-" : "+", alarm_info(alarm->code)->name,
                   alarm->about.code, alarm->message);
}

static void desk_start(struct desk *desk)
{
    struct err err;

    desk->txn = txn_open(&desk->store, NULL);
    if (alarms_open(&desk->alarms, &desk->clock, (struct alarms_sink){desk_hears, desk}, desk->txn,
                    &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void desk_stop(struct desk *desk)
{
    alarms_close(desk->alarms);
    txn_free(desk->txn);
}

static void desk_open(struct desk *desk)
{
    memset(desk, 0, sizeof *desk);
    desk->now_ms = 1000000;
    desk->clock = (struct clock){desk, desk_ms, desk_ms, desk_ms};
    store_memory_open(&desk->store);
    desk_start(desk);
}

static void desk_close(struct desk *desk)
{
    desk_stop(desk);
    desk->store.ops->close(desk->store.self);
}

/* One turn; the number of rows it writes. `busy`: it commits something else too. */
static size_t desk_turn(struct desk *desk, bool busy)
{
    const struct batch batch = (alarms_stage(desk->alarms, desk->txn, busy), txn_batch(desk->txn));
    const size_t rows = batch.count;

    commit_claiming(&desk->store, &batch);
    txn_committed(desk->txn);
    return rows;
}

static void desk_restart(struct desk *desk)
{
    desk_stop(desk);
    desk_start(desk);
}

static const struct alarm *only(const struct desk *desk)
{
    assert_int_equal(alarms_count(desk->alarms), 1);
    return alarms_at(desk->alarms, 0);
}

struct past {
    size_t count;
    struct alarm first;
};

static bool take_past(void *arg, const struct alarm *alarm)
{
    struct past *past = arg;

    if (past->count++ == 0) {
        past->first = *alarm;
    }
    return true;
}

static struct past past_of(const struct desk *desk)
{
    struct past past = {0};
    uint64_t next;

    alarms_each_past(desk->txn, 0, take_past, &past, &next);
    assert_int_equal(next, 0);
    return past;
}

static void each_code_has_a_name_and_an_end(void **state)
{
    (void)state;
    for (int code = 1; code < ALARM_CODES; code++) {
        const struct alarm_info *info = alarm_info((enum alarm_code)code);

        if (info->name == NULL || (int)alarm_by_name(info->name) != code || info->ends == 0) {
            fail_msg("alarm %d has no row of its own", code);
        }
        if (info->is_of_money &&
            ((info->ends & ALARM_AT_RESTART) != 0 || (info->ends & ALARM_BY_ACK) == 0)) {
            fail_msg("%s is of money and ends otherwise than it may", info->name);
        }
    }
    assert_int_equal(alarm_by_name("no such name"), ALARM_NONE);
    assert_true((alarm_info((enum alarm_code)999)->ends & ALARM_AT_RESTART) == 0);
}

static void an_alarm_survives_a_restart(void **state)
{
    struct desk desk;
    const struct alarm *alarm;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "little_space free_mib=%d", 3);
    desk.now_ms += 5;
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "little_space free_mib=%d", 2);
    assert_true(desk_turn(&desk, true) > 0);
    desk_restart(&desk);
    alarm = only(&desk);
    assert_int_equal(alarm->code, ALARM_DISK_LOW);
    assert_true(division_equal(alarm->about, LHASA));
    assert_int_equal(alarm->first_unix_ms, 1000000);
    assert_int_equal(alarm->last_unix_ms, 1000005);
    assert_int_equal(alarm->count, 2);
    assert_string_equal(alarm->message, "little_space\x1f"
                                        "free_mib=2");
    desk_close(&desk);
}

/* What a session saw is over with it; what is of money is not. */
static void a_restart_ends_what_is_of_a_session_and_nothing_of_money(void **state)
{
    struct desk desk;
    struct past past;

    (void)state;
    desk_open(&desk);
    for (int code = 1; code < ALARM_CODES; code++) {
        alarms_raise(desk.alarms, (enum alarm_code)code, LHASA, "met code=%d", code);
    }
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    for (int code = 1; code < ALARM_CODES; code++) {
        const bool ends = (alarm_info((enum alarm_code)code)->ends & ALARM_AT_RESTART) != 0;
        bool is_open = false;

        for (size_t i = 0; i < alarms_count(desk.alarms); i++) {
            is_open |= (int)alarms_at(desk.alarms, i)->code == code;
        }
        if (is_open == ends) {
            fail_msg("%s: open after a restart: %d", alarm_info((enum alarm_code)code)->name,
                     is_open);
        }
    }
    (void)desk_turn(&desk, true);
    past = past_of(&desk);
    assert_int_equal(past.count + alarms_count(desk.alarms), ALARM_CODES - 1);
    desk_close(&desk);
}

static void the_check_that_raised_it_ends_it(void **state)
{
    struct desk desk;
    struct past past;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_STATE_DIFFERS, LHASA, "digest_differs lsn=%d", 4);
    alarms_raise(desk.alarms, ALARM_STATE_DIFFERS, SHIGATSE, "digest_differs lsn=%d", 5);
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    desk.now_ms += 7;
    alarms_clear(desk.alarms, ALARM_STATE_DIFFERS, LHASA);
    assert_true(division_equal(only(&desk)->about, SHIGATSE));
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    assert_true(division_equal(only(&desk)->about, SHIGATSE));
    past = past_of(&desk);
    assert_int_equal(past.count, 1);
    assert_int_equal(past.first.cleared_unix_ms, 1000007);
    assert_int_equal(past.first.acked_unix_ms, 0);
    desk_close(&desk);
}

static void an_acknowledgement_is_recorded_and_ends_what_no_check_ends(void **state)
{
    struct desk desk;
    struct past past;
    struct err err;
    bool cleared;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_BAD_ENTRY, LHASA, "entry_books_nothing lsn=%d", 2);
    alarms_raise(desk.alarms, ALARM_DISK_FULL, LHASA, "little_space free_mib=%d", 0);
    desk.now_ms += 3;
    assert_int_equal(alarms_ack(desk.alarms, 1, "wang", &cleared, &err), OK);
    assert_true(cleared);
    assert_int_equal(alarms_ack(desk.alarms, 2, "li", &cleared, &err), OK);
    assert_false(cleared); /* the disk is still full */
    assert_int_equal(alarms_ack(desk.alarms, 1, "li", &cleared, &err), ERR_NOT_FOUND);
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    assert_string_equal(only(&desk)->acked_by, "li");
    assert_int_equal(only(&desk)->acked_unix_ms, 1000003);
    past = past_of(&desk);
    assert_int_equal(past.count, 1);
    assert_int_equal(past.first.code, ALARM_BAD_ENTRY);
    assert_string_equal(past.first.acked_by, "wang");
    assert_int_equal(past.first.acked_unix_ms, 1000003);
    desk_close(&desk);
}

enum { HOUR_MS = 3600 * 1000 };

/* Off the screens until then; it stays open, counts on, and comes back without anybody's hand. */
static void a_silenced_alarm_counts_on_and_comes_back(void **state)
{
    struct desk desk;
    struct err err;
    uint64_t id;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "little_space free_mib=%d", 3);
    (void)desk_turn(&desk, true);
    id = only(&desk)->id;
    assert_true(alarms_next_tick(desk.alarms) == UINT64_MAX);
    assert_int_equal(alarms_silence(desk.alarms, id, 1000000 + HOUR_MS, "wang", &err), OK);
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    assert_true(only(&desk)->silenced_unix_ms == 1000000 + HOUR_MS);
    assert_string_equal(only(&desk)->silenced_by, "wang");
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "little_space free_mib=%d", 2);
    assert_int_equal(only(&desk)->count, 2);
    assert_true(alarms_next_tick(desk.alarms) != UINT64_MAX);
    desk.now_ms += HOUR_MS - 1;
    (void)desk_turn(&desk, true);
    assert_true(only(&desk)->silenced_unix_ms != 0);
    desk.now_ms += 1;
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    assert_true(only(&desk)->silenced_unix_ms == 0);
    assert_string_equal(only(&desk)->silenced_by, "");
    assert_int_equal(only(&desk)->count, 2);
    assert_int_equal(alarms_silence(desk.alarms, id, desk.now_ms + HOUR_MS, "wang", &err), OK);
    assert_int_equal(alarms_silence(desk.alarms, id, 0, "li", &err), OK);
    assert_true(only(&desk)->silenced_unix_ms == 0);
    desk_close(&desk);
}

static void nothing_of_money_and_nothing_for_ever_is_silenced(void **state)
{
    struct desk desk;
    struct err err;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "little_space free_mib=%d", 3);
    assert_int_equal(alarms_silence(desk.alarms, 1, desk.now_ms, "wang", &err), ERR_REFUSED);
    assert_int_equal(
        alarms_silence(desk.alarms, 1,
                       desk.now_ms + 1 + (uint64_t)ALARMS_SILENCE_DAYS_MAX * 24 * HOUR_MS, "wang",
                       &err),
        ERR_REFUSED);
    assert_int_equal(alarms_silence(desk.alarms, 7, desk.now_ms + 1, "wang", &err), ERR_NOT_FOUND);
    for (int code = 1; code < ALARM_CODES; code++) {
        const enum status want = alarm_info((enum alarm_code)code)->is_of_money ? ERR_REFUSED : OK;

        alarms_raise(desk.alarms, (enum alarm_code)code, SHIGATSE, "met code=%d", code);
        for (size_t i = 0; i < alarms_count(desk.alarms); i++) {
            const struct alarm *alarm = alarms_at(desk.alarms, i);

            if ((int)alarm->code == code && division_equal(alarm->about, SHIGATSE)) {
                assert_int_equal(
                    alarms_silence(desk.alarms, alarm->id, desk.now_ms + HOUR_MS, "wang", &err),
                    want);
            }
        }
    }
    desk_close(&desk);
}

static struct division division_number(int number)
{
    char code[12];

    (void)snprintf(code, sizeof code, "%d", 500000 + number);
    return division_of(code);
}

static void the_three_hundredth_is_listed_as_the_first(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    for (int i = 0; i < 300; i++) {
        alarms_raise(desk.alarms, ALARM_STATE_DIFFERS, division_number(i), "digest_differs lsn=1");
    }
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    assert_int_equal(alarms_count(desk.alarms), 300);
    assert_true(division_equal(alarms_at(desk.alarms, 299)->about, division_number(299)));
    desk_close(&desk);
}

/* Beyond the bounds nothing is hidden: a summary counts what is not listed. */
static void what_is_not_listed_is_counted(void **state)
{
    struct desk desk;
    const struct alarm *last;
    struct err err;
    bool cleared;

    (void)state;
    desk_open(&desk);
    for (int i = 0; i < ALARMS_EACH_MAX + 44; i++) {
        alarms_raise(desk.alarms, ALARM_BELOW_ZERO, LHASA, "balance_below_zero lsn=%d", i);
        alarms_raise(desk.alarms, ALARM_BELOW_ZERO, LHASA, "balance_below_zero lsn=%d", i / 2);
    }
    assert_int_equal(alarms_count(desk.alarms), ALARMS_EACH_MAX + 1);
    last = alarms_at(desk.alarms, ALARMS_EACH_MAX);
    assert_true(last->is_summary);
    assert_true(division_equal(last->about, LHASA));
    assert_int_equal(last->count, 44);
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    last = alarms_at(desk.alarms, ALARMS_EACH_MAX);
    assert_int_equal(last->count, 44);
    assert_int_equal(alarms_ack(desk.alarms, last->id, "li", &cleared, &err), OK);
    assert_true(cleared);
    desk_close(&desk);

    desk_open(&desk);
    for (int i = 0; i < ALARMS_OPEN_MAX + 10; i++) {
        alarms_raise(desk.alarms, ALARM_CLOCK_SKEW, division_number(i), "clock_differs seconds=9");
    }
    alarms_raise(desk.alarms, ALARM_FORK, LHASA, "two_blocks_signed lsn=1");
    assert_int_equal(alarms_count(desk.alarms), ALARMS_OPEN_MAX + 2);
    for (size_t i = 0; i < alarms_count(desk.alarms); i++) {
        const struct alarm *alarm = alarms_at(desk.alarms, i);

        if (alarm->is_summary) {
            assert_true(division_is_none(alarm->about));
            assert_int_equal(alarm->count, alarm->code == ALARM_FORK ? 1 : 10);
        }
    }
    desk_close(&desk);
}

static void the_history_keeps_the_last_ten_thousand(void **state)
{
    struct desk desk;
    struct past past;
    uint64_t next;

    (void)state;
    desk_open(&desk);
    for (int i = 1; i <= ALARMS_HISTORY_MAX + 50; i++) {
        alarms_raise(desk.alarms, ALARM_FLOOD, division_number(i), "flood_met number=%d", i);
        alarms_clear(desk.alarms, ALARM_FLOOD, division_number(i));
        if (i % 500 == 0) {
            (void)desk_turn(&desk, true);
        }
    }
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    past = past_of(&desk);
    assert_int_equal(past.count, ALARMS_HISTORY_MAX);
    assert_int_equal(past.first.id, ALARMS_HISTORY_MAX + 50);
    past.count = 0;
    alarms_each_past(desk.txn, 52, take_past, &past, &next); /* the oldest that is kept is 51 */
    assert_int_equal(past.count, 1);
    assert_int_equal(past.first.id, 51);
    assert_int_equal(next, 0);
    desk_close(&desk);
}

/* A child says now that it is unwell and now that it is not, every half minute for a day. */
static void what_comes_and_goes_is_one_alarm_and_fills_no_history(void **state)
{
    enum { HALF_MINUTES = 24 * 120 };
    struct desk desk;
    struct past past;
    int told = 0;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_LIMIT, SHIGATSE, "another");
    alarms_clear(desk.alarms, ALARM_LIMIT, SHIGATSE);
    for (int i = 0; i < HALF_MINUTES; i++) {
        if (i % 2 == 0) {
            alarms_raise(desk.alarms, ALARM_DIVISION_UNWELL, LHASA, "unwell");
        } else {
            alarms_clear(desk.alarms, ALARM_DIVISION_UNWELL, LHASA);
        }
        (void)desk_turn(&desk, i % 3 == 0);
        for (const char *at = desk.heard; (at = strstr(at, "division_unwell")) != NULL; at++) {
            told++;
        }
        desk.heard[0] = '\0';
        desk.now_ms += 30000;
    }
    assert_in_range(told, 1, 2 * (ALARM_RETURNS_FREE + 1) + 1);
    assert_int_equal(only(&desk)->count, HALF_MINUTES / 2);
    assert_int_equal(only(&desk)->first_unix_ms, 1000000);
    past = past_of(&desk);
    assert_int_equal(past.count, 1); /* the other one */
    assert_int_equal(past.first.code, ALARM_LIMIT);
    desk_close(&desk);
}

/* It ends once it was quiet for as long as it is held, without anybody asking again. */
static void what_came_back_often_ends_when_it_was_quiet(void **state)
{
    struct desk desk;
    struct past past;
    uint64_t id;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_CLOCK_SKEW, LHASA, "skew");
    id = only(&desk)->id;
    for (int i = 0; i <= ALARM_RETURNS_FREE; i++) {
        alarms_clear(desk.alarms, ALARM_CLOCK_SKEW, LHASA);
        assert_int_equal(alarms_count(desk.alarms), 0); /* a few times at once */
        (void)desk_turn(&desk, i % 2 == 0);
        desk.now_ms += 1000;
        alarms_raise(desk.alarms, ALARM_CLOCK_SKEW, LHASA, "skew");
        (void)desk_turn(&desk, i % 2 == 0);
    }
    assert_int_equal(only(&desk)->id, id);
    assert_int_equal(past_of(&desk).count, 0);
    alarms_clear(desk.alarms, ALARM_CLOCK_SKEW, LHASA);
    assert_int_equal(alarms_count(desk.alarms), 1);
    (void)desk_turn(&desk, true);
    assert_int_equal(alarms_next_tick(desk.alarms), desk.now_ms + ALARM_HOLD_MS_FIRST);
    desk.now_ms += ALARM_HOLD_MS_FIRST;
    (void)desk_turn(&desk, true);
    assert_int_equal(alarms_count(desk.alarms), 0);
    past = past_of(&desk);
    assert_int_equal(past.count, 1);
    assert_int_equal(past.first.id, id);
    assert_int_equal(past.first.count, ALARM_RETURNS_FREE + 2);
    desk.now_ms += ALARM_AGAIN_MS; /* by now it is another one */
    alarms_raise(desk.alarms, ALARM_CLOCK_SKEW, LHASA, "skew");
    assert_true(only(&desk)->id != id);
    alarms_clear(desk.alarms, ALARM_CLOCK_SKEW, LHASA);
    assert_int_equal(alarms_count(desk.alarms), 0);
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    assert_int_equal(past_of(&desk).count, 2);
    desk_close(&desk);
}

/* A cause that lasts costs a row a minute; a change on an idle node waits a minute at most. */
static void rows_are_written_when_something_changed(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    assert_int_equal(desk_turn(&desk, true), 0);
    alarms_raise(desk.alarms, ALARM_FORK, LHASA, "two_blocks_signed lsn=1");
    assert_int_equal(desk_turn(&desk, false), 0); /* no commit of its own for it */
    assert_int_equal(alarms_next_tick(desk.alarms), desk.now_ms + ALARMS_ALONE_MS);
    desk.now_ms += ALARMS_ALONE_MS;
    assert_int_equal(desk_turn(&desk, false), 2); /* the alarm and the counters */
    assert_int_equal(alarms_next_tick(desk.alarms), UINT64_MAX);
    desk.now_ms += 2 * ALARMS_ALONE_MS;
    alarms_raise(desk.alarms, ALARM_FORK, LHASA, "two_blocks_signed lsn=1");
    assert_int_equal(desk_turn(&desk, false), 0); /* that it lasts is not worth a commit */
    desk_close(&desk);
}

static void a_repeated_alarm_is_written_once_a_minute(void **state)
{
    struct desk desk;
    size_t rows = 0;

    (void)state;
    desk_open(&desk);
    for (int second = 0; second < 600; second++) {
        alarms_raise(desk.alarms, ALARM_FORK, LHASA, "two_blocks_signed lsn=1");
        rows += desk_turn(&desk, true);
        desk.now_ms += 1000;
    }
    assert_in_range(rows, 10, 13);
    desk_close(&desk);
}

static void a_damaged_row_stops_the_start(void **state)
{
    struct desk desk;
    struct err err;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_FORK, LHASA, "two_blocks_signed lsn=1");
    (void)desk_turn(&desk, true);
    (void)txn_put(desk.txn, SPACE_LOCAL, bytes_text("a2345678"), bytes_text("?"));
    (void)desk_turn(&desk, true);
    alarms_close(desk.alarms);
    assert_int_equal(
        alarms_open(&desk.alarms, &desk.clock, (struct alarms_sink){0}, desk.txn, &err),
        ERR_CORRUPT);
    assert_null(desk.alarms);
    desk_close(&desk);
}

/* New ones and cleared ones, once each; by a check, by a person, by a restart. */
static void each_change_is_told_once(void **state)
{
    struct desk desk;
    struct err err;
    bool cleared;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "low");
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "lower");
    assert_string_equal(desk.heard, "+disk_low/540100/low ");
    desk.heard[0] = '\0';
    alarms_clear(desk.alarms, ALARM_DISK_LOW, LHASA);
    alarms_clear(desk.alarms, ALARM_DISK_LOW, LHASA);
    assert_string_equal(desk.heard, "-disk_low/540100/lower ");
    desk.heard[0] = '\0';
    alarms_raise(desk.alarms, ALARM_FORK, LHASA, "fork");
    assert_int_equal(alarms_ack(desk.alarms, alarms_at(desk.alarms, 0)->id, "a", &cleared, &err),
                     OK);
    alarms_raise(desk.alarms, ALARM_BAD_FRAME, SHIGATSE, "frame");
    (void)desk_turn(&desk, true);
    desk_restart(&desk);
    assert_string_equal(desk.heard, "+fork/540100/fork -fork/540100/fork "
                                    "+bad_frame/540200/frame -bad_frame/540200/frame ");
    desk_close(&desk);
}

/* A node that commits nothing else, and stops: the last turn writes what waits. */
static void a_last_turn_waits_for_nothing(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    alarms_raise(desk.alarms, ALARM_DISK_LOW, LHASA, "low");
    assert_int_equal(desk_turn(&desk, false), 0);
    alarms_hurry(desk.alarms);
    assert_true(desk_turn(&desk, false) > 0);
    desk.heard[0] = '\0';
    desk_restart(&desk);
    alarms_clear(desk.alarms, ALARM_DISK_LOW, LHASA);
    assert_string_equal(desk.heard, "-disk_low/540100/low ");
    desk_close(&desk);
}

/* The same through a node: raised in a turn that commits, there after a restart. */
static void a_node_keeps_its_alarms(void **state)
{
    struct office *office = office_open(false);
    struct work work = {.count = 0};
    const struct alarms *alarms;

    (void)state;
    alarms_raise(node_alarms(office->node), ALARM_EDGE_DIFFERS, LHASA, "edge_differs why=%s",
                 "amounts_differ");
    alarms_raise(node_alarms(office->node), ALARM_BAD_FRAME, LHASA, "frame_rejected reason=limit");
    work_add_budget(&work, "B1", "5.00");
    office_submit(office, &work);
    office_reopen(office);
    alarms = node_alarms(office->node);
    assert_int_equal(alarms_count(alarms), 1);
    assert_int_equal(alarms_at(alarms, 0)->code, ALARM_EDGE_DIFFERS);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_a_name_and_an_end),
        cmocka_unit_test(an_alarm_survives_a_restart),
        cmocka_unit_test(a_restart_ends_what_is_of_a_session_and_nothing_of_money),
        cmocka_unit_test(the_check_that_raised_it_ends_it),
        cmocka_unit_test(a_silenced_alarm_counts_on_and_comes_back),
        cmocka_unit_test(nothing_of_money_and_nothing_for_ever_is_silenced),
        cmocka_unit_test(an_acknowledgement_is_recorded_and_ends_what_no_check_ends),
        cmocka_unit_test(the_three_hundredth_is_listed_as_the_first),
        cmocka_unit_test(what_is_not_listed_is_counted),
        cmocka_unit_test(the_history_keeps_the_last_ten_thousand),
        cmocka_unit_test(what_comes_and_goes_is_one_alarm_and_fills_no_history),
        cmocka_unit_test(what_came_back_often_ends_when_it_was_quiet),
        cmocka_unit_test(rows_are_written_when_something_changed),
        cmocka_unit_test(a_repeated_alarm_is_written_once_a_minute),
        cmocka_unit_test(a_damaged_row_stops_the_start),
        cmocka_unit_test(each_change_is_told_once),
        cmocka_unit_test(a_last_turn_waits_for_nothing),
        cmocka_unit_test(a_node_keeps_its_alarms),
    };

    log_threshold = LOG_LEVEL_ERROR; /* thousands are raised */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
