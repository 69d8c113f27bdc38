/* Blocks and entries read back from a store: in order, over epochs, and never when damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/store/store_memory.h"
#include "replicator/log/sealing.h"
#include "replicator/store/row_letters.h"
#include "replicator/store/txn.h"
#include "replicator/trust/merkle.h"
#include "replicator/trust/roster.h"
#include "tests/harness/blocks.h"
#include "tests/harness/commit.h"
#include "tests/harness/identities.h"
#include "tests/unit/proto/block_sample.h"

struct world {
    struct store store;
    uint64_t fence;
    struct sign_key key;
    struct hash tree;
    struct division author;
    struct err err;
};

static int open_world(void **state)
{
    struct world *world = mem_zalloc(sizeof *world);

    store_memory_open(&world->store);
    sign_key_generate(&world->key);
    world->tree = key_fingerprint(&world->key.public);
    world->author = division_of("540121");
    *state = world;
    return world->store.ops->claim(world->store.self, &world->fence, &world->err) == OK ? 0 : -1;
}

static int close_world(void **state)
{
    struct world *world = *state;

    world->store.ops->close(world->store.self);
    mem_free(world);
    return 0;
}

static void put_row(struct world *world, enum store_space space, struct bytes key,
                    struct bytes value)
{
    const struct change change = {space, key, value};
    const struct batch batch = {&change, 1};

    commit_batch(&world->store, world->fence, &batch);
}

/* A block whose entries say "epoch.lsn". */
static void make_block(struct world *world, struct buf *whole, uint32_t epoch, uint64_t first_lsn,
                       uint32_t count)
{
    struct block_header header = {.version = BLOCK_VERSION,
                                  .suite = SUITE_ED25519_BLAKE2B,
                                  .audience = {AUDIENCE_LINE, world->author},
                                  .author = world->author,
                                  .epoch = epoch,
                                  .count = count,
                                  .first_lsn = first_lsn,
                                  .aud_seq = 1};
    struct entry entries[128];
    char text[COUNT_OF(entries)][40];

    assert_in_range(count, 1, COUNT_OF(entries));
    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(text[i], sizeof text[i], "%" PRIu32 ".%" PRIu64, epoch, first_lsn + i);
        entries[i] = (struct entry){.lsn = first_lsn + i,
                                    .kind = KIND_USER_FIRST,
                                    .format = 1,
                                    .body = bytes_text(text[i])};
    }
    (void)block_of_entries(whole, &header, entries, &world->tree, &world->key);
}

static void store_block(struct world *world, uint32_t epoch, uint64_t first_lsn, uint32_t count)
{
    struct buf whole = BUF_EMPTY, key = BUF_EMPTY;

    make_block(world, &whole, epoch, first_lsn, count);
    log_block_key(&key, world->author, epoch, first_lsn);
    put_row(world, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&whole));
    buf_free(&whole);
    buf_free(&key);
}

static void store_grant(struct world *world, uint32_t epoch, uint64_t base_lsn)
{
    struct grant grant = {.division = world->author,
                          .parent = division_of("540100"),
                          .name = "Linzhou",
                          .epoch = epoch,
                          .base_lsn = base_lsn};
    struct buf key = BUF_EMPTY, sealed = BUF_EMPTY;

    buf_put_u8(&key, META_GRANT);
    division_write(&key, world->author);
    buf_put_u32(&key, epoch);
    grant_seal(&sealed, &grant, every_code(), &world->key);
    put_row(world, SPACE_META, buf_bytes(&key), buf_bytes(&sealed));
    buf_free(&key);
    buf_free(&sealed);
}

/* "" when it is not held. */
static void expect_entry(struct world *world, uint64_t lsn, const char *want)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct entry entry;
    const enum status status =
        log_read_entry(&world->store, NULL, world->author, lsn, &body, &entry, &world->err);

    if (want[0] == '\0') {
        assert_int_equal(status, ERR_NOT_FOUND);
        assert_int_equal(world->err.status, ERR_NOT_FOUND);
    } else {
        assert_int_equal(status, OK);
        assert_true(entry.lsn == lsn);
        if (!bytes_equal(entry.body, bytes_text(want))) {
            fail_msg("lsn %" PRIu64 " is %.*s, want %s", lsn, (int)entry.body.size,
                     (const char *)entry.body.data, want);
        }
    }
    block_body_free(&body);
}

static bool gather(void *arg, const struct block_view *block)
{
    char *text = arg;

    (void)snprintf(text + strlen(text), 200 - strlen(text), "%" PRIu32 ".%" PRIu64 " ",
                   block->header.epoch, block->header.first_lsn);
    return strlen(text) < 100;
}

static void expect_scan(struct world *world, uint64_t from_lsn, const char *want)
{
    char text[200] = "";

    assert_int_equal(
        log_scan(&world->store, NULL, world->author, from_lsn, gather, text, &world->err), OK);
    assert_string_equal(text, want);
}

static void keys_sort_by_author_epoch_and_position(void **state)
{
    static const struct {
        const char *author;
        uint32_t epoch;
        uint64_t lsn;
    } rising[] = {{"54", 1, 1},           {"54", 1, 255}, {"54", 1, 256}, {"54", 2, 1},
                  {"54", 256, 1},         {"540", 1, 1},  {"541", 1, 1},  {"541", 1, UINT64_MAX},
                  {"541", UINT32_MAX, 1}, {"A", 1, 1}};
    struct buf before = BUF_EMPTY, key = BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rising); i++) {
        log_block_key(&key, division_of(rising[i].author), rising[i].epoch, rising[i].lsn);
        assert_int_equal(key.size, 21);
        assert_true(bytes_compare(buf_bytes(&before), buf_bytes(&key)) < 0);
        buf_clear(&before);
        buf_append_bytes(&before, buf_bytes(&key));
    }
    buf_free(&before);
    buf_free(&key);
}

static void every_entry_is_found_in_its_block(void **state)
{
    struct world *world = *state;

    expect_entry(world, 1, "");
    expect_scan(world, 0, "");
    store_block(world, 1, 1, 3);
    store_block(world, 1, 4, 1);
    store_block(world, 1, 5, 100);
    expect_entry(world, 1, "1.1");
    expect_entry(world, 3, "1.3");
    expect_entry(world, 4, "1.4");
    expect_entry(world, 104, "1.104");
    expect_entry(world, 0, "");
    expect_entry(world, 105, "");
    expect_entry(world, UINT64_MAX, "");
    expect_scan(world, 0, "1.1 1.4 1.5 ");
    expect_scan(world, 4, "1.4 1.5 ");
    expect_scan(world, 6, "");
}

static void a_log_from_above_has_gaps_that_are_not_found(void **state)
{
    struct world *world = *state;

    store_block(world, 1, 10, 2);
    store_block(world, 1, 20, 2);
    expect_entry(world, 9, "");
    expect_entry(world, 11, "1.11");
    expect_entry(world, 12, "");
    expect_entry(world, 19, "");
    expect_entry(world, 21, "1.21");
    expect_scan(world, 11, "1.20 ");
}

static void logs_of_others_are_not_read(void **state)
{
    struct world *world = *state;

    store_block(world, 1, 1, 3);
    world->author = division_of("540122");
    expect_entry(world, 1, "");
    expect_scan(world, 0, "");
    store_block(world, 1, 1, 3);
    world->author = division_of("54012");
    expect_entry(world, 1, "");
    expect_scan(world, 0, "");
}

/* Epoch 2 goes on after 5, epoch 3 after 7: what 1 and 2 hold above that is evidence. */
static void a_later_epoch_takes_over_at_its_base(void **state)
{
    struct world *world = *state;

    store_block(world, 1, 1, 3);
    store_block(world, 1, 4, 2);
    store_block(world, 1, 6, 4);
    store_grant(world, 1, 0);
    store_grant(world, 2, 5);
    store_block(world, 2, 6, 2);
    store_block(world, 2, 8, 2);
    expect_entry(world, 5, "1.5");
    expect_entry(world, 6, "2.6");
    expect_entry(world, 9, "2.9");
    expect_scan(world, 0, "1.1 1.4 2.6 2.8 ");

    store_grant(world, 3, 7);
    store_block(world, 3, 8, 1);
    expect_entry(world, 3, "1.3");
    expect_entry(world, 7, "2.7");
    expect_entry(world, 8, "3.8");
    expect_entry(world, 9, "");
    expect_scan(world, 0, "1.1 1.4 2.6 3.8 ");
    expect_scan(world, 5, "2.6 3.8 ");
}

static void a_first_block_without_its_grant_shows_where_an_epoch_ended(void **state)
{
    struct world *world = *state;

    store_block(world, 1, 1, 3);
    store_block(world, 1, 4, 5);
    store_block(world, 2, 4, 2);
    expect_entry(world, 3, "1.3");
    expect_entry(world, 4, "2.4");
    expect_entry(world, 8, "");
    expect_scan(world, 0, "1.1 2.4 ");
}

static bool stop_at_once(void *arg, const struct block_view *block)
{
    (void)block;
    ++*(int *)arg;
    return false;
}

static void a_scan_stops_where_its_visitor_says(void **state)
{
    struct world *world = *state;
    int visits = 0;

    store_block(world, 1, 1, 3);
    store_block(world, 1, 4, 1);
    store_block(world, 2, 5, 1);
    assert_int_equal(
        log_scan(&world->store, NULL, world->author, 0, stop_at_once, &visits, &world->err), OK);
    assert_int_equal(visits, 1);
}

static void damage_is_said_and_not_served(void **state)
{
    enum { LSN = 1 };
    struct world *world = *state;
    struct buf good = BUF_EMPTY, bad = BUF_EMPTY, key = BUF_EMPTY;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct entry entry;
    char text[200];

    make_block(world, &good, 1, LSN, 3);
    log_block_key(&key, world->author, 1, LSN);
    for (size_t i = 0; i < 4; i++) {
        buf_clear(&bad);
        buf_append_bytes(&bad, buf_bytes(&good));
        switch (i) {
        case 0:
            bad.data[bad.size - 1] ^= 1; /* in the body */
            break;
        case 1:
            bad.size -= 1;
            break;
        case 2:
            make_block(world, &bad, 1, LSN + 1, 3); /* another block */
            break;
        default:
            make_block(world, &bad, 2, LSN, 3);
            break;
        }
        put_row(world, SPACE_BLOCKS, buf_bytes(&key), buf_bytes(&bad));
        assert_int_equal(
            log_read_entry(&world->store, NULL, world->author, LSN, &body, &entry, &world->err),
            ERR_CORRUPT);
        text[0] = '\0';
        if (i > 1) { /* the body is the visitor's to check */
            assert_int_equal(
                log_scan(&world->store, NULL, world->author, 0, gather, text, &world->err),
                ERR_CORRUPT);
            assert_string_equal(text, "");
        }
    }
    block_body_free(&body);
    buf_free(&good);
    buf_free(&bad);
    buf_free(&key);
}

static void check_every_byte(struct world *world, uint32_t count)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct sign_key stranger;
    struct hash hash, other_tree = HASH_ZERO;
    size_t parsed = 0, body_at;

    sign_key_generate(&stranger);
    make_block(world, &whole, 1, 1, count);
    assert_int_equal(block_parse(&block, buf_bytes(&whole), &world->err), OK);
    assert_int_equal(block_verify(&block, &world->tree, &world->key.public, &hash, &world->err),
                     OK);
    body_at = block.header_bytes.size + SIGNATURE_SIZE;
    assert_int_equal(block_verify(&block, &other_tree, &world->key.public, &hash, &world->err),
                     ERR_BAD_SIGNATURE);
    assert_int_equal(block_verify(&block, &world->tree, &stranger.public, &hash, &world->err),
                     ERR_BAD_SIGNATURE);
    for (size_t i = 0; i < whole.size; i++) {
        whole.data[i] ^= 1;
        if (block_parse(&block, buf_bytes(&whole), &world->err) == OK) {
            const enum status status =
                block_verify(&block, &world->tree, &world->key.public, &hash, &world->err);
            assert_true(status == ERR_BAD_SIGNATURE || status == ERR_CORRUPT ||
                        status == ERR_MALFORMED);
            assert_true(i < body_at || status == ERR_CORRUPT);
            parsed++;
        }
        whole.data[i] ^= 1;
    }
    assert_true(parsed > 150);
    buf_free(&whole);
}

static void a_block_is_what_its_author_signed(void **state)
{
    check_every_byte(*state, 3);
}

/* Its root is not written: it follows from the entry, and is signed like all else. */
static void a_block_of_one_entry_is_what_its_author_signed(void **state)
{
    check_every_byte(*state, 1);
}

/* The layout is for ever: a signature made today must verify in ten years. From Python's
 * hashlib.blake2b(digest_size=32, person=b"terrace.block"), an independent implementation. */
static void the_hash_of_a_block_is_that_of_the_whole_header(void **state)
{
    const struct block_header header = sample_header();
    const struct public_key key = {{1, 2, 3}};
    const struct hash tree = {{9, 8, 7}};
    const struct hash hash = block_hash(&header, &tree, &key);
    char hex[2 * HASH_SIZE + 1];

    (void)state;
    hex_encode(hex, hash.at, sizeof hash.at);
    assert_string_equal(hex, "ccfd848ebea9a190d31bbe3a2d127e4c07d9aaba6e9fd08a044cab9597184aa6");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(keys_sort_by_author_epoch_and_position),
        STORY(every_entry_is_found_in_its_block),
        STORY(a_log_from_above_has_gaps_that_are_not_found),
        STORY(logs_of_others_are_not_read),
        STORY(a_later_epoch_takes_over_at_its_base),
        STORY(a_first_block_without_its_grant_shows_where_an_epoch_ended),
        STORY(a_scan_stops_where_its_visitor_says),
        STORY(damage_is_said_and_not_served),
        STORY(a_block_is_what_its_author_signed),
        STORY(a_block_of_one_entry_is_what_its_author_signed),
        STORY(the_hash_of_a_block_is_that_of_the_whole_header),
    };

    return cmocka_run_group_tests(tests, crypto_set_up, NULL);
}
