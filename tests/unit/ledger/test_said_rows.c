/* Rows of what was said of years, days, policies and agencies, and of what waits: cut at each
 * length. The txn knows that there is no answer.  And how much one row holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/rows/agency_rows.h"
#include "node/ledger/rows/calendar_rows.h"
#include "node/ledger/rows/code_rows.h"
#include "node/ledger/rows/open_items.h"
#include "node/ledger/rows/policy_rows.h"
#include "node/ledger/rows/registry.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/rows/year_rows.h"
#include "node/store/store_memory.h"
#include "tests/harness/commit.h"

enum { DAY = 20000, YEAR = 2026, SCOPE_TEXT = 16 };

static struct store store;
static uint64_t fence;
static struct division self;
static struct buf told;

static int set_up(void **state)
{
    struct err err;

    (void)state;
    self = division_of("540121");
    store_memory_open(&store);
    return store.ops->claim(store.self, &fence, &err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    store.ops->close(store.self);
    buf_free(&told);
    return 0;
}

static void tell(struct bytes text)
{
    buf_append_bytes(&told, text);
    buf_put_u8(&told, ' ');
}

static void tell_number(uint64_t number)
{
    buf_put_u64(&told, number);
}

/* --- what is said, and asked --- */

static void say_all(struct txn *txn)
{
    const struct policy_said everywhere = {BYTES_NONE, bytes_text("on"), 1},
                             there = {bytes_text("540121"), bytes_text("off"), 2};
    const struct day_said rest = {DAY_NO, DAY_UNSAID, BYTES_NONE},
                          counts = {DAY_YES, DAY_YES, bytes_text("5401")};
    const struct code_place place = {bytes_text("exp_func"), YEAR, bytes_text("20502")};
    const struct unapproved mark = {
        .lsn = 5, .kind = 7, .amount = 500, .id = "P-1", .why = "approval_no_checker"};
    const struct open_item item = {.place = {DAY, division_of("540100"), bytes_text("T-1")},
                                   .kind = 7,
                                   .party = self,
                                   .year = YEAR,
                                   .amount = 300,
                                   .since_ms = 9,
                                   .number = bytes_text("1")};
    const struct year_row year = {YEAR_SAID_OPEN, 3, true, true};

    year_store(txn, self, YEAR, &year);
    years_keep_since(txn, self, YEAR);
    policy_say(txn, self, bytes_text("approval"), &everywhere);
    policy_say(txn, self, bytes_text("approval"), &there);
    calendar_say(txn, self, DAY, &rest);
    calendar_say(txn, self, DAY, &counts);
    agency_version_add(txn, self, bytes_text("001002"), YEAR, bytes_text("001001"));
    agency_version_add(txn, self, bytes_text("001002"), YEAR + 2, bytes_text("001003"));
    agency_version_add(txn, self, bytes_text("001001"), YEAR, bytes_text("001"));
    agency_use(txn, self, bytes_text("001002"), YEAR);
    code_map_store(txn, self, &place, bytes_text("20503"));
    code_branch_add(txn, self, &place);
    unapproved_mark(txn, self, &mark);
    open_item_add(txn, OPEN_TO_REGISTER, self, &item);
}

static bool tell_mark(void *arg, const struct unapproved *mark)
{
    (void)arg;
    tell_number(mark->lsn);
    tell(bytes_text(mark->id));
    tell(bytes_text(mark->why));
    tell_number((uint64_t)mark->amount);
    return true;
}

static bool tell_item(void *arg, const struct open_item *item)
{
    (void)arg;
    tell_number(item->place.due);
    tell(item->place.id);
    tell(item->number);
    tell_number((uint64_t)item->amount);
    return true;
}

static void ask_all(struct txn *txn)
{
    const struct code_place place = {bytes_text("exp_func"), YEAR, bytes_text("20502")};
    struct policy_said policies[POLICY_SCOPES_MAX];
    struct day_said days[DAY_SCOPES_MAX];
    struct unapproved_sum unapproved;
    struct unapproved mark;
    struct agency_line line;
    struct year_row year;
    struct open_sum open;
    struct bytes to;

    buf_clear(&told);
    year_load(txn, self, YEAR, &year);
    tell_number(year.said * 1000u + year.first_open_month * 10u + year.has_lines + year.joined);
    tell_number((uint64_t)years_kept_since(txn, self));
    for (size_t i = 0, count = policy_said(txn, self, bytes_text("approval"), policies); i < count;
         i++) {
        tell(policies[i].scope);
        tell(policies[i].value);
    }
    for (size_t i = 0, count = calendar_day(txn, self, DAY, days); i < count; i++) {
        tell_number(10u * days[i].is_workday + days[i].suspends);
        tell(days[i].scope);
    }
    tell_number(calendar_said(txn, self));
    for (int of = YEAR - 1; of < YEAR + 4; of++) {
        agency_ancestors(txn, self, bytes_text("001002"), of, &line);
        for (size_t i = 0; i < line.count; i++) {
            tell(short_text_bytes(&line.above[i]));
        }
        tell_number((uint64_t)agency_holds_until(txn, self, bytes_text("001002"), of));
        tell_number(agency_parent_fixed(txn, self, bytes_text("001002"), of, bytes_text("9")));
    }
    if (code_map_load(txn, self, &place, &to)) {
        tell(to);
    }
    tell_number(code_branch_there(txn, self, &place));
    if (unapproved_find(txn, self, 5, &mark)) {
        (void)tell_mark(NULL, &mark);
    }
    unapproved_each(txn, self, 1, tell_mark, NULL);
    unapproved_sum(txn, self, &unapproved);
    tell_number(unapproved.count);
    tell_number((uint64_t)unapproved.amount);
    open_items_each(txn, OPEN_TO_REGISTER, self, NULL, tell_item, NULL);
    open = open_items_sum(txn, OPEN_TO_REGISTER, self);
    tell_number(open.count);
    tell_number((uint64_t)open.amount);
}

enum answer { TRUE_ANSWER, NO_ANSWER, OTHER_ANSWER };

/* What is read of a row as `value`, in a txn of its own, which says when it is no answer. */
static enum answer answer_of(const struct change *row, struct bytes value, const struct buf *truth)
{
    struct txn *txn = txn_open(&store, NULL);
    enum answer answer;
    struct err err;

    (void)txn_put(txn, row->space, row->key, value);
    ask_all(txn);
    answer = txn_status(txn, &err) == ERR_CORRUPT              ? NO_ANSWER
             : bytes_equal(buf_bytes(&told), buf_bytes(truth)) ? TRUE_ANSWER
                                                               : OTHER_ANSWER;
    txn_free(txn);
    return answer;
}

/* Also one that ends behind one of its items. Of a row of no day nothing is asked but that it is
 * there, and what a mark says last is a text, of which the store's checksum tells. */
static void a_row_that_was_cut_is_known_to_be_none(void **state)
{
    struct txn *txn = txn_open(&store, NULL), *of = txn_open(&store, NULL);
    struct buf truth = BUF_EMPTY;
    struct batch rows;
    size_t answers[3] = {0};

    (void)state;
    say_all(txn);
    rows = txn_batch(txn);
    commit_batch(&store, fence, &rows);
    ask_all(of);
    buf_append_bytes(&truth, buf_bytes(&told));
    assert_true(rows.count >= 10);
    for (size_t i = 0; i < rows.count; i++) {
        size_t others = 0;

        for (size_t size = 0; size < rows.changes[i].value.size; size++) {
            const enum answer answer =
                answer_of(&rows.changes[i], bytes_of(rows.changes[i].value.data, size), &truth);

            answers[answer]++;
            others += answer == OTHER_ANSWER;
        }
        if (others >
            (rows.changes[i].key.data[0] == ROW_UNAPPROVED ? strlen("approval_no_checker") : 0)) {
            fail_msg("row '%c' of %zu bytes is read otherwise at %zu", rows.changes[i].key.data[0],
                     rows.changes[i].value.size, others);
        }
    }
    assert_true(answers[NO_ANSWER] > 40 && answers[OTHER_ANSWER] < 20);
    txn_free(txn);
    txn_free(of);
    buf_free(&truth);
}

/* --- how much a row holds --- */

static void a_row_holds_so_many_scopes(void **state)
{
    static char scopes[POLICY_SCOPES_MAX + 1][SCOPE_TEXT];
    struct policy_said policies[POLICY_SCOPES_MAX];
    struct day_said days[DAY_SCOPES_MAX];
    struct txn *txn = txn_open(&store, NULL);

    (void)state;
    for (int i = 0; i <= POLICY_SCOPES_MAX; i++) {
        struct policy_said said = {.value = bytes_text("on"), .lsn = 10};
        struct day_said day = {.is_workday = DAY_NO};

        (void)snprintf(scopes[i], sizeof scopes[i], "%d", 1000 + i);
        said.scope = day.scope = bytes_text(scopes[i]);
        policy_say(txn, self, bytes_text("approval"), &said);
        calendar_say(txn, self, DAY, &day);
    }
    assert_int_equal(policy_said(txn, self, bytes_text("approval"), policies), POLICY_SCOPES_MAX);
    assert_int_equal(calendar_day(txn, self, DAY, days), DAY_SCOPES_MAX);
    for (int i = 0; i < POLICY_SCOPES_MAX; i++) { /* the first ones stay */
        assert_true(bytes_equal(policies[i].scope, bytes_text(scopes[i])));
        assert_true(bytes_equal(days[i].scope, bytes_text(scopes[i])));
    }
    txn_free(txn);
}

static void what_was_said_later_stays(void **state)
{
    static const struct {
        uint64_t lsn;
        const char *value, *want;
    } cases[] = {{5, "on", "on"}, {4, "off", "on"}, {6, "off", "off"}, {5, "on", "off"}};
    struct policy_said said[POLICY_SCOPES_MAX];
    struct txn *txn = txn_open(&store, NULL);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct policy_said one = {BYTES_NONE, bytes_text(cases[i].value), cases[i].lsn};

        policy_say(txn, self, bytes_text("approval"), &one);
        assert_int_equal(policy_said(txn, self, bytes_text("approval"), said), 1);
        assert_true(bytes_equal(said[0].value, bytes_text(cases[i].want)));
    }
    txn_free(txn);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_row_that_was_cut_is_known_to_be_none),
        STORY(a_row_holds_so_many_scopes),
        STORY(what_was_said_later_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
