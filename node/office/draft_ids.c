#include "node/office/draft_ids.h"

#include <assert.h>

#include "replicator/trust/crypto.h"

enum { SLOTS_FIRST = 1024, GONE_MIN = 16384, GONE_MIN_FULL = 1024 };

static void lock(struct draft_ids *ids)
{
    const int failed = pthread_mutex_lock(&ids->lock);

    assert(failed == 0);
    (void)failed;
}

static void unlock(struct draft_ids *ids)
{
    const int failed = pthread_mutex_unlock(&ids->lock);

    assert(failed == 0);
    (void)failed;
}

static struct draft_id *new_slots(size_t count)
{
    return mem_zalloc(count * sizeof(struct draft_id));
}

void draft_ids_init(struct draft_ids *ids)
{
    *ids = (struct draft_ids){.lock = PTHREAD_MUTEX_INITIALIZER, .slot_count = SLOTS_FIRST};
    ids->slots = new_slots(ids->slot_count);
    crypto_random(&ids->seed, sizeof ids->seed);
}

void draft_ids_free(struct draft_ids *ids)
{
    mem_free(ids->slots);
    ids->slots = NULL;
}

static size_t next_slot(const struct draft_ids *ids, size_t at)
{
    return (at + 1) & (ids->slot_count - 1);
}

static size_t first_slot(const struct draft_ids *ids, uint64_t hash)
{
    return (size_t)hash & (ids->slot_count - 1);
}

bool draft_ids_get(struct draft_ids *ids, struct bytes id, uint64_t moment,
                   struct draft_places *out)
{
    const uint64_t hash = bytes_hash(id, ids->seed);
    bool known;

    out->count = 0;
    lock(ids);
    known = moment > ids->moment;
    for (size_t at = first_slot(ids, hash); known && ids->slots[at].place != 0;
         at = next_slot(ids, at)) {
        if (ids->slots[at].hash != hash) {
            continue;
        }
        known = out->count < DRAFT_PLACES_MAX;
        if (known) {
            out->at[out->count++] = ids->slots[at].place;
        }
    }
    unlock(ids);
    return known;
}

/* --- changing it --- */

static void insert(struct draft_ids *ids, const struct draft_id *id)
{
    size_t at = first_slot(ids, id->hash);

    while (ids->slots[at].place != 0) {
        if (ids->slots[at].hash == id->hash && ids->slots[at].place == id->place) {
            return;
        }
        at = next_slot(ids, at);
    }
    ids->slots[at] = *id;
    ids->count++;
}

static void grow(struct draft_ids *ids)
{
    struct draft_id *former = ids->slots;
    const size_t former_count = ids->slot_count;

    ids->slot_count *= 2;
    ids->slots = new_slots(ids->slot_count);
    ids->count = 0;
    for (size_t i = 0; i < former_count; i++) {
        if (former[i].place != 0) {
            insert(ids, &former[i]);
        }
    }
    mem_free(former);
}

void draft_ids_add(struct draft_ids *ids, struct bytes id, uint64_t place)
{
    const struct draft_id added = {bytes_hash(id, ids->seed), place};

    assert(place != 0);
    lock(ids);
    if (2 * ids->count >= ids->slot_count) {
        grow(ids);
    }
    insert(ids, &added);
    unlock(ids);
}

void draft_ids_dropped(struct draft_ids *ids)
{
    ids->gone++;
}

bool draft_ids_is_worn(const struct draft_ids *ids)
{
    return (ids->gone >= GONE_MIN && ids->gone > ids->count / 2) ||
           (ids->gone >= GONE_MIN_FULL && draft_ids_is_full(ids));
}

void draft_ids_begin(struct draft_ids *ids, uint64_t moment)
{
    lock(ids);
    mem_free(ids->slots);
    ids->slot_count = SLOTS_FIRST;
    ids->slots = new_slots(ids->slot_count);
    ids->count = ids->gone = 0;
    ids->moment = moment;
    unlock(ids);
}

bool draft_ids_is_full(const struct draft_ids *ids)
{
    return ids->count >= DRAFTS_MAX;
}
