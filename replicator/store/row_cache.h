/* row_cache - rows that turn after turn needs again, kept in memory between the turns.
 *
 *   end of a turn --> what it read is kept: the row, or that there is none --> a later turn's read
 *   commit        --> what changed is kept as it is now, or dropped
 *
 * Whoever commits is the store's only writer, so what it read or committed last is what the store
 * holds, and a row that turn after turn needs is read from the disk once. Bounded: rows lie in two
 * generations; when the young one is full the old one is forgotten, and takes its place. A row that
 * is needed again becomes young.
 *
 * Owns: copies of keys and values. Thread: that of the txn. */
#ifndef TERRACE_REPLICATOR_STORE_ROW_CACHE_H
#define TERRACE_REPLICATOR_STORE_ROW_CACHE_H

#include "replicator/store/store.h"

enum {
    ROW_CACHE_BYTES_MAX = 8 << 20, /* of both generations */
    ROW_CACHE_VALUE_BYTES_MAX = 4 << 10,
};

struct row_cache_row;
struct row_cache_slot {
    uint64_t hash;
    struct row_cache_row *row; /* NULL: free */
};
struct row_generation {
    struct row_cache_slot *slots; /* by hash, the next ones where it is taken; NULL: none yet */
    size_t slot_count, count, bytes;
};
struct row_cache {
    struct row_generation young, old;
};

enum cached { CACHED_NOT, CACHED_ABSENT, CACHED_PRESENT };

/* `hash` is that of the space and the key, always by the same function. The view of a row that is
 * present dies with the next change. */
enum cached row_cache_get(struct row_cache *cache, uint64_t hash, enum store_space space,
                          struct bytes key, struct bytes *value);
/* A value beyond ROW_CACHE_VALUE_BYTES_MAX is not kept, and what was kept of the row is dropped. */
void row_cache_put(struct row_cache *cache, uint64_t hash, enum store_space space, struct bytes key,
                   struct bytes value);
/* The same for a key of which the cache is known to have nothing. */
void row_cache_add(struct row_cache *cache, uint64_t hash, enum store_space space, struct bytes key,
                   struct bytes value);
void row_cache_add_absent(struct row_cache *cache, uint64_t hash, enum store_space space,
                          struct bytes key);
void row_cache_drop(struct row_cache *cache, uint64_t hash, enum store_space space,
                    struct bytes key);
void row_cache_forget(struct row_cache *cache); /* everything, the memory too */

#endif
