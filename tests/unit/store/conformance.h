/* conformance - what replicator/store/store.h promises, as cases that every engine must pass.
 *
 * An engine's test hands in how to open its store and how to open the same one again. */
#ifndef TERRACE_TESTS_UNIT_STORE_CONFORMANCE_H
#define TERRACE_TESTS_UNIT_STORE_CONFORMANCE_H

#include "replicator/store/store.h"

struct engine {
    const char *name;
    void *(*prepare)(void);                         /* an empty place */
    void (*open)(void *place, struct store *out);   /* fails the test when it cannot */
    void (*reopen)(void *place, struct store *out); /* closes and opens again, nothing lost */
    void (*discard)(void *place, struct store *store);
};

/* Runs all cases; returns the number of failed ones, for main. */
int conformance_run(const struct engine *engine);

/* --- helpers that the engines' own tests use too --- */

#define CHANGE_PUT(space, key, value)                                                              \
    {                                                                                              \
        space, {(const uint8_t *)(key), sizeof(key) - 1},                                          \
        {                                                                                          \
            (const uint8_t *)(value), sizeof(value) - 1                                            \
        }                                                                                          \
    }
#define CHANGE_DELETE(space, key)                                                                  \
    {                                                                                              \
        space, {(const uint8_t *)(key), sizeof(key) - 1},                                          \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }

uint64_t must_claim(const struct store *store);
void must_commit(const struct store *store, uint64_t fence, const struct change *changes,
                 size_t count);
void must_put(const struct store *store, uint64_t fence, enum store_space space, const char *key,
              const char *value);
/* Fails the test unless `key` holds `want`; NULL: unless it is absent. */
void must_hold(const struct store *store, struct store_snapshot *snapshot, enum store_space space,
               const char *key, const char *want);
/* Fails the test unless a scan sees just these "key=value" words, joined by one space. */
void must_scan(const struct store *store, struct store_snapshot *snapshot, enum store_space space,
               const char *prefix, const char *from, const char *want);

#endif
