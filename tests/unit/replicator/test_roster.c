/* Who is who: what a grant may say, who may say it, and the tree that follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "proto/frame.h"
#include "replicator/trust/roster.h"
#include "tests/harness/identities.h"

/* Codes do not follow the tree, on purpose: it comes from grants alone. */
enum who { TRUST, REGION, CITY, OTHER_CITY, COUNTY, OTHER_COUNTY, STRANGER, PEOPLE };
static const char *const codes[PEOPLE] = {"", "M", "Z9", "A1", "B2", "54", "S"};
static const enum who parents[PEOPLE] = {TRUST, TRUST, REGION, REGION, CITY, OTHER_CITY, TRUST};

struct world {
    struct sign_key keys[PEOPLE];
    struct hash tree;
    struct roster *roster;
    struct buf sealed;
    struct err err;
    enum who consents; /* to what is sealed; TRUST: nobody */
};

/* Numbers from 1 on, one for each bit. */
#define NUMBERS(bits) ((struct number_set){{UINT64_C(bits) << 1}})

static struct grant grant_of(const struct world *world, enum who who)
{
    struct grant grant = {.tree = world->tree,
                          .division = division_of(codes[who]),
                          .name = "\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf",
                          .epoch = 1,
                          .sign_key = world->keys[who].public,
                          .endpoint = "tcp://127.0.0.1:7400",
                          .time_ms = 1700000000000,
                          .policy = NUMBERS(1)};

    if (parents[who] != TRUST) {
        grant.parent = division_of(codes[parents[who]]);
    }
    memset(grant.curve_key, (int)who, sizeof grant.curve_key);
    return grant;
}

/* Whoever the grant names as its holder certifies its link key, here as in life. */
static void seal(struct world *world, const struct grant *grant, enum who signer)
{
    struct grant certified = *grant;
    struct grant_terms terms = *every_code();

    for (int i = 0; i < PEOPLE; i++) {
        if (memcmp(&world->keys[i].public, &grant->sign_key, sizeof grant->sign_key) == 0) {
            grant_certify(&certified, &grant->tree, &world->keys[i]);
        }
    }
    if (world->consents != TRUST) {
        consent(&terms, &certified, &world->keys[world->consents]);
    }
    buf_clear(&world->sealed);
    grant_seal(&world->sealed, &certified, &terms, &world->keys[signer]);
}

static enum status add(struct world *world, bool *added)
{
    return roster_add(world->roster, buf_bytes(&world->sealed), added, &world->err);
}

static enum status give(struct world *world, const struct grant *grant, enum who signer)
{
    bool added;
    const enum status status = (seal(world, grant, signer), add(world, &added));

    assert_int_equal(added, status == OK);
    return status;
}

static void give_all(struct world *world, enum who last)
{
    for (enum who who = REGION; who <= last; who++) {
        const struct grant grant = grant_of(world, who);
        assert_int_equal(give(world, &grant, parents[who]), OK);
    }
}

static int open_world(void **state)
{
    struct world *world = mem_zalloc(sizeof *world);

    for (int i = 0; i < PEOPLE; i++) {
        sign_key_generate(&world->keys[i]);
    }
    world->tree = key_fingerprint(&world->keys[TRUST].public);
    world->roster = roster_new(&world->tree, DIVISION_NONE);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;

    roster_free(world->roster);
    buf_free(&world->sealed);
    mem_free(world);
    return 0;
}

/* --- the form of a grant --- */

static void a_grant_comes_back_as_it_was(void **state)
{
    struct world *world = *state;
    struct grant grant = grant_of(world, COUNTY), got;

    grant.base_lsn = UINT64_MAX;
    grant.base_hash = world->tree;
    grant.epoch = UINT32_MAX;
    seal(world, &grant, CITY);
    assert_int_equal(grant_parse(&got, buf_bytes(&world->sealed), &world->err), OK);
    assert_true(division_equal(got.division, grant.division));
    assert_true(division_equal(got.parent, grant.parent));
    assert_string_equal(got.name, grant.name);
    assert_int_equal(got.epoch, grant.epoch);
    assert_memory_equal(&got.sign_key, &grant.sign_key, sizeof got.sign_key);
    assert_memory_equal(got.curve_key, grant.curve_key, sizeof got.curve_key);
    assert_string_equal(got.endpoint, grant.endpoint);
    assert_true(got.base_lsn == grant.base_lsn);
    assert_true(hash_equal(&got.base_hash, &grant.base_hash));
    assert_true(got.time_ms == grant.time_ms);
    assert_true(number_set_equal(&got.policy, &grant.policy));
    assert_true(hash_equal(&got.tree, &grant.tree));
    grant_certify(&grant, &grant.tree, &world->keys[COUNTY]);
    assert_memory_equal(&got.key_proof, &grant.key_proof, sizeof got.key_proof);
}

static void names_and_endpoints_are_fit_to_be_shown(void **state)
{
    static const struct {
        const char *text;
        bool fine;
    } cases[] = {
        {"Linzhou", true},
        {"\xe6\x9e\x97\xe5\x91\xa8\xe5\x8e\xbf", true},
        {"\xe4\xb8", false}, /* cut in a character */
        {"\xff", false},
        {"a\nb", false},
        {"a\x1b[2J", false}, /* a terminal would obey */
        {"a\x7f", false},
        {"a\xc2\x9b", false}, /* the same in one C1 character */
        {"a\xc2\xa0", true},
        {"\xed\xa0\x80", false}, /* a surrogate */
        {"a\xe2\x80\xae"
         "9",
         false}, /* read from right to left, U+202E */
        {"a\xe2\x81\xa6"
         "9",
         false},                  /* an isolate, U+2066 */
        {"a\xd8\x9c", false},     /* Arabic letter mark, U+061C */
        {"a\xe2\x80\x8b", false}, /* a space of width zero, U+200B */
        {"a\xe2\x80\xa8", false}, /* a line separator, U+2028 */
        {"\xef\xbb\xbf"
         "a",
         false},                                 /* a byte order mark, U+FEFF */
        {"a\xc2\xad", false},                    /* a soft hyphen, U+00AD */
        {"a\xf3\xa0\x81\x81", false},            /* a tag letter, U+E0041 */
        {"\xe6\x9e\x97\xef\xb8\x8f", false},     /* a variation selector, U+FE0F */
        {"\xe6\x9e\x97\xf3\xa0\x84\x80", false}, /* another, of letters, U+E0100 */
        {"a\xcd\x8f", false},                    /* a joiner of graphemes, U+034F */
        {"a\xe3\x85\xa4", false},                /* a Hangul filler, U+3164 */
        {"a\xe1\xa0\x8b", false},                /* a Mongolian selector, U+180B */
        {"\xe2\x80\x9c\xe2\x80\x94\xe2\x80\xa6\xe2\x80\x9d", true}, /* quotes, dash, ellipsis */
        {"\xe3\x80\x80\xef\xbc\x8c", true},                         /* a wide blank, a wide comma */
        {"\xe0\xbd\x96\xe0\xbd\xbc\xe0\xbd\x91", true},             /* Tibetan */
        {"\xf0\xa0\xae\xb7", true}, /* U+20BB7, a rare Chinese letter */
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct grant grant = grant_of(world, REGION), got;

        assert_int_equal(text_plain(bytes_text(cases[i].text)), cases[i].fine);
        (void)snprintf(grant.name, sizeof grant.name, "%s", cases[i].text);
        seal(world, &grant, TRUST);
        assert_int_equal(grant_parse(&got, buf_bytes(&world->sealed), &world->err),
                         cases[i].fine ? OK : ERR_MALFORMED);
        grant = grant_of(world, REGION);
        (void)snprintf(grant.endpoint, sizeof grant.endpoint, "%s", cases[i].text);
        seal(world, &grant, TRUST);
        assert_int_equal(grant_parse(&got, buf_bytes(&world->sealed), &world->err),
                         cases[i].fine ? OK : ERR_MALFORMED);
    }
}

/* --- altering what was signed --- */

enum { FIELDS = 14 };

static void alter(Terrace__Grant *grant, int field)
{
    static uint8_t other_hash[SIGNATURE_SIZE] = {1};
    static uint8_t other_text[] = "X1";

    switch (field) {
    case 1:
        grant->division = pb_of_bytes(other_text, 2);
        break;
    case 2:
        grant->has_parent = 1;
        grant->parent = pb_of_bytes(other_text, 2);
        break;
    case 3:
        grant->name = pb_of_bytes(other_text, 2);
        break;
    case 4:
        grant->epoch++;
        break;
    case 5:
        grant->sign_key = pb_of_bytes(other_hash, 32);
        break;
    case 6:
        grant->curve_key = pb_of_bytes(other_hash, 32);
        break;
    case 7:
        grant->endpoint[0]->address = pb_of_bytes(other_text, 2);
        break;
    case 8:
        grant->base_lsn++;
        break;
    case 9:
        grant->base_lsn++;
        grant->base_hash = pb_of_bytes(other_hash, 32);
        break;
    case 10:
        grant->unix_ms++;
        break;
    case 11:
        grant->n_policy = 0;
        break;
    case 12:
        grant->key_proof = pb_of_bytes(other_hash, SIGNATURE_SIZE);
        break;
    case 13:
        grant->has_tree = 0;
        break;
    default:
        grant->suite = 2;
        break;
    }
}

/* Takes the sealed grant apart, changes one field, and puts the old signature back on it. */
static void reseal_altered(struct world *world, int field)
{
    Terrace__SignedGrant *sealed =
        terrace__signed_grant__unpack(NULL, world->sealed.size, world->sealed.data);
    Terrace__Grant *grant = terrace__grant__unpack(NULL, sealed->grant.len, sealed->grant.data);
    Terrace__Endpoint endpoint = *grant->endpoint[0], *endpoints[] = {&endpoint};
    Terrace__Grant altered = *grant;
    Terrace__SignedGrant whole = *sealed;
    struct buf inner = BUF_EMPTY;

    altered.endpoint = endpoints;
    alter(&altered, field);
    message_encode(&inner, &altered.base);
    whole.grant = pb_of_bytes(inner.data, inner.size);
    buf_clear(&world->sealed);
    message_encode(&world->sealed, &whole.base);
    buf_free(&inner);
    terrace__grant__free_unpacked(grant, NULL);
    terrace__signed_grant__free_unpacked(sealed, NULL);
}

static void no_field_of_a_grant_can_be_altered(void **state)
{
    struct world *world = *state;

    for (enum who who = REGION; who <= CITY; who++) {
        const struct grant grant = grant_of(world, who);
        for (int field = 1; field <= FIELDS; field++) {
            const enum status want = field == 13   ? ERR_MALFORMED
                                     : field == 14 ? ERR_NEEDS_UPGRADE
                                                   : ERR_BAD_SIGNATURE;
            bool added;

            seal(world, &grant, parents[who]);
            reseal_altered(world, field);
            if (add(world, &added) != want || added) {
                fail_msg("field %d of %s: %s", field, codes[who], world->err.text);
            }
        }
        assert_int_equal(give(world, &grant, parents[who]), OK);
    }
}

static void no_byte_of_a_sealed_grant_can_be_altered(void **state)
{
    struct world *world = *state;
    const struct grant grant = grant_of(world, REGION);
    bool added;

    seal(world, &grant, TRUST);
    for (size_t i = 0; i < world->sealed.size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            world->sealed.data[i] ^= (uint8_t)(1 << bit);
            assert_int_not_equal(add(world, &added), OK);
            assert_false(added);
            world->sealed.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    for (size_t size = world->sealed.size; size-- > 0;) {
        const struct bytes cut = bytes_of(world->sealed.data, size);
        assert_int_equal(roster_add(world->roster, cut, &added, &world->err), ERR_MALFORMED);
    }
    assert_int_equal(roster_count(world->roster), 0);
}

static void too_much_is_no_grant(void **state)
{
    struct world *world = *state;
    bool added;

    for (int i = 0; i < 100000; i++) {
        buf_put_u8(&world->sealed, 0x0a);
    }
    assert_int_equal(add(world, &added), ERR_MALFORMED);
}

/* --- who may grant what --- */

static void a_child_is_as_strict_as_its_granter_or_stricter(void **state)
{
    struct world *world = *state;
    struct grant city = grant_of(world, CITY), region = grant_of(world, REGION), county;

    region.policy = NUMBERS(6);
    assert_int_equal(give(world, &region, TRUST), OK);
    city.policy = NUMBERS(5);
    assert_int_equal(give(world, &city, REGION), ERR_REFUSED);
    city.policy = NUMBERS(7);
    assert_int_equal(give(world, &city, REGION), OK);
    county = grant_of(world, COUNTY);
    county.policy = NUMBERS(6); /* enough for the region, and not for the city */
    assert_int_equal(give(world, &county, CITY), ERR_REFUSED);
    county.policy = NUMBER_SET_ALL;
    assert_int_equal(give(world, &county, CITY), OK);

    /* A stricter city does not undo what it gave before, in whatever order they are read. */
    city.policy = NUMBERS(15);
    city.epoch = 2;
    city.sign_key = world->keys[STRANGER].public;
    memset(city.curve_key, 77, sizeof city.curve_key);
    world->consents = CITY;
    assert_int_equal(give(world, &city, REGION), OK);
    world->consents = COUNTY;
    county.epoch = 2;
    county.policy = NUMBERS(7);
    assert_int_equal(give(world, &county, CITY), OK);
    county.epoch = 3;
    county.granter_epoch = 2;
    assert_int_equal(give(world, &county, STRANGER), ERR_REFUSED);
}

static void a_link_key_is_certified_for_one_division_of_one_tree(void **state)
{
    struct world *world = *state;
    struct grant grant;
    struct hash other_tree = {{1}};
    bool added;

    give_all(world, CITY);
    for (int i = 0; i < 4; i++) {
        grant = grant_of(world, COUNTY);
        grant_certify(&grant, &world->tree, &world->keys[COUNTY]);
        switch (i) {
        case 0: /* its granter lays its own link key there */
            memset(grant.curve_key, 77, sizeof grant.curve_key);
            break;
        case 1: /* or takes a proof from where the key serves another division */
            grant.division = division_of(codes[OTHER_COUNTY]);
            grant_certify(&grant, &world->tree, &world->keys[COUNTY]);
            grant.division = division_of(codes[COUNTY]);
            break;
        case 2:
            grant_certify(&grant, &other_tree, &world->keys[COUNTY]);
            grant.tree = world->tree;
            break;
        default:
            grant.sign_key = world->keys[STRANGER].public;
            break;
        }
        buf_clear(&world->sealed);
        grant_seal(&world->sealed, &grant, every_code(), &world->keys[CITY]);
        assert_int_equal(add(world, &added), ERR_BAD_SIGNATURE);
    }
    grant = grant_of(world, COUNTY);
    grant.tree = other_tree;
    assert_int_equal(give(world, &grant, CITY), ERR_REFUSED);
    grant.tree = world->tree;
    assert_int_equal(give(world, &grant, CITY), OK);
}

static void every_refusal_has_its_status(void **state)
{
    struct world *world = *state;
    const struct grant region = grant_of(world, REGION), city = grant_of(world, CITY);
    struct grant grant;

    assert_int_equal(give(world, &city, REGION), ERR_NOT_YET); /* its granter is unknown */
    assert_int_equal(give(world, &region, REGION), ERR_REFUSED);
    assert_int_equal(give(world, &region, STRANGER), ERR_REFUSED);
    assert_null(roster_root(world->roster));
    give_all(world, OTHER_COUNTY);

    grant = grant_of(world, STRANGER);
    assert_int_equal(give(world, &grant, TRUST), ERR_REFUSED); /* a second root */
    grant.parent = division_of(codes[CITY]);
    assert_int_equal(give(world, &grant, OTHER_CITY), ERR_REFUSED);
    assert_int_equal(give(world, &grant, REGION), ERR_REFUSED); /* above, but not directly */
    assert_int_equal(give(world, &grant, TRUST), ERR_REFUSED);
    assert_int_equal(give(world, &grant, STRANGER), ERR_REFUSED);
    grant.granter_epoch = 2;
    assert_int_equal(give(world, &grant, STRANGER), ERR_NOT_YET); /* maybe its next key */
    grant.granter_epoch = 1;
    grant.epoch = 2;
    assert_int_equal(give(world, &grant, CITY), ERR_NOT_YET);
    grant.epoch = 0;
    assert_int_equal(give(world, &grant, CITY), ERR_MALFORMED);
    grant.epoch = 1;
    grant.base_lsn = 7;
    assert_int_equal(give(world, &grant, CITY), ERR_REFUSED);
    grant.base_lsn = 0;
    memset(grant.curve_key, COUNTY, sizeof grant.curve_key);
    assert_int_equal(give(world, &grant, CITY), ERR_REFUSED); /* another's link key */
    grant.parent = grant.division;
    assert_int_equal(give(world, &grant, STRANGER), ERR_MALFORMED);

    grant = grant_of(world, COUNTY);
    grant.parent = division_of(codes[OTHER_CITY]);
    grant.epoch = 2;
    assert_int_equal(give(world, &grant, OTHER_CITY), ERR_DIVISION_TAKEN); /* not its child */
    grant = grant_of(world, COUNTY);
    grant.policy = NUMBERS(3);
    assert_int_equal(give(world, &grant, CITY), ERR_FORK); /* two of one epoch */
    grant.epoch = 3;
    assert_int_equal(give(world, &grant, CITY), ERR_NOT_YET);
    grant = grant_of(world, REGION);
    grant.parent = division_of(codes[COUNTY]);
    grant.epoch = 2;
    assert_int_equal(give(world, &grant, COUNTY), ERR_DIVISION_TAKEN); /* a circle */
    assert_int_equal(roster_count(world->roster), OTHER_COUNTY);
}

static void the_same_grant_twice_changes_nothing(void **state)
{
    struct world *world = *state;
    const struct grant city = grant_of(world, CITY);
    struct hash before, after;
    bool added = true;

    give_all(world, OTHER_COUNTY);
    before = roster_hash(world->roster);
    seal(world, &city, REGION);
    assert_int_equal(add(world, &added), OK);
    assert_false(added);
    after = roster_hash(world->roster);
    assert_true(hash_equal(&before, &after));
    assert_int_equal(roster_count(world->roster), OTHER_COUNTY);
}

static void a_next_epoch_takes_over_and_the_former_stays_known(void **state)
{
    struct world *world = *state;
    struct grant next;
    struct grant child;
    struct hash before, after;
    const struct member *member;

    give_all(world, OTHER_COUNTY);
    before = roster_hash(world->roster);
    next = grant_of(world, CITY);
    next.epoch = 2;
    next.sign_key = world->keys[STRANGER].public; /* the city's new key */
    memset(next.curve_key, 77, sizeof next.curve_key);
    world->consents = CITY;
    assert_int_equal(give(world, &next, REGION), OK);

    member = roster_find(world->roster, next.division);
    assert_int_equal(member->grant.epoch, 2);
    assert_true(bytes_equal(member->sealed, buf_bytes(&world->sealed)));
    assert_ptr_equal(roster_by_curve_key(world->roster, next.curve_key), member);
    assert_null(roster_by_curve_key(world->roster, grant_of(world, CITY).curve_key));
    assert_memory_equal(&roster_epoch(world->roster, next.division, 1)->sign_key,
                        &world->keys[CITY].public, sizeof next.sign_key);
    assert_memory_equal(&roster_epoch(world->roster, next.division, 2)->sign_key, &next.sign_key,
                        sizeof next.sign_key);
    assert_null(roster_epoch(world->roster, next.division, 3));
    assert_null(roster_epoch(world->roster, next.division, 0));
    assert_int_equal(roster_count(world->roster), OTHER_COUNTY);
    after = roster_hash(world->roster);
    assert_false(hash_equal(&before, &after));

    child = grant_of(world, COUNTY); /* what it granted with either key holds */
    world->consents = COUNTY;
    child.epoch = 2;
    child.granter_epoch = 2;
    assert_int_equal(give(world, &child, STRANGER), OK);
    child.epoch = 3;
    child.granter_epoch = 1;
    assert_int_equal(give(world, &child, CITY), OK);
}

/* The root's epochs count by the trust key, and cut off what its grant says. */
static void the_base_of_a_root_never_falls(void **state)
{
    struct world *world = *state;
    struct grant next = grant_of(world, REGION);

    give_all(world, REGION);
    next.epoch = 2;
    next.base_lsn = 40;
    next.base_hash = world->tree;
    assert_int_equal(give(world, &next, TRUST), OK);
    next.epoch = 3;
    next.base_lsn = 39;
    assert_int_equal(give(world, &next, TRUST), ERR_REFUSED);
    next.base_lsn = 40;
    assert_int_equal(give(world, &next, TRUST), OK);
}

/* --- the tree --- */

static void the_tree_is_what_the_grants_say(void **state)
{
    static const bool within[PEOPLE][PEOPLE] = {
        /* [below][above] */
        [REGION] = {[REGION] = true},
        [CITY] = {[REGION] = true, [CITY] = true},
        [OTHER_CITY] = {[REGION] = true, [OTHER_CITY] = true},
        [COUNTY] = {[REGION] = true, [CITY] = true, [COUNTY] = true},
        [OTHER_COUNTY] = {[REGION] = true, [OTHER_CITY] = true, [OTHER_COUNTY] = true},
    };
    static const enum who hop[PEOPLE][PEOPLE] = {
        /* [from][to] */
        [REGION] = {[CITY] = CITY,
                    [OTHER_CITY] = OTHER_CITY,
                    [COUNTY] = CITY,
                    [OTHER_COUNTY] = OTHER_CITY},
        [CITY] = {[COUNTY] = COUNTY},
        [OTHER_CITY] = {[OTHER_COUNTY] = OTHER_COUNTY},
    };
    struct world *world = *state;

    give_all(world, OTHER_COUNTY);
    assert_string_equal(roster_root(world->roster)->grant.division.code, codes[REGION]);
    for (int a = REGION; a < PEOPLE; a++) {
        for (int b = REGION; b < PEOPLE; b++) {
            const struct division from = division_of(codes[a]), to = division_of(codes[b]);
            assert_int_equal(roster_within(world->roster, from, to), within[a][b]);
            assert_string_equal(roster_next_hop(world->roster, from, to).code, codes[hop[a][b]]);
        }
    }
    assert_int_equal(roster_find(world->roster, division_of(codes[COUNTY]))->depth, 2);
    assert_null(roster_find(world->roster, division_of(codes[STRANGER])));
    assert_null(roster_find(world->roster, DIVISION_NONE));
    for (size_t i = 1; i < roster_count(world->roster); i++) {
        assert_true(division_compare(roster_at(world->roster, i - 1)->grant.division,
                                     roster_at(world->roster, i)->grant.division) < 0);
    }
    for (enum who who = REGION; who <= OTHER_COUNTY; who++) {
        const struct grant grant = grant_of(world, who);
        const struct member *member = roster_by_curve_key(world->roster, grant.curve_key);
        assert_true(division_equal(member->grant.division, grant.division));
    }
}

static void a_block_goes_to_its_audience_and_to_those_above(void **state)
{
    static const struct {
        enum who author;
        enum audience_kind kind;
        enum who division;
        bool holds[PEOPLE];
    } cases[] = {
        {REGION, AUDIENCE_LINE, COUNTY, {[REGION] = 1, [CITY] = 1, [COUNTY] = 1}},
        {REGION, AUDIENCE_TREE, CITY, {[REGION] = 1, [CITY] = 1, [COUNTY] = 1}},
        {REGION,
         AUDIENCE_TREE,
         REGION,
         {[REGION] = 1, [CITY] = 1, [OTHER_CITY] = 1, [COUNTY] = 1, [OTHER_COUNTY] = 1}},
        {REGION, AUDIENCE_LINE, REGION, {[REGION] = 1}},
        {CITY, AUDIENCE_LINE, CITY, {[REGION] = 1, [CITY] = 1}},
        {CITY, AUDIENCE_TREE, COUNTY, {[REGION] = 1, [CITY] = 1, [COUNTY] = 1}},
        {COUNTY, AUDIENCE_LINE, COUNTY, {[REGION] = 1, [CITY] = 1, [COUNTY] = 1}},
        /* nobody reaches beside or above itself */
        {COUNTY, AUDIENCE_LINE, OTHER_COUNTY, {[REGION] = 1, [CITY] = 1, [COUNTY] = 1}},
        {COUNTY, AUDIENCE_TREE, REGION, {[REGION] = 1, [CITY] = 1, [COUNTY] = 1}},
        {CITY, AUDIENCE_TREE, STRANGER, {[REGION] = 1, [CITY] = 1}},
        {STRANGER, AUDIENCE_TREE, REGION, {0}},
    };
    struct world *world = *state;

    give_all(world, OTHER_COUNTY);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct audience audience = {cases[i].kind, division_of(codes[cases[i].division])};
        for (int who = REGION; who < PEOPLE; who++) {
            if (roster_in_audience(world->roster, division_of(codes[who]),
                                   division_of(codes[cases[i].author]),
                                   &audience) != cases[i].holds[who]) {
                fail_msg("case %zu: %s", i, codes[who]);
            }
        }
    }
}

static void a_tree_has_a_depth_limit(void **state)
{
    struct world *world = *state;

    give_all(world, REGION);
    for (int level = 1; level <= TREE_DEPTH_MAX; level++) {
        struct grant grant = grant_of(world, CITY);

        (void)snprintf(grant.division.code, sizeof grant.division.code, "D%d", level);
        if (level > 1) {
            (void)snprintf(grant.parent.code, sizeof grant.parent.code, "D%d", level - 1);
        }
        memset(grant.curve_key, 100 + level, sizeof grant.curve_key);
        assert_int_equal(give(world, &grant, level == 1 ? REGION : CITY),
                         level < TREE_DEPTH_MAX ? OK : ERR_REFUSED);
    }
}

static void the_order_of_grants_does_not_show(void **state)
{
    struct world *world = *state;
    struct roster *first = world->roster;
    struct hash a, b;

    give_all(world, OTHER_COUNTY);
    a = roster_hash(first);
    world->roster = roster_new(&world->tree, DIVISION_NONE);
    for (enum who who = REGION; who <= OTHER_COUNTY; who++) {
        static const enum who order[] = {0, REGION, OTHER_CITY, OTHER_COUNTY, CITY, COUNTY};
        const struct grant grant = grant_of(world, order[who]);
        b = roster_hash(world->roster);
        assert_false(hash_equal(&a, &b));
        assert_int_equal(give(world, &grant, parents[order[who]]), OK);
    }
    b = roster_hash(world->roster);
    assert_true(hash_equal(&a, &b));
    roster_free(first);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(a_grant_comes_back_as_it_was),
        STORY(names_and_endpoints_are_fit_to_be_shown),
        STORY(no_field_of_a_grant_can_be_altered),
        STORY(no_byte_of_a_sealed_grant_can_be_altered),
        STORY(too_much_is_no_grant),
        STORY(a_child_is_as_strict_as_its_granter_or_stricter),
        STORY(a_link_key_is_certified_for_one_division_of_one_tree),
        STORY(every_refusal_has_its_status),
        STORY(the_same_grant_twice_changes_nothing),
        STORY(a_next_epoch_takes_over_and_the_former_stays_known),
        STORY(the_base_of_a_root_never_falls),
        STORY(the_tree_is_what_the_grants_say),
        STORY(a_block_goes_to_its_audience_and_to_those_above),
        STORY(a_tree_has_a_depth_limit),
        STORY(the_order_of_grants_does_not_show),
    };

    return cmocka_run_group_tests(tests, crypto_set_up, NULL);
}
