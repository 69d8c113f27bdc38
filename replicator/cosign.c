/* cosign - "the chain up to this position is verified and durable here", signed by the holder. At
 * most one in cosign_ms a log; relays pass on and keep the newest, and the last of a day for ever.
 */
#include "replicator/core.h"

enum { VERIFY_PER_SECOND_MAX = 500, DAY_MS = 24 * 3600 * 1000 };

static struct hash cosign_hash(const struct replicator *r, const Terrace__Cosignature *c)
{
    struct hasher hasher;
    uint8_t numbers[20];

    store_u64(numbers, c->lsn);
    store_u64(numbers + 8, c->unix_ms);
    for (int i = 0; i < 4; i++) {
        numbers[16 + i] = (uint8_t)(c->epoch >> (24 - 8 * i));
    }
    hasher_begin(&hasher, TAG_COSIGN);
    hasher_add(&hasher, r->config.tree.at, HASH_SIZE);
    hasher_add(&hasher, "\0", 1);
    hasher_add(&hasher, c->author.data, c->author.len);
    hasher_add(&hasher, "\0", 1);
    hasher_add(&hasher, c->holder.data, c->holder.len);
    hasher_add(&hasher, "\0", 1);
    hasher_add(&hasher, numbers, sizeof numbers);
    hasher_add(&hasher, c->hash.data, c->hash.len);
    return hasher_end(&hasher);
}

static void row_key(struct buf *key, struct division author, struct division holder)
{
    buf_clear(key);
    division_write(key, author);
    division_write(key, holder);
}

/* The row begins with the lsn, so that the newest is seen without decoding. */
static void keep(struct replicator *r, struct txn *txn, struct division author,
                 struct division holder, const Terrace__Cosignature *c)
{
    struct buf value = BUF_EMPTY;

    buf_put_u64(&value, c->lsn);
    message_encode(&value, &c->base);
    row_key(&r->key, author, holder);
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&r->key), buf_bytes(&value));
    buf_put_u8(&r->key, 'd');
    buf_put_u32(&r->key, (uint32_t)(c->unix_ms / DAY_MS));
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&r->key), buf_bytes(&value));
    buf_free(&value);
}

static bool is_newer(struct replicator *r, struct txn *txn, struct division author,
                     struct division holder, uint64_t lsn)
{
    struct bytes value;

    row_key(&r->key, author, holder);
    return !txn_get(txn, SPACE_COSIGN, buf_bytes(&r->key), &value) || value.size < 8 ||
           load_u64(value.data) < lsn;
}

/* Toward the author and toward the root, but not back to where it came from. */
static void pass_on(struct replicator *r, const struct link *from, struct division author,
                    const Terrace__Cosignature *c)
{
    const struct division down = roster_next_hop(r->roster, r->config.self, author);
    struct link *link;

    link = division_is_none(down) ? NULL : link_find(r, down);
    if (link != NULL && link != from) {
        link_queue_cosign(link, c);
    }
    link = division_is_none(r->parent) ? NULL : link_find(r, r->parent);
    if (link != NULL && link != from) {
        link_queue_cosign(link, c);
    }
}

static void cosign_log(struct replicator *r, struct txn *txn, struct held_log *log)
{
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;
    struct signature signature;
    struct hash hash;

    c.has_author = c.has_holder = c.has_epoch = c.has_lsn = c.has_hash = c.has_unix_ms = 1;
    c.author = pb_division(&log->author);
    c.holder = pb_division(&r->config.self);
    c.epoch = log->durable.epoch;
    c.lsn = log->durable.lsn;
    c.hash = pb_of_bytes(&log->durable.hash, HASH_SIZE);
    c.unix_ms = now_unix_ms(r);
    hash = cosign_hash(r, &c);
    signature = sign_hash(r->config.key, &hash);
    c.has_signature = 1;
    c.signature = pb_of_bytes(&signature, sizeof signature);
    log->cosigned_lsn = log->durable.lsn;
    log->cosigned_ms = now_ms(r);
    keep(r, txn, log->author, r->config.self, &c);
    pass_on(r, NULL, log->author, &c);
}

/* A log moved: its next cosignature is due when its last one is old enough. */
void cosign_soon(struct replicator *r, const struct held_log *log)
{
    const uint64_t due = log->cosigned_ms + r->limits.cosign_ms;

    if (!division_equal(log->author, r->config.self) && due < r->cosign_ms) {
        r->cosign_ms = due;
    }
}

void cosign_tick(struct replicator *r, struct txn *txn)
{
    if (now_ms(r) < r->cosign_ms) {
        return;
    }
    r->cosign_ms = UINT64_MAX;
    for (size_t i = 0; i < r->log_count; i++) {
        struct held_log *log = &r->logs[i];

        if (division_equal(log->author, r->config.self) || log->durable.lsn <= log->cosigned_lsn) {
            continue;
        }
        if (now_ms(r) >= log->cosigned_ms + r->limits.cosign_ms) {
            cosign_log(r, txn, log);
        } else {
            cosign_soon(r, log);
        }
    }
}

static bool spend_verification(struct replicator *r, struct link *link)
{
    const uint64_t second = now_ms(r) / 1000;

    if (link->verified_second != second) {
        link->verified_second = second;
        link->verified_this_second = 0;
    }
    return link->verified_this_second++ < VERIFY_PER_SECOND_MAX;
}

void cosign_receive(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Cosignature *c)
{
    struct division author, holder;
    const struct member *member;
    struct signature signature;
    struct hash hash;

    if (!division_from_pb(&author, c->author) || !division_from_pb(&holder, c->holder) ||
        c->hash.len != HASH_SIZE || c->signature.len != SIGNATURE_SIZE ||
        division_equal(holder, r->config.self) || heads_find(r, author) == NULL) {
        return;
    }
    member = roster_find(r->roster, holder);
    if (member == NULL || !is_newer(r, txn, author, holder, c->lsn) ||
        !spend_verification(r, link)) {
        return;
    }
    hash = cosign_hash(r, c);
    memcpy(signature.at, c->signature.data, SIGNATURE_SIZE);
    if (!signature_ok(&member->grant.sign_key, &hash, &signature)) {
        link->frames_refused++;
        r->config.sink.alarm(r->config.sink.arg, "bad_cosignature", link->peer,
                             "a cosignature does not verify");
        return;
    }
    keep(r, txn, author, holder, c);
    pass_on(r, link, author, c);
}
