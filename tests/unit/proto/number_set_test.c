/* A set of numbers has one list, and what is no such list is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proto/number_set.h"
#include "proto/status.h"

static void a_list_is_a_set_or_refused(void **state)
{
    static const struct {
        const char *why;
        size_t count;
        uint32_t list[4];
        bool good;
    } cases[] = {
        {"nothing", 0, {0}, true},
        {"every number", 1, {0}, true},
        {"one", 1, {29}, true},
        {"the first and the last", 2, {1, 255}, true},
        {"across words", 3, {63, 64, 128}, true},
        {"every number, and one", 2, {0, 29}, false},
        {"one, and every number", 2, {29, 0}, false},
        {"twice", 2, {29, 29}, false},
        {"descending", 2, {30, 29}, false},
        {"too large", 1, {256}, false},
        {"far too large", 1, {UINT32_MAX}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t list[NUMBER_SET_LIST_MAX];
        struct number_set set, again;
        struct buf buf = BUF_EMPTY;
        struct reader reader;

        if (number_set_of_list(&set, cases[i].list, cases[i].count) != cases[i].good) {
            fail_msg("%s", cases[i].why);
        }
        if (!cases[i].good) {
            continue;
        }
        assert_int_equal(number_set_list(&set, list), cases[i].count);
        assert_memory_equal(list, cases[i].list, cases[i].count * sizeof list[0]);
        buf_put_number_set(&buf, &set);
        reader = reader_of(buf_bytes(&buf));
        again = reader_number_set(&reader);
        assert_true(reader_done(&reader) && number_set_equal(&set, &again));
        buf_free(&buf);
    }
}

/* Two lists of a grant, of whatever kinds a later version has, may come together in one set. */
static void every_set_has_a_list(void **state)
{
    struct number_set low = NUMBER_SET_NONE, high = NUMBER_SET_NONE, both, again;
    uint32_t list[NUMBER_SET_LIST_MAX];
    struct buf buf = BUF_EMPTY;
    struct reader reader;

    (void)state;
    for (uint32_t i = 1; i < NUMBER_SET_END; i++) {
        assert_true(number_set_add(i < NUMBER_SET_END / 2 ? &low : &high, i));
    }
    both = number_set_union(&low, &high);
    assert_int_equal(number_set_list(&both, list), NUMBER_SET_LIST_MAX);
    assert_int_equal(list[NUMBER_SET_LIST_MAX - 1], NUMBER_SET_END - 1);
    assert_true(number_set_of_list(&again, list, NUMBER_SET_LIST_MAX));
    assert_true(number_set_equal(&both, &again));
    buf_put_number_set(&buf, &both);
    reader = reader_of(buf_bytes(&buf));
    again = reader_number_set(&reader);
    assert_true(reader_done(&reader) && number_set_equal(&both, &again));
    buf_free(&buf);
}

static struct number_set set_of(const char *text)
{
    struct number_set set = NUMBER_SET_NONE;
    unsigned number;
    int used;

    for (; sscanf(text, "%u%n", &number, &used) == 1; text += used) {
        assert_true(number_set_add(&set, number));
    }
    return set;
}

static void sets_are_joined_and_compared(void **state)
{
    static const struct {
        const char *a, *b, *both;
        bool contains; /* a all of b */
    } cases[] = {
        {"", "", "", true},           {"29", "", "29", true},
        {"", "29", "29", false},      {"29 200", "200", "29 200", true},
        {"29", "30", "29 30", false}, {"0", "29 200", "0", true},
        {"29 200", "0", "0", false},  {"0", "0", "0", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct number_set a = set_of(cases[i].a), b = set_of(cases[i].b),
                                want = set_of(cases[i].both), both = number_set_union(&a, &b);

        if (!number_set_equal(&both, &want) || number_set_contains(&a, &b) != cases[i].contains) {
            fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
        }
    }
}

static void every_number_includes_those_of_later_versions(void **state)
{
    const struct number_set all = NUMBER_SET_ALL, some = set_of("29");

    (void)state;
    assert_true(number_set_has(&all, 29) && number_set_has(&all, 5000));
    assert_true(number_set_has(&some, 29) && !number_set_has(&some, 28));
    assert_false(number_set_has(&some, 5000));
    assert_false(number_set_has(&all, 0));
    assert_true(number_set_is_empty(&NUMBER_SET_NONE) && !number_set_is_empty(&all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_a_set_or_refused),
        cmocka_unit_test(every_set_has_a_list),
        cmocka_unit_test(sets_are_joined_and_compared),
        cmocka_unit_test(every_number_includes_those_of_later_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
