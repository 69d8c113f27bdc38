/* test_cut - a log is taken back to where a recovery goes on: when, how far, and what goes with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/store/store_memory.h"
#include "replicator/log/arrivals.h"
#include "replicator/log/cut.h"
#include "replicator/store/commit_now.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/cosignature.h"
#include "replicator/trust/roster_load.h"
#include "tests/harness/commit.h"
#include "world.h"

static struct world world;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

/* The county's log as it stands after each of these, in a turn of its own. */
static struct log_head say(const char *text)
{
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", text);
    world_run(&world, 3000);
    return place_head(&world.at[COUNTY], "K1");
}

static void part(int place)
{
    world.at[place].cut = true;
}

/* The division's next epoch, with the keys it has, which goes on behind `base`. */
static void grant_next(int by, const char *division, const struct log_head *base)
{
    struct place *place = &world.at[by];
    const struct roster *roster = replicator_roster(place->replicator);
    struct grant grant = roster_find(roster, division_of(division))->grant;
    struct err err;

    grant.epoch = roster_next_epoch(roster, division_of(division));
    grant.base_lsn = base->lsn;
    grant.base_hash = base->hash;
    if (replicator_grant(place->replicator, place->txn, &grant, every_code(), &err) != OK) {
        fail_msg("%s", err.text);
    }
    world_run(&world, 3000);
}

/* The word of the region, as this node has come to know it. */
static void confirm(int at, const char *division, uint32_t epoch)
{
    struct place *place = &world.at[at];
    struct confirmation_of_epoch word = {
        .by = division_of("R"), division_of(division), epoch, HASH_ZERO};
    struct epoch_state state;
    struct err err;

    assert_true(roster_epoch_state(replicator_roster(place->replicator), division_of(division),
                                   epoch, &state));
    word.grant = state.hash;
    assert_int_equal(replicator_confirm(place->replicator, place->txn, &word, &err), OK);
    world_run(&world, 1000);
}

static bool waits(int place)
{
    return replicator_cut_waits(world.at[place].replicator);
}

/* As the node does when it opens: `times` times as far as before the last commit. */
static struct cut make(int at, int times)
{
    struct place *place = &world.at[at];
    const struct store *store = &place->store;
    struct cut cut, left;
    struct err err;

    place_close(place);
    assert_int_equal(cut_waiting(&cut, store, &err), OK);
    for (int i = 0; i < times; i++) {
        struct roster *roster = roster_new(&world.trust.tree, place->division);
        struct txn *txn = txn_open(store, NULL);

        assert_int_equal(roster_load(roster, store, NULL, &err), OK);
        assert_int_equal(cut_copy(store, place->fence, &cut, &err), OK);
        assert_int_equal(cut_make(store, txn, roster, &cut, &err), OK);
        if (i + 1 == times) {
            assert_int_equal(commit_now(store, place->fence, txn, &err), OK);
        }
        txn_free(txn);
        roster_free(roster);
    }
    assert_int_equal(cut_waiting(&left, store, &err), ERR_NOT_FOUND);
    place_open(place);
    return cut;
}

static bool count_row(void *arg, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)arg;
    return true;
}

static size_t count_aside(int at)
{
    const struct store *store = &world.at[at].store;
    const uint8_t letter = META_ASIDE;
    size_t count = 0;
    struct err err;

    assert_int_equal(store->ops->scan(store->self, NULL, SPACE_META, bytes_of(&letter, 1),
                                      BYTES_NONE, count_row, &count, &err),
                     OK);
    return count;
}

static bool is_held(int at, const char *author, uint64_t lsn)
{
    struct buf whole = BUF_EMPTY;
    struct block_view block;
    struct err err;
    const bool held = log_read_block(&world.at[at].store, NULL, division_of(author), lsn, &whole,
                                     &block, &err) == OK;

    buf_free(&whole);
    return held;
}

/* --- the order of arrival --- */

struct order {
    uint64_t next; /* position */
    uint64_t of_county, greatest_lsn;
    bool dense;
};

static bool look_at_run(void *arg, const struct arrival_run *run)
{
    struct order *order = arg;

    order->dense &= run->position == order->next;
    order->next = run->position + run->count;
    if (division_equal(run->author, division_of("K1"))) {
        order->of_county += run->count;
        order->greatest_lsn = run->first_lsn + run->count - 1;
    }
    return true;
}

static struct order order_at(int at)
{
    const struct store *store = &world.at[at].store;
    struct order order = {.next = 1, .dense = true};
    struct arrival_mark end;
    struct err err;

    assert_int_equal(arrivals_scan(store, NULL, 0, look_at_run, &order, &err), OK);
    assert_int_equal(arrivals_end(store, NULL, &end, &err), OK);
    assert_int_equal(arrivals_check(store, NULL, &end, &err), OK);
    order.dense &= end.position + 1 == order.next;
    return order;
}

/* --- stories --- */

static void who_holds_more_goes_back_once_it_is_confirmed(void **state)
{
    struct log_head base, now;
    struct arrival_mark early, late;
    struct order before, after;
    struct cut cut;
    struct err err;

    (void)state;
    (void)say("one");
    base = say("two");
    assert_int_equal(arrivals_end(&world.at[REGION].store, NULL, &early, &err), OK);
    (void)say("three");
    place_say(&world.at[SIBLING], AUDIENCE_LINE, "C2", "beside"); /* comes between */
    (void)say("four");
    assert_int_equal(arrivals_end(&world.at[REGION].store, NULL, &late, &err), OK);
    part(COUNTY);
    grant_next(CITY, "K1", &base);
    assert_false(waits(CITY) || waits(REGION)); /* nobody above the city has seen it */
    assert_int_equal(place_head(&world.at[REGION], "K1").lsn, 4);

    confirm(REGION, "K1", 2);
    assert_true(waits(REGION));
    before = order_at(REGION);
    cut = make(REGION, 2); /* the first time a crash comes before its last commit */
    now = place_head(&world.at[REGION], "K1");
    assert_int_equal(cut.lsn, base.lsn);
    assert_int_equal(now.lsn, base.lsn);
    assert_true(hash_equal(&now.hash, &base.hash));
    assert_true(is_held(REGION, "K1", 2));
    assert_false(is_held(REGION, "K1", 3));
    assert_int_equal(count_aside(REGION), 2);
    assert_true(cosignature_lsn(&world.at[REGION].store, division_of("K1"), division_of("C1")) <=
                base.lsn);

    after = order_at(REGION);
    assert_true(before.dense && after.dense);
    assert_int_equal(after.of_county, 2);
    assert_int_equal(after.greatest_lsn, base.lsn);
    assert_int_equal(after.next, before.next - 2);
    /* Who has read up to before the first that went reads on; who has read behind it is told. */
    assert_int_equal(arrivals_check(&world.at[REGION].store, NULL, &early, &err), OK);
    assert_int_not_equal(arrivals_check(&world.at[REGION].store, NULL, &late, &err), OK);

    confirm(CITY, "K1", 2);
    (void)make(CITY, 1);
    world_run(&world, 5000);
    assert_int_equal(place_head(&world.at[CITY], "K1").lsn, base.lsn);
    assert_false(waits(REGION) || waits(CITY));
    assert_false(place_alarmed(&world.at[REGION], ALARM_FORK));
}

static void who_holds_no_more_goes_on_as_he_is(void **state)
{
    struct log_head base;

    (void)state;
    (void)say("one");
    base = say("two");
    part(COUNTY);
    grant_next(CITY, "K1", &base);
    confirm(REGION, "K1", 2);
    confirm(CITY, "K1", 2);
    assert_false(waits(REGION) || waits(CITY));
    assert_int_equal(place_head(&world.at[REGION], "K1").lsn, base.lsn);
}

static void another_branch_goes_whole_where_nothing_common_is_known(void **state)
{
    struct log_head base;

    (void)state;
    (void)say("one");
    base = say("two");
    (void)say("three");
    base.hash.at[0] ^= 1;
    part(COUNTY);
    grant_next(CITY, "K1", &base);
    confirm(REGION, "K1", 2);
    assert_true(waits(REGION));
    assert_int_equal(make(REGION, 1).lsn, 0);
    assert_int_equal(place_head(&world.at[REGION], "K1").lsn, 0);
    assert_int_equal(count_aside(REGION), 3);
    assert_int_equal(order_at(REGION).of_county, 0);
}

static void the_lowest_of_several_counts(void **state)
{
    struct log_head one, two;

    (void)state;
    one = say("one");
    two = say("two");
    (void)say("three");
    part(COUNTY);
    grant_next(CITY, "K1", &one);
    grant_next(CITY, "K1", &two); /* of the branch that would have begun at one */
    confirm(REGION, "K1", 3);
    assert_true(waits(REGION));
    assert_int_equal(make(REGION, 1).lsn, one.lsn);
}

/* What a city granted behind its base is granted no more, and neither is who stands on it. */
static void whoever_was_granted_in_what_goes_is_nobody(void **state)
{
    const struct log_head nothing = {.lsn = 0};
    const struct roster *roster;

    (void)state;
    (void)say("one");
    assert_non_null(roster_find(replicator_roster(world.at[REGION].replicator), division_of("K1")));
    part(CITY);
    grant_next(REGION, "C1", &nothing);
    assert_false(waits(REGION)); /* the region itself confirms what it granted */
    confirm(REGION, "C1", 2);
    assert_true(waits(REGION));
    (void)make(REGION, 1);
    roster = replicator_roster(world.at[REGION].replicator);
    assert_null(roster_find(roster, division_of("K1")));
    assert_non_null(roster_find(roster, division_of("C1")));
    assert_non_null(roster_find(roster, division_of("C2")));
}

/* A county holds of its city's log what is addressed to it, and goes back with it. */
static void a_log_from_above_goes_back_too(void **state)
{
    struct place *county = &world.at[COUNTY];
    struct log_head base;

    (void)state;
    place_say(&world.at[CITY], AUDIENCE_LINE, "K1", "to the county");
    world_run(&world, 3000);
    base = place_head(&world.at[CITY], "C1");
    place_say(&world.at[CITY], AUDIENCE_LINE, "K1", "more");
    place_say(&world.at[CITY], AUDIENCE_TREE, "K1", "to its tree");
    world_run(&world, 3000);
    assert_true(place_head(county, "C1").lsn > base.lsn);
    part(CITY);
    grant_next(REGION, "C1", &base);
    {
        struct err err;
        struct bytes sealed =
            roster_sealed(replicator_roster(world.at[REGION].replicator), division_of("C1"), 2);
        struct buf copy = BUF_EMPTY;
        bool added;

        buf_append_bytes(&copy, sealed);
        assert_int_equal(roster_add((struct roster *)replicator_roster(county->replicator),
                                    buf_bytes(&copy), &added, &err),
                         OK);
        buf_free(&copy);
    }
    confirm(COUNTY, "C1", 2);
    assert_true(waits(COUNTY));
    (void)make(COUNTY, 1);
    assert_int_equal(place_head(county, "C1").lsn, base.lsn);
    assert_false(is_held(COUNTY, "C1", base.lsn + 1));
}

/* Where an ancestor ended an epoch below what is held. */
static void a_revoked_log_ends_where_it_was_ended(void **state)
{
    struct place *city = &world.at[CITY];
    struct revocation said;
    struct log_head end;
    struct err err;

    (void)state;
    end = say("one");
    part(REGION); /* it holds no more than that */
    place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "two");
    world_run(&world, 3000);
    assert_int_equal(place_head(city, "K1").lsn, end.lsn + 1);
    world.at[REGION].cut = false;
    world.at[COUNTY].cut = true;
    {
        struct place *region = &world.at[REGION];

        assert_int_equal(replicator_revoke(region->replicator, region->txn, division_of("K1"),
                                           "gone", &said, &err),
                         OK);
    }
    world_run(&world, 60000);
    assert_true(waits(CITY));
    assert_int_equal(make(CITY, 1).lsn, end.lsn);
    assert_int_equal(place_head(city, "K1").lsn, end.lsn);
    world_run(&world, 5000);
    assert_false(place_alarmed(city, ALARM_REVOKED_BEYOND));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(who_holds_more_goes_back_once_it_is_confirmed),
        STORY(who_holds_no_more_goes_on_as_he_is),
        STORY(another_branch_goes_whole_where_nothing_common_is_known),
        STORY(the_lowest_of_several_counts),
        STORY(whoever_was_granted_in_what_goes_is_nobody),
        STORY(a_log_from_above_goes_back_too),
        STORY(a_revoked_log_ends_where_it_was_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
