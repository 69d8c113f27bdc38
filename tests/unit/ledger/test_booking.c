/* A booking of any number of postings, over years, funds and indicators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/posting/booking.h"
#include "node/store/store_memory.h"

struct ground {
    struct store store;
    struct txn *txn;
    struct booking booking;
};

static int open_ground(void **state)
{
    struct ground *ground = mem_zalloc(sizeof *ground);

    store_memory_open(&ground->store);
    ground->txn = txn_open(&ground->store, NULL);
    booking_begin(&ground->booking);
    *state = ground;
    return 0;
}

static int close_ground(void **state)
{
    struct ground *ground = *state;

    booking_free(&ground->booking);
    txn_free(ground->txn);
    ground->store.ops->close(ground->store.self);
    mem_free(ground);
    return 0;
}

static struct indicator_ref *line_of(struct ground *ground, const char *id, int year,
                                     const char *fund)
{
    struct indicator_ref *line = booking_open(&ground->booking, bytes_text(id));

    line->row.year = year;
    line->row.fund = bytes_text(fund);
    return line;
}

/* "2026/111/A/AVAIL=5 ..." of what was folded. */
static const char *folded(const struct booking *booking, char *text, size_t size)
{
    struct buf buf = BUF_EMPTY;
    struct reader reader;
    size_t count, used = 0;
    uint64_t lsn;

    booking_fold(booking, &buf);
    reader = reader_of(buf_bytes(&buf));
    text[0] = '\0';
    while (fold_next_entry(&reader, &lsn, &count)) {
        for (size_t i = 0; i < count; i++) {
            const struct folded_posting at = fold_next_posting(&reader);

            used += (size_t)snprintf(text + used, size - used, "%s%d/%.*s/%.*s/%s=%lld",
                                     i == 0 ? "" : " ", at.year, (int)at.fund.size,
                                     (const char *)at.fund.data, (int)at.indicator.size,
                                     (const char *)at.indicator.data,
                                     account_info(at.account)->mnemonic, (long long)at.fen);
            assert_true(used < size);
        }
    }
    assert_true(reader_done(&reader));
    buf_free(&buf);
    return text;
}

static void postings_stand_in_one_order_whoever_added_them_first(void **state)
{
    static const char want[] = "2026/111/A/AVAIL=-30 2026/111/A/CARRY_OUT=30 "
                               "2026/12/C/AVAIL=-4 2026/12/C/CARRY_OUT=4 "
                               "2027/111/B/SRC_CARRY_IN=-30 2027/111/B/AVAIL=30";
    struct ground *ground = *state;
    struct booking *booking = &ground->booking;
    char text[512];

    for (int order = 0; order < 2; order++) {
        struct indicator_ref *lines[3];
        struct posting postings[6];

        booking_begin(booking);
        lines[0] = line_of(ground, "A", 2026, "111");
        lines[1] = line_of(ground, "B", 2027, "111");
        lines[2] = line_of(ground, "C", 2026, "12");
        postings[0] = (struct posting){lines[0], ACC_AVAIL, -30};
        postings[1] = (struct posting){lines[0], ACC_CARRY_OUT, 30};
        postings[2] = (struct posting){lines[1], ACC_AVAIL, 30};
        postings[3] = (struct posting){lines[1], ACC_SRC_CARRY_IN, -30};
        postings[4] = (struct posting){lines[2], ACC_CARRY_OUT, 4};
        postings[5] = (struct posting){lines[2], ACC_AVAIL, -4};
        for (int i = 0; i < 6; i++) {
            const struct posting *posting = &postings[order == 0 ? i : 5 - i];

            booking_add(booking, posting->line, posting->account, posting->fen);
        }
        assert_null(booking_close(booking));
        assert_true(booking->moved == 64);
        assert_string_equal(folded(booking, text, sizeof text), want);
    }
}

static void what_falls_together_is_one_posting_and_nothing_is_none(void **state)
{
    struct ground *ground = *state;
    struct booking *booking = &ground->booking;
    struct indicator_ref *line = line_of(ground, "A", 2026, "111");
    char text[512];

    booking_add(booking, line, ACC_AVAIL, -7);
    booking_add(booking, line, ACC_CLOSE, 200);
    booking_add(booking, line, ACC_AVAIL, -3);
    booking_add(booking, line, ACC_CLOSE, -200);
    booking_add(booking, line, ACC_PENDING, 0);
    booking_add(booking, line, ACC_COMMIT, 10);
    assert_null(booking_close(booking));
    assert_string_equal(folded(booking, text, sizeof text),
                        "2026/111/A/AVAIL=-10 2026/111/A/COMMIT=10 2026/111/A/CLOSE=200 "
                        "2026/111/A/CLOSE=-200");
    booking_post(booking);
    assert_true(line->row.balance[ACC_AVAIL] == -10);
    assert_true(line->row.balance[ACC_CLOSE] == 0);
    assert_int_equal(booking_below_zero(booking)->account, ACC_AVAIL);
}

static void every_year_and_fund_balances_by_itself(void **state)
{
    static const struct {
        const char *why;
        int years[2];
        const char *funds[2];
        int64_t fen[2];
        bool fits;
    } cases[] = {
        {"one year, one fund", {2026, 2026}, {"111", "111"}, {-5, 5}, true},
        {"less than was taken", {2026, 2026}, {"111", "111"}, {-5, 4}, false},
        {"from year to year", {2026, 2027}, {"111", "111"}, {-5, 5}, false},
        {"from fund to fund", {2026, 2026}, {"111", "12"}, {-5, 5}, false},
        {"a fund that begins as another", {2026, 2026}, {"11", "111"}, {-5, 5}, false},
    };
    struct ground *ground = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *why;

        booking_begin(&ground->booking);
        booking_add(&ground->booking, line_of(ground, "A", cases[i].years[0], cases[i].funds[0]),
                    ACC_AVAIL, cases[i].fen[0]);
        booking_add(&ground->booking, line_of(ground, "B", cases[i].years[1], cases[i].funds[1]),
                    ACC_UNALLOC, cases[i].fen[1]);
        why = booking_close(&ground->booking);
        if ((why == NULL) != cases[i].fits) {
            fail_msg("%s: %s", cases[i].why, why == NULL ? "booked" : why);
        }
    }
}

static void a_line_is_one_however_often_it_is_named(void **state)
{
    struct ground *ground = *state;
    const struct division self = {"540121"};
    struct indicator row = {.year = 2026, .fund = bytes_text("111"), .balance[ACC_AVAIL] = 9};
    struct indicator_ref *line;

    indicator_store(ground->txn, self, bytes_text("A"), &row);
    line = booking_load(&ground->booking, ground->txn, self, bytes_text("A"));
    assert_non_null(line);
    assert_ptr_equal(booking_load(&ground->booking, ground->txn, self, bytes_text("A")), line);
    assert_null(booking_load(&ground->booking, ground->txn, self, bytes_text("B")));
    assert_null(booking_load(&ground->booking, ground->txn, self, BYTES_NONE));
    assert_int_equal(ground->booking.line_count, 1);
}

enum { MANY = 2000 };

/* A payroll: more than any booking before it, and the lines stay where they are meanwhile. */
static void a_booking_has_any_number_of_postings(void **state)
{
    static char ids[MANY][8];
    struct ground *ground = *state;
    struct booking *booking = &ground->booking;
    struct indicator_ref *from = line_of(ground, "FROM", 2026, "111");
    struct buf buf = BUF_EMPTY;
    struct reader reader;
    uint64_t lsn;
    size_t count;

    for (int i = 0; i < MANY; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "T%d", i);
        booking_add(booking, line_of(ground, ids[i], 2026, "111"), ACC_AVAIL, i + 1);
        booking_add(booking, from, ACC_UNALLOC, -(i + 1));
    }
    assert_null(booking_close(booking));
    assert_int_equal(booking->count, MANY + 1);
    assert_true(booking->moved == MANY * (MANY + 1) / 2);
    booking_post(booking);
    assert_true(from->row.balance[ACC_UNALLOC] == -MANY * (MANY + 1) / 2);
    booking_fold(booking, &buf);
    reader = reader_of(buf_bytes(&buf));
    assert_true(fold_next_entry(&reader, &lsn, &count));
    assert_int_equal(count, MANY + 1); /* more than one byte says */
    buf_free(&buf);
}

static void more_postings_than_the_digest_counts_are_refused(void **state)
{
    static char ids[POSTINGS_MAX + 1][8];
    struct ground *ground = *state;
    struct booking *booking = &ground->booking;

    for (int i = 0; i <= POSTINGS_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "T%d", i);
        booking_add(booking, line_of(ground, ids[i], 2026, "111"), ACC_AVAIL, i % 2 == 0 ? 1 : -1);
    }
    assert_non_null(booking_close(booking));
    booking_begin(booking); /* and it can be used again, without what it held */
    assert_int_equal(booking->lines_made, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_ground, close_ground)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(postings_stand_in_one_order_whoever_added_them_first),
        TEST(what_falls_together_is_one_posting_and_nothing_is_none),
        TEST(every_year_and_fund_balances_by_itself),
        TEST(a_line_is_one_however_often_it_is_named),
        TEST(a_booking_has_any_number_of_postings),
        TEST(more_postings_than_the_digest_counts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
