/* Divisions that lose their keys and keep their log, as persons confirm that: late, once for two
 * times, in any order, never; and three weeks without the level that has to say it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/core/alarms.h"
#include "tests/sim/expected.h"
#include "tests/sim/stories/story.h"

#define YUAN(amount) ((int64_t)(amount)*100)
#define HOUR         (60 * (uint64_t)MINUTE)
#define DAY          (24 * HOUR)

enum { REGION, CITY, COUNTY, TOWNSHIP, LEVELS };

static void begin(struct story *story, struct sim_node *at[LEVELS])
{
    at[REGION] = story_root(story, "540000");
    at[CITY] = story_join(story, at[REGION], "540100");
    at[COUNTY] = story_join(story, at[CITY], "540121");
    at[TOWNSHIP] = story_join(story, at[COUNTY], "540121100");
    story_approve(story, at[CITY], YUAN(5000000));
    story_approve(story, at[COUNTY], YUAN(1000000));
    story_pay(story, at[COUNTY], YUAN(100));
    story_until_rest(story);
}

static void run_for(struct story *story, uint64_t us)
{
    sim_run_until(story_sim(story), sim_now(story_sim(story)) + us);
}

static uint32_t epoch_at(const struct sim_node *at, const struct sim_node *of)
{
    return roster_find(node_roster(sim_core(at)), sim_division(of))->grant.epoch;
}

static bool counts_at(const struct sim_node *at, const struct sim_node *of)
{
    return roster_epoch_counts(node_roster(sim_core(at)), sim_division(of), epoch_at(at, of));
}

/* Since when does `at` say that keys of `of` wait for a word? 0: it does not. */
static uint64_t waits_since(const struct sim_node *at, const struct sim_node *of)
{
    const struct alarms *alarms = node_alarms(sim_core(at));

    for (size_t i = 0; i < alarms_count(alarms); i++) {
        const struct alarm *alarm = alarms_at(alarms, i);

        if (alarm->code == ALARM_EPOCH_UNCONFIRMED &&
            division_equal(alarm->about, sim_division(of))) {
            return alarm->first_unix_ms;
        }
    }
    return 0;
}

static struct policy two_persons_register(void)
{
    struct policy policy = POLICY_NONE;

    (void)number_set_add(&policy.kinds, KIND_REGISTER);
    return policy;
}

/* --- three weeks --- */

/* The city is away, too, when the county's machine is lost: nobody can grant it anything for two
 * days. Its office works on once it has keys; its township takes what it issues by two persons'
 * word. */
static void it_is_rebuilt_and_works_on(struct story *story, struct sim_node *at[LEVELS])
{
    struct sim *sim = story_sim(story);
    char id[24];

    run_for(story, 3 * DAY);
    sim_crash(sim, at[CITY]);
    run_for(story, HOUR);
    recoveries_lose(story_recoveries(story), at[COUNTY], UINT64_MAX);
    run_for(story, 2 * DAY);
    assert_true(sim_is_keyless(at[COUNTY]));
    sim_restart(sim, at[CITY]);
    run_for(story, HOUR);
    assert_false(sim_is_keyless(at[COUNTY]));
    assert_int_equal(epoch_at(at[CITY], at[COUNTY]), 2);
    assert_true(counts_at(at[CITY], at[COUNTY]) && counts_at(at[COUNTY], at[COUNTY]));

    story_pay(story, at[COUNTY], YUAN(250));
    story_transfer(story, at[CITY], at[COUNTY], YUAN(40000));
    story_issue(story, at[COUNTY], at[TOWNSHIP], YUAN(3000), id);
    run_for(story, DAY);
    assert_false(counts_at(at[TOWNSHIP], at[COUNTY]));
    assert_false(story_register(story, at[COUNTY], at[TOWNSHIP], YUAN(3000), id, false));
    assert_true(story_register(story, at[COUNTY], at[TOWNSHIP], YUAN(3000), id, true));
    story_pay(story, at[TOWNSHIP], YUAN(20));
    run_for(story, HOUR);
    assert_int_equal(story_spent(at[CITY], at[COUNTY]), YUAN(350));
    assert_int_equal(story_spent(at[CITY], at[TOWNSHIP]), YUAN(20));
}

static void a_county_dies_while_its_region_is_away_for_three_weeks(void **state)
{
    struct story *story = story_of_weeks(two_persons_register());
    struct sim *sim = story_sim(story);
    struct sim_node *at[LEVELS];
    uint64_t gone_us;

    (void)state;
    begin(story, at);
    gone_us = sim_now(sim);
    sim_crash(sim, at[REGION]);
    it_is_rebuilt_and_works_on(story, at);
    sim_run_until(sim, gone_us + 21 * DAY);
    story_pay(story, at[COUNTY], YUAN(5));

    sim_restart(sim, at[REGION]);
    run_for(story, HOUR);
    assert_false(counts_at(at[REGION], at[COUNTY])); /* held, and in no figure */
    assert_int_equal(story_spent(at[REGION], at[COUNTY]), YUAN(100));
    assert_int_equal(story_spent(at[REGION], at[TOWNSHIP]), YUAN(20));
    assert_true(waits_since(at[REGION], at[COUNTY]) != 0);
    assert_true(waits_since(at[TOWNSHIP], at[COUNTY]) != 0);
    story_check(story);

    story_confirm(story);
    run_for(story, HOUR);
    for (int i = REGION; i < LEVELS; i++) {
        assert_true(counts_at(at[i], at[COUNTY]));
    }
    assert_int_equal(story_spent(at[REGION], at[COUNTY]), YUAN(355));
    story_end(story);
}

/* --- one word, and none --- */

static void a_later_word_confirms_an_earlier_loss_too(void **state)
{
    struct story *story = story_new();
    struct sim_node *at[LEVELS];

    (void)state;
    begin(story, at);
    story_recover(story, at[COUNTY], UINT64_MAX);
    story_pay(story, at[COUNTY], YUAN(10));
    story_recover(story, at[COUNTY], UINT64_MAX);
    story_pay(story, at[COUNTY], YUAN(7));
    story_check(story);
    assert_int_equal(epoch_at(at[REGION], at[COUNTY]), 3);
    assert_int_equal(story_spent(at[CITY], at[COUNTY]), YUAN(117));
    assert_int_equal(story_spent(at[REGION], at[COUNTY]), YUAN(100));
    story_confirm(story);
    assert_int_equal(recoveries_counts(story_recoveries(story)).at_once, 1);
    story_until_rest(story);
    assert_int_equal(story_spent(at[REGION], at[COUNTY]), YUAN(117));
    story_end(story);
}

static void what_nobody_confirms_stays_outside_and_gets_older(void **state)
{
    struct story *story = story_of_weeks(two_persons_register());
    struct sim_node *at[LEVELS];
    uint64_t since;

    (void)state;
    begin(story, at);
    story_recover(story, at[COUNTY], UINT64_MAX);
    run_for(story, HOUR);
    since = waits_since(at[REGION], at[COUNTY]);
    assert_true(since != 0);
    for (int week = 0; week < 4; week++) {
        story_pay(story, at[COUNTY], YUAN(1));
        story_transfer(story, at[CITY], at[COUNTY], YUAN(100));
        run_for(story, 7 * DAY);
        story_check(story);
        assert_int_equal(story_spent(at[CITY], at[COUNTY]), YUAN(101 + week));
        assert_int_equal(story_spent(at[REGION], at[COUNTY]), YUAN(100));
        assert_true(waits_since(at[REGION], at[COUNTY]) ==
                    since); /* the same, and four weeks old */
        assert_true(waits_since(at[TOWNSHIP], at[COUNTY]) != 0);
        assert_true(waits_since(at[CITY], at[COUNTY]) == 0); /* it granted them itself */
    }
    story_end_waiting(story);
}

/* --- the order of words and grants --- */

/* Below a county whose keys wait a township gets others, which the city confirms: the region hears
 * that word before it knows of the grant. */
static void a_word_about_who_is_not_known_yet_is_kept(void **state)
{
    struct story *story = story_new();
    struct sim_node *at[LEVELS], *late;

    (void)state;
    begin(story, at);
    story_recover(story, at[COUNTY], UINT64_MAX);
    late = story_join(story, at[COUNTY], "540121200");
    story_recover(story, late, SECOND);
    story_approve(story, late, YUAN(5000));
    story_pay(story, late, YUAN(3));
    run_for(story, 30 * (uint64_t)SECOND);
    assert_null(roster_find(node_roster(sim_core(at[REGION])), sim_division(late)));
    assert_int_equal(story_spent(at[CITY], late), YUAN(3));
    story_check(story);
    story_confirm(story);
    story_until_rest(story);
    assert_int_equal(story_spent(at[REGION], late), YUAN(3));
    story_end(story);
}

/* The region granted them itself and confirms them itself: its alarm ends all the same. Whoever
 * joins two levels below later has a chain of grants with these keys in it. */
static void a_city_with_other_keys_has_a_county_with_a_township(void **state)
{
    struct story *story = story_new();
    struct sim_node *at[LEVELS], *county, *township;

    (void)state;
    begin(story, at);
    story_recover(story, at[CITY], UINT64_MAX);
    run_for(story, 30 * (uint64_t)SECOND);
    assert_true(waits_since(at[REGION], at[CITY]) != 0);
    assert_true(waits_since(at[TOWNSHIP], at[CITY]) != 0);
    county = story_join(story, at[CITY], "540122"); /* by keys that wait for a word */
    township = story_join(story, county, "540122100");
    story_approve(story, township, YUAN(5000));
    story_pay(story, township, YUAN(9));
    sim_crash(story_sim(story), township); /* and what it has of that chain it reads again */
    sim_restart(story_sim(story), township);
    story_check(story);
    story_confirm(story);
    story_until_rest(story);
    assert_int_equal(story_spent(at[REGION], township), YUAN(9));
    assert_true(waits_since(at[REGION], at[CITY]) == 0);
    (void)story_join(story, county, "540122200"); /* and by keys that were confirmed */
    story_end(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_county_dies_while_its_region_is_away_for_three_weeks),
        cmocka_unit_test(a_later_word_confirms_an_earlier_loss_too),
        cmocka_unit_test(what_nobody_confirms_stays_outside_and_gets_older),
        cmocka_unit_test(a_word_about_who_is_not_known_yet_is_kept),
        cmocka_unit_test(a_city_with_other_keys_has_a_county_with_a_township),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
