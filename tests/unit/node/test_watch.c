/* test_watch - what a node can know of the divisions below it, from their own words, their parents'
 * and its links: every state, and the link that is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/division_words.h"
#include "node/core/node_watch.h"
#include "node/core/watch.h"
#include "tests/harness/identities.h"

enum { NOW_MS = 1000000, FRESH_MS = 57000, NEVER = -1 };
#define WALL_MS UINT64_C(1790000000000)

static struct trust trust;
static struct sign_key root_key, city_key, county_key;
static struct roster *roster;

static void admit(const char *division, const char *parent, const struct sign_key *key,
                  const struct sign_key *signer)
{
    struct grant grant =
        first_grant(division_of(division), parent == NULL ? DIVISION_NONE : division_of(parent));

    trust_admit(&trust, &grant, key, signer, roster);
}

static int set_up(void **state)
{
    (void)state;
    trust_generate(&trust);
    roster = roster_new(&trust.tree, DIVISION_NONE);
    sign_key_generate(&root_key);
    sign_key_generate(&city_key);
    sign_key_generate(&county_key);
    admit("540000", NULL, &root_key, NULL);
    admit("540100", "540000", &city_key, &root_key);
    admit("540121", "540100", &county_key, &city_key);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    roster_free(roster);
    return 0;
}

static struct watch_scene scene_at(uint64_t now_ms)
{
    return (struct watch_scene){.roster = roster,
                                .self = division_of("540000"),
                                .now_ms = now_ms,
                                .now_unix_ms = WALL_MS + now_ms,
                                .fresh_ms = FRESH_MS,
                                .watching_ms = now_ms};
}

static bool take_where_held(struct watch *watch, const char *division, int age_s,
                            const struct health *health, uint64_t lsn, int64_t clock_off_ms,
                            uint64_t held_lsn)
{
    const struct watch_scene scene = scene_at(NOW_MS - (uint64_t)age_s * 1000);
    struct buf raw = BUF_EMPTY;
    struct beat_report report;
    bool news;

    health_encode(&raw, health);
    report = (struct beat_report){.division = division_of(division),
                                  .sequence = scene.now_ms,
                                  .unix_ms = (uint64_t)((int64_t)scene.now_unix_ms + clock_off_ms),
                                  .lsn = lsn,
                                  .health = buf_bytes(&raw)};
    news = watch_take(watch, &scene, &report, held_lsn);
    buf_free(&raw);
    return news;
}

static bool take(struct watch *watch, const char *division, int age_s, const struct health *health,
                 uint64_t lsn, int64_t clock_off_ms)
{
    return take_where_held(watch, division, age_s, health, lsn, clock_off_ms, 7);
}

/* The county two tiers down, as the region sees it. */
static const struct situation {
    const char *name;
    int county_s, city_s; /* ages of their words */
    unsigned condition;   /* the county's */
    enum alarm_code worst;
    int64_t clock_off_s;
    uint64_t lsn; /* 7 are held */
    bool listed;  /* the city says that the link is down */
    enum health_link why;
    bool cut; /* the region's link to the city is down */
    enum division_state want;
    const char *broken;
} situations[] = {
    {"all is well", 3, 3, 0, ALARM_NONE, 0, 7, false, 0, false, DIVISION_WELL, ""},
    {"a warning", 3, 3, 0, ALARM_DISK_LOW, 0, 7, false, 0, false, DIVISION_WARNING, ""},
    {"an error", 3, 3, 0, ALARM_REJECTED, 0, 7, false, 0, false, DIVISION_FAULT, ""},
    {"an alarm of a later version", 3, 3, 0, 4711, 0, 7, false, 0, false, DIVISION_FAULT, ""},
    {"the disk is full", 3, 3, HEALTH_FULL, ALARM_DISK_FULL, 0, 7, false, 0, false, DIVISION_FULL,
     ""},
    {"the store is damaged", 3, 3, HEALTH_DAMAGED, ALARM_STORE_DAMAGED, 0, 7, false, 0, false,
     DIVISION_DAMAGED, ""},
    {"damaged, and without a session", 3, 2, HEALTH_DAMAGED | HEALTH_READING_ONLY,
     ALARM_STORE_DAMAGED, 0, 7, true, HEALTH_LINK_DOWN, false, DIVISION_DAMAGED, ""},
    {"its clock is thirty days off", 3, 3, 0, ALARM_NONE, -2592000, 7, false, 0, false,
     DIVISION_CLOCK, ""},
    {"what it wrote is not here", 40, 3, 0, ALARM_NONE, 0, 9, false, 0, false, DIVISION_BEHIND, ""},
    {"what it wrote a moment ago is not here", 3, 3, 0, ALARM_NONE, 0, 9, false, 0, false,
     DIVISION_WELL, ""},
    {"dead, as its city says", 20, 3, 0, ALARM_NONE, 0, 7, true, HEALTH_LINK_DOWN, false,
     DIVISION_OFF_LINE, "540121"},
    {"back, after its city said that it was dead", 3, 20, 0, ALARM_NONE, 0, 7, true,
     HEALTH_LINK_DOWN, false, DIVISION_WELL, ""},
    {"stopped by an operator of its city", 20, 3, 0, ALARM_NONE, 0, 7, true, HEALTH_LINK_PAUSED,
     false, DIVISION_PAUSED, "540121"},
    {"silent, and its city says nothing of it", 58, 3, 0, ALARM_NONE, 0, 7, false, 0, false,
     DIVISION_OFF_LINE, ""},
    {"never heard, with a city that is", NEVER, 3, 0, ALARM_NONE, 0, 7, false, 0, false,
     DIVISION_OFF_LINE, ""},
    {"behind a cut link", 20, 20, 0, ALARM_NONE, 0, 7, false, 0, true, DIVISION_UNKNOWN, "540100"},
    {"dead, and then the link to its city was cut", 20, 10, 0, ALARM_NONE, 0, 7, true,
     HEALTH_LINK_DOWN, true, DIVISION_UNKNOWN, "540100"},
    {"behind a city that is connected and silent", 70, 70, 0, ALARM_NONE, 0, 7, false, 0, false,
     DIVISION_UNKNOWN, "540100"},
};

static void view_county(const struct situation *situation, struct division_view *view)
{
    struct health county = {.version = "1", .condition = situation->condition};
    struct health city = {.version = "1"};
    const struct health_child cut = {division_of("540100"), 12, HEALTH_LINK_DOWN};
    struct watch_scene scene = scene_at(NOW_MS);
    struct watch *watch = watch_open();

    county.worst.code = (uint32_t)situation->worst;
    city.down_listed = city.down_count = situation->listed;
    city.down[0] = (struct health_child){division_of("540121"), 100, situation->why};
    for (int age_s = 100; age_s >= 0; age_s--) { /* in the order in which they came */
        if (age_s == situation->county_s) {
            (void)take(watch, "540121", age_s, &county, situation->lsn,
                       situation->clock_off_s * 1000);
        }
        if (age_s >= situation->city_s && (age_s - situation->city_s) % 25 == 0) {
            (void)take(watch, "540100", age_s, &city, 7, 0);
        }
    }
    scene.links = &cut;
    scene.link_count = situation->cut;
    watch_view(watch, &scene, division_of("540121"), 7, view);
    watch_close(watch);
}

static void every_state_is_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(situations); i++) {
        struct division_view view;
        char sentence[MESSAGE_BYTES_MAX], cure[MESSAGE_BYTES_MAX];

        view_county(&situations[i], &view);
        division_sentence(&view, sentence);
        division_cure(&view, cure);
        if (view.state != situations[i].want ||
            strcmp(view.broken.code, situations[i].broken) != 0 || sentence[0] == '\0' ||
            (cure[0] == '\0') != (view.state == DIVISION_WELL)) {
            fail_msg("%s: %s, broken at \"%s\", said: %s, cure: %s", situations[i].name,
                     division_state_name(view.state), view.broken.code, sentence, cure);
        }
    }
}

/* Whatever else is known of it: who said so, and since when. It is nothing to be mended. */
static void a_revoked_division_is_shown_as_that(void **state)
{
    const struct revocation word = {.by = division_of("540000"),
                                    .said_lsn = 9,
                                    .time_ms = WALL_MS + NOW_MS - 60000,
                                    .division = division_of("540121"),
                                    .first_epoch = 1,
                                    .last_epoch = 1};
    bool changed;
    struct err err;

    (void)state;
    assert_int_equal(roster_revoke(roster, &word, &changed, &err), OK);
    for (size_t i = 0; i < COUNT_OF(situations); i++) {
        struct watch_summary summary = {0};
        struct division_view view;
        char sentence[MESSAGE_BYTES_MAX];

        view_county(&situations[i], &view);
        division_sentence(&view, sentence);
        watch_summary_add(&summary, &view);
        if (view.state != DIVISION_REVOKED || view.since_s != 60 ||
            strcmp(view.above.code, "540000") != 0 || strstr(sentence, "540000") == NULL ||
            summary.divisions != 0) {
            fail_msg("%s: %s", situations[i].name, division_state_name(view.state));
        }
    }
}

static void since_when_a_link_is_down_counts_on(void **state)
{
    struct division_view view;

    (void)state;
    view_county(&situations[10], &view);
    assert_int_equal(view.state, DIVISION_OFF_LINE);
    assert_int_equal(view.since_s, 103); /* a hundred when the city said so, three seconds ago */
    assert_string_equal(view.above.code, "540100");
}

/* A county that has just been granted, and one whose city has just started: what is said while no
 * link was open yet, and what once that takes too long. */
static void who_has_not_come_yet_is_not_cut(void **state)
{
    static const struct {
        const char *division;
        uint32_t seconds;
        enum division_state want;
    } cases[] = {
        {"540100", 0, DIVISION_UNKNOWN},
        {"540100", FRESH_MS / 1000, DIVISION_UNKNOWN},
        {"540100", FRESH_MS / 1000 + 1, DIVISION_OFF_LINE},
        {"540121", 0, DIVISION_UNKNOWN},
        {"540121", FRESH_MS / 1000 + 1, DIVISION_OFF_LINE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct health_child link = {division_of(cases[i].division), cases[i].seconds,
                                          HEALTH_LINK_NEW};
        const bool own = strcmp(cases[i].division, "540100") == 0;
        struct health city = {.version = "1", .down = {link}, .down_listed = 1, .down_count = 1};
        struct watch_scene scene = scene_at(NOW_MS);
        struct watch *watch = watch_open();
        struct division_view view;

        scene.links = &link;
        scene.link_count = own;
        if (!own) {
            for (int age_s = 200; age_s >= 0; age_s -= 25) {
                (void)take(watch, "540100", age_s, &city, 7, 0);
            }
        }
        watch_view(watch, &scene, division_of(cases[i].division), 0, &view);
        if (view.state != cases[i].want ||
            !division_is_none(view.broken) != (view.state == DIVISION_OFF_LINE)) {
            fail_msg("%s for %u s: %s", cases[i].division, cases[i].seconds,
                     division_state_name(view.state));
        }
        watch_close(watch);
    }
}

/* Its city is down, and the region serves it, as it says itself: it is heard past its city, and so
 * is whoever is below it. */
static void who_is_served_is_known_past_its_parent(void **state)
{
    static const struct {
        const char *name, *by;
        int county_s;
        enum alarm_code worst;
        enum division_state want;
    } cases[] = {
        {"the region serves it", "540000", 3, ALARM_SERVED, DIVISION_SERVED},
        {"something else is worse", "540000", 3, ALARM_REJECTED, DIVISION_FAULT},
        {"it said so long ago", "540000", 200, ALARM_SERVED, DIVISION_UNKNOWN},
        {"nobody does", "", 3, ALARM_NONE, DIVISION_UNKNOWN},
        {"somebody who is not above it", "540200", 3, ALARM_SERVED, DIVISION_UNKNOWN},
        {"it itself", "540121", 3, ALARM_SERVED, DIVISION_UNKNOWN},
    };
    const struct health_child link = {division_of("540100"), 400, HEALTH_LINK_DOWN};
    char sentence[MESSAGE_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct health county = {
            .version = "1", .worst = {cases[i].worst, {""}, 9}, .served_s = 300};
        struct watch_scene scene = scene_at(NOW_MS);
        struct watch *watch = watch_open();
        struct division_view view;

        county.served_by = cases[i].by[0] == '\0' ? DIVISION_NONE : division_of(cases[i].by);
        scene.links = &link;
        scene.link_count = 1;
        (void)take(watch, "540121", cases[i].county_s, &county, 7, 0);
        watch_view(watch, &scene, division_of("540121"), 7, &view);
        division_sentence(&view, sentence);
        if (view.state != cases[i].want ||
            (view.state == DIVISION_SERVED &&
             (view.since_s != 300 || strcmp(view.above.code, "540100") != 0 ||
              strstr(sentence, "540000") == NULL))) {
            fail_msg("%s: %s, %s", cases[i].name, division_state_name(view.state), sentence);
        }
        watch_view(watch, &scene, division_of("540100"), 7, &view);
        assert_int_equal(view.state, DIVISION_OFF_LINE);
        watch_close(watch);
    }
}

static void a_tree_whose_root_has_just_started_is_not_heard_yet(void **state)
{
    const struct health_child link = {division_of("540100"), 5, HEALTH_LINK_NEW};
    struct watch_scene scene = scene_at(5000);
    struct watch *watch = watch_open();
    struct division_view view;

    (void)state;
    scene.links = &link;
    scene.link_count = 1;
    watch_view(watch, &scene, division_of("540121"), 0, &view);
    assert_int_equal(view.state, DIVISION_UNKNOWN);
    assert_true(division_is_none(view.broken));
    watch_close(watch);
}

static void a_node_that_has_just_begun_to_listen_knows_nothing_yet(void **state)
{
    struct watch *watch = watch_open();
    struct watch_scene scene = scene_at(5000);
    struct division_view view;

    (void)state;
    watch_view(watch, &scene, division_of("540100"), 0, &view);
    assert_int_equal(view.state, DIVISION_UNKNOWN);
    assert_false(view.is_heard);
    scene = scene_at(FRESH_MS + 1000);
    watch_view(watch, &scene, division_of("540100"), 0, &view);
    assert_int_equal(view.state, DIVISION_OFF_LINE);
    watch_close(watch);
}

/* Its beats come, and what they tell of does not: since when nothing more of it came. */
static void what_is_told_of_and_does_not_come_is_noticed(void **state)
{
    static const struct {
        const char *name;
        struct {
            int age_s; /* 0: no more of them */
            uint64_t lsn, held_lsn;
        } beats[6];
        uint64_t held_lsn; /* now */
        bool cut;          /* the region's link to the city is down */
        uint32_t want_s;
    } cases[] = {
        {"all is here", {{100, 7, 7}, {75, 7, 7}, {50, 7, 7}, {25, 7, 7}}, 7, false, 0},
        {"nothing comes", {{100, 9, 7}, {75, 9, 7}, {50, 9, 7}, {25, 9, 7}}, 7, false, 100},
        {"it writes on", {{100, 8, 7}, {75, 9, 7}, {50, 10, 7}, {25, 11, 7}}, 7, false, 100},
        {"some came", {{100, 9, 7}, {75, 9, 7}, {50, 9, 8}, {25, 9, 8}}, 8, false, 50},
        {"some just came", {{100, 9, 7}, {75, 9, 7}, {50, 9, 7}, {25, 9, 7}}, 8, false, 0},
        {"all came", {{100, 9, 7}, {75, 9, 7}, {50, 9, 9}, {25, 9, 9}}, 9, false, 0},
        {"more is missing since",
         {{100, 9, 7}, {75, 9, 9}, {50, 11, 9}, {25, 11, 9}},
         9,
         false,
         50},
        {"it was not heard between", {{300, 9, 7}, {40, 9, 7}, {15, 9, 7}}, 7, false, 40},
        {"the way is cut", {{100, 9, 7}, {75, 9, 7}, {50, 9, 7}, {25, 9, 7}}, 7, true, 0},
    };
    const struct health well = {.version = "1"};
    const struct health_child link = {division_of("540100"), 12, HEALTH_LINK_DOWN};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct watch_scene scene = scene_at(NOW_MS);
        struct watch *watch = watch_open();
        struct division_view view;

        for (size_t j = 0; j < COUNT_OF(cases[i].beats) && cases[i].beats[j].age_s != 0; j++) {
            const int age_s = cases[i].beats[j].age_s;
            (void)take(watch, "540100", age_s + 1, &well, 7, 0);
            (void)take_where_held(watch, "540121", age_s, &well, cases[i].beats[j].lsn, 0,
                                  cases[i].beats[j].held_lsn);
        }
        scene.links = &link;
        scene.link_count = cases[i].cut;
        watch_view(watch, &scene, division_of("540121"), cases[i].held_lsn, &view);
        if (view.stands_s != cases[i].want_s) {
            fail_msg("%s: %u s", cases[i].name, view.stands_s);
        }
        watch_close(watch);
    }
}

/* Whoever is between may say an old beat again: it is not taken for a new one. But a node whose
 * clock was set back before it started again is heard once the word before is stale. */
/* After a cut the city is heard first, and then what waits behind it. */
static void a_way_that_has_just_come_back_tells_nothing_yet(void **state)
{
    struct watch *watch = watch_open();
    const struct health well = {.version = "1"};
    const struct watch_scene scene = scene_at(NOW_MS);
    struct division_view view;

    (void)state;
    (void)take(watch, "540121", 400, &well, 7, 0);
    (void)take(watch, "540100", 390, &well, 7, 0);
    (void)take(watch, "540100", 20, &well, 7, 0);
    watch_view(watch, &scene, division_of("540121"), 7, &view);
    assert_int_equal(view.state, DIVISION_UNKNOWN);
    watch_close(watch);
}

static void an_old_word_does_not_replace_a_newer_one(void **state)
{
    struct watch *watch = watch_open();
    const struct health full = {.condition = HEALTH_FULL}, well = {.version = "1"};
    struct watch_scene scene = scene_at(NOW_MS);
    struct division_view view;
    struct buf raw = BUF_EMPTY;
    struct beat_report old;

    (void)state;
    health_encode(&raw, &well);
    old = (struct beat_report){.division = division_of("540100"),
                               .sequence = 5,
                               .unix_ms = scene.now_unix_ms,
                               .lsn = 7,
                               .health = buf_bytes(&raw)};
    assert_true(take(watch, "540100", 3, &full, 7, 0));
    assert_false(watch_take(watch, &scene, &old, 7));
    watch_view(watch, &scene, division_of("540100"), 7, &view);
    assert_int_equal(view.state, DIVISION_FULL);
    scene = scene_at(NOW_MS + FRESH_MS);
    old.unix_ms = scene.now_unix_ms;
    assert_true(watch_take(watch, &scene, &old, 7));
    watch_view(watch, &scene, division_of("540100"), 7, &view);
    assert_int_equal(view.state, DIVISION_WELL);
    buf_free(&raw);
    watch_close(watch);
}

static void what_is_said_again_is_no_news(void **state)
{
    struct watch *watch = watch_open();
    const struct health well = {.version = "1"}, full = {.version = "1", .condition = HEALTH_FULL};

    (void)state;
    assert_true(take(watch, "540100", 90, &well, 7, 0));
    assert_false(take(watch, "540100", 70, &well, 7, 0));
    assert_true(take(watch, "540100", 60, &full, 7, 0));
    assert_true(take(watch, "540100", 1, &full, 7, 0)); /* it had been silent */
    watch_close(watch);
}

static void a_node_sees_its_own_cut_link_and_its_own_faults(void **state)
{
    const struct health well = {.version = "1"}, full = {.condition = HEALTH_FULL};
    const struct health_child up = {division_of("540000"), 400, HEALTH_LINK_DOWN};
    const struct health_child first_call = {division_of("540000"), 3, HEALTH_LINK_NEW};
    struct watch_scene scene = scene_at(NOW_MS);
    struct division_view view;

    (void)state;
    watch_view_self(&scene, &well, NULL, DIVISION_NONE, &view);
    assert_int_equal(view.state, DIVISION_WELL);
    watch_view_self(&scene, &well, &up, division_of("540000"), &view);
    assert_int_equal(view.state, DIVISION_OFF_LINE);
    assert_int_equal(view.since_s, 400);
    watch_view_self(&scene, &well, &first_call, division_of("540000"), &view);
    assert_int_equal(view.state, DIVISION_WELL);
    watch_view_self(&scene, &full, &up, division_of("540000"), &view);
    assert_int_equal(view.state, DIVISION_FULL);
}

int main(void)
{
#define WATCHED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WATCHED(every_state_is_told_apart),
        WATCHED(a_revoked_division_is_shown_as_that),
        WATCHED(what_is_told_of_and_does_not_come_is_noticed),
        WATCHED(since_when_a_link_is_down_counts_on),
        WATCHED(who_has_not_come_yet_is_not_cut),
        WATCHED(who_is_served_is_known_past_its_parent),
        WATCHED(a_tree_whose_root_has_just_started_is_not_heard_yet),
        WATCHED(a_node_that_has_just_begun_to_listen_knows_nothing_yet),
        WATCHED(a_way_that_has_just_come_back_tells_nothing_yet),
        WATCHED(an_old_word_does_not_replace_a_newer_one),
        WATCHED(what_is_said_again_is_no_news),
        WATCHED(a_node_sees_its_own_cut_link_and_its_own_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
