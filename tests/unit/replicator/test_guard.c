/* What the guard does about descriptors and memory that strangers take: which door is shut, when it
 * may be opened again, and what is said meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "replicator/zmq/guard_zmq.h"

enum { LIMIT = 64, START_MS = 1000000, MIB = 1 << 20 };

/* --- descriptors --- */

static int taken[LIMIT];
static int taken_count;

static void take_descriptors(int up_to)
{
    int fd;

    while ((fd = open("/dev/null", O_RDONLY)) >= 0 && fd < up_to) {
        taken[taken_count++] = fd;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void give_descriptors_back(void)
{
    while (taken_count > 0) {
        (void)close(taken[--taken_count]);
    }
}

static void the_strangers_door_is_shut_first_when_descriptors_run_short(void **state)
{
    struct rlimit before, few;
    struct guard guard;
    uint64_t now_ms = START_MS;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = LIMIT;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    guard_init(&guard, 0);
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    assert_true(guard_may_open(&guard, GUARD_SHUT_ENROL, now_ms));
    assert_true(guard_may_open(&guard, GUARD_SHUT_LINKS, now_ms));

    take_descriptors(LIMIT); /* all of them */
    assert_int_equal(guard_look(&guard, now_ms + GUARD_EVERY_MS / 2), GUARD_NOTHING);
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_SHUT_ENROL);
    assert_string_equal(guard.reason, "descriptors_short");
    assert_int_equal(guard_wait_ms(&guard, now_ms),
                     GUARD_QUIET_MS); /* nothing grew: none is left */
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_SHUT_LINKS);
    now_ms += GUARD_EVERY_MS; /* both rest */
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    assert_false(guard_may_open(&guard, GUARD_SHUT_ENROL, now_ms));
    assert_false(guard_may_open(&guard, GUARD_SHUT_LINKS, now_ms)); /* due, and none is free */

    give_descriptors_back();
    take_descriptors(LIMIT * 5 / 8); /* fewer than three fourths, and more than the half */
    assert_int_equal(guard_look(&guard, now_ms + GUARD_EVERY_MS), GUARD_NOTHING);
    assert_false(guard_may_open(&guard, GUARD_SHUT_LINKS, now_ms + GUARD_EVERY_MS));
    give_descriptors_back();
    now_ms += GUARD_EVERY_MS;
    assert_true(guard_may_open(&guard, GUARD_SHUT_LINKS, now_ms)); /* links at once */
    assert_false(guard_may_open(&guard, GUARD_SHUT_ENROL, now_ms));
    assert_string_equal(guard.reason, "descriptors_short");
    now_ms += GUARD_REST_MS;
    assert_true(guard_may_open(&guard, GUARD_SHUT_ENROL, now_ms));
    (void)guard_look(&guard, now_ms);
    assert_string_equal(guard.reason, "");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* --- memory --- */

static void *grow(size_t bytes)
{
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(block != MAP_FAILED);
    memset(block, 1, bytes);
    return block;
}

static void memory_that_goes_on_growing_is_not_the_doors(void **state)
{
    struct guard guard;
    uint64_t now_ms = START_MS;
    void *block;

    (void)state;
    guard_init(&guard, 4 * MIB);
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    block = grow(16 * MIB);
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_SHUT_ENROL);
    assert_memory_equal(guard.reason, "memory_grown", 12);
    assert_int_equal(guard_wait_ms(&guard, now_ms), GUARD_EVERY_MS); /* it grew */
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_SHUT_LINKS);
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    now_ms += GUARD_REST_MS / 2 + 1; /* shutting both did not help */
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    now_ms += GUARD_EVERY_MS; /* it counts from here */
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    now_ms += 2 * GUARD_REST_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    assert_string_equal(guard.reason, "");
    assert_int_equal(munmap(block, 16 * MIB), 0);
}

/* It went as the links were shut, and comes again with a neighbour: they are shut as often. */
static void links_that_bring_it_back_are_shut_without_a_rest(void **state)
{
    struct guard guard;
    uint64_t now_ms = START_MS;
    void *block;

    (void)state;
    guard_init(&guard, 4 * MIB);
    block = grow(16 * MIB);
    assert_int_equal(guard_look(&guard, now_ms), GUARD_SHUT_ENROL);
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_SHUT_LINKS);
    assert_int_equal(munmap(block, 16 * MIB), 0);
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_NOTHING);
    block = grow(16 * MIB);
    now_ms += GUARD_EVERY_MS;
    assert_int_equal(guard_look(&guard, now_ms), GUARD_SHUT_LINKS);
    assert_int_equal(munmap(block, 16 * MIB), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strangers_door_is_shut_first_when_descriptors_run_short),
        cmocka_unit_test(memory_that_goes_on_growing_is_not_the_doors),
        cmocka_unit_test(links_that_bring_it_back_are_shut_without_a_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
