/* test_usurped - what a county believes of those whom it asks about the grant in its place, and of
 * those who say that it is revoked: hostile answers, and true ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/former_keys.h"
#include "replicator/store/row_letters.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "world.h"

static struct world world;
static struct sign_key usurper;
static struct buf answer;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "1");
    world_run(&world, 3000);
    sign_key_generate(&usurper);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    buf_free(&answer);
    return 0;
}

static const struct roster *roster_at_county(void)
{
    return replicator_roster(world.at[COUNTY].replicator);
}

static struct usurped usurped(void)
{
    struct usurped out;

    replicator_usurped(world.at[COUNTY].replicator, &out);
    return out;
}

static bool is_revoked(void)
{
    return roster_revoked(roster_at_county(), division_of("K1"), NULL);
}

static void told(const char *who, Terrace__Superseded *said)
{
    struct place *county = &world.at[COUNTY];
    Terrace__Frame whole = TERRACE__FRAME__INIT;

    whole.superseded = said;
    buf_clear(&answer);
    frame_encode(&answer, &whole);
    replicator_called(county->replicator, county->txn, division_of(who), buf_bytes(&answer));
    (void)place_turn(county);
}

/* --- a grant in its place --- */

/* The county's next epoch, to another key, as its city grants it. */
static struct grant grant_of_usurper(void)
{
    struct grant grant = roster_find(roster_at_county(), division_of("K1"))->grant;

    grant.epoch = 2;
    grant.granter_epoch = 1;
    grant_certify(&grant, &world.trust.tree, &usurper);
    return grant;
}

static void told_of(const char *who, const struct grant *grant, const struct sign_key *signer,
                    int counts)
{
    Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;
    struct buf sealed = BUF_EMPTY;

    grant_seal(&sealed, grant, every_code(), signer);
    said.has_grant = 1;
    said.grant = pb_of_bytes(sealed.data, sealed.size);
    said.has_counts = counts >= 0;
    said.counts = counts > 0;
    told(who, &said);
    buf_free(&sealed);
}

static void only_its_city_can_put_another_in_its_place(void **state)
{
    enum {
        NOTHING,
        EPOCH_ZERO,
        OTHER_DIVISION,
        OTHER_PARENT,
        OWN_EPOCH,
        OWN_KEY,
        EPOCH_OF_NOBODY,
        OTHER_SIGNER,
        FALSE_SIGNATURE,
        CASES
    };

    for (int what = 0; what < CASES; what++) {
        const bool is_true = what == NOTHING || what == EPOCH_ZERO;
        struct grant grant = grant_of_usurper();
        struct sign_key signer = world.at[what == OTHER_SIGNER ? SIBLING : CITY].key;

        if (what == EPOCH_ZERO) {
            grant.granter_epoch = 0; /* from before it was said: the first */
        } else if (what == OTHER_DIVISION) {
            grant.division = division_of("K2");
        } else if (what == OTHER_PARENT) {
            grant.parent = division_of("C2");
        } else if (what == OWN_EPOCH) {
            grant.epoch = 1;
        } else if (what == OWN_KEY) {
            grant_certify(&grant, &world.trust.tree, &world.at[COUNTY].key);
        } else if (what == EPOCH_OF_NOBODY) {
            grant.granter_epoch = 9;
        } else if (what == FALSE_SIGNATURE) { /* the city's public key over another's signature */
            signer = usurper;
            signer.public = world.at[CITY].key.public;
        }
        told_of("R", &grant, &signer, -1);
        if (usurped().is_usurped != is_true) {
            fail_msg("case %d", what);
        }
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static void what_is_no_grant_is_nothing(void **state)
{
    static uint8_t large[GRANT_BYTES_MAX + 1];
    Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;

    (void)state;
    said.has_grant = 1;
    said.grant = pb_of_text("none");
    told("R", &said);
    said.grant = pb_of_bytes(large, sizeof large);
    told("R", &said);
    said = (Terrace__Superseded)TERRACE__SUPERSEDED__INIT;
    said.has_status = 1;
    told("R", &said); /* it holds an objection that nobody made */
    assert_false(usurped().is_usurped);
    assert_true(division_is_none(usurped().heard_by));
    replicator_called(world.at[COUNTY].replicator, world.at[COUNTY].txn, division_of("R"),
                      bytes_text("no frame"));
    assert_false(usurped().is_usurped);
}

/* The first of them is what the others follow from. */
static void the_earliest_of_several_is_objected_to(void **state)
{
    struct grant grant = grant_of_usurper();
    Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;

    (void)state;
    grant.epoch = 3;
    told_of("R", &grant, &world.at[CITY].key, -1);
    assert_int_equal(usurped().epoch, 3);
    said.has_status = 1;
    told("C1", &said);
    told("C1", &said);
    assert_true(division_equal(usurped().heard_by, division_of("C1")));
    grant.epoch = 4;
    told_of("R", &grant, &world.at[CITY].key, -1);
    assert_int_equal(usurped().epoch, 3);
    grant.epoch = 2;
    told_of("R", &grant, &world.at[CITY].key, -1);
    assert_int_equal(usurped().epoch, 2);
    assert_true(division_is_none(usurped().heard_by)); /* that was about another one */
}

/* Confirmed is the one that is named, by who confirms; and what was confirmed stays so. */
static void it_is_over_by_a_word_about_that_grant(void **state)
{
    const struct grant grant = grant_of_usurper();
    struct grant other = grant;

    (void)state;
    told_of("C1", &grant, &world.at[CITY].key, 0);
    assert_true(usurped().is_usurped && !usurped().is_confirmed);
    other.time_ms++;
    told_of("R", &other, &world.at[CITY].key, 1); /* another of the same number */
    assert_false(usurped().is_confirmed);
    {
        Terrace__Superseded noise = TERRACE__SUPERSEDED__INIT;

        noise.has_grant = noise.has_counts = 1;
        noise.counts = 1;
        noise.grant = pb_of_text("no grant");
        told("R", &noise);
        assert_false(usurped().is_confirmed);
    }
    told_of("C1", &grant, &world.at[CITY].key, 1); /* his word makes it ask, */
    told_of("C1", &grant, &world.at[CITY].key, 1);
    assert_false(usurped().is_confirmed);
    told_of("R", &grant, &world.at[CITY].key, 0); /* ... and this one is the answer */
    assert_false(usurped().is_confirmed);
    told_of("R", &grant, &world.at[CITY].key, 1);
    assert_true(usurped().is_confirmed);
    told_of("R", &grant, &world.at[CITY].key, 0);
    assert_true(usurped().is_confirmed);
    assert_int_equal(replicator_next_call(world.at[COUNTY].replicator), UINT64_MAX);
}

/* --- whom it calls --- */

static void who_has_nobody_to_call_calls_nobody(void **state)
{
    const struct grant grant = grant_of_usurper();
    struct place *county = &world.at[COUNTY];
    struct ancestor_call call;
    struct buf frame = BUF_EMPTY;

    (void)state;
    replicator_shut_out(world.at[REGION].replicator);
    assert_int_equal(replicator_next_call(world.at[REGION].replicator), UINT64_MAX);
    assert_int_equal(replicator_next_call(county->replicator), UINT64_MAX);
    told_of("R", &grant, &world.at[CITY].key, -1);
    assert_true(replicator_next_call(county->replicator) <= world.hand.now_ms);
    for (int i = 0; i < 100; i++) { /* nobody has said where he listens */
        assert_false(replicator_call(county->replicator, &call, &frame));
        world.hand.now_ms += 1000;
    }
    assert_true(replicator_next_call(county->replicator) < UINT64_MAX);
    buf_free(&frame);
}

/* Where the root itself is the granter, nobody is above it: its word that it has it is enough. */
static void the_root_is_heard_about_its_own_child(void **state)
{
    struct place *city = &world.at[CITY], *region = &world.at[REGION];
    const struct endpoint_entry entry = {.link = "tcp://127.0.0.1:7400"};
    struct grant grant = roster_find(replicator_roster(city->replicator), city->division)->grant;
    Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;
    Terrace__Frame whole = TERRACE__FRAME__INIT;
    struct ancestor_call call;
    struct buf sealed = BUF_EMPTY, frame = BUF_EMPTY;
    struct err err;

    (void)state;
    assert_int_equal(replicator_listen(region->replicator, region->txn, &entry, &err), OK);
    world_run(&world, 3000);
    region->cut = true;
    grant.epoch = 2;
    grant.granter_epoch = 1;
    grant_certify(&grant, &world.trust.tree, &usurper);
    grant_seal(&sealed, &grant, every_code(), &region->key);
    replicator_shut_out(city->replicator);
    replicator_shut_out(city->replicator); /* it hears that again and again */
    said.has_grant = 1;
    said.grant = pb_of_bytes(sealed.data, sealed.size);
    for (int i = 0; i < 2; i++) {
        while (!replicator_call(city->replicator, &call, &frame)) {
            assert_true(replicator_next_call(city->replicator) < UINT64_MAX);
            world.hand.now_ms += 100;
        }
        assert_true(division_equal(call.who, region->division));
        whole.superseded = &said;
        buf_clear(&answer);
        frame_encode(&answer, &whole);
        replicator_called(city->replicator, city->txn, region->division, buf_bytes(&answer));
        (void)place_turn(city);
        said = (Terrace__Superseded)TERRACE__SUPERSEDED__INIT;
        said.has_status = 1;
    }
    assert_int_equal(replicator_next_call(city->replicator), UINT64_MAX);
    buf_free(&sealed);
    buf_free(&frame);
}

static void a_damaged_row_is_no_grant(void **state)
{
    static const uint8_t letter = META_USURPER;
    const struct grant grant = grant_of_usurper();
    struct place *county = &world.at[COUNTY];
    struct replicator_config config;
    struct replicator *replicator;
    struct txn *txn;
    struct bytes row;
    struct buf cut = BUF_EMPTY;
    struct err err;

    (void)state;
    told_of("R", &grant, &world.at[CITY].key, -1);
    assert_true(txn_get(county->txn, SPACE_META, bytes_of(&letter, 1), &row));
    buf_append(&cut, row.data, row.size - 1);
    (void)txn_put(county->txn, SPACE_META, bytes_of(&letter, 1), buf_bytes(&cut));
    commit_txn(&county->store, county->fence, county->txn);
    place_kill(county);
    config = place_config(county);
    txn = txn_open(&county->store, NULL);
    assert_int_equal(replicator_open(&replicator, &config, txn, NULL, 0, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.text, "stored_usurper_damaged"));
    txn_free(txn);
    buf_free(&cut);
}

/* --- that it is revoked --- */

/* The region's block that says so, or something else. */
static void write_word(struct buf *out, const struct entry *entry, int author, uint32_t epoch,
                       enum audience_kind kind, const char *to)
{
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .audience = {kind, division_of(to)},
                                  .author = world.at[author].division,
                                  .epoch = epoch,
                                  .count = 1,
                                  .first_lsn = entry->lsn,
                                  .aud_seq = 7,
                                  .time_ms = world.hand.now_ms};

    header.prev_hash.at[0] = header.aud_prev.at[0] = 7;
    (void)block_of_entries(out, &header, entry, &world.trust.tree, &world.at[author].key);
}

static void a_word_is_obeyed_as_its_author_entered_it(void **state)
{
    enum {
        TRUE_WORD,
        NO_WORD,
        NOISE,
        FALSE_SIGNATURE,
        OTHER_EPOCH,
        OTHER_KIND,
        OTHER_AUDIENCE,
        OTHER_ENTRY,
        OTHER_FORMAT,
        NO_REVOCATION,
        OF_ANOTHER,
        NOT_ITS_TO_SAY,
        CASES
    };

    for (int what = 0; what < CASES; what++) {
        const struct log_head head = place_head(&world.at[COUNTY], "K1");
        struct revocation word = {.division = division_of(what == OF_ANOTHER ? "K2" : "K1"),
                                  .first_epoch = 1,
                                  .last_epoch = 1,
                                  .epoch = 1,
                                  .lsn = head.lsn,
                                  .hash = head.hash,
                                  .reason = "stolen"};
        struct entry entry = {
            .lsn = 50, .time_ms = 1, .kind = KIND_REVOKE, .format = REVOKE_FORMAT};
        Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;
        struct buf body = BUF_EMPTY, block = BUF_EMPTY;

        revocation_write(&body, &word);
        entry.body = what == NO_REVOCATION ? bytes_text("none") : buf_bytes(&body);
        entry.kind = what == OTHER_ENTRY ? KIND_USER_FIRST : KIND_REVOKE;
        entry.format = what == OTHER_FORMAT ? 9 : REVOKE_FORMAT;
        write_word(&block, &entry, what == NOT_ITS_TO_SAY ? COUNTY : REGION,
                   what == OTHER_EPOCH ? 2 : 1, what == OTHER_KIND ? AUDIENCE_LINE : AUDIENCE_TREE,
                   what == OTHER_AUDIENCE ? "C1" : "K1");
        if (what == FALSE_SIGNATURE) {
            block.data[block.size - 1] ^= 1;
        }
        said.has_by = said.has_epoch = said.has_lsn = 1;
        said.by = pb_of_text("R");
        said.epoch = 1;
        said.lsn = head.lsn;
        said.has_word = what != NO_WORD;
        said.word = pb_of_bytes(block.data, what == NOISE ? 9 : block.size);
        told("C1", &said);
        if (is_revoked() != (what == TRUE_WORD) ||
            place_alarmed(&world.at[COUNTY], ALARM_REVOKED) != (what != TRUE_WORD)) {
            fail_msg("case %d: %s, %s", what, is_revoked() ? "obeyed" : "not obeyed",
                     world.at[COUNTY].alarm_words);
        }
        if (what == TRUE_WORD) { /* once more, and once more without the block */
            told("C1", &said);
            said.has_word = 0;
            told("C1", &said);
            assert_true(is_revoked());
            assert_false(place_alarmed(&world.at[COUNTY], ALARM_REVOKED));
            replicator_shut_out(world.at[COUNTY].replicator); /* it knows why */
            assert_int_equal(replicator_next_call(world.at[COUNTY].replicator), UINT64_MAX);
        }
        buf_free(&body);
        buf_free(&block);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* What the region answers to the county's link key. */
static void visit_region(Terrace__Superseded *out, struct arena *arena)
{
    struct place *region = &world.at[REGION];
    Terrace__Frame *frame;
    uint8_t key[32];
    struct err err;

    memset(key, COUNTY + 1, sizeof key); /* world_add */
    buf_clear(&answer);
    replicator_visit(region->replicator, region->txn, key, BYTES_NONE, &answer);
    assert_int_equal(frame_decode(&frame, arena, buf_bytes(&answer), &err), OK);
    assert_non_null(frame->superseded);
    *out = *frame->superseded;
}

/* The block that says it goes along once it is on disk. */
static void the_bare_word_goes_before_its_block_can(void **state)
{
    struct place *region = &world.at[REGION];
    Terrace__Superseded said;
    struct revocation word;
    struct arena arena;
    struct err err;

    (void)state;
    arena_init(&arena, 1 << 20);
    assert_int_equal(
        replicator_revoke(region->replicator, region->txn, division_of("K1"), "gone", &word, &err),
        OK);
    for (int durable = 0; durable < 2; durable++) {
        visit_region(&said, &arena);
        assert_int_equal(said.status, ERR_REFUSED);
        assert_true(bytes_equal(bytes_of_pb(said.by), bytes_text("R")));
        assert_int_equal(said.has_word, durable);
        (void)place_turn(region);
    }
    arena_free(&arena);
}

/* By nobody, as the answer says: that is told to no person. */
static void a_word_of_nobody_is_none(void **state)
{
    Terrace__Superseded said = TERRACE__SUPERSEDED__INIT;

    (void)state;
    said.has_by = 1;
    said.by = pb_of_text("not a division");
    told("C1", &said);
    assert_false(is_revoked());
    assert_int_equal(world.at[COUNTY].alarm_count, 0);
}

/* Until its session has ended it may begin another: that is no sign that it is not revoked. */
static void its_parents_open_door_takes_no_word_back(void **state)
{
    struct place *city = &world.at[CITY], *county = &world.at[COUNTY];
    struct revocation said;
    struct err err;

    (void)state;
    assert_int_equal(
        replicator_revoke(city->replicator, city->txn, division_of("K1"), "gone", &said, &err), OK);
    world_run(&world, 1000);
    assert_true(is_revoked());
    replicator_connection_ended(county->replicator, city->division);
    world_run(&world, 2000);
    assert_true(is_revoked());
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(only_its_city_can_put_another_in_its_place),
        STORY(what_is_no_grant_is_nothing),
        STORY(the_earliest_of_several_is_objected_to),
        STORY(it_is_over_by_a_word_about_that_grant),
        STORY(who_has_nobody_to_call_calls_nobody),
        STORY(the_root_is_heard_about_its_own_child),
        STORY(a_damaged_row_is_no_grant),
        STORY(a_word_is_obeyed_as_its_author_entered_it),
        STORY(the_bare_word_goes_before_its_block_can),
        STORY(a_word_of_nobody_is_none),
        STORY(its_parents_open_door_takes_no_word_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
