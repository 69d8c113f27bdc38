/* Invitations: to whom, held until a person has compared, and with the word of two persons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "tests/unit/replicator/enrol_world.h"

/* --- inviting --- */

static void who_may_not_be_invited(void **state)
{
    static const struct {
        const char *code, *word;
    } cases[] = {
        {CITY, "invites_itself"},
        {"", "invites_itself"},
        {REGION, "member_elsewhere"},
    };
    struct world *world = *state;
    struct token token;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(invite(world, &token, cases[i].code), ERR_REFUSED);
        assert_non_null(strstr(world->err.text, cases[i].word));
    }
}

static void an_address_that_nobody_can_dial_is_not_handed_out(void **state)
{
    struct world *world = *state;
    const struct token token = world->token;

    (void)snprintf(world->token.link, sizeof world->token.link, "tcp://*:7400");
    assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                  &(struct invite_terms){.name = "x"}, NOW, &world->err),
                     ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "link_not_dialled"));
    world->token = token;
    (void)snprintf(world->token.endpoint, sizeof world->token.endpoint, "tcp://0.0.0.0:7401");
    assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                  &(struct invite_terms){.name = "x"}, NOW, &world->err),
                     ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "enrol_not_dialled"));
}

static void names_that_cannot_be_shown_are_refused(void **state)
{
    char long_name[NAME_BYTES_MAX + 2];
    const char *const names[] = {"", "a\nb", "\xff", long_name};
    struct world *world = *state;

    memset(long_name, 'n', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                      &(struct invite_terms){.name = names[i]}, NOW, &world->err),
                         ERR_REFUSED);
    }
    long_name[NAME_BYTES_MAX] = '\0';
    assert_int_equal(enrol_invite(&world->city, world->txn, &world->token,
                                  &(struct invite_terms){.name = long_name}, NOW, &world->err),
                     OK);
    ask(world);
}

static void a_new_invite_replaces_one_that_was_not_used(void **state)
{
    struct world *world = *state;
    const struct token old = world->token;
    struct token token;

    assert_int_equal(invite(world, &token, COUNTY), OK);
    ask(world);
    expect_refused(world, ERR_NOT_FOUND, "token_unknown");
    world->token = token;
    ask(world);
    expect_welcome(world);
    assert_memory_not_equal(old.secret, token.secret, sizeof old.secret);
    assert_int_equal(invite(world, &token, COUNTY), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "member_needs_epoch"));
}

/* Two invitations may be open with lists that meet: who comes second is told. */
static void lists_that_meet_are_not_both_granted(void **state)
{
    const struct invite_terms terms = {.name = "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf",
                                       .may_grant = {{"540121*"}, 1}};
    struct world *world = *state;
    struct token other = world->token;

    other.division = division_of("540122");
    assert_int_equal(
        enrol_invite(&world->city, world->txn, &world->token, &terms, NOW, &world->err), OK);
    assert_int_equal(enrol_invite(&world->city, world->txn, &other, &terms, NOW, &world->err), OK);
    ask(world);
    expect_welcome(world);
    world->token = other;
    curve_key_generate(&world->curve);
    ask(world);
    expect_refused(world, ERR_REFUSED, "reach_is_of_another");
}

/* --- held until a person has compared --- */

static void who_is_held_waits_for_a_person(void **state)
{
    struct world *world = *state;
    struct enrol_invitation seen;
    char own[ENROL_FINGERPRINT_SIZE];

    hold_world(world);
    seen = invitation_of(world);
    assert_true(seen.hold && seen.asked_unix_ms == 0);
    assert_string_equal(seen.fingerprint, "");
    ask(world);
    expect_waiting(world);
    world->now += 5000;
    ask(world); /* as often as it likes, and it is no refused attempt */
    expect_waiting(world);
    assert_int_equal(attempts_of(world).count, 0);
    confirm(world);
    expect_refused(world, ERR_REFUSED, "confirm");
    seen = invitation_of(world);
    enrol_fingerprint(own, division_of(COUNTY), &world->key.public, world->curve.public);
    assert_string_equal(seen.fingerprint, own);
    assert_int_equal(strlen(own), 8 * 4 + 7);
    assert_string_equal(seen.address, "10.0.0.9");
    assert_true(seen.asked_unix_ms == NOW && seen.state == INVITATION_WAITING);
    assert_int_equal(
        enrol_admit(world->txn, division_of(COUNTY), seen.fingerprint, "", &seen, &world->err), OK);
    assert_true(seen.state == INVITATION_ADMITTED);
    commit(world);
    world->now += 2 * (uint64_t)TOKEN_LIFE_MS; /* its owner comes back late */
    ask(world);
    expect_welcome(world);
    confirm(world);
    assert_int_equal(enrol_confirmed(buf_bytes(&world->answer), &world->err), OK);
    assert_int_equal(invitation_of(world).state, INVITATION_JOINED);
}

/* Typed as it was heard; any other digit is another key. */
static void only_the_keys_that_were_compared_get_in(void **state)
{
    struct world *world = *state;
    const struct division county = division_of(COUNTY);
    const struct sign_key key = world->key;
    struct enrol_invitation seen;
    char typed[2 * ENROL_FINGERPRINT_SIZE] = " ";
    size_t size = 1;

    hold_world(world);
    assert_int_equal(enrol_admit(world->txn, county, "", "", &seen, &world->err), ERR_NOT_FOUND);
    ask(world);
    seen = invitation_of(world);
    for (const char *at = seen.fingerprint; *at != '\0'; at++) {
        if (*at != ' ') {
            typed[size++] = *at >= 'A' ? (char)(*at + 'a' - 'A') : *at;
        }
    }
    typed[size] = typed[size - 1] == '0' ? '1' : '0';
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), ERR_REFUSED);
    typed[size - 1] ^= 1;
    typed[size] = '\0';
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), ERR_REFUSED);
    typed[size - 1] ^= 1;
    sign_key_generate(&world->key); /* whoever else has the token */
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), OK);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    world->key = key;
    ask(world);
    expect_welcome(world);
    assert_int_equal(enrol_admit(world->txn, county, typed, "", &seen, &world->err), ERR_NOT_FOUND);
}

static void a_withdrawn_invitation_is_worth_nothing(void **state)
{
    struct world *world = *state;
    const struct division county = division_of(COUNTY);

    hold_world(world);
    ask(world);
    assert_int_equal(enrol_withdraw(world->txn, county, &world->err), OK);
    commit(world);
    assert_int_equal(invitation_of(world).state, INVITATION_WITHDRAWN);
    ask(world);
    expect_refused(world, ERR_REFUSED, "token_withdrawn");
    assert_int_equal(enrol_withdraw(world->txn, county, &world->err), ERR_NOT_FOUND);
    assert_int_equal(invite(world, &world->token, COUNTY), OK);
    ask(world);
    expect_welcome(world);
    assert_int_equal(enrol_withdraw(world->txn, county, &world->err), ERR_NOT_FOUND);
}

/* --- two persons --- */

static void invite_for_two(struct world *world, bool hold)
{
    struct invite_terms terms = {
        .name = "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf", .hold = hold, .two = true, .by = "zhao"};

    assert_int_equal(
        enrol_invite(&world->city, world->txn, &world->token, &terms, world->now, &world->err), OK);
    commit(world);
}

static enum status admit(struct world *world, const char *fingerprint, const char *by)
{
    struct enrol_invitation seen;

    return enrol_admit(world->txn, division_of(COUNTY), fingerprint, by, &seen, &world->err);
}

static void who_invites_does_not_say_yes_too(void **state)
{
    struct world *world = *state;

    invite_for_two(world, false);
    ask(world);
    expect_waiting(world);
    assert_int_equal(admit(world, "", "zhao"), ERR_REFUSED);
    assert_non_null(strstr(world->err.text, "invitation_second_person"));
    ask(world);
    expect_waiting(world);
    assert_int_equal(admit(world, "", "qian"), OK);
    commit(world);
    assert_string_equal(invitation_of(world).invited_by, "zhao");
    assert_string_equal(invitation_of(world).accepted_by, "qian");
    ask(world);
    expect_welcome(world);
}

/* Before anybody came; another token of the first person's lets nobody in by that word. */
static void the_second_may_say_yes_first(void **state)
{
    struct world *world = *state;

    invite_for_two(world, false);
    assert_int_equal(admit(world, "", "qian"), OK);
    invite_for_two(world, false);
    ask(world);
    expect_waiting(world);
    assert_int_equal(admit(world, "", "qian"), OK);
    ask(world);
    expect_welcome(world);
}

/* Where keys are compared, too, it is the second person who does. */
static void who_is_held_needs_both(void **state)
{
    struct world *world = *state;
    char shown[ENROL_FINGERPRINT_SIZE];

    invite_for_two(world, true);
    assert_int_equal(admit(world, "", "qian"), ERR_NOT_FOUND);
    ask(world);
    expect_waiting(world);
    memcpy(shown, invitation_of(world).fingerprint, sizeof shown);
    assert_int_equal(admit(world, "", "qian"), ERR_REFUSED);
    assert_int_equal(admit(world, shown, "zhao"), ERR_REFUSED);
    assert_int_equal(admit(world, shown, "qian"), OK);
    ask(world);
    expect_welcome(world);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(who_may_not_be_invited),
        STORY(an_address_that_nobody_can_dial_is_not_handed_out),
        STORY(names_that_cannot_be_shown_are_refused),
        STORY(a_new_invite_replaces_one_that_was_not_used),
        STORY(lists_that_meet_are_not_both_granted),
        STORY(who_is_held_waits_for_a_person),
        STORY(only_the_keys_that_were_compared_get_in),
        STORY(a_withdrawn_invitation_is_worth_nothing),
        STORY(who_invites_does_not_say_yes_too),
        STORY(the_second_may_say_yes_first),
        STORY(who_is_held_needs_both),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
