#include "node/office/draft_ids.h"

#include "node/office/local_keys.h"
#include "replicator/trust/crypto.h"

enum { SLOTS_FIRST = 1024, GONE_MAX = 4096 };

static uint64_t id_hash(const struct draft_ids *ids, struct bytes id)
{
    const uint64_t hash = bytes_hash(id, ids->seed);

    return hash == 0 ? 1 : hash;
}

static uint64_t *probe(const struct draft_ids *ids, uint64_t hash)
{
    const size_t mask = ids->slot_count - 1;
    size_t at = (size_t)hash & mask;

    while (ids->slots[at] != 0 && ids->slots[at] != hash) {
        at = (at + 1) & mask;
    }
    return &ids->slots[at];
}

static void insert(struct draft_ids *ids, uint64_t hash)
{
    uint64_t *slot = probe(ids, hash);

    if (*slot == 0) {
        *slot = hash;
        ids->count++;
    }
}

static void grow(struct draft_ids *ids)
{
    struct draft_ids wider = {
        .slot_count = 2 * ids->slot_count, .read = ids->read, .seed = ids->seed};

    wider.slots = mem_zalloc(wider.slot_count * sizeof *wider.slots);
    for (size_t i = 0; i < ids->slot_count; i++) {
        if (ids->slots[i] != 0) {
            insert(&wider, ids->slots[i]);
        }
    }
    mem_free(ids->slots);
    *ids = wider;
}

void draft_ids_add(struct draft_ids *ids, struct bytes id)
{
    if (ids->slots == NULL) {
        return;
    }
    if (2 * ids->count >= ids->slot_count) {
        grow(ids);
    }
    insert(ids, id_hash(ids, id));
}

bool draft_ids_may_have(const struct draft_ids *ids, struct bytes id)
{
    return ids->slots == NULL || *probe(ids, id_hash(ids, id)) != 0;
}

void draft_ids_free(struct draft_ids *ids)
{
    mem_free(ids->slots);
    *ids = (struct draft_ids){.slots = NULL};
}

/* --- from the rows --- */

static bool add_row(void *arg, struct bytes key, struct bytes value)
{
    struct draft_ids *ids = arg;

    (void)value;
    draft_ids_add(ids, bytes_of(key.data + 1, key.size - 1));
    return ids->count <= DRAFT_IDS_MAX;
}

void draft_ids_refresh(struct draft_ids *ids, struct txn *txn)
{
    const uint8_t letter = LOCAL_DRAFT_ID;
    struct err err;

    if (ids->is_full || (ids->slots != NULL && ids->count - ids->read <= ids->read + GONE_MAX)) {
        return;
    }
    draft_ids_free(ids);
    crypto_random(&ids->seed, sizeof ids->seed);
    ids->slot_count = SLOTS_FIRST;
    ids->slots = mem_zalloc(ids->slot_count * sizeof *ids->slots);
    if (txn_scan(txn, SPACE_LOCAL, bytes_of(&letter, 1), add_row, ids, &err) != OK ||
        ids->count > DRAFT_IDS_MAX) {
        draft_ids_free(ids);
        ids->is_full = true;
    }
    ids->read = ids->count;
}
