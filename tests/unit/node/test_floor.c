/* test_floor - a disk that runs full: below the floor nothing new is taken, from nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_struct.h"
#include "node/store/store_memory.h"
#include "replicator/core.h"
#include "tests/unit/node/office.h"

/* A node looks at its disk once a second, and at its start. */
static void start_with(struct office *office, uint64_t free_bytes)
{
    const struct store_space_free space = {
        .free_bytes = free_bytes, .total_bytes = 1 << 30, .floor_bytes = 64 << 20};

    store_memory_set_space(office->store.self, &space);
    office_reopen(office);
}

static void business_is_refused_below_the_floor_and_nowhere_else(void **state)
{
    static const struct {
        const char *id;
        uint64_t free_bytes;
        bool taken;
    } rows[] = {
        {"B1", 1 << 29, true},        {"B2", (64 << 20) - 1, false},
        {"B2", 1 << 20, false},       {"B2", 64 << 20, true}, /* at the floor */
        {"B3", (64 << 20) + 1, true},
    };
    struct office *office = office_open(false);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const uint64_t before = office_position(office).lsn;
        struct work work = {.count = 0};

        start_with(office, rows[i].free_bytes);
        work_add_budget(&work, rows[i].id, "5.00");
        office_submit(office, &work);
        work_want_all(&work, rows[i].taken ? SUBMIT_ACCEPTED : SUBMIT_REFUSED);
        assert_int_equal(office_position(office).lsn, before + (rows[i].taken ? 1 : 0));
        assert_int_equal(office->node->replicator->no_room, !rows[i].taken); /* blocks wait, too */
    }
    office_close(office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(business_is_refused_below_the_floor_and_nowhere_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
