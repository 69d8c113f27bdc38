#include "replicator/zmq/guard_zmq.h"
#include "proto/message.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STIR_BYTES = 1 << 20, RELIEF_MS = 1000 };

/* Pages of the process that are in memory; 0 when it cannot be told. */
static size_t resident_bytes(void)
{
    char text[128];
    unsigned long whole = 0, resident = 0;
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t size;

    if (fd < 0) {
        return 0;
    }
    size = read(fd, text, sizeof text - 1);
    (void)close(fd);
    if (size <= 0) {
        return 0;
    }
    text[size] = '\0';
    if (sscanf(text, "%lu %lu", &whole, &resident) != 2) {
        return 0;
    }
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* Descriptors are given out from below, so the lowest free one tells how many are taken; below 0
 * when all are. */
static int lowest_descriptor(void)
{
    const int lowest = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

    if (lowest >= 0) {
        (void)close(lowest);
    }
    return lowest;
}

static bool descriptors_above(int lowest, unsigned fourths)
{
    struct rlimit limit;

    return lowest < 0 || (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
                          (rlim_t)lowest > limit.rlim_cur / 4 * (rlim_t)fourths);
}

void guard_init(struct guard *guard, size_t memory_bytes)
{
    memset(guard, 0, sizeof *guard);
    guard->memory_bytes = memory_bytes == 0 ? GUARD_MEMORY_BYTES : memory_bytes;
    guard->base = guard->resident = resident_bytes();
    guard->descriptor = lowest_descriptor();
}

void guard_stir(struct guard *guard, uint64_t now_ms)
{
    guard->stirred_ms = now_ms;
}

long guard_wait_ms(const struct guard *guard, uint64_t now_ms)
{
    return guard->stirred_ms != 0 && now_ms - guard->stirred_ms < GUARD_STIR_MS ? GUARD_EVERY_MS
                                                                                : GUARD_QUIET_MS;
}

/* What is taken now; more of it than at the last look is a stir. */
static void measure(struct guard *guard, uint64_t now_ms)
{
    const size_t resident = resident_bytes();
    const int descriptor = lowest_descriptor();

    if (resident > guard->resident + STIR_BYTES || descriptor > guard->descriptor) {
        guard_stir(guard, now_ms);
    }
    guard->resident = resident;
    guard->descriptor = descriptor;
}

static bool memory_over(struct guard *guard)
{
    if (guard->resident <= guard->base + guard->memory_bytes) {
        return false;
    }
    (void)malloc_trim(0); /* what is free does not count */
    guard->resident = resident_bytes();
    return guard->resident > guard->base + guard->memory_bytes;
}

static bool rested(uint64_t shut_ms, uint64_t now_ms)
{
    return shut_ms == 0 || now_ms - shut_ms >= GUARD_REST_MS;
}

/* First the strangers' door. If that does not help in time, the other; `again` without a rest. */
static enum guard_step shut_next(struct guard *guard, uint64_t now_ms, bool again)
{
    if (rested(guard->enrol_ms, now_ms)) {
        guard->enrol_ms = now_ms;
        return GUARD_SHUT_ENROL;
    }
    if (again || rested(guard->links_ms, now_ms)) {
        guard->links_ms = now_ms;
        guard->relieved = false;
        return GUARD_SHUT_LINKS;
    }
    return GUARD_NOTHING;
}

enum guard_step guard_look(struct guard *guard, uint64_t now_ms)
{
    if (now_ms - guard->looked_ms < GUARD_EVERY_MS) {
        return GUARD_NOTHING;
    }
    guard->looked_ms = now_ms;
    measure(guard, now_ms);
    if (descriptors_above(guard->descriptor, 3)) {
        message_format(guard->reason, sizeof guard->reason, "descriptors_short");
        return shut_next(guard, now_ms, false);
    }
    if (memory_over(guard)) {
        message_format(guard->reason, sizeof guard->reason, "memory_grown mib=%zu start_mib=%zu",
                       guard->resident >> 20, guard->base >> 20);
        if (!rested(guard->links_ms, now_ms) && now_ms - guard->links_ms > GUARD_REST_MS / 2) {
            guard->base = guard->resident - guard->memory_bytes; /* it is not the doors */
        }
        return shut_next(guard, now_ms, guard->relieved);
    }
    guard->relieved |= now_ms - guard->links_ms <= RELIEF_MS;
    if (guard->reason[0] != '\0' && rested(guard->enrol_ms, now_ms) &&
        rested(guard->links_ms, now_ms)) {
        guard->reason[0] = '\0';
    }
    return GUARD_NOTHING;
}

bool guard_may_open(const struct guard *guard, enum guard_step step, uint64_t now_ms)
{
    const bool due = step == GUARD_SHUT_ENROL
                         ? rested(guard->enrol_ms, now_ms)
                         : now_ms - guard->links_ms >= GUARD_EVERY_MS || guard->links_ms == 0;

    return due && !descriptors_above(lowest_descriptor(), 2);
}
