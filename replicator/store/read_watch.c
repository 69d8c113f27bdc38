#include "replicator/store/read_watch.h"

#include <assert.h>

static enum status heed(struct read_watch *watch, enum status status, const struct err *err)
{
    if (status != OK && status != ERR_NOT_FOUND && status != ERR_BUSY &&
        watch->first.status == OK) {
        watch->first = *err;
        watch->first.status = status;
    }
    return status;
}

static enum status watch_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                             struct bytes key, struct buf *value, struct err *err)
{
    struct read_watch *watch = self;

    return heed(watch, watch->behind.ops->get(watch->behind.self, snapshot, space, key, value, err),
                err);
}

static enum status watch_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes prefix, struct bytes from, store_visit_fn *visit,
                              void *arg, struct err *err)
{
    struct read_watch *watch = self;

    return heed(
        watch,
        watch->behind.ops->scan(watch->behind.self, snapshot, space, prefix, from, visit, arg, err),
        err);
}

static enum status watch_floor(void *self, struct store_snapshot *snapshot, enum store_space space,
                               struct bytes prefix, struct bytes at, struct buf *key,
                               struct buf *value, struct err *err)
{
    struct read_watch *watch = self;

    return heed(
        watch,
        watch->behind.ops->floor(watch->behind.self, snapshot, space, prefix, at, key, value, err),
        err);
}

static struct store_snapshot *watch_snapshot(void *self)
{
    const struct read_watch *watch = self;

    return watch->behind.ops->snapshot(watch->behind.self);
}

static struct store_snapshot *watch_near_snapshot(void *self)
{
    const struct read_watch *watch = self;

    return watch->behind.ops->near_snapshot(watch->behind.self);
}

static void watch_release(void *self, struct store_snapshot *snapshot)
{
    const struct read_watch *watch = self;

    watch->behind.ops->release(watch->behind.self, snapshot);
}

static uint64_t watch_moment(void *self)
{
    const struct read_watch *watch = self;

    return watch->behind.ops->moment(watch->behind.self);
}

static const struct store_ops watch_ops = {
    .get = watch_get,
    .scan = watch_scan,
    .floor = watch_floor,
    .snapshot = watch_snapshot,
    .near_snapshot = watch_near_snapshot,
    .release = watch_release,
    .moment = watch_moment,
};

void read_watch_open(struct read_watch *watch, const struct store *behind)
{
    *watch =
        (struct read_watch){.store = {watch, &watch_ops}, .behind = *behind, .first = {OK, ""}};
}

enum status read_watch_status(const struct read_watch *watch, struct err *err)
{
    if (watch->first.status != OK) {
        *err = watch->first;
    }
    return watch->first.status;
}

bool read_watch_row(const struct store *store, struct bytes key, bool is_whole)
{
    struct err err;

    if (!is_whole && store->ops == &watch_ops) {
        assert(key.size > 0);
        (void)err_set(&err, ERR_CORRUPT, "row_damaged letter=%c bytes=%zu", key.data[0], key.size);
        (void)heed(store->self, err.status, &err);
    }
    return is_whole;
}
