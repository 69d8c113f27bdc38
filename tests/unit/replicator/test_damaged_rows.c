/* Rows of a log whose bytes are sound for the engine and say nothing: under a key that is none, at
 * another's place, without what they are about. Whoever reads them is told, and nothing is staged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/log/arrivals.h"
#include "replicator/log/aside.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "tests/harness/identities.h"

static struct scene {
    struct store store;
    uint64_t fence;
    struct trust trust;
    struct buf row;
} scene;

static int set_up(void **state)
{
    struct err err;

    (void)state;
    memset(&scene, 0, sizeof scene);
    trust_generate(&scene.trust);
    store_memory_open(&scene.store);
    return scene.store.ops->claim(scene.store.self, &scene.fence, &err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    scene.store.ops->close(scene.store.self);
    buf_free(&scene.row);
    return 0;
}

static void put_row(enum store_space space, struct bytes key, struct bytes value)
{
    const struct change change = {space, key, value};
    const struct batch batch = {&change, 1};

    commit_batch(&scene.store, scene.fence, &batch);
}

/* --- the order of arrival --- */

static bool count_run(void *arg, const struct arrival_run *run)
{
    (void)run;
    ++*(size_t *)arg;
    return true;
}

static void expect_damaged(const char *name)
{
    struct txn *txn = txn_open(&scene.store, NULL);
    const struct arrival_mark at = {1, 7};
    struct arrival_mark end;
    struct arrival_run run;
    size_t runs = 0;
    struct err err;

    if (arrivals_end(&scene.store, NULL, &end, &err) != ERR_CORRUPT ||
        arrivals_check(&scene.store, NULL, &at, &err) != ERR_CORRUPT ||
        arrivals_at(&scene.store, NULL, 1, &run, &err) != ERR_CORRUPT ||
        arrivals_scan(&scene.store, NULL, 0, count_run, &runs, &err) != ERR_CORRUPT ||
        arrivals_take_back(&scene.store, txn, division_of("R"), 0, &err) != ERR_CORRUPT) {
        fail_msg("%s: nobody is told", name);
    }
    assert_int_equal(runs, 0);
    assert_int_equal(txn_changes(txn), 0);
    txn_free(txn);
}

static void an_arrival_that_says_nothing_is_told(void **state)
{
    static const uint8_t good_key[9] = {HEADS_ARRIVAL, 0, 0, 0, 0, 0, 0, 0, 1},
                         none[9] = {HEADS_ARRIVAL},
                         good[] = {0, 0, 0, 0, 0, 0, 0, 7, 'R', 0, 0, 0, 0, 0, 0, 0, 0, 1, 1},
                         no_count[] = {0, 0, 0, 0, 0, 0, 0, 7, 'R', 0,
                                       0, 0, 0, 0, 0, 0, 0, 1, 0,   'R'};
    static const struct {
        const char *name;
        struct bytes key, value;
    } cases[] = {
        {"no run", {good_key, 9}, {good, 8}},
        {"half a mark", {good_key, 9}, {good, 4}},
        {"half an author", {good_key, 9}, {good, 12}},
        {"no count", {good_key, 9}, {good, 18}},
        {"a run of nothing", {good_key, 9}, {no_count, 20}},
        {"before the first", {none, 9}, {good, 19}},
        {"a key that is shorter", {good_key, 8}, {good, 19}},
    };
    struct arrival_mark end = {1, 7};
    size_t runs = 0;
    struct err err;

    (void)state;
    assert_int_equal(arrivals_scan(&scene.store, NULL, 0, count_run, &runs, &err), OK);
    assert_int_equal(runs, 0); /* nothing came yet */
    assert_int_equal(arrivals_check(&scene.store, NULL, &end, &err), ERR_NOT_FOUND);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        put_row(SPACE_HEADS, cases[i].key, cases[i].value);
        expect_damaged(cases[i].name);
        put_row(SPACE_HEADS, cases[i].key, (struct bytes){NULL, 0});
    }
    put_row(SPACE_HEADS, bytes_of(good_key, 9), bytes_of(good, 19));
    assert_int_equal(arrivals_end(&scene.store, NULL, &end, &err), OK);
    assert_true(end.position == 1 && end.mark == 7);
    assert_int_equal(arrivals_check(&scene.store, NULL, &end, &err), OK);
    end.mark = 8;
    assert_int_equal(arrivals_check(&scene.store, NULL, &end, &err), ERR_FORK);
}

static void put_runs(uint64_t position, const uint8_t *runs, size_t size)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u8(&key, HEADS_ARRIVAL);
    buf_put_u64(&key, position);
    buf_put_u64(&value, 7); /* its mark */
    buf_append(&value, runs, size);
    put_row(SPACE_HEADS, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

/* Up to the damage a row tells what came; behind it, and of the rows that follow, nothing is told.
 */
static void what_comes_behind_damage_is_not_told(void **state)
{
    static const uint8_t runs[] = {'R', 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 'K', '1'};
    struct arrival_run run;
    size_t count = 0;
    struct err err;

    (void)state;
    put_runs(1, runs, sizeof runs); /* two entries of R, and a part of a run */
    assert_int_equal(arrivals_at(&scene.store, NULL, 2, &run, &err), OK);
    assert_int_equal(run.count, 2);
    assert_int_equal(arrivals_at(&scene.store, NULL, 3, &run, &err), ERR_CORRUPT);
    put_runs(1, runs, sizeof runs - 2);
    assert_int_equal(arrivals_at(&scene.store, NULL, 3, &run, &err), ERR_NOT_FOUND);
    put_runs(3, runs, 0);
    assert_int_equal(arrivals_scan(&scene.store, NULL, 0, count_run, &count, &err), ERR_CORRUPT);
    assert_int_equal(count, 1);
}

/* A log that is taken back into a run takes a part of it. */
static void a_run_is_taken_back_in_part(void **state)
{
    static const uint8_t runs[] = {'R', 0, 0, 0, 0, 0, 0, 0, 0, 1, 4};
    struct txn *txn = txn_open(&scene.store, NULL);
    struct arrival_run run;
    struct err err;

    (void)state;
    put_runs(1, runs, sizeof runs);
    assert_int_equal(arrivals_take_back(&scene.store, txn, division_of("R"), 3, &err), OK);
    commit_txn(&scene.store, scene.fence, txn);
    assert_int_equal(arrivals_at(&scene.store, NULL, 3, &run, &err), OK);
    assert_int_equal(run.count, 3);
    assert_int_equal(arrivals_at(&scene.store, NULL, 4, &run, &err), ERR_NOT_FOUND);
    txn_free(txn);
}

/* --- blocks --- */

static void write_block(const char *author, uint64_t first_lsn)
{
    const struct entry entry = {.lsn = first_lsn,
                                .time_ms = 1,
                                .kind = KIND_USER_FIRST,
                                .format = 1,
                                .body = bytes_text("said")};
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .audience = {AUDIENCE_LINE, division_of(author)},
                                  .author = division_of(author),
                                  .epoch = 1,
                                  .count = 1,
                                  .first_lsn = first_lsn,
                                  .aud_seq = first_lsn};

    (void)block_of_entries(&scene.row, &header, &entry, &scene.trust.tree, &scene.trust.key);
}

static void put_block(uint32_t epoch, uint64_t first_lsn)
{
    struct buf key = BUF_EMPTY;

    log_block_key(&key, division_of("R"), epoch, first_lsn);
    put_row(SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&scene.row));
    buf_free(&key);
}

static bool count_block(void *arg, const struct block_view *block)
{
    (void)block;
    ++*(size_t *)arg;
    return true;
}

/* `before` blocks come before the fault; where `lsn` would lie nothing can be read. */
static void expect_log(const char *name, enum status status, size_t before, uint64_t lsn,
                       const char *why)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    size_t blocks = 0;
    struct err err = {OK, ""};

    if (log_scan(&scene.store, NULL, division_of("R"), 1, count_block, &blocks, &err) != status ||
        blocks != before || strstr(err.text, why) == NULL) {
        fail_msg("%s: %zu blocks, \"%s\"", name, blocks, err.text);
    }
    assert_int_equal(
        log_read_block(&scene.store, NULL, division_of("R"), lsn, &whole, &block, &err), status);
    buf_free(&whole);
}

static void a_block_at_anothers_place_is_told(void **state)
{
    (void)state;
    write_block("R", 1);
    put_block(1, 1);
    write_block("R", 3);
    put_block(1, 2);
    expect_log("of another lsn", ERR_CORRUPT, 1, 2, "block_misplaced");
    write_block("C1", 2);
    put_block(1, 2);
    expect_log("of another author", ERR_CORRUPT, 1, 2, "block_misplaced");
    buf_clear(&scene.row);
    put_block(1, 2);
    expect_log("of nothing", ERR_CORRUPT, 1, 2, "in_block");
    write_block("R", 2);
    put_block(1, 2);
    expect_log("its own", OK, 2, 2, "");
    write_block("R", 3);
    put_block(2, 3); /* says that it is of epoch 1 */
    expect_log("of another epoch", ERR_CORRUPT, 2, 3, "block_misplaced");
}

static void a_key_that_is_none_is_told(void **state)
{
    struct buf key = BUF_EMPTY;

    (void)state;
    write_block("R", 1);
    put_block(1, 1);
    write_block("R", 2);
    log_block_key(&key, division_of("R"), 1, 2);
    buf_put_u8(&key, 0); /* one byte more */
    put_row(SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&scene.row));
    expect_log("longer", ERR_CORRUPT, 1, 3, "block_key_damaged");
    buf_free(&key);
}

/* The key of the first block of a log is read for its epoch. */
static void a_first_key_that_is_none_is_told(void **state)
{
    struct buf key = BUF_EMPTY;

    (void)state;
    write_block("R", 1);
    log_block_key(&key, division_of("R"), 1, 1);
    put_row(SPACE_BLOCKS, bytes_of(key.data, key.size - 1), buf_bytes(&scene.row));
    expect_log("shorter", ERR_CORRUPT, 0, 1, "block_key_damaged");
    buf_free(&key);
}

/* Up to where an epoch counts stands in the grant of the next one. */
static void a_grant_that_says_nothing_is_told(void **state)
{
    struct buf key = BUF_EMPTY;

    (void)state;
    write_block("R", 1);
    put_block(1, 1);
    write_block("R", 2);
    put_block(2, 2);
    buf_put_u8(&key, META_GRANT);
    division_write(&key, division_of("R"));
    buf_put_u32(&key, 2);
    put_row(SPACE_META, buf_bytes(&key), bytes_text("noise"));
    expect_log("the grant of epoch 2", ERR_CORRUPT, 0, 1, "");
    buf_free(&key);
}

/* A block of a later version is no damage. */
static void a_block_of_a_later_version_asks_for_it(void **state)
{
    (void)state;
    write_block("R", 1);
    scene.row.data[0] = BLOCK_VERSION + 1;
    put_block(1, 1);
    expect_log("another version", ERR_NEEDS_UPGRADE, 0, 1, "in_block");
}

/* One entry stands as it is and is its own root: one that cannot be read has none. */
static void a_lone_entry_that_is_none_is_not_signed(void **state)
{
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .codec = CODEC_RAW,
                                  .audience = {AUDIENCE_LINE, division_of("R")},
                                  .author = division_of("R"),
                                  .epoch = 1,
                                  .count = 1,
                                  .first_lsn = 1,
                                  .aud_seq = 1};
    struct sign_key key;
    struct block_view block;
    struct hash hash;
    struct err err;

    (void)state;
    sign_key_generate(&key);
    header.raw_size = header.body_size = 3;
    buf_clear(&scene.row);
    (void)block_seal(&scene.row, &header, bytes_text("\xff\xff\xff"), &scene.trust.tree, &key);
    assert_int_equal(block_parse(&block, buf_bytes(&scene.row), &err), OK);
    assert_int_equal(block_verify(&block, &scene.trust.tree, &key.public, &hash, &err),
                     ERR_MALFORMED);
    assert_int_equal(block_root(&hash, &block, &err), ERR_MALFORMED);
    assert_true(hash_equal(&hash, &HASH_ZERO));
}

/* --- what was put aside --- */

static void put_aside(const char *author, uint64_t first_lsn)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    write_block(author, first_lsn);
    buf_put_u8(&key, META_ASIDE);
    division_write(&key, division_of(author));
    buf_put_u32(&key, (uint32_t)(9 - first_lsn)); /* a later recovery took back more */
    buf_put_u64(&key, first_lsn);
    buf_put_u32(&value, 2);
    buf_append_bytes(&value, buf_bytes(&scene.row));
    put_row(SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

static void what_was_put_aside_is_summed_by_author(void **state)
{
    struct txn *txn = txn_open(&scene.store, NULL);
    struct aside_log *logs;
    size_t count;
    struct err err;

    (void)state;
    put_aside("C1", 4);
    put_aside("C1", 3);
    put_aside("C1", 5);
    put_aside("K1", 8);
    assert_int_equal(aside_logs(txn, &logs, &count, &err), OK);
    assert_int_equal(count, 2);
    assert_string_equal(logs[0].author.code, "C1");
    assert_true(logs[0].blocks == 3 && logs[0].entries == 3);
    assert_true(logs[0].first_lsn == 3 && logs[0].last_lsn == 5);
    assert_true(logs[1].first_lsn == 8 && logs[1].last_lsn == 8);
    mem_free(logs);
    txn_free(txn);
}

struct gone_over {
    size_t count, stop_at;
};

static bool go_over(void *arg, uint32_t recovery, const struct block_view *block)
{
    struct gone_over *gone_over = arg;

    assert_int_equal(recovery, 2);
    assert_string_equal(block->header.author.code, "C1");
    return ++gone_over->count != gone_over->stop_at;
}

static void one_log_of_what_was_put_aside_is_gone_over(void **state)
{
    static const uint8_t key[1 + DIVISION_CODE_MAX + 4 + 8] = {META_ASIDE, 'C', '1'};
    struct txn *txn = txn_open(&scene.store, NULL);
    struct gone_over gone_over = {0, 0};
    struct aside_log *logs;
    size_t count;
    struct err err;

    (void)state;
    put_aside("C1", 4);
    put_aside("C1", 3);
    put_aside("K1", 8);
    assert_int_equal(aside_each(txn, division_of("C1"), go_over, &gone_over, &err), OK);
    assert_int_equal(gone_over.count, 2);
    gone_over = (struct gone_over){0, 1};
    assert_int_equal(aside_each(txn, division_of("C1"), go_over, &gone_over, &err), OK);
    assert_int_equal(gone_over.count, 1);
    gone_over = (struct gone_over){0, 0};
    assert_int_equal(aside_each(txn, division_of("R"), go_over, &gone_over, &err), OK);
    assert_int_equal(gone_over.count, 0);
    put_row(SPACE_META, bytes_of(key, sizeof key), bytes_text("none"));
    txn_reset(txn);
    assert_int_equal(aside_each(txn, division_of("C1"), go_over, &gone_over, &err), ERR_CORRUPT);
    assert_int_equal(txn_status(txn, &err), ERR_CORRUPT);
    txn_reset(txn);
    assert_int_equal(aside_logs(txn, &logs, &count, &err), ERR_CORRUPT);
    assert_int_equal(txn_status(txn, &err), ERR_CORRUPT);
    mem_free(logs);
    txn_free(txn);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(an_arrival_that_says_nothing_is_told),
        STORY(what_comes_behind_damage_is_not_told),
        STORY(a_run_is_taken_back_in_part),
        STORY(a_block_at_anothers_place_is_told),
        STORY(a_key_that_is_none_is_told),
        STORY(a_first_key_that_is_none_is_told),
        STORY(a_grant_that_says_nothing_is_told),
        STORY(a_block_of_a_later_version_asks_for_it),
        STORY(a_lone_entry_that_is_none_is_not_signed),
        STORY(one_log_of_what_was_put_aside_is_gone_over),
        STORY(what_was_put_aside_is_summed_by_author),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
