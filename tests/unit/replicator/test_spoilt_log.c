/* What is read of logs, of a store of which one read goes wrong. Whichever read that is: the answer
 * is the true one, or it is known that there is none; and a log is taken back whole or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/log/arrivals.h"
#include "replicator/log/aside.h"
#include "replicator/log/cut.h"
#include "replicator/log/fork_pair.h"
#include "replicator/log/granted.h"
#include "replicator/store/commit_now.h"
#include "replicator/trust/roster_load.h"
#include "tests/unit/replicator/asking.h"
#include "world.h"

static struct world world;
static struct spoiling_store spoiling;

/* --- a region that has something to take back --- */

static struct log_head say(const char *text)
{
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
    place_say(&world.at[SIBLING], AUDIENCE_LINE, "C2", text); /* comes between */
    world_run(&world, 3000);
    return place_head(&world.at[COUNTY], "K1");
}

/* The city's log goes on behind `base`, by the region's word. */
static void grant_and_confirm(const struct log_head *base)
{
    struct place *region = &world.at[REGION];
    const struct roster *roster = replicator_roster(region->replicator);
    struct grant grant = roster_find(roster, division_of("C1"))->grant;
    struct confirmation_of_epoch word = {
        .by = division_of("R"), .division = division_of("C1"), .epoch = 2};
    struct epoch_state state;
    struct err err;

    grant.epoch = 2;
    grant.base_lsn = base->lsn;
    grant.base_hash = base->hash;
    assert_int_equal(replicator_grant(region->replicator, region->txn, &grant, every_code(), &err),
                     OK);
    world_run(&world, 3000);
    assert_true(roster_epoch_state(roster, division_of("C1"), 2, &state));
    word.grant = state.hash;
    assert_int_equal(replicator_confirm(region->replicator, region->txn, &word, &err), OK);
    world_run(&world, 1000);
    assert_true(replicator_cut_waits(region->replicator));
}

/* The region's store: the city said, granted, revoked and moved behind where its log goes on. */
static void say_much(void)
{
    struct endpoint_entry entry = {"tcp://127.0.0.1:7001"};
    struct place *city = &world.at[CITY];
    struct revocation revoked;
    struct log_head base;
    struct err err;

    world_begin(&world);
    world_run(&world, 3000);
    place_say(city, AUDIENCE_LINE, "C1", "one");
    (void)say("one");
    base = place_head(city, "C1");
    place_say(city, AUDIENCE_LINE, "C1", "two");
    assert_int_equal(replicator_listen(city->replicator, city->txn, &entry, &err), OK);
    world_run(&world, 3000);
    (void)world_add(&world, "K2", CITY);
    world_run(&world, 3000);
    assert_int_equal(
        replicator_revoke(city->replicator, city->txn, division_of("K1"), "gone", &revoked, &err),
        OK);
    place_say(city, AUDIENCE_TREE, "C1", "three");
    world_run(&world, 60000);
    city->cut = true;
    grant_and_confirm(&base);
    place_kill(&world.at[REGION]);
}

/* --- questions --- */

static const char *const authors[] = {"R", "C1", "C2", "K1"};

static bool tell_block(void *arg, const struct block_view *block)
{
    (void)arg;
    tell_number(block->header.first_lsn);
    tell_number(block->header.count);
    return true;
}

static enum status ask_blocks(const struct store *store, struct txn *txn, struct err *err)
{
    enum status status = OK;

    (void)txn;
    for (size_t i = 0; i < COUNT_OF(authors) && status == OK; i++) {
        status = log_scan(store, NULL, division_of(authors[i]), 1, tell_block, NULL, err);
    }
    return status;
}

static enum status ask_entries(const struct store *store, struct txn *txn, struct err *err)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct entry entry;
    enum status status = OK;

    (void)txn;
    for (uint64_t lsn = 1; status == OK; lsn++) {
        status = log_read_entry(store, NULL, division_of("C1"), lsn, &body, &entry, err);
        if (status == OK) {
            tell_number(entry.kind);
            tell_number(entry.body.size);
        }
    }
    block_body_free(&body);
    return status == ERR_NOT_FOUND ? OK : status;
}

static bool tell_run(void *arg, const struct arrival_run *run)
{
    (void)arg;
    tell(run->author.code);
    tell_number(run->position);
    tell_number(run->first_lsn);
    tell_number(run->count);
    return true;
}

static enum status ask_arrivals(const struct store *store, struct txn *txn, struct err *err)
{
    return arrivals_scan(store, NULL, 2, tell_run, txn, err);
}

static enum status ask_arrival(const struct store *store, struct txn *txn, struct err *err)
{
    struct arrival_mark end;
    struct arrival_run run;
    enum status status = arrivals_end(store, NULL, &end, err);

    (void)txn;
    if (status == OK) {
        tell_number(end.position);
        status = arrivals_check(store, NULL, &end, err);
    }
    for (uint64_t position = 1; status == OK && position <= end.position; position++) {
        status = arrivals_at(store, NULL, position, &run, err);
        if (status == OK) {
            (void)tell_run(NULL, &run);
        }
    }
    return status;
}

static enum status ask_heads(const struct store *store, struct txn *txn, struct err *err)
{
    struct logs logs;
    enum status status;

    (void)txn;
    heads_init(&logs, store, &world.clock);
    status = heads_load(&logs, err);
    for (size_t i = 0; status == OK && i < logs.count; i++) {
        tell(logs.at[i]->author.code);
        tell_number(logs.at[i]->durable.lsn);
        tell_number(logs.at[i]->audience_count);
    }
    heads_free(&logs);
    return status;
}

static bool tell_audience(void *arg, const struct audience *audience, uint64_t lsn)
{
    (void)arg;
    tell(audience->division.code);
    tell_number(lsn);
    return true;
}

static enum status ask_audiences(const struct store *store, struct txn *txn, struct err *err)
{
    (void)store;
    return heads_each_audience(txn, division_of("C1"), tell_audience, NULL, err);
}

static enum status ask_newest_grant(const struct store *store, struct txn *txn, struct err *err)
{
    struct grant grant;
    const enum status status = grant_newest(store, division_of("C1"), &grant, err);

    (void)txn;
    if (status == OK) {
        tell_number(grant.epoch);
    }
    return status;
}

static enum status ask_aside(const struct store *store, struct txn *txn, struct err *err)
{
    struct aside_log *logs;
    size_t count;
    const enum status status = aside_logs(txn, &logs, &count, err);

    (void)store;
    for (size_t i = 0; status == OK && i < count; i++) {
        tell(logs[i].author.code);
        tell_number(logs[i].first_lsn);
        tell_number(logs[i].last_lsn);
        tell_number(logs[i].entries);
    }
    mem_free(logs);
    return status;
}

static enum status ask_cut(const struct store *store, struct txn *txn, struct err *err)
{
    struct cut cut;
    const enum status status = cut_waiting(&cut, store, err);

    (void)txn;
    if (status == OK) {
        tell(cut.author.code);
        tell_number(cut.lsn);
    }
    return status == ERR_NOT_FOUND ? OK : status;
}

static void ask_all(question_fn *const *questions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct store *store = &world.at[REGION].store;

        assert_true(ask_over_each(questions[i], store, SPOILS_READ) > 0);
        (void)ask_over_each(questions[i], store, SPOILS_ROW);
        (void)ask_over_each(questions[i], store, SPOILS_HALF);
        (void)ask_over_each(questions[i], store, SPOILS_MOST);
    }
}

/* --- taking back --- */

/* As the node does when it opens. */
static enum status take_back(const struct store *store, struct err *err)
{
    struct place *region = &world.at[REGION];
    struct roster *roster = roster_new(&world.trust.tree, region->division);
    struct txn *txn = txn_open(store, NULL);
    struct cut cut;
    enum status status = cut_waiting(&cut, store, err);

    if (status == OK) {
        status = roster_load(roster, store, NULL, err);
    }
    if (status == OK) {
        status = cut_copy(store, region->fence, &cut, err);
    }
    if (status == OK) {
        status = cut_make(store, txn, roster, &cut, err);
    }
    if (status == OK) {
        status = commit_now(store, region->fence, txn, err);
    }
    txn_free(txn);
    roster_free(roster);
    return status;
}

/* Whatever could not be read, the cut waits until all can: then it is made, and it is as one that
 * met nothing. */
static void take_back_over_each(enum spoiling how)
{
    struct place *region = &world.at[REGION];
    const struct store sound = region->store;
    const struct log_head base = place_head(&world.at[CITY], "C1");
    size_t refused = 0;

    for (size_t read = 0;; read++) {
        struct store copy, store;
        enum status status;
        struct err err;

        store_memory_open(&copy);
        store_copy(&copy, &sound);
        assert_int_equal(copy.ops->claim(copy.self, &region->fence, &err), OK);
        store = spoiling_store_of(&spoiling, copy);
        spoiling_store_begin(&spoiling, how, read);
        status = take_back(&store, &err);
        if (spoiling.spoilt && status != OK) {
            refused++;
            assert_true(is_told(status, how) || status == ERR_NOT_FOUND);
            assert_int_equal(ask(ask_cut, &copy), OK);
            assert_true(told().size > 0); /* it waits still */
            assert_int_equal(take_back(&copy, &err), OK);
        }
        assert_int_equal(ask(ask_cut, &copy), OK);
        assert_int_equal(told().size, 0);
        copy.ops->close(copy.self);
        if (!spoiling.spoilt) {
            break;
        }
    }
    assert_true(base.lsn > 0 && refused > 10);
}

static void what_cannot_be_read_is_not_told(void **state)
{
    static question_fn *const before[] = {ask_blocks,  ask_entries,  ask_arrivals,
                                          ask_arrival, ask_heads,    ask_newest_grant,
                                          ask_cut,     ask_audiences};
    static question_fn *const after[] = {ask_aside, ask_blocks, ask_arrivals};
    struct err err;

    (void)state;
    say_much();
    ask_all(before, COUNT_OF(before));
    assert_int_equal(take_back(&world.at[REGION].store, &err), OK);
    ask_all(after, COUNT_OF(after));
    world_end(&world);
    asking_free();
}

static void a_log_is_taken_back_whole_or_not_at_all(void **state)
{
    (void)state;
    say_much();
    take_back_over_each(SPOILS_READ);
    take_back_over_each(SPOILS_ROW);
    take_back_over_each(SPOILS_HALF);
    world_end(&world);
    asking_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_read_is_not_told),
        cmocka_unit_test(a_log_is_taken_back_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
