/* rocks_schema - which schema the rows of a store are of, in rows of the engine's own. */
#include "node/store/rocks.h"

/* 0: there is no such row. */
static enum status get(const struct rocks *rocks, const char *key, uint64_t *value, struct err *err)
{
    enum status status;

    *value = 0;
    status = rocks_engine_get(rocks, key, value, err);
    return status == ERR_NOT_FOUND ? OK : status;
}

enum status store_rocks_schema(const struct store *store, struct store_schema *out, struct err *err)
{
    const struct rocks *rocks = store->self;
    const enum status status = get(rocks, ENGINE_SCHEMA, &out->version, err);

    return status == OK ? get(rocks, ENGINE_SCHEMA_FROM, &out->from, err) : status;
}

enum status store_rocks_step_begin(const struct store *store, uint64_t from, uint64_t to,
                                   struct err *err)
{
    const struct rocks *rocks = store->self;
    const enum status status = rocks_engine_put(rocks, ENGINE_SCHEMA_FROM, from, err);

    return status == OK ? rocks_engine_put(rocks, ENGINE_SCHEMA, to, err) : status;
}

enum status store_rocks_step_end(const struct store *store, struct err *err)
{
    return rocks_engine_put(store->self, ENGINE_SCHEMA_FROM, 0, err);
}
