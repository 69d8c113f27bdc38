/* test_rotate_again - a wish for other keys that something came before: another epoch of the same
 * number, a stop with a damaged store; and where a parent with two addresses is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "replicator/former_keys.h"
#include "replicator/store/row_letters.h"
#include "tests/harness/commit.h"
#include "world.h"

static const char second_place[] = "tcp://127.0.0.1:7409", first_place[] = "tcp://127.0.0.1:7400";

static struct world world;
static bool loses_wishes;

static bool lose_wishes(struct world *in, struct division from, struct division to, struct buf *raw)
{
    struct arena arena;
    Terrace__Frame *frame;
    struct err err;
    bool lost;

    (void)in;
    (void)from;
    (void)to;
    arena_init(&arena, 8 << 20);
    lost = loses_wishes && frame_decode(&frame, &arena, buf_bytes(raw), &err) == OK &&
           frame->rotate != NULL;
    arena_free(&arena);
    return lost;
}

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world.spoil = lose_wishes;
    loses_wishes = false;
    world_run(&world, 3000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static const struct grant *city(int place)
{
    return &roster_find(replicator_roster(world.at[place].replicator), division_of("C1"))->grant;
}

static enum status rotate(bool identity, bool channel)
{
    struct place *place = &world.at[CITY];
    struct rotation rotation = {.key = &place->key, .channel = channel};
    struct err err;

    memcpy(rotation.curve_public, city(CITY)->curve_key, 32);
    if (identity) {
        sign_key_generate(&place->next_key);
        place->has_next_key = true;
        rotation.key = &place->next_key;
    }
    if (channel) {
        crypto_random(rotation.curve_public, sizeof rotation.curve_public);
        (void)snprintf(rotation.second, sizeof rotation.second, "%s", second_place);
    }
    return replicator_rotate(place->replicator, place->txn, &rotation, &err);
}

/* Its name was changed under the number that the wish had: the wish goes on under the next. */
static void a_wish_goes_on_behind_an_epoch_of_its_number(void **state)
{
    struct place *region = &world.at[REGION];
    struct rotation_status status;
    struct err err;
    uint32_t epoch;

    (void)state;
    loses_wishes = true;
    assert_int_equal(rotate(true, false), OK);
    world_run(&world, 1000);
    assert_int_equal(replicator_amend(region->replicator, region->txn, division_of("C1"), "another",
                                      NULL, &epoch, &err),
                     OK);
    world_run(&world, 3000);
    assert_int_equal(city(CITY)->epoch, 2);
    replicator_rotation(world.at[CITY].replicator, &status);
    assert_true(status.waits);
    assert_int_equal(status.epoch, 3);
    assert_int_equal(rotate(false, true), ERR_REFUSED); /* one waits */
    loses_wishes = false;
    world_run(&world, 30000);
    for (int at = REGION; at <= COUNTY; at++) {
        assert_int_equal(city(at)->epoch, 3);
        assert_string_equal(city(at)->name, "another");
        assert_int_equal(
            memcmp(&city(at)->sign_key, &world.at[CITY].next_key.public, sizeof city(at)->sign_key),
            0);
        assert_int_equal(world.at[at].alarm_count, 0);
    }
}

/* Made while there is nobody to ask, it is asked as soon as there is. */
static void a_wish_waits_for_a_parent_that_is_away(void **state)
{
    struct place *region = &world.at[REGION];

    (void)state;
    region->cut = true;
    world_run(&world, 60000);
    assert_int_equal(rotate(true, false), OK);
    world_run(&world, 5000);
    assert_int_equal(city(CITY)->epoch, 1);
    region->cut = false;
    world_run(&world, 30000);
    assert_int_equal(city(REGION)->epoch, 2);
    assert_int_equal(city(CITY)->epoch, 2);
}

static void damaged_rows_are_no_wish(void **state)
{
    static const struct {
        uint8_t letter;
        const char *row;
    } rows[] = {
        {META_ROTATION, "no wish at all"}, {META_ROTATION, "123456789"}, {META_FORMER, "nobody"}};

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct place *place = &world.at[CITY];
        struct replicator_config config;
        struct replicator *replicator;
        struct txn *txn;
        struct err err;

        (void)txn_put(place->txn, SPACE_META, bytes_of(&rows[i].letter, 1),
                      bytes_text(rows[i].row));
        commit_txn(&place->store, place->fence, place->txn);
        place_kill(place);
        config = place_config(place);
        txn = txn_open(&place->store, NULL);
        assert_int_equal(replicator_open(&replicator, &config, txn, NULL, 0, &err), ERR_CORRUPT);
        assert_non_null(strstr(err.text, "stored_rotation_damaged"));
        txn_free(txn);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* A new link key is served at a second place as long as somebody below knows the former one alone;
 * who looks for this city calls it at both. */
static void a_parent_with_two_places_is_called_at_both(void **state)
{
    const struct endpoint_entry entry = {.link = "tcp://127.0.0.1:7400"};
    struct place *county = &world.at[COUNTY];
    int calls[2] = {0, 0};
    struct ancestor_call call;
    struct buf frame = BUF_EMPTY;
    struct err err;

    (void)state;
    assert_int_equal(replicator_listen(world.at[CITY].replicator, world.at[CITY].txn, &entry, &err),
                     OK);
    assert_int_equal(rotate(false, true), OK);
    world_run(&world, 10000);
    assert_string_equal(city(COUNTY)->second, second_place);
    {
        Terrace__Frame whole = TERRACE__FRAME__INIT;
        Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;
        struct grant grant =
            roster_find(replicator_roster(county->replicator), division_of("K1"))->grant;
        struct sign_key usurper;
        struct buf sealed = BUF_EMPTY, answer = BUF_EMPTY;

        sign_key_generate(&usurper);
        grant.epoch = 2;
        grant.granter_epoch = 2;
        grant_certify(&grant, &world.trust.tree, &usurper);
        grant_seal(&sealed, &grant, every_code(), &world.at[CITY].key);
        said.has_grant = 1;
        said.grant = pb_of_bytes(sealed.data, sealed.size);
        whole.superseded = &said;
        frame_encode(&answer, &whole);
        replicator_called(county->replicator, county->txn, division_of("R"), buf_bytes(&answer));
        buf_free(&sealed);
        buf_free(&answer);
    }
    for (int i = 0; i < 600; i++) {
        world.hand.now_ms += 1000;
        if (replicator_call(county->replicator, &call, &frame)) {
            assert_true(division_equal(call.who, division_of("C1")));
            calls[0] += strcmp(call.endpoint, first_place) == 0;
            calls[1] += strcmp(call.endpoint, second_place) == 0;
        }
    }
    assert_true(calls[0] >= 2 && calls[1] >= 2);
    buf_free(&frame);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_wish_goes_on_behind_an_epoch_of_its_number),
        STORY(a_wish_waits_for_a_parent_that_is_away),
        STORY(damaged_rows_are_no_wish),
        STORY(a_parent_with_two_places_is_called_at_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
