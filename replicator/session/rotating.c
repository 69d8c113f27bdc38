#include "replicator/session/rotating.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/store/row_letters.h"

enum { ROW_ARENA_BYTES = 4 << 10, ROW_BYTES_MAX = 1 << 10 };

static const uint8_t wish_letter = META_ROTATION, former_letter = META_FORMER;

static const struct grant *own_grant(const struct replicator *r)
{
    return &roster_find(r->roster, r->config.self)->grant;
}

/* --- rows --- */

static void put_wish(struct replicator *r, struct txn *txn)
{
    const struct rotating *rotating = &r->rotating;
    Terrace__Rotate message;
    struct buf value = BUF_EMPTY;

    wanted_keys_write(&message, &rotating->wanted);
    buf_put_u64(&value, rotating->since_unix_ms);
    buf_put_u8(&value, rotating->consented);
    message_encode(&value, &message.base);
    (void)txn_put(txn, SPACE_META, bytes_of(&wish_letter, 1), buf_bytes(&value));
    buf_free(&value);
}

static enum status parse_wish(struct replicator *r, struct bytes value, struct err *err)
{
    struct rotating *rotating = &r->rotating;
    struct reader reader = reader_of(value);
    ProtobufCMessage *message;
    struct arena arena;
    enum status status;

    rotating->since_unix_ms = reader_u64(&reader);
    rotating->consented = reader_u8(&reader) != 0;
    arena_init(&arena, ROW_ARENA_BYTES);
    status = message_decode(&message, &terrace__rotate__descriptor, &arena,
                            reader_bytes(&reader, reader_left(&reader)), ROW_BYTES_MAX, err);
    if (status == OK) {
        status = wanted_keys_read(&rotating->wanted, (const Terrace__Rotate *)(const void *)message,
                                  &r->config.tree, r->config.self, err);
    }
    arena_free(&arena);
    return status == OK ? OK : err_set(err, ERR_CORRUPT, "stored_rotation_damaged");
}

static void put_former(struct replicator *r, struct txn *txn)
{
    struct buf value = BUF_EMPTY;

    division_write(&value, r->rotating.grantor);
    buf_put_u64(&value, r->rotating.former_lsn);
    (void)txn_put(txn, SPACE_META, bytes_of(&former_letter, 1), buf_bytes(&value));
    buf_free(&value);
}

static enum status parse_former(struct rotating *rotating, struct bytes value, struct err *err)
{
    struct reader reader = reader_of(value);

    rotating->grantor = division_read(&reader);
    rotating->former_lsn = reader_u64(&reader);
    return reader_done(&reader) ? OK : err_set(err, ERR_CORRUPT, "stored_rotation_damaged");
}

static bool find(struct txn *txn, const uint8_t *letter, struct bytes *value)
{
    return txn_get(txn, SPACE_META, bytes_of(letter, 1), value) && value->size > 0;
}

static void drop_wish(struct replicator *r, struct txn *txn)
{
    txn_delete(txn, SPACE_META, bytes_of(&wish_letter, 1));
    r->rotating.waits = r->rotating.consented = false;
    r->rotating.refused = OK;
}

/* --- the wish --- */

enum status rotating_load(struct replicator *r, struct txn *txn, struct err *err)
{
    struct rotating *rotating = &r->rotating;
    struct bytes value;
    enum status status = OK;

    memcpy(rotating->curve_key, own_grant(r)->curve_key, sizeof rotating->curve_key);
    if (find(txn, &former_letter, &value)) {
        status = parse_former(rotating, value, err);
        rotating->former_served = status == OK;
    }
    if (status == OK && find(txn, &wish_letter, &value)) {
        status = parse_wish(r, value, err);
        rotating->waits = status == OK;
    }
    if (rotating->waits && key_ring_find(&r->keys, &rotating->wanted.sign_key) == NULL) {
        LOG_ERROR("rotate.lost", "epoch=%" PRIu32, rotating->wanted.epoch);
        drop_wish(r, txn); /* its key is gone from the home: it can be asked for anew */
    }
    return status;
}

enum status rotating_check(const struct replicator *r, const struct rotation *rotation,
                           struct err *err)
{
    const struct rotating *rotating = &r->rotating;

    if (division_is_none(r->parent)) {
        return err_set(err, ERR_REFUSED, "rotation_root division=%s", r->config.self.code);
    }
    if (rotating->waits && (rotating->consented || rotating->refused == OK)) {
        return err_set(err, ERR_REFUSED, "rotation_waits since=%" PRIu64 " epoch=%" PRIu32,
                       rotating->since_unix_ms, rotating->wanted.epoch);
    }
    if (rotating->former_served && rotation->channel) {
        return err_set(err, ERR_REFUSED, "rotation_unknown_below division=%s", r->config.self.code);
    }
    return OK;
}

/* The root, which has none, wishes nothing. */
static void ask_parent(struct replicator *r)
{
    struct link *parent = links_find(&r->links, r->parent);

    assert(parent != NULL);
    if (link_is_open(parent)) {
        rotating_ask(r, parent);
    }
}

enum status rotating_begin(struct replicator *r, struct txn *txn, const struct rotation *rotation,
                           struct err *err)
{
    const struct division self = r->config.self;
    struct rotating *rotating = &r->rotating;
    struct wanted_keys wanted = {.epoch = own_grant(r)->epoch + 1,
                                 .sign_key = rotation->key->public};
    const enum status status = rotating_check(r, rotation, err);

    if (status != OK) {
        return status;
    }
    memcpy(wanted.curve_key, rotation->curve_public, sizeof wanted.curve_key);
    wanted.key_proof = link_key_proof(rotation->key, &r->config.tree, self, wanted.curve_key);
    (void)snprintf(wanted.second, sizeof wanted.second, "%s", rotation->second);
    rotating->wanted = wanted;
    rotating->waits = true;
    rotating->consented = false;
    rotating->refused = OK;
    rotating->since_unix_ms = now_unix_ms(r);
    key_ring_ask(&r->keys, own_key(r).key, rotation->key);
    put_wish(r, txn);
    ask_parent(r);
    LOG_INFO("rotate.wished", "epoch=%" PRIu32 " parent=%s", wanted.epoch, r->parent.code);
    return OK;
}

/* Who knows that it is revoked asks for nothing: its parent may not have heard yet. */
void rotating_ask(struct replicator *r, struct link *link)
{
    if (link_is_parent(link) && r->rotating.waits &&
        !roster_revoked(r->roster, r->config.self, NULL)) {
        outbox_rotate(&link->stream.outbox, &r->rotating.wanted);
        r->rotating.asked_ms = now_ms(r);
    }
}

void rotating_ask_again(struct replicator *r, struct link *link)
{
    const struct rotating *rotating = &r->rotating;

    if (rotating->refused == OK && now_ms(r) - rotating->asked_ms >= r->limits.beat_ms) {
        rotating_ask(r, link);
    }
}

bool rotating_wants(const struct replicator *r, const struct grant *grant)
{
    return r->rotating.waits && wanted_keys_are_of(&r->rotating.wanted, grant);
}

void rotating_consent(struct replicator *r, struct txn *txn, const struct grant *grant)
{
    if (rotating_wants(r, grant) && !r->rotating.consented) {
        r->rotating.consented = true;
        put_wish(r, txn);
    }
}

void rotating_refused(struct replicator *r, struct link *link, enum status why)
{
    if (!link_is_parent(link) || !r->rotating.waits || why == OK || why >= STATUSES) {
        link_count_refused(link);
        return;
    }
    r->rotating.refused = why;
    LOG_WARN("rotate.refused", "epoch=%" PRIu32 " reason=%s", r->rotating.wanted.epoch,
             status_name(why));
}

/* --- it is granted --- */

void rotating_granted(struct replicator *r, uint64_t lsn)
{
    r->rotating.granted_lsn = lsn;
}

static bool has_children(const struct replicator *r)
{
    for (size_t i = 0; i < r->links.count; i++) {
        if (link_is_child(r->links.at[i])) {
            return true;
        }
    }
    return false;
}

/* Those below go on with the former link key until they know. */
static void look_at_link_key(struct replicator *r, struct txn *txn)
{
    struct rotating *rotating = &r->rotating;
    const struct grant *own = own_grant(r);

    if (memcmp(rotating->curve_key, own->curve_key, sizeof own->curve_key) == 0) {
        return;
    }
    memcpy(rotating->curve_key, own->curve_key, sizeof rotating->curve_key);
    rotating->grantor = division_is_none(own->parent) ? own->division : own->parent;
    rotating->former_lsn = rotating->granted_lsn;
    rotating->former_served = has_children(r);
    if (rotating->former_served) {
        put_former(r, txn);
    }
}

/* Is the former key served for this neighbour? Not for who is revoked: he will never say that he
 * knows. */
static bool waits_for(const struct replicator *r, const struct link *link)
{
    const struct cursor *cursor = cursor_find(&link->stream.cursors, r->rotating.grantor);

    return link_is_child(link) && (cursor == NULL || cursor->acked < r->rotating.former_lsn) &&
           !roster_revoked(r->roster, link->peer, NULL);
}

static void look_below(struct replicator *r, struct txn *txn)
{
    for (size_t i = 0; i < r->links.count; i++) {
        if (waits_for(r, r->links.at[i])) {
            return;
        }
    }
    r->rotating.former_served = false;
    txn_delete(txn, SPACE_META, bytes_of(&former_letter, 1));
    LOG_INFO("rotate.known_below", "epoch=%" PRIu32, own_grant(r)->epoch);
}

void rotating_seal(struct replicator *r, struct txn *txn)
{
    struct rotating *rotating = &r->rotating;
    const struct grant *own = own_grant(r);

    if (rotating->waits && wanted_keys_are_of(&rotating->wanted, own)) {
        LOG_INFO("rotate.granted", "epoch=%" PRIu32, own->epoch);
        drop_wish(r, txn);
    } else if (rotating->waits && rotating->wanted.epoch <= own->epoch) {
        rotating->wanted.epoch = own->epoch + 1; /* it was amended since */
        put_wish(r, txn);
        ask_parent(r);
    }
    look_at_link_key(r, txn);
    if (rotating->former_served) {
        look_below(r, txn);
    }
}

/* --- what is seen of it --- */

static void show_below(const struct replicator *r, struct rotation_status *out)
{
    for (size_t i = 0; i < r->links.count; i++) {
        const struct link *link = r->links.at[i];

        if (!waits_for(r, link)) {
            continue;
        }
        if (out->unknown_to_count < COUNT_OF(out->unknown_to)) {
            out->unknown_to[out->unknown_to_count] = link->peer;
        }
        out->unknown_to_count++;
    }
}

void rotating_show(const struct replicator *r, struct rotation_status *out)
{
    const struct rotating *rotating = &r->rotating;
    const struct grant *own = own_grant(r);

    *out = (struct rotation_status){
        .waits = rotating->waits, .epoch = own->epoch, .former_served = rotating->former_served};
    if (rotating->waits) {
        out->epoch = rotating->wanted.epoch;
        out->since_unix_ms = rotating->since_unix_ms;
        out->refused = rotating->refused;
        out->identity =
            memcmp(&rotating->wanted.sign_key, &own->sign_key, sizeof own->sign_key) != 0;
        out->channel = memcmp(rotating->wanted.curve_key, own->curve_key, 32) != 0;
    }
    if (rotating->former_served) {
        show_below(r, out);
    }
}
