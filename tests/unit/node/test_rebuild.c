/* test_rebuild - a store whose log was taken back is opened, and all that is made of logs is made
 * of them once more: the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/turn.h"
#include "node/store/store_memory.h"
#include "office.h"
#include "replicator/log/cut.h"
#include "tests/harness/commit.h"

static bool copy_row(void *arg, struct bytes key, struct bytes value)
{
    buf_put_u32(arg, (uint32_t)key.size);
    buf_append_bytes(arg, key);
    buf_put_u32(arg, (uint32_t)value.size);
    buf_append_bytes(arg, value);
    return true;
}

/* Every row of ledgers, indexes and roll-ups. */
static void copy_rows(const struct office *office, struct buf *out)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_INDEX, SPACE_ROLLUPS};
    struct err err;

    buf_clear(out);
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        assert_int_equal(office->store.ops->scan(office->store.self, NULL, spaces[i], BYTES_NONE,
                                                 BYTES_NONE, copy_row, out, &err),
                         OK);
    }
}

static void rest(struct office *office)
{
    bool busy = true;
    struct err err;

    for (int turns = 0; busy; turns++) {
        assert_true(turns < 100);
        assert_int_equal(node_step(office->node, &busy, &err), OK);
    }
}

static struct cut wanted;

static void stage_cut(struct work *work, struct node *node, struct txn *txn)
{
    (void)work;
    (void)node;
    cut_stage(txn, &wanted);
}

/* The own log goes back to there when the store is opened next. */
static void cut_to(struct office *office, uint64_t lsn)
{
    struct work work = {.action = RUN, .run = stage_cut};

    wanted = (struct cut){.author = division_of("540000"), .epoch = 2, .lsn = lsn};
    office_turn(office, &work);
}

static void write_something(struct office *office)
{
    struct work first = {.atomic = true}, second = {.atomic = true};

    work_add_agency(&first);
    work_add_budget(&first, "B1", "1000");
    work_add_allocate(&first, "L1", "B1", "300");
    work_add_transfer(&first, "T1", "B1", "120");
    WORK_ADD(&first, KIND_RELEASE, "R1", {FIELD_BGT_ID, "L1"}, {FIELD_COR_BGT_DOC_NO, "1"});
    office_submit(office, &first);
    work_want_all(&first, SUBMIT_ACCEPTED);
    work_add_payment(&second, "P1", "L1", "12.50");
    work_add_payment(&second, "P2", "L1", "0.01");
    office_submit(office, &second);
    work_want_all(&second, SUBMIT_ACCEPTED);
}

static void all_of_it_is_made_again(void **state)
{
    struct office *office = office_open(false);
    struct buf before = BUF_EMPTY, after = BUF_EMPTY;

    (void)state;
    write_something(office);
    rest(office);
    copy_rows(office, &before);
    cut_to(office, office_position(office).lsn); /* nothing goes */
    office_reopen(office);
    copy_rows(office, &after);
    assert_true(after.size < before.size); /* what was made of the log is gone, */
    rest(office);
    copy_rows(office, &after); /* and comes back as it was */
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
    office_close(office);
}

static void what_was_put_aside_left_no_row(void **state)
{
    struct office *office = office_open(false);
    struct buf before = BUF_EMPTY, after = BUF_EMPTY;
    struct work more = {.atomic = true};
    uint64_t lsn;

    (void)state;
    write_something(office);
    rest(office);
    copy_rows(office, &before);
    lsn = office_position(office).lsn;
    work_add_payment(&more, "P3", "L1", "20");
    work_add_budget(&more, "B2", "7");
    office_submit(office, &more);
    work_want_all(&more, SUBMIT_ACCEPTED);
    cut_to(office, lsn);
    office_reopen(office);
    rest(office);
    copy_rows(office, &after);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    assert_int_equal(office_position(office).lsn, lsn);

    office_submit(office, &more); /* nothing of it is known */
    work_want_all(&more, SUBMIT_ACCEPTED);
    assert_true(office_position(office).lsn > lsn);
    buf_free(&before);
    buf_free(&after);
    office_close(office);
}

/* A crash at any commit of it: the next opening makes all of it. */
static void a_crash_on_the_way_costs_nothing(void **state)
{
    struct buf before = BUF_EMPTY, after = BUF_EMPTY;

    (void)state;
    for (uint32_t nth = 1; nth < 5; nth++) {
        struct office *office = office_open(false);
        struct work more = {.atomic = true};
        struct node *node;
        struct err err;
        struct clock clock = hand_clock_seam(&office->hand);
        const struct bytes chain[] = {buf_bytes(&office->bootstrap)};
        struct transport none = {0};

        write_something(office);
        rest(office);
        copy_rows(office, &before);
        cut_to(office, office_position(office).lsn);
        node_close(office->node);
        office->node = NULL;
        store_memory_fail(office->store.self, nth, COMMIT_UNAVAILABLE, false);
        if (node_open(&node, &office->config, &office->store, &none, &clock, chain, 1, &err) ==
            OK) {
            node_close(node); /* it has fewer commits than that */
        }
        store_memory_fail(office->store.self, 0, COMMIT_UNAVAILABLE, false);
        office_reopen(office);
        rest(office);
        copy_rows(office, &after);
        assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
        work_add_payment(&more, "P4", "L1", "1");
        office_submit(office, &more);
        work_want_all(&more, SUBMIT_ACCEPTED);
        office_close(office);
    }
    buf_free(&before);
    buf_free(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_is_made_again),
        cmocka_unit_test(what_was_put_aside_left_no_row),
        cmocka_unit_test(a_crash_on_the_way_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
