/* What a jurisdiction counts as on its way between two of its members, and what as gone or come
 * from outside: the same, in whatever order the logs of its members came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/verify/verify_ledger.h"
#include "tests/unit/ledger/holder.h"

/* --- logs, a block after the other --- */

#define TRANSFER(origin, to, amount)                                                               \
    "ori_bgt_id", origin, "rec_div_code", to, "amount", amount, "fund_type_code", "111",           \
        "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal"
#define SETTLE(transfer, to, amount, answer)                                                       \
    "bgt_id", transfer, "rec_div_code", to, "amount", amount, "outcome", "registered",             \
        "answer_id", answer
#define REGISTER(transfer, issuer, amount)                                                         \
    "bgt_id", transfer, "ori_div_code", issuer, "amount", amount, "fund_type_code", "111"

static void region_issues(struct script *block)
{
    WRITE(block, "budget", "B", REPLY("1000"));
    WRITE(block, "transfer", "T-1", TRANSFER("B", "540100", "600"), "agency_code", "001");
    WRITE(block, "transfer", "T-3", TRANSFER("B", "540200", "50"), "pro_code", "P-9", "is_direct",
          "1");
}

/* Shigatse's answer was on paper: its log comes late or never. Nobody of 540300 was ever heard. */
static void region_settles(struct script *block)
{
    WRITE(block, "transfer_out", "O-1", TRANSFER("B", "540200", "20"));
    WRITE(block, "transfer_out", "O-2", TRANSFER("B", "540200", "-5"), "early_bgt_id", "O-1");
    WRITE(block, "transfer_out", "O-3", TRANSFER("B", "540300", "2"));
    WRITE(block, "register", "R-4", REGISTER("M-1", "540121", "9"));
    WRITE(block, "settle", "S-1", SETTLE("T-1", "540100", "600", "R-1"));
    WRITE(block, "settle", "S-3", SETTLE("T-3", "540200", "50", "R-3"));
    WRITE(block, "budget", "B-27", REPLY("1"), "fiscal_year", "2027");
}

static void lhasa_registers(struct script *block)
{
    WRITE(block, "register", "R-1", REGISTER("T-1", "540000", "600"), "agency_code", "001");
    WRITE(block, "transfer", "T-2", TRANSFER("R-1", "540121", "200"), "dep_bgt_eco_code", "302",
          "gov_bgt_eco_code", "502");
}

static void lhasa_settles(struct script *block)
{
    WRITE(block, "settle", "S-2", SETTLE("T-2", "540121", "200", "R-2"));
}

/* Money goes up, to the region and to one without a node. */
static void linzhou_remits(struct script *block)
{
    WRITE(block, "remit", "M-1", "ori_bgt_id", "R-2", "rec_div_code", "540000", "amount", "9",
          "cor_bgt_doc_no", "1", "tra_type_code", "general");
    WRITE(block, "remit", "M-2", "ori_bgt_id", "R-2", "rec_div_code", "100000", "amount", "4",
          "cor_bgt_doc_no", "1", "tra_type_code", "general", "outside", "1");
    WRITE(block, "settle", "S-4", SETTLE("M-1", "540000", "9", "R-4"));
}

static void linzhou_registers(struct script *block)
{
    WRITE(block, "register", "R-2", REGISTER("T-2", "540100", "200"), "dep_bgt_eco_code", "302",
          "gov_bgt_eco_code", "502");
    WRITE(block, "transfer_in", "I-1", "ori_div_code", "540200", "amount", "7", "fund_type_code",
          "111", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
    WRITE(block, "transfer_in", "I-2", "ori_div_code", "100000", "amount", "3", "fund_type_code",
          "111", "cor_bgt_doc_no", "1", "tra_type_code", "general", "stage", "formal");
}

/* It registers less than was settled with it: what differs stays open. */
static void shigatse_registers(struct script *block)
{
    WRITE(block, "register", "R-3", REGISTER("T-3", "540000", "45"), "pro_code", "P-9", "is_direct",
          "1");
}

typedef void block_fn(struct script *block);
enum { LOGS = 4, BLOCKS_MAX = 2 };
static const struct log {
    enum office_name author;
    block_fn *blocks[BLOCKS_MAX];
    size_t count;
} logs[LOGS] = {
    {REGION, {region_issues, region_settles}, 2},
    {LHASA, {lhasa_registers, lhasa_settles}, 2},
    {LINZHOU, {linzhou_registers, linzhou_remits}, 2},
    {SHIGATSE, {shigatse_registers}, 1},
};

static void play_block(struct holder *holder, const struct log *log, size_t block)
{
    struct script script = {.author = log->author,
                            .first_lsn = position(holder, log->author).lsn + 1};

    log->blocks[block](&script);
    apply(holder, &script);
}

/* --- what came of it --- */

static bool add_row(void *arg, struct bytes key, struct bytes value)
{
    struct buf *rows = arg;

    if (key.data[0] != ROLLUP_OWN) {
        buf_put_u16(rows, (uint16_t)key.size);
        buf_append_bytes(rows, key);
        buf_put_u16(rows, (uint16_t)value.size);
        buf_append_bytes(rows, value);
    }
    return true;
}

static void read_rows(struct holder *holder, struct buf *rows)
{
    struct err err;

    buf_clear(rows);
    assert_int_equal(txn_scan(holder->txn, SPACE_ROLLUPS, BYTES_NONE, add_row, rows, &err), OK);
}

static void expect(struct holder *holder, enum office_name of, enum account account, int64_t want)
{
    const struct row_key key =
        rollup_key(ROLLUP_SUBTREE, tree_division(of), 2026, ROLLUP_ACCOUNT, BYTES_NONE);
    struct rollup sums;
    int128 have;

    rollup_load(holder->txn, &key, &sums);
    have = (sums.of[account].debit - sums.of[account].credit) * account_info(account)->normal;
    if (have != (int128)want * 100) {
        fail_msg("%s of %s is %lld, want %lld", account_info(account)->mnemonic,
                 tree_division(of).code, (long long)(have / 100), (long long)want);
    }
}

static size_t plain_rows(struct holder *holder)
{
    struct buf rows = BUF_EMPTY;
    const uint8_t letter = ROLLUP_PLAIN;
    struct err err;
    size_t size;

    assert_int_equal(
        txn_scan(holder->txn, SPACE_ROLLUPS, bytes_of(&letter, 1), add_row, &rows, &err), OK);
    size = rows.size;
    buf_free(&rows);
    return size;
}

/* --- tests --- */

struct order {
    struct tree *tree;
    size_t played[LOGS]; /* blocks of each log */
    size_t at[LOGS * BLOCKS_MAX];
    size_t count, total, orders;
    struct buf first, rows;
};

static void play_order(struct order *order)
{
    struct holder *holder = holder_new(order->tree, REGION);
    size_t played[LOGS] = {0};

    for (size_t i = 0; i < order->count; i++) {
        play_block(holder, &logs[order->at[i]], played[order->at[i]]++);
    }
    read_rows(holder, order->orders == 0 ? &order->first : &order->rows);
    if (order->orders++ > 0) {
        assert_true(bytes_equal(buf_bytes(&order->first), buf_bytes(&order->rows)));
    }
    holder_free(holder);
}

/* Each log in its own order, the logs among each other in every one. */
static void play_orders(struct order *order)
{
    if (order->count == order->total) {
        play_order(order);
        return;
    }
    for (size_t log = 0; log < LOGS; log++) {
        if (order->played[log] == logs[log].count) {
            continue;
        }
        order->played[log]++;
        order->at[order->count++] = log;
        play_orders(order);
        order->count--;
        order->played[log]--;
    }
}

static void all_orders_of_arrival_make_the_same_rows(void **state)
{
    struct order order = {.tree = tree_new()};

    (void)state;
    for (size_t log = 0; log < LOGS; log++) {
        order.total += logs[log].count;
    }
    play_orders(&order);
    assert_int_equal(order.orders, 630); /* 7! / 2! 2! 2! */
    buf_free(&order.first);
    buf_free(&order.rows);
    tree_free(order.tree);
}

static void play_all(struct holder *holder, size_t log_count)
{
    for (size_t log = 0; log < log_count; log++) {
        for (size_t block = 0; block < logs[log].count; block++) {
            play_block(holder, &logs[log], block);
        }
    }
}

/* Shigatse has no lines of the year: what it was given is gone, as far as the region can see, and
 * what Linzhou says it got from there came from outside. */
static void who_keeps_no_books_of_the_year_is_outside(void **state)
{
    struct holder *holder = *state;

    play_all(holder, LOGS - 1);
    expect(holder, REGION, ACC_SRC_APPROVED, 1000);
    expect(holder, REGION, ACC_SRC_TRANSFER_IN, 10);
    expect(holder, REGION, ACC_UNALLOC, (350 - 17 + 9) + 400 + (210 - 13));
    expect(holder, REGION, ACC_XFER_OUT, 50 + 15 + 2 + 4);
    expect(holder, REGION, ACC_TRANSIT, 0);
    expect(holder, LHASA, ACC_SRC_TRANSFER_IN, 610);
    expect(holder, LHASA, ACC_XFER_OUT, 9 + 4); /* the region is outside */
    expect(holder, LHASA, ACC_TRANSIT, 0);
    assert_true(plain_rows(holder) > 0);
}

/* Once it has: what was given and not taken in is open, and what a member says it got is taken from
 * that. In Lhasa's jurisdiction Shigatse stays outside. */
static void who_keeps_books_from_now_on_is_inside(void **state)
{
    struct holder *holder = *state;

    play_all(holder, LOGS);
    expect(holder, REGION, ACC_SRC_APPROVED, 1000);
    expect(holder, REGION, ACC_SRC_TRANSFER_IN, 3);
    expect(holder, REGION, ACC_UNALLOC, (350 - 17 + 9) + 400 + (210 - 13) + 45);
    expect(holder, REGION, ACC_XFER_OUT, 2 + 4);
    expect(holder, REGION, ACC_TRANSIT, (50 - 45) + 15 - 7);
    expect(holder, LHASA, ACC_SRC_TRANSFER_IN, 610);
    expect(holder, SHIGATSE, ACC_SRC_TRANSFER_IN, 45);
}

/* Who answered as usual leaves no row behind. */
static void what_was_taken_in_as_usual_has_no_row_of_its_own(void **state)
{
    struct holder *holder = *state;

    struct script settle = {.author = REGION};

    play_block(holder, &logs[0], 0);
    play_block(holder, &logs[1], 0);
    settle.first_lsn = position(holder, REGION).lsn + 1;
    WRITE(&settle, "settle", "S-1", SETTLE("T-1", "540100", "600", "R-1"));
    apply(holder, &settle);
    expect(holder, REGION, ACC_XFER_OUT, 0);
    assert_int_equal(plain_rows(holder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_orders_of_arrival_make_the_same_rows),
        HELD(who_keeps_no_books_of_the_year_is_outside),
        HELD(who_keeps_books_from_now_on_is_inside),
        HELD(what_was_taken_in_as_usual_has_no_row_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
