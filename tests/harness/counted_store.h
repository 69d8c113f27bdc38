/* counted_store - a store that counts the rows read through it: what a question costs.
 * Thread: one. */
#ifndef TERRACE_TESTS_HARNESS_COUNTED_STORE_H
#define TERRACE_TESTS_HARNESS_COUNTED_STORE_H

#include "replicator/store/store.h"

struct counted_store {
    const struct store *behind;
    size_t rows;
    store_visit_fn *visit;
    void *arg;
};
/* Reads only. `counted` must outlive it. */
struct store counted_store_of(struct counted_store *counted);

#endif
