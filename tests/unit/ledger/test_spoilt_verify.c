/* Logs are folded and verified over a store of which one read goes wrong. Whichever read that is:
 * what was made of the log is what the log says, or the txn knows that it is not; and a
 * verification that could not read all calls nothing sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/ledger/observe.h"
#include "node/ledger/verify/verify.h"
#include "node/ledger/verify/verify_ledger.h"
#include "tests/harness/commit.h"
#include "tests/harness/spoiling_store.h"
#include "tests/unit/ledger/holder.h"
#include "tests/unit/ledger/verified_tree.h"

/* --- verification --- */

static bool all_sound(struct tree *tree, const struct store *store, bool deep)
{
    const struct roster *roster = tree_roster(tree);
    struct verify *verify = verify_open(&(struct verify_config){
        .store = store, .roster = roster, .self = tree_division(REGION), .deep = deep});
    bool ok = true;

    for (size_t i = 0; i < roster_count(roster); i++) {
        ok &= verify_log(verify, roster_at(roster, i)->grant.division);
    }
    ok &= !deep || verify_shared(verify);
    assert_true(ok == (verify_fault_total(verify) == 0));
    verify_close(verify);
    return ok;
}

static void nothing_is_sound(struct tree *tree, bool deep, enum spoiling how)
{
    struct spoiling_store spoiling;
    const struct store store = spoiling_store_of(&spoiling, *tree_store(tree, REGION));

    assert_true(all_sound(tree, &store, deep));
    for (size_t read = 0;; read++) {
        bool sound_still;

        spoiling_store_begin(&spoiling, how, read);
        sound_still = all_sound(tree, &store, deep);
        if (!spoiling.spoilt) {
            assert_true(read > 0);
            break;
        }
        if (sound_still && how != SPOILS_READ) { /* it was read rightly before */
            spoiling_store_again(&spoiling);
            sound_still = all_sound(tree, &store, deep);
        }
        if (sound_still) {
            fail_msg("read %zu (%.*s in space %d) was spoilt, and all is called sound", read,
                     (int)spoiling.key.size, (const char *)spoiling.key.data, spoiling.space);
        }
    }
}

static void what_could_not_be_read_is_not_sound(void **state)
{
    nothing_is_sound(*state, false, SPOILS_READ);
    nothing_is_sound(*state, true, SPOILS_READ);
}

static void what_is_cut_is_not_sound(void **state)
{
    nothing_is_sound(*state, true, SPOILS_HALF);
    nothing_is_sound(*state, true, SPOILS_MOST);
    nothing_is_sound(*state, true, SPOILS_ROW); /* a quick one does not look into each row */
}

/* --- folding --- */

/* All that a block makes, as bytes. */
static void rows_of(struct txn *txn, struct buf *out)
{
    const struct batch batch = txn_batch(txn);

    buf_clear(out);
    for (size_t i = 0; i < batch.count; i++) {
        buf_put_u8(out, (uint8_t)batch.changes[i].space);
        buf_append_bytes(out, batch.changes[i].key);
        buf_append_bytes(out, batch.changes[i].value);
    }
}

static enum status fold_over(struct holder *holder, const struct store *store,
                             struct script *script, struct buf *rows)
{
    struct txn *own = holder->txn;
    enum status status;
    struct err err;

    holder->txn = txn_open(store, NULL);
    (void)apply_part(holder, script, 0);
    status = txn_status(holder->txn, &err);
    rows_of(holder->txn, rows);
    txn_free(holder->txn);
    holder->txn = own;
    return status;
}

/* The block, folded over each way to read it wrongly, and then as it is. */
static void fold(struct holder *holder, struct script *script)
{
    static const enum spoiling ways[] = {SPOILS_READ, SPOILS_ROW, SPOILS_HALF, SPOILS_MOST};
    struct spoiling_store spoiling;
    const struct store store = spoiling_store_of(&spoiling, holder->store);
    struct buf truth = BUF_EMPTY, rows = BUF_EMPTY;
    uint64_t fence;
    struct err err;

    assert_int_equal(fold_over(holder, &store, script, &truth), OK);
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        for (size_t read = 0;; read++) {
            enum status status;

            spoiling_store_begin(&spoiling, ways[i], read);
            status = fold_over(holder, &store, script, &rows);
            if (!spoiling.spoilt) {
                break;
            }
            if (status == OK && !bytes_equal(buf_bytes(&rows), buf_bytes(&truth))) {
                fail_msg("block at %llu: read %zu (%.*s in space %d) was spoilt, and it is folded "
                         "otherwise",
                         (unsigned long long)script->first_lsn, read, (int)spoiling.key.size,
                         (const char *)spoiling.key.data, spoiling.space);
            }
            if (ways[i] == SPOILS_READ) {
                assert_int_equal(status, ERR_IO);
            }
        }
    }
    apply(holder, script);
    assert_int_equal(holder->store.ops->claim(holder->store.self, &fence, &err), OK);
    commit_txn(&holder->store, fence, holder->txn);
    buf_free(&truth);
    buf_free(&rows);
}

static void a_block_is_folded_as_it_is_or_not_at_all(void **state)
{
    struct holder *holder = *state;
    struct script script = {.author = LHASA, .first_lsn = 1};

    WRITE(&script, "agency", "AG", "agency_code", "1", "agency_name", "one");
    WRITE(&script, "agency", "AH", "agency_code", "11", "agency_name", "below", "parent_code", "1");
    WRITE(&script, "project", "PR", "pro_code", "P1", "state", "reserved", "pro_name", "it",
          "pro_cat_code", "3", "agency_code", "1", "setup_year", "2026", "pro_total_amt", "900");
    WRITE(&script, "policy", "PO", "policy_code", "calendar.workdays", "policy_value", "1");
    WRITE(&script, "budget", "B", REPLY("1000"));
    WRITE(&script, "budget", "E", "stage", "estimate", "fund_type_code", "111", "amount", "80");
    fold(holder, &script);
    WRITE(&script, "allocate", "A", "ori_bgt_id", "B", "agency_code", "11", "amount", "500",
          "pro_code", "P1");
    WRITE(&script, "allocate", "AE", "ori_bgt_id", "E", "agency_code", "1", "amount", "10");
    WRITE(&script, "transfer", "T", "ori_bgt_id", "B", "amount", "200", "rec_div_code", "540121",
          "stage", "formal", "tra_type_code", "special");
    WRITE(&script, "adjust", "J", "ori_bgt_id", "B", "amount", "5");
    fold(holder, &script);
    WRITE(&script, "release", "L", "bgt_id", "A", "amount", "400");
    WRITE(&script, "recall", "RC", "bgt_id", "T", "amount", "50");
    fold(holder, &script);
    WRITE(&script, "freeze", "F", "bgt_id", "A", "amount", "20");
    WRITE(&script, "payment", "P", "bgt_id", "A", "pay_app_amt", "60");
    WRITE(&script, "payment", "Q", "bgt_id", "A", "pay_app_amt", "6");
    fold(holder, &script);
    WRITE(&script, "paid", "V", "pay_app_id", "P", "xpay_amt", "40");
    WRITE(&script, "payment_cancel", "C", "pay_app_id", "Q");
    WRITE(&script, "refund", "RF", "pay_app_id", "P", "amount", "3", "reason", "back");
    fold(holder, &script);
    WRITE(&script, "carry_over", "CO", "bgt_id", "A", "amount", "3");
    WRITE(&script, "close_year", "CY", "fiscal_year", "2026");
    fold(holder, &script);
    script_clear(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_could_not_be_read_is_not_sound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cut_is_not_sound, set_up, tear_down),
        HELD(a_block_is_folded_as_it_is_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
