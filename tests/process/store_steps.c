/* store_steps - a process dies before the Nth write to its store.
 *
 *   LD_PRELOAD=store_steps.so TERRACE_DIE_AT=N terraced --migrate ...
 *
 * Thread: any. */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <rocksdb/c.h>

static atomic_int steps;

static void step(void)
{
    const char *at = getenv("TERRACE_DIE_AT");

    if (at != NULL && atomic_fetch_add(&steps, 1) + 1 == strtol(at, NULL, 10)) {
        (void)kill(getpid(), SIGKILL);
    }
}

void rocksdb_write(rocksdb_t *db, const rocksdb_writeoptions_t *options,
                   rocksdb_writebatch_t *batch, char **said)
{
    void (*next)(rocksdb_t *, const rocksdb_writeoptions_t *, rocksdb_writebatch_t *, char **) =
        NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "rocksdb_write");
    step();
    next(db, options, batch, said);
}

void rocksdb_put_cf(rocksdb_t *db, const rocksdb_writeoptions_t *options,
                    rocksdb_column_family_handle_t *family, const char *key, size_t key_size,
                    const char *value, size_t size, char **said)
{
    void (*next)(rocksdb_t *, const rocksdb_writeoptions_t *, rocksdb_column_family_handle_t *,
                 const char *, size_t, const char *, size_t, char **) = NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "rocksdb_put_cf");
    step();
    next(db, options, family, key, key_size, value, size, said);
}
