/* The first admins of a division, who stand in its grant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "proto/log.h"
#include "tests/unit/replicator/enrol_world.h"

/* --- the first admins --- */

static void name_admins(struct world *world)
{
    world->admins.founders[0] = (struct founder){"\xe5\x8d\x93\xe7\x8e\x9b", {{1}}};
    world->admins.founders[1] = (struct founder){"zhao", {{2}}};
    world->admins.founder_count = 2;
}

static void first_admins_stand_in_the_grant(void **state)
{
    struct world *world = *state;
    struct grant_terms granted;

    name_admins(world);
    ask(world);
    expect_welcome(world);
    assert_true(roster_terms(world->city.roster, division_of(COUNTY), 1, &granted));
    assert_true(founders_equal(&granted, &world->admins));
}

/* One more, one less, another key or name, another order. */
static void a_grant_with_other_admins_is_refused(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;
    struct grant_terms sent;

    name_admins(world);
    sent = world->admins;
    world->city.founders_of_its_own = true;
    ask(world);
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "grant_other_founders"));
    assert_false(enrolled.refused); /* its own judgement: the parent has granted */
    for (int change = 0; change < 4; change++) {
        world->admins = sent;
        world->admins.founders[2] = (struct founder){"mallory", {{7}}};
        world->admins.founder_count = 3;
        if (change == 0) {
            assert_int_equal(accept_answer(world, &enrolled), OK);
            enrolled_free(&enrolled);
            world->admins.founder_count = 2;
        } else if (change == 1) {
            world->admins.founders[1].key.at[31] ^= 1;
        } else if (change == 2) {
            world->admins.founders[1].name[0] = 'Z';
        } else {
            world->admins.founders[0] = sent.founders[1];
            world->admins.founders[1] = sent.founders[0];
        }
        assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
    }
}

static void admins_that_were_not_asked_for_are_refused(void **state)
{
    struct world *world = *state;
    struct enrolled enrolled;

    world->city.founders_of_its_own = true;
    ask(world);
    assert_int_equal(accept_answer(world, &enrolled), ERR_REFUSED);
}

/* Nobody between can lay another person's key into the request. */
static void admins_are_part_of_the_proof(void **state)
{
    struct world *world = *state;
    const uint8_t *at;

    name_admins(world);
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public, "",
                  &world->admins, NULL, world->now);
    at = memmem(world->frame.data, world->frame.size, "zhao", 4);
    assert_non_null(at);
    world->frame.data[at - world->frame.data] = 'Z';
    receive(world);
    expect_refused(world, ERR_BAD_SIGNATURE, "enrol_bad_proof");
    assert_int_equal(world->city.grants, 0);
}

static void a_person_sees_the_admins_of_who_waits(void **state)
{
    struct world *world = *state;
    struct enrol_invitation seen;

    hold_world(world);
    name_admins(world);
    ask(world);
    expect_waiting(world);
    seen = invitation_of(world);
    assert_true(founders_equal(&seen.terms, &world->admins));
    assert_int_equal(
        enrol_admit(world->txn, division_of(COUNTY), seen.fingerprint, "", &seen, &world->err), OK);
    assert_true(founders_equal(&seen.terms, &world->admins));
    commit(world);
    world->admins.founders[1].key.at[0] ^= 1; /* none that a person was shown */
    ask(world);
    expect_refused(world, ERR_REFUSED, "enrol_other_founders");
    world->admins.founders[1].key.at[0] ^= 1;
    ask(world);
    expect_welcome(world);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(first_admins_stand_in_the_grant),
        STORY(a_grant_with_other_admins_is_refused),
        STORY(admins_that_were_not_asked_for_are_refused),
        STORY(admins_are_part_of_the_proof),
        STORY(a_person_sees_the_admins_of_who_waits),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
