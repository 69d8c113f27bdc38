/* What the region knows of a county two tiers down, and when: it dies, its city is cut off, its
 * disk fills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/core/node_watch.h"
#include "node/store/store_memory.h"
#include "tests/sim/stories/story.h"

enum { NAMED_IN = 60 * SECOND };

struct wanted {
    const struct sim_node *at, *of;
    enum division_state state;
    struct division_view seen;
};

/* How `of` is, as `at` knows it. */
static struct division_view view_of(const struct sim_node *at, const struct sim_node *of)
{
    struct division_view *views, found = {.state = DIVISION_STATES};
    size_t count;

    views = node_watch_views(sim_core(at), &count);
    for (size_t i = 0; i < count; i++) {
        if (division_equal(views[i].division, sim_division(of))) {
            found = views[i];
        }
    }
    mem_free(views);
    return found;
}

static bool is_otherwise(struct sim *sim, void *arg)
{
    struct wanted *wanted = arg;

    (void)sim;
    wanted->seen = view_of(wanted->at, wanted->of);
    return wanted->seen.state != wanted->state;
}

static struct division_view until(struct story *story, const struct sim_node *at,
                                  const struct sim_node *of, enum division_state state)
{
    struct wanted wanted = {.at = at, .of = of, .state = state};

    if (!sim_run_while(story_sim(story), is_otherwise, &wanted, NAMED_IN)) {
        fail_msg("after a minute %s sees %s as %s, not as %s", sim_division(at).code,
                 sim_division(of).code, division_state_name(wanted.seen.state),
                 division_state_name(state));
    }
    return wanted.seen;
}

static bool is_alarmed(const struct sim_node *at, enum alarm_code code,
                       const struct sim_node *about)
{
    const struct alarms *alarms = node_alarms(sim_core(at));

    for (size_t i = 0; i < alarms_count(alarms); i++) {
        if (alarms_at(alarms, i)->code == code &&
            division_equal(alarms_at(alarms, i)->about, sim_division(about))) {
            return true;
        }
    }
    return false;
}

static void run_for(struct story *story, uint64_t us)
{
    sim_run_until(story_sim(story), sim_now(story_sim(story)) + us);
}

static void a_dead_county_is_named_at_the_region(void **state)
{
    struct story *story = story_new();
    struct sim_node *region = story_root(story, "540000");
    struct sim_node *city = story_join(story, region, "540100");
    struct sim_node *county = story_join(story, city, "540121");
    struct division_view view;

    (void)state;
    (void)until(story, region, county, DIVISION_WELL);
    sim_crash(story_sim(story), county);
    view = until(story, region, county, DIVISION_OFF_LINE);
    assert_string_equal(view.above.code, "540100");
    assert_false(is_alarmed(region, ALARM_NEIGHBOUR_DOWN, county));
    run_for(story, 6 * (uint64_t)MINUTE);
    assert_true(is_alarmed(region, ALARM_NEIGHBOUR_DOWN, county));
    assert_true(is_alarmed(city, ALARM_NEIGHBOUR_DOWN, county));
    assert_int_equal(view_of(region, city).state, DIVISION_WELL); /* its own house is in order */
    sim_restart(story_sim(story), county);
    (void)until(story, region, county, DIVISION_WELL);
    run_for(story, WATCH_ALARMS_MS * MILLISECOND + 30 * (uint64_t)SECOND);
    assert_false(is_alarmed(region, ALARM_NEIGHBOUR_DOWN, county));
    assert_false(is_alarmed(city, ALARM_NEIGHBOUR_DOWN, county));
    story_end(story);
}

static void the_place_where_the_path_is_broken_is_named(void **state)
{
    struct story *story = story_new();
    struct sim_node *region = story_root(story, "540000");
    struct sim_node *city = story_join(story, region, "540100");
    struct sim_node *county = story_join(story, city, "540121");
    struct division_view view;

    (void)state;
    (void)until(story, region, county, DIVISION_WELL);
    sim_cut(story_sim(story), city, BOTH_WAYS);
    view = until(story, region, city, DIVISION_OFF_LINE);
    assert_string_equal(view.broken.code, "540100");
    view = until(story, region, county, DIVISION_UNKNOWN);
    assert_string_equal(view.broken.code, "540100");
    assert_int_equal(view_of(city, county).state, DIVISION_WELL); /* which its city knows */
    (void)until(story, city, city, DIVISION_OFF_LINE);
    run_for(story, 6 * (uint64_t)MINUTE);
    assert_true(is_alarmed(region, ALARM_NEIGHBOUR_DOWN, city));
    assert_true(is_alarmed(city, ALARM_NEIGHBOUR_DOWN, region));
    assert_false(is_alarmed(region, ALARM_NEIGHBOUR_DOWN, county)); /* nobody says that it is */
    sim_heal(story_sim(story), city);
    (void)until(story, region, county, DIVISION_WELL);
    (void)until(story, region, city, DIVISION_WELL);
    story_end(story);
}

/* Its turn cannot be stored, and nothing comes in: what it says of itself goes out all the same. */
static void a_county_without_room_says_so(void **state)
{
    static const struct store_space_free full = {0, UINT64_C(1) << 40, 1 << 30};
    static const struct store_space_free free_again = {UINT64_C(1) << 40, UINT64_C(1) << 40,
                                                       1 << 30};
    struct story *story = story_new();
    struct sim_node *region = story_root(story, "540000");
    struct sim_node *city = story_join(story, region, "540100");
    struct sim_node *county = story_join(story, city, "540121");

    (void)state;
    (void)until(story, region, county, DIVISION_WELL);
    store_memory_set_space(sim_store(county)->self, &full);
    (void)until(story, region, county, DIVISION_FULL);
    story_approve(story, region, 100000);
    run_for(story, 5 * (uint64_t)MINUTE); /* its parent has something for it that it cannot take */
    assert_int_equal(view_of(region, county).state, DIVISION_FULL);
    store_memory_set_space(sim_store(county)->self, &free_again);
    (void)until(story, region, county, DIVISION_WELL);
    run_for(story, WATCH_ALARMS_MS * MILLISECOND + 30 * (uint64_t)SECOND); /* that is over */
    story_end(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_county_is_named_at_the_region),
        cmocka_unit_test(the_place_where_the_path_is_broken_is_named),
        cmocka_unit_test(a_county_without_room_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
