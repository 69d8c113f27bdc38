#include "node/home/grant_chain.h"

#include "node/home/home.h"
#include "proto/array.h"
#include "proto/log.h"
#include "replicator/store/row_letters.h"

/* --- what the store has --- */

struct held {
    struct grant grant;
    size_t at, size; /* of its bytes in `memory` */
};

struct gathering {
    struct held *held;
    size_t count, capacity;
    struct buf memory;
};

static bool gather(void *arg, struct bytes key, struct bytes value)
{
    struct gathering *gathering = arg;
    struct grant grant;
    struct err err;

    (void)key;
    if (grant_parse(&grant, value, &err) == OK) {
        ARRAY_ROOM(gathering->held, gathering->count, gathering->capacity);
        gathering->held[gathering->count++] =
            (struct held){grant, gathering->memory.size, value.size};
        buf_append_bytes(&gathering->memory, value);
    }
    return true;
}

/* By epoch: rows lie in that order. Its parent is that of the newest; false where there is none. */
static bool newest_parent(const struct gathering *gathering, struct division division,
                          struct division *parent)
{
    bool found = false;

    for (size_t i = 0; i < gathering->count; i++) {
        if (division_equal(gathering->held[i].grant.division, division)) {
            *parent = gathering->held[i].grant.parent;
            found = true;
        }
    }
    return found;
}

static bool put_level(struct grant_chain *out, const struct gathering *gathering,
                      struct division division)
{
    for (size_t i = 0; i < gathering->count; i++) {
        const struct held *held = &gathering->held[i];

        if (division_equal(held->grant.division, division)) {
            if (out->count == COUNT_OF(out->at)) {
                return false;
            }
            out->at[out->count++] = bytes_of(out->memory.data + held->at, held->size);
        }
    }
    return true;
}

enum status grant_chain_read(struct grant_chain *out, const struct store *store,
                             struct division self, struct err *err)
{
    const uint8_t letter = META_GRANT;
    struct division line[TREE_DEPTH_MAX + 1];
    struct gathering gathering = {.count = 0};
    struct division at = self, parent = DIVISION_NONE;
    size_t depth = 0;
    bool whole = true;
    enum status status = store->ops->scan(store->self, NULL, SPACE_META, bytes_of(&letter, 1),
                                          BYTES_NONE, gather, &gathering, err);

    *out = (struct grant_chain){.count = 0};
    for (bool more = status == OK; more && whole;) {
        whole = depth < COUNT_OF(line) && newest_parent(&gathering, at, &parent);
        if (whole) {
            line[depth++] = at;
        }
        more = whole && !division_is_none(parent);
        at = parent;
    }
    out->memory = gathering.memory;
    while (status == OK && whole && depth > 0) {
        whole = put_level(out, &gathering, line[--depth]);
    }
    out->count = whole ? out->count : 0;
    mem_free(gathering.held);
    return status;
}

void grant_chain_free(struct grant_chain *chain)
{
    buf_free(&chain->memory);
    chain->count = 0;
}

bool grant_chain_has(const struct grant_chain *chain, struct bytes sealed)
{
    for (size_t i = 0; i < chain->count; i++) {
        if (bytes_equal(chain->at[i], sealed)) {
            return true;
        }
    }
    return false;
}

/* --- the file --- */

static bool is_the_same(const struct grant_chain *chain, const struct bytes *grants, size_t count)
{
    bool same = count == chain->count;

    for (size_t i = 0; same && i < count; i++) {
        same = bytes_equal(grants[i], chain->at[i]);
    }
    return same;
}

void grant_chain_keep(const struct grant_chain *chain, const char *home)
{
    struct bytes grants[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY;
    size_t count = 0;
    struct err err;

    if (chain->count > 0 && (home_grants_read(home, grants, &count, &memory, &err) != OK ||
                             !is_the_same(chain, grants, count))) {
        if (home_grants_write(home, chain->at, chain->count, &err) == OK) {
            LOG_INFO("grants.kept", "count=%zu", chain->count);
        } else {
            LOG_WARN("grants.not_kept", "why=%s", err.text);
        }
    }
    buf_free(&memory);
}
