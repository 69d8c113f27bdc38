#include "replicator/session/cosign.h"

#include <assert.h>
#include <inttypes.h>

#include "proto/array.h"
#include "replicator/core.h"
#include "replicator/log/compare.h"
#include "replicator/session/cosign_head.h"
#include "replicator/trust/cosignature.h"

enum { DAY_MS = 24 * 3600 * 1000 };

/* Toward the author and toward the root, but not back to where it came from. */
static void pass_on(struct replicator *r, const struct link *from, struct division author,
                    struct division holder, const Terrace__Cosignature *c)
{
    const struct division ways[] = {roster_next_hop(r->roster, r->config.self, author), r->parent};

    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct link *link = division_is_none(ways[i]) ? NULL : links_find(&r->links, ways[i]);
        if (link != NULL && link != from) {
            outbox_cosignature(&link->stream.outbox, author, holder, &c->base);
        }
    }
    for (size_t i = 0; i < r->links.count; i++) {
        struct link *link = r->links.at[i];
        if (link->is_far && link != from && link_is_open(link) &&
            (link->is_up || roster_within(r->roster, author, link->peer))) {
            outbox_cosignature(&link->stream.outbox, author, holder, &c->base);
        }
    }
}

/* Of the block at the durable head: NULL while one of this turn stands before it. */
static const struct audience_head *durable_audience(const struct held_log *log)
{
    for (size_t i = 0; i < log->audience_count; i++) {
        if (log->audiences[i].lsn == log->durable.lsn) {
            return &log->audiences[i];
        }
    }
    return NULL;
}

/* Those below an author hold what is addressed to them, and say of which audience they speak. */
static bool fill(const struct replicator *r, const struct held_log *log, Terrace__Cosignature *c)
{
    if (log->side == HELD_ABOVE) {
        const struct audience_head *head = durable_audience(log);
        if (head == NULL) {
            return false;
        }
        c->has_audience = c->has_audience_division = c->has_aud_seq = 1;
        c->audience = head->audience.kind;
        c->audience_division = pb_division(&head->audience.division);
        c->aud_seq = head->seq;
    }
    c->has_suite = c->has_author = c->has_holder = c->has_epoch = c->has_lsn = c->has_hash = 1;
    c->has_key_epoch = c->has_unix_ms = 1;
    c->suite = SUITE_ED25519_BLAKE2B;
    c->author = pb_division(&log->author);
    c->epoch = log->durable.epoch;
    c->lsn = log->durable.lsn;
    c->hash = pb_of_bytes(&log->durable.hash, HASH_SIZE);
    c->holder = pb_division(&r->config.self);
    c->key_epoch = own_key(r).epoch;
    c->unix_ms = now_unix_ms(r);
    return true;
}

/* --- our own --- */

static int compare_log(const void *key, const void *item)
{
    const struct held_log *log = key;
    const struct cosigned_log *cosigned = item;

    return division_compare(log->author, cosigned->log->author);
}

static struct cosigned_log *get_log(struct cosigning *cosigning, const struct held_log *log)
{
    const size_t at = ARRAY_LOWER_BOUND(cosigning->at, cosigning->count, log, compare_log);

    if (at == cosigning->count || cosigning->at[at].log != log) {
        ARRAY_GAP(cosigning->at, cosigning->count, cosigning->capacity, at);
        cosigning->at[at] = (struct cosigned_log){.log = log};
    }
    return &cosigning->at[at];
}

/* No two of a log come sooner; a shorter cosign_ms is for tests. */
static uint64_t gap_ms(const struct replicator *r)
{
    return earlier(r->limits.cosign_ms, COSIGN_GAP_MS);
}

/* Up to when what was earned is spent, with what the log's new blocks have earned. */
static uint64_t spent_ms(const struct replicator *r, const struct cosigned_log *cosigned)
{
    const uint64_t blocks = (cosigned->log->bytes - cosigned->bytes) / COSIGN_BYTES,
                   earned = earlier(blocks, COSIGN_SAVED_MAX) * r->limits.cosign_ms;

    return cosigned->spent_ms - earlier(cosigned->spent_ms, earned);
}

static void pay(const struct replicator *r, struct cosigned_log *cosigned)
{
    const uint64_t now = now_ms(r), spent = spent_ms(r, cosigned);

    cosigned->spent_ms = (spent > now ? spent : now) + r->limits.cosign_ms;
    cosigned->bytes = cosigned->log->bytes;
    cosigned->ms = now;
}

static void cosign_log(struct replicator *r, struct txn *txn, struct cosigned_log *cosigned)
{
    const struct held_log *log = cosigned->log;
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;
    struct signature signature;

    if (!fill(r, log, &c)) {
        return;
    }
    cosignature_sign(&r->config.tree, own_key(r).key, &c, &signature);
    cosigned->lsn = log->durable.lsn;
    pay(r, cosigned);
    cosignature_put(txn, log->author, r->config.self, &c, now_unix_ms(r));
    pass_on(r, NULL, log->author, r->config.self, &c);
}

/* When the next one of this log may be given; UINT64_MAX when there is nothing to say. */
static uint64_t due_ms(const struct replicator *r, const struct cosigned_log *cosigned)
{
    const struct held_log *log = cosigned->log;
    const uint64_t saved_ms = (uint64_t)(COSIGN_SAVED_MAX - 1) * r->limits.cosign_ms;
    uint64_t spent, next;

    if (log->side == HELD_OWN || log->side == HELD_NOT || log->durable.lsn <= cosigned->lsn) {
        return UINT64_MAX;
    }
    if (cosigned->ms == 0) {
        return 0;
    }
    spent = spent_ms(r, cosigned);
    next = spent - earlier(spent, saved_ms);
    return next > cosigned->ms + gap_ms(r) ? next : cosigned->ms + gap_ms(r);
}

void cosign_init(struct cosigning *cosigning, uint64_t now_ms)
{
    *cosigning = (struct cosigning){.due_ms = now_ms};
}

void cosign_free(struct cosigning *cosigning)
{
    for (size_t i = 0; i < cosigning->count; i++) {
        mem_free(cosigning->at[i].cosigners);
    }
    mem_free(cosigning->at);
}

void cosign_soon(struct replicator *r, const struct held_log *log)
{
    const struct cosigned_log *cosigned = get_log(&r->cosigning, log);

    r->cosigning.due_ms = earlier(r->cosigning.due_ms, due_ms(r, cosigned));
}

void cosign_tick(struct replicator *r, struct txn *txn)
{
    const uint64_t now = now_ms(r);

    if (now < r->cosigning.due_ms) {
        return;
    }
    r->cosigning.due_ms = UINT64_MAX;
    for (size_t i = 0; i < r->logs.count; i++) {
        struct cosigned_log *cosigned = get_log(&r->cosigning, r->logs.at[i]);
        if (due_ms(r, cosigned) <= now) {
            cosign_log(r, txn, cosigned);
        }
        r->cosigning.due_ms = earlier(r->cosigning.due_ms, due_ms(r, cosigned));
    }
}

/* --- those of others --- */

static int compare_holder(const void *key, const void *item)
{
    const struct division *holder = key;
    const struct cosigner *cosigner = item;

    return division_compare(*holder, cosigner->holder);
}

static struct cosigner *get_cosigner(struct cosigned_log *log, struct division holder)
{
    const size_t at =
        ARRAY_LOWER_BOUND(log->cosigners, log->cosigner_count, &holder, compare_holder);

    assert(at <= log->cosigner_count);
    if (at == log->cosigner_count || !division_equal(log->cosigners[at].holder, holder)) {
        ARRAY_GAP(log->cosigners, log->cosigner_count, log->cosigner_capacity, at);
        log->cosigners[at] = (struct cosigner){.holder = holder};
    }
    return &log->cosigners[at];
}

/* One in gap_ms for a log and holder, by our own clock. The next may come one such time early,
 * because the way does not take equally long each time. */
static bool in_time(struct replicator *r, const struct held_log *log, struct division holder)
{
    const uint64_t now = now_ms(r), every = gap_ms(r);
    struct cosigner *cosigner = get_cosigner(get_log(&r->cosigning, log), holder);

    if (now + every < cosigner->due_ms) {
        return false;
    }
    cosigner->due_ms = (cosigner->due_ms > now ? cosigner->due_ms : now) + every;
    return true;
}

/* From below speak those below, from above those above; and on one line with the author. */
static bool may_speak(const struct replicator *r, const struct link *link, struct division author,
                      struct division holder)
{
    if (roster_within(r->roster, holder, link->is_up ? r->config.self : link->peer) ==
        link->is_up) {
        return false;
    }
    return roster_within(r->roster, author, holder) || roster_within(r->roster, holder, author);
}

/* A bare hash that does not fit is a claim, for the neighbour that brought it to prove. */
static bool contradicts(struct replicator *r, const struct link *link, const struct held_log *log,
                        const Terrace__Cosignature *c, const struct audience *audience,
                        struct findings *found)
{
    const struct bytes hash = bytes_of_pb(c->hash);
    uint64_t lsn;
    const enum log_relation relation =
        audience == NULL || log->side == HELD_BELOW
            ? log_compare(&r->logs, log, c->lsn, hash)
            : log_compare_audience(&r->logs, log, audience, c->aud_seq, hash, &lsn);

    if (!relation_contradicts(relation)) {
        return false;
    }
    cursor_claims_other(&link->stream, log, c->lsn, found);
    return true;
}

/* Of a log that is held whole nobody can hold more and prove it here. */
static bool is_beyond(const struct held_log *log, const Terrace__Cosignature *c)
{
    return (log->side == HELD_OWN || log->side == HELD_BELOW) && c->lsn > log->durable.lsn;
}

/* A cosignature taken apart; its form is checked, its signature not yet. Fields that are not known
 * here are under no signature that can be checked here: they are not carried on. */
struct cosigned_word {
    struct division author, holder;
    struct audience audience; /* when not of the whole log */
    bool whole;
};

static bool read_word(struct cosigned_word *out, const Terrace__Cosignature *c)
{
    out->whole = !c->has_audience;
    if (!division_from_pb(&out->author, c->author) || !division_from_pb(&out->holder, c->holder) ||
        c->suite != SUITE_ED25519_BLAKE2B || c->hash.len != HASH_SIZE ||
        c->base.n_unknown_fields != 0) {
        return false;
    }
    if (out->whole) {
        return !c->has_audience_division && !c->has_aud_seq;
    }
    out->audience.kind = c->audience;
    return (c->audience == AUDIENCE_LINE || c->audience == AUDIENCE_TREE) && c->aud_seq != 0 &&
           division_from_pb(&out->audience.division, c->audience_division);
}

/* Those above an author hold its whole log, those below what is addressed to them. */
static bool is_of_what_it_holds(const struct replicator *r, const struct cosigned_word *word)
{
    return roster_within(r->roster, word->author, word->holder)
               ? word->whole
               : !word->whole &&
                     roster_in_audience(r->roster, word->holder, word->author, &word->audience);
}

/* It is not kept: what it says cannot be compared here. That there is more is known from then on:
 * the own log is waited for, and one from below ends no recovery before it was asked for. */
static void hear_beyond(struct replicator *r, struct link *link, const struct held_log *log,
                        const struct cosigned_word *word, const Terrace__Cosignature *c)
{
    const bool is_own = log->side == HELD_OWN && r->resync.on,
               is_above = log->side == HELD_BELOW && link->is_up;

    if ((!is_own && !is_above) || !cosignature_ok(r->roster, c)) {
        return;
    }
    if (is_own) {
        resync_proved(r, word->holder, c->lsn);
    } else {
        cursor_told(&link->stream.cursors, log->author, c->lsn);
    }
}

void cosign_receive(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Cosignature *c, struct findings *found)
{
    const struct member *member;
    const struct held_log *log;
    struct cosigned_word word;

    if (c->audience == COSIGN_ACCESSES) {
        cosign_head_receive(r, txn, link, c);
        return;
    }
    if (!read_word(&word, c)) {
        link_count_refused(link);
        return;
    }
    log = heads_find(&r->logs, word.author);
    member = roster_find(r->roster, word.holder);
    if (log == NULL || member == NULL || !may_speak(r, link, word.author, word.holder) ||
        !is_of_what_it_holds(r, &word) ||
        roster_epoch_now(r->roster, word.holder, c->key_epoch) == NULL ||
        !cosignature_is_newer(txn, word.author, word.holder, c) || !link_may_verify(r, link)) {
        return; /* one of a former key comes too late: it may be a thief's */
    }
    if (is_beyond(log, c)) {
        hear_beyond(r, link, log, &word, c);
        return;
    }
    if (c->unix_ms > now_unix_ms(r) + DAY_MS || !in_time(r, log, word.holder)) {
        link_count_refused(link);
        return;
    }
    if (!cosignature_ok(r->roster, c)) {
        link_count_refused(link);
        notice_alarm(r, ALARM_BAD_COSIGNATURE, link->peer, "cosignature_invalid holder=%s",
                     word.holder.code);
        return;
    }
    if (contradicts(r, link, log, c, word.whole ? NULL : &word.audience, found)) {
        return;
    }
    cosignature_put(txn, word.author, word.holder, c, now_unix_ms(r));
    pass_on(r, link, word.author, word.holder, c);
    if (log->side == HELD_OWN && member->parent == NULL) {
        heartbeat_cosigned(r, c);
    }
}
