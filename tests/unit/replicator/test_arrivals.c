/* test_arrivals - what a node holds, in the order in which it came to hold it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "replicator/log/arrivals.h"
#include "replicator/store/row_letters.h"
#include "world.h"

enum { ARRIVED_MAX = 256, TEXT_MAX = 64 };

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

/* --- the order read --- */

struct order {
    const struct place *place;
    struct arrival_mark at[ARRIVED_MAX];
    struct division author[ARRIVED_MAX];
    uint64_t lsn[ARRIVED_MAX];
    size_t count;
    size_t visits, visits_max;
};

static bool take_run(void *arg, const struct arrival_run *run)
{
    struct order *order = arg;

    for (uint64_t i = 0; i < run->count; i++) {
        assert_true(order->count < ARRIVED_MAX);
        order->at[order->count] = (struct arrival_mark){run->position + i, run->mark};
        order->author[order->count] = run->author;
        order->lsn[order->count++] = run->first_lsn + i;
    }
    return ++order->visits != order->visits_max;
}

static void read_order(struct order *order, const struct place *place, uint64_t after)
{
    struct err err;

    memset(order, 0, sizeof *order);
    order->place = place;
    assert_int_equal(arrivals_scan(&place->store, NULL, after, take_run, order, &err), OK);
}

/* "author/body"; "" of what its author said to the replicators. */
static void text_of(const struct order *order, size_t index, char out[TEXT_MAX])
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct entry entry;
    struct err err;

    out[0] = '\0';
    assert_int_equal(log_read_entry(&order->place->store, NULL, order->author[index],
                                    order->lsn[index], &body, &entry, &err),
                     OK);
    if (entry.kind >= KIND_USER_FIRST) {
        (void)snprintf(out, TEXT_MAX, "%s/%.*s", order->author[index].code, (int)entry.body.size,
                       (const char *)entry.body.data);
    }
    block_body_free(&body);
}

static size_t rows(const struct place *place)
{
    struct order order;
    size_t count = 0;

    read_order(&order, place, 0);
    for (size_t i = 0; i < order.count; i++) {
        count += i == 0 || order.at[i].mark != order.at[i - 1].mark;
    }
    return count;
}

/* Everybody speaks, in several turns and to several audiences. */
static void talk(void)
{
    for (int round = 0; round < 3; round++) {
        place_say(&world.at[REGION], AUDIENCE_LINE, "C1", "R to C1");
        place_say(&world.at[REGION], AUDIENCE_LINE, "C2", "R to C2");
        place_say(&world.at[REGION], AUDIENCE_TREE, "R", "R to all");
        place_say(&world.at[CITY], AUDIENCE_LINE, "C1", "C1 up");
        place_say(&world.at[CITY], AUDIENCE_TREE, "C1", "C1 down");
        place_say(&world.at[COUNTY], AUDIENCE_LINE, "K1", "K1 up");
        world_run(&world, 1000);
    }
}

/* --- tests --- */

static void what_was_received_stands_in_the_order_of_its_arrival(void **state)
{
    (void)state;
    talk();
    for (int i = 0; i < world.count; i++) {
        const struct place *place = &world.at[i];
        struct order order;
        size_t received = 0;

        read_order(&order, place, 0);
        for (size_t at = 0; at < order.count; at++) {
            char text[TEXT_MAX];

            text_of(&order, at, text);
            if (text[0] == '\0' || division_equal(order.author[at], place->division)) {
                continue;
            }
            assert_true(received < place->held_count);
            assert_string_equal(text, place->held[received++]);
        }
        assert_true(received >= 6);
        assert_int_equal(received, place->held_count);
    }
}

static void positions_are_dense_and_each_log_is_in_order(void **state)
{
    (void)state;
    talk();
    for (int i = 0; i < world.count; i++) {
        struct order order;
        uint64_t own = 0;

        read_order(&order, &world.at[i], 0);
        assert_true(order.count > 0);
        for (size_t at = 0; at < order.count; at++) {
            assert_int_equal(order.at[at].position, at + 1);
            for (size_t before = 0; before < at; before++) {
                assert_true(!division_equal(order.author[before], order.author[at]) ||
                            order.lsn[before] < order.lsn[at]);
            }
            own += division_equal(order.author[at], world.at[i].division);
        }
        assert_int_equal(own, place_head(&world.at[i], world.at[i].division.code).lsn);
    }
}

static void a_reader_resumes_at_any_position(void **state)
{
    struct order whole, rest;

    (void)state;
    talk();
    read_order(&whole, &world.at[CITY], 0);
    for (size_t after = 0; after <= whole.count; after++) {
        read_order(&rest, &world.at[CITY], after);
        assert_int_equal(rest.count, whole.count - after);
        for (size_t i = 0; i < rest.count; i++) {
            assert_int_equal(rest.at[i].position, whole.at[after + i].position);
            assert_int_equal(rest.lsn[i], whole.lsn[after + i]);
            assert_true(division_equal(rest.author[i], whole.author[after + i]));
        }
    }
}

static void a_reader_stops_where_it_likes(void **state)
{
    struct order order = {.visits_max = 2};
    struct err err;

    (void)state;
    talk();
    assert_int_equal(arrivals_scan(&world.at[CITY].store, NULL, 0, take_run, &order, &err), OK);
    assert_int_equal(order.visits, 2);
}

static void a_turn_writes_one_row_and_an_idle_one_none(void **state)
{
    struct place *county = &world.at[COUNTY];
    const size_t before = rows(county);
    struct order order;

    (void)state;
    for (int i = 0; i < 20; i++) {
        place_say(county, i % 2 == 0 ? AUDIENCE_LINE : AUDIENCE_TREE, "K1", "one of twenty");
    }
    (void)place_turn(county);
    (void)place_turn(county);
    assert_int_equal(rows(county), before + 1);
    read_order(&order, county, 0);
    assert_true(order.count >= 20);
}

static void the_order_goes_on_after_a_restart(void **state)
{
    struct place *city = &world.at[CITY];
    struct order before, after;

    (void)state;
    talk();
    read_order(&before, city, 0);
    place_close(city);
    place_open(city);
    talk();
    read_order(&after, city, 0);
    assert_true(after.count > before.count);
    for (size_t i = 0; i < after.count; i++) {
        assert_int_equal(after.at[i].position, i + 1);
        if (i < before.count) {
            assert_int_equal(after.at[i].mark, before.at[i].mark);
        }
    }
}

/* A reader has read on from a store whose copy is then put back, and goes another way. */
static void a_reader_of_another_order_is_told(void **state)
{
    const struct store *store = &world.at[CITY].store;
    struct arrival_mark end, other;
    struct order order;
    struct err err;

    (void)state;
    talk();
    read_order(&order, &world.at[CITY], 0);
    for (size_t i = 0; i < order.count; i++) {
        assert_int_equal(arrivals_check(store, NULL, &order.at[i], &err), OK);
        other = order.at[i];
        other.mark++;
        assert_int_equal(arrivals_check(store, NULL, &other, &err), ERR_FORK);
    }
    assert_int_equal(arrivals_end(store, NULL, &end, &err), OK);
    assert_int_equal(end.position, order.count);
    assert_int_equal(end.mark, order.at[order.count - 1].mark);
    other = (struct arrival_mark){end.position + 1, end.mark};
    assert_int_equal(arrivals_check(store, NULL, &other, &err), ERR_NOT_FOUND);
    other = (struct arrival_mark){0, 0};
    assert_int_equal(arrivals_check(store, NULL, &other, &err), OK);
}

/* The same entries, told in another order: the marks are of all that came before. */
static void a_mark_stands_for_all_before_it(void **state)
{
    struct order city, region;
    size_t alike = 0;

    (void)state;
    talk();
    read_order(&city, &world.at[CITY], 0);
    read_order(&region, &world.at[REGION], 0);
    for (size_t i = 0; i < city.count && i < region.count; i++) {
        alike += city.at[i].mark == region.at[i].mark;
    }
    assert_true(alike < city.count);
    assert_int_not_equal(city.at[city.count - 1].mark, region.at[city.count - 1].mark);
}

static void a_damaged_row_is_an_error_and_not_a_shorter_order(void **state)
{
    struct place *city = &world.at[CITY];
    struct order order;
    struct arrival_mark end;
    struct buf key = BUF_EMPTY;
    struct err err;

    (void)state;
    talk();
    read_order(&order, city, 0);
    buf_put_u8(&key, HEADS_ARRIVAL);
    buf_put_u64(&key, 1);
    (void)txn_put(city->txn, SPACE_HEADS, buf_bytes(&key), bytes_text("12345678540"));
    (void)place_turn(city);
    memset(&order, 0, sizeof order);
    assert_int_equal(arrivals_scan(&city->store, NULL, 0, take_run, &order, &err), ERR_CORRUPT);
    assert_int_equal(arrivals_end(&city->store, NULL, &end, &err), OK);
    buf_free(&key);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(what_was_received_stands_in_the_order_of_its_arrival),
        STORY(positions_are_dense_and_each_log_is_in_order),
        STORY(a_reader_resumes_at_any_position),
        STORY(a_reader_stops_where_it_likes),
        STORY(a_turn_writes_one_row_and_an_idle_one_none),
        STORY(the_order_goes_on_after_a_restart),
        STORY(a_reader_of_another_order_is_told),
        STORY(a_mark_stands_for_all_before_it),
        STORY(a_damaged_row_is_an_error_and_not_a_shorter_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
