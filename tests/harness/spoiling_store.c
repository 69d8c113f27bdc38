#include "tests/harness/spoiling_store.h"

static bool read_fails(struct spoiling_store *spoiling, enum store_space space, struct err *err)
{
    if (spoiling->how != SPOILS_READ || spoiling->reads++ != spoiling->at) {
        return false;
    }
    spoiling->spoilt = true;
    spoiling->space = space;
    (void)err_set(err, ERR_IO, "the disk answered with an error");
    return true;
}

static bool is_the_row(const struct spoiling_store *spoiling, enum store_space space,
                       struct bytes key)
{
    return spoiling->spoilt && space == spoiling->space && bytes_equal(key, spoiling->key);
}

/* What is left of a row. */
static size_t left_of(enum spoiling how, size_t size)
{
    return how == SPOILS_HALF ? size / 2 : how == SPOILS_MOST && size > 1 ? 1 : size - 1;
}

static struct bytes row_of(struct spoiling_store *spoiling, enum store_space space,
                           struct bytes key, struct bytes value)
{
    if (spoiling->how < SPOILS_ROW || value.size == 0) {
        return value;
    }
    if (spoiling->reads++ == spoiling->at) {
        spoiling->spoilt = true;
        spoiling->space = space;
        memcpy(spoiling->key_bytes, key.data, key.size);
        spoiling->key = bytes_of(spoiling->key_bytes, key.size);
    }
    return is_the_row(spoiling, space, key)
               ? bytes_of(value.data, left_of(spoiling->how, value.size))
               : value;
}

static enum status spoiling_claim(void *self, uint64_t *fence, struct err *err)
{
    struct spoiling_store *spoiling = self;

    return spoiling->behind.ops->claim(spoiling->behind.self, fence, err);
}

static enum status spoiling_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                                struct bytes key, struct buf *value, struct err *err)
{
    struct spoiling_store *spoiling = self;
    enum status status;

    if (read_fails(spoiling, space, err)) {
        return ERR_IO;
    }
    status = spoiling->behind.ops->get(spoiling->behind.self, snapshot, space, key, value, err);
    if (status == OK) {
        value->size = row_of(spoiling, space, key, buf_bytes(value)).size;
    }
    return status;
}

struct visiting {
    struct spoiling_store *spoiling;
    enum store_space space;
    store_visit_fn *visit;
    void *arg;
};

static bool visit_row(void *arg, struct bytes key, struct bytes value)
{
    struct visiting *visiting = arg;

    return visiting->visit(visiting->arg, key,
                           row_of(visiting->spoiling, visiting->space, key, value));
}

static enum status spoiling_scan(void *self, struct store_snapshot *snapshot,
                                 enum store_space space, struct bytes prefix, struct bytes from,
                                 store_visit_fn *visit, void *arg, struct err *err)
{
    struct spoiling_store *spoiling = self;
    struct visiting visiting = {spoiling, space, visit, arg};

    if (read_fails(spoiling, space, err)) {
        return ERR_IO;
    }
    return spoiling->behind.ops->scan(spoiling->behind.self, snapshot, space, prefix, from,
                                      visit_row, &visiting, err);
}

static enum status spoiling_floor(void *self, struct store_snapshot *snapshot,
                                  enum store_space space, struct bytes prefix, struct bytes at,
                                  struct buf *key, struct buf *value, struct err *err)
{
    struct spoiling_store *spoiling = self;
    enum status status;

    if (read_fails(spoiling, space, err)) {
        return ERR_IO;
    }
    status = spoiling->behind.ops->floor(spoiling->behind.self, snapshot, space, prefix, at, key,
                                         value, err);
    if (status == OK) {
        value->size = row_of(spoiling, space, buf_bytes(key), buf_bytes(value)).size;
    }
    return status;
}

static struct store_snapshot *spoiling_snapshot(void *self)
{
    struct spoiling_store *spoiling = self;

    return spoiling->behind.ops->snapshot(spoiling->behind.self);
}

static struct store_snapshot *spoiling_near_snapshot(void *self)
{
    struct spoiling_store *spoiling = self;

    return spoiling->behind.ops->near_snapshot(spoiling->behind.self);
}

static void spoiling_release(void *self, struct store_snapshot *snapshot)
{
    struct spoiling_store *spoiling = self;

    spoiling->behind.ops->release(spoiling->behind.self, snapshot);
}

static uint64_t spoiling_moment(void *self)
{
    struct spoiling_store *spoiling = self;

    return spoiling->behind.ops->moment(spoiling->behind.self);
}

static enum status spoiling_begin(void *self, uint64_t fence, const struct batch *batch,
                                  struct err *err)
{
    struct spoiling_store *spoiling = self;

    return spoiling->behind.ops->commit_begin(spoiling->behind.self, fence, batch, err);
}

static enum commit_outcome spoiling_outcome(void *self, struct err *err)
{
    struct spoiling_store *spoiling = self;

    return spoiling->behind.ops->commit_outcome(spoiling->behind.self, err);
}

static enum status spoiling_free_space(void *self, struct store_space_free *out, struct err *err)
{
    struct spoiling_store *spoiling = self;

    return spoiling->behind.ops->free_space(spoiling->behind.self, out, err);
}

static void spoiling_close(void *self)
{
    struct spoiling_store *spoiling = self;

    spoiling->behind.ops->close(spoiling->behind.self);
}

/* What a test needs that asks replicators, ledgers and nodes; no disk is behind it. */
static const struct store_ops spoiling_ops = {
    .claim = spoiling_claim,
    .get = spoiling_get,
    .scan = spoiling_scan,
    .floor = spoiling_floor,
    .snapshot = spoiling_snapshot,
    .near_snapshot = spoiling_near_snapshot,
    .release = spoiling_release,
    .moment = spoiling_moment,
    .commit_begin = spoiling_begin,
    .commit_outcome = spoiling_outcome,
    .free_space = spoiling_free_space,
    .close = spoiling_close,
};

void spoiling_store_begin(struct spoiling_store *spoiling, enum spoiling how, size_t at)
{
    *spoiling = (struct spoiling_store){.behind = spoiling->behind, .how = how, .at = at};
}

void spoiling_store_again(struct spoiling_store *spoiling)
{
    spoiling->reads = spoiling->at + 1;
}

struct store spoiling_store_of(struct spoiling_store *spoiling, struct store behind)
{
    *spoiling = (struct spoiling_store){.behind = behind};
    return (struct store){spoiling, &spoiling_ops};
}
