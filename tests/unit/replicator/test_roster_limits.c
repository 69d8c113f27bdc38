/* test_roster_limits - what a roster holds at most, and what it says of whom it does not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/harness/said.h"

enum { EPOCHS = 64, WORDS = 256 };

#define NOBODY      "549999"
#define COUNTY_CODE "540121"

static void begin(struct world *world)
{
    const struct said city = city_of("*"), county = county_of(COUNTY_CODE, "");

    said_anew(world);
    must(world, &said_root);
    must(world, &city);
    must(world, &county);
}

static void expect_word(const struct world *world, const char *word)
{
    if (strstr(world->err.text, word) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", world->err.text, word);
    }
}

static struct revocation word_of(const char *by, uint64_t said_lsn, uint32_t first, uint32_t last)
{
    return (struct revocation){.by = division_of(by),
                               .said_lsn = said_lsn,
                               .division = division_of(COUNTY_CODE),
                               .first_epoch = first,
                               .last_epoch = last};
}

static bool revoke(struct world *world, const struct revocation *word)
{
    bool changed;

    assert_int_equal(roster_revoke(world->roster, word, &changed, &world->err), OK);
    return changed;
}

/* --- how much there can be --- */

static void a_division_has_so_many_epochs(void **state)
{
    struct world *world = *state;

    must(world, &said_root);
    for (uint32_t epoch = 1; epoch <= EPOCHS + 1; epoch++) {
        struct said city = city_of("5401*");

        city.epoch = epoch;
        city.consents = epoch == 1 ? 0 : CITY + 1;
        if (epoch <= EPOCHS) {
            must(world, &city);
        } else {
            assert_int_equal(say(world, &city), ERR_LIMIT);
            expect_word(world, "epochs_full");
        }
    }
    assert_int_equal(roster_find(world->roster, division_of("540100"))->grant.epoch, EPOCHS);
}

static void a_roster_has_so_many_members(void **state)
{
    struct world *world = *state;
    char code[8] = "";
    struct said county = county_of(code, "");
    struct said city = city_of("*");

    must(world, &said_root);
    must(world, &city);
    for (int i = 0; i < ROSTER_MEMBERS_MAX - 2; i++) {
        (void)snprintf(code, sizeof code, "C%d", i);
        must(world, &county);
    }
    assert_int_equal(roster_count(world->roster), ROSTER_MEMBERS_MAX);
    (void)snprintf(code, sizeof code, "N1");
    assert_int_equal(say(world, &county), ERR_LIMIT);
    expect_word(world, "roster_full");
    (void)snprintf(code, sizeof code, "C7"); /* who is there has a next epoch */
    county.epoch = 2;
    must(world, &county);
}

static void so_much_is_said_against_one_division(void **state)
{
    struct world *world = *state;
    struct revocation word = word_of("540100", 1, 1, 1);
    bool changed;

    begin(world);
    for (uint64_t lsn = 1; lsn < WORDS; lsn++) {
        word.said_lsn = lsn;
        assert_int_equal(revoke(world, &word), lsn == 1);
    }
    assert_false(revoke(world, &word)); /* said again: none more */
    word.by = division_of("540000");    /* at the same place of another's log: another word */
    word.lsn = word.epoch = 1;
    assert_true(revoke(world, &word));
    word.said_lsn++;
    assert_int_equal(roster_revoke(world->roster, &word, &changed, &world->err), ERR_LIMIT);
    expect_word(world, "revoke_too_many");
    assert_false(changed);
}

/* --- who is not there --- */

static void of_nobody_there_is_nothing_to_tell(void **state)
{
    struct world *world = *state;
    const struct division nobody = division_of(NOBODY);
    const struct grant grant = {.division = nobody, .base_lsn = 7};
    const struct block_header header = {.author = nobody, .epoch = 1, .first_lsn = 1, .count = 1};
    struct objection_held held;
    struct contest contest;
    struct grant_terms terms;
    struct epoch_state epoch;
    uint64_t base_lsn = 9;

    begin(world);
    assert_false(roster_epoch_counts(world->roster, nobody, 1));
    assert_false(roster_epoch_state(world->roster, nobody, 1, &epoch));
    assert_false(roster_block_counts(world->roster, &header));
    assert_true(roster_block_stands(world->roster, &header)); /* nobody ended it */
    assert_int_equal(roster_lost_lsn(world->roster, nobody), 0);
    assert_int_equal(roster_next_epoch(world->roster, nobody), 1);
    assert_int_equal(roster_check_base(world->roster, &grant, false, &world->err), OK);
    assert_int_equal(roster_unconfirmed(world->roster, nobody, &base_lsn), 0);
    assert_int_equal(base_lsn, 0);
    assert_int_equal(roster_to_confirm(world->roster, nobody), 0);
    assert_false(roster_contest(world->roster, nobody, &contest));
    assert_false(roster_objection(world->roster, nobody, &held));
    assert_false(roster_is_refused(world->roster, nobody, 1));
    assert_false(roster_is_confirmed(world->roster, nobody, 1, &HASH_ZERO));
    assert_false(roster_terms(world->roster, nobody, 1, &terms));
    assert_false(roster_revoked(world->roster, nobody, NULL));
    assert_true(division_is_none(roster_confirmer(world->roster, nobody)));
    assert_null(roster_by_curve_key(world->roster, (const uint8_t[32]){9}));
    roster_free(NULL);
}

static void of_epochs_that_there_are_not_neither(void **state)
{
    static const uint32_t epochs[] = {0, 2};
    const struct division county = division_of(COUNTY_CODE);
    struct world *world = *state;
    struct grant_terms terms;
    struct epoch_state epoch;

    begin(world);
    for (size_t i = 0; i < COUNT_OF(epochs); i++) {
        assert_false(roster_epoch_state(world->roster, county, epochs[i], &epoch));
        assert_null(roster_epoch(world->roster, county, epochs[i]));
        assert_null(roster_epoch_now(world->roster, county, epochs[i]));
        assert_int_equal(roster_sealed(world->roster, county, epochs[i]).size, 0);
        assert_false(roster_terms(world->roster, county, epochs[i], &terms));
        assert_false(roster_epoch_counts(world->roster, county, epochs[i]));
    }
    assert_true(roster_epoch_counts(world->roster, county, 1));
}

/* A block of what is unconfirmed, and one behind the end of what was ended. */
static void a_block_counts_up_to_where_its_epoch_was_ended(void **state)
{
    struct world *world = *state;
    struct block_header header = {
        .author = division_of(COUNTY_CODE), .epoch = 1, .first_lsn = 4, .count = 2};
    struct revocation word = word_of("540000", 1, 1, 1);
    struct said next = county_of(COUNTY_CODE, "");

    begin(world);
    assert_true(roster_block_counts(world->roster, &header));
    word.epoch = 1;
    word.lsn = 5;
    assert_true(revoke(world, &word));
    assert_true(roster_block_counts(world->roster, &header));
    header.count = 3; /* beyond it */
    assert_false(roster_block_counts(world->roster, &header));
    assert_false(roster_block_stands(world->roster, &header));
    next.epoch = 2;
    next.base_lsn = 5;
    must(world, &next);
    header.epoch = 2;
    assert_false(roster_block_counts(world->roster, &header)); /* nobody confirmed that one */
    assert_true(roster_block_stands(world->roster, &header));
}

/* --- what is said otherwise --- */

/* The word nearer the root may name the same position, and another branch. */
static void an_end_that_names_another_branch_is_another_end(void **state)
{
    struct world *world = *state;
    struct revocation by_city = word_of("540100", 1, 1, 1), by_region = word_of("540000", 1, 1, 1);
    struct grant grant = {.division = division_of(COUNTY_CODE), .base_lsn = 5, .base_hash = {{1}}};
    struct epoch_state epoch;

    begin(world);
    by_city.epoch = by_region.epoch = 1;
    by_city.lsn = by_region.lsn = 5;
    by_city.hash = (struct hash){{1}};
    by_region.hash = (struct hash){{2}};
    assert_true(revoke(world, &by_city));
    assert_int_equal(roster_check_base(world->roster, &grant, true, &world->err), OK);
    assert_true(revoke(world, &by_region));
    (void)roster_epoch_state(world->roster, division_of(COUNTY_CODE), 1, &epoch);
    assert_true(epoch.end.is_over && hash_equal(&epoch.end.hash, &by_region.hash));
    assert_int_equal(roster_check_base(world->roster, &grant, true, &world->err), ERR_REFUSED);
    expect_word(world, "base_below");
    grant.base_hash = by_region.hash;
    assert_int_equal(roster_check_base(world->roster, &grant, false, &world->err), OK);
    grant.base_lsn = 6;
    assert_int_equal(roster_check_base(world->roster, &grant, false, &world->err), ERR_REFUSED);
}

/* Epoch 2 had another link key, and was refused; meanwhile somebody has the key of epoch 1. */
static void a_link_key_names_one_division_whatever_is_refused(void **state)
{
    struct world *world = *state;
    const struct division county = division_of(COUNTY_CODE), other = division_of("540122");
    struct grant second = first_grant(county, division_of("540100")),
                 taken = first_grant(other, division_of("540100"));
    uint8_t first_key[32];

    begin(world);
    memcpy(first_key, roster_find(world->roster, county)->grant.curve_key, sizeof first_key);
    second.epoch = 2;
    second.curve_key[31] = 2;
    trust_admit(&world->trust, &second, &world->keys[COUNTY], &world->keys[CITY], world->roster);
    memcpy(taken.curve_key, first_key, sizeof first_key);
    trust_admit(&world->trust, &taken, &world->keys[OTHER], &world->keys[CITY], world->roster);
    assert_ptr_equal(roster_by_curve_key(world->roster, first_key),
                     roster_find(world->roster, other));
    assert_true(revoke(world, &(struct revocation){.by = division_of("540000"),
                                                   .said_lsn = 1,
                                                   .division = county,
                                                   .first_epoch = 2,
                                                   .last_epoch = 2}));
    assert_true(roster_is_refused(world->roster, county, 2));
    assert_false(roster_is_refused(world->roster, county, 1));
    assert_ptr_equal(roster_by_curve_key(world->roster, first_key),
                     roster_find(world->roster, other));
    assert_int_equal(roster_find(world->roster, county)->grant.epoch, 2); /* as it was */
    assert_ptr_equal(roster_by_curve_key(world->roster, second.curve_key),
                     roster_find(world->roster, county));
    assert_true(bytes_equal(roster_find(world->roster, county)->sealed,
                            roster_sealed(world->roster, county, 2)));
}

/* Who may not take the place of another's grant, leaves it as it is. */
static void whose_grant_takes_no_place(void **state)
{
    static const struct {
        struct said said;
        enum status status;
    } cases[] = {
        {{COUNTY_CODE, "540100", "", OTHER, CITY}, ERR_DIVISION_TAKEN},  /* who granted it */
        {{COUNTY_CODE, "540200", "", OTHER, OTHER}, ERR_DIVISION_TAKEN}, /* not above it */
        {{COUNTY_CODE, NOBODY, "", OTHER, OTHER}, ERR_DIVISION_TAKEN},   /* unknown */
        {{NOBODY, "540000", "", OTHER, REGION}, ERR_DIVISION_TAKEN},     /* of nobody's */
        {{COUNTY_CODE, "540000", "", OTHER, CITY}, ERR_REFUSED},         /* another's key */
        {{COUNTY_CODE, "540000", "", OTHER, REGION, .epoch = 2}, ERR_NOT_YET},
        {{COUNTY_CODE, "540000", "", OTHER, REGION}, OK},
    };
    const struct said other = {"540200", "540000", "5402*", OTHER, REGION};
    struct world *world = *state;

    begin(world);
    must(world, &other);
    assert_int_equal(roster_replace(world->roster, bytes_text("noise"), &world->err),
                     ERR_MALFORMED);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct member *county;
        enum status status;

        said_seal(world, &cases[i].said);
        status = roster_replace(world->roster, buf_bytes(&world->sealed), &world->err);
        county = roster_find(world->roster, division_of(COUNTY_CODE));
        if (status != cases[i].status ||
            division_equal(county->grant.parent, division_of("540100")) != (status != OK)) {
            fail_msg("case %zu: %s", i, status_name(status));
        }
    }
}

/* A later word for another grant of an epoch that is to come takes the place of the first. */
static void the_last_word_for_an_epoch_to_come_stands(void **state)
{
    struct world *world = *state;
    const struct division county = division_of(COUNTY_CODE);
    struct confirmation_of_epoch word = {division_of("540000"), county, 2, {{1}}};
    struct hash first = word.grant, grant;
    struct said next = county_of(COUNTY_CODE, "");
    struct epoch_state epoch;
    bool changed;

    next.epoch = 2;
    begin(world);
    must(world, &next);
    (void)roster_epoch_state(world->roster, county, 2, &epoch);
    grant = epoch.hash;
    begin(world);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(roster_confirm(world->roster, &word, &changed, &world->err), OK);
        assert_false(changed);
        assert_true(roster_is_confirmed(world->roster, county, 2, &word.grant));
        assert_false(roster_is_confirmed(world->roster, county, 1, &word.grant));
        word.grant = grant;
    }
    assert_false(roster_is_confirmed(world->roster, county, 2, &first));
    said_seal(world, &next); /* the signature is another one, and the grant the same */
    assert_int_equal(roster_add(world->roster, buf_bytes(&world->sealed), &changed, &world->err),
                     OK);
    assert_true(roster_epoch_counts(world->roster, county, 2));
    word.grant = first; /* for another than the one that is held */
    assert_int_equal(roster_confirm(world->roster, &word, &changed, &world->err), OK);
    assert_true(roster_epoch_counts(world->roster, county, 2));
}

/* An objection by an epoch that is not known here is kept, and the next one takes its place: no key
 * says that it is its own. */
static void an_objection_may_come_before_its_epoch(void **state)
{
    struct world *world = *state;
    struct objection_held held = {.said = {.division = division_of(COUNTY_CODE), .epoch = 5},
                                  .by = division_of("540100")};
    bool kept;

    begin(world);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(roster_object(world->roster, &held, &kept, &world->err), OK);
        assert_true(kept);
    }
    held.said.epoch = 6;
    assert_int_equal(roster_object(world->roster, &held, &kept, &world->err), OK);
    assert_true(kept);
    assert_false(roster_objection(world->roster, division_of(COUNTY_CODE), &held));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_division_has_so_many_epochs),
        STORY(a_roster_has_so_many_members),
        STORY(so_much_is_said_against_one_division),
        STORY(of_nobody_there_is_nothing_to_tell),
        STORY(of_epochs_that_there_are_not_neither),
        STORY(a_block_counts_up_to_where_its_epoch_was_ended),
        STORY(an_end_that_names_another_branch_is_another_end),
        STORY(a_link_key_names_one_division_whatever_is_refused),
        STORY(whose_grant_takes_no_place),
        STORY(the_last_word_for_an_epoch_to_come_stands),
        STORY(an_objection_may_come_before_its_epoch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
