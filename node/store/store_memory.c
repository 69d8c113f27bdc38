#include "node/store/store_memory.h"

#include <assert.h>
#include <pthread.h>

#include "node/store/rows.h"

struct memory {
    pthread_mutex_t lock; /* recursive: a visit may read */
    struct rows spaces[SPACES];
    uint64_t seq, fence;
    struct store_snapshot *snapshots;
    unsigned scanning;
    bool deferred, pending, written;
    uint64_t pending_fence;
    struct buf pending_batch; /* space, key size, key, deleted, value size, value */
    enum commit_outcome outcome, fail_outcome;
    uint32_t fail_in;
    struct store_space_free space;
    void (*wake)(void *arg); /* NULL: nobody waits */
    void *wake_arg;
};

static struct memory *enter(void *self)
{
    struct memory *memory = self;

    (void)pthread_mutex_lock(&memory->lock);
    return memory;
}

static void leave(struct memory *memory)
{
    (void)pthread_mutex_unlock(&memory->lock);
}

/* --- reading --- */

static enum status memory_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes key, struct buf *value, struct err *err)
{
    struct memory *memory = enter(self);
    const struct row *row = rows_find(&memory->spaces[space], key);
    const struct version *version = row == NULL ? NULL : row_at(row, snapshot);

    (void)err;
    buf_clear(value);
    if (version != NULL) {
        buf_append(value, version->data, version->size);
    }
    leave(memory);
    return version == NULL ? ERR_NOT_FOUND : OK;
}

static bool begins_with(struct bytes key, struct bytes prefix)
{
    return key.size >= prefix.size && bytes_equal(bytes_of(key.data, prefix.size), prefix);
}

static enum status memory_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                               struct bytes prefix, struct bytes from, store_visit_fn *visit,
                               void *arg, struct err *err)
{
    struct memory *memory = enter(self);
    const struct bytes first = from.size == 0 ? prefix : from;
    const struct row *row = rows_from(&memory->spaces[space], first);
    bool go_on = true;

    (void)err;
    assert(begins_with(first, prefix));
    memory->scanning++;
    for (; go_on && row != NULL && begins_with(stored_key(row), prefix); row = row->next[0]) {
        const struct version *version = row_at(row, snapshot);

        if (version != NULL) {
            go_on = visit(arg, stored_key(row), bytes_of(version->data, version->size));
        }
    }
    memory->scanning--;
    leave(memory);
    return OK;
}

static enum status memory_floor(void *self, struct store_snapshot *snapshot, enum store_space space,
                                struct bytes prefix, struct bytes at, struct buf *key,
                                struct buf *value, struct err *err)
{
    struct memory *memory = enter(self);
    const struct rows *rows = &memory->spaces[space];
    const struct row *row = rows_floor(rows, prefix, at);
    const struct version *version = NULL;

    (void)err;
    while (row != NULL && begins_with(stored_key(row), prefix)) {
        version = row_at(row, snapshot);
        if (version != NULL) {
            break;
        }
        row = rows_before(rows, row);
    }
    buf_clear(key);
    buf_clear(value);
    if (version != NULL) {
        buf_append_bytes(key, stored_key(row));
        buf_append(value, version->data, version->size);
    }
    leave(memory);
    return version == NULL ? ERR_NOT_FOUND : OK;
}

static struct store_snapshot *memory_snapshot(void *self)
{
    struct memory *memory = enter(self);
    struct store_snapshot *snapshot = mem_zalloc(sizeof *snapshot);

    snapshot->seq = memory->seq;
    snapshot->next = memory->snapshots;
    memory->snapshots = snapshot;
    leave(memory);
    return snapshot;
}

static uint64_t memory_moment(void *self)
{
    struct memory *memory = enter(self);
    const uint64_t moment = memory->seq + 1;

    leave(memory);
    return moment;
}

static void memory_release(void *self, struct store_snapshot *snapshot)
{
    struct memory *memory = enter(self);
    struct store_snapshot **at = &memory->snapshots;

    while (*at != snapshot) {
        assert(*at != NULL);
        at = &(*at)->next;
    }
    *at = snapshot->next;
    mem_free(snapshot);
    for (int space = 0; memory->scanning == 0 && space < SPACES; space++) {
        rows_sweep(&memory->spaces[space], memory->snapshots); /* else the next release does it */
    }
    leave(memory);
}

/* --- writing --- */

static void write_row(struct memory *memory, const struct change *change)
{
    rows_write(&memory->spaces[change->space], change->key, change->value, memory->seq,
               memory->snapshots);
}

static void batch_apply(struct memory *memory, const struct batch *batch)
{
    assert(memory->scanning == 0);
    memory->seq++;
    for (size_t i = 0; i < batch->count; i++) {
        write_row(memory, &batch->changes[i]);
    }
}

static void batch_keep(struct memory *memory, const struct batch *batch)
{
    struct buf *out = &memory->pending_batch;

    buf_clear(out);
    for (size_t i = 0; i < batch->count; i++) {
        const struct change *change = &batch->changes[i];

        buf_put_u8(out, (uint8_t)change->space);
        buf_put_u8(out, (uint8_t)change->key.size);
        buf_append_bytes(out, change->key);
        buf_put_u8(out, change->value.data == NULL);
        buf_put_u64(out, change->value.size);
        buf_append_bytes(out, change->value);
    }
    memory->pending = true;
}

static void kept_apply(struct memory *memory)
{
    struct reader reader = reader_of(buf_bytes(&memory->pending_batch));

    memory->seq++;
    while (reader_left(&reader) != 0) {
        struct change change;
        bool deleted;

        change.space = (enum store_space)reader_u8(&reader);
        change.key = reader_bytes(&reader, reader_u8(&reader));
        deleted = reader_u8(&reader) != 0;
        change.value = reader_bytes(&reader, (size_t)reader_u64(&reader));
        if (deleted) {
            change.value = BYTES_NONE;
        } else if (change.value.data == NULL) {
            change.value = bytes_text("");
        }
        write_row(memory, &change);
    }
    assert(reader_ok(&reader));
}

static enum status memory_claim(void *self, uint64_t *fence, struct err *err)
{
    struct memory *memory = enter(self);

    (void)err;
    *fence = ++memory->fence;
    leave(memory);
    return OK;
}

static bool fails_now(struct memory *memory)
{
    return memory->fail_in != 0 && --memory->fail_in == 0;
}

static enum status begin(struct memory *memory, uint64_t fence, const struct batch *batch,
                         struct err *err)
{
    assert(!memory->pending);
    for (size_t i = 0; i < batch->count; i++) {
        assert(batch->changes[i].space < SPACES);
        assert(batch->changes[i].key.size <= STORE_KEY_BYTES_MAX);
    }
    if (fence != memory->fence) {
        return err_set(err, ERR_STALE_FENCE, "store_claimed directory=memory");
    }
    if (memory->space.free_bytes == 0) {
        return err_set(err, ERR_DISK_FULL, "store_full");
    }
    if (fails_now(memory)) {
        memory->outcome = memory->fail_outcome;
        if (memory->fail_outcome == COMMIT_UNAVAILABLE) {
            return err_set(err, ERR_IO, "store_commit_failed");
        }
        if (memory->written) {
            batch_apply(memory, batch);
        }
        return OK;
    }
    if (memory->deferred) {
        batch_keep(memory, batch);
        memory->pending_fence = fence;
        memory->outcome = COMMIT_PENDING;
        return OK;
    }
    batch_apply(memory, batch);
    memory->outcome = COMMIT_OK;
    return OK;
}

static enum status memory_commit_begin(void *self, uint64_t fence, const struct batch *batch,
                                       struct err *err)
{
    struct memory *memory = enter(self);
    const enum status status = begin(memory, fence, batch, err);

    leave(memory);
    return status;
}

static enum commit_outcome memory_commit_outcome(void *self, struct err *err)
{
    struct memory *memory = enter(self);
    const enum commit_outcome outcome = memory->outcome;

    if (outcome == COMMIT_STALE_FENCE) {
        (void)err_set(err, ERR_STALE_FENCE, "store_claimed directory=memory");
    } else if (outcome == COMMIT_UNAVAILABLE || outcome == COMMIT_UNKNOWN) {
        (void)err_set(err, ERR_IO, "store_commit_failed");
    }
    leave(memory);
    return outcome;
}

static void memory_notify(void *self, void (*wake)(void *arg), void *arg)
{
    struct memory *memory = enter(self);

    memory->wake = wake;
    memory->wake_arg = arg;
    leave(memory);
}

static enum commit_outcome memory_resolve(void *self, uint64_t fence, struct err *err)
{
    struct memory *memory = enter(self);

    (void)err;
    if (fence != memory->fence) {
        memory->outcome = COMMIT_STALE_FENCE;
    } else if (memory->outcome == COMMIT_UNKNOWN) {
        memory->outcome = memory->written ? COMMIT_OK : COMMIT_UNAVAILABLE;
    }
    leave(memory);
    return memory->outcome;
}

static enum status memory_checkpoint(void *self, const char *directory, struct err *err)
{
    (void)self;
    return err_set(err, ERR_USAGE, "store_in_memory directory=%s", directory);
}

static enum status memory_free_space(void *self, struct store_space_free *out, struct err *err)
{
    struct memory *memory = enter(self);

    (void)err;
    *out = memory->space;
    leave(memory);
    return OK;
}

static void memory_close(void *self)
{
    struct memory *memory = self;

    if (memory == NULL) {
        return;
    }
    assert(memory->snapshots == NULL);
    for (int space = 0; space < SPACES; space++) {
        rows_free(&memory->spaces[space]);
    }
    buf_free(&memory->pending_batch);
    (void)pthread_mutex_destroy(&memory->lock);
    mem_free(memory);
}

static const struct store_ops memory_ops = {
    .claim = memory_claim,
    .get = memory_get,
    .scan = memory_scan,
    .floor = memory_floor,
    .snapshot = memory_snapshot,
    .near_snapshot = memory_snapshot, /* there is no disk */
    .release = memory_release,
    .moment = memory_moment,
    .commit_begin = memory_commit_begin,
    .commit_outcome = memory_commit_outcome,
    .notify = memory_notify,
    .resolve = memory_resolve,
    .checkpoint = memory_checkpoint,
    .free_space = memory_free_space,
    .close = memory_close,
};

void store_memory_open(struct store *out)
{
    struct memory *memory = mem_zalloc(sizeof *memory);
    pthread_mutexattr_t attributes;

    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&memory->lock, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
    for (int space = 0; space < SPACES; space++) {
        rows_init(&memory->spaces[space]);
    }
    memory->outcome = COMMIT_OK;
    memory->space = (struct store_space_free){UINT64_MAX, UINT64_MAX, 0};
    *out = (struct store){memory, &memory_ops};
}

/* --- the test's hand --- */

void store_memory_defer(void *self, bool deferred)
{
    struct memory *memory = enter(self);

    memory->deferred = deferred;
    leave(memory);
}

bool store_memory_pending(void *self)
{
    struct memory *memory = enter(self);
    const bool pending = memory->pending;

    leave(memory);
    return pending;
}

void store_memory_sync(void *self)
{
    struct memory *memory = enter(self);
    void (*const wake)(void *arg) = memory->pending ? memory->wake : NULL;
    void *const wake_arg = memory->wake_arg;

    assert(memory->scanning == 0);
    if (memory->pending && memory->pending_fence != memory->fence) {
        memory->outcome = COMMIT_STALE_FENCE;
    } else if (memory->pending) {
        kept_apply(memory);
        memory->outcome = COMMIT_OK;
    }
    memory->pending = false;
    leave(memory);
    if (wake != NULL) {
        wake(wake_arg);
    }
}

void store_memory_crash(void *self)
{
    struct memory *memory = enter(self);

    if (memory->pending) {
        memory->outcome = COMMIT_UNAVAILABLE;
    }
    memory->pending = false;
    leave(memory);
}

void store_memory_fail(void *self, uint32_t nth, enum commit_outcome outcome, bool written)
{
    struct memory *memory = enter(self);

    assert(outcome == COMMIT_UNAVAILABLE || outcome == COMMIT_UNKNOWN);
    memory->fail_in = nth;
    memory->fail_outcome = outcome;
    memory->written = written;
    leave(memory);
}

void store_memory_set_space(void *self, const struct store_space_free *space)
{
    struct memory *memory = enter(self);

    memory->space = *space;
    leave(memory);
}
