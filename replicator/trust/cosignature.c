#include "replicator/trust/cosignature.h"
#include "replicator/store/read_watch.h"
#include "replicator/store/row_letters.h"

enum {
    KEY_SIZE = 2 * DIVISION_CODE_MAX,
    ROW_HEAD_SIZE = 16,
    DAY_MS = 24 * 3600 * 1000,
    MESSAGE_BYTES = 1024,
    ARENA_BYTES = 4096
};

static struct hash hash_cosignature(const struct hash *tree, const Terrace__Cosignature *c)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_COSIGN);
    hasher_add(&hasher, tree->at, HASH_SIZE);
    hasher_add_u32(&hasher, c->suite);
    hasher_add_bytes(&hasher, bytes_of_pb(c->author));
    hasher_add_u32(&hasher, c->audience);
    hasher_add_bytes(&hasher, bytes_of_pb(c->audience_division));
    hasher_add_u32(&hasher, c->epoch);
    hasher_add_u64(&hasher, c->lsn);
    hasher_add_u64(&hasher, c->aud_seq);
    hasher_add_bytes(&hasher, bytes_of_pb(c->hash));
    hasher_add_bytes(&hasher, bytes_of_pb(c->holder));
    hasher_add_u32(&hasher, c->key_epoch);
    hasher_add_u64(&hasher, c->unix_ms);
    return hasher_end(&hasher);
}

bool cosignature_ok(const struct roster *roster, const Terrace__Cosignature *c)
{
    struct division holder;
    const struct grant *grant =
        division_from_pb(&holder, c->holder) ? roster_epoch(roster, holder, c->key_epoch) : NULL;
    struct signature signature;
    struct hash hash;

    if (grant == NULL || c->suite != SUITE_ED25519_BLAKE2B ||
        !pb_copy_exact(&signature, sizeof signature, c->has_signature, c->signature)) {
        return false;
    }
    hash = hash_cosignature(roster_tree(roster), c);
    return signature_ok(&grant->sign_key, &hash, &signature);
}

void cosignature_sign(const struct hash *tree, const struct sign_key *key, Terrace__Cosignature *c,
                      struct signature *signature)
{
    const struct hash hash = hash_cosignature(tree, c);

    *signature = sign_hash(key, &hash);
    c->has_signature = 1;
    c->signature = pb_of_bytes(signature, sizeof *signature);
}

static void cosign_key(struct buf *key, struct division author, struct division holder)
{
    division_write(key, author);
    division_write(key, holder);
}

/* The row begins with lsn and time, so that the newest is seen without decoding. */
void cosignature_put(struct txn *txn, struct division author, struct division holder,
                     const Terrace__Cosignature *c, uint64_t unix_ms)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    buf_put_u64(&value, c->lsn);
    buf_put_u64(&value, c->unix_ms);
    message_encode(&value, &c->base);
    cosign_key(&key, author, holder);
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&key), buf_bytes(&value));
    buf_put_u8(&key, COSIGN_DAY);
    buf_put_u32(&key, (uint32_t)(unix_ms / DAY_MS));
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&key), buf_bytes(&value));
    buf_free(&key);
    buf_free(&value);
}

bool cosignature_is_newer(struct txn *txn, struct division author, struct division holder,
                          const Terrace__Cosignature *c)
{
    struct buf key = BUF_EMPTY;
    struct bytes value;
    bool newer = true;

    cosign_key(&key, author, holder);
    if (txn_get(txn, SPACE_COSIGN, buf_bytes(&key), &value) &&
        txn_check_row(txn, buf_bytes(&key), value.size >= ROW_HEAD_SIZE)) {
        const uint64_t lsn = load_u64(value.data), unix_ms = load_u64(value.data + 8);
        newer = c->lsn > lsn || (c->lsn == lsn && c->unix_ms > unix_ms);
    }
    buf_free(&key);
    return newer;
}

struct taking_back {
    struct buf keys; /* size(u8) and key of each row that goes */
    uint64_t lsn;
};

static bool note_above(void *arg, struct bytes key, struct bytes value)
{
    struct taking_back *taking = arg;
    const bool is_of_log = key.size == KEY_SIZE || key.data[KEY_SIZE] == COSIGN_DAY;

    if (is_of_log && value.size >= ROW_HEAD_SIZE && load_u64(value.data) > taking->lsn) {
        buf_put_u8(&taking->keys, (uint8_t)key.size);
        buf_append_bytes(&taking->keys, key);
    }
    return true;
}

void cosignatures_take_back(struct txn *txn, struct division author, uint64_t lsn)
{
    struct taking_back taking = {BUF_EMPTY, lsn};
    struct buf prefix = BUF_EMPTY;
    struct reader reader;
    struct err err; /* a read error stays with the txn */

    division_write(&prefix, author);
    (void)txn_scan(txn, SPACE_COSIGN, buf_bytes(&prefix), note_above, &taking, &err);
    reader = reader_of(buf_bytes(&taking.keys));
    while (reader_left(&reader) > 0) {
        txn_delete(txn, SPACE_COSIGN, reader_bytes(&reader, reader_u8(&reader)));
    }
    buf_free(&prefix);
    buf_free(&taking.keys);
}

uint64_t cosignature_lsn(const struct store *store, struct division author, struct division holder)
{
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    struct err err;
    uint64_t lsn = 0;

    cosign_key(&key, author, holder);
    if (store->ops->get(store->self, NULL, SPACE_COSIGN, buf_bytes(&key), &value, &err) == OK &&
        read_watch_row(store, buf_bytes(&key), value.size >= ROW_HEAD_SIZE)) {
        lsn = load_u64(value.data);
    }
    buf_free(&key);
    buf_free(&value);
    return lsn;
}

/* --- for who wants to see it --- */

struct covering {
    uint64_t lsn;
    struct buf found; /* the message; empty: none reaches it */
};

static bool look_at_day(void *arg, struct bytes key, struct bytes value)
{
    struct covering *covering = arg;

    (void)key;
    if (value.size <= ROW_HEAD_SIZE || load_u64(value.data) < covering->lsn) {
        return true;
    }
    buf_append(&covering->found, value.data + ROW_HEAD_SIZE, value.size - ROW_HEAD_SIZE);
    return false;
}

static enum status read_kept(struct kept_cosignature *out, struct bytes message,
                             const struct roster *roster, struct err *err)
{
    const Terrace__Cosignature *c;
    ProtobufCMessage *decoded;
    struct arena arena;
    enum status status;

    arena_init(&arena, ARENA_BYTES);
    status = message_decode(&decoded, &terrace__cosignature__descriptor, &arena, message,
                            MESSAGE_BYTES, err);
    c = status == OK ? (const Terrace__Cosignature *)decoded : NULL;
    if (c != NULL && (c->hash.len != HASH_SIZE || !cosignature_ok(roster, c))) {
        status = err_set(err, ERR_BAD_SIGNATURE, "kept_cosignature_wrong");
    } else if (c != NULL) {
        *out = (struct kept_cosignature){
            .lsn = c->lsn, .unix_ms = c->unix_ms, .epoch = c->epoch, .key_epoch = c->key_epoch};
        memcpy(&out->hash, c->hash.data, HASH_SIZE);
        memcpy(&out->signature, c->signature.data, sizeof out->signature);
    }
    arena_free(&arena);
    return status;
}

enum status cosignature_covering(const struct store *store, struct store_snapshot *snapshot,
                                 const struct roster *roster, struct division author,
                                 struct division holder, uint64_t lsn, struct kept_cosignature *out,
                                 struct err *err)
{
    struct covering covering = {lsn, BUF_EMPTY};
    struct buf prefix = BUF_EMPTY;
    enum status status;

    cosign_key(&prefix, author, holder);
    buf_put_u8(&prefix, COSIGN_DAY);
    status = store->ops->scan(store->self, snapshot, SPACE_COSIGN, buf_bytes(&prefix), BYTES_NONE,
                              look_at_day, &covering, err);
    if (status == OK) {
        status = covering.found.size == 0 ? ERR_NOT_FOUND
                                          : read_kept(out, buf_bytes(&covering.found), roster, err);
    }
    buf_free(&prefix);
    buf_free(&covering.found);
    return status;
}
