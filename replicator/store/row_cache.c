#include "replicator/store/row_cache.h"

enum { SLOTS_FIRST = 256 };

struct row_cache_row {
    uint32_t size, room; /* of the value */
    uint8_t space, key_size;
    bool is_absent;
    uint8_t at[]; /* key, value */
};

static size_t row_bytes(const struct row_cache_row *row)
{
    return sizeof *row + row->key_size + row->room;
}

static bool is_of(const struct row_cache_row *row, enum store_space space, struct bytes key)
{
    return row->space == (uint8_t)space && bytes_equal(bytes_of(row->at, row->key_size), key);
}

/* --- one generation --- */

/* A key that is not there costs no look at a row: the slots hold the hashes. */
static struct row_cache_slot *find(const struct row_generation *rows, uint64_t hash,
                                   enum store_space space, struct bytes key)
{
    const size_t mask = rows->slot_count - 1;

    if (rows->count == 0) {
        return NULL;
    }
    for (size_t at = (size_t)hash & mask; rows->slots[at].row != NULL; at = (at + 1) & mask) {
        if (rows->slots[at].hash == hash && is_of(rows->slots[at].row, space, key)) {
            return &rows->slots[at];
        }
    }
    return NULL;
}

static void take_slot(struct row_generation *rows, uint64_t hash, struct row_cache_row *row)
{
    const size_t mask = rows->slot_count - 1;
    size_t at = (size_t)hash & mask;

    while (rows->slots[at].row != NULL) {
        at = (at + 1) & mask;
    }
    rows->slots[at] = (struct row_cache_slot){hash, row};
}

static void grow(struct row_generation *rows)
{
    struct row_cache_slot *old = rows->slots;
    const size_t old_count = rows->slot_count;

    rows->slot_count = old_count == 0 ? SLOTS_FIRST : 2 * old_count;
    rows->slots = mem_zalloc(rows->slot_count * sizeof *rows->slots);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].row != NULL) {
            take_slot(rows, old[i].hash, old[i].row);
        }
    }
    mem_free(old);
}

static void add(struct row_generation *rows, uint64_t hash, struct row_cache_row *row)
{
    if (rows->count >= rows->slot_count / 2) {
        grow(rows);
    }
    take_slot(rows, hash, row);
    rows->count++;
    rows->bytes += row_bytes(row);
}

/* Moves those behind the free slot that were put off by it, so that no search ends too early. */
static void close_gap(struct row_generation *rows, size_t gap)
{
    const size_t mask = rows->slot_count - 1;

    for (size_t at = (gap + 1) & mask; rows->slots[at].row != NULL; at = (at + 1) & mask) {
        const size_t home = (size_t)rows->slots[at].hash & mask;

        if (((at - home) & mask) >= ((at - gap) & mask)) {
            rows->slots[gap] = rows->slots[at];
            gap = at;
        }
    }
    rows->slots[gap].row = NULL;
}

static struct row_cache_row *take_out(struct row_generation *rows, struct row_cache_slot *slot)
{
    struct row_cache_row *row = slot->row;

    rows->count--;
    rows->bytes -= row_bytes(row);
    close_gap(rows, (size_t)(slot - rows->slots));
    return row;
}

static void forget(struct row_generation *rows)
{
    for (size_t i = 0; i < rows->slot_count; i++) {
        mem_free(rows->slots[i].row);
    }
    mem_free(rows->slots);
    *rows = (struct row_generation){NULL, 0, 0, 0};
}

/* --- both --- */

static void make_young(struct row_cache *cache, uint64_t hash, struct row_cache_row *row)
{
    if (cache->young.bytes + row_bytes(row) > ROW_CACHE_BYTES_MAX / 2) {
        forget(&cache->old);
        cache->old = cache->young;
        cache->young = (struct row_generation){NULL, 0, 0, 0};
    }
    add(&cache->young, hash, row);
}

/* The row, young by now; NULL when it is not kept. */
static struct row_cache_row *find_row(struct row_cache *cache, uint64_t hash,
                                      enum store_space space, struct bytes key)
{
    struct row_cache_slot *slot = find(&cache->young, hash, space, key);
    struct row_cache_row *row;

    if (slot != NULL) {
        return slot->row;
    }
    slot = find(&cache->old, hash, space, key);
    if (slot == NULL) {
        return NULL;
    }
    row = take_out(&cache->old, slot);
    make_young(cache, hash, row);
    return row;
}

enum cached row_cache_get(struct row_cache *cache, uint64_t hash, enum store_space space,
                          struct bytes key, struct bytes *value)
{
    const struct row_cache_row *row = find_row(cache, hash, space, key);

    if (row == NULL) {
        return CACHED_NOT;
    }
    *value = bytes_of(row->at + row->key_size, row->size);
    return row->is_absent ? CACHED_ABSENT : CACHED_PRESENT;
}

void row_cache_drop(struct row_cache *cache, uint64_t hash, enum store_space space,
                    struct bytes key)
{
    struct row_generation *generations[] = {&cache->young, &cache->old};

    for (size_t i = 0; i < COUNT_OF(generations); i++) {
        struct row_cache_slot *slot = find(generations[i], hash, space, key);

        if (slot != NULL) {
            mem_free(take_out(generations[i], slot));
            return; /* it lies in one of them alone */
        }
    }
}

static struct row_cache_row *add_row(struct row_cache *cache, uint64_t hash, enum store_space space,
                                     struct bytes key, size_t room)
{
    struct row_cache_row *row = mem_realloc(NULL, sizeof *row + key.size + room);

    *row = (struct row_cache_row){
        .room = (uint32_t)room, .space = (uint8_t)space, .key_size = (uint8_t)key.size};
    memcpy(row->at, key.data, key.size);
    make_young(cache, hash, row);
    return row;
}

static void set_value(struct row_cache_row *row, struct bytes value)
{
    if (value.size > 0) {
        memcpy(row->at + row->key_size, value.data, value.size);
    }
    row->size = (uint32_t)value.size;
    row->is_absent = false;
}

void row_cache_put(struct row_cache *cache, uint64_t hash, enum store_space space, struct bytes key,
                   struct bytes value)
{
    struct row_cache_row *row = find_row(cache, hash, space, key);

    if (row == NULL) {
        row_cache_add(cache, hash, space, key, value);
    } else if (value.size <= row->room && value.size <= ROW_CACHE_VALUE_BYTES_MAX) {
        set_value(row, value);
    } else {
        row_cache_drop(cache, hash, space, key);
        row_cache_add(cache, hash, space, key, value);
    }
}

void row_cache_add(struct row_cache *cache, uint64_t hash, enum store_space space, struct bytes key,
                   struct bytes value)
{
    if (value.size <= ROW_CACHE_VALUE_BYTES_MAX) { /* one that grows a little stays where it is */
        set_value(add_row(cache, hash, space, key, value.size + value.size / 8 + 16), value);
    }
}

void row_cache_add_absent(struct row_cache *cache, uint64_t hash, enum store_space space,
                          struct bytes key)
{
    add_row(cache, hash, space, key, 0)->is_absent = true;
}

void row_cache_forget(struct row_cache *cache)
{
    forget(&cache->young);
    forget(&cache->old);
}
