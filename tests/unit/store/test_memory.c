/* The store in memory: the conformance suite, and what a crash does to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "conformance.h"
#include "node/store/store_memory.h"

static void *no_place(void)
{
    return NULL;
}

static void open_empty(void *place, struct store *out)
{
    (void)place;
    store_memory_open(out);
}

/* The disk stays; the node that used it went away. */
static void keep(void *place, struct store *store)
{
    (void)place;
    store_memory_crash(store->self);
}

static void discard(void *place, struct store *store)
{
    (void)place;
    store->ops->close(store->self);
}

static int set_up(void **state)
{
    struct store *store = mem_zalloc(sizeof *store);

    store_memory_open(store);
    *state = store;
    return 0;
}

static int tear_down(void **state)
{
    struct store *store = *state;

    store->ops->close(store->self);
    mem_free(store);
    return 0;
}

static enum status begin(const struct store *store, uint64_t fence, const struct change *changes,
                         size_t count, struct err *err)
{
    const struct batch batch = {changes, count};

    return store->ops->commit_begin(store->self, fence, &batch, err);
}

static void a_crash_drops_what_was_not_synced(void **state)
{
    const struct store *store = *state;
    const struct change batch[] = {CHANGE_PUT(SPACE_LEDGER, "a", "new"),
                                   CHANGE_PUT(SPACE_LEDGER, "b", ""),
                                   CHANGE_DELETE(SPACE_LEDGER, "c")};
    const uint64_t fence = must_claim(store);
    struct err err;

    must_put(store, fence, SPACE_LEDGER, "a", "old");
    must_put(store, fence, SPACE_LEDGER, "c", "old");
    store_memory_defer(store->self, true);
    assert_int_equal(begin(store, fence, batch, COUNT_OF(batch), &err), OK);
    assert_int_equal(store->ops->commit_outcome(store->self, &err), COMMIT_PENDING);
    assert_true(store_memory_pending(store->self));
    must_scan(store, NULL, SPACE_LEDGER, "", NULL, "a=old c=old");
    store_memory_crash(store->self);
    assert_false(store_memory_pending(store->self));
    assert_int_equal(store->ops->commit_outcome(store->self, &err), COMMIT_UNAVAILABLE);
    store_memory_sync(store->self); /* too late */
    must_scan(store, NULL, SPACE_LEDGER, "", NULL, "a=old c=old");

    assert_int_equal(begin(store, fence, batch, COUNT_OF(batch), &err), OK);
    store_memory_sync(store->self);
    assert_int_equal(store->ops->commit_outcome(store->self, &err), COMMIT_OK);
    store_memory_crash(store->self);
    must_scan(store, NULL, SPACE_LEDGER, "", NULL, "a=new b=");
}

static void a_claim_fences_a_batch_in_flight(void **state)
{
    const struct store *store = *state;
    const struct change change = CHANGE_PUT(SPACE_LEDGER, "a", "1");
    struct err err;

    store_memory_defer(store->self, true);
    assert_int_equal(begin(store, must_claim(store), &change, 1, &err), OK);
    (void)must_claim(store);
    store_memory_sync(store->self);
    assert_int_equal(store->ops->commit_outcome(store->self, &err), COMMIT_STALE_FENCE);
    must_hold(store, NULL, SPACE_LEDGER, "a", NULL);
}

static void count_wake(void *arg)
{
    ++*(int *)arg;
}

/* Whoever waits for an outcome sleeps: it is told, once, and not for what never was pending. */
static void an_outcome_that_was_pending_is_told(void **state)
{
    const struct store *store = *state;
    const struct change change = CHANGE_PUT(SPACE_LEDGER, "a", "1");
    const uint64_t fence = must_claim(store);
    int wakes = 0;
    struct err err;

    store->ops->notify(store->self, count_wake, &wakes);
    must_commit(store, fence, &change, 1);
    assert_int_equal(wakes, 0);
    store_memory_defer(store->self, true);
    assert_int_equal(begin(store, fence, &change, 1, &err), OK);
    assert_int_equal(wakes, 0);
    store_memory_sync(store->self);
    assert_int_equal(wakes, 1);
    assert_int_equal(store->ops->commit_outcome(store->self, &err), COMMIT_OK);
    store_memory_sync(store->self); /* nothing is pending */
    assert_int_equal(wakes, 1);
}

static void the_nth_commit_fails_once(void **state)
{
    const struct store *store = *state;
    const struct change change = CHANGE_PUT(SPACE_LEDGER, "b", "2");
    const uint64_t fence = must_claim(store);
    struct err err;

    store_memory_fail(store->self, 2, COMMIT_UNAVAILABLE, false);
    must_put(store, fence, SPACE_LEDGER, "a", "1");
    assert_int_equal(begin(store, fence, &change, 1, &err), ERR_IO);
    must_hold(store, NULL, SPACE_LEDGER, "b", NULL);
    must_commit(store, fence, &change, 1);
    must_hold(store, NULL, SPACE_LEDGER, "b", "2");
}

static void an_unknown_outcome_is_resolved(void **state)
{
    const struct store *store = *state;
    const struct change change = CHANGE_PUT(SPACE_LEDGER, "a", "1");
    const uint64_t fence = must_claim(store);
    struct err err;

    store_memory_fail(store->self, 1, COMMIT_UNKNOWN, false);
    assert_int_equal(begin(store, fence, &change, 1, &err), OK);
    assert_int_equal(store->ops->commit_outcome(store->self, &err), COMMIT_UNKNOWN);
    assert_int_equal(store->ops->resolve(store->self, fence, &err), COMMIT_UNAVAILABLE);
    must_hold(store, NULL, SPACE_LEDGER, "a", NULL);
    store_memory_fail(store->self, 1, COMMIT_UNKNOWN, true);
    assert_int_equal(begin(store, fence, &change, 1, &err), OK);
    assert_int_equal(store->ops->resolve(store->self, fence, &err), COMMIT_OK);
    must_hold(store, NULL, SPACE_LEDGER, "a", "1");
}

static void a_full_disk_refuses_commits_and_answers_reads(void **state)
{
    const struct store *store = *state;
    const struct store_space_free full = {0, 1000, 100}, enough = {500, 1000, 100};
    const struct change change = CHANGE_PUT(SPACE_LEDGER, "b", "2");
    const uint64_t fence = must_claim(store);
    struct err err;

    must_put(store, fence, SPACE_LEDGER, "a", "1");
    store_memory_set_space(store->self, &full);
    assert_int_equal(begin(store, fence, &change, 1, &err), ERR_DISK_FULL);
    must_scan(store, NULL, SPACE_LEDGER, "", NULL, "a=1");
    store_memory_set_space(store->self, &enough);
    must_commit(store, fence, &change, 1);
}

int main(void)
{
    const struct engine engine = {"store.memory", no_place, open_empty, keep, discard};
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_crash_drops_what_was_not_synced),
        CASE(a_claim_fences_a_batch_in_flight),
        CASE(an_outcome_that_was_pending_is_told),
        CASE(the_nth_commit_fails_once),
        CASE(an_unknown_outcome_is_resolved),
        CASE(a_full_disk_refuses_commits_and_answers_reads),
    };

    return conformance_run(&engine) + cmocka_run_group_tests(tests, NULL, NULL);
}
