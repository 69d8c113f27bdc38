#include "replicator/trust/founders.h"

#include <stdio.h>

#include "replicator/store/row_letters.h"

void fingerprint_print(char out[FINGERPRINT_TEXT_SIZE], const struct hash *hash)
{
    size_t at = 0;

    for (size_t i = 0; i < 16; i++) {
        at += (size_t)snprintf(out + at, FINGERPRINT_TEXT_SIZE - at,
                               i > 0 && i % 2 == 0 ? " %02X" : "%02X", hash->at[i]);
    }
}

void person_fingerprint(char out[FINGERPRINT_TEXT_SIZE], const struct public_key *key)
{
    const struct hash hash = key_fingerprint(key);

    fingerprint_print(out, &hash);
}

bool founders_equal(const struct grant_terms *one, const struct grant_terms *other)
{
    for (size_t i = 0; i < one->founder_count && i < other->founder_count; i++) {
        if (strcmp(one->founders[i].name, other->founders[i].name) != 0 ||
            memcmp(one->founders[i].key.at, other->founders[i].key.at, PUBLIC_KEY_SIZE) != 0) {
            return false;
        }
    }
    return one->founder_count == other->founder_count;
}

void founders_hash(struct hasher *hasher, const struct grant_terms *terms)
{
    for (size_t i = 0; i < terms->founder_count; i++) {
        hasher_add_bytes(hasher, bytes_text(terms->founders[i].name));
        hasher_add(hasher, terms->founders[i].key.at, PUBLIC_KEY_SIZE);
    }
}

/* --- while a person compares --- */

/* A row begins with how many there are, so that one that was cut off behind a founder is no row of
 * fewer. The first version wrote none: its rows begin with the size of a name. */
enum { COUNTED = 0x80 };

static void founders_key(struct buf *key, struct division division)
{
    buf_clear(key);
    buf_put_u8(key, LOCAL_INVITE_FOUNDERS);
    division_write(key, division);
}

void founders_put(struct txn *txn, struct division division, const struct grant_terms *terms)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    founders_key(&key, division);
    buf_put_u8(&value, (uint8_t)(COUNTED | terms->founder_count));
    for (size_t i = 0; i < terms->founder_count; i++) {
        const struct founder *founder = &terms->founders[i];

        buf_put_u8(&value, (uint8_t)strlen(founder->name));
        buf_append_bytes(&value, bytes_text(founder->name));
        buf_append(&value, founder->key.at, sizeof founder->key.at);
    }
    if (terms->founder_count > 0) {
        (void)txn_put(txn, SPACE_LOCAL, buf_bytes(&key), buf_bytes(&value));
    } else {
        txn_delete(txn, SPACE_LOCAL, buf_bytes(&key));
    }
    buf_free(&key);
    buf_free(&value);
}

static bool parse_founders(struct grant_terms *out, struct bytes value)
{
    const bool is_counted = value.size > 0 && (value.data[0] & COUNTED) != 0;
    struct reader reader = reader_of(value);
    size_t count = 0; /* of the first version: what is there */

    memset(out, 0, sizeof *out);
    if (is_counted) {
        count = reader_u8(&reader) & ~(unsigned)COUNTED;
    }
    while (reader_left(&reader) > 0 && out->founder_count < GRANT_FOUNDERS_MAX) {
        struct founder *founder = &out->founders[out->founder_count];
        const struct bytes name = reader_bytes(&reader, reader_u8(&reader));

        reader_copy(&reader, founder->key.at, sizeof founder->key.at);
        if (!reader_ok(&reader) || name.size == 0 || name.size > FOUNDER_NAME_BYTES_MAX) {
            return false;
        }
        memcpy(founder->name, name.data, name.size);
        out->founder_count++;
    }
    return reader_done(&reader) && out->founder_count > 0 && /* of none there is no row */
           (!is_counted || out->founder_count == count);
}

enum status founders_load(const struct store *store, struct store_snapshot *snapshot,
                          struct division division, struct grant_terms *out, struct err *err)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    enum status status;

    memset(out, 0, sizeof *out);
    founders_key(&key, division);
    status = store->ops->get(store->self, snapshot, SPACE_LOCAL, buf_bytes(&key), &value, err);
    if (status == OK && !parse_founders(out, buf_bytes(&value))) {
        status = err_set(err, ERR_CORRUPT, "row_damaged letter=%c bytes=%zu", LOCAL_INVITE_FOUNDERS,
                         key.size);
    }
    buf_free(&key);
    buf_free(&value);
    return status == ERR_NOT_FOUND ? OK : status;
}

void founders_find(struct txn *txn, struct division division, struct grant_terms *out)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;

    memset(out, 0, sizeof *out);
    founders_key(&key, division);
    if (txn_get(txn, SPACE_LOCAL, buf_bytes(&key), &value)) {
        (void)txn_check_row(txn, buf_bytes(&key), parse_founders(out, value));
    }
    buf_free(&key);
}
