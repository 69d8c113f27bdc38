/* payments - the documents of a payments office in a hurry, as the benchmarks hand them in: each to
 * another payee, with another amount and purpose, of the indicators AL00000 and on, and the same in
 * every run.
 *
 * Thread: any. */
#ifndef TERRACE_TESTS_BENCH_PAYMENTS_H
#define TERRACE_TESTS_BENCH_PAYMENTS_H

#include "proto/bytes.h"

enum { PAYMENTS_SERIES_MAX = 16 };

/* Appends one line of JSON. Its id is `prefix` and the number; `series` tells those apart who hand
 * in at the same time, so that no two say the same. */
void payments_add(struct buf *out, const char *prefix, unsigned series, uint64_t number,
                  size_t indicators);

#endif
