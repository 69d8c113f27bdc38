/* deferred_store - terraced over a store that finishes later: a thread commits, and the loop is
 * told.
 *
 *   commit_begin --> copy --> [thread: waits while HOLD is there] --> the real commit --> wake
 *      PENDING ......................................................... outcome
 *
 * Linked in front of the real store (ld --wrap), so the daemon is the one that ships. The directory
 * $DEFERRED_STORE steers it: while it has a file `hold` nothing becomes durable, and a commit that
 * finds a file `unknown` takes it away and has an outcome that only resolve tells. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "node/store/store_rocks.h"

enum { STATE_IDLE, STATE_BEGUN, STATE_DONE };

struct deferred {
    struct store inner;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    int state;
    uint64_t fence;
    struct change *changes; /* of the batch begun */
    size_t count;
    struct buf bytes; /* what they point into */
    enum commit_outcome outcome;
    bool hidden; /* the outcome is known to resolve alone */
    struct err err;
    void (*wake)(void *arg);
    void *wake_arg;
};

enum status __real_store_rocks_open(struct store *out, const char *directory,
                                    const struct store_rocks_options *options, struct err *err);
enum status __wrap_store_rocks_open(struct store *out, const char *directory,
                                    const struct store_rocks_options *options, struct err *err);
void __real_store_rocks_trim(const struct store *store);
void __wrap_store_rocks_trim(const struct store *store);

/* --- what steers it --- */

static bool path_of(char out[512], const char *name)
{
    const char *directory = getenv("DEFERRED_STORE");

    return directory != NULL && snprintf(out, 512, "%s/%s", directory, name) < 512;
}

static bool is_held(void)
{
    char path[512];

    return path_of(path, "hold") && access(path, F_OK) == 0;
}

static bool take_unknown(void)
{
    char path[512];

    return path_of(path, "unknown") && unlink(path) == 0;
}

/* --- the thread --- */

static void wait_while_held(struct deferred *deferred)
{
    struct timespec until;

    while (is_held() && !deferred->stopping) {
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 5000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        (void)pthread_cond_timedwait(&deferred->changed, &deferred->lock, &until);
    }
}

/* The lock is not held during the real commit: reads of the outcome go on. */
static void commit(struct deferred *deferred)
{
    const struct batch batch = {deferred->changes, deferred->count};
    const struct store *inner = &deferred->inner;
    enum commit_outcome outcome = COMMIT_UNAVAILABLE;
    struct err err;
    enum status status;

    (void)pthread_mutex_unlock(&deferred->lock);
    status = inner->ops->commit_begin(inner->self, deferred->fence, &batch, &err);
    if (status == OK) {
        outcome = inner->ops->commit_outcome(inner->self, &err);
    }
    (void)pthread_mutex_lock(&deferred->lock);
    deferred->err = err;
    deferred->outcome = outcome;
    deferred->hidden = outcome == COMMIT_OK && take_unknown();
    deferred->state = STATE_DONE;
    deferred->wake(deferred->wake_arg);
}

static void *run(void *arg)
{
    struct deferred *deferred = arg;

    (void)pthread_mutex_lock(&deferred->lock);
    while (!deferred->stopping) {
        if (deferred->state != STATE_BEGUN) {
            (void)pthread_cond_wait(&deferred->changed, &deferred->lock);
            continue;
        }
        wait_while_held(deferred);
        if (!deferred->stopping) {
            commit(deferred);
        }
    }
    (void)pthread_mutex_unlock(&deferred->lock);
    return NULL;
}

/* --- commits --- */

static void copy_batch(struct deferred *deferred, const struct batch *batch)
{
    size_t at = 0;

    buf_clear(&deferred->bytes);
    for (size_t i = 0; i < batch->count; i++) {
        buf_append_bytes(&deferred->bytes, batch->changes[i].key);
        buf_append_bytes(&deferred->bytes, batch->changes[i].value);
    }
    deferred->count = batch->count;
    deferred->changes =
        mem_realloc(deferred->changes, (batch->count + 1) * sizeof *deferred->changes);
    for (size_t i = 0; i < batch->count; i++) {
        struct change *change = &deferred->changes[i];

        *change = batch->changes[i];
        change->key.data = deferred->bytes.data + at;
        at += change->key.size;
        if (change->value.data != NULL) { /* a delete has none */
            change->value.data = deferred->bytes.data + at;
            at += change->value.size;
        }
    }
}

static enum status begin(void *self, uint64_t fence, const struct batch *batch, struct err *err)
{
    struct deferred *deferred = self;

    (void)err;
    (void)pthread_mutex_lock(&deferred->lock);
    copy_batch(deferred, batch);
    deferred->fence = fence;
    deferred->state = STATE_BEGUN;
    (void)pthread_cond_signal(&deferred->changed);
    (void)pthread_mutex_unlock(&deferred->lock);
    return OK;
}

static enum commit_outcome outcome_of(void *self, struct err *err)
{
    struct deferred *deferred = self;
    enum commit_outcome outcome = COMMIT_PENDING;

    (void)pthread_mutex_lock(&deferred->lock);
    if (deferred->state != STATE_BEGUN) {
        *err = deferred->err;
        outcome = deferred->hidden ? COMMIT_UNKNOWN : deferred->outcome;
    }
    (void)pthread_mutex_unlock(&deferred->lock);
    return outcome;
}

static enum commit_outcome resolve(void *self, uint64_t fence, struct err *err)
{
    struct deferred *deferred = self;
    char path[512];

    deferred->hidden = false;
    if (path_of(path, "resolved")) {
        FILE *told = fopen(path, "w");
        if (told != NULL) {
            (void)fclose(told);
        }
    }
    return deferred->inner.ops->resolve(deferred->inner.self, fence, err);
}

static void notify(void *self, void (*wake)(void *arg), void *arg)
{
    struct deferred *deferred = self;

    deferred->wake = wake;
    deferred->wake_arg = arg;
}

/* --- the rest is the real store's --- */

static const struct store *inner_of(void *self)
{
    return &((struct deferred *)self)->inner;
}

static enum status claim(void *self, uint64_t *fence, struct err *err)
{
    return inner_of(self)->ops->claim(inner_of(self)->self, fence, err);
}

static enum status get(void *self, struct store_snapshot *snapshot, enum store_space space,
                       struct bytes key, struct buf *value, struct err *err)
{
    return inner_of(self)->ops->get(inner_of(self)->self, snapshot, space, key, value, err);
}

static enum status scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                        struct bytes prefix, struct bytes from, store_visit_fn *visit, void *arg,
                        struct err *err)
{
    return inner_of(self)->ops->scan(inner_of(self)->self, snapshot, space, prefix, from, visit,
                                     arg, err);
}

static enum status floor_of(void *self, struct store_snapshot *snapshot, enum store_space space,
                            struct bytes prefix, struct bytes at, struct buf *key,
                            struct buf *value, struct err *err)
{
    return inner_of(self)->ops->floor(inner_of(self)->self, snapshot, space, prefix, at, key, value,
                                      err);
}

static struct store_snapshot *snapshot_of(void *self)
{
    return inner_of(self)->ops->snapshot(inner_of(self)->self);
}

static struct store_snapshot *near_snapshot_of(void *self)
{
    return inner_of(self)->ops->near_snapshot(inner_of(self)->self);
}

static uint64_t moment_of(void *self)
{
    return inner_of(self)->ops->moment(inner_of(self)->self);
}

static void release(void *self, struct store_snapshot *snapshot)
{
    inner_of(self)->ops->release(inner_of(self)->self, snapshot);
}

static enum status checkpoint(void *self, const char *directory, struct err *err)
{
    return inner_of(self)->ops->checkpoint(inner_of(self)->self, directory, err);
}

static enum status free_space(void *self, struct store_space_free *out, struct err *err)
{
    return inner_of(self)->ops->free_space(inner_of(self)->self, out, err);
}

static void close_store(void *self)
{
    struct deferred *deferred = self;

    (void)pthread_mutex_lock(&deferred->lock);
    deferred->stopping = true;
    (void)pthread_cond_signal(&deferred->changed);
    (void)pthread_mutex_unlock(&deferred->lock);
    (void)pthread_join(deferred->thread, NULL);
    deferred->inner.ops->close(deferred->inner.self);
    (void)pthread_mutex_destroy(&deferred->lock);
    (void)pthread_cond_destroy(&deferred->changed);
    buf_free(&deferred->bytes);
    mem_free(deferred->changes);
    mem_free(deferred);
}

static const struct store_ops ops = {
    .claim = claim,
    .get = get,
    .scan = scan,
    .floor = floor_of,
    .snapshot = snapshot_of,
    .near_snapshot = near_snapshot_of,
    .release = release,
    .moment = moment_of,
    .commit_begin = begin,
    .commit_outcome = outcome_of,
    .notify = notify,
    .resolve = resolve,
    .checkpoint = checkpoint,
    .free_space = free_space,
    .close = close_store,
};

enum status __wrap_store_rocks_open(struct store *out, const char *directory,
                                    const struct store_rocks_options *options, struct err *err)
{
    struct deferred *deferred = mem_zalloc(sizeof *deferred);
    const enum status status = __real_store_rocks_open(&deferred->inner, directory, options, err);

    if (status != OK) {
        mem_free(deferred);
        return status;
    }
    deferred->outcome = COMMIT_OK;
    (void)pthread_mutex_init(&deferred->lock, NULL);
    (void)pthread_cond_init(&deferred->changed, NULL);
    if (pthread_create(&deferred->thread, NULL, run, deferred) != 0) {
        abort();
    }
    *out = (struct store){deferred, &ops};
    return OK;
}

void __wrap_store_rocks_trim(const struct store *store)
{
    __real_store_rocks_trim(inner_of(store->self));
}
