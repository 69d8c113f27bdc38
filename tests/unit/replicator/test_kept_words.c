/* Cosignatures that are kept: the earliest that reaches a position, and what is no holder's word,
 * which is never shown as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/cosignature.h"
#include "replicator/trust/cosigned_head.h"
#include "tests/harness/commit.h"
#include "tests/harness/identities.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static struct scene {
    struct trust trust;
    struct sign_key region, city;
    struct roster *roster;
    struct store store;
    struct txn *txn;
    uint64_t fence;
    struct hash hash;
    struct signature signature;
} scene;

static void admit(const char *code, const char *parent, const struct sign_key *key,
                  const struct sign_key *signer)
{
    struct grant grant = first_grant(division_of(code), division_of(parent));

    trust_admit(&scene.trust, &grant, key, signer, scene.roster);
}

static int set_up(void **state)
{
    struct err err;

    (void)state;
    memset(&scene, 0, sizeof scene);
    trust_generate(&scene.trust);
    sign_key_generate(&scene.region);
    sign_key_generate(&scene.city);
    scene.roster = roster_new(&scene.trust.tree, DIVISION_NONE);
    admit("R", "", &scene.region, NULL);
    admit("C1", "R", &scene.city, &scene.region);
    store_memory_open(&scene.store);
    assert_int_equal(scene.store.ops->claim(scene.store.self, &scene.fence, &err), OK);
    scene.txn = txn_open(&scene.store, NULL);
    memset(&scene.hash, 5, sizeof scene.hash);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    txn_free(scene.txn);
    roster_free(scene.roster);
    scene.store.ops->close(scene.store.self);
    return 0;
}

/* The region's word that it holds C1's log up to `lsn`, or a head of its accesses there. */
static Terrace__Cosignature word(uint64_t lsn, uint64_t unix_ms, bool of_accesses)
{
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;

    c.has_suite = c.has_author = c.has_epoch = c.has_lsn = c.has_hash = c.has_holder =
        c.has_key_epoch = c.has_unix_ms = 1;
    c.suite = SUITE_ED25519_BLAKE2B;
    c.author = pb_of_bytes("C1", 2);
    c.has_audience = of_accesses;
    c.audience = of_accesses ? COSIGN_ACCESSES : 0;
    c.epoch = 1;
    c.lsn = lsn;
    c.hash = pb_of_bytes(&scene.hash, sizeof scene.hash);
    c.holder = pb_of_bytes("R", 1);
    c.key_epoch = 1;
    c.unix_ms = unix_ms;
    return c;
}

static void sign(Terrace__Cosignature *c)
{
    cosignature_sign(&scene.trust.tree, &scene.region, c, &scene.signature);
}

/* --- of logs --- */

static void keep(const Terrace__Cosignature *c, uint64_t day)
{
    cosignature_put(scene.txn, division_of("C1"), division_of("R"), c, day * DAY_MS);
    commit_txn(&scene.store, scene.fence, scene.txn);
}

static enum status covering(uint64_t lsn, struct kept_cosignature *out)
{
    struct err err;

    return cosignature_covering(&scene.store, NULL, scene.roster, division_of("C1"),
                                division_of("R"), lsn, out, &err);
}

static void the_earliest_that_reaches_it_is_shown(void **state)
{
    struct kept_cosignature kept;

    (void)state;
    assert_int_equal(covering(1, &kept), ERR_NOT_FOUND);
    for (uint64_t day = 1; day <= 3; day++) {
        Terrace__Cosignature c = word(10 * day, day, false);

        sign(&c);
        keep(&c, day);
    }
    assert_int_equal(covering(10, &kept), OK);
    assert_int_equal(kept.lsn, 10);
    assert_int_equal(covering(11, &kept), OK);
    assert_true(kept.lsn == 20 && kept.unix_ms == 2 && kept.epoch == 1 && kept.key_epoch == 1);
    assert_memory_equal(&kept.hash, &scene.hash, sizeof kept.hash);
    assert_int_equal(covering(31, &kept), ERR_NOT_FOUND);
    assert_int_equal(cosignature_lsn(&scene.store, division_of("C1"), division_of("R")), 30);
    assert_int_equal(cosignature_lsn(&scene.store, division_of("R"), division_of("C1")), 0);
}

static void the_newer_one_counts(void **state)
{
    Terrace__Cosignature c = word(10, 7, false), other;

    (void)state;
    assert_true(cosignature_is_newer(scene.txn, division_of("C1"), division_of("R"),
                                     &c)); /* none is kept */
    sign(&c);
    keep(&c, 1);
    other = word(10, 7, false);
    assert_false(cosignature_is_newer(scene.txn, division_of("C1"), division_of("R"), &other));
    other.unix_ms = 8;
    assert_true(cosignature_is_newer(scene.txn, division_of("C1"), division_of("R"), &other));
    other.lsn = 9;
    assert_false(cosignature_is_newer(scene.txn, division_of("C1"), division_of("R"), &other));
    other.lsn = 11;
    assert_true(cosignature_is_newer(scene.txn, division_of("C1"), division_of("R"), &other));
}

static void what_is_not_the_holders_word_is_not_shown(void **state)
{
    static const struct hash short_hash;
    struct kept_cosignature kept;
    Terrace__Cosignature c;

    (void)state;
    c = word(10, 1, false); /* by nobody */
    keep(&c, 1);
    assert_int_equal(covering(1, &kept), ERR_BAD_SIGNATURE);
    sign(&c);
    c.lsn = 11; /* says more than was signed */
    keep(&c, 1);
    assert_int_equal(covering(1, &kept), ERR_BAD_SIGNATURE);
    c = word(10, 1, false);
    c.hash = pb_of_bytes(&short_hash, 31); /* signed, and of no hash */
    sign(&c);
    keep(&c, 1);
    assert_int_equal(covering(1, &kept), ERR_BAD_SIGNATURE);
    c = word(10, 1, false);
    c.suite = 9;
    sign(&c);
    keep(&c, 1);
    assert_int_equal(covering(1, &kept), ERR_BAD_SIGNATURE);
    c = word(10, 1, false);
    c.key_epoch = 2; /* of which nobody knows the key */
    sign(&c);
    keep(&c, 1);
    assert_int_equal(covering(1, &kept), ERR_BAD_SIGNATURE);
    c = word(10, 1, false);
    c.holder = pb_of_bytes("", 0);
    sign(&c);
    keep(&c, 1);
    assert_int_equal(covering(1, &kept), ERR_BAD_SIGNATURE);
}

static void put_raw(const char *key, size_t key_size, const uint8_t *value, size_t size)
{
    txn_reset(scene.txn); /* what was read before has failed it */
    (void)txn_put(scene.txn, SPACE_COSIGN, bytes_of(key, key_size), bytes_of(value, size));
    commit_txn(&scene.store, scene.fence, scene.txn);
}

static void a_row_that_is_too_short_is_no_word(void **state)
{
    static const char newest[18] = "C1\0\0\0\0\0\0\0R",
                      day[23] = "C1\0\0\0\0\0\0\0R\0\0\0\0\0\0\0\0d";
    static const uint8_t head[16] = {[7] = 10};
    struct kept_cosignature kept;
    Terrace__Cosignature c = word(1, 1, false);

    (void)state;
    put_raw(newest, sizeof newest, head, 8);
    assert_int_equal(cosignature_lsn(&scene.store, division_of("C1"), division_of("R")), 0);
    assert_true(cosignature_is_newer(scene.txn, division_of("C1"), division_of("R"), &c));
    cosignatures_take_back(scene.txn, division_of("C1"), 0);
    assert_int_equal(txn_changes(scene.txn), 0);
    put_raw(newest, sizeof newest, head, sizeof head);
    assert_int_equal(cosignature_lsn(&scene.store, division_of("C1"), division_of("R")), 10);
    put_raw(day, sizeof day, head, sizeof head); /* position and time, and no message */
    assert_int_equal(covering(1, &kept), ERR_NOT_FOUND);
    cosignatures_take_back(scene.txn, division_of("C1"), 10);
    assert_int_equal(txn_changes(scene.txn), 0);
    cosignatures_take_back(scene.txn, division_of("C1"), 9); /* both say more */
    assert_int_equal(txn_changes(scene.txn), 2);
    txn_reset(scene.txn);
}

/* --- of chains of accesses --- */

struct heads {
    size_t count, good;
};

static bool count_head(void *arg, const struct cosigned_head *head, bool good)
{
    struct heads *heads = arg;

    assert_string_equal(head->author.code, "C1");
    heads->count++;
    heads->good += good;
    return true;
}

static struct heads heads_of(const char *author)
{
    struct heads heads = {0, 0};

    cosigned_heads_each(scene.txn, scene.roster, division_of(author), count_head, &heads);
    return heads;
}

static struct cosigned_head head_at(uint64_t position)
{
    return (struct cosigned_head){division_of("C1"), division_of("R"), position, 1, scene.hash};
}

/* One row a day, and the newest: those of one message are all good, or none is. */
static void expect_kept(const struct cosigned_head *head, const Terrace__Cosignature *c, bool good)
{
    struct heads heads;

    cosigned_head_put(scene.txn, head, c, DAY_MS);
    heads = heads_of("C1");
    assert_int_equal(heads.count, 2);
    assert_int_equal(heads.good, good ? 2 : 0);
    txn_reset(scene.txn);
}

static void a_row_is_good_where_the_holder_signed_what_it_says(void **state)
{
    struct cosigned_head head = head_at(10), found;
    Terrace__Cosignature c = word(10, 1, true);

    (void)state;
    assert_false(cosigned_head_newest(scene.txn, head.author, head.holder, &found));
    sign(&c);
    expect_kept(&head, &c, true);
    head.position = 11;
    expect_kept(&head, &c, false);
    head = head_at(10);
    head.hash.at[0] ^= 1;
    expect_kept(&head, &c, false);
    head = head_at(10);
    head.holder = division_of("C2");
    expect_kept(&head, &c, false);

    head = head_at(10);
    c = word(10, 1, true); /* nobody signed it */
    expect_kept(&head, &c, false);
    c = word(10, 1, false); /* about its log */
    sign(&c);
    expect_kept(&head, &c, false);
    c = word(10, 1, true);
    c.author = pb_of_bytes("C2", 2);
    sign(&c);
    expect_kept(&head, &c, false);
    c.author = pb_of_bytes("", 0);
    sign(&c);
    expect_kept(&head, &c, false);
    c = word(10, 1, true);
    c.holder = pb_of_bytes("", 0);
    sign(&c);
    expect_kept(&head, &c, false);
    c = word(10, 1, true);
    c.hash = pb_of_bytes(&scene.hash, 31);
    sign(&c);
    expect_kept(&head, &c, false);
}

static void rows_of_other_sorts_are_passed_over(void **state)
{
    static const uint8_t message[48] = {[7] = 10}, undecodable[60] = {[48] = 0xff};
    struct cosigned_head head = head_at(10), found;
    Terrace__Cosignature of_log = word(10, 1, false), c = word(10, 1, true);
    struct heads heads;

    (void)state;
    sign(&of_log);
    cosignature_put(scene.txn, division_of("C1"), division_of("R"), &of_log, DAY_MS);
    assert_int_equal(heads_of("C1").count, 0);
    put_raw("C1\0\0\0\0\0\0\0R\0\0\0\0\0\0\0\0a", 19, message, 40); /* shorter than its hash */
    assert_int_equal(heads_of("C1").count, 0);
    assert_false(cosigned_head_newest(scene.txn, head.author, head.holder, &found));
    put_raw("C1\0\0\0\0\0\0\0R\0\0\0\0\0\0\0\0a", 19, message, 48); /* and no message */
    heads = heads_of("C1");
    assert_true(heads.count == 1 && heads.good == 0);
    put_raw("C1\0\0\0\0\0\0\0R\0\0\0\0\0\0\0\0a", 19, undecodable, 60);
    heads = heads_of("C1");
    assert_true(heads.count == 1 && heads.good == 0);
    put_raw("C1\0\0\0\0\0\0\0R\0", 11, message, 48); /* a key of no row */
    sign(&c);
    cosigned_head_put(scene.txn, &head, &c, DAY_MS);
    heads = heads_of(""); /* of everybody */
    assert_true(heads.count == 2 && heads.good == 2);
    assert_true(cosigned_head_newest(scene.txn, head.author, head.holder, &found));
    assert_int_equal(found.position, 10);
    assert_int_equal(heads_of("R").count, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(the_earliest_that_reaches_it_is_shown),
        STORY(the_newer_one_counts),
        STORY(what_is_not_the_holders_word_is_not_shown),
        STORY(a_row_that_is_too_short_is_no_word),
        STORY(a_row_is_good_where_the_holder_signed_what_it_says),
        STORY(rows_of_other_sorts_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
