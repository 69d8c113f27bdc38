#include "replicator/session/heartbeat.h"

#include <assert.h>
#include <inttypes.h>

#include "replicator/core.h"
#include "replicator/log/compare.h"
#include "replicator/session/fork_news.h"
#include "replicator/session/rotating.h"
#include "replicator/session/serving.h"
#include "replicator/trust/cosignature.h"

enum { BEAT_GAP_MS = 1000 }; /* at most one of ours in this time, whatever changes */

/* Before the last stop the root cosigned the own log: that is kept. */
static uint64_t stored_confirmation(const struct replicator *r)
{
    const struct member *root = roster_root(r->roster);

    return root == NULL
               ? 0
               : earlier(cosignature_lsn(r->config.store, r->config.self, root->grant.division),
                         r->logs.own->durable.lsn);
}

void heartbeat_init(struct replicator *r)
{
    struct heartbeat *heartbeat = &r->heartbeat;

    *heartbeat = (struct heartbeat){.looked_ms = now_ms(r)};
    heartbeat->confirmed.lsn = stored_confirmation(r);
    heartbeat->due_ms = now_ms(r) + clock_random(r->config.clock) % (r->limits.beat_ms / 4 + 1);
    heartbeat->sequence = now_unix_ms(r); /* above those of the run before */
    heartbeat->confirmed_sequence = heartbeat->sequence;
}

static struct hash heartbeat_hash(const struct replicator *r, const Terrace__Beat *beat)
{
    struct hasher hasher;

    hasher_begin(&hasher, TAG_BEAT);
    hasher_add(&hasher, r->config.tree.at, HASH_SIZE);
    hasher_add_u32(&hasher, beat->suite);
    hasher_add_bytes(&hasher, bytes_of_pb(beat->division));
    hasher_add_u32(&hasher, beat->key_epoch);
    hasher_add_u64(&hasher, beat->sequence);
    hasher_add_u64(&hasher, beat->unix_ms);
    hasher_add_u32(&hasher, beat->epoch);
    hasher_add_u64(&hasher, beat->lsn);
    hasher_add_bytes(&hasher, bytes_of_pb(beat->hash));
    hasher_add_u32(&hasher, beat->has_root_lsn ? 1 : 0);
    hasher_add_u64(&hasher, beat->root_unix_ms);
    hasher_add_u32(&hasher, beat->root_epoch);
    hasher_add_u64(&hasher, beat->root_lsn);
    hasher_add_bytes(&hasher, bytes_of_pb(beat->root_hash));
    hasher_add_u64(&hasher, beat->n_root_line);
    for (size_t i = 0; i < beat->n_root_line; i++) {
        const Terrace__AudienceHead *head = beat->root_line[i];
        hasher_add_u32(&hasher, head->kind);
        hasher_add_bytes(&hasher, bytes_of_pb(head->division));
        hasher_add_u64(&hasher, head->aud_seq);
        hasher_add_bytes(&hasher, bytes_of_pb(head->hash));
    }
    hasher_add_bytes(&hasher, bytes_of_pb(beat->health));
    return hasher_end(&hasher);
}

static void sign_heartbeat(const struct replicator *r, Terrace__Beat *beat,
                           struct signature *signature)
{
    struct hash hash;

    beat->has_suite = beat->has_key_epoch = 1;
    beat->suite = SUITE_ED25519_BLAKE2B;
    beat->key_epoch = own_key(r).epoch;
    hash = heartbeat_hash(r, beat);
    *signature = sign_hash(own_key(r).key, &hash);
    beat->has_signature = 1;
    beat->signature = pb_of_bytes(signature, sizeof *signature);
}

/* Signed now, so with the newest key. */
static bool heartbeat_ok(const struct replicator *r, const Terrace__Beat *beat,
                         struct division signer)
{
    const struct grant *grant = roster_epoch_now(r->roster, signer, beat->key_epoch);
    struct signature signature;
    struct hash hash;

    if (grant == NULL || beat->suite != SUITE_ED25519_BLAKE2B || beat->hash.len != HASH_SIZE ||
        beat->health.len > HEALTH_BYTES_MAX ||
        (beat->has_root_lsn && beat->root_hash.len != HASH_SIZE) ||
        !pb_copy_exact(&signature, sizeof signature, beat->has_signature, beat->signature)) {
        return false;
    }
    hash = heartbeat_hash(r, beat);
    return signature_ok(&grant->sign_key, &hash, &signature);
}

static void fill_own(const struct replicator *r, Terrace__Beat *beat, const struct log_head *head)
{
    beat->has_division = beat->has_epoch = beat->has_lsn = beat->has_hash = 1;
    beat->division = pb_division(&r->config.self);
    beat->epoch = head->epoch;
    beat->lsn = head->lsn;
    beat->hash = pb_of_bytes(&head->hash, HASH_SIZE);
}

/* While the parent is away its link says so, and nobody could confirm anything. Who has nothing to
 * be confirmed still asks with each beat: what the root wrote for him shows by its answer alone.
 * A session that has just begun may be the first in which it can come: more patience then. */
static void check_silence(struct replicator *r, const struct log_head *head, bool just_opened)
{
    struct heartbeat *heartbeat = &r->heartbeat;
    const uint64_t lsn = heartbeat->confirmed.lsn;
    const uint64_t patience = just_opened ? 2 : 1;

    heartbeat->unconfirmed_ms += now_ms(r) - heartbeat->looked_ms;
    heartbeat->unanswered_ms += now_ms(r) - heartbeat->looked_ms;
    if (head->lsn > lsn && heartbeat->unconfirmed_ms > patience * r->limits.stuck_ms) {
        notice_alarm(r, ALARM_SILENT_WITH_BACKLOG, r->config.self,
                     "nothing_confirmed_by_root lsn=%" PRIu64 " confirmed=%" PRIu64
                     " seconds=%" PRIu64,
                     head->lsn, lsn, heartbeat->unconfirmed_ms / 1000);
    } else if (head->lsn <= lsn &&
               heartbeat->unanswered_ms > patience * r->limits.neighbour_down_ms) {
        notice_alarm(r, ALARM_SILENT_WITH_BACKLOG, r->config.self, "root_unheard seconds=%" PRIu64,
                     heartbeat->unanswered_ms / 1000);
    }
}

/* One that is away for longer than between two beats could not bring anything. */
static void note_away(struct replicator *r)
{
    struct heartbeat *heartbeat = &r->heartbeat;

    if (heartbeat->is_away) {
        heartbeat->unconfirmed_ms = heartbeat->unanswered_ms = 0;
    }
    heartbeat->is_away = true;
    heartbeat->looked_ms = now_ms(r);
    notice_over(r, ALARM_SILENT_WITH_BACKLOG, r->config.self);
    root_claims_clear(&heartbeat->claims);
}

/* What the root says stands against what is held: the parent, which brought its word, is to show
 * the block. */
static void claim_other(struct replicator *r, struct division author, uint64_t lsn,
                        const char *what)
{
    struct link *up = links_upward(&r->links);
    struct finding finding = {.kind = FOUND_CLAIM, .about = author, .lsn = lsn};

    assert(up != NULL); /* without a way up no word is looked at */
    message_format(finding.text, sizeof finding.text, "%s lsn=%" PRIu64, what, lsn);
    claim_begin(r, up, &finding);
}

/* Has what the root told of come? */
static void check_line(struct replicator *r)
{
    const struct division root = roster_root(r->roster)->grant.division;
    const struct held_log *log = heads_find(&r->logs, root);
    struct root_claims *claims = &r->heartbeat.claims;
    const struct root_claim *oldest;
    const uint64_t now = now_ms(r);

    assert(log != NULL);
    for (size_t i = 0; i < claims->count; i++) {
        const struct root_claim claim = claims->at[i];
        const struct audience_head *head = heads_of(log, &claim.audience);
        uint64_t lsn;

        if (claim.awaited &&
            log_compare_audience(&r->logs, log, &claim.audience, claim.seq,
                                 bytes_of(claim.hash.at, HASH_SIZE), &lsn) == RELATION_OTHER) {
            claim_other(r, root, lsn, "root_tells_other_block");
        }
        root_claims_observe(claims, i, head == NULL ? 0 : head->seq, now);
    }
    oldest = root_claims_oldest(claims);
    if (oldest == NULL) {
        notice_over(r, ALARM_WITHHELD, root);
    } else if (now - oldest->since_ms > r->limits.stuck_ms) {
        notice_alarm(r, ALARM_WITHHELD, root,
                     "block_withheld seq=%" PRIu64 " audience=%s division=%s seconds=%" PRIu64,
                     oldest->have + 1, oldest->audience.kind == AUDIENCE_LINE ? "line" : "tree",
                     oldest->audience.division.code, (now - oldest->since_ms) / 1000);
    }
}

/* What our own beat rests on until it is packed. */
struct own_beat {
    Terrace__Beat beat;
    struct signature signature;
    struct buf health;
};

static void make_beat(struct replicator *r, struct own_beat *own)
{
    Terrace__Beat *beat = &own->beat;

    terrace__beat__init(beat);
    own->health = BUF_EMPTY;
    fill_own(r, beat, &r->logs.own->durable);
    beat->has_sequence = beat->has_unix_ms = 1;
    beat->sequence = ++r->heartbeat.sequence;
    beat->unix_ms = now_unix_ms(r);
    r->config.sink.write_health(r->config.sink.arg, &own->health);
    assert(own->health.size <= HEALTH_BYTES_MAX);
    beat->has_health = own->health.size > 0;
    beat->health = pb_of_bytes(own->health.data, own->health.size);
    sign_heartbeat(r, beat, &own->signature);
    r->heartbeat.sent_ms = now_ms(r);
}

void heartbeat_tick(struct replicator *r)
{
    const struct log_head *head = &r->logs.own->durable;
    struct own_beat own;
    struct link *up;

    if (now_ms(r) < r->heartbeat.due_ms) {
        return;
    }
    r->heartbeat.due_ms = now_ms(r) + r->limits.beat_ms;
    if (division_is_none(r->parent)) { /* the root confirms itself */
        r->heartbeat.confirmed =
            (struct confirmation){head->lsn, head->hash, now_unix_ms(r), head->lsn, 0};
        return;
    }
    up = links_upward(&r->links);
    if (up == NULL) {
        note_away(r);
        check_line(r);
        return;
    }
    check_line(r);
    check_silence(r, head, now_ms(r) - up->opened_ms < BEAT_GAP_MS);
    r->heartbeat.looked_ms = now_ms(r);
    r->heartbeat.is_away = false;
    make_beat(r, &own);
    outbox_beat(&up->stream.outbox, r->config.self, &own.beat.base, true);
    rotating_ask_again(r, up);
    buf_free(&own.health);
}

bool heartbeat_alone(struct replicator *r, struct buf *out)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct own_beat own;
    Terrace__Beat *beats[] = {&own.beat};

    if (now_ms(r) < r->heartbeat.due_ms) {
        return false;
    }
    r->heartbeat.due_ms = now_ms(r) + r->limits.beat_ms;
    if (division_is_none(r->parent)) {
        return false; /* nobody is above to hear it */
    }
    make_beat(r, &own);
    frame.n_beat = COUNT_OF(beats);
    frame.beat = beats;
    fork_news_add_alone(r, &frame);
    buf_clear(out);
    frame_encode(out, &frame);
    arena_reset(r->context.arena);
    buf_free(&own.health);
    return true;
}

/* Which of our audiences is a division in by its place: `line` itself, `tree` it and those above.
 */
static bool is_on_line(const struct audience *audience, const struct member *member)
{
    if (audience->kind == AUDIENCE_LINE) {
        return division_equal(audience->division, member->grant.division);
    }
    for (; member != NULL; member = member->parent) {
        if (division_equal(audience->division, member->grant.division)) {
            return true;
        }
    }
    return false;
}

/* The newest blocks of our own log that the division must have had, so that none is kept from it
 * without its knowing. */
static size_t list_line(const struct replicator *r, struct division division,
                        Terrace__AudienceHead *heads, Terrace__AudienceHead **list)
{
    const struct member *member = roster_find(r->roster, division);
    size_t count = 0;

    for (size_t i = 0; i < r->logs.own->audience_count; i++) {
        const struct audience_head *head = &r->logs.own->audiences[i];
        if (head->seq != 0 && head->lsn <= r->logs.own->durable.lsn &&
            is_on_line(&head->audience, member)) {
            assert(count < BEAT_LINE_MAX);
            terrace__audience_head__init(&heads[count]);
            heads[count].has_kind = heads[count].has_division = 1;
            heads[count].has_aud_seq = heads[count].has_hash = 1;
            heads[count].kind = head->audience.kind;
            heads[count].division = pb_division(&head->audience.division);
            heads[count].aud_seq = head->seq;
            heads[count].hash = pb_of_bytes(&head->hash, HASH_SIZE);
            list[count] = &heads[count];
            count++;
        }
    }
    return count;
}

/* The root's answer: what it holds of this division, and its own head. */
static void answer_heartbeat(struct replicator *r, struct link *link, const Terrace__Beat *asked,
                             struct division division)
{
    Terrace__Beat beat = *asked;
    const struct held_log *log = heads_find(&r->logs, division);
    const struct log_head *held, *own = &r->logs.own->durable;
    Terrace__AudienceHead heads[BEAT_LINE_MAX], *list[BEAT_LINE_MAX];
    struct signature signature;

    if (!link_is_open(link)) {
        return; /* of a node that opens no session, or from one that is over */
    }
    assert(log != NULL); /* each division below has one */
    held = &log->durable;
    beat.has_health = 0;
    beat.health = pb_of_bytes(NULL, 0);
    beat.n_root_line = list_line(r, division, heads, list);
    beat.root_line = list;
    beat.epoch = held->epoch;
    beat.lsn = held->lsn;
    beat.hash = pb_of_bytes(&held->hash, HASH_SIZE);
    beat.has_root_unix_ms = beat.has_root_epoch = beat.has_root_lsn = beat.has_root_hash = 1;
    beat.root_unix_ms = now_unix_ms(r);
    beat.root_epoch = own->epoch;
    beat.root_lsn = own->lsn;
    beat.root_hash = pb_of_bytes(&own->hash, HASH_SIZE);
    sign_heartbeat(r, &beat, &signature);
    outbox_beat(&link->stream.outbox, division, &beat.base, true);
}

static void observe_line(struct replicator *r, const Terrace__Beat *beat)
{
    for (size_t i = 0; i < beat->n_root_line; i++) {
        const Terrace__AudienceHead *head = beat->root_line[i];
        struct audience audience = {.kind = head->kind};
        struct hash hash;

        if ((head->kind == AUDIENCE_LINE || head->kind == AUDIENCE_TREE) &&
            division_from_pb(&audience.division, head->division) && head->hash.len == HASH_SIZE) {
            memcpy(hash.at, head->hash.data, HASH_SIZE);
            root_claims_add(&r->heartbeat.claims, &audience, head->aud_seq, &hash, now_ms(r));
        }
    }
    check_line(r);
}

/* What passes on beats keeps them until it sends its own: one frame for all. Ours comes a little
 * before that from now on, so that it does not wait there. */
static void keep_step(struct replicator *r)
{
    if (now_ms(r) - r->heartbeat.sent_ms > BEAT_GAP_MS && r->limits.beat_ms > 2 * BEAT_GAP_MS) {
        r->heartbeat.due_ms = now_ms(r) + r->limits.beat_ms - BEAT_GAP_MS;
    }
}

static void confirm(struct replicator *r, uint64_t lsn, const uint8_t hash[HASH_SIZE])
{
    struct heartbeat *heartbeat = &r->heartbeat;

    if (lsn > heartbeat->confirmed.lsn || lsn == r->logs.own->durable.lsn) {
        heartbeat->unconfirmed_ms = 0;
        notice_over(r, ALARM_SILENT_WITH_BACKLOG, r->config.self);
    }
    heartbeat->confirmed.lsn = lsn;
    memcpy(heartbeat->confirmed.hash.at, hash, HASH_SIZE);
    heartbeat->confirmed.heard_unix_ms = now_unix_ms(r);
}

void heartbeat_cosigned(struct replicator *r, const Terrace__Cosignature *cosignature)
{
    if (cosignature->lsn >= r->heartbeat.confirmed.lsn) {
        confirm(r, cosignature->lsn, cosignature->hash.data);
    }
}

void heartbeat_soon(struct replicator *r)
{
    r->heartbeat.due_ms = earlier(r->heartbeat.due_ms, r->heartbeat.sent_ms + BEAT_GAP_MS);
}

/* Our own beat came back with the root's word. */
static void observe_confirmation(struct replicator *r, const struct link *link,
                                 const Terrace__Beat *beat)
{
    const struct log_head *head = &r->logs.own->durable;

    if (beat->sequence > r->heartbeat.sequence ||
        beat->sequence <= r->heartbeat.confirmed_sequence) {
        return; /* an old word again: it tells nothing about now */
    }
    r->heartbeat.confirmed_sequence = beat->sequence;
    r->heartbeat.unanswered_ms = 0;
    keep_step(r);
    observe_line(r, beat);
    r->heartbeat.confirmed.root_skew_ms =
        (int64_t)(beat->root_unix_ms + link->stream.flow.rtt_ms / 2 - now_unix_ms(r));
    if (relation_contradicts(
            log_compare(&r->logs, r->logs.own, beat->lsn, bytes_of_pb(beat->hash)))) {
        claim_other(r, r->config.self, beat->lsn, "root_holds_other_block");
        return;
    }
    if (beat->lsn < r->heartbeat.confirmed.lsn || beat->lsn > head->lsn) {
        return;
    }
    confirm(r, beat->lsn, beat->hash.data);
    r->heartbeat.confirmed.root_lsn = beat->root_lsn;
}

/* On its way to the root. False: it may not come, or does not verify. */
static bool receive_from_below(struct replicator *r, struct link *link, const Terrace__Beat *beat,
                               struct division division)
{
    return !beat->has_root_lsn && roster_within(r->roster, division, link->peer) &&
           link_may_verify(r, link) && heartbeat_ok(r, beat, division);
}

/* The root's answer. False: the same. */
static bool receive_from_above(struct replicator *r, struct link *link, const Terrace__Beat *beat)
{
    return beat->has_root_lsn && link_may_verify(r, link) &&
           heartbeat_ok(r, beat, roster_root(r->roster)->grant.division);
}

/* True when what it says does not wait on its way up. */
static bool report(struct replicator *r, const Terrace__Beat *beat, struct division division)
{
    const struct beat_report report = {.division = division,
                                       .sequence = beat->sequence,
                                       .unix_ms = beat->unix_ms,
                                       .lsn = beat->lsn,
                                       .health = bytes_of_pb(beat->health)};

    return r->config.sink.beat_heard(r->config.sink.arg, &report);
}

static void pass_on(struct replicator *r, struct link *from, const Terrace__Beat *beat,
                    struct division division, bool now)
{
    struct link *onward = from->is_up ? serving_way_to(r, division) : links_upward(&r->links);

    if (onward != NULL) { /* a late one tells nothing */
        outbox_beat(&onward->stream.outbox, division, &beat->base,
                    now || from->is_up || now_ms(r) - from->opened_ms < BEAT_GAP_MS);
    }
}

bool heartbeat_receive(struct replicator *r, struct link *link, const Terrace__Beat *beat)
{
    struct division division;
    bool news = false;

    if (!division_from_pb(&division, beat->division)) {
        return false;
    }
    if (link->is_up ? !receive_from_above(r, link, beat)
                    : !receive_from_below(r, link, beat, division)) {
        link_count_refused(link);
        return false;
    }
    if (!link->is_up) {
        news = report(r, beat, division);
    }
    if (link->is_up && division_equal(division, r->config.self)) {
        observe_confirmation(r, link, beat);
    } else if (!link->is_up && division_is_none(r->parent)) {
        answer_heartbeat(r, link, beat, division);
    } else {
        pass_on(r, link, beat, division, news);
    }
    return !link->is_up && division_equal(division, link->peer);
}
