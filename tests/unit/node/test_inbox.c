/* What waits for a division and for each of its persons: in order, added up, and read without
 * looking at what does not wait. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/query/years.h"
#include "node/ledger/schema/clocks.h"
#include "node/office/inbox.h"
#include "tests/harness/counted_store.h"
#include "tests/unit/node/office.h"

/* --- an inbox, and what it says --- */

struct reading {
    struct counted_store counted;
    struct store store;
    struct operator_row person;
    struct inbox inbox;
};

static uint64_t wall_ms(struct office *office)
{
    const struct clock clock = hand_clock_seam(&office->hand);

    return clock_unix_ms(&clock);
}

/* `person` is NULL for everybody. */
static void open_inbox(struct reading *reading, struct office *office, const char *person,
                       uint32_t roles)
{
    memset(reading, 0, sizeof *reading);
    reading->counted.behind = &office->store;
    reading->store = counted_store_of(&reading->counted);
    (void)snprintf(reading->person.name, sizeof reading->person.name, "%s",
                   person == NULL ? "" : person);
    reading->person.roles = roles;
    reading->inbox = (struct inbox){.txn = txn_open(&reading->store, NULL),
                                    .roster = node_roster(office->node),
                                    .self = division_of("540000"),
                                    .person = person == NULL ? NULL : &reading->person,
                                    .now_ms = wall_ms(office)};
}

static void close_inbox(struct reading *reading)
{
    txn_free(reading->inbox.txn);
}

struct told {
    char text[512];
    size_t count, most; /* most 0: all of them */
};

/* "T-1 540100 5.00": id, receiver, amount; of a post of several "3 documents 7.00". */
static bool tell(void *arg, const struct inbox_item *item)
{
    struct told *told = arg;
    const size_t used = strlen(told->text);
    char amount[AMOUNT_TEXT_MAX], name[64];

    amount_format(amount, item->amount);
    (void)snprintf(name, sizeof name, "%" PRIu64 " documents", item->count);
    if (item->count == 1) {
        (void)snprintf(name, sizeof name, "%.*s %s", (int)item->place.id.size,
                       (const char *)item->place.id.data, item->caption.division.code);
    }
    (void)snprintf(told->text + used, sizeof told->text - used, "%s%s %s", used > 0 ? ", " : "",
                   name, amount);
    return ++told->count != told->most;
}

static void expect(struct office *office, const char *person, uint32_t roles,
                   enum inbox_group group, const char *rows, uint64_t documents)
{
    struct reading reading;
    struct inbox_total total;
    struct told told = {"", 0, 0};

    open_inbox(&reading, office, person, roles);
    inbox_each(&reading.inbox, group, NULL, tell, &told);
    inbox_total(&reading.inbox, group, &total);
    assert_string_equal(told.text, rows);
    assert_int_equal(total.count, documents);
    assert_int_equal(total.items, told.count);
    assert_false(total.is_least);
    close_inbox(&reading);
}

static void found(struct office *office)
{
    struct work work = {.count = 0};

    work_add_agency(&work);
    work_add_budget(&work, "B1", "100000");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
}

static void own_transfers_wait_by_the_day_they_are_due(void **state)
{
    struct office *office = office_open(false);
    struct work work = {.count = 0};
    struct reading reading;
    struct inbox_total total;

    (void)state;
    found(office);
    work_add_transfer(&work, "T-1", "B1", "5");
    work_add_transfer(&work, "T-2", "B1", "3");
    assert_true(document_set(&work.items[1].document, FIELD_DUE_DAYS, bytes_text("2")));
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
    expect(office, NULL, 0, INBOX_AWAITING_ANSWER, "T-2 540100 3.00, T-1 540100 5.00", 2);
    expect(office, "wang", ROLE_CHECKER, INBOX_AWAITING_ANSWER, "T-2 540100 3.00, T-1 540100 5.00",
           2);
    expect(office, NULL, 0, INBOX_TO_REGISTER, "", 0);

    open_inbox(&reading, office, NULL, 0);
    reading.inbox.now_ms += UINT64_C(3) * 24 * 3600 * 1000;
    inbox_total(&reading.inbox, INBOX_AWAITING_ANSWER, &total);
    assert_int_equal(total.overdue, 1);
    assert_true(total.has_due);
    assert_int_equal(total.first_due, clock_day(wall_ms(office)) + 2);
    assert_true(total.amount == 800);
    close_inbox(&reading);
    office_close(office);
}

static void posts_of_drafts_wait_for_whom_did_not_make_them(void **state)
{
    struct office *office = office_open(true);
    struct work three = {.count = 0}, one = {.count = 0};

    (void)state;
    work_add_budget(&three, "B1", "1");
    work_add_budget(&three, "B2", "2");
    work_add_budget(&three, "B3", "4");
    office_submit(office, &three);
    work_add_budget(&one, "B4", "8");
    office_submit(office, &one);
    expect(office, NULL, 0, INBOX_TO_APPROVE, "3 documents 7.00, B4  8.00", 4);
    expect(office, "wang", ROLE_CHECKER, INBOX_TO_APPROVE, "3 documents 7.00, B4  8.00", 4);
    expect(office, "li", ROLE_CHECKER, INBOX_TO_APPROVE, "", 0);
    expect(office, "wang", ROLE_MAKER, INBOX_TO_APPROVE, "", 0);
    office_close(office);
}

static void what_was_sent_back_waits_the_oldest_first(void **state)
{
    static const char *const ids[] = {"B9", "B1", "B5"}; /* sent back in this order */
    struct office *office = office_open(true);
    struct work work = {.count = 0};

    (void)state;
    work_add_budget(&work, "B1", "1");
    work_add_budget(&work, "B5", "2");
    work_add_budget(&work, "B9", "4");
    office_submit(office, &work);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct work reject = {.action = REJECT, .count = 1, .person = &office->wang, .why = "x"};

        office->hand.now_ms += 1000;
        (void)snprintf(reject.approvals[0].id, sizeof reject.approvals[0].id, "%s", ids[i]);
        office_turn(office, &reject);
    }
    expect(office, NULL, 0, INBOX_TO_CORRECT, "B9  4.00, B1  1.00, B5  2.00", 3);
    expect(office, "li", ROLE_MAKER, INBOX_TO_CORRECT, "B9  4.00, B1  1.00, B5  2.00", 3);
    expect(office, "wang", ROLE_CHECKER, INBOX_TO_CORRECT, "", 0);
    office_close(office);
}

static void a_draft_that_would_be_refused_waits_for_its_maker(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, reject = {.action = REJECT, .count = 1, .why = "x"};

    (void)state;
    reject.person = &office->wang;
    work_add_budget(&work, "B1", "1");
    work_add_budget(&work, "B2", "2");
    work_add_payment(&work, "P1", "NONE", "4");
    office_submit(office, &work);
    expect(office, "li", ROLE_MAKER, INBOX_TO_CORRECT, "P1  4.00", 1);
    expect(office, NULL, 0, INBOX_TO_CORRECT, "P1  4.00", 1);
    expect(office, "wang", ROLE_CHECKER, INBOX_TO_CORRECT, "", 0);
    office->hand.now_ms += 1000;
    (void)snprintf(reject.approvals[0].id, sizeof reject.approvals[0].id, "B1");
    office_turn(office, &reject);
    expect(office, "li", ROLE_MAKER, INBOX_TO_CORRECT, "P1  4.00, B1  1.00", 2);
    office_close(office);
}

/* --- years --- */

/* As the log would have said it, in the reader's own txn. */
static void say_year(struct reading *reading, int year, enum year_said said)
{
    const struct year_row row = {said, 1, true};

    year_store(reading->inbox.txn, reading->inbox.self, year, &row);
}

static void put_money(struct reading *reading, int year, enum account account, int128 fen)
{
    const struct row_key key = year_sums_key(reading->inbox.self, year, bytes_text("111"));
    int128 sums[ACCOUNTS];

    year_sums_load(reading->inbox.txn, &key, sums);
    sums[account] += account_info(account)->normal * fen;
    year_sums_store(reading->inbox.txn, &key, sums);
}

struct years_told {
    int years[4];
    unsigned hindrances[4];
    int128 amounts[4];
    size_t count;
};

static bool tell_year(void *arg, const struct inbox_item *item)
{
    struct years_told *told = arg;

    told->years[told->count] = item->year;
    told->hindrances[told->count] = item->hindrances;
    told->amounts[told->count++] = item->amount;
    return told->count < COUNT_OF(told->years);
}

static void a_year_that_is_over_waits_until_it_is_closed(void **state)
{
    struct office *office = office_open(false);
    struct years_told told = {.count = 0};
    struct inbox_place after = {.number = 0};
    struct reading reading;
    struct inbox_total total;
    int year;

    (void)state;
    open_inbox(&reading, office, NULL, 0);
    year = clock_month(reading.inbox.now_ms).year;
    say_year(&reading, year - 3, YEAR_SAID_CLOSED);
    say_year(&reading, year - 2, YEAR_SAID_OPEN);
    say_year(&reading, year - 1, YEAR_SAID_OPEN);
    say_year(&reading, year, YEAR_SAID_OPEN);
    put_money(&reading, year - 1, ACC_AVAIL, 300);
    put_money(&reading, year - 1, ACC_UNALLOC, 40);
    put_money(&reading, year - 1, ACC_SRC_ADVANCE, 5);
    put_money(&reading, year - 1, ACC_SPENT, 7);
    put_money(&reading, year, ACC_AVAIL, 900);
    inbox_each(&reading.inbox, INBOX_TO_CLOSE, NULL, tell_year, &told);
    assert_int_equal(told.count, 0); /* it keeps no years */

    years_keep_since(reading.inbox.txn, reading.inbox.self, year - 3);
    inbox_each(&reading.inbox, INBOX_TO_CLOSE, NULL, tell_year, &told);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.years[0], year - 2);
    assert_int_equal(told.hindrances[0], 0);
    assert_int_equal(told.years[1], year - 1);
    assert_int_equal(told.hindrances[1], 3);
    assert_true(told.amounts[1] == 340);
    inbox_total(&reading.inbox, INBOX_TO_CLOSE, &total);
    assert_int_equal(total.items, 2);
    assert_true(total.amount == 340 && !total.has_due);

    told.count = 0;
    after.number = (uint64_t)year - 2;
    inbox_each(&reading.inbox, INBOX_TO_CLOSE, &after, tell_year, &told);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.years[0], year - 1);
    close_inbox(&reading);
    office_close(office);
}

static void years_stand_newest_first(void **state)
{
    struct office *office = office_open(false);
    struct year_state years[YEARS_MAX];
    struct reading reading;
    size_t count;
    int year;

    (void)state;
    open_inbox(&reading, office, NULL, 0);
    year = clock_month(reading.inbox.now_ms).year;
    years_keep_since(reading.inbox.txn, reading.inbox.self, year);
    say_year(&reading, year, YEAR_SAID_OPEN);
    say_year(&reading, year - 1, YEAR_SAID_CLOSED);
    say_year(&reading, year + 1, YEAR_UNSAID);
    year_store(reading.inbox.txn, reading.inbox.self, year - 2,
               &(struct year_row){YEAR_UNSAID, 4, true});
    count = query_years(reading.inbox.txn, reading.inbox.self, year, years);
    assert_int_equal(count, 4);
    assert_int_equal(years[0].year, year + 1);
    assert_int_equal(years[0].standing, YEAR_IS_PREPARED);
    assert_int_equal(years[1].standing, YEAR_IS_OPEN);
    assert_int_equal(years[2].standing, YEAR_IS_CLOSED);
    assert_int_equal(years[2].months_closed, 12);
    assert_int_equal(years[3].standing, YEAR_IS_OPEN); /* before the first that is kept */
    assert_int_equal(years[3].months_closed, 3);
    for (int old = 1900; old < 1990; old++) { /* the newest are told */
        say_year(&reading, old, YEAR_SAID_CLOSED);
    }
    count = query_years(reading.inbox.txn, reading.inbox.self, year, years);
    assert_int_equal(count, YEARS_MAX);
    assert_int_equal(years[0].year, year + 1);
    close_inbox(&reading);
    office_close(office);
}

/* --- what it costs --- */

static void enter_transfers(struct office *office, size_t posts)
{
    for (size_t post = 0; post < posts; post++) {
        struct work work = {.count = 0};
        char ids[DOCUMENTS_MAX][32];

        for (size_t i = 0; i < DOCUMENTS_MAX; i++) {
            (void)snprintf(ids[i], sizeof ids[i], "T-%zu-%zu", post, i);
            work_add_transfer(&work, ids[i], "B1", "1");
        }
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_ACCEPTED);
    }
}

/* A page reads its own rows, and counts are there already. */
static void a_page_reads_its_rows_and_no_more(void **state)
{
    enum { POSTS = 25, PAGE = 10 };
    struct office *office = office_open(false);
    struct inbox_total total;
    struct reading reading;
    struct told told = {"", 0, PAGE};

    (void)state;
    found(office);
    enter_transfers(office, POSTS);
    open_inbox(&reading, office, NULL, 0);
    inbox_total(&reading.inbox, INBOX_AWAITING_ANSWER, &total);
    inbox_each(&reading.inbox, INBOX_AWAITING_ANSWER, NULL, tell, &told);
    assert_int_equal(total.count, POSTS * DOCUMENTS_MAX);
    assert_true(total.amount == (int128)100 * POSTS * DOCUMENTS_MAX);
    assert_int_equal(told.count, PAGE);
    if (reading.counted.rows > PAGE + 3) {
        fail_msg("%zu rows were read for a page of %d", reading.counted.rows, PAGE);
    }
    close_inbox(&reading);
    office_close(office);
}

static void enter_drafts(struct office *office, size_t posts)
{
    for (size_t post = 0; post < posts; post++) {
        struct work work = {.count = 0};
        char ids[DOCUMENTS_MAX][32];

        for (size_t i = 0; i < DOCUMENTS_MAX; i++) {
            (void)snprintf(ids[i], sizeof ids[i], "B-%zu-%zu", post, i);
            work_add_budget(&work, ids[i], "1");
        }
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_DRAFT);
    }
}

struct last {
    size_t count, most;
    uint64_t number;
};

static bool keep_last(void *arg, const struct inbox_item *item)
{
    struct last *last = arg;

    assert_true(item->place.number > last->number);
    assert_int_equal(item->count, DOCUMENTS_MAX);
    last->number = item->place.number;
    return ++last->count != last->most;
}

/* A count says that it is the least there is; the rows are all there, a page behind the other. */
static void more_drafts_than_are_counted_are_shown_all_the_same(void **state)
{
    enum { POSTS = 320, FIRST = 100 }; /* 5,120 drafts */
    struct office *office = office_open(true);
    struct inbox_total total;
    struct reading reading;
    struct last last = {.most = FIRST};
    struct inbox_place after = {.author = DIVISION_NONE};

    (void)state;
    enter_drafts(office, POSTS);
    open_inbox(&reading, office, NULL, 0);
    inbox_total(&reading.inbox, INBOX_TO_APPROVE, &total);
    assert_true(total.is_least);
    assert_int_equal(total.count, 5000);
    inbox_each(&reading.inbox, INBOX_TO_APPROVE, NULL, keep_last, &last);
    assert_int_equal(last.count, FIRST);
    after.number = last.number;
    last.most = 0;
    inbox_each(&reading.inbox, INBOX_TO_APPROVE, &after, keep_last, &last);
    assert_int_equal(last.count, POSTS);
    close_inbox(&reading);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_transfers_wait_by_the_day_they_are_due),
        cmocka_unit_test(posts_of_drafts_wait_for_whom_did_not_make_them),
        cmocka_unit_test(a_draft_that_would_be_refused_waits_for_its_maker),
        cmocka_unit_test(a_year_that_is_over_waits_until_it_is_closed),
        cmocka_unit_test(years_stand_newest_first),
        cmocka_unit_test(what_was_sent_back_waits_the_oldest_first),
        cmocka_unit_test(a_page_reads_its_rows_and_no_more),
        cmocka_unit_test(more_drafts_than_are_counted_are_shown_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
