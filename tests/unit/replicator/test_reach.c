/* test_reach - whom a division may grant: what a list says, and who judges by which list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/message.h"
#include "replicator/trust/enrol_place.h"
#include "tests/harness/said.h"

/* --- what a list says --- */

static void a_code_is_in_reach_or_not(void **state)
{
    static const struct {
        const char *list, *code;
        bool has;
    } cases[] = {
        {"", "540121", false},
        {"*", "540121", true},
        {"*", "A", true},
        {"540121", "540121", true},
        {"540121", "54012", false},
        {"540121", "5401211", false},
        {"5401*", "5401", true},
        {"5401*", "540121", true},
        {"5401*", "540199999", true},
        {"5401*", "540200", false},
        {"5401*", "540", false},
        {"5401*,!540121", "540121", false},
        {"5401*,!540121", "540121100", true},
        {"5401*,!540121*", "540121", false},
        {"5401*,!540121*", "540121100", false},
        {"5401*,!540121*", "540122", true},
        {"!540121*,5401*", "540121", false}, /* the order says nothing */
        {"5401*,!540121*,540121100", "540121100", false},
        {"!540121", "540122", false}, /* exceptions alone let nobody in */
        {"5401*,5402*", "540221", true},
        {"*,!54*", "540100", false},
        {"*,!54*", "530100", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct grant_reach reach = reach_of(cases[i].list);

        if (reach_has(&reach, division_of(cases[i].code)) != cases[i].has) {
            fail_msg("%s in \"%s\"", cases[i].code, cases[i].list);
        }
    }
}

static void a_list_lies_within_another_or_not(void **state)
{
    static const struct {
        const char *inner, *outer, *beyond; /* NULL: it lies within */
    } cases[] = {
        {"", "", NULL},
        {"", "5401*", NULL},
        {"5401*", "", "5401*"},
        {"*", "*", NULL},
        {"*", "5*", "*"},
        {"5401*", "*", NULL},
        {"540121*", "5401*", NULL},
        {"5401*", "540121*", "5401*"},
        {"540121", "5401*", NULL},
        {"540121*", "540121", "540121*"},
        {"5401*", "5401*,!540121*", "5401*"},
        {"5401*,!540121*", "5401*,!540121*", NULL},
        {"5401*,!54012*", "5401*,!540121*", NULL}, /* leaves out more */
        {"5401*,!540121", "5401*,!540121*", "5401*"},
        {"540121", "5401*,!540121*", "540121"},
        {"540122*", "5401*,!540121*", NULL},
        {"540122*,5402*", "5401*", "5402*"},
        {"5401*,!5401*", "", NULL}, /* nothing is left of it */
        {"5401*,!540121*", "*,!540121*,!55*", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct grant_reach inner = reach_of(cases[i].inner), outer = reach_of(cases[i].outer);
        const char *beyond = NULL;
        const bool within = reach_within(&inner, &outer, &beyond);

        if (within != (cases[i].beyond == NULL) ||
            (!within && strcmp(beyond, cases[i].beyond) != 0)) {
            fail_msg("\"%s\" within \"%s\"", cases[i].inner, cases[i].outer);
        }
    }
}

static void two_lists_meet_or_not(void **state)
{
    static const struct {
        const char *a, *b, *common; /* NULL: they do not meet */
    } cases[] = {
        {"", "*", NULL},
        {"5401*", "5402*", NULL},
        {"5401*", "540121", "540121"},
        {"540121*", "5401*", "540121*"},
        {"5401*,!540121*", "540121*", NULL},
        {"5401*", "540121*,!540121*", NULL},
        {"5401*,!540121", "540121*", "540121*"},
        {"540121", "540121", "540121"},
        {"540121", "540122", NULL},
        {"*", "54*,!5401*", "54*"},
        {"!54*,53*", "54*", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct grant_reach a = reach_of(cases[i].a), b = reach_of(cases[i].b);
        const char *common, *again;

        if (reach_meet(&a, &b, &common) != (cases[i].common != NULL) ||
            reach_meet(&b, &a, &again) != (cases[i].common != NULL) ||
            (cases[i].common != NULL && strcmp(common, cases[i].common) != 0)) {
            fail_msg("\"%s\" and \"%s\"", cases[i].a, cases[i].b);
        }
    }
}

static void a_list_is_shown_as_it_was_typed(void **state)
{
    static const char *const bad[] = {",",     "5401*,",      ",5401*", "5401*,,5402*",
                                      "54 01", "5401*,5401*", "*,!*",   "5401?"};
    char shown[REACH_TEXT_MAX];
    struct grant_reach reach = reach_of("5401*,!540121*,540221");

    (void)state;
    reach_print(shown, &reach);
    assert_string_equal(shown, "5401*,!540121*,540221");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(reach_parse(&reach, bytes_text(bad[i])));
        assert_int_equal(reach.count, 0);
    }
}

/* --- who judges --- */

static void who_may_grant_what(void **state)
{
    static const struct {
        const char *name, *city, *code, *list;
        enum status want;
    } cases[] = {
        {"without a list nobody", "", "540121", "", ERR_REFUSED},
        {"its own county", "5401*", "540121", "", OK},
        {"by its code", "540121", "540121", "", OK},
        {"a code that only begins like one", "540121", "540121100", "", ERR_REFUSED},
        {"another city's county", "5401*", "540202", "", ERR_REFUSED},
        {"another city", "5401*", "540200", "", ERR_REFUSED},
        {"a code shorter than its prefix", "5401*", "540", "", ERR_REFUSED},
        {"another province's", "5401*", "530100", "", ERR_REFUSED},
        {"one more code", "5401*,540221", "540221", "", OK},
        {"an exception", "5401*,!540121", "540121", "", ERR_REFUSED},
        {"below an exception of one code", "5401*,!540121", "540121100", "", OK},
        {"below an exception of a prefix", "5401*,!540121*", "540121100", "", ERR_REFUSED},
        {"beside an exception", "5401*,!540121*", "540122", "", OK},
        {"exceptions alone", "!540121", "540122", "", ERR_REFUSED},
        {"everything", "*", "540202", "", OK},
        {"everything but", "*,!5402*", "540202", "", ERR_REFUSED},
        {"with townships", "5401*", "540121", "540121*", OK},
        {"with a code", "5401*", "540121", "540121100", OK},
        {"with all that the city has", "5401*", "540121", "5401*", OK},
        {"with townships of another county of it", "5401*", "540121", "540122*", OK},
        {"with another city's", "5401*", "540121", "5402*", ERR_REFUSED},
        {"with one of another city's", "5401*", "540121", "540121*,540202", ERR_REFUSED},
        {"with everything", "5401*", "540121", "*", ERR_REFUSED},
        {"with a shorter prefix", "5401*", "540121", "540*", ERR_REFUSED},
        {"with what the city may not", "5401*,!540122*", "540121", "5401*", ERR_REFUSED},
        {"without what the city may not", "5401*,!540122*", "540121", "5401*,!540122*", OK},
        {"with an exception that is narrower", "5401*,!540122*", "540121", "5401*,!540122",
         ERR_REFUSED},
        {"with an exception that is wider", "5401*,!540122*", "540121", "5401*,!54012*", OK},
        {"with a list of which nothing is left", "5401*", "540121", "5402*,!5402*", OK},
        {"with a list, from one who has none", "", "540121", "540121*", ERR_REFUSED},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct said city = city_of(cases[i].city);
        const struct said county = county_of(cases[i].code, cases[i].list);
        enum status status;

        said_anew(world);
        must(world, &said_root);
        must(world, &city);
        status = say(world, &county);
        if (status != cases[i].want ||
            (status != OK && strstr(world->err.text, "outside_reach") == NULL)) {
            fail_msg("%s: %s", cases[i].name, status == OK ? "taken" : world->err.text);
        }
    }
}

/* A county that gives itself a county of another city, which is there already or is not yet. */
static void a_squatter_is_refused_whether_the_code_is_there_or_not(void **state)
{
    const struct said city = city_of("5401*"), county = county_of("540121", "540121*"),
                      squat = {.division = "540202",
                               .parent = "540121",
                               .list = "",
                               .holder = OTHER,
                               .granter = COUNTY},
                      real = {.division = "540202",
                              .parent = "540000",
                              .list = "",
                              .holder = OTHER,
                              .granter = REGION};
    struct world *world = *state;

    for (int is_there = 0; is_there < 2; is_there++) {
        said_anew(world);
        must(world, &said_root);
        must(world, &city);
        must(world, &county);
        if (is_there) {
            must(world, &real);
        }
        assert_int_equal(say(world, &squat), ERR_REFUSED);
        if (!is_there) {
            must(world, &real);
        }
        assert_true(division_equal(roster_find(world->roster, division_of("540202"))->grant.parent,
                                   division_of("540000")));
    }
}

/* Four grants of which the later two came under another list of the city than the first. */
static void a_grant_is_judged_by_the_list_of_its_own_epoch_in_whatever_order(void **state)
{
    static const struct said city = {.division = "540100",
                                     .parent = "540000",
                                     .list = "5401*",
                                     .holder = CITY,
                                     .granter = REGION},
                             narrow = {.division = "540100",
                                       .parent = "540000",
                                       .list = "5401*,!540121*",
                                       .holder = CITY,
                                       .granter = REGION,
                                       .epoch = 2,
                                       .consents = CITY + 1};
    static const struct {
        const char *name, *code;
        uint32_t granter_epoch;
        enum status want;
    } cases[] = {
        {"before it was taken away", "540121", 1, OK},
        {"after it was taken away", "540121", 2, ERR_REFUSED},
        {"what both lists have", "540122", 2, OK},
        {"an epoch that does not come", "540122", 3, ERR_NOT_YET},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int late = 0; late < 2; late++) { /* does the city's second epoch come behind it? */
            struct said county = county_of(cases[i].code, "");
            enum status status;

            county.granter_epoch = cases[i].granter_epoch;
            said_anew(world);
            must(world, &said_root);
            must(world, &city);
            if (!late) {
                must(world, &narrow);
            }
            status = say(world, &county);
            if (late && cases[i].granter_epoch == 2) { /* as a block of it has to wait, too */
                assert_int_equal(status, ERR_NOT_YET);
                must(world, &narrow);
                status = say(world, &county);
            } else if (late) {
                must(world, &narrow);
            }
            if (status != cases[i].want) {
                fail_msg("%s, %d: %s", cases[i].name, late, world->err.text);
            }
        }
    }
}

/* --- two granters of one code --- */

static const struct said upper = {
    .division = "540121", .parent = "540000", .list = "", .holder = OTHER, .granter = REGION};

static enum status replace(struct world *world, const struct said *said)
{
    said_seal(world, said);
    return roster_replace(world->roster, buf_bytes(&world->sealed), &world->err);
}

static void give_both(struct world *world)
{
    const struct said city = city_of("5401*"), lower = county_of("540121", "");
    struct hash a, b;

    said_anew(world);
    must(world, &said_root);
    must(world, &city);
    must(world, &upper);
    assert_int_equal(say(world, &lower), ERR_DIVISION_TAKEN);
    assert_int_equal(replace(world, &lower), ERR_DIVISION_TAKEN);
    a = roster_hash(world->roster);

    said_anew(world);
    must(world, &said_root);
    must(world, &city);
    must(world, &lower);
    assert_int_equal(roster_find(world->roster, division_of("540100"))->below, 1);
    assert_int_equal(say(world, &upper), ERR_DIVISION_TAKEN);
    assert_int_equal(replace(world, &upper), OK);
    b = roster_hash(world->roster);
    assert_true(hash_equal(&a, &b));
    assert_int_equal(roster_find(world->roster, division_of("540100"))->below, 0);
    assert_int_equal(roster_find(world->roster, division_of("540000"))->below, 2);
    assert_int_equal(roster_find(world->roster, division_of("540121"))->depth, 1);
}

static void the_one_nearer_the_root_stands_whichever_came_first(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 20; i++) { /* and whatever their hashes are */
        sign_key_generate(&world->keys[OTHER]);
        sign_key_generate(&world->keys[COUNTY]);
        give_both(world);
    }
}

static void who_has_granted_is_not_taken_away(void **state)
{
    const struct said city = city_of("5401*"), lower = county_of("540121", "540121*"),
                      town = {.division = "540121100",
                              .parent = "540121",
                              .list = "",
                              .holder = CITY,
                              .granter = COUNTY};
    struct world *world = *state;

    must(world, &said_root);
    must(world, &city);
    must(world, &lower);
    must(world, &town);
    assert_int_equal(replace(world, &upper), ERR_DIVISION_TAKEN);
    assert_true(division_equal(roster_find(world->roster, division_of("540121"))->grant.parent,
                               division_of("540100")));
}

/* --- before anybody is invited --- */

static void a_granter_asks_itself_first(void **state)
{
    static const struct {
        const char *name, *code, *list, *word; /* NULL: it may be invited */
    } cases[] = {
        {"a county", "540123", "540123*", NULL},
        {"the direct county's code is nobody's", "540124", "", NULL},
        {"beyond the own list", "540202", "", "outside_reach|540202|5401*,!540122*,540202"},
        {"an exception of the own list", "540122", "", "outside_reach|540122|5401*"},
        {"a list beyond it", "540123", "5402*", "outside_reach|5402*|5401*,!540122*,5402*"},
        {"a list that has another's", "540123", "54012*,!540122*",
         "reach_meets_another|540121*|54012*,!540122*,!540121*"},
        {"a list that is in another's", "540123", "540121100",
         "reach_is_of_another|540121100|540121*,!540121100"},
    };
    struct world *world = *state;
    const struct said city = city_of("5401*,!540122*"), county = county_of("540121", "540121*");

    must(world, &said_root);
    must(world, &city);
    must(world, &county);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct grant_reach list = reach_of(cases[i].list);
        const enum status status = enrol_check_reach(
            world->roster, division_of("540100"), division_of(cases[i].code), &list, &world->err);
        char got[MESSAGE_BYTES_MAX] = "";

        if ((status == ERR_OUTSIDE_REACH) !=
            (cases[i].word != NULL && strncmp(cases[i].word, "outside_reach", 13) == 0)) {
            fail_msg("%s: %s", cases[i].name, status_name(status));
        }
        if (status != OK) {
            const struct bytes text = bytes_text(world->err.text);
            const struct bytes pattern = message_value(text, "pattern"),
                               shown = message_value(text, "list");

            (void)snprintf(got, sizeof got, "%.*s|%.*s|%.*s", (int)message_read(text).code.size,
                           (const char *)message_read(text).code.data, (int)pattern.size,
                           (const char *)pattern.data, (int)shown.size, (const char *)shown.data);
        }
        if (strcmp(got, cases[i].word == NULL ? "" : cases[i].word) != 0) {
            fail_msg("%s: %s", cases[i].name, got);
        }
    }
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_in_reach_or_not),
        cmocka_unit_test(a_list_lies_within_another_or_not),
        cmocka_unit_test(two_lists_meet_or_not),
        cmocka_unit_test(a_list_is_shown_as_it_was_typed),
        STORY(who_may_grant_what),
        STORY(a_squatter_is_refused_whether_the_code_is_there_or_not),
        STORY(a_grant_is_judged_by_the_list_of_its_own_epoch_in_whatever_order),
        STORY(the_one_nearer_the_root_stands_whichever_came_first),
        STORY(who_has_granted_is_not_taken_away),
        STORY(a_granter_asks_itself_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
