/* A neighbour's cosignatures: what they must say, how often they may come, and how long they are
 * good for. The region is real, its city a puppet with the city's key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/core.h"
#include "replicator/trust/cosignature.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static struct puppet puppet;
static const struct division region_code = {"R"}, city_code = {"C1"}, county_code = {"K1"};
static struct log_head head; /* of the region's log: a block on `tree R`, the first of them */

static int set_up(void **state)
{
    (void)state;
    puppet_begin(&puppet);
    puppet.world.hand.now_ms = 10 * (uint64_t)DAY_MS;
    puppet_hello(&puppet, SESSION, 1 << 20);
    place_say(puppet.real, AUDIENCE_TREE, "R", "code");
    puppet_commit(&puppet, true);
    assert_true(replicator_head(puppet.real->replicator, region_code, true, &head));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

static Terrace__Cosignature truth(void)
{
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;

    c.has_suite = c.has_author = c.has_audience = c.has_audience_division = 1;
    c.has_epoch = c.has_lsn = c.has_aud_seq = c.has_hash = c.has_holder = c.has_key_epoch = 1;
    c.has_unix_ms = c.has_signature = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_division(&region_code);
    c.audience = AUDIENCE_TREE;
    c.audience_division = pb_division(&region_code);
    c.epoch = 1;
    c.lsn = head.lsn;
    c.aud_seq = 1;
    c.hash = pb_of_bytes(&head.hash, HASH_SIZE);
    c.holder = pb_division(&city_code);
    c.key_epoch = 1;
    c.unix_ms = puppet.world.hand.now_ms;
    return c;
}

static void add_text(struct hasher *hasher, ProtobufCBinaryData data)
{
    hasher_add_u64(hasher, data.len);
    hasher_add(hasher, data.data, data.len);
}

/* As proto/link.proto says: over the trust key's fingerprint and the fields, in their order. */
static void sign(Terrace__Cosignature *c, struct signature *signature)
{
    struct hasher hasher;
    struct hash hash;

    hasher_begin(&hasher, TAG_COSIGN);
    hasher_add(&hasher, puppet.world.trust.tree.at, HASH_SIZE);
    hasher_add_u32(&hasher, c->suite);
    add_text(&hasher, c->author);
    hasher_add_u32(&hasher, c->audience);
    add_text(&hasher, c->audience_division);
    hasher_add_u32(&hasher, c->epoch);
    hasher_add_u64(&hasher, c->lsn);
    hasher_add_u64(&hasher, c->aud_seq);
    add_text(&hasher, c->hash);
    add_text(&hasher, c->holder);
    hasher_add_u32(&hasher, c->key_epoch);
    hasher_add_u64(&hasher, c->unix_ms);
    hash = hasher_end(&hasher);
    *signature = sign_hash(&puppet.world.at[CITY].key, &hash);
    c->signature = pb_of_bytes(signature, sizeof *signature);
}

static void send(Terrace__Cosignature *c)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_session = 1;
    frame.session = SESSION;
    frame.n_cosignature = 1;
    frame.cosignature = &c;
    puppet_send(&puppet, &frame);
}

static void say(Terrace__Cosignature *c)
{
    struct signature signature;

    sign(c, &signature);
    send(c);
}

struct rows {
    size_t count;
    uint64_t newest_ms;
};

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    struct rows *rows = arg;

    (void)key;
    rows->count++;
    rows->newest_ms = load_u64(value.data + 8);
    return true;
}

/* What the region keeps of the city's word about the region's log. */
static struct rows kept(void)
{
    struct rows rows = {0, 0};
    struct buf prefix = BUF_EMPTY;
    struct err err;

    puppet_commit(&puppet, true);
    division_write(&prefix, region_code);
    division_write(&prefix, city_code);
    assert_int_equal(puppet.real->store.ops->scan(puppet.real->store.self, NULL, SPACE_COSIGN,
                                                  buf_bytes(&prefix), BYTES_NONE, count_row, &rows,
                                                  &err),
                     OK);
    buf_free(&prefix);
    return rows;
}

static uint64_t frames_refused(void)
{
    struct peer_status status;

    for (size_t i = 0; i < replicator_peers(puppet.real->replicator); i++) {
        replicator_peer(puppet.real->replicator, i, &status);
        if (division_equal(status.division, city_code)) {
            return status.frames_refused;
        }
    }
    fail();
    return 0;
}

/* --- stories --- */

static void a_true_one_is_kept_as_the_newest_and_as_its_days(void **state)
{
    Terrace__Cosignature c = truth();

    (void)state;
    say(&c);
    assert_int_equal(kept().count, 2);
    assert_int_equal(frames_refused(), 0);
}

static void what_it_says_is_checked(void **state)
{
    (void)state;
    for (int i = 0; i < 13; i++) {
        Terrace__Cosignature c = truth();
        struct signature signature;

        switch (i) {
        case 0: /* one who holds what is addressed to it knows nothing of the whole log */
            c.has_audience = c.has_audience_division = c.has_aud_seq = 0;
            c.audience = 0;
            c.audience_division.len = 0;
            c.aud_seq = 0;
            break;
        case 1: /* an audience that it is not in */
            c.audience_division = pb_of_bytes("C2", 2);
            break;
        case 2:
            c.suite = 2;
            break;
        case 3: /* a grant that it does not have */
            c.key_epoch = 2;
            break;
        case 4: /* nobody holds more of our log than we do */
            c.lsn++;
            break;
        case 5: /* a time that nobody has yet */
            c.unix_ms += DAY_MS + 1;
            break;
        case 6: /* one on another line */
            c.holder = pb_of_bytes("C2", 2);
            break;
        case 7:
            c.aud_seq = 0;
            break;
        case 8:
            c.audience = 3;
            break;
        case 10: /* of the whole log, and of an audience, */
            c.has_audience = 0;
            break;
        case 11: /* ... or a place in one */
            c.has_audience = c.has_audience_division = 0;
            break;
        case 12:
            c.hash.len--;
            break;
        default:
            break;
        }
        sign(&c, &signature);
        if (i == 9) {
            signature.at[0] ^= 1;
        }
        send(&c);
        if (kept().count != 0) {
            fail_msg("case %d is kept", i);
        }
    }
    assert_true(place_alarmed(puppet.real, ALARM_BAD_COSIGNATURE)); /* of the last */
}

/* Bytes beside the fields are under no signature: nobody stores them or passes them on. */
static void what_is_not_signed_is_not_carried(void **state)
{
    static uint8_t ballast[1 << 20] = {0xfd, 0xff, 0x3f}; /* its size: 1 MiB less these three */
    ProtobufCMessageUnknownField unknown = {99, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
                                            sizeof ballast, ballast};
    Terrace__Cosignature c = truth();

    (void)state;
    c.base.n_unknown_fields = 1;
    c.base.unknown_fields = &unknown;
    say(&c);
    assert_int_equal(kept().count, 0);
    assert_int_equal(frames_refused(), 1);
}

static void a_thousand_at_once_are_as_good_as_one(void **state)
{
    Terrace__Cosignature c = truth();
    const uint64_t last_ms = c.unix_ms;

    (void)state;
    for (int i = 0; i < 1000; i++) { /* each newer than the one before, each of another day */
        c.unix_ms = last_ms - (uint64_t)(999 - i) * (DAY_MS / 100);
        say(&c);
    }
    assert_int_equal(kept().count, 2);
    assert_in_range(frames_refused(), 997, 999);
    assert_true(kept().newest_ms < last_ms); /* the flood's own end was not heard */
    puppet.world.hand.now_ms += 3000;
    c.unix_ms = last_ms + 1;
    say(&c);
    assert_int_equal(kept().newest_ms, last_ms + 1);
    assert_int_equal(kept().count, 2);
}

/* As often as they are given: the way takes now more, now less time. */
static void one_each_second_passes_with_the_jitter_of_the_way(void **state)
{
    Terrace__Cosignature c = truth();

    (void)state;
    for (int i = 0; i < 20; i++) {
        puppet.world.hand.now_ms += i % 2 == 0 ? 1300 : 700;
        c.unix_ms = puppet.world.hand.now_ms;
        say(&c);
        assert_true(kept().newest_ms == c.unix_ms);
    }
    assert_int_equal(frames_refused(), 0);
}

static void a_kept_one_is_good_after_the_holder_has_another_key(void **state)
{
    struct grant next = roster_find(replicator_roster(puppet.real->replicator), city_code)->grant;
    struct grant_terms terms = *every_code();
    Terrace__Cosignature c = truth(), late;
    struct signature signature, late_signature;
    struct sign_key key;
    struct err err;

    (void)state;
    sign(&c, &signature);
    send(&c);
    assert_int_equal(kept().count, 2);
    sign_key_generate(&key);
    next.epoch = 2;
    memset(next.curve_key, 99, sizeof next.curve_key);
    grant_certify(&next, &puppet.world.trust.tree, &key);
    consent(&terms, &next, &puppet.world.at[CITY].key);
    assert_int_equal(
        replicator_grant(puppet.real->replicator, puppet.real->txn, &next, &terms, &err), OK);
    assert_true(cosignature_ok(replicator_roster(puppet.real->replicator), &c));
    late = c; /* the thief of the former key goes on */
    puppet.world.hand.now_ms += 5000;
    late.unix_ms = puppet.world.hand.now_ms;
    sign(&late, &late_signature);
    assert_true(cosignature_ok(replicator_roster(puppet.real->replicator), &late));
    send(&late);
    assert_true(kept().newest_ms == c.unix_ms);
    late.key_epoch = 2;
    assert_false(cosignature_ok(replicator_roster(puppet.real->replicator), &late));
}

/* Real nodes: the county holds the city's log for what is addressed to it, the region whole. */
static void those_above_speak_of_the_whole_log_and_those_below_of_an_audience(void **state)
{
    static struct world world;
    struct buf row = BUF_EMPTY, key = BUF_EMPTY;

    (void)state;
    world_begin(&world);
    place_say(&world.at[CITY], AUDIENCE_LINE, "K1", "transfer");
    world_run(&world, 20000);
    for (int i = 0; i < 2; i++) {
        const struct division holder = i == 0 ? region_code : county_code;
        const struct store *store = &world.at[CITY].store;
        Terrace__Cosignature *c;
        struct err err;

        buf_clear(&key);
        division_write(&key, city_code);
        division_write(&key, holder);
        assert_int_equal(
            store->ops->get(store->self, NULL, SPACE_COSIGN, buf_bytes(&key), &row, &err), OK);
        c = terrace__cosignature__unpack(NULL, row.size - 16, row.data + 16);
        assert_non_null(c);
        assert_true(cosignature_ok(replicator_roster(world.at[CITY].replicator), c));
        assert_int_equal(c->lsn, place_head(&world.at[CITY], "C1").lsn);
        assert_int_equal(c->has_audience, i == 1);
        assert_int_equal(c->audience, i == 0 ? 0 : AUDIENCE_LINE);
        assert_int_equal(c->aud_seq, i);
        terrace__cosignature__free_unpacked(c, NULL);
    }
    buf_free(&row);
    buf_free(&key);
    world_end(&world);
}

/* --- the root's word about its own log --- */

/* The city is honest about beats and keeps the region's blocks from its county. */
static void what_is_kept_from_us_shows_by_the_roots_word(void **state)
{
    static struct world world;
    struct cursors *cursors;
    struct confirmation confirmed;
    struct cursor *cursor;

    (void)state;
    world_begin(&world);
    place_close(&world.at[CITY]);
    world.at[CITY].limits.stuck_ms = 600000; /* it does not mind that nothing moves */
    place_open(&world.at[CITY]);
    world_run(&world, 15000);
    cursors = &links_find(&world.at[CITY].replicator->links, county_code)->stream.cursors;
    cursor = cursor_find(cursors, region_code);
    assert_non_null(cursor);
    cursor_wait(cursors, cursor, world.hand.now_ms + 5000);
    place_say(&world.at[REGION], AUDIENCE_TREE, "C1", "revocation");
    for (int i = 0; i < 60; i++) {
        cursor_wait(cursors, cursor, world.hand.now_ms + 5000);
        world_run(&world, 1000);
        if (i == 15) {
            place_say(&world.at[REGION], AUDIENCE_TREE, "C1", "more");
        }
        if (i == 20) { /* late is not yet withheld */
            assert_false(place_alarmed(&world.at[COUNTY], ALARM_WITHHELD));
        }
    }
    assert_false(place_heard(&world.at[COUNTY], "R/revocation"));
    assert_true(place_alarmed(&world.at[COUNTY], ALARM_WITHHELD));
    assert_false(place_alarmed_ever(&world.at[CITY], ALARM_WITHHELD));
    place_close(&world.at[CITY]); /* it becomes honest */
    place_open(&world.at[CITY]);
    world_run(&world, 30000);
    assert_true(place_heard(&world.at[COUNTY], "R/revocation"));
    assert_false(place_alarmed(&world.at[COUNTY], ALARM_WITHHELD));
    replicator_confirmed(world.at[COUNTY].replicator, &confirmed);
    assert_int_equal(confirmed.root_skew_ms, 0);
    assert_true(confirmed.root_lsn > 0);
    world_end(&world);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_true_one_is_kept_as_the_newest_and_as_its_days),
        STORY(what_it_says_is_checked),
        STORY(what_is_not_signed_is_not_carried),
        STORY(a_thousand_at_once_are_as_good_as_one),
        STORY(one_each_second_passes_with_the_jitter_of_the_way),
        STORY(a_kept_one_is_good_after_the_holder_has_another_key),
        cmocka_unit_test(those_above_speak_of_the_whole_log_and_those_below_of_an_audience),
        cmocka_unit_test(what_is_kept_from_us_shows_by_the_roots_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
