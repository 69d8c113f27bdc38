/* test_root_epoch - the root's next epoch: signed by the trust key, an entry of the root's own log
 * under the epoch before, and known to all who hold that log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

static struct world world;
static struct sign_key next;
static struct buf sealed;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    sign_key_generate(&next);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_free(&sealed);
    world_end(&world);
    return 0;
}

/* The root's next one, with another signing key; by this signer. */
static void write_epoch(const struct sign_key *signer)
{
    const struct roster *roster = replicator_roster(world.at[REGION].replicator);
    struct grant grant = roster_root(roster)->grant;
    struct grant_terms terms;

    assert_true(roster_terms(roster, grant.division, grant.epoch, &terms));
    grant.epoch++;
    grant_certify(&grant, &world.trust.tree, &next);
    buf_clear(&sealed);
    grant_seal(&sealed, &grant, &terms, signer);
}

static enum status take(int place)
{
    struct err err;

    return replicator_take_root(world.at[place].replicator, world.at[place].txn, buf_bytes(&sealed),
                                &err);
}

static uint32_t epoch_at(int place)
{
    return roster_root(replicator_roster(world.at[place].replicator))->grant.epoch;
}

static void all_below_go_on_under_the_new_key(void **state)
{
    struct place *region = &world.at[REGION];

    (void)state;
    world.at[COUNTY].cut = true; /* away: it hears of all of it when it is back */
    write_epoch(&world.trust.key);
    assert_int_equal(take(REGION), OK);
    place_say(region, AUDIENCE_TREE, "R", "under the former key");
    world_run(&world, 3000);
    assert_int_equal(place_head(&world.at[CITY], "R").epoch, 1);
    assert_int_equal(take(REGION), OK); /* it is there already */
    place_close(region);
    region->key = next;
    place_open(region);
    place_say(region, AUDIENCE_TREE, "R", "under the new one");
    world_run(&world, 3000);
    world.at[COUNTY].cut = false;
    world_run(&world, 60000);
    for (int i = CITY; i <= SIBLING; i++) {
        assert_int_equal(epoch_at(i), 2);
        assert_true(place_heard(&world.at[i], "R/under the former key"));
        assert_true(place_heard(&world.at[i], "R/under the new one"));
        assert_int_equal(place_head(&world.at[i], "R").epoch, 2);
        assert_false(place_alarmed_ever(&world.at[i], ALARM_BAD_GRANT));
        assert_false(place_alarmed_ever(&world.at[i], ALARM_BAD_BLOCK));
    }
}

static void nobody_else_makes_one(void **state)
{
    (void)state;
    write_epoch(&world.at[REGION].key); /* whoever holds the root's key alone */
    assert_int_equal(take(REGION), ERR_REFUSED);
    write_epoch(&world.trust.key);
    assert_int_equal(take(CITY), ERR_REFUSED);
    assert_int_equal(epoch_at(REGION), 1);
    assert_int_equal(epoch_at(CITY), 1);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(all_below_go_on_under_the_new_key),
        STORY(nobody_else_makes_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
