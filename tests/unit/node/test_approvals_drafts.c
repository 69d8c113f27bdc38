/* Drafts and their approval on a real root node over a store in memory, turn by turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/node_struct.h"
#include "node/ledger/query/query.h"
#include "node/ledger/rows/unapproved.h"
#include "node/office/local_keys.h"
#include "node/office/operators.h"
#include "node/office/set_aside.h"
#include "replicator/replicator.h"
#include "tests/unit/node/approving.h"

static const char *const chain_ids[] = {"A1", "B1", "L1", "T1", "R1", "P1", "C1"};

static void want_whole_chain(const struct office *office)
{
    want_field(office, "L1", FIELD_FUND_TYPE_CODE, "111");
    want_field(office, "T1", FIELD_FUND_TYPE_CODE, "111");
    want_field(office, "R1", FIELD_AMOUNT, "300");
    want_field(office, "C1", FIELD_AMOUNT, "40");
    assert_int_equal(check_log(office, 1).documents, COUNT_OF(chain_ids));
    assert_int_equal(pending(office), 0);
}

static void a_chain_of_drafts_is_approved_at_once(void **state)
{
    (void)state;
    for (int atomic = 0; atomic < 2; atomic++) {
        struct office *office = office_open(true);
        struct work work = {.atomic = atomic == 1};

        add_chain(&work);
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_DRAFT);
        assert_int_equal(pending(office), COUNT_OF(chain_ids));
        approve_all(office, chain_ids, COUNT_OF(chain_ids));
        want_whole_chain(office);
        office_close(office);
    }
}

static void a_chain_may_come_in_many_posts(void **state)
{
    struct office *office = office_open(true);
    struct work whole = {.count = 0};

    (void)state;
    add_chain(&whole);
    for (size_t i = 0; i < whole.count; i++) {
        struct work work = {.count = 1, .items = {whole.items[i]}};
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_DRAFT);
    }
    approve_all(office, chain_ids, COUNT_OF(chain_ids));
    want_whole_chain(office);
    office_close(office);
}

static void a_draft_builds_on_an_entry_and_passes_over_bad_drafts(void **state)
{
    static const char *const first[] = {"B1"}, *const then[] = {"A1", "T1", "L2", "L4"};
    struct office *office = office_open(true);
    struct work work = {.count = 0}, more = {.count = 0};

    (void)state;
    work_add_budget(&work, "B1", "100");
    office_submit(office, &work);
    approve_all(office, first, COUNT_OF(first));
    work_add_agency(&more);
    work_add_allocate(&more, "L1", "B1", "5000");    /* too much */
    work_add_allocate(&more, "L2", "B1", "10");      /* there is room for this one */
    work_add_allocate(&more, "L3", "nothing", "10"); /* no such money */
    work_add_transfer(&more, "T1", "B1", "20");
    work_add_allocate(&more, "L4", "B1", "30");
    office_submit(office, &more);
    work_want_all(&more, SUBMIT_DRAFT);
    approve_all(office, then, COUNT_OF(then));
    want_field(office, "T1", FIELD_FUND_TYPE_CODE, "111");
    want_field(office, "L4", FIELD_FUND_TYPE_CODE, "111");
    assert_int_equal(pending(office), 2);
    office_close(office);
}

static void the_same_draft_twice_is_one_and_another_under_its_id_is_refused(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0};

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    work_add_allocate(&work, "L1", "B1", "300");
    work_add_allocate(&work, "L1", "B1", "300");
    work_add_allocate(&work, "L1", "B1", "301");
    office_submit(office, &work);
    assert_int_equal(work.items[3].status, SUBMIT_DRAFT);
    assert_int_equal(work.items[4].status, SUBMIT_REFUSED);
    assert_int_equal(work.items[4].refusal.reason, REASON_EXISTS_DIFFERENT);
    assert_int_equal(pending(office), 3);
    approve_all(office, (const char *const[]){"A1", "B1", "L1"}, 3);
    work.count = 4;
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_EXISTS);
    assert_int_equal(pending(office), 0);
    office_close(office);
}

static void nobody_checks_what_he_made(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, approval;

    (void)state;
    add_chain(&work);
    office_submit(office, &work);
    approve(office, &office->li, &approval, chain_ids, COUNT_OF(chain_ids));
    for (size_t i = 0; i < COUNT_OF(chain_ids); i++) {
        want_approval(&approval, chain_ids[i], SUBMIT_REFUSED, REASON_SAME_PERSON);
    }
    assert_int_equal(pending(office), COUNT_OF(chain_ids));
    assert_int_equal(check_log(office, 1).documents, 0);
    approve_all(office, chain_ids, COUNT_OF(chain_ids));
    office_close(office);
}

/* The third asks for one yuan more than the first two left; without it there is room for all. */
static void a_refusal_in_the_middle_leaves_two_proven_runs_and_a_free_id(void **state)
{
    static const char *const ids[] = {"L1", "L2", "L3", "L4", "L5"};
    struct office *office = office_open(true);
    struct work work = {.count = 0}, lines = {.count = 0}, again = {.count = 0}, approval;
    struct walk walk;
    uint64_t from_lsn;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    approve_all(office, (const char *const[]){"A1", "B1"}, 2);
    from_lsn = replicator_next_lsn(node_replicator(office->node));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        work_add_allocate(&lines, ids[i], "B1", i == 2 ? "901" : "50");
    }
    office_submit(office, &lines);
    work_want_all(&lines, SUBMIT_DRAFT);
    approve(office, &office->wang, &approval, ids, COUNT_OF(ids));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        if (i != 2) {
            want_approval(&approval, ids[i], SUBMIT_ACCEPTED, REASON_NONE);
        }
    }
    want_approval(&approval, "L3", SUBMIT_REFUSED, REASON_EXCEEDS);

    walk = check_log(office, from_lsn);
    assert_int_equal(walk.documents, 4);
    for (int who = 0; who < 2; who++) {
        assert_int_equal(walk.groups[who], 2);
        assert_int_equal(walk.first_leaf[who][0], 0);
        assert_int_equal(walk.first_leaf[who][1], 3);
    }
    assert_int_equal(pending(office), 0);
    work_add_allocate(&again, "L3", "B1", "60");
    office_submit(office, &again);
    work_want_all(&again, SUBMIT_DRAFT);
    approve_all(office, &ids[2], 1);
    (void)check_log(office, 1);
    office_close(office);
}

/* A signature is carried once for neighbours among its own leaves, whatever the other one does. */
static void two_posts_approved_at_once_take_one_run_of_the_checker(void **state)
{
    static const char *const ids[] = {"L1", "L2", "L3", "L4"};
    struct office *office = office_open(true);
    struct work work = {.count = 0};
    struct walk walk;
    uint64_t from_lsn;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    approve_all(office, (const char *const[]){"A1", "B1"}, 2);
    from_lsn = replicator_next_lsn(node_replicator(office->node));
    for (size_t i = 0; i < COUNT_OF(ids); i += 2) {
        struct work lines = {.count = 0};

        work_add_allocate(&lines, ids[i], "B1", "50");
        work_add_allocate(&lines, ids[i + 1], "B1", "60");
        office_submit(office, &lines);
    }
    approve_all(office, ids, COUNT_OF(ids));
    walk = check_log(office, from_lsn);
    assert_int_equal(walk.documents, COUNT_OF(ids));
    assert_int_equal(walk.groups[0], 2);
    assert_int_equal(walk.groups[1], 1);
    office_close(office);
}

/* How many drafts of the batch wait; 0 where nothing is kept of it. */
static uint64_t waiting_of(const struct office *office, uint64_t batch)
{
    struct txn *txn = txn_open(&office->store, NULL);
    uint64_t remaining = 0;
    struct batch_row row;

    assert_int_equal(batch_remaining(txn, batch, &remaining), batch_find(txn, batch, &row));
    txn_free(txn);
    return remaining;
}

/* In whatever order a checker names them. A batch stays as long as one of its drafts waits. */
static void drafts_of_two_posts_enter_in_order_of_submission(void **state)
{
    static const char *const ids[] = {"L1", "L2", "L3", "L4"}, *const named[] = {"L4", "L1", "L3"};
    struct office *office = office_open(true);
    struct work work = {.count = 0};
    uint64_t batches[COUNT_OF(ids)];
    struct draft draft;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    approve_all(office, (const char *const[]){"A1", "B1"}, 2);
    for (size_t i = 0; i < COUNT_OF(ids); i += 2) {
        struct work lines = {.count = 0};

        work_add_allocate(&lines, ids[i], "B1", "50");
        work_add_allocate(&lines, ids[i + 1], "B1", "60");
        office_submit(office, &lines);
    }
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_true(draft_find(office->node, office->node->txn, bytes_text(ids[i]), &draft));
        batches[i] = draft.batch;
        assert_int_equal(waiting_of(office, draft.batch), 2);
    }
    approve(office, &office->wang, &work, named, COUNT_OF(named));
    for (size_t i = 0; i < COUNT_OF(named); i++) { /* L1, L3, L4 */
        assert_string_equal(work.approvals[i].id, ids[i + (i > 0)]);
        assert_int_equal(work.approvals[i].status, SUBMIT_ACCEPTED);
        assert_int_equal(work.approvals[i].lsn, work.approvals[0].lsn + i);
    }
    assert_int_equal(waiting_of(office, batches[0]), 1);
    assert_int_equal(waiting_of(office, batches[2]), 0);
    approve_all(office, ids + 1, 1);
    assert_int_equal(waiting_of(office, batches[0]), 0);
    office_close(office);
}

/* Four for the post: the drafts, maker, how many, last sequence. */
static void a_draft_costs_no_row_of_its_own(void **state)
{
    struct office *office = office_open(true);
    const uint64_t before = node_rows_written(office->node);
    struct work work = {.count = 0};

    (void)state;
    add_chain(&work);
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    assert_int_equal(node_rows_written(office->node) - before, 4);
    office_close(office);
}

/* By the table and, where it does not know, by the rows: before and after a restart. */
static void a_draft_is_found_by_its_id(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, reject = {.action = REJECT, .count = 1, .why = "wrong"};
    const uint64_t moments[] = {0, UINT64_MAX}; /* nobody knows of which; now */
    struct draft draft;

    (void)state;
    add_chain(&work);
    office_submit(office, &work);
    reject.person = &office->wang;
    reject.approvals[0] = (struct approve_item){.id = "B1"};
    for (int restarts = 0; restarts < 2; restarts++) {
        struct txn *txn = txn_open(&office->store, NULL);

        for (size_t i = 0; i < COUNT_OF(moments); i++) {
            assert_true(draft_find_at(office->node, txn, moments[i], bytes_text("B1"), &draft));
            assert_true(bytes_equal(draft.id, bytes_text("B1")));
            assert_false(draft_find_at(office->node, txn, moments[i], bytes_text("B"), &draft));
        }
        txn_free(txn);
        office_reopen(office);
    }
    office_turn(office, &reject);
    for (int restarts = 0; restarts < 2; restarts++) {
        struct txn *txn = txn_open(&office->store, NULL);

        assert_int_equal(draft_look(office->node, txn, bytes_text("B1"), &draft), DRAFT_SET_ASIDE);
        txn_free(txn);
        office_reopen(office);
    }
    office_close(office);
}

static bool remember_hash(void *arg, const struct draft_row *row)
{
    *(struct hash *)arg = row->hash;
    return false;
}

/* An answer may be lost, and what was read may be long out of date. */
static void approving_again_what_was_read_is_done_and_another_thing_has_changed(void **state)
{
    struct office *office = office_open(true);
    struct work work = {.count = 0}, again = {.action = APPROVE, .count = 1};
    struct txn *txn;

    (void)state;
    again.person = &office->wang;
    again.approvals[0] = (struct approve_item){.id = "B1", .has_hash = true};
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    txn = txn_open(&office->store, NULL);
    node_pending(txn, remember_hash, &again.approvals[0].hash);
    txn_free(txn);
    office_turn(office, &again);
    want_approval(&again, "B1", SUBMIT_ACCEPTED, REASON_NONE);
    office_turn(office, &again);
    want_approval(&again, "B1", SUBMIT_EXISTS, REASON_NONE);
    again.approvals[0].hash.at[0] ^= 1;
    office_turn(office, &again);
    want_approval(&again, "B1", SUBMIT_REFUSED, REASON_CHANGED);
    office_close(office);
}

static void a_rejected_draft_says_why_and_frees_its_id(void **state)
{
    static const char *const ids[] = {"B1"};
    struct office *office = office_open(true);
    struct work work = {.count = 0}, reject = {.action = REJECT, .count = 1}, approval;
    struct set_aside aside;
    struct txn *txn;

    (void)state;
    work_add_budget(&work, "B1", "1000");
    office_submit(office, &work);
    (void)snprintf(reject.approvals[0].id, sizeof reject.approvals[0].id, "B1");
    reject.why = "文号不对";
    reject.person = &office->wang;
    office_turn(office, &reject);
    want_approval(&reject, "B1", SUBMIT_ACCEPTED, REASON_NONE);
    txn = txn_open(&office->store, NULL);
    assert_true(set_aside_find(txn, "B1", &aside));
    assert_string_equal(aside.checker, "wang");
    assert_string_equal(aside.maker, "li");
    assert_string_equal(aside.why, "文号不对");
    assert_int_equal(aside.refusal.reason, REASON_NONE);
    assert_false(set_aside_find(txn, "B2", &aside));
    txn_free(txn);
    assert_int_equal(pending(office), 0);
    approve(office, &office->wang, &approval, ids, 1);
    want_approval(&approval, "B1", SUBMIT_REFUSED, REASON_NOT_PENDING);
    office_turn(office, &reject);
    want_approval(&reject, "B1", SUBMIT_REFUSED, REASON_NOT_PENDING);

    work.count = 0;
    work_add_budget(&work, "B1", "999");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_DRAFT);
    approve_all(office, ids, 1);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_of_drafts_is_approved_at_once),
        cmocka_unit_test(a_chain_may_come_in_many_posts),
        cmocka_unit_test(a_draft_builds_on_an_entry_and_passes_over_bad_drafts),
        cmocka_unit_test(the_same_draft_twice_is_one_and_another_under_its_id_is_refused),
        cmocka_unit_test(nobody_checks_what_he_made),
        cmocka_unit_test(a_refusal_in_the_middle_leaves_two_proven_runs_and_a_free_id),
        cmocka_unit_test(two_posts_approved_at_once_take_one_run_of_the_checker),
        cmocka_unit_test(drafts_of_two_posts_enter_in_order_of_submission),
        cmocka_unit_test(a_draft_costs_no_row_of_its_own),
        cmocka_unit_test(a_draft_is_found_by_its_id),
        cmocka_unit_test(approving_again_what_was_read_is_done_and_another_thing_has_changed),
        cmocka_unit_test(a_rejected_draft_says_why_and_frees_its_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
