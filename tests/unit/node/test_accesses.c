/* The chain of accesses: when its rows are written, and that nothing can be taken out of it, put
 * into it or changed in it without its being seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/accesses.h"
#include "node/core/turn.h"
#include "node/office/local_keys.h"
#include "proto/health.h"
#include "proto/log.h"
#include "tests/unit/node/office.h"

static bool note(struct office *office, const char *who, enum access_what what)
{
    struct access_event event = {.unix_ms = office->hand.now_ms, .what = what};

    (void)snprintf(event.who, sizeof event.who, "%s", who);
    (void)snprintf(event.method, sizeof event.method, "GET");
    (void)snprintf(event.path, sizeof event.path, "/documents/PY1");
    return node_note_access(office->node, &event);
}

static void step(struct office *office)
{
    struct err err;
    bool busy;

    do {
        assert_int_equal(node_step(office->node, &busy, &err), OK);
    } while (busy);
}

static uint64_t commits(struct office *office)
{
    uint64_t seen = UINT64_MAX;

    (void)node_await_commit(office->node, &seen, 0);
    return seen;
}

static struct access_check check_chain(struct office *office)
{
    const struct access_head seed = node_access_seed(office->node);
    struct txn *txn = txn_open(&office->store, NULL);
    struct access_check check;
    struct err err;

    assert_int_equal(
        access_check(txn, node_roster(office->node), office->config.self, &seed, &check, &err), OK);
    txn_free(txn);
    return check;
}

/* --- when rows are written --- */

static void a_write_and_its_note_are_one_commit(void **state)
{
    struct office *office = office_open(false);
    struct work work = {.action = SUBMIT};
    uint64_t before;

    (void)state;
    step(office);
    before = commits(office);
    work_add_agency(&work);
    assert_true(note(office, "li", ACCESS_WRITE));
    office_submit(office, &work);
    assert_int_equal(commits(office), before + 1);
    assert_int_equal(check_chain(office).head.position, 1);
    office_close(office);
}

static void reads_wait_a_second_or_until_there_are_many(void **state)
{
    struct office *office = office_open(false);
    uint64_t before;

    (void)state;
    step(office);
    before = commits(office);
    assert_true(note(office, "li", ACCESS_READ));
    step(office);
    assert_int_equal(commits(office), before);
    assert_int_equal(node_next_tick(office->node) <= office->hand.now_ms + ACCESSES_WAIT_MS, 1);
    office->hand.now_ms += ACCESSES_WAIT_MS;
    step(office);
    assert_int_equal(commits(office), before + 1);
    for (int i = 0; i < ACCESSES_BATCH; i++) {
        assert_true(note(office, "li", ACCESS_READ));
    }
    step(office);
    assert_int_equal(commits(office), before + 2);
    assert_int_equal(check_chain(office).head.position, 1 + ACCESSES_BATCH);
    office_close(office);
}

static void what_cannot_be_noted_is_told(void **state)
{
    struct office *office = office_open(false);

    (void)state;
    for (int i = 0; i < ACCESSES_WAITING_MAX; i++) {
        assert_true(note(office, "li", ACCESS_READ));
    }
    assert_false(note(office, "li", ACCESS_READ));
    step(office);
    assert_true(note(office, "li", ACCESS_READ));
    office_close(office);
}

/* What a year of it costs is told by what was written: the figure in CONTRIBUTING.md. */
static void what_the_chain_takes_is_counted(void **state)
{
    struct office *office = office_open(false);
    struct access_growth growth = node_access_growth(office->node);

    (void)state;
    assert_int_equal(growth.rows + growth.new_rows + growth.new_bytes, 0);
    for (int i = 0; i < 10; i++) {
        assert_true(note(office, "zhuoma", ACCESS_READ));
    }
    office->hand.now_ms += ACCESSES_WAIT_MS;
    step(office);
    growth = node_access_growth(office->node);
    assert_int_equal(growth.rows, 10);
    assert_int_equal(growth.new_rows, 10);
    assert_in_range(growth.new_bytes, 10 * 60, 10 * 100);
    office_reopen(office);
    growth = node_access_growth(office->node);
    assert_int_equal(growth.rows, 10); /* none is ever deleted */
    assert_int_equal(growth.new_rows, 0);
    office_close(office);
}

static void the_chain_goes_on_after_a_restart(void **state)
{
    struct office *office = office_open(false);

    (void)state;
    for (int run = 0; run < 3; run++) {
        assert_true(note(office, "li", ACCESS_READ));
        office->hand.now_ms += ACCESSES_WAIT_MS;
        step(office);
        office_reopen(office);
    }
    assert_int_equal(check_chain(office).fault, ACCESS_SOUND);
    assert_int_equal(check_chain(office).head.position, 3);
    office_close(office);
}

/* --- what is done to it --- */

enum harm { ALTER, DROP, CUT, SWAP, FORGE, LOSE };
struct spoil {
    struct task task;
    struct office *office;
    enum harm harm;
    uint64_t position;
    uint64_t cosigns; /* 0: none */
    bool drops;
};

static struct bytes key_of(uint8_t key[9], uint64_t position)
{
    key[0] = LOCAL_ACCESS;
    store_u64(key + 1, position);
    return bytes_of(key, 9);
}

static void copy_row(struct txn *txn, uint64_t position, struct buf *out)
{
    struct bytes value;
    uint8_t key[9];

    assert_true(txn_get(txn, SPACE_LOCAL, key_of(key, position), &value));
    buf_clear(out);
    buf_append_bytes(out, value);
}

static void put_row(struct txn *txn, uint64_t position, const struct buf *row)
{
    uint8_t key[9];

    (void)txn_put(txn, SPACE_LOCAL, key_of(key, position), buf_bytes(row));
}

/* The owner's own key makes a new chain from here on: sound by itself, and another. */
static void forge(struct spoil *spoil, struct txn *txn)
{
    struct access_head head = {.position = spoil->position - 1};
    struct buf row = BUF_EMPTY;

    copy_row(txn, spoil->position - 1, &row);
    memcpy(head.hash.at, row.data + row.size - HASH_SIZE, HASH_SIZE);
    for (uint64_t i = spoil->position; i <= 10; i++) {
        const struct access_event event = {.what = ACCESS_READ, .who = "nobody at all"};

        access_row_put(txn, &head, &event);
    }
    buf_free(&row);
}

/* From this row on they are gone with a store, and the chain goes on as a healed node lets it: with
 * a row of it that is left out again, where `drops` says so. */
static void lose(const struct spoil *spoil, struct txn *txn)
{
    const struct access_event event = {.what = ACCESS_READ, .who = "li"};
    struct access_head head =
        access_head_seed(&spoil->office->config.tree, spoil->office->config.self);
    struct cosigned_head cosigned = {.position = spoil->cosigns};
    struct buf row = BUF_EMPTY;
    uint8_t key[9];

    for (uint64_t i = 1; i < spoil->position; i++) {
        copy_row(txn, i, &row);
        assert_true(access_row_follows(&head, key_of(key, i), buf_bytes(&row)));
    }
    if (spoil->cosigns != 0) {
        copy_row(txn, spoil->cosigns, &row);
        memcpy(cosigned.hash.at, row.data + row.size - HASH_SIZE, HASH_SIZE);
    }
    for (uint64_t i = spoil->position; i <= 10; i++) {
        txn_delete(txn, SPACE_LOCAL, key_of(key, i));
    }
    access_row_put_lost(txn, &head, &cosigned, 1);
    assert_true(spoil->cosigns == 0 || head.position == spoil->cosigns);
    (void)access_row_put(txn, &head, &event);
    if (spoil->drops) {
        txn_delete(txn, SPACE_LOCAL, key_of(key, head.position));
    }
    (void)access_row_put(txn, &head, &event);
    buf_free(&row);
}

static void run_spoil(struct task *task, struct node *node, struct txn *txn)
{
    struct spoil *spoil = (struct spoil *)task;
    struct buf row = BUF_EMPTY, other = BUF_EMPTY;
    uint8_t key[9];

    (void)node;
    switch (spoil->harm) {
    case ALTER:
        copy_row(txn, spoil->position, &row);
        row.data[15] ^= 1; /* of who it was */
        put_row(txn, spoil->position, &row);
        break;
    case DROP:
        txn_delete(txn, SPACE_LOCAL, key_of(key, spoil->position));
        break;
    case CUT:
        for (uint64_t i = spoil->position; i <= 10; i++) {
            txn_delete(txn, SPACE_LOCAL, key_of(key, i));
        }
        break;
    case SWAP:
        copy_row(txn, spoil->position, &row);
        copy_row(txn, spoil->position + 1, &other);
        put_row(txn, spoil->position, &other);
        put_row(txn, spoil->position + 1, &row);
        break;
    case FORGE:
        forge(spoil, txn);
        break;
    case LOSE:
        lose(spoil, txn);
        break;
    }
    buf_free(&row);
    buf_free(&other);
}

static void run_cosign(struct task *task, struct node *node, struct txn *txn)
{
    struct spoil *spoil = (struct spoil *)task;
    struct hash hash;
    struct buf row = BUF_EMPTY;

    copy_row(txn, spoil->cosigns, &row);
    memcpy(hash.at, row.data + row.size - HASH_SIZE, HASH_SIZE);
    replicator_cosign_head((struct replicator *)(uintptr_t)node_replicator(node), txn,
                           spoil->office->config.self, spoil->cosigns, &hash);
    buf_free(&row);
}

static void spoiled(struct task *task, enum status outcome)
{
    (void)task;
    assert_int_equal(outcome, OK);
}

static void take(struct office *office, struct spoil *spoil,
                 void (*run)(struct task *task, struct node *node, struct txn *txn))
{
    spoil->task = (struct task){.run = run, .done = spoiled};
    spoil->office = office;
    node_post(office->node, &spoil->task);
    step(office);
}

static void whatever_is_done_to_the_chain_shows(void **state)
{
    static const struct {
        const char *name;
        struct spoil spoil;
        enum access_fault fault;
        uint64_t position;
    } cases[] = {
        {"one row altered", {.harm = ALTER, .position = 4}, ACCESS_ROW_ALTERED, 4},
        {"the first altered", {.harm = ALTER, .position = 1}, ACCESS_ROW_ALTERED, 1},
        {"the last altered", {.harm = ALTER, .position = 10}, ACCESS_ROW_ALTERED, 10},
        {"one left out", {.harm = DROP, .position = 5}, ACCESS_ROW_MISSING, 5},
        {"the first left out", {.harm = DROP, .position = 1}, ACCESS_ROW_MISSING, 1},
        {"two change places", {.harm = SWAP, .position = 3}, ACCESS_ROW_ALTERED, 3},
        {"cut behind what was cosigned",
         {.harm = CUT, .position = 8, .cosigns = 7},
         ACCESS_SOUND,
         0},
        {"cut before it", {.harm = CUT, .position = 7, .cosigns = 7}, ACCESS_ROWS_CUT, 7},
        {"cut whole", {.harm = CUT, .position = 1, .cosigns = 7}, ACCESS_ROWS_CUT, 1},
        {"made anew behind it", {.harm = FORGE, .position = 8, .cosigns = 7}, ACCESS_SOUND, 0},
        {"made anew before it",
         {.harm = FORGE, .position = 6, .cosigns = 7},
         ACCESS_HEAD_DIFFERS,
         7},
        {"lost with a store, and cosigned further",
         {.harm = LOSE, .position = 5, .cosigns = 7},
         ACCESS_ROWS_LOST,
         5},
        {"lost with a store, and nobody knows how many",
         {.harm = LOSE, .position = 5},
         ACCESS_ROWS_LOST,
         5},
        {"lost, and then one left out",
         {.harm = LOSE, .position = 5, .cosigns = 7, .drops = true},
         ACCESS_ROW_MISSING,
         8},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct office *office = office_open(false);
        struct spoil spoil = cases[i].spoil;
        struct access_check check;

        for (int row = 0; row < 10; row++) {
            assert_true(note(office, "li", ACCESS_READ));
        }
        office->hand.now_ms += ACCESSES_WAIT_MS;
        step(office);
        if (spoil.cosigns != 0) {
            take(office, &spoil, run_cosign);
        }
        assert_int_equal(check_chain(office).fault, ACCESS_SOUND);
        take(office, &spoil, run_spoil);
        check = check_chain(office);
        if (check.fault != cases[i].fault || check.position != cases[i].position) {
            fail_msg("%s: fault %d at row %u", cases[i].name, check.fault,
                     (unsigned)check.position);
        }
        office_close(office);
    }
}

/* Rows of another node, or of another tree, are no rows of this one. */
static void a_chain_begins_with_its_tree_and_division(void **state)
{
    const struct hash one = {{1}}, other = {{2}};
    const struct access_head seed = access_head_seed(&one, division_of("540000"));
    const struct access_head tree = access_head_seed(&other, division_of("540000"));
    const struct access_head division = access_head_seed(&one, division_of("540100"));

    (void)state;
    assert_false(hash_equal(&seed.hash, &tree.hash));
    assert_false(hash_equal(&seed.hash, &division.hash));
}

/* --- what a parent makes of a child's word --- */

static void a_parent_judges_what_a_child_tells(void **state)
{
    static const struct {
        const char *name;
        uint64_t known, told, cosigned;
        bool same_hash;
        unsigned condition;
        enum accesses_verdict want;
    } cases[] = {
        {"nothing yet", 0, 0, 0, true, 0, ACCESSES_NOTHING},
        {"its first rows", 0, 3, 0, false, 0, ACCESSES_NEW},
        {"more rows", 3, 9, 3, false, 0, ACCESSES_NEW},
        {"the same, and it knows", 9, 9, 9, true, 0, ACCESSES_NOTHING},
        {"the same, and it does not know", 9, 9, 3, true, 0, ACCESSES_UNTOLD},
        {"other rows", 9, 9, 9, false, 0, ACCESSES_CUT},
        {"one less", 9, 8, 9, false, 0, ACCESSES_CUT},
        {"none at all", 9, 0, 0, false, 0, ACCESSES_CUT},
        {"it only reads", 9, 0, 0, false, HEALTH_READING_ONLY, ACCESSES_NOTHING},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct cosigned_head known = {.position = cases[i].known, .hash = {{7}}};
        const struct health health = {.accesses = cases[i].told,
                                      .access_head = {{cases[i].same_hash ? 7 : 8}},
                                      .accesses_cosigned = cases[i].cosigned,
                                      .condition = cases[i].condition};
        const enum accesses_verdict got = accesses_judge(&known, &health);

        if (got != cases[i].want) {
            fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].want);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_and_its_note_are_one_commit),
        cmocka_unit_test(reads_wait_a_second_or_until_there_are_many),
        cmocka_unit_test(what_cannot_be_noted_is_told),
        cmocka_unit_test(what_the_chain_takes_is_counted),
        cmocka_unit_test(the_chain_goes_on_after_a_restart),
        cmocka_unit_test(whatever_is_done_to_the_chain_shows),
        cmocka_unit_test(a_chain_begins_with_its_tree_and_division),
        cmocka_unit_test(a_parent_judges_what_a_child_tells),
    };
    struct err err;

    if (crypto_init(&err) != OK) {
        return 1;
    }
    log_open(LOG_LEVEL_NONE, "");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
