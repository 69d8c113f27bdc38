#include "replicator/session/link_keys.h"

#include <inttypes.h>

#include "proto/array.h"
#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/store/row_letters.h"

static const uint8_t letter = META_LINK_KEY;

void link_keys_free(struct link_keys *keys)
{
    mem_free(keys->at);
}

/* --- rows --- */

static struct spoken *find(const struct link_keys *keys, struct division child)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (division_equal(keys->at[i].child, child)) {
            return &keys->at[i];
        }
    }
    return NULL;
}

static struct spoken *add(struct link_keys *keys, struct division child)
{
    ARRAY_ROOM(keys->at, keys->count, keys->capacity);
    keys->at[keys->count] = (struct spoken){.child = child, .epoch = 1, .staged = true};
    return &keys->at[keys->count++];
}

static bool read_row(void *arg, struct bytes key, struct bytes value)
{
    struct reader at = reader_of(key), of = reader_of(value);

    (void)reader_u8(&at);
    add(arg, division_read(&at))->epoch = reader_u32(&of);
    return true;
}

enum status link_keys_load(struct replicator *r, struct txn *txn, struct err *err)
{
    return txn_scan(txn, SPACE_META, bytes_of(&letter, 1), read_row, &r->link_keys, err);
}

static void put_row(struct txn *txn, const struct spoken *spoken)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u8(&key, letter);
    division_write(&key, spoken->child);
    buf_put_u32(&value, spoken->epoch);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

void link_keys_seal(struct replicator *r, struct txn *txn)
{
    struct link_keys *keys = &r->link_keys;

    for (size_t i = 0; keys->dirty && i < keys->count; i++) {
        if (!keys->at[i].staged) {
            put_row(txn, &keys->at[i]);
            keys->at[i].staged = true;
        }
    }
    keys->dirty = false;
}

/* --- whose is it? --- */

static uint32_t spoken_epoch(const struct link_keys *keys, struct division child)
{
    const struct spoken *spoken = find(keys, child);

    return spoken == NULL ? 1 : spoken->epoch;
}

static bool is_child(const struct replicator *r, const struct grant *grant)
{
    return division_equal(grant->parent, r->config.self);
}

/* Of those further below a key counts once its epoch does: what its granter gave away alone opens
 * nothing here. */
static bool is_below(const struct replicator *r, const struct grant *grant)
{
    return !division_equal(grant->division, r->config.self) &&
           roster_within(r->roster, grant->division, r->config.self) &&
           (is_child(r, grant) || roster_epoch_counts(r->roster, grant->division, grant->epoch));
}

/* Who is further below may have spoken elsewhere, and the row of a child may be an older one (of a
 * copy, or of a damaged store): what it has written tells. */
static uint32_t least_epoch(const struct replicator *r, const struct grant *newest)
{
    const uint32_t spoken = spoken_epoch(&r->link_keys, newest->division);
    const struct held_log *log = heads_find(&r->logs, newest->division);

    return log == NULL || log->durable.epoch <= spoken ? spoken : log->durable.epoch;
}

/* The epoch of this child with that link key, of those under which it may speak; 0: none. */
static uint32_t epoch_of(const struct replicator *r, const struct grant *newest,
                         const uint8_t curve_key[32])
{
    const uint32_t least = least_epoch(r, newest);
    struct epoch_state state;

    for (uint32_t epoch = newest->epoch;; epoch--) {
        const struct grant *grant = roster_epoch(r->roster, newest->division, epoch);

        if (grant != NULL && memcmp(grant->curve_key, curve_key, 32) == 0) {
            return epoch;
        }
        if (epoch <= least || !roster_epoch_state(r->roster, newest->division, epoch, &state) ||
            state.is_recovery) {
            return 0;
        }
    }
}

bool link_keys_find(const struct replicator *r, const uint8_t curve_key[32], struct division *child)
{
    const struct member *member = roster_by_curve_key(r->roster, curve_key);

    if (member != NULL) {
        *child = member->grant.division;
        return is_below(r, &member->grant);
    }
    for (size_t i = 0; i < roster_count(r->roster); i++) {
        member = roster_at(r->roster, i);
        if (member->grant.epoch > 1 && is_below(r, &member->grant) &&
            epoch_of(r, &member->grant, curve_key) != 0) {
            *child = member->grant.division;
            return true;
        }
    }
    return false;
}

void link_keys_spoke(struct replicator *r, struct division child, const uint8_t curve_key[32])
{
    const struct member *member = roster_find(r->roster, child);
    struct spoken *spoken = find(&r->link_keys, child);
    uint32_t epoch;

    if (member == NULL || member->grant.epoch <= (spoken == NULL ? 1 : spoken->epoch)) {
        return; /* nothing newer is known of it */
    }
    epoch = epoch_of(r, &member->grant, curve_key);
    if (spoken == NULL) {
        spoken = add(&r->link_keys, child);
    }
    if (epoch > spoken->epoch) {
        spoken->epoch = epoch;
        spoken->staged = false;
        r->link_keys.dirty = true;
        LOG_INFO("link.key", "peer=%s epoch=%" PRIu32, child.code, epoch);
    }
}
