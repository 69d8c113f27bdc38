/* The roster that a store makes: grants in whatever order their keys are, and what was said beside
 * them. A word that cannot be read any more was said all the same: whoever loads is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/log/granted.h"
#include "replicator/store/read_watch.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/roster_load.h"
#include "tests/harness/commit.h"
#include "tests/harness/identities.h"

enum who { REGION, CITY, COUNTY, TOWN, OTHER, PEOPLE };

static struct scene {
    struct trust trust;
    struct sign_key keys[PEOPLE];
    struct store store;
    struct txn *txn;
    uint64_t fence;
    struct roster *roster; /* loaded last */
    struct err err;
} scene;

/* A row as it stands. */
static struct kept {
    uint8_t key[STORE_KEY_BYTES_MAX], value[1024];
    size_t key_size, size;
} kept;

static void commit(void)
{
    commit_txn(&scene.store, scene.fence, scene.txn);
}

static void put_grant(const char *code, const char *parent, uint32_t epoch, enum who holder,
                      const struct sign_key *signer)
{
    struct grant grant = first_grant(division_of(code), division_of(parent));
    struct buf sealed = BUF_EMPTY;

    grant.epoch = epoch;
    grant.curve_key[31] = (uint8_t)epoch;
    trust_seal(&scene.trust, &grant, &scene.keys[holder], signer, &sealed);
    grant_put(scene.txn, &grant, buf_bytes(&sealed));
    buf_free(&sealed);
}

static enum status load(const struct store *store)
{
    roster_free(scene.roster);
    scene.roster = roster_new(&scene.trust.tree, DIVISION_NONE);
    return roster_load(scene.roster, store, NULL, &scene.err);
}

static struct epoch_state state_of(const char *code, uint32_t epoch)
{
    struct epoch_state state;

    (void)roster_epoch_state(scene.roster, division_of(code), epoch, &state);
    return state;
}

static bool confirmed_stands(void)
{
    return state_of("C1", 2).standing == STANDING_COUNTS;
}

static bool revoked_stands(void)
{
    return roster_revoked(scene.roster, division_of("B2"), NULL);
}

static bool objected_stands(void)
{
    struct objection_held held;

    return roster_objection(scene.roster, division_of("K1"), &held);
}

/* B2 lies below C1, whose code comes behind its own. */
static int set_up(void **state)
{
    struct confirmation_of_epoch word;
    struct objection_held objected = {.said_lsn = 7, .time_ms = 8};
    struct revocation revoked = {.said_lsn = 5,
                                 .time_ms = 6,
                                 .first_epoch = 1,
                                 .last_epoch = 1,
                                 .epoch = 1,
                                 .lsn = 3,
                                 .hash = {{9}},
                                 .reason = "gone"};

    (void)state;
    memset(&scene, 0, sizeof scene);
    trust_generate(&scene.trust);
    for (int i = 0; i < PEOPLE; i++) {
        sign_key_generate(&scene.keys[i]);
    }
    store_memory_open(&scene.store);
    assert_int_equal(scene.store.ops->claim(scene.store.self, &scene.fence, &scene.err), OK);
    scene.txn = txn_open(&scene.store, NULL);
    put_grant("R", "", 1, REGION, NULL);
    put_grant("C1", "R", 1, CITY, &scene.keys[REGION]);
    put_grant("C1", "R", 2, OTHER, &scene.keys[REGION]);
    put_grant("K1", "C1", 1, COUNTY, &scene.keys[CITY]);
    put_grant("K1", "C1", 2, OTHER, &scene.keys[CITY]);
    put_grant("B2", "C1", 1, TOWN, &scene.keys[CITY]);
    commit();
    assert_int_equal(load(&scene.store), OK);

    word = (struct confirmation_of_epoch){.by = division_of("R"),
                                          .division = division_of("C1"),
                                          .epoch = 2,
                                          .grant = state_of("C1", 2).hash};
    roster_store_confirmed(scene.txn, &word);
    revoked.by = division_of("R");
    revoked.division = division_of("B2");
    roster_store_revocation(scene.txn, &revoked);
    objected.by = division_of("C1");
    objected.said = (struct objection){.division = division_of("K1"),
                                       .epoch = 1,
                                       .grant = state_of("K1", 2).hash,
                                       .time_ms = 8,
                                       .reason = OBJECTION_IMPERSONATED};
    objection_sign(&objected.said, &scene.trust.tree, &scene.keys[COUNTY]);
    roster_store_objection(scene.txn, &objected);
    commit();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    roster_free(scene.roster);
    txn_free(scene.txn);
    scene.store.ops->close(scene.store.self);
    return 0;
}

/* --- rows --- */

static bool keep_row(void *arg, struct bytes key, struct bytes value)
{
    (void)arg;
    assert_true(value.size <= sizeof kept.value);
    memcpy(kept.key, key.data, key.size);
    memcpy(kept.value, value.data, value.size);
    kept.key_size = key.size;
    kept.size = value.size;
    return true;
}

/* The last with this letter. */
static struct kept row_of(uint8_t letter)
{
    kept.size = 0;
    assert_int_equal(scene.store.ops->scan(scene.store.self, NULL, SPACE_META, bytes_of(&letter, 1),
                                           BYTES_NONE, keep_row, NULL, &scene.err),
                     OK);
    assert_true(kept.size > 0);
    return kept;
}

static void put(const struct kept *row)
{
    (void)txn_put(scene.txn, SPACE_META, bytes_of(row->key, row->key_size),
                  bytes_of(row->value, row->size));
    commit();
}

static void take_out(const struct kept *row)
{
    txn_delete(scene.txn, SPACE_META, bytes_of(row->key, row->key_size));
    commit();
}

/* --- stories --- */

static void what_was_said_stands_after_a_load(void **state)
{
    struct revocation word;

    (void)state;
    assert_int_equal(load(&scene.store), OK);
    assert_int_equal(roster_count(scene.roster), 4);
    assert_true(confirmed_stands() && revoked_stands() && objected_stands());
    assert_true(roster_revoked(scene.roster, division_of("B2"), &word));
    assert_string_equal(word.by.code, "R");
    assert_true(word.said_lsn == 5 && word.time_ms == 6 && word.lsn == 3);
    assert_true(roster_find(scene.roster, division_of("B2"))->depth == 2);
}

static const struct {
    uint8_t letter;
    bool (*stands)(void);
} words[] = {{META_CONFIRMED, confirmed_stands},
             {META_REVOKED, revoked_stands},
             {META_OBJECTION, objected_stands}};

/* The load fails, and whoever asks through a watch knows; what is said elsewhere is there. */
static void expect_damage(size_t word, const char *how, size_t at)
{
    struct read_watch watch;
    struct err seen;

    read_watch_open(&watch, &scene.store);
    if (load(&watch.store) != ERR_CORRUPT || strstr(scene.err.text, "row_damaged") == NULL ||
        read_watch_status(&watch, &seen) != ERR_CORRUPT) {
        fail_msg("%c, %s %zu: %s", words[word].letter, how, at, scene.err.text);
    }
    assert_int_equal(roster_count(scene.roster), 4);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        assert_true(i == word || words[i].stands());
    }
}

static void a_word_that_was_cut_short_is_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const struct kept row = row_of(words[i].letter);
        size_t damaged = 0;

        for (size_t size = 0; size < row.size; size++) {
            struct kept cut = row;

            cut.size = size;
            put(&cut);
            if (load(&scene.store) == OK) { /* a revocation without its reason is one */
                assert_true(words[i].stands());
                continue;
            }
            expect_damage(i, "cut at", size);
            damaged++;
        }
        assert_true(damaged + 1 >= row.size);
        put(&row);
    }
    assert_int_equal(load(&scene.store), OK);
    assert_true(confirmed_stands() && revoked_stands() && objected_stands());
}

static void a_key_that_is_none_is_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const struct kept row = row_of(words[i].letter);
        struct kept other = row;

        for (size_t size = 1; size <= row.key_size + 1; size++) {
            other.key_size = size;
            if (size != row.key_size) {
                put(&other);
                expect_damage(i, "a key of", size);
                take_out(&other);
            }
        }
    }
}

/* Of what a damaged store still has, salvage keeps the ones that a roster can be made of. */
static void a_confirmation_that_fits_is_one_that_loads(void **state)
{
    struct kept row = row_of(META_CONFIRMED);
    const struct bytes key = bytes_of(row.key, row.key_size);

    (void)state;
    assert_true(roster_confirmed_fits(key, bytes_of(row.value, row.size)));
    for (size_t size = 0; size < row.size; size++) {
        assert_false(roster_confirmed_fits(key, bytes_of(row.value, size)));
    }
    assert_false(
        roster_confirmed_fits(bytes_of(row.key, row.key_size - 1), bytes_of(row.value, row.size)));
}

/* A row under another's key would speak about that one. */
static void a_word_under_anothers_key_is_damage(void **state)
{
    static const struct {
        size_t word, at; /* in the key */
        uint8_t byte;
    } cases[] = {{1, 1, 'C'}, {2, 1, 'R'}, {2, 1 + DIVISION_CODE_MAX + 3, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct kept row = row_of(words[cases[i].word].letter);
        struct kept other = row;

        other.key[cases[i].at] = cases[i].byte;
        take_out(&row);
        put(&other);
        expect_damage(cases[i].word, "another's key", i);
        assert_false(words[cases[i].word].stands());
        take_out(&other);
        put(&row);
        assert_int_equal(load(&scene.store), OK);
    }
}

/* What a later version wrote is no damage, which the node would begin to heal. */
static void a_word_of_a_later_version_asks_for_it(void **state)
{
    struct kept row = row_of(META_REVOKED);
    Terrace__Revocation message = TERRACE__REVOCATION__INIT;
    struct buf body = BUF_EMPTY;
    struct read_watch watch;
    struct err seen;

    (void)state;
    message.has_division = message.has_suite = 1;
    message.division = pb_of_bytes("B2", 2);
    message.suite = SUITE_ED25519_BLAKE2B + 1;
    message_encode(&body, &message.base);
    memcpy(row.value + sizeof(uint64_t), body.data, body.size);
    row.size = sizeof(uint64_t) + body.size;
    buf_free(&body);
    put(&row);
    read_watch_open(&watch, &scene.store);
    assert_int_equal(load(&watch.store), ERR_NEEDS_UPGRADE);
    assert_non_null(strstr(scene.err.text, "suite_unknown"));
    assert_int_equal(read_watch_status(&watch, &seen), OK);
}

static void the_first_that_is_damaged_is_told(void **state)
{
    struct kept confirmed = row_of(META_CONFIRMED), revoked = row_of(META_REVOKED);

    (void)state;
    confirmed.size = revoked.size = 3;
    put(&revoked);
    put(&confirmed);
    assert_int_equal(load(&scene.store), ERR_CORRUPT);
    assert_non_null(strstr(scene.err.text, "letter=c"));
}

/* --- grants --- */

static void a_grant_that_cannot_be_read_is_told(void **state)
{
    struct kept row = row_of(META_GRANT); /* R */
    const struct kept whole = row;

    (void)state;
    assert_int_equal(row.key[1], 'R');
    row.size--;
    put(&row);
    assert_int_equal(load(&scene.store), ERR_CORRUPT);
    assert_non_null(strstr(scene.err.text, "in_stored_grant"));
    assert_int_equal(roster_count(scene.roster), 0); /* all of them stand on it */
    row = whole;
    row.value[row.size - 1] ^= 1; /* its signature */
    put(&row);
    assert_int_equal(load(&scene.store), ERR_CORRUPT);
    assert_non_null(strstr(scene.err.text, "signature_wrong"));
    take_out(&row);
    assert_int_equal(load(&scene.store), ERR_CORRUPT);
    assert_non_null(strstr(scene.err.text, "grants_orphaned"));
    assert_non_null(strstr(scene.err.text, "count=5"));
}

/* Of several the first is told; those beside them are there. */
static void one_grant_does_not_keep_out_the_others(void **state)
{
    (void)state;
    put_grant("D5", "R", 1, OTHER, &scene.keys[OTHER]); /* who may not */
    put_grant("D6", "R", 1, OTHER, &scene.keys[OTHER]);
    commit();
    assert_int_equal(load(&scene.store), ERR_REFUSED);
    assert_non_null(strstr(scene.err.text, "division=D5"));
    assert_int_equal(roster_count(scene.roster), 4);
    assert_true(confirmed_stands() && revoked_stands() && objected_stands());
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(what_was_said_stands_after_a_load),
        STORY(a_word_that_was_cut_short_is_damage),
        STORY(a_key_that_is_none_is_damage),
        STORY(a_confirmation_that_fits_is_one_that_loads),
        STORY(a_word_under_anothers_key_is_damage),
        STORY(a_word_of_a_later_version_asks_for_it),
        STORY(the_first_that_is_damaged_is_told),
        STORY(a_grant_that_cannot_be_read_is_told),
        STORY(one_grant_does_not_keep_out_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
