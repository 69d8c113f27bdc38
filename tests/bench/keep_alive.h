/* keep_alive - one question again and again over connections to a node's socket that stay open, by
 * a client that does next to nothing else: on the machine of the node what it needs is taken from
 * it.
 *
 * One round asks on every connection, waits for the last of them, and then reads every answer.
 *
 * Thread: any. Ends the program where an answer is not the one that is wanted. */
#ifndef TERRACE_TESTS_BENCH_KEEP_ALIVE_H
#define TERRACE_TESTS_BENCH_KEEP_ALIVE_H

#include <stdint.h>

enum { KEEP_ALIVE_CONNECTIONS = 32 };

/* How many answers came; `path` stands below /api/v1. `until_us` by CLOCK_MONOTONIC. */
uint64_t keep_alive_reads(const char *home, const char *path, uint64_t until_us);

#endif
