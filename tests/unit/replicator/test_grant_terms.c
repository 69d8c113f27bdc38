/* test_grant_terms - what a grant says beyond place and keys: its form, who vouches for it, and
 * where it is found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/harness/identities.h"

struct world {
    struct trust trust;
    struct sign_key region, next;
    struct roster *roster;
    struct buf sealed;
    struct err err;
};

static struct grant grant_of(const struct world *world, uint32_t epoch)
{
    struct grant grant = {.division = division_of("540000"), .name = "R", .epoch = epoch};

    memset(grant.curve_key, (int)epoch, sizeof grant.curve_key);
    grant_certify(&grant, &world->trust.tree, epoch == 1 ? &world->region : &world->next);
    return grant;
}

static void seal(struct world *world, uint32_t epoch, const struct grant_terms *terms)
{
    const struct grant grant = grant_of(world, epoch);

    buf_clear(&world->sealed);
    grant_seal(&world->sealed, &grant, terms, &world->trust.key);
}

static enum status parse(struct world *world, struct grant_terms *out)
{
    return grant_parse_terms(out, buf_bytes(&world->sealed), &world->err);
}

static enum status add(struct world *world)
{
    bool added;

    return roster_add(world->roster, buf_bytes(&world->sealed), &added, &world->err);
}

static void may_grant(struct grant_terms *terms, const char *pattern)
{
    struct grant_reach *reach = &terms->may_grant;

    (void)snprintf(reach->pattern[reach->count++], PATTERN_TEXT_MAX + 1, "%s", pattern);
}

static void found(struct grant_terms *terms, const char *name, uint8_t key)
{
    struct founder *founder = &terms->founders[terms->founder_count++];

    (void)snprintf(founder->name, sizeof founder->name, "%s", name);
    memset(founder->key.at, key, sizeof founder->key.at);
}

static int set_up(void **state)
{
    struct world *world = mem_zalloc(sizeof *world);

    trust_generate(&world->trust);
    sign_key_generate(&world->region);
    sign_key_generate(&world->next);
    world->roster = roster_new(&world->trust.tree, DIVISION_NONE);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    roster_free(world->roster);
    buf_free(&world->sealed);
    mem_free(world);
    return 0;
}

static void terms_come_back_as_they_were_at_every_bound(void **state)
{
    struct world *world = *state;
    struct grant_terms terms = {.founder_count = 0}, got;
    char text[FOUNDER_NAME_BYTES_MAX + 1];

    seal(world, 1, &terms);
    assert_int_equal(parse(world, &got), OK);
    assert_int_equal(got.may_grant.count + got.founder_count, 0);
    assert_false(got.has_consent);
    for (int i = 0; i < GRANT_PATTERNS_MAX; i++) {
        (void)snprintf(text, sizeof text, "!5401%05u*", (unsigned)i);
        may_grant(&terms, text + i % 2);
    }
    for (uint8_t i = 0; i < GRANT_FOUNDERS_MAX; i++) {
        (void)snprintf(text, sizeof text, "%u%062u", i, i);
        found(&terms, text, i);
    }
    seal(world, 1, &terms);
    assert_int_equal(parse(world, &got), OK);
    assert_int_equal(got.may_grant.count, GRANT_PATTERNS_MAX);
    assert_memory_equal(&got.may_grant, &terms.may_grant, sizeof got.may_grant);
    assert_int_equal(got.founder_count, GRANT_FOUNDERS_MAX);
    assert_memory_equal(got.founders, terms.founders, sizeof got.founders);
}

static void patterns_have_one_form(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"*", true},           {"540121", true},       {"5401*", true},       {"!540121", true},
        {"!54012*", true},     {"540121AAA", true},    {"!540121AAA*", true}, {"", false},
        {"!", false},          {"!*", false},          {"**", false},         {"54*01", false},
        {"!!540121", false},   {"540121!", false},     {"54 01", false},      {"54a1", false},
        {"540121AAAA", false}, {"540121AAAA*", false}, {"5401?", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (pattern_valid(bytes_text(cases[i].text)) != cases[i].valid) {
            fail_msg("\"%s\"", cases[i].text);
        }
    }
}

static void terms_of_a_bad_form_are_malformed(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *name, *patterns[2], *founders[2];
        uint8_t keys[2];
    } cases[] = {
        {"no pattern", {"54?"}, {NULL}, {0}},
        {"a pattern twice", {"5401*", "5401*"}, {NULL}, {0}},
        {"an empty pattern", {""}, {NULL}, {0}},
        {"a founder without a name", {NULL}, {""}, {1}},
        {"a name that a terminal would obey", {NULL}, {"a\x1b[2J"}, {1}},
        {"a name twice", {NULL}, {"zhao", "zhao"}, {1, 2}},
        {"a key twice", {NULL}, {"zhao", "qian"}, {1, 1}},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct grant_terms terms = {.founder_count = 0}, got;

        for (int k = 0; k < 2 && cases[i].patterns[k] != NULL; k++) {
            may_grant(&terms, cases[i].patterns[k]);
        }
        for (int k = 0; k < 2 && cases[i].founders[k] != NULL; k++) {
            found(&terms, cases[i].founders[k], cases[i].keys[k]);
        }
        seal(world, 1, &terms);
        if (parse(world, &got) != ERR_MALFORMED || add(world) != ERR_MALFORMED) {
            fail_msg("%s: taken", cases[i].name);
        }
    }
}

/* Takes the sealed grant apart, lets `change` alter it, and puts the old signature back on it. */
static void alter(struct world *world,
                  void (*change)(Terrace__Grant *grant, Terrace__SignedGrant *sealed))
{
    Terrace__SignedGrant *sealed =
        terrace__signed_grant__unpack(NULL, world->sealed.size, world->sealed.data);
    Terrace__Grant *grant = terrace__grant__unpack(NULL, sealed->grant.len, sealed->grant.data);
    Terrace__Grant altered = *grant;
    Terrace__SignedGrant whole = *sealed;
    struct buf inner = BUF_EMPTY;

    change(&altered, &whole);
    message_encode(&inner, &altered.base);
    whole.grant = pb_of_bytes(inner.data, inner.size);
    buf_clear(&world->sealed);
    message_encode(&world->sealed, &whole.base);
    buf_free(&inner);
    terrace__grant__free_unpacked(grant, NULL);
    terrace__signed_grant__free_unpacked(sealed, NULL);
}

static void drop_pattern(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    (void)sealed;
    grant->n_may_grant--;
}
static void drop_founder(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    (void)sealed;
    grant->n_founder--;
}
static void drop_consent(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    (void)grant;
    sealed->has_consent = sealed->has_consent_suite = 0;
}
static void another_consent(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    static uint8_t other[SIGNATURE_SIZE];

    (void)grant;
    sealed->consent = pb_of_bytes(other, sizeof other);
}
static void short_consent(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    (void)grant;
    sealed->consent.len--;
}
static void consent_without_suite(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    (void)grant;
    sealed->has_consent_suite = 0;
}
static void suite_without_consent(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    (void)grant;
    sealed->has_consent = 0;
}
static void consent_of_a_newer_suite(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    (void)grant;
    sealed->consent_suite = 2;
}
static void many_patterns(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    static ProtobufCBinaryData list[GRANT_PATTERNS_MAX + 1];

    (void)sealed;
    grant->may_grant = list;
    grant->n_may_grant = COUNT_OF(list);
}
static void many_founders(Terrace__Grant *grant, Terrace__SignedGrant *sealed)
{
    static Terrace__Founder one = TERRACE__FOUNDER__INIT, *list[GRANT_FOUNDERS_MAX + 1];

    (void)sealed;
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        list[i] = &one;
    }
    grant->founder = list;
    grant->n_founder = COUNT_OF(list);
}

static void the_granter_vouches_for_every_term(void **state)
{
    static const struct {
        const char *name;
        void (*change)(Terrace__Grant *grant, Terrace__SignedGrant *sealed);
        enum status want;
    } cases[] = {
        {"a pattern fewer", drop_pattern, ERR_BAD_SIGNATURE},
        {"a founder fewer", drop_founder, ERR_BAD_SIGNATURE},
        {"no consent", drop_consent, ERR_BAD_SIGNATURE},
        {"another consent", another_consent, ERR_BAD_SIGNATURE},
        {"a short consent", short_consent, ERR_MALFORMED},
        {"a consent without a suite", consent_without_suite, ERR_MALFORMED},
        {"a suite without a consent", suite_without_consent, ERR_MALFORMED},
        {"a consent of a newer suite", consent_of_a_newer_suite, ERR_NEEDS_UPGRADE},
        {"more patterns than there may be", many_patterns, ERR_MALFORMED},
        {"more founders than there may be", many_founders, ERR_MALFORMED},
    };
    struct world *world = *state;
    struct grant_terms terms = {.has_consent = true};

    memset(&terms.consent, 7, sizeof terms.consent);
    may_grant(&terms, "5401*");
    found(&terms, "zhao", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum status status;

        seal(world, 1, &terms);
        alter(world, cases[i].change);
        status = add(world);
        if (status != cases[i].want) {
            fail_msg("%s: %s", cases[i].name, status_name(status));
        }
    }
    seal(world, 1, &terms);
    assert_int_equal(add(world), OK);
}

/* It signs the whole grant but itself and the granter's signature. */
static void a_former_epoch_can_consent_to_the_grant_that_names_it(void **state)
{
    struct world *world = *state;
    struct grant_terms terms = {.founder_count = 0}, got;

    may_grant(&terms, "*");
    seal(world, 2, &terms);
    assert_int_equal(parse(world, &got), OK);
    terms.has_consent = true;
    terms.consent = sign_hash(&world->region, &got.consented);
    seal(world, 2, &terms);
    assert_int_equal(parse(world, &got), OK);
    assert_true(got.has_consent);
    assert_true(signature_ok(&world->region.public, &got.consented, &got.consent));
    may_grant(&terms, "!5402*"); /* to another grant it does not consent */
    seal(world, 2, &terms);
    assert_int_equal(parse(world, &got), OK);
    assert_false(signature_ok(&world->region.public, &got.consented, &got.consent));
}

static void the_roster_tells_the_terms_of_each_epoch(void **state)
{
    const struct division region = division_of("540000");
    struct world *world = *state;
    struct grant_terms terms = {.founder_count = 0}, got;

    may_grant(&terms, "5401*");
    seal(world, 1, &terms);
    assert_int_equal(add(world), OK);
    found(&terms, "zhao", 1);
    may_grant(&terms, "5402*");
    seal(world, 2, &terms);
    assert_int_equal(add(world), OK);
    assert_true(roster_terms(world->roster, region, 1, &got));
    assert_int_equal(got.may_grant.count, 1);
    assert_int_equal(got.founder_count, 0);
    assert_true(roster_terms(world->roster, region, 2, &got));
    assert_int_equal(got.may_grant.count, 2);
    assert_string_equal(got.may_grant.pattern[1], "5402*");
    assert_string_equal(got.founders[0].name, "zhao");
    assert_false(roster_terms(world->roster, region, 0, &got));
    assert_false(roster_terms(world->roster, region, 3, &got));
    assert_false(roster_terms(world->roster, division_of("540100"), 1, &got));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(terms_come_back_as_they_were_at_every_bound),
        STORY(patterns_have_one_form),
        STORY(terms_of_a_bad_form_are_malformed),
        STORY(the_granter_vouches_for_every_term),
        STORY(a_former_epoch_can_consent_to_the_grant_that_names_it),
        STORY(the_roster_tells_the_terms_of_each_epoch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
