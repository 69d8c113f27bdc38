/* The growing array and the binary search, against what a plain loop says. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/array.h"
#include "proto/bytes.h"

enum { NUMBERS = 1000 };

struct numbers {
    int *at;
    size_t count, capacity;
};

static int compare_numbers(const void *key, const void *item)
{
    const int left = *(const int *)key, right = *(const int *)item;

    return left < right ? -1 : left > right;
}

static void put_sorted(struct numbers *numbers, int number)
{
    const size_t at = ARRAY_LOWER_BOUND(numbers->at, numbers->count, &number, compare_numbers);

    assert(at <= numbers->count);
    if (at == numbers->count || numbers->at[at] != number) {
        ARRAY_GAP(numbers->at, numbers->count, numbers->capacity, at);
        numbers->at[at] = number;
    }
}

static void an_array_keeps_its_items_while_it_grows(void **state)
{
    struct numbers numbers = {NULL, 0, 0};

    (void)state;
    for (int i = 0; i < NUMBERS; i++) {
        ARRAY_ROOM(numbers.at, numbers.count, numbers.capacity);
        assert_true(numbers.count < numbers.capacity);
        numbers.at[numbers.count++] = i;
    }
    assert_int_equal(numbers.count, NUMBERS);
    for (int i = 0; i < NUMBERS; i++) {
        assert_int_equal(numbers.at[i], i);
    }
    mem_free(numbers.at);
}

static void room_that_is_there_moves_nothing(void **state)
{
    struct numbers numbers = {NULL, 0, 0};
    const int *before;

    (void)state;
    ARRAY_ROOM(numbers.at, numbers.count, numbers.capacity);
    before = numbers.at;
    ARRAY_ROOM(numbers.at, numbers.count, numbers.capacity);
    assert_ptr_equal(numbers.at, before);
    assert_int_equal(numbers.count, 0);
    mem_free(numbers.at);
}

/* 389 and 1000 have no common divisor, so every number comes, twice, in no order. */
static void gaps_keep_an_array_sorted_and_without_repeats(void **state)
{
    struct numbers numbers = {NULL, 0, 0};

    (void)state;
    for (int i = 0; i < 2 * NUMBERS; i++) {
        put_sorted(&numbers, i * 389 % NUMBERS);
    }
    assert_int_equal(numbers.count, NUMBERS);
    for (int i = 0; i < NUMBERS; i++) {
        assert_int_equal(numbers.at[i], i);
    }
    mem_free(numbers.at);
}

static void what_is_removed_leaves_no_gap(void **state)
{
    struct numbers numbers = {NULL, 0, 0};

    (void)state;
    for (int i = 0; i < NUMBERS; i++) {
        put_sorted(&numbers, i);
    }
    for (size_t i = 0; i < NUMBERS / 2; i++) { /* the even ones: the last one, too, at an end */
        ARRAY_REMOVE(numbers.at, numbers.count, i);
    }
    assert_int_equal(numbers.count, NUMBERS / 2);
    for (int i = 0; i < NUMBERS / 2; i++) {
        assert_int_equal(numbers.at[i], 2 * i + 1);
    }
    while (numbers.count > 0) {
        ARRAY_REMOVE(numbers.at, numbers.count, numbers.count - 1);
    }
    mem_free(numbers.at);
}

static void the_search_finds_the_first_that_is_not_before_the_key(void **state)
{
    static const int items[] = {2, 4, 4, 4, 9};
    static const struct {
        const char *name;
        size_t count;
        int key;
        size_t want;
    } cases[] = {
        {"nothing to search", 0, 4, 0},   {"before all", 5, 1, 0},
        {"equal to the first", 5, 2, 0},  {"between two", 5, 3, 1},
        {"the first of equals", 5, 4, 1}, {"after equals", 5, 5, 4},
        {"equal to the last", 5, 9, 4},   {"after all", 5, 10, 5},
        {"only the first two", 2, 9, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t got = ARRAY_LOWER_BOUND(items, cases[i].count, &cases[i].key, compare_numbers);
        if (got != cases[i].want) {
            fail_msg("%s: %zu, want %zu", cases[i].name, got, cases[i].want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_keeps_its_items_while_it_grows),
        cmocka_unit_test(room_that_is_there_moves_nothing),
        cmocka_unit_test(gaps_keep_an_array_sorted_and_without_repeats),
        cmocka_unit_test(what_is_removed_leaves_no_gap),
        cmocka_unit_test(the_search_finds_the_first_that_is_not_before_the_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
