/* cosign - "the chain up to this position is verified and durable here", signed by the holder. At
 * most one in cosign_ms a log; relays pass on and keep the newest, and the last of a day for ever.
 */
#include <inttypes.h>

#include "replicator/core.h"

enum { ROW_HEAD_SIZE = 16, DAY_MS = 24 * 3600 * 1000, AGAIN_TIMES = 10 };

static struct hash cosign_hash(const struct replicator *r, const Terrace__Cosignature *c)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_COSIGN);
    hasher_add(&hasher, r->config.tree.at, HASH_SIZE);
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

/* With the key the holder had then: one that was kept stays good when the key is another. */
bool cosign_ok(const struct replicator *r, const Terrace__Cosignature *c)
{
    struct division holder;
    const struct grant *grant =
        division_from_pb(&holder, c->holder) ? roster_epoch(r->roster, holder, c->key_epoch) : NULL;
    struct signature signature;
    struct hash hash;

    if (grant == NULL || c->suite != SUITE_ED25519_BLAKE2B ||
        !pb_copy_exact(&signature, sizeof signature, c->has_signature, c->signature)) {
        return false;
    }
    hash = cosign_hash(r, c);
    return signature_ok(&grant->sign_key, &hash, &signature);
}

static void row_key(struct buf *key, struct division author, struct division holder)
{
    buf_clear(key);
    division_write(key, author);
    division_write(key, holder);
}

/* The row begins with lsn and time, so that the newest is seen without decoding. The day is that of
 * our clock: rows that stay for ever are one a day, whatever times a holder writes. */
static void keep(struct replicator *r, struct txn *txn, struct division author,
                 struct division holder, const Terrace__Cosignature *c)
{
    struct buf value = BUF_EMPTY;

    buf_put_u64(&value, c->lsn);
    buf_put_u64(&value, c->unix_ms);
    message_encode(&value, &c->base);
    row_key(&r->key, author, holder);
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&r->key), buf_bytes(&value));
    buf_put_u8(&r->key, 'd');
    buf_put_u32(&r->key, (uint32_t)(now_unix_ms(r) / DAY_MS));
    (void)txn_put(txn, SPACE_COSIGN, buf_bytes(&r->key), buf_bytes(&value));
    buf_free(&value);
}

static bool is_newer(struct replicator *r, struct txn *txn, struct division author,
                     struct division holder, const Terrace__Cosignature *c)
{
    struct bytes value;
    uint64_t lsn;

    row_key(&r->key, author, holder);
    if (!txn_get(txn, SPACE_COSIGN, buf_bytes(&r->key), &value) || value.size < ROW_HEAD_SIZE) {
        return true;
    }
    lsn = load_u64(value.data);
    return c->lsn > lsn || (c->lsn == lsn && c->unix_ms > load_u64(value.data + 8));
}

/* How far `holder` has told that it holds the log, in any session. */
uint64_t cosign_lsn(struct replicator *r, struct division author, struct division holder)
{
    const struct store *store = r->config.store;
    struct err err;

    row_key(&r->key, author, holder);
    if (store->ops->get(store->self, NULL, SPACE_COSIGN, buf_bytes(&r->key), &r->scratch, &err) !=
            OK ||
        r->scratch.size < ROW_HEAD_SIZE) {
        return 0;
    }
    return load_u64(r->scratch.data);
}

/* Toward the author and toward the root, but not back to where it came from. */
static void pass_on(struct replicator *r, const struct link *from, struct division author,
                    struct division holder, const Terrace__Cosignature *c)
{
    const struct division ways[] = {roster_next_hop(r->roster, r->config.self, author), r->parent};

    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct link *link = division_is_none(ways[i]) ? NULL : link_find(r, ways[i]);
        if (link != NULL && link != from) {
            waiting_put(&link->cosignatures, COSIGNATURES_WAITING_MAX, author, holder, &c->base);
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
    c->key_epoch = roster_find(r->roster, r->config.self)->grant.epoch;
    c->unix_ms = now_unix_ms(r);
    return true;
}

static void cosign_log(struct replicator *r, struct txn *txn, struct held_log *log)
{
    Terrace__Cosignature c = TERRACE__COSIGNATURE__INIT;
    struct signature signature;
    struct hash hash;

    if (!fill(r, log, &c)) {
        return;
    }
    hash = cosign_hash(r, &c);
    signature = sign_hash(r->config.key, &hash);
    c.has_signature = 1;
    c.signature = pb_of_bytes(&signature, sizeof signature);
    log->cosign_again = log->cosigned_lsn != log->durable.lsn;
    log->cosigned_lsn = log->durable.lsn;
    log->cosigned_ms = now_ms(r);
    keep(r, txn, log->author, r->config.self, &c);
    pass_on(r, NULL, log->author, r->config.self, &c);
}

/* When the next one of this log may be given; UINT64_MAX when there is nothing to say. */
static uint64_t due_ms(const struct replicator *r, const struct held_log *log)
{
    if (log->side == HELD_OWN || log->side == HELD_NOT || log->durable.lsn == 0) {
        return UINT64_MAX;
    }
    if (log->durable.lsn > log->cosigned_lsn) {
        return log->cosigned_ms == 0 ? 0 : log->cosigned_ms + r->limits.cosign_ms;
    }
    return log->cosign_again ? log->cosigned_ms + AGAIN_TIMES * (uint64_t)r->limits.cosign_ms
                             : UINT64_MAX;
}

/* A log moved: its next cosignature is due when its last one is old enough. */
void cosign_soon(struct replicator *r, const struct held_log *log)
{
    r->cosign_ms = earlier(r->cosign_ms, due_ms(r, log));
}

void cosign_tick(struct replicator *r, struct txn *txn)
{
    const uint64_t now = now_ms(r);

    if (now < r->cosign_ms) {
        return;
    }
    r->cosign_ms = UINT64_MAX;
    for (size_t i = 0; i < r->log_count; i++) {
        if (due_ms(r, r->logs[i]) <= now) {
            cosign_log(r, txn, r->logs[i]);
        }
        cosign_soon(r, r->logs[i]);
    }
}

static struct cosigner *find_cosigner(struct held_log *log, struct division holder)
{
    size_t low = 0, high = log->cosigner_count;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = division_compare(log->cosigners[middle].holder, holder);
        if (order == 0) {
            return &log->cosigners[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (log->cosigner_count == log->cosigner_capacity) {
        log->cosigner_capacity = log->cosigner_capacity == 0 ? 4 : 2 * log->cosigner_capacity;
        log->cosigners =
            mem_realloc(log->cosigners, log->cosigner_capacity * sizeof *log->cosigners);
    }
    memmove(&log->cosigners[low + 1], &log->cosigners[low],
            (log->cosigner_count - low) * sizeof *log->cosigners);
    log->cosigner_count++;
    log->cosigners[low] = (struct cosigner){.holder = holder};
    return &log->cosigners[low];
}

/* One in cosign_ms for a log and holder, by our own clock. The next may come one such time early,
 * because the way does not take equally long each time. */
static bool in_time(const struct replicator *r, struct held_log *log, struct division holder)
{
    const uint64_t now = now_ms(r), every = r->limits.cosign_ms;
    struct cosigner *cosigner = find_cosigner(log, holder);

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
    if (roster_within(r->roster, holder, link->is_parent ? r->config.self : link->peer) ==
        link->is_parent) {
        return false;
    }
    return roster_within(r->roster, author, holder) || roster_within(r->roster, holder, author);
}

static void compare_heads(struct replicator *r, const struct held_log *log, struct division holder,
                          const Terrace__Cosignature *c, const struct audience *audience)
{
    const struct audience_head *head = audience == NULL ? NULL : heads_of(log, audience);
    const struct hash *ours = &log->durable.hash;

    if (head != NULL && head->seq == c->aud_seq) {
        ours = &head->hash;
    } else if (c->lsn != log->durable.lsn || c->epoch != log->durable.epoch || audience != NULL) {
        return;
    }
    if (memcmp(c->hash.data, ours->at, HASH_SIZE) != 0) {
        alarm_about(r, "fork", log->author, "%s holds another block that ends at lsn %" PRIu64,
                    holder.code, c->lsn);
    }
}

/* Of a log that is held whole nobody can hold more and prove it here. */
static bool is_beyond(const struct held_log *log, const Terrace__Cosignature *c)
{
    return (log->side == HELD_OWN || log->side == HELD_BELOW) && c->lsn > log->durable.lsn;
}

/* A cosignature taken apart; its form is checked, its signature not yet. */
struct claim {
    struct division author, holder;
    struct audience audience; /* when not of the whole log */
    bool whole;
};

static bool read_claim(struct claim *out, const Terrace__Cosignature *c)
{
    out->whole = !c->has_audience;
    if (!division_from_pb(&out->author, c->author) || !division_from_pb(&out->holder, c->holder) ||
        c->suite != SUITE_ED25519_BLAKE2B || c->hash.len != HASH_SIZE) {
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
static bool is_of_what_it_holds(const struct replicator *r, const struct claim *claim)
{
    return roster_within(r->roster, claim->author, claim->holder)
               ? claim->whole
               : !claim->whole &&
                     roster_in_audience(r->roster, claim->holder, claim->author, &claim->audience);
}

void cosign_receive(struct replicator *r, struct txn *txn, struct link *link,
                    const Terrace__Cosignature *c)
{
    const struct member *member;
    struct held_log *log;
    struct claim claim;

    if (!read_claim(&claim, c)) {
        link->frames_refused++;
        return;
    }
    log = heads_find(r, claim.author);
    member = roster_find(r->roster, claim.holder);
    if (log == NULL || member == NULL || !may_speak(r, link, claim.author, claim.holder) ||
        !is_of_what_it_holds(r, &claim) || c->key_epoch != member->grant.epoch ||
        !is_newer(r, txn, claim.author, claim.holder, c) || !link_may_verify(r, link)) {
        return; /* one of a former key comes too late: it may be a thief's */
    }
    if (is_beyond(log, c)) {
        return; /* it is repeated, and then it can be compared */
    }
    if (c->unix_ms > now_unix_ms(r) + DAY_MS || !in_time(r, log, claim.holder)) {
        link->frames_refused++;
        return;
    }
    if (!cosign_ok(r, c)) {
        link->frames_refused++;
        alarm_about(r, "bad_cosignature", link->peer, "a cosignature of %s does not verify",
                    claim.holder.code);
        return;
    }
    compare_heads(r, log, claim.holder, c, claim.whole ? NULL : &claim.audience);
    keep(r, txn, claim.author, claim.holder, c);
    pass_on(r, link, claim.author, claim.holder, c);
}
