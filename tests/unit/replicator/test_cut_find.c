/* test_cut_find - is a log to be taken back, and up to where does it stay? Asked of logs, pairs and
 * rosters of every kind, of the own log, of one from below and of one from above. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicator/log/cut.h"
#include "replicator/log/fork_pair.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "tests/unit/replicator/held.h"

enum { HELD = 5 }; /* blocks of one entry; the fourth and fifth make one */

static struct held held;
static struct hash hashes[HELD + 1];

static const char *const selves[] = {
    [HELD_NOT] = ROOT_CODE,
    [HELD_OWN] = CITY_CODE,
    [HELD_BELOW] = ROOT_CODE,
    [HELD_ABOVE] = COUNTY_CODE,
};

static void begin(void **state, enum held_side side)
{
    struct piece last = {.first_lsn = 4, .count = 2};
    struct buf whole = BUF_EMPTY;

    held_begin(&held, *state, selves[side], side);
    held_fill(&held, hashes, 3);
    last.prev = last.aud_prev = hashes[3];
    hashes[5] = hashes[4] = held_write(&held, &last, &whole);
    held_stage(&held, buf_bytes(&whole), &hashes[5], true);
    buf_free(&whole);
}

/* Two blocks at `lsn`, as evidence keeps them: of which one is held, and the other begins later. */
static void fork_at(uint64_t lsn, uint32_t epoch)
{
    struct piece other = {.first_lsn = lsn, .text = "other", .epoch = epoch};
    struct buf whole = BUF_EMPTY, whole_other = BUF_EMPTY;
    struct fork_pair pair;
    struct block_view block, view;

    (void)held_write(&held, &(struct piece){.first_lsn = lsn + 1, .epoch = epoch}, &whole);
    (void)held_write(&held, &other, &whole_other);
    assert_int_equal(block_parse(&block, buf_bytes(&whole), &held.err), OK);
    assert_int_equal(block_parse(&view, buf_bytes(&whole_other), &held.err), OK);
    pair = (struct fork_pair){
        .block = block.whole, .other = view.whole, .other_body_size = view.header.body_size};
    fork_pair_put(held.txn, &block.header, &pair);
    heads_note_fork(held.log, epoch);
    held_commit(&held);
    buf_free(&whole);
    buf_free(&whole_other);
}

static void put_cut_row(bool is_made, uint32_t epoch, size_t size)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u8(&key, META_CUT);
    division_write(&key, division_of(CITY_CODE));
    buf_put_u8(&value, is_made);
    buf_put_u32(&value, epoch);
    buf_put_u64(&value, 1);
    (void)txn_put(held.txn, SPACE_META, buf_bytes(&key), bytes_of(value.data, size));
    held_commit(&held);
    buf_free(&key);
    buf_free(&value);
}

static void where_a_log_stays_for_a_recovery(void **state)
{
    static const struct {
        const char *name;
        enum held_side side;
        uint64_t base;
        bool other_hash;
        uint64_t forked_at; /* 0: no pair is kept */
        uint32_t forked_epoch;
        uint32_t made; /* for this epoch the log was left already; 0: never */
        bool is_cut;
        uint64_t lsn;
    } cases[] = {
        {"held beyond it", HELD_BELOW, 2, false, 0, 0, 0, true, 2},
        {"held up to it", HELD_BELOW, 5, false, 0, 0, 0, false, 5},
        {"as long, of another branch", HELD_BELOW, 5, true, 0, 0, 0, true, 0},
        {"another branch, nothing common known", HELD_BELOW, 2, true, 0, 0, 0, true, 0},
        {"it lies in a block", HELD_BELOW, 4, false, 0, 0, 0, true, 0},
        {"held less than it", HELD_BELOW, 9, false, 0, 0, 0, false, 5},
        {"held less, and of the branch that goes", HELD_BELOW, 9, false, 3, 1, 0, true, 2},
        {"another branch, the first two are common", HELD_BELOW, 5, true, 3, 1, 0, true, 2},
        {"the fork is behind the base", HELD_BELOW, 2, true, 4, 1, 0, true, 0},
        {"the fork is at the base", HELD_BELOW, 3, false, 3, 1, 0, true, 3},
        {"the fork is of the epoch that recovers", HELD_BELOW, 9, false, 3, 2, 0, false, 5},
        {"the branch was left already", HELD_BELOW, 9, false, 3, 1, 2, false, 5},
        {"another was left for an epoch before", HELD_BELOW, 9, false, 3, 1, 1, true, 2},
        {"begun anew", HELD_BELOW, 0, false, 0, 0, 0, true, 0},
        {"held beyond it, from above", HELD_ABOVE, 2, false, 0, 0, 0, true, 2},
        {"another branch, from above", HELD_ABOVE, 2, true, 0, 0, 0, true, 0},
        {"up to it, from above", HELD_ABOVE, 5, false, 0, 0, 0, false, 5},
        {"own, beyond it", HELD_OWN, 2, false, 0, 0, 0, true, 2},
        {"own, up to it", HELD_OWN, 5, false, 0, 0, 0, false, 5},
        {"own, less: it is looked at once", HELD_OWN, 9, false, 0, 0, 0, true, 5},
        {"own, less, and was looked at", HELD_OWN, 9, false, 0, 0, 2, false, 5},
        {"own, up to it, and forked before", HELD_OWN, 5, false, 3, 1, 0, true, 5},
        {"own, forked, and was looked at", HELD_OWN, 5, false, 3, 1, 2, false, 5},
        {"own, forked in the epoch that recovers", HELD_OWN, 5, false, 3, 2, 0, false, 5},
        {"own, as long, of another branch", HELD_OWN, 5, true, 0, 0, 0, true, 0},
        {"of whom nothing is kept", HELD_NOT, 2, false, 0, 0, 0, false, 5},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hash base;
        struct cut cut;
        bool is_cut;

        begin(state, cases[i].side);
        base = cases[i].base <= HELD ? hashes[cases[i].base] : hashes[1];
        base.at[0] ^= cases[i].other_hash;
        if (cases[i].forked_at != 0) {
            fork_at(cases[i].forked_at, cases[i].forked_epoch);
        }
        if (cases[i].made != 0) {
            put_cut_row(true, cases[i].made, 13);
        }
        held_recover(&held, 2, cases[i].base, &base);
        assert_false(cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log));
        held_confirm(&held, 2); /* nothing goes before */
        is_cut = cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log);
        if (is_cut != cases[i].is_cut || cut.lsn != cases[i].lsn || (is_cut && cut.epoch != 2) ||
            txn_status(held.txn, &held.err) != OK) {
            fail_msg("%s: %d, %llu", cases[i].name, is_cut, (unsigned long long)cut.lsn);
        }
        held_end(&held);
    }
}

/* A log from above has only what is addressed to this node: the block that ends at the base need
 * not be among it. */
static void a_base_that_is_not_addressed_here_is_believed(void **state)
{
    struct piece far = {.first_lsn = 9, .seq = 6};
    struct buf whole = BUF_EMPTY;
    struct hash hash;
    struct cut cut;

    begin(state, HELD_ABOVE);
    far.aud_prev = hashes[5];
    hash = held_write(&held, &far, &whole);
    held_stage(&held, buf_bytes(&whole), &hash, true);
    held_recover(&held, 2, 7, &hashes[1]);
    held_confirm(&held, 2);
    assert_true(cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log));
    assert_int_equal(cut.lsn, 7);
    fork_at(3, 1);
    assert_true(cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log));
    assert_int_equal(cut.lsn, 2); /* up to where both branches are one */
    buf_free(&whole);
    held_end(&held);
}

static void what_cannot_be_checked_is_not_the_base(void **state)
{
    struct piece piece = {.first_lsn = 2, .key = OTHER};
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;
    struct cut cut;

    begin(state, HELD_BELOW);
    (void)held_write(&held, &piece, &whole); /* not signed by the city */
    log_block_key(&key, division_of(CITY_CODE), 1, 2);
    (void)txn_put(held.txn, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
    held_commit(&held);
    held_recover(&held, 2, 2, &hashes[2]);
    held_confirm(&held, 2);
    assert_true(cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log));
    assert_int_equal(cut.lsn, 0);
    buf_free(&whole);
    buf_free(&key);
    held_end(&held);
}

/* Of two recoveries the lower base; one that is refused is none. */
static void every_recovery_that_counts_is_looked_at(void **state)
{
    struct cut cut;

    begin(state, HELD_BELOW);
    held_recover(&held, 2, 2, &hashes[2]);
    held_recover(&held, 3, 1, &hashes[1]); /* below the one before it: refused */
    held_recover(&held, 4, 3, &hashes[3]);
    held_confirm(&held, 4);
    assert_true(cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log));
    assert_int_equal(cut.lsn, 2);
    assert_int_equal(cut.epoch, 4);
    held_end(&held);
}

/* A row that cannot be read is no row that says that the log was left. */
static void a_row_that_says_nothing_fails_the_turn(void **state)
{
    struct cut cut;

    for (size_t size = 0; size < 13; size++) {
        begin(state, HELD_BELOW);
        put_cut_row(true, 2, size);
        held_recover(&held, 2, 2, &hashes[2]);
        held_confirm(&held, 2);
        (void)cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log);
        assert_int_equal(txn_status(held.txn, &held.err), ERR_CORRUPT);
        assert_int_equal(cut_waiting(&cut, &held.store, &held.err), ERR_CORRUPT);
        held_end(&held);
    }
    begin(state, HELD_BELOW);
    put_cut_row(false, 2, 13); /* it waits to be made */
    held_recover(&held, 2, 2, &hashes[2]);
    held_confirm(&held, 2);
    assert_true(cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log));
    assert_int_equal(cut_waiting(&cut, &held.store, &held.err), OK);
    held_end(&held);
}

/* The same where the pair cannot be read. */
static void a_pair_that_says_nothing_fails_the_turn(void **state)
{
    struct buf key = BUF_EMPTY;
    struct cut cut;

    begin(state, HELD_BELOW);
    fork_at(3, 1);
    buf_put_u8(&key, META_FORK);
    division_write(&key, division_of(CITY_CODE));
    buf_put_u32(&key, 1);
    (void)txn_put(held.txn, SPACE_META, buf_bytes(&key), bytes_text("none"));
    held_commit(&held);
    held_recover(&held, 2, 9, &hashes[2]);
    held_confirm(&held, 2);
    (void)cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log);
    assert_int_equal(txn_status(held.txn, &held.err), ERR_CORRUPT);
    buf_free(&key);
    held_end(&held);
}

/* Where an ancestor ended an epoch, its log ends, but for its author's own. */
static void a_log_goes_back_to_where_its_epoch_was_ended(void **state)
{
    static const struct {
        enum held_side side;
        uint64_t lsn;
        bool is_cut;
    } cases[] = {
        {HELD_BELOW, 2, true}, {HELD_BELOW, 5, false}, {HELD_BELOW, 9, false},
        {HELD_BELOW, 0, true}, {HELD_OWN, 2, false},   {HELD_ABOVE, 2, true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct revocation word = {.by = division_of(ROOT_CODE),
                                  .said_lsn = 1,
                                  .division = division_of(CITY_CODE),
                                  .first_epoch = 1,
                                  .last_epoch = 1,
                                  .epoch = cases[i].lsn != 0,
                                  .lsn = cases[i].lsn};
        struct cut cut;
        bool changed;

        begin(state, cases[i].side);
        word.hash = hashes[cases[i].lsn <= HELD ? cases[i].lsn : 0];
        assert_int_equal(roster_revoke(held.world->roster, &word, &changed, &held.err), OK);
        if (cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log) != cases[i].is_cut ||
            (cases[i].is_cut && (cut.lsn != cases[i].lsn || cut.epoch != 2))) {
            fail_msg("case %zu: %llu", i, (unsigned long long)cut.lsn);
        }
        held_end(&held);
    }
}

static void of_nothing_nothing_goes(void **state)
{
    struct held_log nobody = {
        .author = division_of("549999"), .side = HELD_BELOW, .durable = {.epoch = 1, .lsn = 5}};
    struct held_log empty = {.author = division_of(CITY_CODE), .side = HELD_BELOW};
    struct cut cut;

    begin(state, HELD_BELOW);
    held_recover(&held, 2, 0, &hashes[0]);
    held_confirm(&held, 2);
    assert_false(cut_find(&cut, held.txn, &held.logs, held.world->roster, &nobody));
    assert_false(cut_find(&cut, held.txn, &held.logs, held.world->roster, &empty));
    assert_true(cut_find(&cut, held.txn, &held.logs, held.world->roster, held.log));
    held_end(&held);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, said_set_up, said_tear_down)
    const struct CMUnitTest tests[] = {
        STORY(where_a_log_stays_for_a_recovery),
        STORY(a_base_that_is_not_addressed_here_is_believed),
        STORY(what_cannot_be_checked_is_not_the_base),
        STORY(every_recovery_that_counts_is_looked_at),
        STORY(a_row_that_says_nothing_fails_the_turn),
        STORY(a_pair_that_says_nothing_fails_the_turn),
        STORY(a_log_goes_back_to_where_its_epoch_was_ended),
        STORY(of_nothing_nothing_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
