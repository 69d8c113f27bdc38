#include "node/store/store_memory.h"

#include <assert.h>
#include <pthread.h>

enum { HEIGHT_MAX = 16 };

/* What a row was from commit `seq` on, newest first. */
struct version {
    struct version *older;
    uint64_t seq;
    size_t size;
    bool deleted;
    uint8_t data[];
};

/* A row; its key follows next[]. */
struct row {
    struct version *versions;
    struct row *back; /* on the lowest level; the head when first */
    uint8_t height, key_size, space;
    bool stale; /* is in memory->stale: has more than its newest version */
    struct row *next[];
};

struct store_snapshot {
    struct store_snapshot *next;
    uint64_t seq;
};

struct memory {
    pthread_mutex_t lock; /* recursive: a visit may read */
    struct row *heads[SPACES];
    uint64_t seq, fence, chance;
    struct store_snapshot *snapshots;
    struct row **stale; /* rows to clean when a snapshot goes */
    size_t stale_count, stale_capacity;
    unsigned scanning;
    bool deferred, pending, written;
    uint64_t pending_fence;
    struct buf pending_batch; /* space, key size, key, deleted, value size, value */
    enum commit_outcome outcome, fail_outcome;
    uint32_t fail_in;
    struct store_space_free space;
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

/* --- the ordered map --- */

static struct bytes row_key(const struct row *row)
{
    return bytes_of(row->next + row->height, row->key_size);
}

static uint8_t draw_height(struct memory *memory)
{
    uint8_t height = 1;

    memory->chance ^= memory->chance << 13;
    memory->chance ^= memory->chance >> 7;
    memory->chance ^= memory->chance << 17;
    for (uint64_t bits = memory->chance; height < HEIGHT_MAX && (bits & 3) == 0; bits >>= 2) {
        height++;
    }
    return height;
}

static struct row *row_new(uint8_t height, struct bytes key)
{
    struct row *row = mem_zalloc(sizeof *row + height * sizeof row->next[0] + key.size);

    row->height = height;
    row->key_size = (uint8_t)key.size;
    if (key.size != 0) {
        memcpy(row->next + height, key.data, key.size);
    }
    return row;
}

/* The last row below `key` (the head when none); `path` gets the one on every level. */
static struct row *seek_before(struct row *head, struct bytes key, struct row *path[HEIGHT_MAX])
{
    struct row *at = head;

    for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
        while (at->next[level] != NULL && bytes_compare(row_key(at->next[level]), key) < 0) {
            at = at->next[level];
        }
        if (path != NULL) {
            path[level] = at;
        }
    }
    return at;
}

static struct row *row_find(struct row *head, struct bytes key)
{
    struct row *row = seek_before(head, key, NULL)->next[0];

    return row != NULL && bytes_equal(row_key(row), key) ? row : NULL;
}

static struct row *row_find_or_add(struct memory *memory, enum store_space space, struct bytes key)
{
    struct row *path[HEIGHT_MAX];
    struct row *row = seek_before(memory->heads[space], key, path)->next[0];

    if (row != NULL && bytes_equal(row_key(row), key)) {
        return row;
    }
    row = row_new(draw_height(memory), key);
    row->space = (uint8_t)space;
    for (uint8_t level = 0; level < row->height; level++) {
        row->next[level] = path[level]->next[level];
        path[level]->next[level] = row;
    }
    row->back = path[0];
    if (row->next[0] != NULL) {
        row->next[0]->back = row;
    }
    return row;
}

static void row_remove(struct memory *memory, struct row *row)
{
    struct row *path[HEIGHT_MAX];

    (void)seek_before(memory->heads[row->space], row_key(row), path);
    for (uint8_t level = 0; level < row->height; level++) {
        path[level]->next[level] = row->next[level];
    }
    if (row->next[0] != NULL) {
        row->next[0]->back = row->back;
    }
    mem_free(row->versions);
    mem_free(row);
}

/* --- versions --- */

static const struct version *row_at(const struct row *row, const struct store_snapshot *snapshot)
{
    const struct version *version = row->versions;

    while (version != NULL && snapshot != NULL && version->seq > snapshot->seq) {
        version = version->older;
    }
    return version == NULL || version->deleted ? NULL : version;
}

static bool seen_by_some(const struct memory *memory, uint64_t from_seq, uint64_t before_seq)
{
    for (const struct store_snapshot *at = memory->snapshots; at != NULL; at = at->next) {
        if (from_seq <= at->seq && at->seq < before_seq) {
            return true;
        }
    }
    return false;
}

/* Frees the versions that no reader can see any more. */
static void row_trim(struct memory *memory, struct row *row)
{
    struct version *kept = row->versions;

    while (kept->older != NULL) {
        struct version *older = kept->older;

        if (seen_by_some(memory, older->seq, kept->seq)) {
            kept = older;
        } else {
            kept->older = older->older;
            mem_free(older);
        }
    }
}

static bool row_gone(const struct row *row)
{
    return row->versions->deleted && row->versions->older == NULL;
}

static void stale_add(struct memory *memory, struct row *row)
{
    if (memory->stale_count == memory->stale_capacity) {
        memory->stale_capacity = memory->stale_capacity == 0 ? 64 : memory->stale_capacity * 2;
        memory->stale =
            mem_realloc(memory->stale, memory->stale_capacity * sizeof memory->stale[0]);
    }
    memory->stale[memory->stale_count++] = row;
    row->stale = true;
}

static void stale_sweep(struct memory *memory)
{
    size_t kept = 0;

    for (size_t i = 0; i < memory->stale_count; i++) {
        struct row *row = memory->stale[i];

        row_trim(memory, row);
        row->stale = row->versions->older != NULL;
        if (row->stale) {
            memory->stale[kept++] = row;
        } else if (row_gone(row)) {
            row_remove(memory, row);
        }
    }
    memory->stale_count = kept;
}

static void row_write(struct memory *memory, const struct change *change)
{
    struct row *row = row_find_or_add(memory, change->space, change->key);
    struct version *version = mem_zalloc(sizeof *version + change->value.size);

    assert(row->versions == NULL || row->versions->seq < memory->seq); /* no key twice in a batch */
    version->seq = memory->seq;
    version->size = change->value.size;
    version->deleted = change->value.data == NULL;
    if (version->size != 0) {
        memcpy(version->data, change->value.data, version->size);
    }
    version->older = row->versions;
    row->versions = version;
    row_trim(memory, row);
    if (row->stale) {
        return; /* the sweep sees to it when the snapshots go */
    }
    if (row_gone(row)) {
        row_remove(memory, row);
    } else if (row->versions->older != NULL) {
        stale_add(memory, row);
    }
}

/* --- reading --- */

static enum status memory_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes key, struct buf *value, struct err *err)
{
    struct memory *memory = enter(self);
    const struct row *row = row_find(memory->heads[space], key);
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
    const struct row *row = seek_before(memory->heads[space], first, NULL)->next[0];
    bool go_on = true;

    (void)err;
    assert(begins_with(first, prefix));
    memory->scanning++;
    for (; go_on && row != NULL && begins_with(row_key(row), prefix); row = row->next[0]) {
        const struct version *version = row_at(row, snapshot);

        if (version != NULL) {
            go_on = visit(arg, row_key(row), bytes_of(version->data, version->size));
        }
    }
    memory->scanning--;
    leave(memory);
    return OK;
}

/* Is `key` at most `at`, and not behind everything that begins with `prefix`? */
static bool not_after(struct bytes key, struct bytes at, struct bytes prefix)
{
    const struct bytes head = bytes_of(key.data, key.size < prefix.size ? key.size : prefix.size);

    return bytes_compare(key, at) <= 0 && bytes_compare(head, prefix) <= 0;
}

static enum status memory_floor(void *self, struct store_snapshot *snapshot, enum store_space space,
                                struct bytes prefix, struct bytes at, struct buf *key,
                                struct buf *value, struct err *err)
{
    struct memory *memory = enter(self);
    const struct row *head = memory->heads[space];
    const struct row *row = head;
    const struct version *version = NULL;

    (void)err;
    for (int level = HEIGHT_MAX - 1; level >= 0; level--) {
        while (row->next[level] != NULL && not_after(row_key(row->next[level]), at, prefix)) {
            row = row->next[level];
        }
    }
    for (; row != head && begins_with(row_key(row), prefix); row = row->back) {
        version = row_at(row, snapshot);
        if (version != NULL) {
            break;
        }
    }
    buf_clear(key);
    buf_clear(value);
    if (version != NULL) {
        buf_append_bytes(key, row_key(row));
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
    if (memory->scanning == 0) {
        stale_sweep(memory); /* else the next release does it */
    }
    leave(memory);
}

/* --- writing --- */

static void batch_apply(struct memory *memory, const struct batch *batch)
{
    assert(memory->scanning == 0);
    memory->seq++;
    for (size_t i = 0; i < batch->count; i++) {
        row_write(memory, &batch->changes[i]);
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
        row_write(memory, &change);
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
        return err_set(err, ERR_STALE_FENCE, "another writer has claimed this store");
    }
    if (memory->space.free_bytes == 0) {
        return err_set(err, ERR_DISK_FULL, "the store has no space left");
    }
    if (fails_now(memory)) {
        memory->outcome = memory->fail_outcome;
        if (memory->fail_outcome == COMMIT_UNAVAILABLE) {
            return err_set(err, ERR_IO, "commit failed, as the test asked");
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
        (void)err_set(err, ERR_STALE_FENCE, "another writer has claimed this store");
    } else if (outcome == COMMIT_UNAVAILABLE || outcome == COMMIT_UNKNOWN) {
        (void)err_set(err, ERR_IO, "the commit failed");
    }
    leave(memory);
    return outcome;
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
    return err_set(err, ERR_USAGE, "checkpoint to %s: a store in memory has no files", directory);
}

static enum status memory_free_space(void *self, struct store_space_free *out, struct err *err)
{
    struct memory *memory = enter(self);

    (void)err;
    *out = memory->space;
    leave(memory);
    return OK;
}

static void space_free(struct row *head)
{
    while (head != NULL) {
        struct row *next = head->next[0];

        while (head->versions != NULL) {
            struct version *older = head->versions->older;

            mem_free(head->versions);
            head->versions = older;
        }
        mem_free(head);
        head = next;
    }
}

static void memory_close(void *self)
{
    struct memory *memory = self;

    if (memory == NULL) {
        return;
    }
    assert(memory->snapshots == NULL);
    for (int space = 0; space < SPACES; space++) {
        space_free(memory->heads[space]);
    }
    mem_free(memory->stale);
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
    .release = memory_release,
    .commit_begin = memory_commit_begin,
    .commit_outcome = memory_commit_outcome,
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
        memory->heads[space] = row_new(HEIGHT_MAX, BYTES_NONE);
    }
    memory->chance = UINT64_C(0x9e3779b97f4a7c15);
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

    assert(memory->scanning == 0);
    if (memory->pending && memory->pending_fence != memory->fence) {
        memory->outcome = COMMIT_STALE_FENCE;
    } else if (memory->pending) {
        kept_apply(memory);
        memory->outcome = COMMIT_OK;
    }
    memory->pending = false;
    leave(memory);
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
