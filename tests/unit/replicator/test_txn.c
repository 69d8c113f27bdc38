/* One turn's changes: seen by itself at once, read once from the store, written once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/store/store_memory.h"
#include "replicator/store/row_cache.h"
#include "replicator/store/txn.h"
#include "replicator/trust/crypto.h"
#include "tests/harness/commit.h"

/* --- a store that counts its reads and can fail --- */

struct spy {
    struct store inner, store;
    size_t gets;
    size_t fail_at; /* which get fails; 0: none */
    bool fail_scan;
    uint64_t fence;
};

static enum status spy_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                           struct bytes key, struct buf *value, struct err *err)
{
    struct spy *spy = self;

    if (++spy->gets == spy->fail_at) {
        return err_set(err, ERR_CORRUPT, "row_damaged row=%zu", spy->gets);
    }
    return spy->inner.ops->get(spy->inner.self, snapshot, space, key, value, err);
}

static enum status spy_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                            struct bytes prefix, struct bytes from, store_visit_fn *visit,
                            void *arg, struct err *err)
{
    struct spy *spy = self;

    if (spy->fail_scan) {
        return err_set(err, ERR_IO, "the disk is gone");
    }
    return spy->inner.ops->scan(spy->inner.self, snapshot, space, prefix, from, visit, arg, err);
}

static const struct store_ops spy_ops = {.get = spy_get, .scan = spy_scan};

static void commit(struct spy *spy, struct txn *txn)
{
    const struct batch batch = txn_batch(txn);

    commit_batch(&spy->inner, spy->fence, &batch);
}

static int open_spy(void **state)
{
    struct spy *spy = mem_zalloc(sizeof *spy);
    struct err err;

    store_memory_open(&spy->inner);
    spy->store = (struct store){spy, &spy_ops};
    *state = spy;
    return spy->inner.ops->claim(spy->inner.self, &spy->fence, &err) == OK ? 0 : -1;
}

static int close_spy(void **state)
{
    struct spy *spy = *state;

    spy->inner.ops->close(spy->inner.self);
    mem_free(spy);
    return 0;
}

/* --- short words for rows --- */

static void put(struct txn *txn, const char *key, const char *value)
{
    (void)txn_put(txn, SPACE_LEDGER, bytes_text(key), bytes_text(value));
}

static void expect(struct txn *txn, const char *key, const char *want)
{
    struct bytes value;
    const bool found = txn_get(txn, SPACE_LEDGER, bytes_text(key), &value);

    if (found != (want != NULL) || (found && !bytes_equal(value, bytes_text(want)))) {
        fail_msg("%s is %s\"%.*s\", want %s", key, found ? "" : "absent ", (int)value.size,
                 value.size == 0 ? "" : (const char *)value.data, want == NULL ? "absence" : want);
    }
}

static void store_rows(struct spy *spy, const char *const *rows, size_t count)
{
    struct txn *txn = txn_open(&spy->store, NULL);

    for (size_t i = 0; i < count; i++) {
        put(txn, rows[i], "stored");
    }
    commit(spy, txn);
    txn_free(txn);
}

static bool gather(void *arg, struct bytes key, struct bytes value)
{
    char *text = arg;

    (void)snprintf(text + strlen(text), 200 - strlen(text), "%.*s=%.*s ", (int)key.size,
                   (const char *)key.data, (int)value.size, (const char *)value.data);
    return true;
}

static void expect_scan(struct txn *txn, const char *prefix, const char *want)
{
    char text[200] = "";
    struct err err;

    assert_int_equal(txn_scan(txn, SPACE_LEDGER, bytes_text(prefix), gather, text, &err), OK);
    assert_string_equal(text, want);
}

/* --- the tests --- */

static void a_turn_sees_what_it_wrote(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);

    expect(txn, "a", NULL);
    put(txn, "a", "one");
    expect(txn, "a", "one");
    put(txn, "a", "a longer value than before");
    expect(txn, "a", "a longer value than before");
    put(txn, "a", "short");
    expect(txn, "a", "short");
    put(txn, "a", "");
    expect(txn, "a", "");
    txn_delete(txn, SPACE_LEDGER, bytes_text("a"));
    expect(txn, "a", NULL);
    put(txn, "a", "again");
    expect(txn, "a", "again");
    assert_int_equal(txn_changes(txn), 1);
    txn_reset(txn);
    expect(txn, "a", NULL);
    assert_int_equal(txn_changes(txn), 0);
    txn_free(txn);
}

static void spaces_and_keys_that_look_alike_are_apart(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    const struct bytes long_key = bytes_of("12345678\0", 9), short_key = bytes_of("12345678", 8);
    struct bytes value;

    (void)txn_put(txn, SPACE_LEDGER, long_key, bytes_text("long"));
    (void)txn_put(txn, SPACE_INDEX, short_key, bytes_text("index"));
    assert_false(txn_get(txn, SPACE_LEDGER, short_key, &value));
    for (int space = 0; space < SPACES; space++) { /* one key, in every space */
        const uint8_t number = (uint8_t)space;
        (void)txn_put(txn, (enum store_space)space, bytes_text("k"), bytes_of(&number, 1));
    }
    for (int space = 0; space < SPACES; space++) {
        assert_true(txn_get(txn, (enum store_space)space, bytes_text("k"), &value));
        assert_int_equal(value.data[0], space);
    }
    assert_int_equal(txn_changes(txn), SPACES + 2);
    assert_false(txn_get(txn, SPACE_INDEX, long_key, &value));
    assert_true(txn_get(txn, SPACE_INDEX, short_key, &value));
    assert_true(bytes_equal(value, bytes_text("index")));
    txn_free(txn);
}

static void a_row_is_read_once_and_so_is_its_absence(void **state)
{
    static const char *const rows[] = {"there"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);

    store_rows(spy, rows, 1);
    for (int i = 0; i < 1000; i++) {
        expect(txn, "there", "stored");
        expect(txn, "nowhere", NULL);
    }
    assert_int_equal(spy->gets, 2);
    put(txn, "written", "blind");
    expect(txn, "written", "blind");
    assert_int_equal(spy->gets, 2);
    assert_int_equal(txn_changes(txn), 1); /* what was only read is no change */
    txn_reset(txn);
    expect(txn, "there", "stored");
    assert_int_equal(spy->gets, 3); /* a new turn looks again */
    txn_free(txn);
}

static void a_counter_is_changed_in_place(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    uint8_t zero[8] = {0}, *counter;
    struct bytes value;

    counter = txn_put(txn, SPACE_ROLLUPS, bytes_text("c"), bytes_of(zero, 8));
    for (uint64_t i = 1; i <= 500; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "other%" PRIu64, i);
        put(txn, key, "x"); /* the table grows around it */
        store_u64(counter, load_u64(counter) + i);
    }
    assert_true(txn_get(txn, SPACE_ROLLUPS, bytes_text("c"), &value));
    assert_int_equal(load_u64(value.data), 500 * 501 / 2);
    commit(spy, txn);
    txn_reset(txn);
    assert_true(txn_get(txn, SPACE_ROLLUPS, bytes_text("c"), &value));
    assert_int_equal(load_u64(value.data), 500 * 501 / 2);
    txn_free(txn);
}

static void a_row_is_made_bit_by_bit(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    struct bytes early, value;

    (void)txn_append(txn, SPACE_LOCAL, bytes_text("r"), bytes_text("abc"));
    assert_true(txn_get(txn, SPACE_LOCAL, bytes_text("r"), &early));
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(txn_append(txn, SPACE_LOCAL, bytes_text("r"), bytes_text("0123456789"))[0],
                         'a');
    }
    assert_true(bytes_equal(early, bytes_text("abc"))); /* it has moved since, and this stays */
    assert_true(txn_get(txn, SPACE_LOCAL, bytes_text("r"), &value));
    assert_int_equal(value.size, 100003);
    assert_true(bytes_equal(bytes_of(value.data + 99993, 10), bytes_text("0123456789")));
    txn_delete(txn, SPACE_LOCAL, bytes_text("r"));
    (void)txn_append(txn, SPACE_LOCAL, bytes_text("r"), bytes_text("new"));
    commit(spy, txn);
    txn_reset(txn);
    (void)txn_append(txn, SPACE_LOCAL, bytes_text("r"), bytes_text("er")); /* of this turn alone */
    assert_true(txn_get(txn, SPACE_LOCAL, bytes_text("r"), &value));
    assert_true(bytes_equal(value, bytes_text("er")));
    txn_free(txn);
}

static void a_row_that_was_read_is_changed_in_place(void **state)
{
    static const char *const rows[] = {"k"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL), *child;
    struct bytes value;

    store_rows(spy, rows, 1);
    assert_null(txn_change(txn, SPACE_LEDGER, bytes_text("absent")));
    assert_int_equal(txn_changes(txn), 0);
    expect(txn, "k", "stored");
    assert_true(txn_get(txn, SPACE_LEDGER, bytes_text("k"), &value));
    child = txn_open_child(txn);
    txn_change(child, SPACE_LEDGER, bytes_text("k"))[0] = 'x';
    expect(child, "k", "xtored");
    expect(txn, "k", "stored");
    txn_free(child);
    assert_int_equal(txn_changes(txn), 0);
    txn_change(txn, SPACE_LEDGER, bytes_text("k"))[0] = 'S';
    assert_true(bytes_equal(value, bytes_text("Stored")));
    assert_int_equal(txn_changes(txn), 1);
    commit(spy, txn);
    txn_reset(txn);
    expect(txn, "k", "Stored");
    txn_delete(txn, SPACE_LEDGER, bytes_text("k"));
    assert_null(txn_change(txn, SPACE_LEDGER, bytes_text("k")));
    txn_free(txn);
}

static void a_value_may_be_put_from_itself(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    struct bytes value;

    put(txn, "k", "0123456789");
    assert_true(txn_get(txn, SPACE_LEDGER, bytes_text("k"), &value));
    (void)txn_put(txn, SPACE_LEDGER, bytes_text("k"), bytes_of(value.data + 3, 5));
    expect(txn, "k", "34567");
    txn_free(txn);
}

static void the_batch_holds_each_changed_row_once(void **state)
{
    static const char *const rows[] = {"gone", "kept"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    struct batch batch;

    store_rows(spy, rows, 2);
    put(txn, "new", "1");
    put(txn, "new", "2");
    txn_delete(txn, SPACE_LEDGER, bytes_text("gone"));
    expect(txn, "kept", "stored");
    put(txn, "empty", "");
    batch = txn_batch(txn);
    assert_int_equal(batch.count, 3);
    for (size_t i = 0; i < batch.count; i++) {
        const bool is_delete = bytes_equal(batch.changes[i].key, bytes_text("gone"));
        assert_int_equal(batch.changes[i].value.data == NULL, is_delete);
        assert_true(i == 0 || bytes_compare(batch.changes[i - 1].key, batch.changes[i].key) < 0);
    }
    commit(spy, txn);
    txn_reset(txn);
    expect(txn, "new", "2");
    expect(txn, "gone", NULL);
    expect(txn, "empty", "");
    expect_scan(txn, "", "empty= kept=stored new=2 ");
    txn_free(txn);
}

static void expect_gets(struct spy *spy, struct txn *txn, const char *key, const char *want,
                        size_t gets)
{
    spy->gets = 0;
    expect(txn, key, want);
    if (spy->gets != gets) {
        fail_msg("%s took %zu reads of the store, not %zu", key, spy->gets, gets);
    }
}

static void end_turn(struct spy *spy, struct txn *txn)
{
    commit(spy, txn);
    txn_committed(txn);
}

/* A balance that every turn moves is read from the store once, and never out of date. */
static void rows_that_are_written_again_stay_warm(void **state)
{
    static const char *const rows[] = {"balance", "other"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);

    store_rows(spy, rows, COUNT_OF(rows));
    expect_gets(spy, txn, "balance", "stored", 1);
    put(txn, "balance", "1");
    put(txn, "new", "1");
    expect(txn, "other", "stored");
    end_turn(spy, txn);
    expect_gets(spy, txn, "balance", "1", 0);
    expect_gets(spy, txn, "new", "1", 1);
    expect_gets(spy, txn, "other", "stored", 1);
    put(txn, "balance", "a value with more room");
    end_turn(spy, txn);
    expect_gets(spy, txn, "balance", "a value with more room", 0);
    txn_reset(txn);                /* of a turn without changes */
    put(txn, "balance", "unread"); /* whoever does not read it */
    end_turn(spy, txn);
    expect(txn, "balance", "unread");
    put(txn, "balance", "2");
    end_turn(spy, txn);
    txn_trim(txn);
    expect_gets(spy, txn, "balance", "2", 1);
    put(txn, "balance", "3");
    end_turn(spy, txn);
    expect_gets(spy, txn, "balance", "3", 0);
    txn_delete(txn, SPACE_LEDGER, bytes_text("balance"));
    end_turn(spy, txn);
    expect(txn, "balance", NULL);
    txn_free(txn);
}

/* A line that every turn asks for, and an id that nobody has used, are asked of the store once. */
static void rows_that_are_only_read_stay_warm(void **state)
{
    static const char *const rows[] = {"line", "first"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);

    store_rows(spy, rows, COUNT_OF(rows));
    put(txn, "first", "1");
    end_turn(spy, txn); /* before that, somebody else might write */
    expect_gets(spy, txn, "line", "stored", 1);
    expect_gets(spy, txn, "id", NULL, 1);
    txn_reset(txn);
    expect_gets(spy, txn, "line", "stored", 0);
    expect_gets(spy, txn, "id", NULL, 0);
    put(txn, "id", "used");
    end_turn(spy, txn);
    expect(txn, "id", "used");
    txn_delete(txn, SPACE_LEDGER, bytes_text("line"));
    end_turn(spy, txn);
    expect(txn, "line", NULL);
    put(txn, "line", "again");
    end_turn(spy, txn);
    expect(txn, "line", "again");
    txn_free(txn);
}

/* What people hand in waits for the next turns. */
static void new_rows_of_the_local_space_stay_warm(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    struct bytes value;

    (void)txn_put(txn, SPACE_LOCAL, bytes_text("draft"), bytes_text("text"));
    end_turn(spy, txn);
    spy->gets = 0;
    assert_true(txn_get(txn, SPACE_LOCAL, bytes_text("draft"), &value));
    assert_true(bytes_equal(value, bytes_text("text")));
    assert_int_equal(spy->gets, 0);
    txn_free(txn);
}

/* More rows than are kept: what is forgotten is read anew. */
static void warmth_is_bounded(void **state)
{
    static const char filler[1000] = "";
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    struct bytes value;

    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 2 * (uint32_t)ROW_CACHE_BYTES_MAX / (uint32_t)sizeof filler; i++) {
            const struct bytes key = bytes_of(&i, sizeof i);
            const bool there = txn_get(txn, SPACE_LEDGER, key, &value);

            if (there != (round > 0) || (there && value.data[0] != round)) {
                fail_msg("round %d, row %" PRIu32 ": %s", round, i, there ? "stale" : "absent");
            }
            txn_put(txn, SPACE_LEDGER, key, bytes_of(filler, sizeof filler))[0] =
                (uint8_t)(round + 1);
        }
        end_turn(spy, txn);
    }
    txn_free(txn);
}

/* Rows come and go among others that want the same place; what is kept is always the newest. */
static void a_kept_row_is_the_newest_whatever_lies_around_it(void **state)
{
    enum { KEYS = 200, STEPS = 100000, PLACES = 7 };
    struct row_cache cache = {.old = {.count = 0}};
    uint32_t newest[KEYS] = {0}, random = 1; /* 0: dropped, or never put; 1: absent */

    (void)state;
    for (uint32_t step = 2; step < STEPS; step++) {
        const uint32_t number = (random = random * 1103515245 + 12345) >> 8;
        const uint32_t key = number % KEYS, what = number / KEYS % 8;
        const uint64_t hash = key % PLACES;
        const struct bytes name = bytes_of(&key, sizeof key);
        struct bytes value;
        const enum cached found = row_cache_get(&cache, hash, SPACE_LEDGER, name, &value);

        assert_int_equal(found, newest[key] == 0   ? CACHED_NOT
                                : newest[key] == 1 ? CACHED_ABSENT
                                                   : CACHED_PRESENT);
        if (found == CACHED_PRESENT) {
            assert_memory_equal(value.data, &newest[key], sizeof newest[key]);
        }
        if (what == 0 && found == CACHED_NOT) {
            row_cache_add_absent(&cache, hash, SPACE_LEDGER, name);
            newest[key] = 1;
        } else if (what == 6 && found == CACHED_NOT) {
            row_cache_add(&cache, hash, SPACE_LEDGER, name, bytes_of(&step, sizeof step));
            newest[key] = step;
        } else if (what < 3) {
            row_cache_drop(&cache, hash, SPACE_LEDGER, name);
            newest[key] = 0;
        } else if (what < 6) {
            row_cache_put(&cache, hash, SPACE_LEDGER, name, bytes_of(&step, sizeof step));
            newest[key] = step;
        }
    }
    row_cache_forget(&cache);
}

static void a_scan_merges_what_is_stored_and_what_is_new(void **state)
{
    static const char *const rows[] = {"a1", "a3", "a5", "a7", "b1"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);

    store_rows(spy, rows, COUNT_OF(rows));
    expect_scan(txn, "a", "a1=stored a3=stored a5=stored a7=stored ");
    put(txn, "a9", "new");
    put(txn, "a0", "new");
    put(txn, "a3", "changed");
    put(txn, "a4", "new");
    put(txn, "a", "prefix itself");
    put(txn, "b0", "elsewhere");
    txn_delete(txn, SPACE_LEDGER, bytes_text("a5"));
    txn_delete(txn, SPACE_LEDGER, bytes_text("a6"));
    expect(txn, "a7", "stored"); /* read, not changed: it must not come twice */
    expect_scan(txn, "a", "a=prefix itself a0=new a1=stored a3=changed a4=new a7=stored a9=new ");
    expect_scan(txn, "b", "b0=elsewhere b1=stored ");
    expect_scan(txn, "c", "");
    txn_free(txn);
}

static void expect_scan_from(struct txn *txn, const char *from, const char *want)
{
    char text[200] = "";
    struct err err;

    assert_int_equal(
        txn_scan_from(txn, SPACE_LEDGER, bytes_text("a"), bytes_text(from), gather, text, &err),
        OK);
    assert_string_equal(text, want);
}

static void a_scan_begins_at_the_key_it_is_given(void **state)
{
    static const char *const rows[] = {"a1", "a3", "a5", "b1"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL), *child;

    store_rows(spy, rows, COUNT_OF(rows));
    put(txn, "a2", "new");
    put(txn, "a4", "new");
    expect_scan_from(txn, "a", "a1=stored a2=new a3=stored a4=new a5=stored ");
    expect_scan_from(txn, "a3", "a3=stored a4=new a5=stored ");
    expect_scan_from(txn, "a31", "a4=new a5=stored ");
    expect_scan_from(txn, "a6", "");
    child = txn_open_child(txn);
    put(child, "a0", "child's");
    put(child, "a45", "child's");
    expect_scan_from(child, "a4", "a4=new a45=child's a5=stored ");
    txn_free(child);
    txn_free(txn);
}

static bool stop_at_third(void *arg, struct bytes key, struct bytes value)
{
    size_t *count = arg;

    (void)key;
    (void)value;
    return ++*count < 3;
}

static void a_scan_stops_where_its_visitor_says(void **state)
{
    static const char *const rows[] = {"a1", "a3", "a5"};
    static const char *const more[][3] = {
        {"a0", "a2", "a4"}, {"a6", "a7", "a8"}, {"a0", "a00", "a01"}, {"a1", "a3", "a5"}};
    struct spy *spy = *state;

    store_rows(spy, rows, COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        struct txn *txn = txn_open(&spy->store, NULL);
        size_t count = 0;
        struct err err;

        for (size_t k = 0; k < 3; k++) {
            put(txn, more[i][k], "new");
        }
        assert_int_equal(txn_scan(txn, SPACE_LEDGER, bytes_text("a"), stop_at_third, &count, &err),
                         OK);
        assert_int_equal(count, 3);
        txn_free(txn);
    }
}

static void a_trial_is_forgotten_whole(void **state)
{
    static const char *const rows[] = {"s"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL), *dry_run;

    store_rows(spy, rows, 1);
    put(txn, "p", "parent");
    put(txn, "q", "parent");
    for (int again = 0; again <= 1; again++) {
        dry_run = txn_open_child(txn);
        expect(dry_run, "p", "parent");
        expect(dry_run, "s", "stored");
        put(dry_run, "p", "child");
        put(dry_run, "n", "child");
        txn_delete(dry_run, SPACE_LEDGER, bytes_text("q"));
        txn_delete(dry_run, SPACE_LEDGER, bytes_text("s"));
        expect(dry_run, "p", "child");
        expect(dry_run, "q", NULL);
        expect(dry_run, "s", NULL);
        expect_scan(dry_run, "", "n=child p=child ");
        expect(txn, "p", "parent");
        expect(txn, "q", "parent");
        expect(txn, "n", NULL);
        assert_int_equal(txn_changes(dry_run), 4);
        txn_free(dry_run);
    }
    expect(txn, "p", "parent");
    expect(txn, "q", "parent");
    expect(txn, "s", "stored");
    expect(txn, "n", NULL);
    assert_int_equal(spy->gets, 2); /* s and n, for all of the line */
    txn_free(txn);
}

static void a_trial_within_a_trial_reads_all_the_way(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    struct txn *child = txn_open_child(txn), *grandchild = txn_open_child(child);

    put(txn, "a", "1");
    put(child, "b", "2");
    put(grandchild, "c", "3");
    expect_scan(grandchild, "", "a=1 b=2 c=3 ");
    expect(grandchild, "a", "1");
    txn_free(grandchild);
    expect_scan(child, "", "a=1 b=2 ");
    txn_free(child);
    expect_scan(txn, "", "a=1 ");
    txn_free(txn);
}

static void a_read_error_sticks_until_reset(void **state)
{
    static const char *const rows[] = {"a", "b", "c"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL), *child = txn_open_child(txn);
    struct err err = {OK, ""};

    store_rows(spy, rows, COUNT_OF(rows));
    spy->fail_at = 2;
    expect(txn, "a", "stored");
    assert_int_equal(txn_status(txn, &err), OK);
    expect(child, "b", NULL);
    expect(txn, "c", NULL); /* nothing more is read */
    assert_int_equal(spy->gets, 2);
    expect(txn, "a", "stored"); /* what is known stays known */
    assert_int_equal(txn_status(child, &err), ERR_CORRUPT);
    assert_int_equal(txn_status(txn, &err), ERR_CORRUPT);
    assert_string_equal(err.text, "row_damaged\x1frow=2");
    txn_free(child);
    txn_reset(txn);
    assert_int_equal(txn_status(txn, &err), OK);
    expect(txn, "b", "stored");
    spy->fail_scan = true;
    assert_int_equal(txn_scan(txn, SPACE_LEDGER, BYTES_NONE, gather, NULL, &err), ERR_IO);
    assert_int_equal(txn_status(txn, &err), ERR_IO);
    txn_free(txn);
}

/* A new document's row: looked for in vain, and made in the same turn. Neither that there was none
 * nor the row is kept, whatever became of the row before the turn was over. */
static void a_row_missed_and_made_in_one_turn_is_not_kept(void **state)
{
    static const char *const rows[] = {"first"};
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);

    store_rows(spy, rows, COUNT_OF(rows));
    put(txn, "first", "1");
    end_turn(spy, txn);
    expect_gets(spy, txn, "id", NULL, 1);
    expect_gets(spy, txn, "gone", NULL, 1);
    put(txn, "id", "made");
    put(txn, "gone", "for a moment");
    txn_delete(txn, SPACE_LEDGER, bytes_text("gone"));
    end_turn(spy, txn);
    expect_gets(spy, txn, "id", "made", 1);
    expect_gets(spy, txn, "gone", NULL, 1);
    put(txn, "id", "changed");
    end_turn(spy, txn);
    expect_gets(spy, txn, "id", "changed", 0); /* what is written again stays */
    expect_gets(spy, txn, "gone", NULL, 0);
    put(txn, "gone", "back");
    txn_trim(txn); /* in the middle of a turn */
    end_turn(spy, txn);
    expect_gets(spy, txn, "gone", "back", 1);
    expect_gets(spy, txn, "id", "changed", 1);
    txn_free(txn);
}

static void a_reader_stays_on_its_snapshot(void **state)
{
    static const char *const before[] = {"a"}, *const after[] = {"b"};
    struct spy *spy = *state;
    struct store_snapshot *snapshot;
    struct txn *txn;

    store_rows(spy, before, 1);
    snapshot = spy->inner.ops->snapshot(spy->inner.self);
    store_rows(spy, after, 1);
    txn = txn_open(&spy->store, snapshot);
    expect(txn, "a", "stored");
    expect(txn, "b", NULL);
    expect_scan(txn, "", "a=stored ");
    txn_free(txn);
    spy->inner.ops->release(spy->inner.self, snapshot);
}

/* A small model: one slot a key. Turns of very different sizes share one txn. */
static void a_hundred_thousand_steps_agree_with_a_model(void **state)
{
    enum { KEYS = 5000, STEPS = 100000, VALUE_MAX = 100 };
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    uint8_t *model = mem_zalloc(KEYS); /* length of the value + 1; 0 is absent */
    uint64_t random = 42;

    for (int i = 0; i < STEPS; i++) {
        uint8_t key[8], fill[VALUE_MAX];
        struct bytes value;
        size_t slot;
        bool found;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        slot = (size_t)(random >> 33) % KEYS;
        store_u64(key, slot);
        memset(fill, (int)slot & 0xff, sizeof fill);
        switch (random >> 60 & 7) {
        case 0:
            txn_delete(txn, SPACE_INDEX, bytes_of(key, 8));
            model[slot] = 0;
            break;
        case 1:
        case 2:
        case 3:
            model[slot] = (uint8_t)(1 + (random >> 20) % VALUE_MAX);
            (void)txn_put(txn, SPACE_INDEX, bytes_of(key, 8), bytes_of(fill, model[slot] - 1u));
            break;
        default:
            found = txn_get(txn, SPACE_INDEX, bytes_of(key, 8), &value);
            assert_int_equal(found, model[slot] != 0);
            if (found) {
                assert_true(bytes_equal(value, bytes_of(fill, model[slot] - 1u)));
            }
        }
        if ((random >> 40) % (i < STEPS / 2 ? 20000 : 50) == 0) {
            commit(spy, txn);
            txn_committed(txn);
        }
    }
    mem_free(model);
    txn_free(txn);
}

static void large_values_come_and_go(void **state)
{
    struct spy *spy = *state;
    struct txn *txn = txn_open(&spy->store, NULL);
    uint8_t *block = mem_zalloc(1 << 20);
    struct bytes value;

    for (int turn = 0; turn < 3; turn++) {
        for (uint8_t i = 0; i < 20; i++) {
            memset(block, i, 1 << 20);
            (void)txn_put(txn, SPACE_BLOCKS, bytes_of(&i, 1),
                          bytes_of(block, (size_t)1 << (i + 1)));
        }
        for (uint8_t i = 0; i < 20; i++) {
            assert_true(txn_get(txn, SPACE_BLOCKS, bytes_of(&i, 1), &value));
            assert_int_equal(value.size, (size_t)1 << (i + 1));
            assert_int_equal(value.data[value.size - 1], i);
        }
        commit(spy, txn);
        txn_reset(txn);
    }
    mem_free(block);
    txn_free(txn);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, open_spy, close_spy)
    const struct CMUnitTest tests[] = {
        STORY(a_turn_sees_what_it_wrote),
        STORY(spaces_and_keys_that_look_alike_are_apart),
        STORY(a_row_is_read_once_and_so_is_its_absence),
        STORY(a_counter_is_changed_in_place),
        STORY(a_row_is_made_bit_by_bit),
        STORY(a_row_that_was_read_is_changed_in_place),
        STORY(a_value_may_be_put_from_itself),
        STORY(the_batch_holds_each_changed_row_once),
        STORY(rows_that_are_written_again_stay_warm),
        STORY(rows_that_are_only_read_stay_warm),
        STORY(a_row_missed_and_made_in_one_turn_is_not_kept),
        STORY(a_kept_row_is_the_newest_whatever_lies_around_it),
        STORY(new_rows_of_the_local_space_stay_warm),
        STORY(warmth_is_bounded),
        STORY(a_scan_merges_what_is_stored_and_what_is_new),
        STORY(a_scan_begins_at_the_key_it_is_given),
        STORY(a_scan_stops_where_its_visitor_says),
        STORY(a_trial_is_forgotten_whole),
        STORY(a_trial_within_a_trial_reads_all_the_way),
        STORY(a_read_error_sticks_until_reset),
        STORY(a_reader_stays_on_its_snapshot),
        STORY(a_hundred_thousand_steps_agree_with_a_model),
        STORY(large_values_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
