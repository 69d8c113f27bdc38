/* test_rotate - a division's next epoch with other keys: wished by itself, granted by its parent
 * with the consent of the key that goes, under traffic and across any absence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/trust/grant_keys.h"

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

enum { IDENTITY = 1, CHANNEL = 2 };

static struct rotation wish_of(struct place *place, int what, const char *second)
{
    const struct roster *roster = replicator_roster(place->replicator);
    struct rotation rotation = {.key = &place->key, .channel = (what & CHANNEL) != 0};

    memcpy(rotation.curve_public, roster_find(roster, place->division)->grant.curve_key, 32);
    if ((what & IDENTITY) != 0) {
        sign_key_generate(&place->next_key);
        place->has_next_key = true;
        rotation.key = &place->next_key;
    }
    if ((what & CHANNEL) != 0) {
        crypto_random(rotation.curve_public, sizeof rotation.curve_public);
        (void)snprintf(rotation.second, sizeof rotation.second, "%s", second);
    }
    return rotation;
}

static enum status rotate(int at, int what)
{
    struct place *place = &world.at[at];
    const struct rotation rotation = wish_of(place, what, "tcp://127.0.0.1:7409");
    struct err err;

    return replicator_rotate(place->replicator, place->txn, &rotation, &err);
}

static const struct grant *grant_at(int place, const char *division)
{
    return &roster_find(replicator_roster(world.at[place].replicator), division_of(division))
                ->grant;
}

static struct rotation_status rotation_at(int place)
{
    struct rotation_status status;

    replicator_rotation(world.at[place].replicator, &status);
    return status;
}

static void nobody_is_alarmed(void)
{
    for (int i = REGION; i <= SIBLING; i++) {
        assert_int_equal(world.at[i].alarm_count, 0);
    }
}

static void all_is_well(void)
{
    struct peer_status peer;

    nobody_is_alarmed();
    for (int i = REGION; i <= SIBLING; i++) {
        for (size_t k = 0; k < replicator_peers(world.at[i].replicator); k++) {
            replicator_peer(world.at[i].replicator, k, &peer);
            assert_int_equal(peer.frames_refused, 0);
            assert_int_equal(peer.behind_entries, 0);
        }
    }
}

/* --- granted --- */

static void it_goes_on_under_the_new_keys(void **state)
{
    const int wishes[] = {IDENTITY, CHANNEL, IDENTITY | CHANNEL};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        struct place *city = &world.at[CITY];
        const struct grant before = *grant_at(CITY, "C1");

        place_say(city, AUDIENCE_TREE, "K1", "before");
        assert_int_equal(rotate(CITY, wishes[i]), OK);
        assert_true(rotation_at(CITY).waits);
        assert_int_equal(rotation_at(CITY).identity, (wishes[i] & IDENTITY) != 0);
        assert_int_equal(rotation_at(CITY).channel, (wishes[i] & CHANNEL) != 0);
        place_say(city, AUDIENCE_TREE, "K1", "meanwhile");
        world_run(&world, 3000);
        place_say(city, AUDIENCE_TREE, "K1", "after");
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "from below");
        world_run(&world, 60000);
        for (int at = REGION; at <= COUNTY; at++) {
            const struct grant *now = grant_at(at, "C1");

            assert_int_equal(now->epoch, 2);
            assert_int_equal(memcmp(&now->sign_key, &before.sign_key, 32) != 0,
                             (wishes[i] & IDENTITY) != 0);
            assert_int_equal(memcmp(now->curve_key, before.curve_key, 32) != 0,
                             (wishes[i] & CHANNEL) != 0);
            assert_string_equal(now->second,
                                (wishes[i] & CHANNEL) != 0 ? "tcp://127.0.0.1:7409" : "");
            assert_string_equal(now->name, before.name);
        }
        assert_false(rotation_at(CITY).waits);
        assert_true(place_heard(&world.at[COUNTY], "C1/after"));
        assert_true(place_heard(&world.at[REGION], "C1/meanwhile"));
        assert_true(place_heard(&world.at[REGION], "C1/after"));
        assert_true(place_heard(&world.at[REGION], "K1/from below"));
        assert_int_equal(place_head(&world.at[REGION], "C1").epoch, 2);
        assert_int_equal(place_head(&world.at[COUNTY], "C1").epoch, 2);
        all_is_well();
        place_close(city); /* with its store alone: the key that its newest grant names is found */
        place_open(city);
        world_run(&world, 3000);
        assert_int_equal(grant_at(CITY, "C1")->epoch, 2);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* Wished while the parent is away; both start again before they meet. */
static void a_wish_waits(void **state)
{
    (void)state;
    place_close(&world.at[REGION]);
    assert_int_equal(rotate(CITY, IDENTITY | CHANNEL), OK);
    (void)place_turn(&world.at[CITY]);
    assert_int_equal(rotate(CITY, CHANNEL), ERR_REFUSED); /* nothing takes its place */
    place_close(&world.at[CITY]);
    place_open(&world.at[CITY]);
    assert_true(rotation_at(CITY).waits);
    assert_true(rotation_at(CITY).identity);
    assert_int_equal(rotation_at(CITY).epoch, 2);
    place_say(&world.at[CITY], AUDIENCE_TREE, "K1", "under the former");
    place_open(&world.at[REGION]);
    world_run(&world, 60000);
    for (int i = REGION; i <= COUNTY; i++) {
        assert_int_equal(grant_at(i, "C1")->epoch, 2);
    }
    assert_true(place_heard(&world.at[REGION], "C1/under the former"));
    all_is_well();
}

/* Its home has lost the key that it asked for. */
/* What the region sends to this city, and nobody is told that it is lost. */
static bool lose_once(struct world *w, struct division from, struct division to, struct buf *frame)
{
    (void)frame;
    if (!division_equal(from, division_of("R")) || !division_equal(to, division_of("C1"))) {
        return false;
    }
    w->spoil = NULL;
    return true;
}

static void an_offer_that_is_lost_is_asked_for_again(void **state)
{
    (void)state;
    world_run(&world, 60000);
    world.spoil = lose_once;
    assert_int_equal(rotate(CITY, IDENTITY), OK);
    for (int i = 0; i < 100 && world.spoil != NULL; i++) {
        world_run(&world, 100);
    }
    assert_null(world.spoil);
    world_run(&world, 3000);
    assert_true(rotation_at(CITY).waits);
    world_run(&world, 60000);
    assert_false(rotation_at(CITY).waits);
    assert_int_equal(grant_at(REGION, "C1")->epoch, 2);
    all_is_well();
}

static void a_wish_without_its_key_is_given_up(void **state)
{
    (void)state;
    place_close(&world.at[REGION]);
    assert_int_equal(rotate(CITY, IDENTITY), OK);
    (void)place_turn(&world.at[CITY]);
    place_close(&world.at[CITY]);
    world.at[CITY].has_next_key = false;
    place_open(&world.at[CITY]);
    assert_false(rotation_at(CITY).waits);
    place_open(&world.at[REGION]);
    world_run(&world, 3000);
    assert_int_equal(grant_at(REGION, "C1")->epoch, 1);
    assert_int_equal(rotate(CITY, IDENTITY), OK);
    world_run(&world, 60000);
    assert_int_equal(grant_at(REGION, "C1")->epoch, 2);
}

static void the_root_asks_nobody(void **state)
{
    (void)state;
    assert_int_equal(rotate(REGION, IDENTITY), ERR_REFUSED);
}

/* A name that the parent wishes, and keys that the child does, are granted together or one after
 * the other. */
static void both_may_wish(void **state)
{
    struct place *region = &world.at[REGION];
    uint32_t epoch;
    struct err err;

    (void)state;
    for (int first = 0; first < 2; first++) {
        if (first == 0) {
            assert_int_equal(rotate(CITY, IDENTITY), OK);
            (void)place_turn(&world.at[CITY]);
            (void)place_turn(region); /* the keys wait here */
        }
        assert_int_equal(replicator_amend(region->replicator, region->txn, division_of("C1"),
                                          "Another name", NULL, &epoch, &err),
                         OK);
        if (first == 1) {
            (void)place_turn(region);
            assert_int_equal(rotate(CITY, IDENTITY), OK);
        }
        world_run(&world, 60000);
        assert_string_equal(grant_at(COUNTY, "C1")->name, "Another name");
        assert_memory_equal(&grant_at(COUNTY, "C1")->sign_key, &world.at[CITY].next_key.public, 32);
        assert_false(rotation_at(CITY).waits);
        nobody_is_alarmed(); /* a consent may have crossed a newer offer */
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* Several epochs, each with the consent of the one before. */
static void again_and_again(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct place *city = &world.at[CITY];

        assert_int_equal(rotate(CITY, IDENTITY | CHANNEL), OK);
        world_run(&world, 3000);
        assert_int_equal(grant_at(COUNTY, "C1")->epoch, i + 2);
        place_close(city); /* the former key is forgotten */
        city->key = city->next_key;
        city->has_next_key = false;
        place_open(city);
        place_say(city, AUDIENCE_TREE, "K1", "goes on");
        world_run(&world, 10000);
    }
    world_run(&world, 60000);
    all_is_well();
}

/* --- link keys --- */

static bool admits(int place, const uint8_t key[32], const char *child)
{
    struct division who;

    return replicator_admits(world.at[place].replicator, key, &who) &&
           division_equal(who, division_of(child));
}

static void a_former_link_key_counts_until_the_new_one_speaks(void **state)
{
    struct place *region = &world.at[REGION];
    uint8_t former[32], now[32], nobodys[32] = {99};

    (void)state;
    memcpy(former, grant_at(REGION, "C1")->curve_key, sizeof former);
    assert_true(admits(REGION, former, "C1"));
    assert_false(admits(REGION, nobodys, "C1"));
    assert_false(admits(COUNTY, former, "C1")); /* a parent does not dial */
    assert_int_equal(rotate(CITY, CHANNEL), OK);
    world_run(&world, 3000);
    memcpy(now, grant_at(REGION, "C1")->curve_key, sizeof now);
    for (int i = 0; i < 2; i++) {
        assert_true(admits(REGION, former, "C1"));
        assert_true(admits(REGION, now, "C1"));
        replicator_heard_under(region->replicator, former, division_of("C1"));
        place_close(region);
        place_open(region);
    }
    replicator_heard_under(region->replicator, now, division_of("C1"));
    for (int i = 0; i < 2; i++) {
        assert_false(admits(REGION, former, "C1"));
        assert_true(admits(REGION, now, "C1"));
        (void)place_turn(region);
        place_close(region);
        place_open(region);
    }
}

/* The row of an older copy, or none, of a store that was made anew, lets no former key in for long.
 */
static void a_former_link_key_ends_with_what_is_written_under_the_new_one(void **state)
{
    struct place *region = &world.at[REGION];
    uint8_t former[32], now[32];

    (void)state;
    memcpy(former, grant_at(REGION, "C1")->curve_key, sizeof former);
    assert_int_equal(rotate(CITY, CHANNEL), OK);
    world_run(&world, 3000);
    memcpy(now, grant_at(REGION, "C1")->curve_key, sizeof now);
    assert_true(admits(REGION, former, "C1"));
    place_say(&world.at[CITY], AUDIENCE_TREE, "C1", "under the new key");
    world_run(&world, 3000);
    assert_true(place_heard(region, "C1/under the new key"));
    for (int i = 0; i < 2; i++) { /* nobody has told of a frame under it */
        assert_false(admits(REGION, former, "C1"));
        assert_true(admits(REGION, now, "C1"));
        place_close(region);
        place_open(region);
    }
}

/* Who recovered its place has lost the key before it, or somebody else has it. */
static void a_link_key_before_a_recovery_opens_nothing(void **state)
{
    struct place *region = &world.at[REGION];
    struct grant grant = *grant_at(REGION, "C1");
    struct sign_key key;
    uint8_t former[32];
    struct err err;

    (void)state;
    memcpy(former, grant.curve_key, sizeof former);
    grant.epoch++;
    crypto_random(grant.curve_key, sizeof grant.curve_key);
    sign_key_generate(&key);
    grant_certify(&grant, &world.trust.tree, &key);
    assert_int_equal(replicator_grant(region->replicator, region->txn, &grant, every_code(), &err),
                     OK);
    assert_true(admits(REGION, grant.curve_key, "C1"));
    assert_false(admits(REGION, former, "C1"));
}

/* Until those below know of it; they may be away for as long as they like. */
static void the_former_link_key_is_served_until_all_below_know(void **state)
{
    struct rotation_status now;

    (void)state;
    place_close(&world.at[COUNTY]);
    assert_int_equal(rotate(CITY, CHANNEL), OK);
    for (int i = 0; i < 10; i++) {
        for (int k = 0; k < 20; k++) {
            (void)place_turn(&world.at[REGION]);
            (void)place_turn(&world.at[CITY]);
        }
        world.hand.now_ms += 500;
    }
    for (int i = 0; i < 2; i++) {
        now = rotation_at(CITY);
        assert_false(now.waits);
        assert_true(now.former_served);
        assert_int_equal(now.unknown_to_count, 1);
        assert_string_equal(now.unknown_to[0].code, "K1");
        assert_int_equal(rotate(CITY, CHANNEL), ERR_REFUSED); /* one at a time */
        place_close(&world.at[CITY]);
        place_open(&world.at[CITY]);
    }
    place_open(&world.at[COUNTY]);
    world_run(&world, 60000);
    assert_int_equal(grant_at(COUNTY, "C1")->epoch, 2);
    assert_false(rotation_at(CITY).former_served);
    assert_int_equal(rotate(CITY, CHANNEL), OK);
    world_run(&world, 10000);
    assert_false(rotation_at(CITY).former_served); /* of one that stands it is known at once */
    place_close(&world.at[CITY]);
    place_open(&world.at[CITY]);
    assert_false(rotation_at(CITY).former_served);
}

static void who_has_nobody_below_serves_nothing(void **state)
{
    (void)state;
    assert_int_equal(rotate(COUNTY, CHANNEL), OK);
    world_run(&world, 3000);
    assert_int_equal(grant_at(REGION, "K1")->epoch, 2);
    assert_false(rotation_at(COUNTY).former_served);
}

/* --- what a child may ask --- */

static struct puppet puppet;

static int set_up_puppet(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    return 0;
}

static int tear_down_puppet(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static bool has_offer(const Terrace__Frame *frame)
{
    return frame->has_offer;
}

static bool is_refused(const Terrace__Frame *frame)
{
    return frame->has_rotate_refused;
}

static void a_parent_offers_nothing_else(void **state)
{
    enum asked {
        GOOD,
        AGAIN,
        NO_SUITE,
        NO_KEY,
        SHORT_PROOF,
        OTHERS_PROOF,
        OTHERS_LINK_KEY,
        STALE,
        FUTURE,
        NOTHING_NEW,
        LONG_SECOND,
        FORGED_SECOND,
        ASKED
    };

    (void)state;
    for (int asked = 0; asked < ASKED; asked++) {
        const struct grant *now =
            &roster_find(replicator_roster(puppet.real->replicator), division_of("C1"))->grant;
        struct wanted_keys wanted = {.epoch = 2};
        struct sign_key key = puppet.world.at[CITY].key;
        Terrace__Frame frame = TERRACE__FRAME__INIT, *answer;
        Terrace__Rotate rotate;
        char second[ENDPOINT_BYTES_MAX + 2];
        const bool offered = asked <= AGAIN;

        memcpy(wanted.curve_key, now->curve_key, sizeof wanted.curve_key);
        if (asked != NOTHING_NEW) {
            sign_key_generate(&key);
        }
        if (asked == OTHERS_LINK_KEY) {
            memcpy(wanted.curve_key,
                   roster_find(replicator_roster(puppet.real->replicator), division_of("C2"))
                       ->grant.curve_key,
                   32);
        }
        wanted.sign_key = key.public;
        wanted.key_proof =
            link_key_proof(asked == OTHERS_PROOF ? &puppet.world.at[CITY].key : &key,
                           &puppet.world.trust.tree, division_of("C1"), wanted.curve_key);
        wanted.epoch = asked == STALE ? 1 : asked == FUTURE ? 3 : 2;
        wanted_keys_write(&rotate, &wanted);
        memset(second, 'x', sizeof second);
        if (asked == NO_SUITE) {
            rotate.suite = 77;
        } else if (asked == NO_KEY) {
            rotate.has_sign_key = 0;
        } else if (asked == SHORT_PROOF) {
            rotate.key_proof.len--;
        } else if (asked == LONG_SECOND) {
            rotate.has_second = 1;
            rotate.second = pb_of_bytes(second, sizeof second);
        } else if (asked == FORGED_SECOND) {
            rotate.has_second = 1;
            rotate.second = pb_of_text("tcp://a\n:1");
        }
        puppet_hello(&puppet, SESSION, 64 << 20);
        frame.has_session = 1;
        frame.session = SESSION;
        frame.rotate = &rotate;
        for (int i = 0; i <= (asked == AGAIN); i++) {
            puppet_send(&puppet, &frame);
            puppet_commit(&puppet, true);
            answer = puppet_await(&puppet, offered ? has_offer : is_refused);
            if ((answer != NULL) != (asked != STALE)) { /* one that was granted needs no answer */
                fail_msg("asked %d: %s", asked, answer == NULL ? "silence" : "answered");
            }
        }
        if (offered) {
            struct grant_terms terms;
            struct grant grant;
            struct err err;

            assert_int_equal(grant_read(&grant, &terms, bytes_of_pb(answer->offer), &err), OK);
            assert_true(wanted_keys_are_of(&wanted, &grant));
            assert_int_equal(grant.epoch, 2);
            assert_string_equal(grant.name, now->name);
            assert_true(terms.founder_count == 0 &&
                        reach_equal(&terms.may_grant, &every_code()->may_grant));
        }
        (void)tear_down_puppet(state);
        (void)set_up_puppet(state);
    }
}

/* The city asks for `key`, and consents to what it is offered with that of `signer`, or to other
 * bytes (NULL: the offer). */
static void ask_and_consent(const struct sign_key *key, const struct sign_key *signer,
                            const char *bytes, uint32_t epoch)
{
    const struct roster *roster = replicator_roster(puppet.real->replicator);
    struct wanted_keys wanted = {.epoch = 2, .sign_key = key->public};
    Terrace__Frame frame = TERRACE__FRAME__INIT, *answer;
    Terrace__Consent consent = TERRACE__CONSENT__INIT;
    Terrace__Rotate rotate;
    struct signature signature;
    struct hash hash;

    memcpy(wanted.curve_key, roster_find(roster, division_of("C1"))->grant.curve_key, 32);
    wanted.key_proof =
        link_key_proof(key, &puppet.world.trust.tree, division_of("C1"), wanted.curve_key);
    wanted_keys_write(&rotate, &wanted);
    puppet_hello(&puppet, SESSION, 64 << 20);
    frame.has_session = 1;
    frame.session = SESSION;
    frame.rotate = &rotate;
    puppet_send(&puppet, &frame);
    puppet_commit(&puppet, true);
    answer = puppet_await(&puppet, has_offer);
    assert_non_null(answer);
    hash = grant_consent_hash(bytes != NULL ? bytes_text(bytes) : bytes_of_pb(answer->offer));
    signature = sign_hash(signer, &hash);
    consent.has_suite = consent.has_epoch = consent.has_signature = 1;
    consent.suite = SUITE_ED25519_BLAKE2B;
    consent.epoch = epoch;
    consent.signature = pb_of_bytes(signature.at, sizeof signature.at);
    frame.rotate = NULL;
    frame.consent = &consent;
    for (int i = 0; i < 2; i++) { /* said again, it changes nothing */
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
    }
}

/* Its consent is the former key's over just these bytes. */
static void the_parent_grants_with_the_former_keys_word_alone(void **state)
{
    struct sign_key key;
    const struct {
        const struct sign_key *signer;
        const char *bytes;
        uint32_t epoch, then;
    } rows[] = {
        {&puppet.world.at[CITY].key, NULL, 2, 2},    {&key, NULL, 2, 1},
        {&puppet.world.at[SIBLING].key, NULL, 2, 1}, {&puppet.world.at[REGION].key, NULL, 2, 1},
        {&puppet.world.at[CITY].key, "other", 2, 1}, {&puppet.world.at[CITY].key, NULL, 3, 1},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        sign_key_generate(&key);
        ask_and_consent(&key, rows[i].signer, rows[i].bytes, rows[i].epoch);
        if (roster_find(replicator_roster(puppet.real->replicator), division_of("C1"))
                ->grant.epoch != rows[i].then) {
            fail_msg("row %zu: granted, or not", i);
        }
        (void)tear_down_puppet(state);
        (void)set_up_puppet(state);
    }
}

/* Whoever has the former key still writes nothing behind the first block of the new one. */
static void nothing_of_the_former_epoch_comes_behind_the_new_one(void **state)
{
    struct sign_key key;
    struct written log = {0};
    struct draft draft;
    struct buf whole = BUF_EMPTY;

    (void)state;
    sign_key_generate(&key);
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t epoch = i == 1 || i == 2 ? 2 : 1; /* before, new, new, former */
        const uint32_t want = i == 0 ? 1 : 2;

        if (i == 1) {
            ask_and_consent(&key, &puppet.world.at[CITY].key, NULL, 2);
        } else if (i == 0) {
            puppet_hello(&puppet, SESSION, 64 << 20);
            puppet_commit(&puppet, true);
            assert_non_null(puppet_await(&puppet, has_welcome));
        }
        draft = draft_next(&puppet, CITY, &log, "entry");
        draft.header.epoch = epoch;
        draft.key = epoch == 2 ? &key : draft.key;
        buf_clear(&whole);
        if (i == 3) {
            (void)draft_finish(&whole, &draft);
        } else {
            log.hash = draft_finish(&whole, &draft);
            log.lsn++;
            log.seq++;
        }
        puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
        puppet_commit(&puppet, true);
        assert_int_equal(place_head(puppet.real, "C1").epoch, want);
        assert_int_equal(place_head(puppet.real, "C1").lsn, log.lsn);
        assert_int_equal(place_alarmed_ever(puppet.real, ALARM_BAD_BLOCK), i == 3);
    }
    buf_free(&whole);
}

/* --- what a child agrees to --- */

static bool has_consent(const Terrace__Frame *frame)
{
    return frame->consent != NULL;
}

static void a_child_agrees_to_its_own_wish_and_nothing_beside_it(void **state)
{
    enum change {
        WISHED,
        BUT_SIGN_KEY,
        BUT_LINK_KEY,
        BUT_SECOND,
        BUT_ENDPOINT,
        BUT_BASE,
        BUT_POLICY,
        BUT_FOUNDERS,
        BUT_DIVISION,
        BUT_PARENT,
        CHANGES
    };

    (void)state;
    for (int change = 0; change < CHANGES; change++) {
        struct place *city = &puppet.world.at[CITY];
        struct grant grant =
            roster_find(replicator_roster(city->replicator), division_of("C1"))->grant;
        struct rotation rotation = wish_of(city, IDENTITY | CHANNEL, "tcp://127.0.0.1:7409");
        struct grant_terms terms = *every_code();
        Terrace__Frame frame = TERRACE__FRAME__INIT, *answer;
        struct buf written = BUF_EMPTY;
        struct err err;

        puppet_play(&puppet, CITY, REGION);
        assert_int_equal(replicator_rotate(city->replicator, city->txn, &rotation, &err), OK);
        puppet_wait(&puppet, 60000);
        frame.session = puppet_welcome(&puppet, 64 << 20);
        grant.epoch++;
        memcpy(grant.curve_key, rotation.curve_public, 32);
        (void)snprintf(grant.second, sizeof grant.second, "%s", rotation.second);
        if (change == BUT_LINK_KEY) {
            grant.curve_key[0] ^= 1;
        }
        grant_certify(&grant, &puppet.world.trust.tree,
                      change == BUT_SIGN_KEY ? &puppet.world.at[SIBLING].key : &city->next_key);
        if (change == BUT_SECOND) {
            (void)snprintf(grant.second, sizeof grant.second, "tcp://other:7400");
        } else if (change == BUT_ENDPOINT) {
            (void)snprintf(grant.endpoint, sizeof grant.endpoint, "tcp://other:7400");
        } else if (change == BUT_BASE) {
            grant.base_lsn = 1;
        } else if (change == BUT_POLICY) {
            grant.policy = NUMBER_SET_ALL;
        } else if (change == BUT_FOUNDERS) {
            terms.founders[0] = (struct founder){"mallory", {{7}}};
            terms.founder_count = 1;
        } else if (change == BUT_DIVISION) {
            grant.division = division_of("C2");
        } else if (change == BUT_PARENT) {
            grant.parent = division_of("C2");
        }
        grant_write(&written, &grant, &terms);
        frame.has_session = frame.has_offer = 1;
        frame.offer = pb_of_bytes(written.data, written.size);
        puppet_send(&puppet, &frame);
        puppet_commit(&puppet, true);
        answer = puppet_await(&puppet, has_consent);
        if ((answer != NULL) != (change == WISHED) ||
            place_alarmed_ever(puppet.real, ALARM_BAD_GRANT) != (change != WISHED)) {
            fail_msg("change %d: %s", change, answer == NULL ? "not agreed" : "agreed");
        }
        buf_free(&written);
        (void)tear_down_puppet(state);
        (void)set_up_puppet(state);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TALK(name)  cmocka_unit_test_setup_teardown(name, set_up_puppet, tear_down_puppet)
    const struct CMUnitTest tests[] = {
        STORY(it_goes_on_under_the_new_keys),
        STORY(a_wish_waits),
        STORY(an_offer_that_is_lost_is_asked_for_again),
        STORY(a_wish_without_its_key_is_given_up),
        STORY(the_root_asks_nobody),
        STORY(both_may_wish),
        STORY(again_and_again),
        STORY(a_former_link_key_counts_until_the_new_one_speaks),
        STORY(a_former_link_key_ends_with_what_is_written_under_the_new_one),
        STORY(a_link_key_before_a_recovery_opens_nothing),
        STORY(the_former_link_key_is_served_until_all_below_know),
        STORY(who_has_nobody_below_serves_nothing),
        TALK(a_parent_offers_nothing_else),
        TALK(the_parent_grants_with_the_former_keys_word_alone),
        TALK(nothing_of_the_former_epoch_comes_behind_the_new_one),
        TALK(a_child_agrees_to_its_own_wish_and_nothing_beside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
