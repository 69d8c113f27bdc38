#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "conformance.h"

enum { BIG_BYTES = 1 << 20, MODEL_KEYS = 97, MODEL_TURNS = 192 };

struct fixture {
    const struct engine *engine;
    void *place;
    struct store store;
    uint64_t fence;
};

/* --- helpers --- */

uint64_t must_claim(const struct store *store)
{
    uint64_t fence = 0;
    struct err err;

    if (store->ops->claim(store->self, &fence, &err) != OK) {
        fail_msg("claim: %s", err.text);
    }
    return fence;
}

void must_commit(const struct store *store, uint64_t fence, const struct change *changes,
                 size_t count)
{
    const struct batch batch = {changes, count};
    struct err err;

    if (store->ops->commit_begin(store->self, fence, &batch, &err) != OK ||
        store->ops->commit_outcome(store->self, &err) != COMMIT_OK) {
        fail_msg("commit: %s", err.text);
    }
}

void must_put(const struct store *store, uint64_t fence, enum store_space space, const char *key,
              const char *value)
{
    const struct change change = {space, bytes_text(key), bytes_text(value)};

    must_commit(store, fence, &change, 1);
}

void must_hold(const struct store *store, struct store_snapshot *snapshot, enum store_space space,
               const char *key, const char *want)
{
    struct buf value = BUF_EMPTY;
    struct err err = {OK, "absent"};
    const enum status status =
        store->ops->get(store->self, snapshot, space, bytes_text(key), &value, &err);

    if (want == NULL && status != ERR_NOT_FOUND) {
        fail_msg("%s in space %d: status %d, want absent", key, space, status);
    }
    if (want != NULL && (status != OK || !bytes_equal(buf_bytes(&value), bytes_text(want)))) {
        fail_msg("%s in space %d: \"%.*s\" (%s), want \"%s\"", key, space, (int)value.size,
                 value.data == NULL ? "" : (const char *)value.data, err.text, want);
    }
    buf_free(&value);
}

static bool list_row(void *arg, struct bytes key, struct bytes value)
{
    struct buf *out = arg;

    assert_non_null(value.data); /* NULL would mean a delete */
    if (out->size != 0) {
        buf_put_u8(out, ' ');
    }
    buf_append_bytes(out, key);
    buf_put_u8(out, '=');
    buf_append_bytes(out, value);
    return true;
}

void must_scan(const struct store *store, struct store_snapshot *snapshot, enum store_space space,
               const char *prefix, const char *from, const char *want)
{
    struct buf got = BUF_EMPTY;
    struct err err;

    if (store->ops->scan(store->self, snapshot, space, bytes_text(prefix),
                         from == NULL ? BYTES_NONE : bytes_text(from), list_row, &got,
                         &err) != OK) {
        fail_msg("scan: %s", err.text);
    }
    if (!bytes_equal(buf_bytes(&got), bytes_text(want))) {
        fail_msg("scan of \"%s\" from \"%s\" saw \"%.*s\", want \"%s\"", prefix,
                 from == NULL ? "" : from, (int)got.size,
                 got.data == NULL ? "" : (const char *)got.data, want);
    }
    buf_free(&got);
}

/* --- cases --- */

static void what_is_put_is_there_until_it_is_deleted(void **state)
{
    const struct fixture *at = *state;
    const struct change gone = CHANGE_DELETE(SPACE_LEDGER, "a");

    must_hold(&at->store, NULL, SPACE_LEDGER, "a", NULL);
    must_put(&at->store, at->fence, SPACE_LEDGER, "a", "1");
    must_hold(&at->store, NULL, SPACE_LEDGER, "a", "1");
    must_put(&at->store, at->fence, SPACE_LEDGER, "a", "a longer value");
    must_hold(&at->store, NULL, SPACE_LEDGER, "a", "a longer value");
    must_commit(&at->store, at->fence, &gone, 1);
    must_hold(&at->store, NULL, SPACE_LEDGER, "a", NULL);
    must_commit(&at->store, at->fence, &gone, 1); /* absent already: nothing happens */
    must_put(&at->store, at->fence, SPACE_LEDGER, "a", "again");
    must_hold(&at->store, NULL, SPACE_LEDGER, "a", "again");
}

static void an_absent_key_leaves_the_error_alone(void **state)
{
    const struct fixture *at = *state;
    struct err err = {ERR_CONFIG, "untouched"};
    struct buf value = BUF_EMPTY;

    buf_append(&value, "old", 3);
    assert_int_equal(
        at->store.ops->get(at->store.self, NULL, SPACE_META, bytes_text("x"), &value, &err),
        ERR_NOT_FOUND);
    assert_string_equal(err.text, "untouched");
    assert_int_equal(value.size, 0);
    buf_free(&value);
}

static void a_fresh_store_is_empty_in_every_space(void **state)
{
    const struct fixture *at = *state;

    for (int space = 0; space < SPACES; space++) {
        must_scan(&at->store, NULL, (enum store_space)space, "", NULL, "");
    }
}

static void an_empty_value_is_not_a_delete(void **state)
{
    struct fixture *at = *state;

    must_put(&at->store, at->fence, SPACE_INDEX, "k", "");
    must_hold(&at->store, NULL, SPACE_INDEX, "k", "");
    must_scan(&at->store, NULL, SPACE_INDEX, "", NULL, "k=");
    at->engine->reopen(at->place, &at->store);
    must_hold(&at->store, NULL, SPACE_INDEX, "k", "");
}

static void spaces_do_not_see_each_other(void **state)
{
    const struct fixture *at = *state;

    for (int space = 0; space < SPACES; space++) {
        const char name[2] = {(char)('0' + space), '\0'};

        must_put(&at->store, at->fence, (enum store_space)space, "same", name);
    }
    for (int space = 0; space < SPACES; space++) {
        char want[16];

        (void)snprintf(want, sizeof want, "same=%d", space);
        must_scan(&at->store, NULL, (enum store_space)space, "", NULL, want);
    }
}

static void a_scan_sees_a_prefix_in_byte_order(void **state)
{
    static const struct {
        const char *prefix, *from, *want;
    } cases[] = {
        {"", NULL, "a=1 b=2 b\x01=3 ba=4 bb=5 b\xff=6 b\xff\xff=7 c=8 \xff=9"},
        {"b", NULL, "b=2 b\x01=3 ba=4 bb=5 b\xff=6 b\xff\xff=7"},
        {"b\xff", NULL, "b\xff=6 b\xff\xff=7"},
        {"\xff", NULL, "\xff=9"},
        {"bb", NULL, "bb=5"},
        {"bc", NULL, ""},
        {"d", NULL, ""},
        {"b", "b", "b=2 b\x01=3 ba=4 bb=5 b\xff=6 b\xff\xff=7"},
        {"b", "bab", "bb=5 b\xff=6 b\xff\xff=7"},
        {"b", "b\xff\xff\xff", ""},
        {"", "b\xff", "b\xff=6 b\xff\xff=7 c=8 \xff=9"},
    };
    const struct fixture *at = *state;
    const struct change rows[] = {
        CHANGE_PUT(SPACE_LEDGER, "\xff", "9"),  CHANGE_PUT(SPACE_LEDGER, "c", "8"),
        CHANGE_PUT(SPACE_LEDGER, "a", "1"),     CHANGE_PUT(SPACE_LEDGER, "bb", "5"),
        CHANGE_PUT(SPACE_LEDGER, "b", "2"),     CHANGE_PUT(SPACE_LEDGER, "b\xff\xff", "7"),
        CHANGE_PUT(SPACE_LEDGER, "b\x01", "3"), CHANGE_PUT(SPACE_LEDGER, "b\xff", "6"),
        CHANGE_PUT(SPACE_LEDGER, "ba", "4"),
    };

    must_commit(&at->store, at->fence, rows, COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        must_scan(&at->store, NULL, SPACE_LEDGER, cases[i].prefix, cases[i].from, cases[i].want);
    }
}

static bool count_to_two(void *arg, struct bytes key, struct bytes value)
{
    int *count = arg;

    (void)key;
    (void)value;
    return ++*count < 2;
}

static void a_visit_can_stop_the_scan(void **state)
{
    const struct fixture *at = *state;
    int count = 0;
    struct err err;

    for (char key[2] = "a"; key[0] < 'f'; key[0]++) {
        must_put(&at->store, at->fence, SPACE_META, key, "");
    }
    assert_int_equal(at->store.ops->scan(at->store.self, NULL, SPACE_META, BYTES_NONE, BYTES_NONE,
                                         count_to_two, &count, &err),
                     OK);
    assert_int_equal(count, 2);
}

static void floor_finds_the_last_key_at_or_before(void **state)
{
    static const struct {
        const char *prefix, *at, *want;
    } cases[] = {
        {"b", "b5", "b5"},    {"b", "b6", "b5"},  {"b", "b9", "b7"},   {"b", "b1", NULL},
        {"b", "b3", "b3"},    {"b", "b", NULL},   {"b", "z", "b7"},    {"b", "a", NULL},
        {"b", "b\xff", "b7"}, {"", "b4", "b3"},   {"", "\x01", NULL},  {"", "zzz", "c"},
        {"\xff", "z", NULL},  {"b5", "b9", "b5"}, {"c", "c\xff", "c"}, {"a", "b9", "a9"},
    };
    const struct fixture *at = *state;
    const struct change rows[] = {
        CHANGE_PUT(SPACE_BLOCKS, "a9", ""), CHANGE_PUT(SPACE_BLOCKS, "b3", ""),
        CHANGE_PUT(SPACE_BLOCKS, "b5", ""), CHANGE_PUT(SPACE_BLOCKS, "b7", ""),
        CHANGE_PUT(SPACE_BLOCKS, "b8", ""), CHANGE_PUT(SPACE_BLOCKS, "c", ""),
    };
    const struct change gone = CHANGE_DELETE(SPACE_BLOCKS, "b8");
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    must_commit(&at->store, at->fence, rows, COUNT_OF(rows));
    must_commit(&at->store, at->fence, &gone, 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {OK, ""};
        const enum status status =
            at->store.ops->floor(at->store.self, NULL, SPACE_BLOCKS, bytes_text(cases[i].prefix),
                                 bytes_text(cases[i].at), &key, &value, &err);
        const char *want = cases[i].want;

        if (status != (want == NULL ? ERR_NOT_FOUND : OK) ||
            (want != NULL && !bytes_equal(buf_bytes(&key), bytes_text(want)))) {
            fail_msg("floor of \"%s\" in \"%s\": \"%.*s\" (%s), want %s", cases[i].at,
                     cases[i].prefix, (int)key.size, key.data == NULL ? "" : (char *)key.data,
                     status_name(status), want == NULL ? "none" : want);
        }
    }
    buf_free(&key);
    buf_free(&value);
}

static void a_snapshot_does_not_see_what_comes_later(void **state)
{
    const struct fixture *at = *state;
    const struct store *store = &at->store;
    const struct change later[] = {CHANGE_PUT(SPACE_LEDGER, "a", "2"),
                                   CHANGE_DELETE(SPACE_LEDGER, "b"),
                                   CHANGE_PUT(SPACE_LEDGER, "c", "new")};
    struct store_snapshot *before, *between;
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct err err;

    must_put(store, at->fence, SPACE_LEDGER, "a", "1");
    must_put(store, at->fence, SPACE_LEDGER, "b", "1");
    before = store->ops->snapshot(store->self);
    must_commit(store, at->fence, later, COUNT_OF(later));
    between = store->ops->snapshot(store->self);
    must_put(store, at->fence, SPACE_LEDGER, "a", "3");
    must_put(store, at->fence, SPACE_LEDGER, "b", "3");

    must_scan(store, before, SPACE_LEDGER, "", NULL, "a=1 b=1");
    must_scan(store, between, SPACE_LEDGER, "", NULL, "a=2 c=new");
    must_scan(store, NULL, SPACE_LEDGER, "", NULL, "a=3 b=3 c=new");
    must_hold(store, before, SPACE_LEDGER, "c", NULL);
    must_hold(store, between, SPACE_LEDGER, "b", NULL);
    assert_int_equal(store->ops->floor(store->self, before, SPACE_LEDGER, BYTES_NONE,
                                       bytes_text("z"), &key, &value, &err),
                     OK);
    assert_true(bytes_equal(buf_bytes(&key), bytes_text("b")));
    store->ops->release(store->self, before);
    must_scan(store, between, SPACE_LEDGER, "", NULL, "a=2 c=new");
    store->ops->release(store->self, between);
    must_scan(store, NULL, SPACE_LEDGER, "", NULL, "a=3 b=3 c=new");
    buf_free(&key);
    buf_free(&value);
}

static void a_moment_is_that_of_the_snapshots_in_it(void **state)
{
    const struct fixture *at = *state;
    const struct store *store = &at->store;
    const uint64_t begun = store->ops->moment(store->self);
    struct store_snapshot *near;
    uint64_t later;

    assert_true(begun > 0);
    must_put(store, at->fence, SPACE_LEDGER, "a", "1");
    later = store->ops->moment(store->self);
    assert_true(later > begun);
    near = store->ops->near_snapshot(store->self);
    must_hold(store, near, SPACE_LEDGER, "a", "1"); /* just written, so it is in memory */
    must_scan(store, near, SPACE_LEDGER, "", NULL, "a=1");
    assert_int_equal(store->ops->moment(store->self), later); /* reading moves nothing */
    must_put(store, at->fence, SPACE_ROLLUPS, "b", "1");
    assert_true(store->ops->moment(store->self) > later);
    must_hold(store, near, SPACE_ROLLUPS, "b", NULL);
    store->ops->release(store->self, near);
}

static void a_batch_is_one_change_in_all_spaces(void **state)
{
    struct fixture *at = *state;
    struct store_snapshot *before = at->store.ops->snapshot(at->store.self);
    struct change rows[SPACES];

    for (int space = 0; space < SPACES; space++) {
        rows[space] = (struct change){(enum store_space)space, bytes_text("k"), bytes_text("v")};
    }
    must_commit(&at->store, at->fence, rows, COUNT_OF(rows));
    for (int space = 0; space < SPACES; space++) {
        must_hold(&at->store, before, (enum store_space)space, "k", NULL);
        must_hold(&at->store, NULL, (enum store_space)space, "k", "v");
    }
    at->store.ops->release(at->store.self, before);
    at->engine->reopen(at->place, &at->store);
    for (int space = 0; space < SPACES; space++) {
        must_hold(&at->store, NULL, (enum store_space)space, "k", "v");
    }
}

static void a_batch_is_copied(void **state)
{
    const struct fixture *at = *state;
    char key[] = "key", value[] = "value";
    const struct change change = {SPACE_META, bytes_text(key), bytes_text(value)};

    must_commit(&at->store, at->fence, &change, 1);
    key[0] = value[0] = 'x';
    must_scan(&at->store, NULL, SPACE_META, "", NULL, "key=value");
}

static void an_empty_batch_commits(void **state)
{
    const struct fixture *at = *state;

    must_commit(&at->store, at->fence, NULL, 0);
}

static void an_old_fence_cannot_commit(void **state)
{
    struct fixture *at = *state;
    const struct change change = CHANGE_PUT(SPACE_META, "k", "stale");
    const struct batch batch = {&change, 1};
    const uint64_t newer = must_claim(&at->store);
    struct err err;

    assert_true(newer > at->fence);
    assert_int_equal(at->store.ops->commit_begin(at->store.self, at->fence, &batch, &err),
                     ERR_STALE_FENCE);
    must_hold(&at->store, NULL, SPACE_META, "k", NULL);
    must_put(&at->store, newer, SPACE_META, "k", "newer");
    at->engine->reopen(at->place, &at->store);
    assert_true(must_claim(&at->store) > newer); /* it outlives its holder */
    must_hold(&at->store, NULL, SPACE_META, "k", "newer");
}

static void everything_is_there_after_reopening(void **state)
{
    struct fixture *at = *state;
    const struct change gone = CHANGE_DELETE(SPACE_LOCAL, "b");

    must_put(&at->store, at->fence, SPACE_LOCAL, "a", "1");
    must_put(&at->store, at->fence, SPACE_LOCAL, "b", "2");
    must_commit(&at->store, at->fence, &gone, 1);
    must_put(&at->store, at->fence, SPACE_LOCAL, "a", "3");
    at->engine->reopen(at->place, &at->store);
    must_scan(&at->store, NULL, SPACE_LOCAL, "", NULL, "a=3");
}

static void long_keys_and_big_values_are_kept(void **state)
{
    struct fixture *at = *state;
    uint8_t key[STORE_KEY_BYTES_MAX], *big = mem_zalloc(BIG_BYTES);
    struct change change = {SPACE_BLOCKS, bytes_of(key, sizeof key), bytes_of(big, BIG_BYTES)};
    struct buf value = BUF_EMPTY;
    struct err err;

    memset(key, 0xff, sizeof key);
    for (size_t i = 0; i < BIG_BYTES; i++) {
        big[i] = (uint8_t)(i * i >> 7);
    }
    must_commit(&at->store, at->fence, &change, 1);
    at->engine->reopen(at->place, &at->store);
    assert_int_equal(
        at->store.ops->get(at->store.self, NULL, SPACE_BLOCKS, change.key, &value, &err), OK);
    assert_true(bytes_equal(buf_bytes(&value), change.value));
    buf_free(&value);
    mem_free(big);
}

struct sum {
    size_t rows;
    uint32_t values;
};

static bool sum_row(void *arg, struct bytes key, struct bytes value)
{
    struct sum *sum = arg;

    assert_int_equal(key.size, 4);
    sum->rows++;
    sum->values += value.data[0];
    return true;
}

static void check_scan(const struct fixture *at, struct store_snapshot *snapshot,
                       const uint8_t truth[MODEL_KEYS])
{
    struct sum got = {0, 0}, want = {0, 0};
    struct err err;

    for (size_t i = 0; i < MODEL_KEYS; i++) {
        want.rows += truth[i] != 0;
        want.values += truth[i];
    }
    assert_int_equal(at->store.ops->scan(at->store.self, snapshot, SPACE_ROLLUPS, bytes_text("m"),
                                         BYTES_NONE, sum_row, &got, &err),
                     OK);
    if (got.rows != want.rows || got.values != want.values) {
        fail_msg("scan: %zu rows, sum %u; want %zu, %u", got.rows, got.values, want.rows,
                 want.values);
    }
}

/* The greatest row of the model at or before `place`, through floor. */
static void check_floor(const struct fixture *at, struct store_snapshot *snapshot,
                        const uint8_t truth[MODEL_KEYS], int place)
{
    const uint8_t key[4] = {'m', 0, 0, (uint8_t)place};
    struct buf found = BUF_EMPTY, value = BUF_EMPTY;
    enum status status;
    struct err err;
    int want = place;

    while (want >= 0 && truth[want] == 0) {
        want--;
    }
    status = at->store.ops->floor(at->store.self, snapshot, SPACE_ROLLUPS, bytes_text("m"),
                                  bytes_of(key, sizeof key), &found, &value, &err);
    if (status != (want < 0 ? ERR_NOT_FOUND : OK) ||
        (want >= 0 && (found.data[3] != want || value.data[0] != truth[want]))) {
        fail_msg("floor of row %d: %s, want row %d", place, status_name(status), want);
    }
    buf_free(&found);
    buf_free(&value);
}

static void check_model(const struct fixture *at, struct store_snapshot *snapshot,
                        const uint8_t truth[MODEL_KEYS])
{
    check_scan(at, snapshot, truth);
    for (int place = 0; place < MODEL_KEYS; place++) {
        check_floor(at, snapshot, truth, place);
    }
}

/* Changes about one row in sixteen, in the store and in the model. */
static void change_some(const struct fixture *at, uint8_t model[MODEL_KEYS], uint64_t *chance)
{
    uint8_t keys[MODEL_KEYS][4] = {{0}}, values[MODEL_KEYS] = {0};
    struct change changes[MODEL_KEYS];
    size_t count = 0;

    for (size_t i = 0; i < MODEL_KEYS; i++) {
        *chance = *chance * 6364136223846793005U + 1442695040888963407U;
        if (*chance >> 60 != 0) {
            continue;
        }
        model[i] =
            (*chance >> 59 & 1) != 0 ? 0 : (uint8_t)(1 + (*chance >> 40 & 3)); /* 0: absent */
        values[count] = model[i];
        memcpy(keys[count], (const uint8_t[4]){'m', 0, 0, (uint8_t)i}, 4);
        changes[count] = (struct change){SPACE_ROLLUPS, bytes_of(keys[count], 4),
                                         model[i] == 0 ? BYTES_NONE : bytes_of(&values[count], 1)};
        count++;
    }
    must_commit(&at->store, at->fence, changes, count);
}

/* Enough changes and snapshots that rows are cleaned while others still look at them. */
static void the_store_agrees_with_a_model(void **state)
{
    const struct fixture *at = *state;
    const struct store *store = &at->store;
    uint8_t model[MODEL_KEYS] = {0}, old[MODEL_KEYS] = {0}, older[MODEL_KEYS] = {0};
    struct store_snapshot *first = NULL, *second = NULL;
    uint64_t chance = 88172645463325252;

    for (int turn = 0; turn < MODEL_TURNS; turn++) {
        change_some(at, model, &chance);
        check_model(at, NULL, model);
        if (first != NULL) {
            check_model(at, first, older);
        }
        if (second != NULL) {
            check_model(at, second, old);
        }
        switch (turn % 16) {
        case 2:
            first = store->ops->snapshot(store->self);
            memcpy(older, model, sizeof older);
            break;
        case 6:
            second = store->ops->snapshot(store->self);
            memcpy(old, model, sizeof old);
            break;
        case 9:
            store->ops->release(store->self, first);
            first = NULL;
            break;
        case 13:
            store->ops->release(store->self, second);
            second = NULL;
            break;
        default:
            break;
        }
    }
    assert_true(first == NULL && second == NULL);
}

static void free_space_is_told(void **state)
{
    const struct fixture *at = *state;
    struct store_space_free space = {0};
    struct err err;

    assert_int_equal(at->store.ops->free_space(at->store.self, &space, &err), OK);
    assert_true(space.free_bytes <= space.total_bytes && space.total_bytes != 0);
    assert_false(space.is_stalled);
}

/* --- running --- */

static int set_up(void **state)
{
    struct fixture *at = *state;

    at->place = at->engine->prepare();
    at->engine->open(at->place, &at->store);
    at->fence = must_claim(&at->store);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *at = *state;

    at->engine->discard(at->place, &at->store);
    return 0;
}

int conformance_run(const struct engine *engine)
{
    struct fixture fixture = {.engine = engine};
#define CASE(name) cmocka_unit_test_prestate_setup_teardown(name, set_up, tear_down, &fixture)
    const struct CMUnitTest tests[] = {
        CASE(what_is_put_is_there_until_it_is_deleted),
        CASE(an_absent_key_leaves_the_error_alone),
        CASE(a_fresh_store_is_empty_in_every_space),
        CASE(an_empty_value_is_not_a_delete),
        CASE(spaces_do_not_see_each_other),
        CASE(a_scan_sees_a_prefix_in_byte_order),
        CASE(a_visit_can_stop_the_scan),
        CASE(floor_finds_the_last_key_at_or_before),
        CASE(a_snapshot_does_not_see_what_comes_later),
        CASE(a_moment_is_that_of_the_snapshots_in_it),
        CASE(a_batch_is_one_change_in_all_spaces),
        CASE(a_batch_is_copied),
        CASE(an_empty_batch_commits),
        CASE(an_old_fence_cannot_commit),
        CASE(everything_is_there_after_reopening),
        CASE(long_keys_and_big_values_are_kept),
        CASE(the_store_agrees_with_a_model),
        CASE(free_space_is_told),
    };

    return _cmocka_run_group_tests(engine->name, tests, COUNT_OF(tests), NULL, NULL);
}
