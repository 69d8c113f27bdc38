/* Every way in which a division does not get in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "proto/log.h"
#include "tests/unit/replicator/enrol_world.h"

/* --- being refused --- */

static void a_wrong_token_is_refused(void **state)
{
    struct world *world = *state;

    world->token.secret[31] ^= 1;
    ask(world);
    expect_refused(world, ERR_NOT_FOUND, "token_unknown");
    assert_string_equal(attempts_of(world).newest.division.code, COUNTY);
    world->token.secret[31] ^= 1;
    world->token.division = division_of("540999");
    ask(world);
    expect_refused(world, ERR_REFUSED, "token_of_another");
    assert_int_equal(attempts_of(world).count, 2);
    world->token.division = division_of(COUNTY);
    ask(world); /* the right one still works */
    expect_welcome(world);
}

static void an_expired_token_is_refused(void **state)
{
    struct world *world = *state;

    world->now = world->token.expires_unix_ms;
    ask(world);
    expect_refused(world, ERR_EXPIRED, "expired");
    world->now--;
    ask(world);
    expect_welcome(world);
}

static void a_used_token_is_refused_to_other_keys(void **state)
{
    struct world *world = *state;
    const struct sign_key key = world->key;
    const struct curve_key curve = world->curve;

    ask(world);
    sign_key_generate(&world->key);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    world->key = key;
    curve_key_generate(&world->curve);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "token_used");
    confirm(world); /* not the thief's to spend */
    expect_refused(world, ERR_REFUSED, "confirm");
    world->curve = curve;
    ask(world);
    expect_welcome(world);
}

static void a_strangers_link_key_is_refused(void **state)
{
    struct world *world = *state;
    struct curve_key stranger;

    curve_key_generate(&stranger);
    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, stranger.public, "", NULL, NULL,
                  world->now);
    receive(world);
    expect_refused(world, ERR_KEY, "enrol_other_link_key");
}

static void a_confirm_before_a_grant_is_refused(void **state)
{
    struct world *world = *state;

    confirm(world);
    expect_refused(world, ERR_REFUSED, "confirm");
}

static void a_grant_that_cannot_be_made_leaves_the_token_open(void **state)
{
    struct world *world = *state;

    world->city.refuses = true;
    ask(world);
    expect_refused(world, ERR_DISK_FULL, "no_room");
    world->city.refuses = false;
    ask(world);
    expect_welcome(world);
}

static void a_request_altered_anywhere_is_refused(void **state)
{
    struct world *world = *state;
    const struct enrol_asker from = asker(world);

    buf_clear(&world->frame);
    enrol_request(&world->frame, &world->token, &world->key, world->curve.public, "tcp://h:1", NULL,
                  NULL, world->now);
    for (size_t i = 0; i < world->frame.size; i++) {
        struct enrolled enrolled;
        enum status status;

        world->frame.data[i] ^= 1;
        receive(world);
        status = accept_answer(world, &enrolled);
        if (status != ERR_MALFORMED && status != ERR_BAD_SIGNATURE &&
            status != ERR_NEEDS_UPGRADE) { /* another suite */
            fail_msg("byte %zu: %s", i, status_name(status));
        }
        world->frame.data[i] ^= 1;
    }
    for (size_t size = 0; size < world->frame.size; size++) {
        enrol_receive(&world->city, world->txn, bytes_of(world->frame.data, size), &from,
                      world->now, &world->answer);
        commit(world);
        expect_refused(world, ERR_MALFORMED, "");
    }
    assert_int_equal(world->city.grants, 0);
    receive(world);
    assert_int_equal(world->city.grants, 1);
}

static void noise_is_refused(void **state)
{
    struct world *world = *state;
    uint8_t *noise = mem_zalloc(ENROL_FRAME_BYTES_MAX + 1);

    for (size_t size = 1; size <= ENROL_FRAME_BYTES_MAX + 1; size *= 2) {
        crypto_random(noise, size);
        buf_clear(&world->frame);
        buf_append(&world->frame, noise, size);
        receive(world);
        assert_true(world->answer.size > 0);
    }
    buf_clear(&world->frame);
    memset(noise, 0x0a, ENROL_FRAME_BYTES_MAX + 1);
    buf_append(&world->frame, noise, ENROL_FRAME_BYTES_MAX + 1);
    receive(world);
    assert_int_equal(world->city.grants, 0);
    assert_true(division_is_none(attempts_of(world).newest.division));
    mem_free(noise);
}

/* The evidence of a stolen token stays, however much noise follows it. */
static void strangers_are_counted_and_push_nothing_out(void **state)
{
    struct world *world = *state;
    const struct token token = world->token;
    const struct sign_key owner = world->key;
    struct attempts attempts;

    ask(world);
    confirm(world);
    sign_key_generate(&world->key);
    ask(world);
    expect_refused(world, ERR_ALREADY_USED, "used");
    assert_true(enrol_knows_secret(&world->store, buf_bytes(&world->frame)));
    world->token.secret[0] ^= 1;
    for (int i = 0; i < 300; i++) {
        char code[8];

        (void)snprintf(code, sizeof code, "%d", 600000 + i);
        world->token.division = division_of(code);
        world->now = NOW + 1 + (uint64_t)i;
        ask(world);
    }
    assert_false(enrol_knows_secret(&world->store, buf_bytes(&world->frame)));
    attempts = attempts_of(world);
    assert_int_equal(attempts.count, 2);
    assert_int_equal(attempts.newest.reason, ERR_NOT_FOUND);
    assert_int_equal(attempts.newest.count, 300);
    assert_true(attempts.newest.first_unix_ms == NOW + 1 && attempts.newest.unix_ms == NOW + 300);
    assert_string_equal(attempts.newest.division.code, "600299");
    assert_string_equal(attempts.newest.from.address, "10.0.0.9");
    assert_memory_equal(attempts.newest.from.curve_key, world->curve.public, 32);
    assert_int_equal(attempts.oldest.reason, ERR_ALREADY_USED);
    assert_int_equal(attempts.oldest.count, 1);
    world->token = token;
    world->key = owner;
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(a_wrong_token_is_refused),
        STORY(an_expired_token_is_refused),
        STORY(a_used_token_is_refused_to_other_keys),
        STORY(a_strangers_link_key_is_refused),
        STORY(a_confirm_before_a_grant_is_refused),
        STORY(a_grant_that_cannot_be_made_leaves_the_token_open),
        STORY(a_request_altered_anywhere_is_refused),
        STORY(noise_is_refused),
        STORY(strangers_are_counted_and_push_nothing_out),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
