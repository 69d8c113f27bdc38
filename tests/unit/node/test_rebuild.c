/* test_rebuild - a store whose log was taken back is opened, and all that is made of logs is made
 * of them once more: the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/turn.h"
#include "node/ledger/refold.h"
#include "node/office/local_keys.h"
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

/* --- rows that another version's rules made --- */

static const uint8_t rules_letter = LOCAL_RULES;

static uint32_t rules_in(const struct office *office)
{
    struct buf value = BUF_EMPTY;
    uint32_t rules = 0;
    struct err err;

    if (office->store.ops->get(office->store.self, NULL, SPACE_LOCAL, bytes_of(&rules_letter, 1),
                               &value, &err) == OK) {
        assert_true(value.size > 4 && value.size % 8 == 4);
        rules = load_u32(value.data);
    }
    buf_free(&value);
    return rules;
}

/* Rules with this number that fold one kind. */
struct others {
    uint32_t rules, kind, format;
};

static void say_other_rules(struct work *work, struct node *node, struct txn *txn)
{
    const struct others *others = work->arg;
    uint8_t rules[12];

    (void)node;
    store_u32(rules, others->rules);
    store_u32(rules + 4, others->kind);
    store_u32(rules + 8, others->format);
    (void)txn_put(txn, SPACE_LOCAL, bytes_of(&rules_letter, 1), bytes_of(rules, sizeof rules));
}

static void say_no_rules(struct work *work, struct node *node, struct txn *txn)
{
    (void)work, (void)node;
    txn_delete(txn, SPACE_LOCAL, bytes_of(&rules_letter, 1));
}

/* Those of a later version, too: what stands there means something else. */
static void what_other_rules_made_is_made_again(void **state)
{
    static struct others others[] = {
        {LEDGER_RULES + 1, KIND_BUDGET, DOCUMENT_FORMAT},
        {LEDGER_RULES, 9999, DOCUMENT_FORMAT},
        {LEDGER_RULES, KIND_BUDGET, DOCUMENT_FORMAT_LAST + 1},
        {0, 0, 0}, /* it says none */
    };
    struct office *office = office_open(false);
    struct buf before = BUF_EMPTY, after = BUF_EMPTY;

    (void)state;
    write_something(office);
    rest(office);
    assert_int_equal(rules_in(office), LEDGER_RULES);
    copy_rows(office, &before);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct work say = {.action = RUN,
                           .run = others[i].rules == 0 ? say_no_rules : say_other_rules,
                           .arg = &others[i]};

        office_turn(office, &say);
        office_reopen(office);
        copy_rows(office, &after);
        assert_true(after.size < before.size);
        assert_int_equal(rules_in(office),
                         others[i].rules); /* until that which is made of them begins */
        rest(office);
        copy_rows(office, &after);
        assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
        assert_int_equal(rules_in(office), LEDGER_RULES);
        office_reopen(office); /* and once is enough */
        copy_rows(office, &after);
        assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    }
    buf_free(&before);
    buf_free(&after);
    office_close(office);
}

/* Fewer kinds, all of which are known: what waits for those that are new is folded on. */
static void what_fewer_kinds_made_stays(void **state)
{
    static struct others fewer = {LEDGER_RULES, KIND_BUDGET, DOCUMENT_FORMAT};
    struct office *office = office_open(false);
    struct work say = {.action = RUN, .run = say_other_rules, .arg = &fewer};
    struct buf before = BUF_EMPTY, after = BUF_EMPTY;

    (void)state;
    write_something(office);
    rest(office);
    copy_rows(office, &before);
    office_turn(office, &say);
    office_reopen(office);
    copy_rows(office, &after);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
    office_close(office);
}

/* Before the first commit after it nothing says that they were forgotten. */
static void a_crash_while_they_are_forgotten_costs_nothing(void **state)
{
    static struct others other = {LEDGER_RULES + 7, KIND_BUDGET, DOCUMENT_FORMAT};
    struct office *office = office_open(false);
    struct work say = {.action = RUN, .run = say_other_rules, .arg = &other};
    struct buf before = BUF_EMPTY, after = BUF_EMPTY;

    (void)state;
    write_something(office);
    rest(office);
    copy_rows(office, &before);
    office_turn(office, &say);
    for (int times = 0; times < 3; times++) {
        office_reopen(office);
        assert_int_equal(rules_in(office), other.rules);
    }
    rest(office);
    copy_rows(office, &after);
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
        cmocka_unit_test(what_other_rules_made_is_made_again),
        cmocka_unit_test(what_fewer_kinds_made_stays),
        cmocka_unit_test(a_crash_while_they_are_forgotten_costs_nothing),
        cmocka_unit_test(what_was_put_aside_left_no_row),
        cmocka_unit_test(a_crash_on_the_way_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
