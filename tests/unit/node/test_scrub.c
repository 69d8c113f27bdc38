/* What is held is read again, on a real root node over a store in memory: newest first, each block
 * once, across a restart; and whose fault it is that a block does not hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/core/damage.h"
#include "node/core/node_struct.h"
#include "node/core/turn.h"
#include "replicator/log/sealing.h"
#include "tests/harness/commit.h"
#include "tests/unit/node/office.h"

enum { BUDGETS = 40 };

static void step(struct office *office)
{
    bool busy = true;
    struct err err;

    for (int turns = 0; busy; turns++) {
        assert_true(turns < 100);
        assert_int_equal(node_step(office->node, &busy, &err), OK);
    }
}

static struct scrub_progress progress_of(const struct office *office)
{
    struct scrub_progress progress;

    scrub_progress(office->node, &progress);
    return progress;
}

static bool count_block(void *arg, const struct block_view *block)
{
    (void)block;
    ++*(uint64_t *)arg;
    return true;
}

static uint64_t blocks_held(const struct office *office)
{
    uint64_t count = 0;
    struct err err;

    assert_int_equal(
        log_scan(&office->store, NULL, division_of("540000"), 1, count_block, &count, &err), OK);
    return count;
}

/* Two documents a turn, in one block; the lsn of the first turn's last. */
static uint64_t write_blocks(struct office *office, int turns)
{
    uint64_t first = 0;

    for (int i = 0; i < turns; i++) {
        struct work work = {.atomic = true};
        char ids[2][16];

        for (int j = 0; j < 2; j++) {
            (void)snprintf(ids[j], sizeof ids[j], "B%d-%d-%d", (int)blocks_held(office), i, j);
            work_add_budget(&work, ids[j], "5");
        }
        office_submit(office, &work);
        work_want_all(&work, SUBMIT_ACCEPTED);
        first = first == 0 ? office_position(office).lsn : first;
    }
    return first;
}

/* What the store holds of the block with this lsn is another from now on. */
static void put_block(const struct office *office, struct bytes whole)
{
    struct txn *txn = txn_open(&office->store, NULL);
    struct buf key = BUF_EMPTY;
    struct block_view block;
    struct err err;

    assert_int_equal(block_parse(&block, whole, &err), OK);
    log_block_key(&key, block.header.author, block.header.epoch, block.header.first_lsn);
    (void)txn_put(txn, SPACE_BLOCKS, buf_bytes(&key), whole);
    commit_txn(&office->store, office->node->fence, txn);
    txn_free(txn);
    buf_free(&key);
}

enum harm { ROOT_OF_OTHERS, BODY_ALTERED };

/* The author signs a block whose header names other entries, or a sector goes bad. */
static void harm(const struct office *office, uint64_t lsn, enum harm how)
{
    struct buf held = BUF_EMPTY, other = BUF_EMPTY;
    struct block_view block;
    struct err err;

    assert_int_equal(
        log_read_block(&office->store, NULL, division_of("540000"), lsn, &held, &block, &err), OK);
    assert_false(block_implies_root(&block.header));
    if (how == ROOT_OF_OTHERS) {
        block.header.entries_root.at[3] ^= 1;
        (void)block_seal(&other, &block.header, block.body, &office->trust.tree, &office->key);
    } else {
        buf_append_bytes(&other, block.whole);
        other.data[other.size - 5] ^= 1;
    }
    put_block(office, buf_bytes(&other));
    buf_free(&held);
    buf_free(&other);
}

static const struct alarm *alarm_of(const struct office *office, enum alarm_code code)
{
    const struct alarms *alarms = node_alarms(office->node);

    for (size_t i = 0; i < alarms_count(alarms); i++) {
        if (alarms_at(alarms, i)->code == code) {
            return alarms_at(alarms, i);
        }
    }
    return NULL;
}

static void restart(struct office *office)
{
    node_hurry(office->node);
    step(office);
    office_reopen(office);
}

static void the_newest_are_read_first_and_each_once(void **state)
{
    struct office *office = office_open(false);
    char want[128];
    uint64_t before, oldest, all;

    (void)state;
    office->hand.now_ms += SCRUB_REST_MS;
    step(office);
    before = progress_of(office).blocks;
    assert_int_equal(before, blocks_held(office)); /* its grants */
    assert_int_equal(progress_of(office).entries_left, 0);

    oldest = write_blocks(office, BUDGETS);
    all = blocks_held(office);
    harm(office, oldest, ROOT_OF_OTHERS);
    assert_int_equal(progress_of(office).entries_left, 2 * BUDGETS);
    office->hand.now_ms += SCRUB_REST_MS;
    step(office);
    assert_int_equal(progress_of(office).blocks, before + SCRUB_BLOCKS_MAX);
    assert_null(alarm_of(office, ALARM_ENTRIES_DIFFER)); /* the oldest waits */

    restart(office); /* goes on where it was */
    assert_int_equal(progress_of(office).blocks, before + SCRUB_BLOCKS_MAX);
    office->hand.now_ms += SCRUB_PAUSE_MS;
    step(office);
    assert_int_equal(progress_of(office).blocks, all);
    assert_int_equal(progress_of(office).entries_left, 0);
    assert_int_equal(progress_of(office).faults, 1);
    assert_non_null(alarm_of(office, ALARM_ENTRIES_DIFFER));
    message_format(want, sizeof want, "entries_not_as_signed author=540000 lsn=%d last=%d",
                   (int)oldest - 1, (int)oldest);
    assert_string_equal(alarm_of(office, ALARM_ENTRIES_DIFFER)->message, want);

    restart(office); /* what was read stays read */
    office->hand.now_ms += SCRUB_ROW_MS;
    step(office);
    assert_int_equal(progress_of(office).blocks, all);
    assert_int_equal(alarm_of(office, ALARM_ENTRIES_DIFFER)->count, 1);
    office_close(office);
}

/* While the old ones are read, what comes goes before them. */
static void what_comes_goes_before_what_is_older(void **state)
{
    struct office *office = office_open(false);
    uint64_t newest;

    (void)state;
    (void)write_blocks(office, 2 * BUDGETS);
    office->hand.now_ms += SCRUB_REST_MS;
    step(office);
    assert_true(progress_of(office).entries_left > SCRUB_BLOCKS_MAX);
    newest = write_blocks(office, 1);
    harm(office, newest, ROOT_OF_OTHERS);
    office->hand.now_ms += SCRUB_PAUSE_MS;
    step(office);
    assert_non_null(alarm_of(office, ALARM_ENTRIES_DIFFER));
    assert_true(progress_of(office).entries_left > 0);
    for (int i = 0; i < 3; i++) {
        office->hand.now_ms += SCRUB_PAUSE_MS;
        step(office);
    }
    assert_int_equal(progress_of(office).blocks, blocks_held(office));
    assert_true(progress_of(office).through_unix_ms != 0);
    office_close(office);
}

/* Between two pieces of work there is no rest: a slice once in SCRUB_BUSY_MS, and all the others
 * when nothing came for a while. */
static void under_load_it_waits(void **state)
{
    struct office *office = office_open(false);
    uint64_t begun_ms, before;

    (void)state;
    (void)write_blocks(office, 3 * BUDGETS);
    office->hand.now_ms += SCRUB_REST_MS;
    step(office);
    before = progress_of(office).blocks;
    begun_ms = office->hand.now_ms;
    while (office->hand.now_ms + SCRUB_PAUSE_MS / 2 < begun_ms + SCRUB_BUSY_MS) {
        office->hand.now_ms += SCRUB_PAUSE_MS / 2;
        (void)write_blocks(office, 1);
        step(office);
        assert_int_equal(progress_of(office).blocks, before);
    }
    office->hand.now_ms = begun_ms + SCRUB_BUSY_MS;
    assert_true(node_next_tick(office->node) <= office->hand.now_ms);
    (void)write_blocks(office, 1);
    assert_int_equal(progress_of(office).blocks, before + SCRUB_BLOCKS_MAX);

    before = progress_of(office).blocks;
    assert_int_equal(scrub_next_tick(office->node), office->hand.now_ms + SCRUB_PAUSE_MS);
    office->hand.now_ms += SCRUB_PAUSE_MS;
    step(office);
    assert_int_equal(progress_of(office).blocks, before + SCRUB_BLOCKS_MAX);
    office_close(office);
}

/* What this store holds wrong accuses no author. */
static void a_bad_sector_is_no_fault_of_the_author(void **state)
{
    struct office *office = office_open(false);

    (void)state;
    harm(office, write_blocks(office, 1), BODY_ALTERED);
    office->hand.now_ms += SCRUB_REST_MS;
    step(office);
    assert_null(alarm_of(office, ALARM_ENTRIES_DIFFER));
    assert_non_null(alarm_of(office, ALARM_CORRUPT));
    assert_int_equal(progress_of(office).faults, 0);
    office_close(office);
}

/* --- round after round --- */

static void pass_round(struct office *office, uint64_t rounds)
{
    for (int i = 0; progress_of(office).rounds < rounds; i++) {
        assert_true(i < 1000);
        office->hand.now_ms += SCRUB_AGAIN_MS;
        step(office);
    }
    assert_int_equal(progress_of(office).entries_left, 0);
    assert_string_equal(progress_of(office).reads, "");
}

/* A day after the end of one round all of it is read again, and what comes meanwhile is read at
 * once; it begins no round, and puts none off. */
static void all_is_read_again_for_ever(void **state)
{
    struct office *office = office_open(false);
    uint64_t rows, blocks;

    (void)state;
    (void)write_blocks(office, BUDGETS);
    pass_round(office, 1);
    rows = progress_of(office).rows;
    blocks = progress_of(office).blocks;
    assert_int_equal(blocks, blocks_held(office));
    assert_true(rows > blocks);

    office->hand.now_ms += SCRUB_ROUND_MS / 2;
    (void)write_blocks(office, 1);
    office->hand.now_ms += SCRUB_REST_MS;
    step(office);
    assert_int_equal(progress_of(office).blocks, blocks + 1);
    assert_int_equal(progress_of(office).rounds, 1);

    office->hand.now_ms += SCRUB_ROUND_MS / 2;
    office_reopen(office);
    pass_round(office, 2);
    assert_int_equal(progress_of(office).blocks, blocks + 1 + blocks_held(office));
    assert_true(progress_of(office).rows > 2 * rows);
    office_close(office);
}

/* An author's fault is one, however often it is read. */
static void a_fault_is_counted_once(void **state)
{
    struct office *office = office_open(false);

    (void)state;
    harm(office, write_blocks(office, 1), ROOT_OF_OTHERS);
    pass_round(office, 1);
    assert_int_equal(progress_of(office).faults, 1);
    office->hand.now_ms += SCRUB_ROUND_MS;
    pass_round(office, 2);
    assert_int_equal(progress_of(office).faults, 1);
    office_close(office);
}

/* --- a store that is damaged ends the run, where its owner mends it --- */

static struct store_ops behind;
static enum store_space unreadable;

static enum status scan_harmed(void *self, struct store_snapshot *snapshot, enum store_space space,
                               struct bytes prefix, struct bytes from, store_visit_fn *visit,
                               void *arg, struct err *err)
{
    return space == unreadable ? err_set(err, ERR_CORRUPT, "store_damaged directory=x said=y")
                               : behind.scan(self, snapshot, space, prefix, from, visit, arg, err);
}

static enum status run_to_its_end(struct office *office, struct err *err)
{
    enum status status = OK;

    for (int i = 0; i < 1000 && status == OK; i++) {
        bool busy;

        office->hand.now_ms += SCRUB_PAUSE_MS;
        status = node_step(office->node, &busy, err);
    }
    return status;
}

static void what_is_damaged_ends_the_run_of_who_heals(void **state)
{
    static const enum store_space derived[] = {SPACE_LEDGER, SPACE_INDEX, SPACE_ROLLUPS,
                                               SPACE_COSIGN};
    struct err err;

    (void)state;
    for (size_t i = 0; i <= COUNT_OF(derived); i++) {
        struct office *office = office_open(false);
        struct store_ops harmed_ops = *office->store.ops;
        const uint64_t lsn = write_blocks(office, 1);

        office->config.heals = true;
        behind = *office->store.ops;
        if (i < COUNT_OF(derived)) {
            harmed_ops.scan = scan_harmed;
            unreadable = derived[i];
            office_reopen(office);
            office->node->store.ops = &harmed_ops;
        } else {
            harm(office, lsn, BODY_ALTERED);
            office_reopen(office);
        }
        assert_int_equal(run_to_its_end(office, &err), ERR_CORRUPT);
        assert_non_null(strstr(err.text, "store_found_damaged"));
        assert_true(node_is_damaged(office->node));
        assert_int_equal(node_ready(office->node), ERR_CORRUPT);
        office->node->store.ops = office->store.ops;
        office_close(office);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_read_first_and_each_once),
        cmocka_unit_test(what_comes_goes_before_what_is_older),
        cmocka_unit_test(under_load_it_waits),
        cmocka_unit_test(a_bad_sector_is_no_fault_of_the_author),
        cmocka_unit_test(all_is_read_again_for_ever),
        cmocka_unit_test(a_fault_is_counted_once),
        cmocka_unit_test(what_is_damaged_ends_the_run_of_who_heals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
