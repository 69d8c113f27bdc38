#include "tests/harness/counted_store.h"

static enum status counted_get(void *self, struct store_snapshot *snapshot, enum store_space space,
                               struct bytes key, struct buf *value, struct err *err)
{
    struct counted_store *counted = self;

    counted->rows++;
    return counted->behind->ops->get(counted->behind->self, snapshot, space, key, value, err);
}

static bool count_visit(void *arg, struct bytes key, struct bytes value)
{
    struct counted_store *counted = arg;

    counted->rows++;
    return counted->visit(counted->arg, key, value);
}

static enum status counted_scan(void *self, struct store_snapshot *snapshot, enum store_space space,
                                struct bytes prefix, struct bytes from, store_visit_fn *visit,
                                void *arg, struct err *err)
{
    struct counted_store *counted = self;

    counted->visit = visit;
    counted->arg = arg;
    return counted->behind->ops->scan(counted->behind->self, snapshot, space, prefix, from,
                                      count_visit, counted, err);
}

static const struct store_ops counted_ops = {.get = counted_get, .scan = counted_scan};

struct store counted_store_of(struct counted_store *counted)
{
    return (struct store){counted, &counted_ops};
}
