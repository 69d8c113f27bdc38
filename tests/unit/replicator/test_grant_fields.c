/* test_grant_fields - what a grant, and the keys that a child asks for, must say to be one: field
 * by field, as somebody else's program may write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/trust/grant_keys.h"
#include "replicator/trust/key_ring.h"
#include "tests/harness/said.h"

enum { ARENA_BYTES = 1 << 20 };

static uint8_t noise[1024];

/* --- a grant --- */

static void no_division(Terrace__Grant *grant)
{
    grant->has_division = 0;
}
static void bad_division(Terrace__Grant *grant)
{
    grant->division = pb_of_bytes("5401 00", 7);
}
static void bad_parent(Terrace__Grant *grant)
{
    grant->parent = pb_of_bytes("-", 1);
}
static void own_parent(Terrace__Grant *grant)
{
    grant->parent = grant->division;
}
static void no_name(Terrace__Grant *grant)
{
    grant->has_name = 0;
}
static void long_name(Terrace__Grant *grant)
{
    grant->name = pb_of_bytes(noise, NAME_BYTES_MAX + 1);
}
static void broken_name(Terrace__Grant *grant)
{
    grant->name = pb_of_bytes("a\nb", 3);
}
static void long_endpoint(Terrace__Grant *grant)
{
    grant->endpoint[0]->address = pb_of_bytes(noise, ENDPOINT_BYTES_MAX + 1);
}
static void long_second(Terrace__Grant *grant)
{
    grant->has_second = 1;
    grant->second = pb_of_bytes(noise, ENDPOINT_BYTES_MAX + 1);
}
static void no_suite(Terrace__Grant *grant)
{
    grant->has_suite = 0;
}
static void other_suite(Terrace__Grant *grant)
{
    grant->suite++;
}
static void short_sign_key(Terrace__Grant *grant)
{
    grant->sign_key.len--;
}
static void short_curve_key(Terrace__Grant *grant)
{
    grant->curve_key.len--;
}
static void short_proof(Terrace__Grant *grant)
{
    grant->key_proof.len--;
}
static void short_tree(Terrace__Grant *grant)
{
    grant->tree.len--;
}
static void no_base_hash(Terrace__Grant *grant)
{
    grant->has_base_hash = 0;
}
static void no_epoch(Terrace__Grant *grant)
{
    grant->epoch = 0;
}
static void granter_epoch_zero(Terrace__Grant *grant)
{
    grant->has_granter_epoch = 1;
    grant->granter_epoch = 0;
}
static void bad_policy(Terrace__Grant *grant)
{
    static uint32_t numbers[] = {UINT32_MAX};

    grant->policy = numbers;
    grant->n_policy = 1;
}
static void hash_of_nothing(Terrace__Grant *grant)
{
    grant->base_hash = pb_of_bytes(noise, HASH_SIZE);
}
static void bad_pattern(Terrace__Grant *grant)
{
    static ProtobufCBinaryData pattern;

    pattern = pb_of_bytes("**", 2);
    grant->may_grant = &pattern;
    grant->n_may_grant = 1;
}
static void name_founder(Terrace__Grant *grant, ProtobufCBinaryData name, size_t key_size)
{
    static Terrace__Founder founder, *list[] = {&founder};

    terrace__founder__init(&founder);
    founder.has_name = founder.has_key = 1;
    founder.name = name;
    founder.key = pb_of_bytes(noise, key_size);
    grant->founder = list;
    grant->n_founder = 1;
}
static void founder_of_no_name(Terrace__Grant *grant)
{
    name_founder(grant, pb_of_bytes("", 0), PUBLIC_KEY_SIZE);
}
static void founder_of_long_name(Terrace__Grant *grant)
{
    name_founder(grant, pb_of_bytes(noise, FOUNDER_NAME_BYTES_MAX + 1), PUBLIC_KEY_SIZE);
}
static void founder_of_broken_name(Terrace__Grant *grant)
{
    name_founder(grant, pb_of_bytes("a\n", 2), PUBLIC_KEY_SIZE);
}
static void founder_of_short_key(Terrace__Grant *grant)
{
    name_founder(grant, pb_of_bytes("sun", 3), PUBLIC_KEY_SIZE - 1);
}
static void one_founder(Terrace__Grant *grant)
{
    name_founder(grant, pb_of_bytes("sun", 3), PUBLIC_KEY_SIZE);
}
static void same_founder_twice(Terrace__Grant *grant)
{
    static Terrace__Founder *list[2];

    one_founder(grant);
    list[0] = list[1] = grant->founder[0];
    grant->founder = list;
    grant->n_founder = 2;
}
static void as_it_is(Terrace__Grant *grant)
{
    (void)grant;
}

static void a_grant_says_all_that_one_has_to_say(void **state)
{
    static const struct {
        void (*change)(Terrace__Grant *grant);
        const char *word; /* NULL: it is one */
        enum status status;
    } cases[] = {
        {as_it_is, NULL, OK},
        {one_founder, NULL, OK},
        {no_division, "grant_no_division", ERR_MALFORMED},
        {bad_division, "grant_no_division", ERR_MALFORMED},
        {bad_parent, "grant_bad_parent", ERR_MALFORMED},
        {own_parent, "grant_own_parent", ERR_MALFORMED},
        {no_name, "grant_bad_name", ERR_MALFORMED},
        {long_name, "grant_bad_name", ERR_MALFORMED},
        {broken_name, "grant_bad_name", ERR_MALFORMED},
        {long_endpoint, "grant_bad_endpoint", ERR_MALFORMED},
        {long_second, "grant_bad_endpoint", ERR_MALFORMED},
        {no_suite, "suite_missing", ERR_MALFORMED},
        {other_suite, "suite_unknown", ERR_NEEDS_UPGRADE},
        {short_sign_key, "grant_key_size", ERR_MALFORMED},
        {short_curve_key, "grant_key_size", ERR_MALFORMED},
        {short_proof, "grant_key_size", ERR_MALFORMED},
        {short_tree, "grant_key_size", ERR_MALFORMED},
        {no_base_hash, "grant_key_size", ERR_MALFORMED},
        {no_epoch, "grant_epoch_zero", ERR_MALFORMED},
        {granter_epoch_zero, "grant_epoch_zero", ERR_MALFORMED},
        {bad_policy, "grant_policy_invalid", ERR_MALFORMED},
        {hash_of_nothing, "grant_base_hash", ERR_MALFORMED},
        {bad_pattern, "grant_pattern_invalid", ERR_MALFORMED},
        {founder_of_no_name, "grant_founder_invalid", ERR_MALFORMED},
        {founder_of_long_name, "grant_founder_invalid", ERR_MALFORMED},
        {founder_of_broken_name, "grant_founder_invalid", ERR_MALFORMED},
        {founder_of_short_key, "grant_founder_invalid", ERR_MALFORMED},
        {same_founder_twice, "grant_founder_invalid", ERR_MALFORMED},
    };
    struct world *world = *state;
    struct grant grant = first_grant(division_of("540121"), division_of("540100")), got;
    struct buf truth = BUF_EMPTY, changed = BUF_EMPTY;
    struct grant_terms terms;

    memset(noise, 'x', sizeof noise);
    (void)snprintf(grant.endpoint, sizeof grant.endpoint, "tcp://127.0.0.1:7400");
    grant_certify(&grant, &world->trust.tree, &world->keys[COUNTY]);
    grant_write(&truth, &grant, every_code());
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ProtobufCMessage *decoded;
        struct arena arena;
        enum status status;

        arena_init(&arena, ARENA_BYTES);
        assert_int_equal(message_decode(&decoded, &terrace__grant__descriptor, &arena,
                                        buf_bytes(&truth), truth.size, &world->err),
                         OK);
        cases[i].change((Terrace__Grant *)(void *)decoded);
        buf_clear(&changed);
        message_encode(&changed, decoded);
        arena_free(&arena);
        status = grant_read(&got, &terms, buf_bytes(&changed), &world->err);
        if (status != cases[i].status ||
            (status != OK && strstr(world->err.text, cases[i].word) == NULL)) {
            fail_msg("case %zu: %s", i, status == OK ? "taken" : world->err.text);
        }
    }
    buf_free(&truth);
    buf_free(&changed);
}

/* --- keys that a child asks for --- */

static void keys_that_are_asked_for_are_whole_and_certified(void **state)
{
    struct world *world = *state;
    const struct division county = division_of("540121");
    struct grant grant = first_grant(county, division_of("540100"));
    struct wanted_keys wanted, got;
    uint8_t longer[ENDPOINT_BYTES_MAX + 1];

    memset(longer, 'x', sizeof longer);
    grant_certify(&grant, &world->trust.tree, &world->keys[COUNTY]);
    wanted = wanted_keys_of(&grant);
    for (int i = 0; i <= 8; i++) {
        static const enum status wants[] = {OK,
                                            ERR_NEEDS_UPGRADE,
                                            ERR_MALFORMED,
                                            ERR_MALFORMED,
                                            ERR_MALFORMED,
                                            ERR_MALFORMED,
                                            ERR_MALFORMED,
                                            ERR_MALFORMED,
                                            ERR_BAD_SIGNATURE};
        Terrace__Rotate message;

        wanted_keys_write(&message, &wanted);
        message.suite += i == 1;
        message.epoch = i == 2 ? 0 : message.epoch;
        message.has_sign_key = i != 3;
        message.curve_key.len -= i == 4;
        message.has_key_proof = i != 5;
        message.has_second = i == 6 || i == 7;
        message.second = i == 6 ? pb_of_bytes(longer, sizeof longer) : pb_of_bytes("a\n", 2);
        if (i == 8) {
            message.curve_key = pb_of_bytes(longer, 32);
        }
        assert_int_equal(wanted_keys_read(&got, &message, &world->trust.tree, county, &world->err),
                         wants[i]);
        assert_true(wants[i] != OK || wanted_keys_are_of(&got, &grant));
    }
}

/* --- the keys that a node holds --- */

static void a_ring_has_the_newest_epoch_that_it_can_sign(void **state)
{
    struct world *world = *state;
    const struct division city = division_of("540100");
    const struct said first = city_of("5401*");
    struct said second = city_of("5401*");
    struct key_ring ring;

    key_ring_ask(&ring, &world->keys[CITY], NULL);
    assert_null(key_ring_now(&ring, world->roster, city).key); /* it is nobody yet */
    assert_null(key_ring_of(&ring, world->roster, city, 1));
    must(world, &said_root);
    must(world, &first);
    assert_int_equal(key_ring_now(&ring, world->roster, city).epoch, 1);
    second.epoch = 2;
    second.holder = OTHER;
    second.consents = CITY + 1;
    must(world, &second);
    assert_int_equal(key_ring_now(&ring, world->roster, city).epoch, 1);
    assert_null(key_ring_of(&ring, world->roster, city, 2));
    key_ring_ask(&ring, &world->keys[CITY], &world->keys[OTHER]);
    assert_int_equal(key_ring_now(&ring, world->roster, city).epoch, 2);
    assert_ptr_equal(key_ring_of(&ring, world->roster, city, 2), &world->keys[OTHER]);
    assert_null(key_ring_of(&ring, world->roster, city, 3));
    key_ring_ask(&ring, &world->keys[COUNTY], NULL); /* another's */
    assert_null(key_ring_now(&ring, world->roster, city).key);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_grant_says_all_that_one_has_to_say),
        STORY(keys_that_are_asked_for_are_whole_and_certified),
        STORY(a_ring_has_the_newest_epoch_that_it_can_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
