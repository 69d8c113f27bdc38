/* test_heads - where logs end, as it is stored: rows that say nothing, what comes once more, and
 * how a position that a neighbour names stands to what is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/log/compare.h"
#include "replicator/log/endpoints.h"
#include "replicator/log/sealing.h"
#include "replicator/store/read_watch.h"
#include "replicator/store/row_letters.h"
#include "tests/unit/replicator/held.h"

enum { HELD = 3 };

static struct held held;
static struct hash hashes[HELD + 1];

static void begin(void **state, enum held_side side)
{
    held_begin(&held, *state, side == HELD_ABOVE ? COUNTY_CODE : ROOT_CODE, side);
    held_fill(&held, hashes, HELD);
}

static const struct audience line = {AUDIENCE_LINE, {CITY_CODE}},
                             tree = {AUDIENCE_TREE, {CITY_CODE}};

/* --- rows --- */

static bool count_audience(void *arg, const struct audience *audience, uint64_t lsn)
{
    assert_true(audience_equal(audience, &line) && lsn == HELD);
    ++*(size_t *)arg;
    return false;
}

static void put_row(enum store_space space, struct bytes key, struct bytes value)
{
    (void)txn_put(held.txn, space, key, value);
    held_commit(&held);
}

/* Under a key that is longer than any, what is sound says nothing. */
static void a_key_that_is_none_is_damage(void **state)
{
    static const char letters[] = {HEADS_LOG, HEADS_AUDIENCE};

    for (size_t i = 0; i < COUNT_OF(letters); i++) {
        struct buf key = BUF_EMPTY, value = BUF_EMPTY;
        struct logs logs;
        size_t count = 0;

        begin(state, HELD_BELOW);
        heads_init(&logs, &held.store, &held.clock);
        assert_int_equal(heads_load(&logs, &held.err), OK);
        assert_int_equal(logs.count, 1);
        assert_int_equal(logs.at[0]->durable.lsn, HELD);
        assert_int_equal(heads_each_audience(held.txn, division_of(CITY_CODE), count_audience,
                                             &count, &held.err),
                         OK);
        assert_int_equal(count, 1);
        heads_free(&logs);

        buf_put_u8(&key, (uint8_t)letters[i]);
        division_write(&key, division_of(CITY_CODE));
        buf_put_u8(&key, AUDIENCE_LINE);
        division_write(&key, division_of(CITY_CODE));
        buf_put_u8(&key, 0);
        for (int k = 0; k < (letters[i] == HEADS_LOG ? 36 : 16); k++) {
            buf_put_u8(&value, 0);
        }
        for (int k = 0; k < HASH_SIZE; k++) {
            buf_put_u8(&value, 0);
        }
        put_row(SPACE_HEADS, buf_bytes(&key), buf_bytes(&value));
        heads_init(&logs, &held.store, &held.clock);
        assert_int_equal(heads_load(&logs, &held.err), ERR_CORRUPT);
        assert_non_null(strstr(held.err.text, "stored_head_unreadable"));
        heads_free(&logs);
        buf_free(&key);
        buf_free(&value);
        held_end(&held);
    }
}

static void a_place_that_says_nothing_is_damage(void **state)
{
    struct buf key = BUF_EMPTY;
    struct held_place place;
    struct read_watch watch;
    struct logs logs;

    begin(state, HELD_ABOVE);
    assert_true(heads_place(&held.logs, held.txn, division_of(CITY_CODE), &line, 2, &place));
    assert_true(place.first_lsn == 2 && place.last_lsn == 2 && place.epoch == 1);
    assert_true(hash_equal(&place.hash, &hashes[2]));
    assert_false(heads_place(&held.logs, held.txn, division_of(CITY_CODE), &tree, 2, &place));
    buf_put_u8(&key, HEADS_PLACE);
    division_write(&key, division_of(CITY_CODE));
    buf_put_u8(&key, AUDIENCE_LINE);
    division_write(&key, division_of(CITY_CODE));
    buf_put_u64(&key, 2);
    put_row(SPACE_HEADS, buf_bytes(&key), bytes_text("none"));
    assert_false(heads_place(&held.logs, held.txn, division_of(CITY_CODE), &line, 2, &place));
    assert_int_equal(txn_status(held.txn, &held.err), ERR_CORRUPT);
    read_watch_open(&watch, &held.store);
    heads_init(&logs, &watch.store, &held.clock);
    assert_false(heads_place(&logs, NULL, division_of(CITY_CODE), &line, 9, &place));
    assert_int_equal(read_watch_status(&watch, &held.err), OK); /* there is none */
    assert_false(heads_place(&logs, NULL, division_of(CITY_CODE), &line, 2, &place));
    assert_int_equal(read_watch_status(&watch, &held.err), ERR_CORRUPT);
    heads_free(&logs);
    buf_free(&key);
    held_end(&held);
}

/* --- all once more --- */

/* What does not follow comes twice: then all of it is asked for again, and told of as it comes. */
static void a_log_with_a_gap_is_told_of_as_it_comes_again(void **state)
{
    struct piece next = {.first_lsn = 4};
    struct buf whole = BUF_EMPTY;
    struct hash hash;

    begin(state, HELD_ABOVE);
    heads_note_again(held.log, 2); /* nothing was asked for */
    assert_int_equal(heads_told_lsn(held.log), HELD);
    heads_note_gap(held.log, &tree);
    assert_int_equal(heads_told_lsn(held.log), HELD); /* it may have overtaken another */
    heads_note_gap(held.log, &line);
    heads_note_gap(held.log, &tree); /* of another audience, each time */
    assert_int_equal(heads_told_lsn(held.log), HELD);
    heads_note_gap(held.log, &tree);
    assert_int_equal(heads_told_lsn(held.log), 0);
    heads_note_again(held.log, 1);
    assert_int_equal(heads_told_lsn(held.log), 1);
    heads_note_again(held.log, 1);
    assert_int_equal(heads_told_lsn(held.log), 1);

    next.prev = next.aud_prev = hashes[3]; /* the next one, in between: not durable yet */
    hash = held_write(&held, &next, &whole);
    held_stage(&held, buf_bytes(&whole), &hash, false);
    heads_note_again(held.log, 5);
    assert_int_equal(heads_told_lsn(held.log), 1);
    held_commit(&held);
    assert_int_equal(heads_told_lsn(held.log), 4); /* all of it is here: as before */
    buf_free(&whole);
    held_end(&held);
}

/* Behind what was asked for it is told of at once. */
static void what_was_held_at_its_gap_comes_again_from_there(void **state)
{
    begin(state, HELD_ABOVE);
    heads_note_gap(held.log, &line);
    heads_note_gap(held.log, &line);
    assert_int_equal(heads_told_lsn(held.log), HELD);
    heads_note_again(held.log, 2); /* before the gap */
    assert_int_equal(heads_told_lsn(held.log), HELD);
    held_end(&held);
}

/* --- how a position stands to what is held --- */

static void a_position_is_within_behind_or_of_another_branch(void **state)
{
    static const struct {
        const char *name;
        enum held_side side;
        uint64_t lsn;
        bool no_hash, other_hash;
        enum log_relation relation;
    } cases[] = {
        {"nothing", HELD_BELOW, 0, false, false, RELATION_BEHIND},
        {"the end", HELD_BELOW, 5, false, false, RELATION_EQUAL},
        {"the end, without a hash", HELD_BELOW, 5, true, false, RELATION_EQUAL},
        {"the end of another", HELD_BELOW, 5, false, true, RELATION_OTHER},
        {"more", HELD_BELOW, 6, false, false, RELATION_AHEAD},
        {"less", HELD_BELOW, 2, false, false, RELATION_BEHIND},
        {"less, without a hash", HELD_BELOW, 2, true, false, RELATION_BEHIND},
        {"less, of another", HELD_BELOW, 2, false, true, RELATION_OTHER},
        {"within a block", HELD_BELOW, 4, false, false, RELATION_WITHIN},
        {"from above, less", HELD_ABOVE, 2, false, false, RELATION_BEHIND},
        {"from above, less, without a hash", HELD_ABOVE, 2, true, false, RELATION_BEHIND},
        {"from above, less, of another", HELD_ABOVE, 2, false, true, RELATION_OTHER},
        {"from above, within a block", HELD_ABOVE, 4, false, false, RELATION_WITHIN},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct piece last = {.first_lsn = 4, .count = 2};
        struct buf whole = BUF_EMPTY;
        struct hash hash, said;
        enum log_relation relation;

        begin(state, cases[i].side);
        last.prev = last.aud_prev = hashes[3];
        hash = held_write(&held, &last, &whole);
        held_stage(&held, buf_bytes(&whole), &hash, true);
        said = cases[i].lsn >= 4 ? hash : hashes[cases[i].lsn];
        said.at[0] ^= cases[i].other_hash;
        relation = log_compare(&held.logs, held.log, cases[i].lsn,
                               cases[i].no_hash ? BYTES_NONE : bytes_of(said.at, HASH_SIZE));
        if (relation != cases[i].relation) {
            fail_msg("%s: %d", cases[i].name, relation);
        }
        buf_free(&whole);
        held_end(&held);
    }
}

static void a_position_that_cannot_be_read_tells_nothing(void **state)
{
    static const enum held_side sides[] = {HELD_BELOW, HELD_ABOVE};
    struct buf key = BUF_EMPTY;

    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        begin(state, sides[i]);
        for (uint64_t lsn = 2; lsn <= 3; lsn++) {
            buf_clear(&key);
            log_block_key(&key, division_of(CITY_CODE), 1, lsn);
            (void)txn_put(held.txn, SPACE_BLOCKS, buf_bytes(&key), bytes_text("noise"));
        }
        held_commit(&held);
        assert_int_equal(log_compare(&held.logs, held.log, 2, BYTES_NONE), RELATION_UNKNOWN);
        held_end(&held);
    }
    buf_free(&key);
}

/* --- where a division listens --- */

/* Blocks that were kept back come after later ones: the newest word counts. */
static void the_newest_word_about_an_address_counts(void **state)
{
    static const struct {
        uint32_t epoch;
        uint64_t lsn;
        bool is_newer;
    } cases[] = {{2, 5, true}, {2, 5, false}, {2, 4, false},
                 {2, 6, true}, {1, 9, false}, {3, 1, true}};
    struct block_header header = {.author = division_of(CITY_CODE), .audience = tree};
    struct endpoint_entry said = {"tcp://127.0.0.1:7400"}, found;
    struct buf body = BUF_EMPTY;

    begin(state, HELD_BELOW);
    endpoint_write(&body, &said);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct entry entry = {.lsn = cases[i].lsn,
                                    .kind = KIND_ENDPOINT,
                                    .format = ENDPOINT_FORMAT,
                                    .body = buf_bytes(&body)};

        header.epoch = cases[i].epoch;
        findings_clear(&held.found);
        endpoint_take(held.txn, &header, &entry, &held.found);
        held_commit(&held);
        if ((held.found.count > 0) != cases[i].is_newer) {
            fail_msg("case %zu", i);
        }
    }
    assert_true(endpoint_find(&held.store, NULL, division_of(CITY_CODE), &found));
    assert_string_equal(found.link, said.link);
    buf_free(&body);
    findings_free(&held.found);
    held_end(&held);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_key_that_is_none_is_damage),
        STORY(a_place_that_says_nothing_is_damage),
        STORY(a_log_with_a_gap_is_told_of_as_it_comes_again),
        STORY(what_was_held_at_its_gap_comes_again_from_there),
        STORY(a_position_is_within_behind_or_of_another_branch),
        STORY(a_position_that_cannot_be_read_tells_nothing),
        STORY(the_newest_word_about_an_address_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
