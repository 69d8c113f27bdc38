/* What questions cost the engine itself, by RocksDB's own counters: no question looks at entries,
 * documents or lines that it does not show, however many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <rocksdb/c.h>

#include "node/ledger/query/bodies.h"
#include "node/ledger/query/list.h"
#include "node/ledger/query/query.h"
#include "node/ledger/query/report_year.h"
#include "node/ledger/query/trace.h"
#include "node/ledger/query/years.h"
#include "proto/array.h"
#include "tests/harness/commit.h"
#include "tests/unit/ledger/tree.h"
#include "tests/unit/store/rocks_files.h"

/* GATHERED: as many as one range read may gather beyond what is shown, and an index be the deeper.
 */
enum {
    PAGE = 20,
    EIGHTH = 8,
    SEALED = 25,
    GATHERED = 64,
    LINES = 1000,
    PAYMENTS = 80,
    YEAR = 2026,
    CHANGES_MAX = 1 << 18
};

/* --- a ledger of so many lines, each eighth with so many payments, on RocksDB --- */

struct world {
    struct tree *tree;
    char *directory;
    struct store store;
};

static void enter(struct tree *tree, int lines, int payments)
{
    char line[16], id[16];

    DO(tree, LINZHOU, "agency", "AG", "agency_code", "101", "agency_name", "x");
    DO(tree, LINZHOU, "budget", "B", "stage", "reply", "fund_type_code", "111", "amount", "100000",
       "approval_ref", "1", "exp_func_code", "2050202");
    for (int i = 0; i < lines; i++) {
        (void)snprintf(line, sizeof line, "A-%04u", (unsigned)i % 10000U);
        DO(tree, LINZHOU, "allocate", line, "ori_bgt_id", "B", "agency_code", "101", "amount",
           "100", "dep_bgt_eco_code", "302", "gov_bgt_eco_code", "502");
        (void)snprintf(id, sizeof id, "L-%04u", (unsigned)i % 10000U);
        DO(tree, LINZHOU, "release", id, "bgt_id", line, "cor_bgt_doc_no", "1");
        for (int j = 0; j < payments && i % EIGHTH == 1; j++) {
            (void)snprintf(id, sizeof id, "P-%04u-%04u", (unsigned)i % 10000U,
                           (unsigned)j % 10000U);
            DO(tree, LINZHOU, "payment", id, "bgt_id", line, "pay_app_amt", "0.01",
               "payee_acct_name", "x", "payee_acct_no", "1", "payee_acct_bank_name", "x", "use_des",
               "x");
        }
        if (i % SEALED == SEALED - 1) {
            tree_seal(tree); /* blocks of the same size, however many there are */
        }
    }
}

struct rows {
    struct change *changes;
    size_t count;
    enum store_space space;
};

static bool note_row(void *arg, struct bytes key, struct bytes value)
{
    struct rows *rows = arg;
    uint8_t *copy = mem_zalloc(key.size + value.size + 1);

    assert_true(rows->count < CHANGES_MAX);
    memcpy(copy, key.data, key.size);
    if (value.size > 0) {
        memcpy(copy + key.size, value.data, value.size);
    }
    rows->changes[rows->count++] = (struct change){rows->space, bytes_of(copy, key.size),
                                                   bytes_of(copy + key.size, value.size)};
    return true;
}

/* The region holds the county's log and all that is made of it. */
static void copy_rows(const struct store *from, const struct store *to)
{
    struct rows rows = {.changes = mem_zalloc(CHANGES_MAX * sizeof(struct change))};
    struct err err;

    for (enum store_space space = 0; space < SPACES; space++) {
        rows.space = space;
        assert_int_equal(
            from->ops->scan(from->self, NULL, space, BYTES_NONE, BYTES_NONE, note_row, &rows, &err),
            OK);
    }
    commit_claiming(to, &(struct batch){rows.changes, rows.count});
    for (size_t i = 0; i < rows.count; i++) {
        mem_free((void *)rows.changes[i].key.data);
    }
    mem_free(rows.changes);
}

static struct world world_of(int lines, int payments)
{
    struct world world = {.tree = tree_new(), .directory = make_directory()};

    enter(world.tree, lines, payments);
    assert_int_equal(tree_alarms(world.tree), 0);
    must_open(world.directory, &world.store);
    copy_rows(tree_store(world.tree, REGION), &world.store);
    return world;
}

static void world_end(struct world *world)
{
    discard(world->directory, &world->store);
    tree_free(world->tree);
}

/* --- questions --- */

static void count_balance(void *arg, const struct balance_row *row)
{
    (void)row;
    ++*(size_t *)arg;
}

static void count_step(void *arg, const struct trace_step *step)
{
    (void)step;
    ++*(size_t *)arg;
}

static void count_listed(void *arg, const struct listed *listed)
{
    (void)listed;
    ++*(size_t *)arg;
}

static bool count_document(void *arg, const struct document_row *row)
{
    (void)row;
    ++*(size_t *)arg;
    return true;
}

/* Each returns how much it showed. */
typedef size_t ask_fn(const struct world *world, struct txn *txn, int what);

static size_t ask_balance(const struct world *world, struct txn *txn, int what)
{
    size_t shown = 0;

    query_balance(txn, tree_roster(world->tree), tree_division(LINZHOU), SCOPE_OWN, YEAR,
                  (enum dimension)what, count_balance, &shown);
    return shown;
}

static size_t ask_jurisdiction(const struct world *world, struct txn *txn, int what)
{
    size_t shown = 0;

    query_balance(txn, tree_roster(world->tree), tree_division(REGION), SCOPE_SUBTREE, YEAR,
                  (enum dimension)what, count_balance, &shown);
    return shown;
}

static size_t ask_chain(const struct world *world, struct txn *txn, int what)
{
    struct chain_row row;

    (void)world;
    (void)what;
    query_chain(txn, tree_division(LINZHOU), SCOPE_SUBTREE, YEAR, &row);
    return row.received > 0;
}

static size_t ask_years(const struct world *world, struct txn *txn, int what)
{
    struct year_state years[YEARS_MAX];
    struct year_hindrances hindrances;
    struct buf below = BUF_EMPTY;
    size_t count = query_years(txn, tree_division(LINZHOU), YEAR, years);

    (void)what;
    assert_int_equal(query_report_year(txn, tree_division(LINZHOU), YEAR), YEAR);
    query_year_hindrances(txn, tree_division(LINZHOU), YEAR, false, &hindrances);
    assert_true(hindrances.balance[ACC_COMMIT] > 0);
    count += query_not_closed(txn, tree_roster(world->tree), tree_division(REGION), YEAR, &below);
    buf_free(&below);
    return count;
}

/* of a line, or of the budget that all lines came from. */
static size_t ask_trace(const struct world *world, struct txn *txn, int what)
{
    const struct trace_request request = {.author = tree_division(LINZHOU),
                                          .id = bytes_text(what == 0 ? "A-0001" : "B"),
                                          .after = DIVISION_NONE,
                                          .steps_max = PAGE};
    struct trace_page page;
    size_t shown = 0;

    (void)world;
    assert_int_equal(query_trace(txn, &request, count_step, &shown, &page), TRACE_DONE);
    return shown;
}

static size_t ask_list(const struct world *world, struct txn *txn, int what)
{
    const struct list_filter filter = {.kind = KIND_PAYMENT, .year = YEAR};
    struct list_page page = {.rows_max = PAGE, .read_max = PAGE, .bytes_max = UINT64_MAX};
    struct bodies bodies;
    size_t shown = 0;

    (void)what;
    bodies_open(&bodies, &world->store, NULL);
    list_documents_of(txn, &bodies, &filter, tree_division(LINZHOU), 0, BYTES_NONE, &page,
                      count_listed, &shown);
    bodies_close(&bodies);
    return shown;
}

static size_t ask_everything(const struct world *world, struct txn *txn, int what)
{
    size_t shown = 0;

    (void)world;
    (void)what;
    query_list(txn, tree_division(LINZHOU), KIND_PAYMENT, YEAR, count_document, &shown);
    return shown;
}

/* --- what the engine counted --- */

struct cost {
    uint64_t steps; /* of iterators, from key to key */
    uint64_t gets, bytes;
    size_t shown;
};

static struct cost cost_of(const struct world *world, ask_fn *ask, int what)
{
    rocksdb_perfcontext_t *context = rocksdb_perfcontext_create();
    struct txn *txn = txn_open(&world->store, NULL);
    struct cost cost;

    rocksdb_set_perf_level(rocksdb_enable_count);
    rocksdb_perfcontext_reset(context);
    cost.shown = ask(world, txn, what);
    cost.steps = rocksdb_perfcontext_metric(context, rocksdb_internal_key_skipped_count);
    cost.gets = rocksdb_perfcontext_metric(context, rocksdb_get_from_memtable_count);
    cost.bytes = rocksdb_perfcontext_metric(context, rocksdb_get_read_bytes);
    rocksdb_set_perf_level(rocksdb_disable);
    rocksdb_perfcontext_destroy(context);
    assert_int_equal(txn_status(txn, NULL), OK);
    txn_free(txn);
    return cost;
}

static void no_question_scans(void **state)
{
    static const struct {
        const char *name;
        ask_fn *ask;
        int variants;
    } questions[] = {
        {"balance", ask_balance, DIMENSIONS},
        {"jurisdiction", ask_jurisdiction, DIMENSIONS},
        {"chain", ask_chain, 1},
        {"years", ask_years, 1},
        {"trace", ask_trace, 2},
        {"list", ask_list, 1},
    };
    struct world few = world_of(LINES / 2, PAGE + 1), many = world_of(LINES, PAYMENTS);
    struct cost all;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        for (int what = 0; what < questions[i].variants; what++) {
            const struct cost before = cost_of(&few, questions[i].ask, what);
            const struct cost after = cost_of(&many, questions[i].ask, what);

            assert_true(before.shown > 0);
            assert_int_equal(after.shown, before.shown);
            assert_true(before.steps + before.gets > 0);
            if (after.steps > before.steps + GATHERED || after.gets > before.gets + GATHERED ||
                after.bytes > before.bytes + GATHERED * GATHERED) {
                fail_msg(
                    "%s %d: %llu steps, %llu gets, %llu bytes of many; of few %llu, %llu, %llu",
                    questions[i].name, what, (unsigned long long)after.steps,
                    (unsigned long long)after.gets, (unsigned long long)after.bytes,
                    (unsigned long long)before.steps, (unsigned long long)before.gets,
                    (unsigned long long)before.bytes);
            }
        }
    }
    /* What does look at all is counted so. */
    all = cost_of(&many, ask_everything, 0);
    assert_int_equal(all.shown, LINES / EIGHTH * PAYMENTS);
    assert_true(all.steps + all.gets >= all.shown);
    world_end(&few);
    world_end(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_question_scans)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
