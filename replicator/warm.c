#include "replicator/warm.h"

enum { CHAINS_FIRST = 256 };

struct warm_row {
    struct warm_row *next;
    uint64_t hash;
    uint32_t size, room; /* of the value */
    uint8_t space, key_size;
    uint8_t at[]; /* key, value */
};

static size_t row_bytes(const struct warm_row *row)
{
    return sizeof *row + row->key_size + row->room;
}

/* Where the pointer to the row is, or the end of its chain. Only with chains. */
static struct warm_row **find(const struct warm *warm, uint64_t hash, enum store_space space,
                              struct bytes key)
{
    struct warm_row **at = &warm->chains[hash & (warm->chain_count - 1)];

    while (*at != NULL && ((*at)->hash != hash || (*at)->space != (uint8_t)space ||
                           !bytes_equal(bytes_of((*at)->at, (*at)->key_size), key))) {
        at = &(*at)->next;
    }
    return at;
}

bool warm_get(const struct warm *warm, uint64_t hash, enum store_space space, struct bytes key,
              struct bytes *value)
{
    const struct warm_row *row;

    if (warm->count == 0) {
        return false;
    }
    row = *find(warm, hash, space, key);
    if (row == NULL) {
        return false;
    }
    *value = bytes_of(row->at + row->key_size, row->size);
    return true;
}

static void grow(struct warm *warm)
{
    struct warm grown = {.chain_count =
                             warm->chain_count == 0 ? CHAINS_FIRST : 2 * warm->chain_count};

    grown.chains = mem_zalloc(grown.chain_count * sizeof(struct warm_row *));
    for (size_t i = 0; i < warm->chain_count; i++) {
        for (struct warm_row *row = warm->chains[i], *next; row != NULL; row = next) {
            struct warm_row **chain = &grown.chains[row->hash & (grown.chain_count - 1)];

            next = row->next;
            row->next = *chain;
            *chain = row;
        }
    }
    mem_free(warm->chains);
    warm->chains = grown.chains;
    warm->chain_count = grown.chain_count;
}

void warm_drop(struct warm *warm, uint64_t hash, enum store_space space, struct bytes key)
{
    struct warm_row **at, *row;

    if (warm->count == 0) {
        return;
    }
    at = find(warm, hash, space, key);
    row = *at;
    if (row != NULL) {
        *at = row->next;
        warm->count--;
        warm->bytes -= row_bytes(row);
        mem_free(row);
    }
}

static struct warm_row *add_row(struct warm *warm, uint64_t hash, enum store_space space,
                                struct bytes key, size_t size)
{
    const size_t room = size + size / 8 + 16; /* a row that grows a little stays where it is */
    struct warm_row *row, **chain;

    if (warm->bytes + sizeof *row + key.size + room > WARM_BYTES_MAX) {
        warm_forget(warm);
    }
    if (warm->count == warm->chain_count) {
        grow(warm);
    }
    row = mem_zalloc(sizeof *row + key.size + room);
    chain = &warm->chains[hash & (warm->chain_count - 1)];
    row->next = *chain;
    row->hash = hash;
    row->room = (uint32_t)room;
    row->space = (uint8_t)space;
    row->key_size = (uint8_t)key.size;
    memcpy(row->at, key.data, key.size);
    *chain = row;
    warm->count++;
    warm->bytes += row_bytes(row);
    return row;
}

void warm_put(struct warm *warm, uint64_t hash, enum store_space space, struct bytes key,
              struct bytes value)
{
    struct warm_row *row = warm->count == 0 ? NULL : *find(warm, hash, space, key);

    if (row != NULL && value.size > row->room) {
        warm_drop(warm, hash, space, key);
        row = NULL;
    }
    if (value.size > WARM_VALUE_BYTES_MAX) {
        return;
    }
    if (row == NULL) {
        row = add_row(warm, hash, space, key, value.size);
    }
    if (value.size > 0) {
        memcpy(row->at + row->key_size, value.data, value.size);
    }
    row->size = (uint32_t)value.size;
}

void warm_forget(struct warm *warm)
{
    for (size_t i = 0; i < warm->chain_count; i++) {
        for (struct warm_row *row = warm->chains[i], *next; row != NULL; row = next) {
            next = row->next;
            mem_free(row);
        }
    }
    mem_free(warm->chains);
    *warm = (struct warm){NULL, 0, 0, 0};
}
