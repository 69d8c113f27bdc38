/* Sequences between levels that once broke the rules as they were written: each with cuts and
 * crashes at the places where it hurts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/ledger/query/query.h"
#include "tests/sim/stories/story.h"

#define YUAN(amount) ((int64_t)(amount)*100)

struct three {
    struct story *story;
    struct sim *sim;
    struct sim_node *region, *city, *county;
    char id[24]; /* of what nobody names later */
};

static void open_three(struct three *three)
{
    three->story = story_new();
    three->sim = story_sim(three->story);
    three->region = story_root(three->story, "540000");
    three->city = story_join(three->story, three->region, "540100");
    three->county = story_join(three->story, three->city, "540121");
}

static void assert_state(const struct sim_node *at, const struct sim_node *of, const char *id,
                         const char *state)
{
    struct txn *txn = txn_open(sim_store(at), NULL);
    struct document_row row;

    if (!query_document(txn, sim_division(of), bytes_text(id), &row)) {
        fail_msg("%s does not have %s of %s", sim_division(at).code, id, sim_division(of).code);
    }
    txn_free(txn);
    assert_string_equal(row.state, state);
}

static int64_t balance(const struct sim_node *of, const char *id, enum account account)
{
    struct txn *txn = txn_open(sim_store(of), NULL);
    struct document_row row;

    assert_true(query_document(txn, sim_division(of), bytes_text(id), &row));
    txn_free(txn);
    return (int64_t)row.balances[account];
}

/* A recall and a negative difference of one early transfer reach the county together, and it cannot
 * satisfy both. The city falls while the answers come in. */
static void a_recall_races_a_negative_difference(void **state)
{
    struct three t;
    char budget[24], early[24], own[24], recall[24], less[24];

    (void)state;
    open_three(&t);
    SAY(t.story, t.city, budget, .kind = KIND_BUDGET, .other = "111", .amount = YUAN(1000));
    SAY(t.story, t.city, early, .kind = KIND_TRANSFER, .about = budget, .other = "540121",
        .word = "early", .amount = YUAN(100));
    story_until_heard(t.story, t.county, t.city, early);
    SAY(t.story, t.county, own, .kind = KIND_REGISTER, .about = early, .other = "540100",
        .amount = YUAN(100));
    story_until_rest(t.story);
    SAY(t.story, t.county, t.id, .kind = KIND_ALLOCATE, .about = own, .amount = YUAN(30));
    sim_cut(t.sim, t.county, BOTH_WAYS);
    SAY(t.story, t.city, recall, .kind = KIND_RECALL, .about = early, .other = "540121",
        .amount = YUAN(60));
    REFUSED(t.story, t.city, "exceeds_transferred", .kind = KIND_TRANSFER, .beside = early,
            .other = "540121", .amount = -YUAN(41));
    SAY(t.story, t.city, less, .kind = KIND_TRANSFER, .beside = early, .other = "540121",
        .amount = -YUAN(40));
    REFUSED(t.story, t.city, "exceeds_transferred", .kind = KIND_RECALL, .about = early,
            .other = "540121", .amount = 1);
    sim_heal(t.sim, t.county);
    story_until_heard(t.story, t.county, t.city, less);
    sim_crash_in_commit(t.sim, t.city, SECOND);
    SAY(t.story, t.county, t.id, .kind = KIND_RECALL_GRANT, .about = recall, .beside = own,
        .other = "540100", .amount = YUAN(50));
    REFUSED(t.story, t.county, "exceeds_available", .kind = KIND_REGISTER, .about = less,
            .other = "540100", .amount = -YUAN(40));
    SAY(t.story, t.county, t.id, .kind = KIND_RETURN, .about = less, .other = "540100",
        .amount = -YUAN(40));
    sim_restart(t.sim, t.city);
    story_until_rest(t.story);
    assert_state(t.region, t.city, recall, "granted");
    assert_state(t.region, t.city, less, "kept");
    assert_int_equal(balance(t.city, early, ACC_XFER_OUT), YUAN(50));
    assert_int_equal(balance(t.city, budget, ACC_UNALLOC), YUAN(950));
    story_hold(t.story);
    story_end(t.story);
}

/* Of 80 that are not approved yet, 50 went down early. The legislature approves 20: the county has
 * to give back first, and the city falls between its answer and the settle. */
static void a_lowering_under_an_estimate(void **state)
{
    struct three t;
    char estimate[24], early[24], less[24];

    (void)state;
    open_three(&t);
    SAY(t.story, t.city, estimate, .kind = KIND_BUDGET, .word = "estimate", .other = "111",
        .amount = YUAN(80));
    REFUSED(t.story, t.city, "advance_only", .kind = KIND_TRANSFER, .about = estimate,
            .other = "540121", .amount = YUAN(1));
    SAY(t.story, t.city, early, .kind = KIND_TRANSFER, .about = estimate, .other = "540121",
        .word = "early", .amount = YUAN(50));
    story_until_heard(t.story, t.county, t.city, early);
    SAY(t.story, t.county, t.id, .kind = KIND_REGISTER, .about = early, .other = "540100",
        .amount = YUAN(50));
    story_until_rest(t.story);
    REFUSED(t.story, t.city, "exceeds_available", .kind = KIND_BUDGET, .beside = estimate,
            .other = "111", .amount = YUAN(20));
    SAY(t.story, t.city, less, .kind = KIND_TRANSFER, .beside = early, .other = "540121",
        .amount = -YUAN(30));
    story_until_heard(t.story, t.county, t.city, less);
    sim_cut(t.sim, t.county, UPWARD);
    SAY(t.story, t.county, t.id, .kind = KIND_REGISTER, .about = less, .other = "540100",
        .amount = -YUAN(30));
    REFUSED(t.story, t.city, "exceeds_available", .kind = KIND_BUDGET, .beside = estimate,
            .other = "111", .amount = YUAN(20));
    sim_crash(t.sim, t.city);
    sim_heal(t.sim, t.county);
    sim_restart(t.sim, t.city);
    story_until_rest(t.story);
    SAY(t.story, t.city, t.id, .kind = KIND_BUDGET, .beside = estimate, .other = "111",
        .amount = YUAN(20));
    story_until_rest(t.story);
    assert_int_equal(balance(t.city, estimate, ACC_SRC_APPROVED), YUAN(20));
    assert_int_equal(balance(t.city, estimate, ACC_SRC_ADVANCE), 0);
    assert_int_equal(balance(t.city, estimate, ACC_UNALLOC), 0);
    story_hold(t.story);
    story_end(t.story);
}

/* The county registers while the withdraw is on its way: its log decides, and the city says that it
 * came too late. Another one it had not answered: its node returns that by itself, and falls doing
 * so. */
static void a_withdraw_races_a_register(void **state)
{
    struct three t;
    char budget[24], first[24], second[24], late[24], early[24];

    (void)state;
    open_three(&t);
    SAY(t.story, t.city, budget, .kind = KIND_BUDGET, .other = "111", .amount = YUAN(100));
    SAY(t.story, t.city, first, .kind = KIND_TRANSFER, .about = budget, .other = "540121",
        .amount = YUAN(60));
    SAY(t.story, t.city, second, .kind = KIND_TRANSFER, .about = budget, .other = "540121",
        .amount = YUAN(40));
    story_until_heard(t.story, t.county, t.city, second);
    sim_cut(t.sim, t.county, BOTH_WAYS);
    SAY(t.story, t.city, late, .kind = KIND_WITHDRAW, .about = first);
    SAY(t.story, t.city, early, .kind = KIND_WITHDRAW, .about = second);
    REFUSED(t.story, t.city, "wrong_state", .kind = KIND_WITHDRAW, .about = second);
    SAY(t.story, t.county, t.id, .kind = KIND_REGISTER, .about = first, .other = "540100",
        .amount = YUAN(60));
    sim_crash_in_commit(t.sim, t.county, SECOND);
    sim_heal(t.sim, t.county);
    sim_run_until(t.sim, sim_now(t.sim) + 10 * SECOND);
    sim_restart(t.sim, t.county);
    story_until_rest(t.story);
    assert_state(t.region, t.city, first, "registered");
    assert_state(t.region, t.city, late, "too_late");
    assert_state(t.region, t.city, second, "returned");
    assert_state(t.region, t.city, early, "withdrawn");
    REFUSED(t.story, t.county, "wrong_state", .kind = KIND_REGISTER, .about = second,
            .other = "540100", .amount = YUAN(40));
    assert_int_equal(balance(t.city, budget, ACC_UNALLOC), YUAN(40));
    story_end(t.story);
}

/* 100 went all the way down and were paid, and all three close. */
static void close_all_but_reopen(struct three *t, char own[24], char line[24], char payment[24])
{
    char budget[24], down[24], further[24], city_own[24];

    SAY(t->story, t->region, budget, .kind = KIND_BUDGET, .other = "111", .amount = YUAN(100));
    SAY(t->story, t->region, down, .kind = KIND_TRANSFER, .about = budget, .other = "540100",
        .amount = YUAN(100));
    story_until_heard(t->story, t->city, t->region, down);
    SAY(t->story, t->city, city_own, .kind = KIND_REGISTER, .about = down, .other = "540000",
        .amount = YUAN(100));
    SAY(t->story, t->city, further, .kind = KIND_TRANSFER, .about = city_own, .other = "540121",
        .amount = YUAN(100));
    story_until_heard(t->story, t->county, t->city, further);
    SAY(t->story, t->county, own, .kind = KIND_REGISTER, .about = further, .other = "540100",
        .amount = YUAN(100));
    SAY(t->story, t->county, line, .kind = KIND_ALLOCATE, .about = own, .amount = YUAN(100));
    SAY(t->story, t->county, t->id, .kind = KIND_RELEASE, .about = line);
    SAY(t->story, t->county, payment, .kind = KIND_PAYMENT, .about = line, .amount = YUAN(100));
    SAY(t->story, t->county, t->id, .kind = KIND_PAID, .about = payment, .amount = YUAN(100));
    story_until_rest(t->story);
    SAY(t->story, t->county, t->id, .kind = KIND_CLOSE_YEAR);
    sim_cut(t->sim, t->county, BOTH_WAYS);
    SAY(t->story, t->city, t->id, .kind = KIND_CLOSE_YEAR);
    SAY(t->story, t->region, t->id, .kind = KIND_CLOSE_YEAR);
    SAY(t->story, t->county, t->id, .kind = KIND_REOPEN_YEAR);
}

/* The county opens its year again before it hears that those above have closed it. What it then has
 * too much cannot go up any more: it comes back, and lapses. */
static void reopening_crosses_a_close_above(void **state)
{
    struct three t;
    char own[24], line[24], payment[24], remit[24];

    (void)state;
    open_three(&t);
    story_staff(t.story, t.region);
    story_staff(t.story, t.city);
    story_staff(t.story, t.county);
    close_all_but_reopen(&t, own, line, payment);
    SAY(t.story, t.county, t.id, .kind = KIND_REFUND, .about = payment, .amount = YUAN(5));
    SAY(t.story, t.county, t.id, .kind = KIND_REDUCE, .about = line, .amount = YUAN(5));
    sim_heal(t.sim, t.county);
    SAY(t.story, t.county, remit, .kind = KIND_REMIT, .about = own, .other = "540000",
        .amount = YUAN(5));
    REFUSED(t.story, t.county, "open_items", .kind = KIND_CLOSE_YEAR);
    story_until_heard(t.story, t.region, t.county, remit);
    REFUSED(t.story, t.region, "closed_year", .kind = KIND_REGISTER, .about = remit,
            .other = "540121", .amount = YUAN(5));
    sim_crash_in_commit(t.sim, t.county, SECOND);
    SAY(t.story, t.region, t.id, .kind = KIND_RETURN, .about = remit, .other = "540121",
        .amount = YUAN(5));
    sim_run_until(t.sim, sim_now(t.sim) + 10 * SECOND);
    sim_restart(t.sim, t.county);
    story_until_rest(t.story);
    SAY(t.story, t.county, t.id, .kind = KIND_LAPSE, .about = own, .word = "unalloc",
        .amount = YUAN(5));
    SAY(t.story, t.county, t.id, .kind = KIND_CLOSE_YEAR);
    story_until_rest(t.story);
    REFUSED(t.story, t.county, "wrong_state", .kind = KIND_REOPEN_YEAR);
    story_hold(t.story);
    story_end(t.story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recall_races_a_negative_difference),
        cmocka_unit_test(a_lowering_under_an_estimate),
        cmocka_unit_test(a_withdraw_races_a_register),
        cmocka_unit_test(reopening_crosses_a_close_above),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
