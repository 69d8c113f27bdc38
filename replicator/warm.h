/* warm - rows that turn after turn writes again, kept in memory between the turns.
 *
 *   commit --> rows that were there before and changed --> warm --> the next turn's first read
 *
 * Whoever commits is the store's only writer, so what it committed last is what the store holds,
 * and a row that every turn changes is read from the disk once. Bounded: at WARM_BYTES_MAX all
 * is forgotten, and what is still in use comes back.
 *
 * Owns: copies of keys and values. Thread: that of the txn. */
#ifndef TERRACE_REPLICATOR_WARM_H
#define TERRACE_REPLICATOR_WARM_H

#include "replicator/store.h"

enum { WARM_BYTES_MAX = 4 << 20, WARM_VALUE_BYTES_MAX = 4 << 10 };

struct warm_row;
struct warm {
    struct warm_row **chains; /* by hash; NULL: nothing was kept yet */
    size_t chain_count, count, bytes;
};

/* `hash` is that of the space and the key, always by the same function. False: not kept. The view
 * dies with the next change. */
bool warm_get(const struct warm *warm, uint64_t hash, enum store_space space, struct bytes key,
              struct bytes *value);
/* A value beyond WARM_VALUE_BYTES_MAX is dropped instead. */
void warm_put(struct warm *warm, uint64_t hash, enum store_space space, struct bytes key,
              struct bytes value);
void warm_drop(struct warm *warm, uint64_t hash, enum store_space space, struct bytes key);
void warm_forget(struct warm *warm); /* everything, the memory too */

#endif
