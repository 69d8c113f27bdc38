#include "replicator/session/objecting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/log/granted.h"
#include "replicator/log/sealing.h"
#include "replicator/session/revoking.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/roster_load.h"

enum {
    CALL_MS = 200,         /* between two calls at least, */
    CALL_FIRST_MS = 500,   /* and up to so long more after the first round, */
    CALL_LAST_MS = 600000, /* growing to this */
};

static const uint8_t letter = META_USURPER;

void objecting_free(struct objecting *objecting)
{
    buf_free(&objecting->sealed);
}

static const struct grant *own_grant(const struct replicator *r)
{
    return &roster_find(r->roster, r->config.self)->grant;
}

static void hurry(struct replicator *r)
{
    r->objecting.attempts = 0;
    r->objecting.due_ms = now_ms(r);
}

/* --- the grant --- */

/* By the granter of this division, to a key that is not here. */
static bool is_usurper(const struct replicator *r, const struct sealed_grant *opened)
{
    const struct grant *grant = &opened->grant, *granter;

    granter = roster_epoch(r->roster, grant->parent, grant->granter_epoch);
    return division_equal(grant->division, r->config.self) &&
           division_equal(grant->parent, r->parent) && grant->epoch > own_grant(r)->epoch &&
           key_ring_find(&r->keys, &grant->sign_key) == NULL && granter != NULL &&
           memcmp(&opened->signer, &granter->sign_key, sizeof opened->signer) == 0 &&
           signature_ok(&opened->signer, &opened->hash, &opened->signature);
}

static void take(struct objecting *objecting, const struct sealed_grant *opened,
                 struct bytes sealed)
{
    buf_clear(&objecting->sealed);
    buf_append_bytes(&objecting->sealed, sealed);
    objecting->epoch = opened->grant.epoch;
    objecting->grant = opened->hash;
}

void objecting_begin(struct replicator *r, struct bytes sealed)
{
    struct objecting *objecting = &r->objecting;
    struct sealed_grant opened;
    struct err err;

    if (grant_open(&opened, sealed, &err) != OK || !is_usurper(r, &opened) ||
        (objecting->sealed.size > 0 && opened.grant.epoch >= objecting->epoch)) {
        return; /* the first one is what the others follow from */
    }
    take(objecting, &opened, sealed);
    objecting->is_confirmed = objecting->is_doubtful = false;
    objecting->is_changed = true;
    objecting->heard_count = 0;
    hurry(r);
    LOG_WARN("epoch.usurped", "about=%s epoch=%" PRIu32 " by=%s", r->config.self.code,
             opened.grant.epoch, opened.grant.parent.code);
}

enum status objecting_load(struct replicator *r, struct txn *txn, struct err *err)
{
    struct objecting *objecting = &r->objecting;
    struct sealed_grant opened;
    struct reader reader;
    struct bytes value, sealed;
    bool confirmed;

    if (!txn_get(txn, SPACE_META, bytes_of(&letter, 1), &value) || value.size == 0) {
        return OK;
    }
    reader = reader_of(value);
    confirmed = reader_u8(&reader) != 0;
    sealed = reader_bytes(&reader, reader_left(&reader));
    if (grant_open(&opened, sealed, err) != OK) {
        return err_set(err, ERR_CORRUPT, "stored_usurper_damaged");
    }
    take(objecting, &opened, sealed);
    objecting->is_confirmed = confirmed;
    hurry(r);
    return OK;
}

/* --- the parent's door --- */

void objecting_shut_out(struct replicator *r)
{
    if (!r->objecting.is_shut_out && !roster_revoked(r->roster, r->config.self, NULL)) {
        r->objecting.is_shut_out = true;
        hurry(r);
    }
}

void objecting_let_in(struct replicator *r)
{
    r->objecting.is_shut_out = false;
    if (!roster_revoked(r->roster, r->config.self, NULL)) {
        notice_over(r, ALARM_REVOKED, r->config.self); /* as the parent said itself */
    }
}

/* --- calls --- */

static bool has_heard(const struct objecting *objecting, struct division who)
{
    for (size_t i = 0; i < objecting->heard_count; i++) {
        if (division_equal(objecting->heard[i], who)) {
            return true;
        }
    }
    return false;
}

/* The granter's own word that it has it proves nothing, but where nobody is above it. */
static bool is_heard(const struct replicator *r)
{
    const struct objecting *objecting = &r->objecting;
    const struct member *parent = roster_find(r->roster, r->parent);

    for (size_t i = 0; i < objecting->heard_count; i++) {
        if (parent->parent == NULL || !division_equal(objecting->heard[i], r->parent)) {
            return true;
        }
    }
    return false;
}

static bool has_to_call(const struct replicator *r)
{
    const struct objecting *objecting = &r->objecting;

    return !division_is_none(r->parent) && !objecting->is_confirmed &&
           !roster_revoked(r->roster, r->config.self, NULL) &&
           (objecting->sealed.size > 0 ? objecting->is_doubtful || !is_heard(r)
                                       : objecting->is_shut_out);
}

/* The ancestors in turn, from the parent up; a round is over behind the root. */
static const struct member *next_to_call(struct replicator *r)
{
    struct objecting *objecting = &r->objecting;
    const struct member *member = roster_find(r->roster, r->parent);

    for (size_t i = 0; member != NULL && i < objecting->turn; i++) {
        member = member->parent;
    }
    if (member == NULL) {
        member = roster_find(r->roster, r->parent);
        objecting->turn = 0;
        objecting->attempts++;
    }
    objecting->turn++;
    return member;
}

static void write_objection(const struct replicator *r, struct buf *frame)
{
    const struct own_key key = own_key(r);
    struct objection objection = {.division = r->config.self,
                                  .epoch = key.epoch,
                                  .grant = r->objecting.grant,
                                  .time_ms = now_unix_ms(r),
                                  .reason = OBJECTION_IMPERSONATED};
    Terrace__Objection message;
    Terrace__Frame whole = TERRACE__FRAME__INIT;

    objection_sign(&objection, &r->config.tree, key.key);
    objection_fill(&message, &objection);
    whole.objection = &message;
    buf_clear(frame);
    frame_encode(frame, &whole);
}

/* A parent that refuses this node's key hears nothing, as long as there is somebody else. */
static bool is_worth_calling(const struct replicator *r, const struct member *member,
                             const struct ancestor_call *call)
{
    const struct objecting *objecting = &r->objecting;

    return call->endpoint[0] != '\0' &&
           (objecting->is_doubtful || !has_heard(objecting, call->who)) &&
           (!objecting->is_shut_out || member->parent == NULL ||
            !division_equal(call->who, r->parent));
}

bool objecting_call(struct replicator *r, struct ancestor_call *out, struct buf *frame)
{
    struct objecting *objecting = &r->objecting;
    const struct member *member;
    uint64_t pause_ms;

    if (!has_to_call(r) || now_ms(r) < objecting->due_ms) {
        return false;
    }
    member = next_to_call(r);
    pause_ms = (uint64_t)CALL_FIRST_MS << (objecting->attempts < 16 ? objecting->attempts : 16);
    objecting->due_ms =
        now_ms(r) + CALL_MS + clock_random(r->config.clock) % earlier(pause_ms, CALL_LAST_MS);
    listening_place(r, &member->grant, objecting->attempts % 2 == 1, out);
    if (!is_worth_calling(r, member, out)) {
        return false;
    }
    write_objection(r, frame);
    return true;
}

uint64_t objecting_next_ms(const struct replicator *r)
{
    return has_to_call(r) ? r->objecting.due_ms : UINT64_MAX;
}

/* --- answers --- */

/* The word as its author entered it, in a block of the epoch whose key signed it. */
static enum status read_word(const struct replicator *r, struct bytes whole,
                             struct block_body *body, struct block_view *block, struct err *err)
{
    const struct grant *grant;
    struct hash hash;
    enum status status = block_parse(block, whole, err);

    if (status != OK) {
        return status;
    }
    grant = roster_epoch(r->roster, block->header.author, block->header.epoch);
    if (grant == NULL || !roster_block_counts(r->roster, &block->header)) {
        return err_set(err, ERR_NOT_YET, "epoch_unknown");
    }
    status = block_verify(block, &r->config.tree, &grant->sign_key, &hash, err);
    return status == OK ? block_body_read(body, block, err) : status;
}

static bool is_about_self(const struct replicator *r, const struct block_header *header)
{
    return header->audience.kind == AUDIENCE_TREE &&
           division_equal(header->audience.division, r->config.self);
}

/* The block is not taken into its log, where others may lack before it: what it says of this node
 * is. */
static bool obey_word(struct replicator *r, struct txn *txn, struct bytes whole)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct block_view block;
    struct err err;
    bool obeyed = false, changed;

    if (read_word(r, whole, &body, &block, &err) == OK && is_about_self(r, &block.header)) {
        for (size_t i = 0; i < body.count; i++) {
            const struct entry *entry = &body.entries[i];
            struct revocation word;

            if (entry->kind != KIND_REVOKE || entry->format != REVOKE_FORMAT ||
                revocation_read(&word, entry->body, &err) != OK) {
                continue;
            }
            word.by = block.header.author;
            word.said_lsn = entry->lsn;
            word.time_ms = entry->time_ms;
            if (division_equal(word.division, r->config.self) &&
                roster_revoke(r->roster, &word, &changed, &err) == OK) {
                roster_store_revocation(txn, &word);
                obeyed = true;
                if (changed) {
                    revoking_taken(r, r->config.self);
                }
            }
        }
    }
    block_body_free(&body);
    return obeyed;
}

static void take_revoked(struct replicator *r, struct txn *txn, struct division who,
                         const Terrace__Superseded *said)
{
    struct division by;

    if (said->has_word && obey_word(r, txn, bytes_of_pb(said->word))) {
        return;
    }
    if (division_from_pb(&by, said->by) && !roster_revoked(r->roster, r->config.self, NULL)) {
        notice_alarm(r, ALARM_REVOKED, r->config.self, "revoked_told peer=%s by=%s final=%" PRIu64,
                     who.code, by.code, said->lsn);
    }
}

static void take_held(struct replicator *r, struct division who)
{
    struct objecting *objecting = &r->objecting;

    if (objecting->sealed.size > 0 && !has_heard(objecting, who)) {
        assert(objecting->heard_count < COUNT_OF(objecting->heard)); /* ancestors are called */
        objecting->heard[objecting->heard_count++] = who;
        objecting->is_changed = true;
        LOG_INFO("epoch.objection_held", "peer=%s epoch=%" PRIu32, who.code, objecting->epoch);
    }
}

/* Whether that grant is confirmed is for one to say; another's word makes this node ask him. */
static void take_confirmed(struct replicator *r, struct division who,
                           const Terrace__Superseded *said)
{
    struct objecting *objecting = &r->objecting;
    const bool is_his = division_equal(who, roster_confirmer(r->roster, r->config.self));
    const bool counts = said->counts == 1;
    struct sealed_grant opened;
    struct err err;

    if (objecting->sealed.size == 0 || objecting->is_confirmed ||
        grant_open(&opened, bytes_of_pb(said->grant), &err) != OK ||
        !hash_equal(&opened.hash, &objecting->grant)) {
        return;
    }
    if (counts && is_his) {
        objecting->is_confirmed = objecting->is_changed = true;
    } else if (counts && !objecting->is_doubtful) {
        objecting->is_doubtful = true;
        hurry(r);
    } else if (is_his) {
        objecting->is_doubtful = false;
    }
}

void objecting_told(struct replicator *r, struct txn *txn, struct division who,
                    const Terrace__Superseded *said)
{
    if (said->has_by) {
        take_revoked(r, txn, who, said);
        return;
    }
    if (said->has_grant && said->grant.len <= GRANT_BYTES_MAX) {
        objecting_begin(r, bytes_of_pb(said->grant));
        take_confirmed(r, who, said);
    }
    if (said->has_status && said->status == OK) {
        take_held(r, who);
    }
}

/* --- the end of a turn --- */

/* The number is used, and the next grant has the one after it. */
static void use_number(struct replicator *r, struct txn *txn)
{
    struct objecting *objecting = &r->objecting;
    struct grant grant;
    struct err err;
    bool added;

    if (roster_add(r->roster, buf_bytes(&objecting->sealed), &added, &err) == OK && added &&
        grant_parse(&grant, buf_bytes(&objecting->sealed), &err) == OK) {
        grant_put(txn, &grant, buf_bytes(&objecting->sealed));
    }
}

static void put_row(const struct objecting *objecting, struct txn *txn)
{
    struct buf value = BUF_EMPTY;

    if (objecting->sealed.size == 0) {
        txn_delete(txn, SPACE_META, bytes_of(&letter, 1));
        return;
    }
    buf_put_u8(&value, objecting->is_confirmed);
    buf_append_bytes(&value, buf_bytes(&objecting->sealed));
    (void)txn_put(txn, SPACE_META, bytes_of(&letter, 1), buf_bytes(&value));
    buf_free(&value);
}

void objecting_seal(struct replicator *r, struct txn *txn)
{
    struct objecting *objecting = &r->objecting;

    if (objecting->sealed.size == 0) {
        return;
    }
    if (own_grant(r)->epoch >= objecting->epoch ||
        roster_is_refused(r->roster, r->config.self, objecting->epoch)) {
        use_number(r, txn);
        buf_clear(&objecting->sealed);
        objecting->is_confirmed = false;
        objecting->is_changed = true;
        objecting->heard_count = 0;
    } else if (!objecting->is_confirmed &&
               roster_is_confirmed(r->roster, r->config.self, objecting->epoch,
                                   &objecting->grant)) {
        objecting->is_confirmed = objecting->is_changed = true;
    }
    if (objecting->is_changed) {
        objecting->is_changed = false;
        put_row(objecting, txn);
        r->config.sink.roster_changed(r->config.sink.arg, r->config.self);
    }
}

void objecting_show(const struct replicator *r, struct usurped *out)
{
    const struct objecting *objecting = &r->objecting;

    *out = (struct usurped){.is_usurped = objecting->sealed.size > 0,
                            .epoch = objecting->epoch,
                            .is_confirmed = objecting->is_confirmed,
                            .lacks_key = key_ring_find(&r->keys, &own_grant(r)->sign_key) == NULL};
    if (out->lacks_key) {
        out->epoch = own_grant(r)->epoch;
    }
    for (size_t i = 0; i < objecting->heard_count; i++) {
        out->heard_by = objecting->heard[i]; /* the last, which is the highest as a rule */
    }
}
