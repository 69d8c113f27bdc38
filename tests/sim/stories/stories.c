/* Three stories of one region, one city and one county, as they happen every week. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/sim/stories/story.h"

#define YUAN(amount) ((int64_t)(amount)*100)

/* The line from city to region is cut while the county pays. The city knows at once, the region
 * when the line is back, and nothing is counted twice. */
static void a_payment_outlives_a_cut(void **state)
{
    struct story *story = story_new();
    struct sim_node *region = story_root(story, "540000");
    struct sim_node *city = story_join(story, region, "540100");
    struct sim_node *county = story_join(story, city, "540121");

    (void)state;
    story_approve(story, county, YUAN(10000000));
    story_pay(story, county, YUAN(1000));
    story_until_rest(story);
    sim_cut(story_sim(story), city, BOTH_WAYS);
    story_pay(story, county, YUAN(250));
    sim_run_until(story_sim(story), sim_now(story_sim(story)) + 5 * (uint64_t)MINUTE);
    assert_int_equal(story_spent(city, county), YUAN(1250));
    assert_int_equal(story_spent(region, county), YUAN(1000));
    sim_heal(story_sim(story), city);
    story_until_rest(story);
    assert_int_equal(story_spent(region, county), YUAN(1250));
    story_end(story);
}

/* The city loses power with the county's payment held and not passed on. It comes back with what
 * its disk had, and the region hears of the payment once. */
static void a_payment_outlives_a_crash(void **state)
{
    struct story *story = story_new();
    struct sim_node *region = story_root(story, "540000");
    struct sim_node *city = story_join(story, region, "540100");
    struct sim_node *county = story_join(story, city, "540121");

    (void)state;
    story_approve(story, county, YUAN(10000000));
    story_until_rest(story);
    sim_cut(story_sim(story), city, UPWARD);
    story_pay(story, county, YUAN(1000));
    sim_crash(story_sim(story), city); /* what was not synced is gone, and all connections */
    story_pay(story, county, YUAN(250));
    assert_int_equal(story_spent(region, county), 0);
    sim_restart(story_sim(story), city);
    sim_heal(story_sim(story), city);
    story_until_rest(story);
    assert_int_equal(story_spent(region, county), YUAN(1250));
    story_end(story);
}

/* A county enrols when its city has worked for long. It is given money from two levels above,
 * spends it, and every level sees the same. */
static void a_late_joiner_is_like_any_other(void **state)
{
    struct story *story = story_new();
    struct sim_node *region = story_root(story, "540000");
    struct sim_node *city = story_join(story, region, "540100");
    struct sim_node *county;

    (void)state;
    story_approve(story, region, YUAN(20000000));
    story_transfer(story, region, city, YUAN(9000000));
    story_pay(story, city, YUAN(70));
    county = story_join(story, city, "540121");
    story_transfer(story, region, county, YUAN(500000));
    story_pay(story, county, YUAN(250));
    story_until_rest(story);
    assert_int_equal(story_spent(region, city), YUAN(70));
    assert_int_equal(story_spent(city, county), YUAN(250));
    assert_int_equal(story_spent(region, county), YUAN(250));
    story_end(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payment_outlives_a_cut),
        cmocka_unit_test(a_payment_outlives_a_crash),
        cmocka_unit_test(a_late_joiner_is_like_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
