/* An arena gives until its budget is spent, and then nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/arena.h"
#include "proto/status.h"

static void gives_aligned_memory_until_the_budget_is_spent(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 160);
    for (size_t i = 0; i < 10; i++) {
        void *at = arena_alloc(&arena, 1 + i);

        assert_non_null(at);
        assert_int_equal((uintptr_t)at % 16, 0);
        memset(at, 0xff, 1 + i);
    }
    assert_null(arena_alloc(&arena, 1));
    assert_int_equal(arena.used, 160);
    arena_free(&arena);
}

static void refuses_what_can_never_fit(void **state)
{
    static const size_t sizes[] = {1001, 1 << 20, SIZE_MAX / 2, SIZE_MAX - 15, SIZE_MAX};
    struct arena arena;

    (void)state;
    arena_init(&arena, 1000);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_null(arena_alloc(&arena, sizes[i]));
    }
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 900)); /* a refusal costs nothing */
    arena_free(&arena);
}

/* Small and large in turn, each filled with its own number, none over another. */
static void pieces_do_not_overlap(void **state)
{
    static const size_t sizes[] = {1, 16, 4095, 4096, 17, 16384, 100, 70000, 9000, 9000};
    uint8_t *at[200];
    struct arena arena;

    (void)state;
    arena_init(&arena, 4 << 20);
    for (size_t i = 0; i < COUNT_OF(at); i++) {
        at[i] = arena_alloc(&arena, sizes[i % COUNT_OF(sizes)]);
        assert_non_null(at[i]);
        memset(at[i], (int)i, sizes[i % COUNT_OF(sizes)]);
    }
    for (size_t i = 0; i < COUNT_OF(at); i++) {
        for (size_t k = 0; k < sizes[i % COUNT_OF(sizes)]; k++) {
            assert_int_equal(at[i][k], (uint8_t)i);
        }
    }
    arena_free(&arena);
}

static void has_its_whole_budget_again_after_a_reset(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 100000);
    for (int round = 0; round < 5; round++) {
        assert_non_null(arena_alloc(&arena, 40000));
        assert_non_null(arena_alloc(&arena, 16));
        assert_non_null(arena_alloc(&arena, 59984));
        assert_null(arena_alloc(&arena, 16));
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    arena_free(&arena);
    arena_free(&arena); /* twice is fine */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_aligned_memory_until_the_budget_is_spent),
        cmocka_unit_test(refuses_what_can_never_fit),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(has_its_whole_budget_again_after_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
