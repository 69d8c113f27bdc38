#include "replicator/session/amending.h"

#include <assert.h>
#include <inttypes.h>

#include "proto/log.h"
#include "replicator/core.h"
#include "replicator/log/granted.h"
#include "replicator/session/follow.h"
#include "replicator/session/rotating.h"
#include "replicator/store/row_letters.h"
#include "replicator/trust/enrol_place.h"
#include "replicator/trust/founders.h"

enum status amending_grant(struct replicator *r, struct txn *txn, struct bytes written,
                           const struct signature *consent, struct err *err)
{
    struct audience audience = {.kind = AUDIENCE_TREE};
    struct buf sealed = BUF_EMPTY;
    struct grant grant;
    bool added = false;
    enum status status;

    grant_seal_written(&sealed, written, consent, own_key(r).key);
    status = grant_parse(&grant, buf_bytes(&sealed), err);
    if (status == OK) {
        status = roster_check_base(r->roster, &grant, consent != NULL, err);
    }
    if (status == OK) {
        status = roster_add(r->roster, buf_bytes(&sealed), &added, err);
    }
    if (added) {
        audience.division = grant.division;
        (void)log_writer_append(&r->writer, txn, &audience, KIND_GRANT, GRANT_FORMAT,
                                buf_bytes(&sealed));
        grant_put(txn, &grant, buf_bytes(&sealed));
        follow_member(r, grant.division);
    }
    buf_free(&sealed);
    return status;
}

/* --- what waits --- */

static void row_key(struct buf *key, struct division division)
{
    buf_clear(key);
    buf_put_u8(key, META_AMENDMENT);
    division_write(key, division);
}

static void put_row(struct txn *txn, struct division division, struct bytes written)
{
    struct buf key = BUF_EMPTY;

    row_key(&key, division);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), written);
    buf_free(&key);
}

static void delete_row(struct txn *txn, struct division division)
{
    struct buf key = BUF_EMPTY;

    row_key(&key, division);
    txn_delete(txn, SPACE_META, buf_bytes(&key));
    buf_free(&key);
}

/* False when nothing waits for this child. `out` lives until the next write of the txn. */
static bool find_row(struct txn *txn, struct division division, struct bytes *out)
{
    struct buf key = BUF_EMPTY;
    bool found;

    row_key(&key, division);
    found = txn_get(txn, SPACE_META, buf_bytes(&key), out) && out->size > 0;
    buf_free(&key);
    return found;
}

/* What waits for the epoch behind the newest one, in full. False when nothing does. */
static bool find_waiting(struct txn *txn, const struct grant *newest, struct grant *out,
                         struct grant_terms *terms)
{
    struct bytes written;
    struct err err;

    return find_row(txn, newest->division, &written) &&
           grant_read(out, terms, written, &err) == OK && out->epoch == newest->epoch + 1;
}

/* Writes it anew, of now: the next epoch of the child, by the newest of its parent. */
static void offer(struct replicator *r, struct txn *txn, const struct member *member,
                  const char *name, const struct wanted_keys *keys, const struct grant_terms *terms)
{
    const struct division division = member->grant.division;
    struct link *link = links_find(&r->links, division);
    struct grant grant = member->grant;
    struct buf written = BUF_EMPTY;

    grant.epoch = roster_next_epoch(r->roster, division);
    grant.granter_epoch = roster_find(r->roster, r->config.self)->grant.epoch;
    wanted_keys_put(&grant, keys);
    grant.base_lsn = 0;
    grant.base_hash = HASH_ZERO;
    grant.time_ms = now_unix_ms(r);
    memset(grant.name, 0, sizeof grant.name);
    memcpy(grant.name, name, strnlen(name, NAME_BYTES_MAX));
    grant_write(&written, &grant, terms);
    put_row(txn, division, buf_bytes(&written));
    assert(link != NULL); /* each child has one */
    if (link_is_open(link)) {
        outbox_offer(&link->stream.outbox, buf_bytes(&written));
    }
    buf_free(&written);
}

/* What stands beside a grant that is held. */
static void read_terms(const struct replicator *r, const struct grant *newest,
                       struct grant_terms *out)
{
    const bool held = roster_terms(r->roster, newest->division, newest->epoch, out);

    assert(held);
    (void)held;
}

/* --- the parent asks --- */

/* It keeps those that it has granted. */
static enum status check_children(const struct replicator *r, struct division division,
                                  const struct grant_reach *may_grant, struct err *err)
{
    for (size_t i = 0; i < roster_count(r->roster); i++) {
        const struct grant *child = &roster_at(r->roster, i)->grant;

        if (division_equal(child->parent, division) && !reach_has(may_grant, child->division)) {
            return err_set(err, ERR_REFUSED, "amend_leaves_out division=%s child=%s", division.code,
                           child->division.code);
        }
    }
    return OK;
}

/* May it have this list? The one that it has it may keep. */
static enum status check_list(const struct replicator *r, struct division division,
                              const struct grant_reach *may_grant, struct err *err)
{
    const struct member *member = roster_find(r->roster, division);
    struct grant_terms now;
    enum status status;

    read_terms(r, &member->grant, &now);
    if (reach_equal(&now.may_grant, may_grant)) {
        return OK;
    }
    status = enrol_check_reach(r->roster, r->config.self, division, may_grant, err);
    return status == OK ? check_children(r, division, may_grant, err) : status;
}

static enum status check_name(const char *name, struct err *err)
{
    const struct bytes bytes = bytes_text(name);

    return bytes.size == 0 || bytes.size > NAME_BYTES_MAX || !text_plain(bytes)
               ? err_set(err, ERR_REFUSED, "invite_name bytes_max=%d", NAME_BYTES_MAX)
               : OK;
}

enum status amending_begin(struct replicator *r, struct txn *txn, struct division division,
                           const char *name, const struct grant_reach *may_grant, uint32_t *epoch,
                           struct err *err)
{
    const struct member *member = roster_find(r->roster, division);
    struct grant_terms terms, waiting_terms;
    struct grant waiting;
    struct wanted_keys keys;
    enum status status = OK;

    if (member == NULL || !division_equal(member->grant.parent, r->config.self)) {
        return err_set(err, ERR_NOT_FOUND, "amend_no_child division=%s self=%s", division.code,
                       r->config.self.code);
    }
    read_terms(r, &member->grant, &terms);
    terms.has_consent = false;
    if (name != NULL) {
        status = check_name(name, err);
    }
    if (status == OK && may_grant != NULL) {
        terms.may_grant = *may_grant;
        status = check_list(r, division, may_grant, err);
    }
    if (status == OK) {
        keys = wanted_keys_of(find_waiting(txn, &member->grant, &waiting, &waiting_terms)
                                  ? &waiting /* it has asked for others */
                                  : &member->grant);
        offer(r, txn, member, name == NULL ? member->grant.name : name, &keys, &terms);
        *epoch = roster_next_epoch(r->roster, division);
        LOG_INFO("amend.asked", "about=%s epoch=%" PRIu32, division.code, *epoch);
    }
    return status;
}

void amending_rekey(struct replicator *r, struct txn *txn, const struct member *member,
                    const struct wanted_keys *keys)
{
    struct grant_terms terms;
    struct grant waiting;

    if (find_waiting(txn, &member->grant, &waiting, &terms)) { /* what was wished beside it stays */
        offer(r, txn, member, waiting.name, keys, &terms);
    } else {
        read_terms(r, &member->grant, &terms);
        terms.has_consent = false;
        offer(r, txn, member, member->grant.name, keys, &terms);
    }
    LOG_INFO("rotate.asked", "about=%s epoch=%" PRIu32, member->grant.division.code,
             member->grant.epoch + 1);
}

void amending_offer(struct replicator *r, struct txn *txn, struct link *link)
{
    struct bytes written;

    if (link_is_child(link) && find_row(txn, link->peer, &written)) {
        outbox_offer(&link->stream.outbox, written);
    }
    (void)r;
}

/* --- the child agrees --- */

static bool has_keys_of(const struct grant *grant, const struct grant *own)
{
    const struct wanted_keys keys = wanted_keys_of(own);

    return wanted_keys_are_of(&keys, grant);
}

/* Is all of it as it is, but name and list, and the keys that this node itself has asked for? */
static bool changes_nothing_else(const struct replicator *r, const struct grant *grant,
                                 const struct grant_terms *terms)
{
    const struct grant *own = &roster_find(r->roster, r->config.self)->grant;
    struct grant_terms before;

    read_terms(r, own, &before);
    return division_equal(grant->division, own->division) &&
           division_equal(grant->parent, own->parent) && hash_equal(&grant->tree, &own->tree) &&
           (has_keys_of(grant, own) || rotating_wants(r, grant)) &&
           strcmp(grant->endpoint, own->endpoint) == 0 && grant->base_lsn == 0 &&
           number_set_equal(&grant->policy, &own->policy) && founders_equal(terms, &before);
}

void amending_judge(struct replicator *r, struct txn *txn, struct link *link, struct bytes written)
{
    const struct grant *own = &roster_find(r->roster, r->config.self)->grant;
    struct signature consent;
    struct grant_terms terms;
    struct grant grant;
    struct err err = {OK, ""};

    if (!link_is_parent(link)) {
        link_count_refused(link);
        return;
    }
    if (roster_revoked(r->roster, r->config.self, NULL)) {
        return; /* the parent has not heard of it yet */
    }
    if (grant_read(&grant, &terms, written, &err) == OK && grant.epoch <= own->epoch) {
        return; /* it was granted since */
    }
    if (err.status == OK && !changes_nothing_else(r, &grant, &terms)) {
        (void)err_set(&err, ERR_REFUSED, "amend_changes_more division=%s", grant.division.code);
    }
    if (err.status != OK) {
        link_count_refused(link);
        notice_alarm(r, ALARM_BAD_GRANT, link->peer, "amend_not_agreed why=%s", err.text);
        return;
    }
    consent = sign_hash(own_key(r).key, &terms.consented);
    rotating_consent(r, txn, &grant);
    outbox_consent(&link->stream.outbox, grant.epoch, &consent);
    LOG_INFO("amend.agreed", "epoch=%" PRIu32 " parent=%s", grant.epoch, link->peer.code);
}

/* --- the parent grants --- */

static bool agrees(const struct replicator *r, const struct link *link,
                   const Terrace__Consent *consent, const struct grant *grant,
                   const struct grant_terms *terms, struct signature *out)
{
    const struct member *member = roster_find(r->roster, link->peer);

    return consent->suite == SUITE_ED25519_BLAKE2B && consent->epoch == grant->epoch &&
           pb_copy_exact(out, sizeof *out, consent->has_signature, consent->signature) &&
           signature_ok(&member->grant.sign_key, &terms->consented, out);
}

/* The offer was written before this node, or the child, got a later epoch: it is written anew, with
 * the keys that the child has asked for, unless these were for an epoch that is over. */
static bool renew_stale(struct replicator *r, struct txn *txn, const struct grant *grant,
                        const struct grant_terms *terms)
{
    const struct member *member = roster_find(r->roster, grant->division);
    const bool is_next = grant->epoch == roster_next_epoch(r->roster, grant->division);
    const struct wanted_keys keys = wanted_keys_of(is_next ? grant : &member->grant);

    if (is_next && grant->granter_epoch == roster_find(r->roster, r->config.self)->grant.epoch) {
        return false;
    }
    offer(r, txn, member, grant->name, &keys, terms);
    return true;
}

void amending_take(struct replicator *r, struct txn *txn, struct link *link,
                   const Terrace__Consent *consent)
{
    struct buf written = BUF_EMPTY;
    struct signature signature;
    struct grant_terms terms;
    struct grant grant;
    struct bytes row;
    struct err err = {OK, ""};

    if (!link_is_child(link) || !link_may_verify(r, link) || !find_row(txn, link->peer, &row)) {
        link_count_refused(link);
        return;
    }
    buf_append_bytes(&written, row);
    const bool read = grant_read(&grant, &terms, buf_bytes(&written), &err) == OK;
    const bool renewed = read && renew_stale(r, txn, &grant, &terms);
    if (renewed) {
        LOG_INFO("amend.renewed", "about=%s", link->peer.code);
    } else if (read && !agrees(r, link, consent, &grant, &terms, &signature)) {
        link_count_refused(link); /* to an earlier offer */
    } else {
        delete_row(txn, link->peer);
        if (err.status != OK ||
            check_list(r, link->peer, &terms.may_grant, &err) != OK || /* others have come since */
            amending_grant(r, txn, buf_bytes(&written), &signature, &err) != OK) {
            notice_alarm(r, ALARM_BAD_GRANT, link->peer, "amend_failed division=%s why=%s",
                         link->peer.code, err.text);
        } else {
            LOG_INFO("amend.granted", "about=%s epoch=%" PRIu32, link->peer.code, grant.epoch);
        }
    }
    buf_free(&written);
}
