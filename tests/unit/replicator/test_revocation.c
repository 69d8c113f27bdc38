/* test_revocation - who may revoke whom, what of an epoch stands then, and what may follow it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/harness/said.h"

#define COUNTY_CODE "540121"

static struct said county_epoch(uint32_t epoch, enum who holder, int consents, uint64_t base_lsn)
{
    struct said county = county_of(COUNTY_CODE, "");

    county.epoch = epoch;
    county.holder = holder;
    county.consents = consents;
    county.base_lsn = base_lsn;
    return county;
}

/* region - city - county, and another city */
static void begin(struct world *world)
{
    const struct said city = city_of("5401*"), county = county_epoch(1, COUNTY, 0, 0),
                      other = {.division = "540200",
                               .parent = "540000",
                               .list = "5402*",
                               .holder = OTHER,
                               .granter = REGION};

    said_anew(world);
    must(world, &said_root);
    must(world, &city);
    must(world, &other);
    must(world, &county);
}

static struct revocation word_of(const char *by, uint64_t said_lsn, uint32_t first, uint32_t last,
                                 uint64_t lsn)
{
    return (struct revocation){.by = division_of(by),
                               .said_lsn = said_lsn,
                               .time_ms = 1,
                               .division = division_of(COUNTY_CODE),
                               .first_epoch = first,
                               .last_epoch = last,
                               .epoch = lsn == 0 ? 0 : first,
                               .lsn = lsn,
                               .reason = "gone"};
}

static enum status revoke(struct world *world, const struct revocation *word)
{
    bool changed;

    return roster_revoke(world->roster, word, &changed, &world->err);
}

static struct epoch_state state_of(const struct world *world, uint32_t epoch)
{
    struct epoch_state state;

    assert_true(roster_epoch_state(world->roster, division_of(COUNTY_CODE), epoch, &state));
    return state;
}

/* --- whose word it is --- */

static void an_ancestor_revokes_and_nobody_else(void **state)
{
    static const struct {
        const char *name, *by, *division;
        enum status status;
    } cases[] = {
        {"its parent", "540100", COUNTY_CODE, OK},
        {"its parent's parent", "540000", COUNTY_CODE, OK},
        {"the region, a city", "540000", "540100", OK},
        {"itself", COUNTY_CODE, COUNTY_CODE, ERR_REFUSED},
        {"a child, its parent", COUNTY_CODE, "540100", ERR_REFUSED},
        {"another city", "540200", COUNTY_CODE, ERR_REFUSED},
        {"its sibling", "540200", "540100", ERR_REFUSED},
        {"the root, itself", "540000", "540000", ERR_REFUSED},
        {"a city, the root", "540100", "540000", ERR_REFUSED},
        {"nobody that is known", "540999", COUNTY_CODE, ERR_REFUSED},
        {"a division that is not known", "540000", "540199", ERR_NOT_YET},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct revocation word = word_of(cases[i].by, 9, 1, 1, 5);

        begin(world);
        word.division = division_of(cases[i].division);
        if (revoke(world, &word) != cases[i].status ||
            roster_revoked(world->roster, word.division, NULL) != (cases[i].status == OK)) {
            fail_msg("%s", cases[i].name);
        }
    }
}

/* Of two words the one nearer the root, of one author the first in its log. */
static void one_word_stands_of_each_epoch(void **state)
{
    static const struct {
        const char *name;
        struct {
            const char *by;
            uint64_t said_lsn, lsn;
        } words[3];
        uint64_t end;
    } cases[] = {
        {"one", {{"540100", 9, 80}}, 80},
        {"the region says less", {{"540100", 9, 80}, {"540000", 70, 60}}, 60},
        {"the region says more", {{"540100", 9, 80}, {"540000", 70, 100}}, 100},
        {"the city twice", {{"540100", 9, 80}, {"540100", 10, 90}}, 80},
        {"all of them", {{"540100", 10, 90}, {"540000", 71, 65}, {"540000", 70, 60}}, 60},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t turn = 0; turn < COUNT_OF(cases[i].words); turn++) {
            begin(world);
            for (size_t k = 0; k < COUNT_OF(cases[i].words); k++) {
                const size_t at = (k + turn) % COUNT_OF(cases[i].words);

                if (cases[i].words[at].by != NULL) {
                    const struct revocation word =
                        word_of(cases[i].words[at].by, cases[i].words[at].said_lsn, 1, 1,
                                cases[i].words[at].lsn);
                    assert_int_equal(revoke(world, &word), OK);
                }
            }
            if (!state_of(world, 1).end.is_over || state_of(world, 1).end.lsn != cases[i].end) {
                fail_msg("%s: %llu", cases[i].name, (unsigned long long)state_of(world, 1).end.lsn);
            }
        }
    }
}

static void blocks_stand_up_to_the_end(void **state)
{
    static const struct {
        uint64_t first, count;
        bool stands;
    } cases[] = {{1, 1, true},   {1, 80, true},  {80, 1, true},   {79, 2, true},
                 {80, 2, false}, {81, 1, false}, {1, 100, false}, {200, 5, false}};
    struct world *world = *state;
    const struct revocation word = word_of("540000", 9, 1, 1, 80);

    begin(world);
    for (int revoked = 0; revoked < 2; revoked++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            const struct block_header header = {.author = division_of(COUNTY_CODE),
                                                .epoch = 1,
                                                .first_lsn = cases[i].first,
                                                .count = (uint32_t)cases[i].count};

            assert_int_equal(roster_block_counts(world->roster, &header),
                             revoked == 0 || cases[i].stands);
            assert_int_equal(roster_block_stands(world->roster, &header),
                             revoked == 0 || cases[i].stands);
        }
        assert_int_equal(revoke(world, &word), OK);
    }
}

/* --- what may follow --- */

static void a_revoked_code_comes_back_by_a_recovery_from_its_end(void **state)
{
    static const struct {
        const char *name;
        struct said next;
        bool other_hash;
        const char *word; /* of roster_add; NULL: it is taken */
        enum standing standing;
    } cases[] = {
        {"from the end on",
         {.epoch = 2, .holder = OTHER, .base_lsn = 80},
         false,
         NULL,
         STANDING_UNCONFIRMED},
        {"below it", {.epoch = 2, .holder = OTHER, .base_lsn = 79}, false, NULL, STANDING_REFUSED},
        {"above it", {.epoch = 2, .holder = OTHER, .base_lsn = 81}, false, NULL, STANDING_REFUSED},
        {"another branch",
         {.epoch = 2, .holder = OTHER, .base_lsn = 80},
         true,
         NULL,
         STANDING_REFUSED},
        {"from nothing", {.epoch = 2, .holder = OTHER}, false, NULL, STANDING_REFUSED},
        {"its key agrees",
         {.epoch = 2, .holder = OTHER, .consents = COUNTY + 1},
         false,
         NULL,
         STANDING_REFUSED},
        {"its key agrees, from the end on",
         {.epoch = 2, .holder = OTHER, .consents = COUNTY + 1, .base_lsn = 80},
         false,
         NULL,
         STANDING_UNCONFIRMED},
        {"the free code", {.epoch = 1, .holder = OTHER}, false, "grant_conflicts", STANDING_COUNTS},
        {"the free code, from the end on",
         {.epoch = 1, .holder = OTHER, .base_lsn = 80},
         false,
         "grant_conflicts",
         STANDING_COUNTS},
        {"one left out",
         {.epoch = 3, .holder = OTHER, .base_lsn = 80},
         false,
         "epoch_unknown",
         STANDING_NONE},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int late = 0; late < 2; late++) { /* the word comes before the grant, or after it */
            struct revocation word = word_of("540100", 9, 1, 1, 80);
            struct said next = cases[i].next;
            struct epoch_state stands;
            enum status status;

            word.hash.at[0] = cases[i].other_hash;
            next.division = COUNTY_CODE;
            next.parent = "540100";
            next.list = "";
            next.granter = CITY;
            begin(world);
            if (late == 0) {
                assert_int_equal(revoke(world, &word), OK);
            }
            status = say(world, &next);
            if (late != 0) {
                assert_int_equal(revoke(world, &word), OK);
            }
            (void)roster_epoch_state(world->roster, division_of(COUNTY_CODE), next.epoch, &stands);
            if ((status == OK) != (cases[i].word == NULL) ||
                (status != OK && strstr(world->err.text, cases[i].word) == NULL) ||
                stands.standing != cases[i].standing ||
                roster_revoked(world->roster, division_of(COUNTY_CODE), NULL) !=
                    (stands.standing != STANDING_UNCONFIRMED)) {
                fail_msg("%s, %d: %s", cases[i].name, late,
                         status == OK ? "taken" : world->err.text);
            }
        }
    }
}

/* Whoever grants is told before it is written. */
static void a_granter_asks_where_it_has_to_go_on(void **state)
{
    const struct revocation word = word_of("540000", 9, 1, 1, 80);
    struct world *world = *state;
    struct grant grant;

    begin(world);
    grant = roster_find(world->roster, division_of(COUNTY_CODE))->grant;
    grant.epoch = 2;
    assert_int_equal(roster_check_base(world->roster, &grant, true, &world->err), OK);
    assert_int_equal(revoke(world, &word), OK);
    assert_int_equal(roster_check_base(world->roster, &grant, true, &world->err), ERR_REFUSED);
    grant.base_lsn = 80;
    assert_int_equal(roster_check_base(world->roster, &grant, false, &world->err), OK);
    grant.base_lsn = 90;
    assert_int_equal(roster_check_base(world->roster, &grant, false, &world->err), ERR_REFUSED);
    assert_int_equal(roster_next_epoch(world->roster, division_of(COUNTY_CODE)), 2);
}

/* --- no to a recovery --- */

static void confirm(struct world *world, uint32_t epoch)
{
    struct confirmation_of_epoch word = {division_of("540000"), division_of(COUNTY_CODE), epoch,
                                         state_of(world, epoch).hash};
    bool changed;

    assert_int_equal(roster_confirm(world->roster, &word, &changed, &world->err), OK);
}

static void a_refused_recovery_never_counts_and_the_former_goes_on(void **state)
{
    static const struct {
        const char *name;
        uint32_t first, last;
        bool confirmed;
        int consents;      /* to the third */
        uint64_t base_lsn; /* of the third */
        enum standing first_is, second_is, third_is;
        uint32_t member; /* whose keys the division has */
    } cases[] = {
        {"nobody says no", 0, 0, false, OTHER + 1, 0, STANDING_COUNTS, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED, 3},
        {"no to both", 2, 3, false, OTHER + 1, 0, STANDING_COUNTS, STANDING_REFUSED,
         STANDING_REFUSED, 1},
        {"no to the second, which the third rotates", 2, 2, false, OTHER + 1, 0, STANDING_COUNTS,
         STANDING_REFUSED, STANDING_REFUSED, 1},
        {"no to the second, whose former key goes on", 2, 2, false, COUNTY + 1, 0, STANDING_COUNTS,
         STANDING_REFUSED, STANDING_COUNTS, 3},
        {"no to the second; another recovery", 2, 2, false, 0, 50, STANDING_COUNTS,
         STANDING_REFUSED, STANDING_UNCONFIRMED, 3},
        {"no to the second, though it was confirmed", 2, 2, true, COUNTY + 1, 0, STANDING_COUNTS,
         STANDING_REFUSED, STANDING_COUNTS, 3},
        {"all are over", 1, 3, false, OTHER + 1, 0, STANDING_COUNTS, STANDING_UNCONFIRMED,
         STANDING_UNCONFIRMED, 3},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct said second = county_epoch(2, OTHER, 0, 40),
                          third = county_epoch(3, CITY, cases[i].consents, cases[i].base_lsn);
        const struct revocation word = word_of("540000", 9, cases[i].first, cases[i].last, 40);
        const struct member *member;

        begin(world);
        must(world, &second);
        if (cases[i].confirmed) {
            confirm(world, 2);
        }
        must(world, &third);
        if (cases[i].first > 0) {
            assert_int_equal(revoke(world, &word), OK);
        }
        member = roster_find(world->roster, division_of(COUNTY_CODE));
        if (state_of(world, 1).standing != cases[i].first_is ||
            state_of(world, 1).end.is_over != (cases[i].first == 1) ||
            state_of(world, 2).standing != cases[i].second_is ||
            state_of(world, 3).standing != cases[i].third_is ||
            member->grant.epoch != cases[i].member ||
            roster_by_curve_key(world->roster, member->grant.curve_key) != member ||
            roster_next_epoch(world->roster, division_of(COUNTY_CODE)) != 4 ||
            roster_revoked(world->roster, division_of(COUNTY_CODE), NULL) !=
                (cases[i].first == 1)) {
            fail_msg("%s: %d %d %d of %u", cases[i].name, (int)state_of(world, 1).standing,
                     (int)state_of(world, 2).standing, (int)state_of(world, 3).standing,
                     member->grant.epoch);
        }
    }
}

/* --- in whatever order --- */

enum { WORDS = 5, EPOCHS = 4, EVENTS = WORDS + EPOCHS + 1 };

/* False: what comes before it has not come. */
static bool play(struct world *world, size_t event, const struct buf *sealed,
                 const struct confirmation_of_epoch *confirmation)
{
    const struct revocation words[WORDS] = {
        word_of("540100", 20, 1, 1, 80), word_of("540000", 70, 1, 1, 60),
        word_of("540100", 21, 1, 1, 90), word_of("540000", 75, 3, 3, 60),
        word_of("540200", 5, 1, 4, 10), /* which is not its word to say */
    };
    bool changed, added;

    if (event < EPOCHS) {
        return roster_add(world->roster, buf_bytes(&sealed[event]), &added, &world->err) == OK;
    }
    if (event < EPOCHS + WORDS) {
        return revoke(world, &words[event - EPOCHS]) != ERR_NOT_YET;
    }
    return roster_confirm(world->roster, confirmation, &changed, &world->err) == OK;
}

static void seal_epochs(struct world *world, struct buf sealed[EPOCHS],
                        struct confirmation_of_epoch *confirmation)
{
    const struct said epochs[EPOCHS] = {
        county_epoch(1, COUNTY, 0, 0), county_epoch(2, COUNTY, 0, 80),
        county_epoch(3, COUNTY, 0, 60), county_epoch(4, COUNTY, 0, 60)};

    begin(world);
    for (size_t i = 0; i < EPOCHS; i++) {
        if (i > 0) {
            must(world, &epochs[i]);
        }
        buf_append_bytes(&sealed[i],
                         roster_sealed(world->roster, division_of(COUNTY_CODE), (uint32_t)i + 1));
    }
    *confirmation = (struct confirmation_of_epoch){division_of("540000"), division_of(COUNTY_CODE),
                                                   4, state_of(world, 4).hash};
}

/* The city's word, the region's, an early recovery, one that is refused, and one that stands. */
static void all_judge_alike_in_whatever_order(void **state)
{
    struct world *world = *state;
    struct buf sealed[EPOCHS] = {BUF_EMPTY, BUF_EMPTY, BUF_EMPTY, BUF_EMPTY};
    struct confirmation_of_epoch confirmation;
    struct hash first = HASH_ZERO;

    seal_epochs(world, sealed, &confirmation);
    srand(1);
    for (int round = 0; round < 200; round++) {
        const struct said city = city_of("5401*");
        bool done[EVENTS] = {false};
        size_t left = EVENTS;
        struct hash hash;

        said_anew(world);
        must(world, &said_root);
        must(world, &city);
        while (left > 0) {
            const size_t event = (size_t)rand() % EVENTS;

            if (!done[event] && play(world, event, sealed, &confirmation)) {
                done[event] = true;
                left--;
            }
        }
        hash = roster_hash(world->roster);
        if (round == 0) {
            first = hash;
        }
        assert_true(hash_equal(&hash, &first));
        assert_int_equal(state_of(world, 1).end.lsn, 60);
        assert_int_equal(state_of(world, 2).standing, STANDING_REFUSED);
        assert_int_equal(state_of(world, 3).standing, STANDING_REFUSED);
        assert_int_equal(state_of(world, 4).standing, STANDING_COUNTS);
        assert_false(roster_revoked(world->roster, division_of(COUNTY_CODE), NULL));
    }
    for (size_t i = 0; i < EPOCHS; i++) {
        buf_free(&sealed[i]);
    }
}

/* --- its bytes --- */

static void what_is_no_revocation_is_refused(void **state)
{
    static const struct {
        const char *name;
        uint32_t first, last, epoch;
        uint64_t lsn;
        const char *reason;
        enum status status;
    } cases[] = {
        {"as it is", 1, 2, 1, 5, "gone", OK},
        {"nothing was held", 1, 2, 0, 0, "gone", OK},
        {"no reason", 1, 2, 1, 5, "", OK},
        {"no epoch", 0, 2, 1, 5, "x", ERR_MALFORMED},
        {"the last before the first", 3, 2, 1, 5, "x", ERR_MALFORMED},
        {"more than there may be", 1, 65, 1, 5, "x", ERR_MALFORMED},
        {"an end above the last", 1, 2, 3, 5, "x", ERR_MALFORMED},
        {"an epoch without place", 1, 2, 1, 0, "x", ERR_MALFORMED},
        {"a place without epoch", 1, 2, 0, 5, "x", ERR_MALFORMED},
        {"what cannot be shown", 1, 2, 1, 5, "a\nb", ERR_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct revocation word = word_of("540000", 9, cases[i].first, cases[i].last, cases[i].lsn),
                          read;
        struct buf body = BUF_EMPTY;
        struct err err;

        word.epoch = cases[i].epoch;
        (void)snprintf(word.reason, sizeof word.reason, "%s", cases[i].reason);
        revocation_write(&body, &word);
        if (revocation_read(&read, buf_bytes(&body), &err) != cases[i].status ||
            (cases[i].status == OK && (read.lsn != word.lsn || read.last_epoch != word.last_epoch ||
                                       strcmp(read.reason, word.reason) != 0))) {
            fail_msg("%s", cases[i].name);
        }
        for (size_t size = 0; cases[i].status == OK && size < body.size; size++) {
            (void)revocation_read(&read, bytes_of(body.data, size), &err); /* cut anywhere */
        }
        buf_free(&body);
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(an_ancestor_revokes_and_nobody_else),
        STORY(one_word_stands_of_each_epoch),
        STORY(blocks_stand_up_to_the_end),
        STORY(a_revoked_code_comes_back_by_a_recovery_from_its_end),
        STORY(a_granter_asks_where_it_has_to_go_on),
        STORY(a_refused_recovery_never_counts_and_the_former_goes_on),
        STORY(all_judge_alike_in_whatever_order),
        STORY(what_is_no_revocation_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
