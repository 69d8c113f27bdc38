/* test_objection - whose word against which grant stands, what is kept of such words, and whose
 * link key is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/harness/said.h"

#define COUNTY_CODE "540121"

static struct said county_epoch(uint32_t epoch, enum who holder, int consents)
{
    struct said county = county_of(COUNTY_CODE, "");

    county.epoch = epoch;
    county.holder = holder;
    county.consents = consents;
    return county;
}

/* region - city - county, as the region sees them; the county's first epoch has the key COUNTY. */
static void begin(struct world *world)
{
    const struct said city = city_of("5401*"), county = county_epoch(1, COUNTY, 0);

    said_anew_of(world, division_of("540000"));
    must(world, &said_root);
    must(world, &city);
    must(world, &county);
}

static void next(struct world *world, uint32_t epoch, enum who holder, int consents)
{
    const struct said county = county_epoch(epoch, holder, consents);

    must(world, &county);
}

static struct hash grant_of(const struct world *world, uint32_t epoch)
{
    struct epoch_state state;

    (void)roster_epoch_state(world->roster, division_of(COUNTY_CODE), epoch, &state);
    return state.hash;
}

static struct objection objection_of(const struct world *world, enum who key, uint32_t epoch,
                                     uint32_t to)
{
    struct objection objection = {.division = division_of(COUNTY_CODE),
                                  .epoch = epoch,
                                  .grant = grant_of(world, to),
                                  .time_ms = 1000,
                                  .reason = OBJECTION_IMPERSONATED};

    objection_sign(&objection, &world->trust.tree, &world->keys[key]);
    return objection;
}

static void revoke(struct world *world, uint32_t first, uint32_t last, uint64_t lsn)
{
    const struct revocation word = {.by = division_of("540000"),
                                    .said_lsn = first,
                                    .division = division_of(COUNTY_CODE),
                                    .first_epoch = first,
                                    .last_epoch = last,
                                    .epoch = lsn == 0 ? 0 : 1,
                                    .lsn = lsn,
                                    .reason = "gone"};
    bool changed;

    assert_int_equal(roster_revoke(world->roster, &word, &changed, &world->err), OK);
}

static void confirm(struct world *world, uint32_t epoch)
{
    const struct confirmation_of_epoch word = {division_of("540000"), division_of(COUNTY_CODE),
                                               epoch, grant_of(world, epoch)};
    bool changed;

    assert_int_equal(roster_confirm(world->roster, &word, &changed, &world->err), OK);
}

/* --- whose word stands --- */

/* Epoch 2 has the keys of 1, agreed to; 3 is by nobody's consent, and 4 follows from it. */
static void the_former_key_speaks_against_what_took_its_place(void **state)
{
    static const struct {
        const char *name;
        enum who key;
        uint32_t epoch, to;
        enum status status;
    } cases[] = {
        {"the former key", COUNTY, 2, 3, OK},
        {"the same key, by an epoch before", COUNTY, 1, 3, OK},
        {"against what follows from it", COUNTY, 2, 4, ERR_NOT_FOUND},
        {"against its own epoch", COUNTY, 2, 2, ERR_NOT_FOUND},
        {"against nothing that is known", COUNTY, 2, 9, ERR_NOT_FOUND},
        {"the key that took its place", OTHER, 3, 3, ERR_REFUSED},
        {"... in the name of the former", OTHER, 2, 3, ERR_BAD_SIGNATURE},
        {"its granter", CITY, 2, 3, ERR_BAD_SIGNATURE},
        {"who is to confirm", REGION, 2, 3, ERR_BAD_SIGNATURE},
    };
    struct world *world = *state;

    begin(world);
    next(world, 2, COUNTY, COUNTY + 1);
    next(world, 3, OTHER, 0);
    next(world, 4, OTHER, OTHER + 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct objection objection =
            objection_of(world, cases[i].key, cases[i].epoch, cases[i].to);

        if (roster_check_objection(world->roster, &objection, &world->err) != cases[i].status) {
            fail_msg("%s: %s", cases[i].name, world->err.text);
        }
    }
}

static enum status check(struct world *world, const struct objection *objection)
{
    return roster_check_objection(world->roster, objection, &world->err);
}

static void each_part_of_it_is_signed(void **state)
{
    struct world *world = *state;
    struct objection said, other;

    begin(world);
    next(world, 2, OTHER, 0);
    said = objection_of(world, COUNTY, 1, 2);
    assert_int_equal(check(world, &said), OK);
    other = said;
    other.time_ms++;
    assert_int_equal(check(world, &other), ERR_BAD_SIGNATURE);
    other = said;
    other.signature.at[5] ^= 1;
    assert_int_equal(check(world, &other), ERR_BAD_SIGNATURE);
    other = said;
    objection_sign(&other, &HASH_ZERO, &world->keys[COUNTY]); /* of another tree */
    assert_int_equal(check(world, &other), ERR_BAD_SIGNATURE);
}

static void nothing_is_left_to_object_to(void **state)
{
    struct world *world = *state;
    struct objection said;

    begin(world);
    next(world, 2, COUNTY, COUNTY + 1);
    said = objection_of(world, COUNTY, 1, 2);
    assert_int_equal(check(world, &said), ERR_NOT_FOUND); /* it agreed */

    begin(world);
    next(world, 2, OTHER, 0);
    said = objection_of(world, COUNTY, 1, 2);
    confirm(world, 2);
    assert_int_equal(check(world, &said), ERR_NOT_FOUND);

    begin(world);
    next(world, 2, OTHER, 0);
    said = objection_of(world, COUNTY, 1, 2);
    revoke(world, 2, 2, 0);
    assert_int_equal(check(world, &said), ERR_NOT_FOUND);
}

/* Its machine was stolen, and the code given anew: the thief has nothing to say. */
static void a_revoked_key_does_not_object(void **state)
{
    struct said county = county_epoch(2, OTHER, 0);
    struct world *world = *state;
    struct objection said;

    begin(world);
    revoke(world, 1, 1, 0);
    must(world, &county);
    said = objection_of(world, COUNTY, 1, 2);
    assert_int_equal(check(world, &said), ERR_REFUSED);
}

/* --- what is kept --- */

static bool keep(struct world *world, const struct objection *said, const char *by,
                 enum status want)
{
    const struct objection_held held = {
        .said = *said, .by = division_of(by), .said_lsn = 7, .time_ms = 9};
    bool kept;

    assert_int_equal(roster_object(world->roster, &held, &kept, &world->err), want);
    return kept;
}

static bool stands(const struct world *world, struct objection_held *out)
{
    return roster_objection(world->roster, division_of(COUNTY_CODE), out);
}

/* An ancestor's log may have anything: bad ones do not keep out the true one, nor an old one a new.
 */
static void the_last_word_of_the_key_is_kept(void **state)
{
    struct world *world = *state;
    struct objection_held held;
    struct objection true_one, later, bad;

    begin(world);
    next(world, 2, OTHER, 0);
    true_one = objection_of(world, COUNTY, 1, 2);
    bad = objection_of(world, OTHER, 1, 2);
    bad.time_ms = 5000;
    later = true_one;
    later.time_ms = 2000;
    objection_sign(&later, &world->trust.tree, &world->keys[COUNTY]);

    assert_false(keep(world, &true_one, COUNTY_CODE, ERR_REFUSED));
    assert_false(keep(world, &true_one, "540200", ERR_REFUSED));
    assert_true(keep(world, &bad, "540100", OK));
    assert_false(stands(world, &held));
    assert_true(keep(world, &true_one, "540100", OK));
    assert_true(stands(world, &held));
    assert_false(keep(world, &bad, "540100", OK));
    assert_true(keep(world, &later, "540000", OK));
    assert_false(keep(world, &true_one, "540100", OK));
    assert_true(stands(world, &held));
    assert_int_equal(held.said.time_ms, 2000);
    assert_true(division_equal(held.by, division_of("540000")));
    confirm(world, 2);
    assert_false(stands(world, &held));
}

/* Logs come in any order. */
static void it_stands_once_the_grant_is_there(void **state)
{
    struct world *world = *state;
    struct objection_held held;
    struct objection said;

    begin(world);
    next(world, 2, OTHER, 0);
    said = objection_of(world, COUNTY, 1, 2);
    said_anew_of(world, division_of("540000"));
    assert_false(keep(world, &said, "540000", ERR_NOT_YET));
    begin(world);
    assert_true(keep(world, &said, "540000", OK));
    assert_false(stands(world, &held));
    next(world, 2, OTHER, 0);
    said = objection_of(world, COUNTY, 1, 2);
    assert_int_equal(check(world, &said), OK); /* the same keys grant the same */
    assert_true(stands(world, &held));
}

/* --- link keys: in this harness all epochs of a division have one --- */

static void a_link_key_is_over_where_another_epoch_took_its_place(void **state)
{
    const struct said city = city_of("5401*"), county = county_epoch(1, COUNTY, 0);
    uint8_t key[32] = COUNTY_CODE, stranger[32] = "540999", citys[32] = "540100";
    struct world *world = *state;
    struct former_key former;

    begin(world);
    assert_false(roster_former_key(world->roster, key, &former));
    next(world, 2, COUNTY, COUNTY + 1);
    assert_false(roster_former_key(world->roster, key, &former)); /* by its own wish */
    next(world, 3, OTHER, 0);
    assert_true(roster_former_key(world->roster, key, &former));
    assert_int_equal(former.epoch, 2);
    assert_false(former.is_revoked);
    assert_false(roster_former_key(world->roster, stranger, &former));
    assert_false(roster_former_key(world->roster, citys, &former));
    revoke(world, 3, 3, 0);
    assert_true(roster_former_key(world->roster, key, &former)); /* that of the refused epoch */
    assert_int_equal(former.epoch, 3);
    assert_true(former.is_revoked);

    begin(world);
    revoke(world, 1, 1, 0);
    assert_true(roster_former_key(world->roster, key, &former));
    assert_true(former.is_revoked && division_equal(former.word.by, division_of("540000")));

    said_anew_of(world,
                 division_of(COUNTY_CODE)); /* nobody is told of himself, or of who is above */
    must(world, &said_root);
    must(world, &city);
    must(world, &county);
    next(world, 2, OTHER, 0);
    assert_false(roster_former_key(world->roster, key, &former));
}

/* --- as bytes --- */

static void bytes_that_are_no_objection_are_refused(void **state)
{
    static const struct {
        const char *name;
        int part;
        enum status status;
    } cases[] = {
        {"whole", 0, OK},
        {"no suite", 1, ERR_MALFORMED},
        {"another suite", 2, ERR_NEEDS_UPGRADE},
        {"no division", 3, ERR_MALFORMED},
        {"no epoch", 4, ERR_MALFORMED},
        {"an epoch that cannot be", 5, ERR_MALFORMED},
        {"half a hash", 6, ERR_MALFORMED},
        {"it asks for the grant", 7, OK},
        {"no reason", 8, ERR_MALFORMED},
        {"a reason of a later version", 9, ERR_NEEDS_UPGRADE},
        {"half a signature", 10, ERR_MALFORMED},
    };
    const struct objection said = {.division = division_of(COUNTY_CODE),
                                   .epoch = 3,
                                   .grant = {{7}},
                                   .time_ms = 4711,
                                   .reason = OBJECTION_IMPERSONATED};
    struct objection read;
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Terrace__Objection message;

        objection_fill(&message, &said);
        message.has_suite = cases[i].part != 1;
        message.suite = cases[i].part == 2 ? 9 : message.suite;
        message.has_division = cases[i].part != 3;
        message.epoch = cases[i].part == 4 ? 0 : cases[i].part == 5 ? 65 : message.epoch;
        message.grant.len = cases[i].part == 6 ? 16 : 32;
        message.has_grant = cases[i].part != 7;
        message.reason = cases[i].part == 8 ? 0 : cases[i].part == 9 ? 2 : message.reason;
        message.signature.len = cases[i].part == 10 ? 32 : 64;
        if (objection_take(&read, &message, &err) != cases[i].status) {
            fail_msg("%s", cases[i].name);
        }
    }
}

static void what_is_written_is_read(void **state)
{
    const struct objection said = {.division = division_of(COUNTY_CODE),
                                   .epoch = 64,
                                   .grant = {{7}},
                                   .time_ms = UINT64_MAX,
                                   .reason = OBJECTION_IMPERSONATED,
                                   .signature = {{9}}};
    struct buf body = BUF_EMPTY;
    struct objection read;
    struct err err;

    (void)state;
    objection_write(&body, &said);
    assert_true(body.size <= OBJECTION_BYTES_MAX);
    assert_int_equal(objection_read(&read, buf_bytes(&body), &err), OK);
    assert_true(division_equal(read.division, said.division));
    assert_int_equal(read.epoch, said.epoch);
    assert_true(hash_equal(&read.grant, &said.grant));
    assert_true(read.time_ms == said.time_ms && read.reason == said.reason);
    assert_memory_equal(&read.signature, &said.signature, sizeof said.signature);
    assert_int_equal(objection_read(&read, bytes_of(body.data, body.size - 1), &err),
                     ERR_MALFORMED);
    buf_append(&body, "\x52\xff\x01", 3); /* a field of a later version, which would fill it up */
    for (int i = 0; i < 255; i++) {
        buf_put_u8(&body, 0);
    }
    assert_int_equal(objection_read(&read, buf_bytes(&body), &err), ERR_MALFORMED);
    buf_free(&body);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(the_former_key_speaks_against_what_took_its_place),
        CASE(each_part_of_it_is_signed),
        CASE(nothing_is_left_to_object_to),
        CASE(a_revoked_key_does_not_object),
        CASE(the_last_word_of_the_key_is_kept),
        CASE(it_stands_once_the_grant_is_there),
        CASE(a_link_key_is_over_where_another_epoch_took_its_place),
        cmocka_unit_test(bytes_that_are_no_objection_are_refused),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
