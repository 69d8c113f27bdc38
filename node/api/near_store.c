#include "node/api/near_store.h"

#include <assert.h>

/* --- how much --- */

static enum status refuse(struct near_store *near, struct err *err)
{
    near->is_over = true;
    return err_set(err, ERR_BUSY, "read_in_turn");
}

/* False when it is too much. */
static bool take(struct near_store *near, size_t rows)
{
    near->is_over = near->is_over || rows > near->rows_left;
    near->rows_left -= near->is_over ? 0 : rows;
    return !near->is_over;
}

static bool take_bytes(struct near_store *near, size_t size)
{
    return take(near, size / NEAR_ROW_BYTES);
}

static enum status heed(struct near_store *near, enum status status)
{
    near->is_over = near->is_over || status == ERR_BUSY;
    return status;
}

/* --- the seam --- */

static enum status near_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                            struct bytes key, struct buf *value, struct err *err)
{
    struct near_store *near = self;
    enum status status;

    assert(snapshot == near->snapshot);
    if (!take(near, 1)) {
        return refuse(near, err);
    }
    status = near->whole.ops->get(near->whole.self, snapshot, space, key, value, err);
    return status != OK || take_bytes(near, value->size) ? heed(near, status) : refuse(near, err);
}

struct visiting {
    struct near_store *near;
    store_visit_fn *visit;
    void *arg;
};

static bool visit_near(void *arg, struct bytes key, struct bytes value)
{
    const struct visiting *visiting = arg;

    return take(visiting->near, 1) && take_bytes(visiting->near, value.size) &&
           visiting->visit(visiting->arg, key, value);
}

static enum status near_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                             struct bytes prefix, struct bytes from, store_visit_fn *visit,
                             void *arg, struct err *err)
{
    struct near_store *near = self;
    struct visiting visiting = {near, visit, arg};
    enum status status;

    assert(snapshot == near->snapshot);
    if (!take(near, 1)) {
        return refuse(near, err);
    }
    status = near->whole.ops->scan(near->whole.self, snapshot, space, prefix, from, visit_near,
                                   &visiting, err);
    return status == OK && near->is_over ? refuse(near, err) : heed(near, status);
}

static enum status near_floor(void *self, struct store_snapshot *snapshot, enum store_space space,
                              struct bytes prefix, struct bytes at, struct buf *key,
                              struct buf *value, struct err *err)
{
    struct near_store *near = self;
    enum status status;

    assert(snapshot == near->snapshot);
    if (!take(near, 1)) {
        return refuse(near, err);
    }
    status = near->whole.ops->floor(near->whole.self, snapshot, space, prefix, at, key, value, err);
    return status != OK || take_bytes(near, value->size) ? heed(near, status) : refuse(near, err);
}

static struct store_snapshot *near_snapshot(void *self)
{
    return ((struct near_store *)self)->snapshot;
}

/* It is lent to many. */
static void near_release(void *self, struct store_snapshot *snapshot)
{
    assert(snapshot == ((struct near_store *)self)->snapshot);
    (void)self;
    (void)snapshot;
}

static uint64_t near_moment(void *self)
{
    return ((struct near_store *)self)->moment;
}

static const struct store_ops near_ops = {
    .get = near_get,
    .scan = near_scan,
    .floor = near_floor,
    .snapshot = near_snapshot,
    .near_snapshot = near_snapshot,
    .release = near_release,
    .moment = near_moment,
};

/* --- life --- */

void near_store_open(struct near_store *near, const struct store *whole)
{
    *near = (struct near_store){.store = {near, &near_ops}, .whole = *whole};
}

void near_store_close(struct near_store *near)
{
    near_store_rest(near, true);
}

static bool is_old(const struct near_store *near)
{
    return near->whole.ops->moment(near->whole.self) != near->moment;
}

void near_store_rest(struct near_store *near, bool at_once)
{
    if (near->snapshot != NULL && (at_once || is_old(near))) {
        near->whole.ops->release(near->whole.self, near->snapshot);
        near->snapshot = NULL;
    }
}

/* Its moment is known when no commit came between. Of one that is not known it is 0, which is that
 * of no other: the next one begins anew. */
static void renew(struct near_store *near)
{
    const struct store *whole = &near->whole;

    near_store_rest(near, true);
    near->moment = whole->ops->moment(whole->self);
    near->snapshot = whole->ops->near_snapshot(whole->self);
    if (is_old(near)) {
        near->moment = 0;
    }
}

void near_store_begin(struct near_store *near)
{
    if (near->snapshot == NULL || is_old(near)) {
        renew(near);
    }
    near->rows_left = NEAR_ROWS_MAX;
    near->is_over = false;
}

bool near_store_sufficed(const struct near_store *near)
{
    return !near->is_over;
}
