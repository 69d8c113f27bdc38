/* test_objecting - a county in whose place its city granted another key: what it says to whom, and
 * what whoever proves its link key is told. Calls go from hand to hand here, as the daemon would
 * carry them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/former_keys.h"
#include "world.h"

static struct world world;
static struct sign_key usurper;
static struct buf answer, frame;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "1");
    world_run(&world, 3000);
    sign_key_generate(&usurper);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    buf_free(&answer);
    buf_free(&frame);
    answer = frame = BUF_EMPTY;
    return 0;
}

static const struct grant *grant_at(int place)
{
    return &roster_find(replicator_roster(world.at[place].replicator), division_of("K1"))->grant;
}

/* The next epoch of the county, to this key, agreed to by `former` where that is not NULL. */
static void grant_again(const struct sign_key *holder, const struct sign_key *former)
{
    struct place *city = &world.at[CITY];
    struct grant grant = *grant_at(CITY);
    struct grant_terms terms = *every_code();
    struct err err;

    grant.epoch++;
    grant.granter_epoch = 1;
    grant.base_lsn = former == NULL ? place_head(city, "K1").lsn : 0;
    grant.base_hash = former == NULL ? place_head(city, "K1").hash : HASH_ZERO;
    (void)snprintf((char *)grant.curve_key, sizeof grant.curve_key, "another %u", grant.epoch);
    grant_certify(&grant, &world.trust.tree, holder);
    if (former != NULL) {
        consent(&terms, &grant, former);
    }
    if (replicator_grant(city->replicator, city->txn, &grant, &terms, &err) != OK) {
        fail_msg("%s", err.text);
    }
}

static void first_link_key(uint8_t out[32])
{
    memset(out, COUNTY + 1, 32); /* world_add */
}

static struct usurped usurped(void)
{
    struct usurped out;

    replicator_usurped(world.at[COUNTY].replicator, &out);
    return out;
}

static bool objection_at(int place, struct objection_held *out)
{
    return roster_objection(replicator_roster(world.at[place].replicator), division_of("K1"), out);
}

/* What comes under the county's first link key, at this place; its answer in `answer`. */
static void visit(int at, struct bytes raw)
{
    struct place *place = &world.at[at];
    uint8_t key[32];

    first_link_key(key);
    buf_clear(&answer);
    replicator_visit(place->replicator, place->txn, key, raw, &answer);
    (void)place_turn(place);
}

static enum status status_of_answer(void)
{
    struct arena arena;
    Terrace__Frame *decoded;
    struct err err;
    enum status status;

    arena_init(&arena, 1 << 20);
    assert_int_equal(frame_decode(&decoded, &arena, buf_bytes(&answer), &err), OK);
    assert_non_null(decoded->superseded);
    status = (enum status)decoded->superseded->status;
    arena_free(&arena);
    return status;
}

static int place_of(struct division division)
{
    for (int i = 0; i < world.count; i++) {
        if (division_equal(world.at[i].division, division)) {
            return i;
        }
    }
    return -1;
}

/* The county's next call; -1: it has none in the next `ms`. The grants of this harness name no
 * place to dial, so one is told. */
static int next_call(uint64_t ms)
{
    struct place *county = &world.at[COUNTY];
    struct ancestor_call call;

    for (uint64_t waited = 0; waited <= ms; waited += 100) {
        if (replicator_call(county->replicator, &call, &frame)) {
            assert_string_equal(call.endpoint, "tcp://127.0.0.1:7400");
            return place_of(call.who);
        }
        world_run(&world, 100);
    }
    return -1;
}

static void take_answer(int from)
{
    struct place *county = &world.at[COUNTY];

    replicator_called(county->replicator, county->txn, world.at[from].division, buf_bytes(&answer));
    (void)place_turn(county);
}

static void everybody_listens(void)
{
    const struct endpoint_entry entry = {.link = "tcp://127.0.0.1:7400"};
    struct err err;

    for (int i = REGION; i <= CITY; i++) {
        assert_int_equal(replicator_listen(world.at[i].replicator, world.at[i].txn, &entry, &err),
                         OK);
    }
    world_run(&world, 3000);
}

static bool is_cut(struct world *in, struct division from, struct division to, struct buf *frame_)
{
    (void)in;
    (void)frame_;
    return division_equal(from, division_of("K1")) || division_equal(to, division_of("K1"));
}

/* --- the owner --- */

/* The granter says that it has it: that proves nothing, and the level above is called, too. */
static void it_objects_until_somebody_above_its_granter_has_it(void **state)
{
    struct objection_held held;
    bool called[2] = {false, false};

    (void)state;
    everybody_listens();
    grant_again(&usurper, NULL);
    world_run(&world, 3000);
    assert_true(usurped().is_usurped && !usurped().is_confirmed);
    assert_int_equal(usurped().epoch, 2);
    assert_true(division_is_none(usurped().heard_by));
    assert_int_equal(grant_at(COUNTY)->epoch, 1);
    for (int i = 0; i < 2; i++) {
        const int at = next_call(60000);

        assert_true(at == REGION || at == CITY);
        assert_false(called[at]);
        called[at] = true;
        visit(at, buf_bytes(&frame));
        assert_int_equal(status_of_answer(), OK);
        take_answer(at);
        if (at == REGION) {
            break;
        }
        assert_true(division_equal(usurped().heard_by, division_of("C1")));
    }
    assert_true(called[REGION]);
    assert_true(division_equal(usurped().heard_by, division_of("R")));
    assert_int_equal(next_call(60000), -1);
    world_run(&world, 3000);
    for (int i = REGION; i <= CITY; i++) {
        assert_true(objection_at(i, &held));
        assert_int_equal(held.said.epoch, 1);
    }
    place_close(&world.at[REGION]); /* durable */
    place_open(&world.at[REGION]);
    assert_true(objection_at(REGION, &held));
    place_close(&world.at[COUNTY]);
    place_open(&world.at[COUNTY]);
    assert_true(usurped().is_usurped);
}

/* Whoever took it in has it in his log, and all that hold the county's log have it of him. */
static void what_one_ancestor_took_the_others_have(void **state)
{
    static const int others[][2] = {{CITY, REGION}, {REGION, CITY}};
    struct objection_held held;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        const char *author = i == 0 ? "C1" : "R";
        uint64_t before;

        everybody_listens();
        grant_again(&usurper, NULL);
        world_run(&world, 3000);
        while (next_call(60000) != others[i][0]) {
        }
        before = place_head(&world.at[REGION], author).lsn;
        visit(others[i][0], buf_bytes(&frame));
        visit(others[i][0], buf_bytes(&frame)); /* said twice, it is entered once */
        world_run(&world, 3000);
        assert_int_equal(place_head(&world.at[REGION], author).lsn, before + 1);
        assert_true(objection_at(others[i][1], &held));
        assert_true(division_equal(held.by, world.at[others[i][0]].division));
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static void nobody_answers_and_it_calls_less_and_less(void **state)
{
    struct ancestor_call call;
    int calls = 0, first = 0;

    (void)state;
    everybody_listens();
    grant_again(&usurper, NULL);
    world_run(&world, 3000);
    for (int second = 0; second < 12 * 3600; second++) {
        calls += replicator_call(world.at[COUNTY].replicator, &call, &frame);
        first = second < 60 ? calls : first;
        world.hand.now_ms += 1000;
    }
    assert_in_range(first, 6, 40);   /* of two ancestors, in a minute */
    assert_in_range(calls, 60, 250); /* ... in twelve hours */
}

/* Where the city passes nothing on, its door is shut: the region tells which grant it is. */
static void it_asks_who_is_above_when_its_parents_door_is_shut(void **state)
{
    struct place *county = &world.at[COUNTY];
    struct objection_held held;
    int at;

    (void)state;
    everybody_listens();
    world.spoil = is_cut;
    grant_again(&usurper, NULL);
    world_run(&world, 3000);
    assert_false(usurped().is_usurped);
    assert_int_equal(next_call(60000), -1); /* a link that is down is no reason */
    replicator_shut_out(county->replicator);
    do {
        at = next_call(60000);
        assert_true(at >= 0);
    } while (at != REGION);
    visit(REGION, buf_bytes(&frame));
    assert_int_equal(status_of_answer(), ERR_NOT_FOUND); /* it named none */
    assert_false(objection_at(REGION, &held));
    take_answer(REGION);
    assert_true(usurped().is_usurped);
    do {
        at = next_call(60000);
        assert_true(at >= 0);
    } while (at != REGION);
    visit(REGION, buf_bytes(&frame));
    assert_int_equal(status_of_answer(), OK);
    assert_true(objection_at(REGION, &held));
}

static void a_grant_that_its_parent_did_not_sign_is_nothing(void **state)
{
    Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;
    Terrace__Frame whole = TERRACE__FRAME__INIT;
    struct grant grant = *grant_at(COUNTY);
    struct buf sealed = BUF_EMPTY;

    (void)state;
    grant.epoch = 2;
    grant.granter_epoch = 1;
    grant_certify(&grant, &world.trust.tree, &usurper);
    for (int i = 0; i < 2; i++) {
        buf_clear(&sealed);
        grant_seal(&sealed, &grant, every_code(), i == 0 ? &usurper : &world.at[CITY].key);
        said.has_grant = 1;
        said.grant = pb_of_bytes(sealed.data, sealed.size);
        whole.superseded = &said;
        buf_clear(&answer);
        frame_encode(&answer, &whole);
        take_answer(REGION);
        assert_int_equal(usurped().is_usurped, i == 1);
    }
    buf_free(&sealed);
}

/* --- what comes of it --- */

static void confirm(int at)
{
    struct place *place = &world.at[at];
    struct confirmation_of_epoch word = {division_of("R"), division_of("K1"), 2, HASH_ZERO};
    struct epoch_state stands;
    struct err err;

    assert_true(roster_epoch_state(replicator_roster(world.at[CITY].replicator), division_of("K1"),
                                   2, &stands));
    word.grant = stands.hash;
    assert_int_equal(replicator_confirm(place->replicator, place->txn, &word, &err), OK);
}

/* Only who confirms is believed that it is confirmed; who else says so makes the county ask. */
static void it_is_over_by_the_word_of_who_confirms(void **state)
{
    int at;

    (void)state;
    everybody_listens();
    grant_again(&usurper, NULL);
    world_run(&world, 3000);
    confirm(CITY); /* as a city would say that lies */
    visit(CITY, BYTES_NONE);
    take_answer(CITY);
    assert_false(usurped().is_confirmed);
    do {
        at = next_call(60000);
        assert_true(at >= 0);
    } while (at != REGION);
    visit(REGION, buf_bytes(&frame));
    take_answer(REGION);
    assert_false(usurped().is_confirmed);

    confirm(REGION);
    visit(CITY, BYTES_NONE);
    take_answer(CITY);
    assert_false(usurped().is_confirmed);
    do { /* although it was heard there */
        at = next_call(60000);
        assert_true(at >= 0);
    } while (at != REGION);
    visit(REGION, buf_bytes(&frame));
    assert_int_equal(status_of_answer(), ERR_NOT_FOUND);
    take_answer(REGION);
    assert_true(usurped().is_confirmed);
    assert_int_equal(next_call(60000), -1);
    place_close(&world.at[COUNTY]);
    place_open(&world.at[COUNTY]);
    assert_true(usurped().is_confirmed);
}

/* The number of an epoch that was refused is used all the same: the county's own next one follows.
 */
static void it_goes_on_once_the_grant_is_refused(void **state)
{
    struct place *region = &world.at[REGION], *county = &world.at[COUNTY];
    struct revocation said;
    struct err err;

    (void)state;
    grant_again(&usurper, NULL);
    world_run(&world, 3000);
    assert_true(usurped().is_usurped);
    assert_int_equal(
        replicator_revoke(region->replicator, region->txn, division_of("K1"), "no", &said, &err),
        OK);
    assert_int_equal(said.first_epoch, 2);
    world_run(&world, 3000);
    assert_false(usurped().is_usurped);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(grant_at(COUNTY)->epoch, 1);
        assert_int_equal(
            roster_next_epoch(replicator_roster(county->replicator), division_of("K1")), 3);
        assert_int_equal(replicator_check_own_log(county->replicator, &err), OK);
        place_close(county);
        place_open(county);
    }
    place_say(county, AUDIENCE_LINE, "K1", "2");
    world_run(&world, 3000);
    assert_true(place_heard(region, "K1/2"));
}

/* Somebody has a copy of its keys, and let himself be granted others: it agreed to that, as far as
 * anybody can tell. */
static void it_lives_on_when_its_newest_key_is_elsewhere(void **state)
{
    struct place *county = &world.at[COUNTY];
    struct err err;

    (void)state;
    grant_again(&usurper, &county->key);
    world_run(&world, 3000);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(grant_at(COUNTY)->epoch, 2);
        assert_true(usurped().lacks_key);
        assert_int_equal(usurped().epoch, 2);
        assert_int_equal(replicator_check_own_log(county->replicator, &err), OK);
        place_close(county);
        place_open(county);
    }
}

/* --- who comes with a key that is over --- */

static void no_key_in_force_is_a_former_one(void **state)
{
    uint8_t key[32];
    struct division who;

    (void)state;
    first_link_key(key);
    assert_false(replicator_visits(world.at[REGION].replicator, key, &who));
    assert_false(replicator_visits(world.at[CITY].replicator, key, &who));
    visit(REGION, BYTES_NONE);
    assert_int_equal(answer.size, 0);
    grant_again(&usurper, NULL);
    world_run(&world, 3000);
    for (int i = REGION; i <= CITY; i++) {
        assert_true(replicator_visits(world.at[i].replicator, key, &who));
        assert_true(division_equal(who, division_of("K1")));
        assert_false(replicator_visits(world.at[i].replicator, grant_at(i)->curve_key, &who));
    }
    assert_false(replicator_visits(world.at[SIBLING].replicator, key, &who));
}

/* What the county's own key signs about the grant in its place, and what stands in the frame
 * beside it. */
static void put_objection(struct buf *out, const struct sign_key *key, const char *division,
                          Terrace__Frame *whole)
{
    struct objection said = {.division = division_of(division),
                             .epoch = 1,
                             .time_ms = 1,
                             .reason = OBJECTION_IMPERSONATED};
    Terrace__Objection message;
    struct epoch_state stands;

    assert_true(roster_epoch_state(replicator_roster(world.at[REGION].replicator),
                                   division_of("K1"), 2, &stands));
    said.grant = stands.hash;
    objection_sign(&said, &world.trust.tree, key);
    objection_fill(&message, &said);
    whole->objection = &message;
    frame_encode(out, whole);
    whole->objection = NULL;
}

static void a_former_key_says_one_thing(void **state)
{
    static const struct {
        const char *name;
        bool objects, greets, has_session;
        enum { OWN_KEY, OTHER_KEY } key;
        const char *division;
        size_t more; /* bytes of a field of a later version */
        enum status status;
    } cases[] = {
        {"a hello", false, true, true, OWN_KEY, "K1", 0, ERR_REFUSED},
        {"nothing", false, false, false, OWN_KEY, "K1", 0, ERR_REFUSED},
        {"a hello beside it", true, true, false, OWN_KEY, "K1", 0, ERR_REFUSED},
        {"in a session", true, false, true, OWN_KEY, "K1", 0, ERR_REFUSED},
        {"more than is looked at", true, false, false, OWN_KEY, "K1", 1024, ERR_TOO_LARGE},
        {"by another key", true, false, false, OTHER_KEY, "K1", 0, ERR_BAD_SIGNATURE},
        {"of another division", true, false, false, OWN_KEY, "K2", 0, ERR_REFUSED},
        {"the one thing", true, false, false, OWN_KEY, "K1", 0, OK},
    };
    struct objection_held held;

    (void)state;
    grant_again(&usurper, NULL);
    world_run(&world, 3000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Terrace__Frame whole = TERRACE__FRAME__INIT;
        Terrace__Hello hello = TERRACE__HELLO__INIT;
        const uint64_t before = place_head(&world.at[REGION], "R").lsn;

        whole.has_session = cases[i].has_session;
        whole.session = 7;
        whole.hello = cases[i].greets ? &hello : NULL;
        buf_clear(&frame);
        if (cases[i].objects) {
            put_objection(&frame, cases[i].key == OWN_KEY ? &world.at[COUNTY].key : &usurper,
                          cases[i].division, &whole);
        } else {
            frame_encode(&frame, &whole);
        }
        for (size_t k = 0; k < cases[i].more; k++) {
            buf_append(&frame, "\xf8\x01\x00", 3); /* field 31 */
        }
        visit(REGION, buf_bytes(&frame));
        if (status_of_answer() != cases[i].status) {
            fail_msg("%s: %s", cases[i].name, status_name(status_of_answer()));
        }
        assert_int_equal(place_head(&world.at[REGION], "R").lsn - before, cases[i].status == OK);
        assert_int_equal(objection_at(REGION, &held), cases[i].status == OK);
    }
}

/* It was away when the word came, and its parent's door is shut before it. */
static void a_revoked_county_is_told_by_whom_and_where(void **state)
{
    struct place *region = &world.at[REGION], *county = &world.at[COUNTY];
    struct revocation said, heard;
    struct err err;

    (void)state;
    world.spoil = is_cut;
    world_run(&world, 60000);
    assert_int_equal(replicator_revoke(region->replicator, region->txn, division_of("K1"), "stolen",
                                       &said, &err),
                     OK);
    world_run(&world, 3000);
    assert_false(roster_revoked(replicator_roster(county->replicator), division_of("K1"), NULL));
    visit(CITY, BYTES_NONE);
    assert_int_equal(status_of_answer(), ERR_REFUSED);
    answer.data[answer.size - 1] ^= 1; /* the end of the block: what it says is a word then */
    take_answer(CITY);
    assert_true(place_alarmed(county, ALARM_REVOKED));
    assert_false(roster_revoked(replicator_roster(county->replicator), division_of("K1"), NULL));
    answer.data[answer.size - 1] ^= 1;
    for (int i = 0; i < 2; i++) {
        take_answer(CITY);
        assert_true(
            roster_revoked(replicator_roster(county->replicator), division_of("K1"), &heard));
        assert_true(division_equal(heard.by, division_of("R")));
        assert_string_equal(heard.reason, "stolen");
        assert_int_equal(heard.lsn, 1);
        place_close(county);
        place_open(county);
    }
    assert_int_equal(next_call(60000), -1); /* it has nothing to object to */
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(it_objects_until_somebody_above_its_granter_has_it),
        STORY(what_one_ancestor_took_the_others_have),
        STORY(nobody_answers_and_it_calls_less_and_less),
        STORY(it_asks_who_is_above_when_its_parents_door_is_shut),
        STORY(a_grant_that_its_parent_did_not_sign_is_nothing),
        STORY(it_is_over_by_the_word_of_who_confirms),
        STORY(it_goes_on_once_the_grant_is_refused),
        STORY(it_lives_on_when_its_newest_key_is_elsewhere),
        STORY(no_key_in_force_is_a_former_one),
        STORY(a_former_key_says_one_thing),
        STORY(a_revoked_county_is_told_by_whom_and_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
