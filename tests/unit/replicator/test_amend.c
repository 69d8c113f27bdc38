/* test_amend - a division's next epoch with the keys that it has: asked by its parent, agreed to by
 * the division itself, and known to all who hold its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"

static struct world world;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static enum status amend(int parent, const char *child, const char *name, const char *list)
{
    struct place *place = &world.at[parent];
    struct grant_reach reach;
    struct err err;
    uint32_t epoch;

    (void)reach_parse(&reach, bytes_text(list == NULL ? "" : list));
    return replicator_amend(place->replicator, place->txn, division_of(child), name,
                            list == NULL ? NULL : &reach, &epoch, &err);
}

static uint32_t epoch_at(int place, const char *division)
{
    return roster_find(replicator_roster(world.at[place].replicator), division_of(division))
        ->grant.epoch;
}

static bool may_grant(int place, const char *division, const char *code)
{
    const struct roster *roster = replicator_roster(world.at[place].replicator);
    struct grant_terms terms;

    return roster_terms(roster, division_of(division), epoch_at(place, division), &terms) &&
           reach_has(&terms.may_grant, division_of(code));
}

static void the_child_agrees_and_everybody_hears_of_it(void **state)
{
    (void)state;
    assert_int_equal(amend(REGION, "C1", "Another name", NULL), OK);
    world_run(&world, 3000);
    for (int i = REGION; i <= COUNTY; i++) {
        const struct roster *roster = replicator_roster(world.at[i].replicator);

        assert_int_equal(epoch_at(i, "C1"), 2);
        assert_string_equal(roster_find(roster, division_of("C1"))->grant.name, "Another name");
        assert_int_equal(world.at[i].alarm_count, 0);
    }
    assert_true(may_grant(REGION, "C1", "K9")); /* what was not named is as it was */
}

/* Blocks, cosignatures and beats of before and after are taken alike, above and below. */
static void the_log_goes_on_under_the_new_epoch(void **state)
{
    struct peer_status peer;

    (void)state;
    place_say(&world.at[CITY], AUDIENCE_TREE, "K1", "before");
    assert_int_equal(amend(REGION, "C1", "Another name", NULL), OK);
    world_run(&world, 3000);
    place_say(&world.at[CITY], AUDIENCE_TREE, "K1", "after");
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "from below");
    world_run(&world, 60000);
    assert_int_equal(place_head(&world.at[REGION], "C1").epoch, 2);
    assert_int_equal(place_head(&world.at[COUNTY], "C1").epoch, 2);
    assert_true(place_heard(&world.at[COUNTY], "C1/before"));
    assert_true(place_heard(&world.at[COUNTY], "C1/after"));
    assert_true(place_heard(&world.at[REGION], "C1/after"));
    assert_true(place_heard(&world.at[REGION], "K1/from below"));
    for (int i = REGION; i <= COUNTY; i++) {
        assert_int_equal(world.at[i].alarm_count, 0);
        for (size_t k = 0; k < replicator_peers(world.at[i].replicator); k++) {
            replicator_peer(world.at[i].replicator, k, &peer);
            assert_int_equal(peer.frames_refused, 0);
            assert_int_equal(peer.behind_entries, 0);
        }
    }
    place_close(&world.at[REGION]); /* and is read back as one log */
    place_open(&world.at[REGION]);
    world_run(&world, 3000);
    assert_int_equal(place_head(&world.at[REGION], "C1").epoch, 2);
    assert_int_equal(world.at[REGION].alarm_count, 0);
}

static void a_list_is_in_force_for_what_comes_then(void **state)
{
    struct place *city = &world.at[CITY];
    struct grant grant = first_grant(division_of("K7"), division_of("C1"));
    struct err err;

    (void)state;
    assert_int_equal(amend(REGION, "C2", NULL, ""), OK);
    world_run(&world, 3000);
    assert_int_equal(amend(REGION, "C1", NULL, "K2*"), ERR_REFUSED); /* its county is left out */
    assert_int_equal(amend(REGION, "C1", NULL, "K1*"), OK);
    assert_int_equal(amend(COUNTY, "C1", NULL, "K1*"), ERR_NOT_FOUND);
    world_run(&world, 3000);
    assert_false(may_grant(COUNTY, "C1", "K7"));
    grant_certify(&grant, &world.trust.tree, &world.at[SIBLING].key);
    assert_int_equal(replicator_grant(city->replicator, city->txn, &grant, every_code(), &err),
                     ERR_REFUSED);
    assert_int_equal(amend(REGION, "C1", NULL, "K*"), OK);
    world_run(&world, 3000);
    assert_int_equal(epoch_at(CITY, "C1"), 3);
    (void)snprintf((char *)grant.curve_key, sizeof grant.curve_key, "of K7");
    grant_certify(&grant, &world.trust.tree, &world.at[SIBLING].key);
    assert_int_equal(replicator_grant(city->replicator, city->txn, &grant,
                                      &(struct grant_terms){.may_grant = {{"K7*"}, 1}}, &err),
                     OK);
    world_run(&world, 3000);
    assert_non_null(roster_find(replicator_roster(world.at[REGION].replicator), division_of("K7")));
    assert_int_equal(world.at[REGION].alarm_count, 0);
}

/* What is wished while the child, or its parent, is away waits for both. */
static void a_wish_waits_for_who_is_away(void **state)
{
    (void)state;
    place_close(&world.at[CITY]);
    assert_int_equal(amend(REGION, "C1", "First wish", NULL), OK);
    assert_int_equal(amend(REGION, "C1", "Second wish", NULL), OK);
    (void)place_turn(&world.at[REGION]);
    place_close(&world.at[REGION]);
    place_open(&world.at[REGION]);
    assert_int_equal(epoch_at(REGION, "C1"), 1);
    place_open(&world.at[CITY]);
    world_run(&world, 60000);
    for (int i = REGION; i <= COUNTY; i++) {
        assert_int_equal(epoch_at(i, "C1"), 2);
    }
    assert_string_equal(
        roster_find(replicator_roster(world.at[COUNTY].replicator), division_of("C1"))->grant.name,
        "Second wish");
}

/* --- a child that is asked for more --- */

static struct puppet puppet;

static bool has_consent(const Terrace__Frame *frame)
{
    return frame->consent != NULL;
}

static int set_up_child(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    puppet_play(&puppet, CITY, REGION);
    return 0;
}

static int tear_down_child(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static void a_child_agrees_to_nothing_but_name_and_list(void **state)
{
    enum change {
        NOTHING,
        SIGN_KEY,
        LINK_KEY,
        ENDPOINT,
        BASE,
        POLICY,
        FOUNDERS,
        OTHER_DIVISION,
        OTHER_PARENT,
        SAME_EPOCH,
        CHANGES
    };

    (void)state;
    for (int change = 0; change < CHANGES; change++) {
        struct grant grant =
            roster_find(replicator_roster(puppet.real->replicator), division_of("C1"))->grant;
        struct grant_terms terms = *every_code();
        Terrace__Frame frame = TERRACE__FRAME__INIT;
        struct buf written = BUF_EMPTY;
        Terrace__Frame *answer;

        puppet_wait(&puppet, 60000);
        frame.session = puppet_welcome(&puppet, 64 << 20);
        grant.epoch += change != SAME_EPOCH;
        if (change == SIGN_KEY) {
            grant_certify(&grant, &puppet.world.trust.tree, &puppet.world.at[SIBLING].key);
        } else if (change == LINK_KEY) {
            grant.curve_key[0] ^= 1;
        } else if (change == ENDPOINT) {
            (void)snprintf(grant.endpoint, sizeof grant.endpoint, "tcp://other:7400");
        } else if (change == BASE) {
            grant.base_lsn = 1;
        } else if (change == POLICY) {
            grant.policy = NUMBER_SET_ALL;
        } else if (change == FOUNDERS) {
            terms.founders[0] = (struct founder){"mallory", {{7}}};
            terms.founder_count = 1;
        } else if (change == OTHER_DIVISION) {
            grant.division = division_of("C2");
        } else if (change == OTHER_PARENT) {
            grant.parent = division_of("C2");
        }
        grant_write(&written, &grant, &terms);
        frame.has_session = frame.has_offer = 1;
        frame.offer = pb_of_bytes(written.data, written.size);
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        answer = puppet_await(&puppet, has_consent);
        if ((answer != NULL) != (change == NOTHING) ||
            place_alarmed_ever(puppet.real, ALARM_BAD_GRANT) !=
                (change != NOTHING && change != SAME_EPOCH)) {
            fail_msg("change %d: %s", change, answer == NULL ? "not agreed" : "agreed");
        }
        buf_free(&written);
        (void)tear_down_child(state);
        (void)set_up_child(state);
    }
}

static void bytes_that_are_no_grant_are_refused(void **state)
{
    const char *const noise[] = {"", "x", "\x0a\xff\xff\xff\xff\x0f"};
    uint8_t large[GRANT_BYTES_MAX + 1] = {0};

    (void)state;
    for (size_t i = 0; i <= COUNT_OF(noise); i++) {
        Terrace__Frame frame = TERRACE__FRAME__INIT;

        puppet_wait(&puppet, 60000);
        frame.session = puppet_welcome(&puppet, 64 << 20);
        frame.has_session = frame.has_offer = 1;
        frame.offer = i < COUNT_OF(noise) ? pb_of_text(noise[i]) : pb_of_bytes(large, sizeof large);
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        assert_null(puppet_await(&puppet, has_consent));
        assert_true(place_alarmed_ever(puppet.real, ALARM_BAD_GRANT));
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CHILD(name) cmocka_unit_test_setup_teardown(name, set_up_child, tear_down_child)
    const struct CMUnitTest tests[] = {
        STORY(the_child_agrees_and_everybody_hears_of_it),
        STORY(the_log_goes_on_under_the_new_epoch),
        STORY(a_list_is_in_force_for_what_comes_then),
        STORY(a_wish_waits_for_who_is_away),
        CHILD(a_child_agrees_to_nothing_but_name_and_list),
        CHILD(bytes_that_are_no_grant_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
