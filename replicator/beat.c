/* beat - proof from end to end: a division's head goes up to the root, and the root's word about
 * what it holds of it comes back, signed. What is green is known, not guessed. */
#include <inttypes.h>

#include "replicator/core.h"

static struct hash beat_hash(const struct replicator *r, const Terrace__Beat *beat)
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
    return hasher_end(&hasher);
}

static void sign_beat(const struct replicator *r, Terrace__Beat *beat, struct signature *signature)
{
    struct hash hash;

    beat->has_suite = beat->has_key_epoch = 1;
    beat->suite = SUITE_ED25519_BLAKE2B;
    beat->key_epoch = roster_find(r->roster, r->config.self)->grant.epoch;
    hash = beat_hash(r, beat);
    *signature = sign_hash(r->config.key, &hash);
    beat->has_signature = 1;
    beat->signature = pb_of_bytes(signature, sizeof *signature);
}

/* Signed now, so with the newest key. */
static bool beat_ok(const struct replicator *r, const Terrace__Beat *beat, struct division signer)
{
    const struct member *member = roster_find(r->roster, signer);
    struct signature signature;
    struct hash hash;

    if (member == NULL || beat->suite != SUITE_ED25519_BLAKE2B ||
        beat->key_epoch != member->grant.epoch || beat->hash.len != HASH_SIZE ||
        (beat->has_root_lsn && beat->root_hash.len != HASH_SIZE) ||
        !pb_copy_exact(&signature, sizeof signature, beat->has_signature, beat->signature)) {
        return false;
    }
    hash = beat_hash(r, beat);
    return signature_ok(&member->grant.sign_key, &hash, &signature);
}

static void fill_own(const struct replicator *r, Terrace__Beat *beat, const struct log_head *head)
{
    beat->has_division = beat->has_epoch = beat->has_lsn = beat->has_hash = 1;
    beat->division = pb_division(&r->config.self);
    beat->epoch = head->epoch;
    beat->lsn = head->lsn;
    beat->hash = pb_of_bytes(&head->hash, HASH_SIZE);
}

/* While the parent is away its link says so, and nobody could confirm anything. */
static void check_silence(struct replicator *r, const struct log_head *head, uint64_t open_since_ms)
{
    const uint64_t since = r->confirmed_ms > open_since_ms ? r->confirmed_ms : open_since_ms;

    if (head->lsn > r->confirmed.lsn && now_ms(r) - since > r->limits.stuck_ms) {
        alarm_about(r, "silent_with_backlog", r->config.self,
                    "our log is at lsn %" PRIu64 ", the root has confirmed %" PRIu64
                    ", and nothing new for %" PRIu64 " s",
                    head->lsn, r->confirmed.lsn, (now_ms(r) - since) / 1000);
    }
}

/* What the root has told of, and when it comes. Bounded delay is normal; but an audience that
 * stands still below what the root has written is one that somebody above us keeps back. */
static void check_line(struct replicator *r)
{
    const struct division root = roster_root(r->roster)->grant.division;
    const struct held_log *log = heads_find(r, root);
    const uint64_t now = now_ms(r);
    const struct told *oldest = NULL;

    for (size_t i = 0; log != NULL && i < r->told_count; i++) {
        struct told *told = &r->told[i];
        const struct audience_head *head = heads_of(log, &told->audience);
        const uint64_t have = head == NULL ? 0 : head->seq;

        if (have == told->seq && told->awaited && !hash_equal(&head->hash, &told->hash)) {
            alarm_about(r, "fork", root, "the root tells of another block %" PRIu64 " than is held",
                        have);
        }
        told->awaited = told->awaited && have < told->seq;
        if (have > told->have) {
            told->have = have;
            told->since_ms = now;
        }
        if (told->awaited && (oldest == NULL || told->since_ms < oldest->since_ms)) {
            oldest = told;
        }
    }
    if (oldest == NULL) {
        alarm_over(r, "withheld", root);
    } else if (now - oldest->since_ms > r->limits.stuck_ms) {
        alarm_about(r, "withheld", root,
                    "block %" PRIu64 " for %s %s was written and has not come for %" PRIu64 " s",
                    oldest->have + 1, oldest->audience.kind == AUDIENCE_LINE ? "line" : "tree",
                    oldest->audience.division.code, (now - oldest->since_ms) / 1000);
    }
}

void beat_tick(struct replicator *r)
{
    Terrace__Beat beat = TERRACE__BEAT__INIT;
    const struct log_head *head = &r->own_head->durable;
    struct signature signature;
    struct link *up;

    if (now_ms(r) < r->beat_ms) {
        return;
    }
    r->beat_ms = now_ms(r) + r->limits.beat_ms;
    if (division_is_none(r->parent)) { /* the root confirms itself */
        r->confirmed = (struct confirmation){head->lsn, head->hash, now_unix_ms(r), head->lsn, 0};
        r->confirmed_ms = now_ms(r);
        return;
    }
    up = link_find(r, r->parent);
    if (up == NULL || !link_is_open(up)) {
        alarm_over(r, "silent_with_backlog", r->config.self);
        r->told_count = 0; /* it could not have come */
        check_line(r);
        return;
    }
    check_line(r);
    check_silence(r, head, up->opened_ms);
    fill_own(r, &beat, head);
    beat.has_sequence = beat.has_unix_ms = 1;
    beat.sequence = ++r->beat_sequence;
    beat.unix_ms = now_unix_ms(r);
    sign_beat(r, &beat, &signature);
    waiting_put(&up->beats, BEATS_WAITING_MAX, r->config.self, DIVISION_NONE, &beat.base);
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

    for (size_t i = 0; i < r->own_head->audience_count && count < BEAT_LINE_MAX; i++) {
        const struct audience_head *head = &r->own_head->audiences[i];
        if (head->seq != 0 && head->lsn <= r->own_head->durable.lsn &&
            is_on_line(&head->audience, member)) {
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
static void answer_beat(struct replicator *r, struct link *link, const Terrace__Beat *asked,
                        struct division division)
{
    Terrace__Beat beat = *asked;
    const struct held_log *log = heads_find(r, division);
    const struct log_head none = {0};
    const struct log_head *held = log == NULL ? &none : &log->durable;
    const struct log_head *own = &r->own_head->durable;
    Terrace__AudienceHead heads[BEAT_LINE_MAX], *list[BEAT_LINE_MAX];
    struct signature signature;

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
    sign_beat(r, &beat, &signature);
    waiting_put(&link->beats, BEATS_WAITING_MAX, division, DIVISION_NONE, &beat.base);
}

static struct told *told_of(struct replicator *r, const struct audience *audience)
{
    for (size_t i = 0; i < r->told_count; i++) {
        if (audience_equal(&r->told[i].audience, audience)) {
            return &r->told[i];
        }
    }
    if (r->told_count == BEAT_LINE_MAX) {
        return NULL;
    }
    r->told[r->told_count] = (struct told){.audience = *audience};
    return &r->told[r->told_count++];
}

/* One that is awaited stays what it is: its age counts from when it was told first. */
static void take_line(struct replicator *r, const Terrace__Beat *beat)
{
    for (size_t i = 0; i < beat->n_root_line; i++) {
        const Terrace__AudienceHead *head = beat->root_line[i];
        struct audience audience = {.kind = head->kind};
        struct told *told;

        if ((head->kind != AUDIENCE_LINE && head->kind != AUDIENCE_TREE) ||
            !division_from_pb(&audience.division, head->division) || head->hash.len != HASH_SIZE) {
            continue;
        }
        told = told_of(r, &audience);
        if (told != NULL && !told->awaited) {
            told->awaited = true;
            told->seq = head->aud_seq;
            told->since_ms = now_ms(r);
            memcpy(told->hash.at, head->hash.data, HASH_SIZE);
        }
    }
    check_line(r);
}

/* Our own beat came back with the root's word. */
static void take_confirmation(struct replicator *r, const Terrace__Beat *beat)
{
    const struct log_head *head = &r->own_head->durable;

    if (beat->sequence > r->beat_sequence || beat->sequence <= r->confirmed_sequence) {
        return; /* an old word again: it tells nothing about now */
    }
    r->confirmed_sequence = beat->sequence;
    take_line(r, beat);
    r->confirmed.root_skew_ms =
        (int64_t)(beat->root_unix_ms - (beat->unix_ms + now_unix_ms(r)) / 2);
    if (beat->lsn == head->lsn && memcmp(beat->hash.data, head->hash.at, HASH_SIZE) != 0) {
        alarm_about(r, "fork", r->config.self, "the root holds another block at our lsn %" PRIu64,
                    beat->lsn);
        return;
    }
    if (beat->lsn < r->confirmed.lsn || beat->lsn > head->lsn) {
        return;
    }
    if (beat->lsn > r->confirmed.lsn || beat->lsn == head->lsn) {
        r->confirmed_ms = now_ms(r);
        alarm_over(r, "silent_with_backlog", r->config.self);
    }
    r->confirmed.lsn = beat->lsn;
    memcpy(r->confirmed.hash.at, beat->hash.data, HASH_SIZE);
    r->confirmed.heard_unix_ms = now_unix_ms(r);
    r->confirmed.root_lsn = beat->root_lsn;
}

void beat_receive(struct replicator *r, struct link *link, const Terrace__Beat *beat)
{
    const struct member *root = roster_root(r->roster);
    struct division division;
    struct link *onward;

    if (root == NULL || !division_from_pb(&division, beat->division)) {
        return;
    }
    if (!link->is_parent) { /* on its way up */
        if (beat->has_root_lsn || !roster_within(r->roster, division, link->peer) ||
            !link_may_verify(r, link) || !beat_ok(r, beat, division)) {
            link->frames_refused++;
            return;
        }
        if (division_is_none(r->parent)) {
            answer_beat(r, link, beat, division);
            return;
        }
        onward = link_find(r, r->parent);
    } else { /* on its way down */
        if (!beat->has_root_lsn || !link_may_verify(r, link) ||
            !beat_ok(r, beat, root->grant.division)) {
            link->frames_refused++;
            return;
        }
        if (division_equal(division, r->config.self)) {
            take_confirmation(r, beat);
            return;
        }
        onward = link_find(r, roster_next_hop(r->roster, r->config.self, division));
    }
    if (onward != NULL && link_is_open(onward)) { /* a late one tells nothing */
        waiting_put(&onward->beats, BEATS_WAITING_MAX, division, DIVISION_NONE, &beat->base);
    }
}

void replicator_confirmed(const struct replicator *r, struct confirmation *out)
{
    *out = r->confirmed;
}
