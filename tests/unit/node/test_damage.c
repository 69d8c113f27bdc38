/* What a node does when its store gives back other bytes than it was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/turn.h"
#include "tests/unit/node/office.h"

/* --- a store whose blocks have gone bad --- */

static struct store whole; /* what lies behind it */
static struct store_ops harmed_ops;
static bool harmed;

static enum status get_harmed(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes key, struct buf *value, struct err *err)
{
    if (harmed && space == SPACE_BLOCKS) {
        return err_set(err, ERR_CORRUPT, "a block is damaged");
    }
    return whole.ops->get(self, snapshot, space, key, value, err);
}

static enum status floor_harmed(void *self, struct store_snapshot *snapshot, enum store_space space,
                                struct bytes prefix, struct bytes at, struct buf *key,
                                struct buf *value, struct err *err)
{
    if (harmed && space == SPACE_BLOCKS) {
        return err_set(err, ERR_CORRUPT, "a block is damaged");
    }
    return whole.ops->floor(self, snapshot, space, prefix, at, key, value, err);
}

static void put_harm_between(struct office *office)
{
    whole = office->store;
    harmed_ops = *whole.ops;
    harmed_ops.get = get_harmed;
    harmed_ops.floor = floor_harmed;
    harmed = false;
    office->store.ops = &harmed_ops;
    office_reopen(office);
}

/* --- calls --- */

struct heard {
    struct task call;
    bool ran, done;
    enum status outcome;
};
static void hear_run(struct task *call, struct node *node, struct txn *txn)
{
    (void)node;
    (void)txn;
    ((struct heard *)call)->ran = true;
}
static void hear_done(struct task *call, enum status outcome)
{
    ((struct heard *)call)->done = true;
    ((struct heard *)call)->outcome = outcome;
}

static struct heard call_of(const struct office *office, bool read_only)
{
    struct heard heard = {.call = {hear_run, hear_done, NULL, read_only}};
    bool busy;
    struct err err;

    node_post(office->node, &heard.call);
    assert_int_equal(node_step(office->node, &busy, &err), OK);
    assert_false(busy);
    assert_true(heard.done);
    return heard;
}

static void run_submit(struct task *call, struct node *node, struct txn *txn)
{
    struct work *work = (struct work *)call;

    node_submit(node, txn, work->items, work->count, &(struct submit_terms){.maker = NULL});
}
static void end_submit(struct task *call, enum status outcome)
{
    ((struct work *)call)->done = outcome == OK; /* only then may a client hear of it */
}

static void a_document_behind_damage_ends_the_turn_and_is_not_spoken_of(void **state)
{
    struct office *office = office_open(false);
    struct work work = {.count = 0}, again = {.count = 0};
    bool busy;
    struct err err;

    (void)state;
    put_harm_between(office);
    work_add_budget(&work, "B1", "5");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
    harmed = true;
    work_add_budget(&again, "B1", "5");
    again.call = (struct task){.run = run_submit, .done = end_submit};
    node_post(office->node, &again.call);
    assert_int_equal(node_step(office->node, &busy, &err), ERR_CORRUPT);
    assert_false(again.done);
    office_close(office);
}

static void a_node_with_known_damage_reads_and_does_not_write(void **state)
{
    struct office *office = office_open(false);
    const struct alarm *alarm;
    struct heard heard;

    (void)state;
    office->config.damage = "table 12 is damaged";
    office_reopen(office);
    heard = call_of(office, true);
    assert_true(heard.ran);
    assert_int_equal(heard.outcome, OK);
    heard = call_of(office, false);
    assert_false(heard.ran);
    assert_int_equal(heard.outcome, ERR_CORRUPT);
    assert_int_equal(alarms_count(node_alarms(office->node)), 1);
    alarm = alarms_at(node_alarms(office->node), 0);
    assert_int_equal(alarm->code, ALARM_STORE_DAMAGED);
    assert_string_equal(alarm->message, "table 12 is damaged");
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_behind_damage_ends_the_turn_and_is_not_spoken_of),
        cmocka_unit_test(a_node_with_known_damage_reads_and_does_not_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
