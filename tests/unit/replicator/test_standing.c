/* test_standing - what a later epoch of a division is, and when it counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/harness/said.h"

static void a_later_epoch_is_a_rotation_or_a_recovery(void **state)
{
    static const struct {
        const char *name;
        struct said next;
        const char *word; /* of the refusal; NULL: it is taken */
        enum standing standing;
    } cases[] = {
        {"the former key agrees", {.holder = OTHER, .consents = CITY + 1}, NULL, STANDING_COUNTS},
        {"the same keys, agreed",
         {.holder = CITY, .consents = CITY + 1, .list = "5401*,5403*"},
         NULL,
         STANDING_COUNTS},
        {"nobody agrees", {.holder = OTHER}, NULL, STANDING_UNCONFIRMED},
        {"the same keys, nobody asked", {.holder = CITY}, NULL, STANDING_UNCONFIRMED},
        {"it would cut off",
         {.holder = OTHER, .consents = CITY + 1, .base_lsn = 4},
         NULL,
         STANDING_UNCONFIRMED},
        {"other first admins",
         {.holder = OTHER, .consents = CITY + 1, .founder = "zhao"},
         NULL,
         STANDING_UNCONFIRMED},
        {"the new key agrees to itself",
         {.holder = OTHER, .consents = OTHER + 1},
         "consent_wrong",
         STANDING_NONE},
        {"the granter agrees",
         {.holder = OTHER, .consents = REGION + 1},
         "consent_wrong",
         STANDING_NONE},
        {"an epoch is left out",
         {.holder = OTHER, .consents = CITY + 1, .epoch = 3},
         "epoch_unknown",
         STANDING_NONE},
        {"another parent takes it",
         {.holder = OTHER, .parent = "540200", .granter = OTHER},
         "granter_unknown",
         STANDING_NONE},
        {"the code is free, says its granter",
         {.holder = OTHER, .epoch = 1},
         "grant_conflicts",
         STANDING_NONE},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct said city = city_of("5401*");
        struct said next = cases[i].next;
        struct epoch_state stands;
        enum status status;

        next.division = "540100";
        next.granter = next.parent == NULL ? REGION : next.granter;
        next.parent = next.parent == NULL ? "540000" : next.parent;
        next.list = next.list == NULL ? "5401*" : next.list;
        next.epoch = next.epoch == 0 ? 2 : next.epoch;
        said_anew(world);
        must(world, &said_root);
        must(world, &city);
        status = say(world, &next);
        (void)roster_epoch_state(world->roster, division_of("540100"), 2, &stands);
        if ((status == OK) != (cases[i].word == NULL) || stands.standing != cases[i].standing ||
            (status != OK && strstr(world->err.text, cases[i].word) == NULL)) {
            fail_msg("%s: %s", cases[i].name, status == OK ? "taken" : world->err.text);
        }
        assert_int_equal(roster_find(world->roster, division_of("540100"))->grant.epoch,
                         status == OK ? 2 : 1);
    }
}

static struct said next_city(uint32_t epoch, enum who holder, int consents)
{
    struct said next = city_of("5401*");

    next.epoch = epoch;
    next.holder = holder;
    next.consents = consents;
    return next;
}

static enum standing standing_of(const struct world *world, const char *code, uint32_t epoch)
{
    struct epoch_state stands;

    (void)roster_epoch_state(world->roster, division_of(code), epoch, &stands);
    return stands.standing;
}

/* The granter lays a key of its own there, and lets that one agree to the next. */
static void a_rotation_counts_as_what_it_rotates(void **state)
{
    const struct said city = city_of("5401*"), own = next_city(2, OTHER, 0),
                      rotated = next_city(3, COUNTY, OTHER + 1);
    struct world *world = *state;
    uint64_t base_lsn;

    must(world, &said_root);
    must(world, &city);
    must(world, &own);
    must(world, &rotated);
    assert_int_equal(standing_of(world, "540100", 1), STANDING_COUNTS);
    assert_int_equal(standing_of(world, "540100", 2), STANDING_UNCONFIRMED);
    assert_int_equal(standing_of(world, "540100", 3), STANDING_UNCONFIRMED);
    assert_int_equal(roster_unconfirmed(world->roster, division_of("540100"), &base_lsn), 2);
    assert_int_equal(roster_to_confirm(world->roster, division_of("540100")), 3);
}

/* Who granted it, and who bears it, count it at once; what an unconfirmed epoch grants is taken by
 * who is granted alone. */
static void who_judges_is_asked_for_nothing_he_did_himself(void **state)
{
    static const struct {
        const char *self;
        enum standing city;
        enum status county; /* granted by the city's new epoch */
    } cases[] = {
        {"540000", STANDING_COUNTS, OK},         {"540100", STANDING_COUNTS, OK},
        {"540121", STANDING_UNCONFIRMED, OK},    {"540122", STANDING_UNCONFIRMED, ERR_NOT_YET},
        {"", STANDING_UNCONFIRMED, ERR_NOT_YET},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct said city = city_of("5401*"), own = next_city(2, OTHER, 0);
        const struct said county = {.division = "540121",
                                    .parent = "540100",
                                    .list = "",
                                    .holder = COUNTY,
                                    .granter = OTHER,
                                    .epoch = 1,
                                    .granter_epoch = 2};

        said_anew_of(world, cases[i].self[0] == '\0' ? DIVISION_NONE : division_of(cases[i].self));
        must(world, &said_root);
        must(world, &city);
        must(world, &own);
        assert_int_equal(standing_of(world, "540100", 2), cases[i].city);
        assert_int_equal(say(world, &county), cases[i].county);
    }
}

/* A chain of grants comes without the words about it: who reads one takes what unconfirmed epochs
 * granted, and counts them no more than before. What was refused has granted nobody. */
static void who_reads_a_chain_believes_what_unconfirmed_epochs_granted(void **state)
{
    struct world *world = *state;
    const struct said city = city_of("5401*"), own = next_city(2, OTHER, 0);
    const struct said county = {.division = "540121",
                                .parent = "540100",
                                .list = "",
                                .holder = COUNTY,
                                .granter = OTHER,
                                .epoch = 1,
                                .granter_epoch = 2};
    const struct revocation no = {.by = division_of("540000"),
                                  .division = division_of("540100"),
                                  .first_epoch = 2,
                                  .last_epoch = 2};
    bool changed;

    for (int is_refused = 0; is_refused < 2; is_refused++) {
        said_anew(world);
        must(world, &said_root);
        must(world, &city);
        must(world, &own);
        if (is_refused) {
            assert_int_equal(roster_revoke(world->roster, &no, &changed, &world->err), OK);
        }
        assert_int_equal(say(world, &county), ERR_NOT_YET);
        roster_believe(world->roster, true);
        assert_int_equal(say(world, &county), is_refused ? ERR_NOT_YET : OK);
        roster_believe(world->roster, false);
        assert_int_equal(standing_of(world, "540100", 2),
                         is_refused ? STANDING_REFUSED : STANDING_UNCONFIRMED);
    }
}

/* A recovery goes on where the one before it does, or above, and else never counts; the one behind
 * it is judged by the one that stands. */
static void a_recovery_does_not_begin_below_the_one_before_it(void **state)
{
    static const struct {
        uint64_t second, third, fourth;
        enum standing of_third, of_fourth;
        uint32_t member; /* the epoch that it is by */
    } cases[] = {
        {5, 5, 5, STANDING_UNCONFIRMED, STANDING_UNCONFIRMED, 4},
        {5, 6, 9, STANDING_UNCONFIRMED, STANDING_UNCONFIRMED, 4},
        {5, 4, 5, STANDING_REFUSED, STANDING_UNCONFIRMED, 4},
        {5, 4, 4, STANDING_REFUSED, STANDING_REFUSED, 2},
        {5, 6, 5, STANDING_UNCONFIRMED, STANDING_REFUSED, 3},
        {5, 0, 4, STANDING_REFUSED, STANDING_REFUSED, 2},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const uint64_t bases[] = {0, cases[i].second, cases[i].third, cases[i].fourth};
        const struct division city = division_of("540100");

        said_anew(world);
        must(world, &said_root);
        for (uint32_t epoch = 1; epoch <= COUNT_OF(bases); epoch++) {
            struct said next = next_city(epoch, CITY, 0);
            struct grant grant = {.division = city, .base_lsn = bases[epoch - 1]};
            enum status status;

            next.base_lsn = bases[epoch - 1];
            status = roster_check_base(world->roster, &grant, false, &world->err);
            must(world, &next); /* it has its number, whatever it is worth */
            assert_int_equal(
                status, standing_of(world, "540100", epoch) == STANDING_REFUSED ? ERR_REFUSED : OK);
        }
        if (standing_of(world, "540100", 3) != cases[i].of_third ||
            standing_of(world, "540100", 4) != cases[i].of_fourth ||
            roster_find(world->roster, city)->grant.epoch != cases[i].member) {
            fail_msg("case %zu", i);
        }
    }
}

/* --- confirming --- */

static struct confirmation_of_epoch word_of(const struct world *world, const char *by,
                                            const char *code, uint32_t epoch)
{
    struct confirmation_of_epoch word = {division_of(by), division_of(code), epoch, HASH_ZERO};
    struct epoch_state stands;

    (void)roster_epoch_state(world->roster, division_of(code), epoch, &stands);
    word.grant = stands.hash;
    return word;
}

static enum status confirm(struct world *world, const struct confirmation_of_epoch *word,
                           bool *changed)
{
    return roster_confirm(world->roster, word, changed, &world->err);
}

/* region - city - county: the county's keys of now are granted by the city, and confirmed by the
 * region. */
static void begin_with_recovery(struct world *world, uint32_t recoveries)
{
    static const enum who holders[] = {COUNTY, OTHER, REGION, CITY};
    const struct said city = city_of("5401*");

    said_anew(world);
    must(world, &said_root);
    must(world, &city);
    for (uint32_t epoch = 1; epoch <= recoveries + 1; epoch++) {
        const struct said county = {.division = "540121",
                                    .parent = "540100",
                                    .list = "",
                                    .holder = holders[epoch - 1],
                                    .granter = CITY,
                                    .epoch = epoch};
        must(world, &county);
    }
}

static void a_recovery_counts_by_the_word_of_who_is_above_its_granter(void **state)
{
    static const struct {
        const char *name, *by, *code;
        uint32_t epoch;
        bool other_grant;
        enum status status;
        enum standing second, third;
    } cases[] = {
        {"the region, the second", "540000", "540121", 2, false, OK, STANDING_COUNTS,
         STANDING_UNCONFIRMED},
        {"the region, the third: and those before", "540000", "540121", 3, false, OK,
         STANDING_COUNTS, STANDING_COUNTS},
        {"the region, another grant", "540000", "540121", 2, true, OK, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
        {"the region, one that is to come", "540000", "540121", 4, true, OK, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
        {"the region, one that cannot be", "540000", "540121", 65, true, ERR_REFUSED,
         STANDING_UNCONFIRMED, STANDING_UNCONFIRMED},
        {"the region, none", "540000", "540121", 0, true, ERR_REFUSED, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
        {"its granter", "540100", "540121", 3, false, ERR_REFUSED, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
        {"itself", "540121", "540121", 3, false, ERR_REFUSED, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
        {"the city, of itself", "540100", "540100", 1, false, ERR_REFUSED, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
        {"the root, of itself", "540000", "540000", 1, false, ERR_REFUSED, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
        {"of nobody here", "540000", "540199", 2, true, ERR_REFUSED, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct confirmation_of_epoch word;
        bool changed;

        begin_with_recovery(world, 2);
        word = word_of(world, cases[i].by, cases[i].code, cases[i].epoch);
        if (cases[i].other_grant) {
            word.grant = hash_of(TAG_CONTENT, bytes_text("another"));
        }
        if (confirm(world, &word, &changed) != cases[i].status ||
            changed != (cases[i].second == STANDING_COUNTS) ||
            standing_of(world, "540121", 2) != cases[i].second ||
            standing_of(world, "540121", 3) != cases[i].third) {
            fail_msg("%s", cases[i].name);
        }
    }
}

/* Of two recoveries one is confirmed: the other waits still. */
static void one_word_confirms_one_grant_and_what_is_before_it(void **state)
{
    struct world *world = *state;
    struct confirmation_of_epoch second, wrong;
    bool changed;

    begin_with_recovery(world, 3);
    second = word_of(world, "540000", "540121", 2);
    assert_int_equal(confirm(world, &second, &changed), OK);
    assert_true(changed);
    assert_int_equal(confirm(world, &second, &changed), OK);
    assert_false(changed); /* said again */
    assert_int_equal(standing_of(world, "540121", 3), STANDING_UNCONFIRMED);
    assert_int_equal(standing_of(world, "540121", 4), STANDING_UNCONFIRMED);
    wrong = second;
    wrong.grant = HASH_ZERO; /* a word for another grant of that epoch takes nothing back */
    assert_int_equal(confirm(world, &wrong, &changed), OK);
    assert_int_equal(standing_of(world, "540121", 2), STANDING_COUNTS);
    second = word_of(world, "540000", "540121", 4);
    assert_int_equal(confirm(world, &second, &changed), OK);
    assert_int_equal(standing_of(world, "540121", 3), STANDING_COUNTS);
    assert_int_equal(standing_of(world, "540121", 4), STANDING_COUNTS);
    assert_int_equal(roster_to_confirm(world->roster, division_of("540121")), 0);
}

static void a_word_may_come_before_its_grant(void **state)
{
    struct world *world = *state;
    struct confirmation_of_epoch word;
    struct buf sealed = BUF_EMPTY;
    bool changed, added;

    begin_with_recovery(world, 1);
    word = word_of(world, "540000", "540121", 2);
    buf_append_bytes(&sealed, roster_sealed(world->roster, division_of("540121"), 2));
    said_anew(world);
    must(world, &said_root);
    must(world, &(struct said){.division = "540100",
                               .parent = "540000",
                               .list = "5401*",
                               .holder = CITY,
                               .granter = REGION});
    assert_int_equal(confirm(world, &word, &changed), ERR_REFUSED); /* nobody here yet */
    must(world, &(struct said){.division = "540121",
                               .parent = "540100",
                               .list = "",
                               .holder = COUNTY,
                               .granter = CITY});
    assert_int_equal(confirm(world, &word, &changed), OK);
    assert_false(changed);
    assert_int_equal(roster_add(world->roster, buf_bytes(&sealed), &added, &world->err), OK);
    assert_true(added);
    assert_int_equal(standing_of(world, "540121", 2), STANDING_COUNTS);
    buf_free(&sealed);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_later_epoch_is_a_rotation_or_a_recovery),
        STORY(a_rotation_counts_as_what_it_rotates),
        STORY(who_judges_is_asked_for_nothing_he_did_himself),
        STORY(who_reads_a_chain_believes_what_unconfirmed_epochs_granted),
        STORY(a_recovery_does_not_begin_below_the_one_before_it),
        STORY(a_recovery_counts_by_the_word_of_who_is_above_its_granter),
        STORY(one_word_confirms_one_grant_and_what_is_before_it),
        STORY(a_word_may_come_before_its_grant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
