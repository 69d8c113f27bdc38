/* Posting a log that is held but not yet part of its ledger, on a real node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/turn.h"
#include "node/ledger/observe.h"
#include "node/ledger/rows/rows.h"
#include "node/store/store_memory.h"
#include "replicator/log/sealing.h"
#include "tests/harness/commit.h"
#include "tests/unit/node/office.h"

/* --- an older version of the program, which does not know a kind --- */

static bool delete_row(void *arg, struct bytes key, struct bytes value)
{
    struct txn *txn = ((void **)arg)[0];
    const enum store_space *space = ((void **)arg)[1];

    (void)value;
    txn_delete(txn, *space, key);
    return true;
}

static void forget_ledgers(struct txn *txn)
{
    static const enum store_space spaces[] = {SPACE_LEDGER, SPACE_ROLLUPS, SPACE_INDEX};

    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        enum store_space space = spaces[i];
        void *arg[] = {txn, &space};
        struct err err;

        assert_int_equal(txn_scan(txn, space, BYTES_NONE, delete_row, arg, &err), OK);
    }
}

static void commit(const struct office *office, struct txn *txn)
{
    const struct batch batch = txn_batch(txn);

    commit_claiming(&office->store, &batch);
}

struct elder {
    struct ledger *ledger;
    struct txn *txn;
    uint64_t unknown_lsn;
    bool stopped, inside; /* before an unknown entry; that lies inside a block */
};

static bool post_block(void *arg, const struct block_view *block)
{
    struct elder *elder = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    assert_int_equal(block_body_read(&body, block, &err), OK);
    for (size_t i = 0; i < body.count; i++) {
        if (body.entries[i].lsn == elder->unknown_lsn) {
            body.entries[i].kind = 9999;
            elder->inside = i > 0 && i + 1 < body.count;
        }
    }
    elder->stopped = ledger_apply_block(elder->ledger, elder->txn, &block->header, body.entries,
                                        body.count, &err) == ERR_NEEDS_UPGRADE;
    block_body_free(&body);
    return !elder->stopped;
}

static bool no_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                     struct bytes *body)
{
    (void)arg, (void)author, (void)lsn, (void)memory, (void)body;
    return false;
}
static void no_settle(void *arg, struct txn *txn, const struct document *settle)
{
    (void)arg, (void)txn, (void)settle;
}
static void no_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    (void)arg, (void)code, (void)about, (void)message;
}

/* Leaves the store as a version that stops before `unknown_lsn` would have left it. True when that
 * lies inside a block. */
static bool age(struct office *office, uint64_t unknown_lsn)
{
    const struct ledger_config config = {
        .self = division_of("540000"),
        .roster = node_roster(office->node),
        .sink = {.read_entry = no_entry, .document_due = no_settle, .alarm = no_alarm}};
    struct elder elder = {.ledger = ledger_open(&config),
                          .txn = txn_open(&office->store, NULL),
                          .unknown_lsn = unknown_lsn};
    struct ledger_position position;
    struct err err;

    forget_ledgers(elder.txn);
    assert_int_equal(
        log_scan(&office->store, NULL, division_of("540000"), 1, post_block, &elder, &err), OK);
    assert_true(elder.stopped);
    ledger_position(elder.txn, division_of("540000"), &position);
    assert_int_equal(position.lsn, unknown_lsn - 1);
    commit(office, elder.txn);
    txn_free(elder.txn);
    ledger_close(elder.ledger);
    return elder.inside;
}

static void rest(struct office *office)
{
    bool busy = true;
    struct err err;

    for (int turns = 0; busy; turns++) {
        assert_true(turns < 100); /* else it turns for ever */
        assert_int_equal(node_step(office->node, &busy, &err), OK);
    }
}

static void a_ledger_that_stopped_inside_a_block_goes_on_there(void **state)
{
    struct office *office = office_open(false);
    struct work work = {.atomic = true};
    struct ledger_position before, after;

    (void)state;
    work_add_agency(&work);
    work_add_budget(&work, "B1", "1000");
    work_add_allocate(&work, "L1", "B1", "300");
    work_add_allocate(&work, "L2", "B1", "200");
    work_add_budget(&work, "B2", "5");
    office_submit(office, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
    before = office_position(office);
    assert_true(age(office, before.lsn - 2));
    assert_true(office_position(office).lsn < before.lsn);

    office_reopen(office);
    rest(office);
    after = office_position(office);
    assert_int_equal(after.lsn, before.lsn);
    assert_int_equal(after.digest_lsn, before.digest_lsn);
    assert_memory_equal(&after.digest, &before.digest, sizeof after.digest);
    office_close(office);
}

/* --- a log above --- */

static bool copy_block(void *arg, struct bytes key, struct bytes value)
{
    (void)txn_put(arg, SPACE_BLOCKS, key, value);
    return true;
}

static bool hear_block(void *arg, const struct block_view *block)
{
    struct elder *elder = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    if (block->header.audience.kind != AUDIENCE_LINE ||
        !division_equal(block->header.audience.division, division_of("540100"))) {
        return true;
    }
    assert_int_equal(block_body_read(&body, block, &err), OK);
    for (size_t i = 0; i < body.count; i++) {
        if (body.entries[i].lsn == elder->unknown_lsn) {
            body.entries[i].kind = 9999;
        }
    }
    ledger_observe_block(elder->ledger, elder->txn, &block->header, body.entries, body.count);
    block_body_free(&body);
    return true;
}

/* Fills the store of 540100 as a version left it that did not know one entry of the region's. */
static void leave_unheard(struct office *region, const struct store *store, uint64_t unknown_lsn)
{
    const struct ledger_config config = {
        .self = division_of("540100"),
        .roster = node_roster(region->node),
        .sink = {.read_entry = no_entry, .document_due = no_settle, .alarm = no_alarm}};
    struct txn *from = txn_open(&region->store, NULL);
    struct elder elder = {
        .ledger = ledger_open(&config), .txn = txn_open(store, NULL), .unknown_lsn = unknown_lsn};
    struct office child = {.store = *store};
    struct err err;

    assert_int_equal(txn_scan(from, SPACE_BLOCKS, BYTES_NONE, copy_block, elder.txn, &err), OK);
    assert_int_equal(
        log_scan(&region->store, NULL, division_of("540000"), 1, hear_block, &elder, &err), OK);
    commit(&child, elder.txn);
    txn_free(elder.txn);
    txn_free(from);
    ledger_close(elder.ledger);
}

static bool knows_transfer(const struct store *store, const char *id)
{
    struct txn *txn = txn_open(store, NULL);
    struct transfer_match match;
    const bool known = transfer_match_load(txn, division_of("540000"), bytes_text(id), &match);

    txn_free(txn);
    return known && match.transfer_lsn != 0;
}

static void a_log_above_is_heard_on_after_an_upgrade(void **state)
{
    struct office *region = office_open(false);
    struct office child = {.trust = region->trust};
    struct work work = {.atomic = true}, more = {.atomic = true};
    struct ledger_position position;

    (void)state;
    work_add_budget(&work, "B1", "1000");
    work_add_transfer(&work, "T1", "B1", "1");
    work_add_transfer(&work, "T2", "B1", "2");
    work_add_transfer(&work, "T3", "B1", "3");
    office_submit(region, &work);
    work_want_all(&work, SUBMIT_ACCEPTED);
    position = office_position(region);
    work_add_transfer(&more, "T4", "B1", "4");
    office_submit(region, &more);

    store_memory_open(&child.store);
    leave_unheard(region, &child.store, position.lsn - 1);
    assert_true(knows_transfer(&child.store, "T1"));
    assert_false(knows_transfer(&child.store, "T2"));
    assert_false(knows_transfer(&child.store, "T4"));

    office_open_child(&child, region);
    rest(&child);
    assert_true(knows_transfer(&child.store, "T2"));
    assert_true(knows_transfer(&child.store, "T3"));
    assert_true(knows_transfer(&child.store, "T4"));
    node_close(child.node);
    child.store.ops->close(child.store.self);
    office_close(region);
}

static void run_append(struct task *call, struct node *node, struct txn *txn)
{
    const struct audience audience = {AUDIENCE_LINE, division_of("540000")};

    (void)call;
    (void)replicator_append((struct replicator *)(uintptr_t)node_replicator(node), txn, &audience,
                            9999, 1, bytes_text("of a later version"));
}
static void append_done(struct task *call, enum status outcome)
{
    (void)call;
    assert_int_equal(outcome, OK);
}

/* Nothing is entered on top of a ledger that is not whole. */
static void a_node_whose_own_log_is_too_new_for_it_stops(void **state)
{
    struct office *office = office_open(false);
    struct work work = {.count = 0};
    struct task append = {.run = run_append, .done = append_done};
    bool busy;
    struct err err;

    (void)state;
    work_add_budget(&work, "B1", "5");
    office_submit(office, &work);
    node_post(office->node, &append);
    rest(office);
    (void)age(office, office_position(office).lsn);
    office_reopen(office);
    assert_int_equal(node_step(office->node, &busy, &err), ERR_NEEDS_UPGRADE);
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_whose_own_log_is_too_new_for_it_stops),
        cmocka_unit_test(a_ledger_that_stopped_inside_a_block_goes_on_there),
        cmocka_unit_test(a_log_above_is_heard_on_after_an_upgrade),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
