#include "replicator/stream/cursor.h"

#include <assert.h>
#include <inttypes.h>

#include "proto/array.h"
#include "replicator/log/compare.h"
#include "replicator/stream/stream.h"

/* --- cursors --- */

void cursor_free(struct cursors *cursors)
{
    for (size_t i = 0; i < cursors->count; i++) {
        mem_free(cursors->at[i]);
    }
    mem_free(cursors->at);
    *cursors = (struct cursors){0};
}

static int compare_author(const void *key, const void *item)
{
    const struct division *author = key;
    struct cursor *const *cursor = item;

    return division_compare(*author, (*cursor)->log->author);
}

static size_t place_of(const struct cursors *cursors, struct division author)
{
    return ARRAY_LOWER_BOUND(cursors->at, cursors->count, &author, compare_author);
}

struct cursor *cursor_find(const struct cursors *cursors, struct division author)
{
    const size_t at = place_of(cursors, author);

    return at < cursors->count && division_equal(cursors->at[at]->log->author, author)
               ? cursors->at[at]
               : NULL;
}

void cursor_told(const struct cursors *cursors, struct division author, uint64_t lsn)
{
    struct cursor *cursor = cursor_find(cursors, author);

    if (cursor != NULL && cursor->told < lsn) {
        cursor->told = lsn;
    }
}

/* Is nothing after `lsn` addressed to the peer? Spares reading the log to find that out. */
static bool has_all(const struct stream *stream, const struct held_log *log, uint64_t lsn)
{
    for (size_t i = 0; i < log->audience_count; i++) {
        const struct audience_head *head = &log->audiences[i];
        if (head->lsn > lsn && roster_in_audience(stream->context->roster, stream->peer,
                                                  log->author, &head->audience)) {
            return false;
        }
    }
    return true;
}

void cursor_add(struct stream *stream, const struct held_log *log, uint64_t lsn)
{
    struct cursors *cursors = &stream->cursors;
    const size_t at = place_of(cursors, log->author);
    struct cursor *cursor;

    if (at < cursors->count && division_equal(cursors->at[at]->log->author, log->author)) {
        return;
    }
    cursor = mem_zalloc(sizeof *cursor);
    cursor->log = log;
    cursor->whole = stream->is_upward;
    cursor->acked = earlier(lsn, log->durable.lsn);
    if (!cursor->whole && has_all(stream, log, cursor->acked)) {
        cursor->acked = log->durable.lsn;
    }
    cursor->sent = cursor->sent_block = cursor->acked;
    ARRAY_GAP(cursors->at, cursors->count, cursors->capacity, at);
    cursors->at[at] = cursor;
}

void cursor_give_back(struct stream *stream, const struct held_log *log, bool asked)
{
    struct cursors *cursors = &stream->cursors;
    struct cursor *cursor = cursor_find(cursors, log->author);

    if (asked) {
        cursor_add(stream, log, 0);
        cursor_find(cursors, log->author)->whole = true;
    } else if (cursor != NULL) { /* a new session: nothing of it is in flight */
        const size_t at = place_of(cursors, log->author);

        assert(!cursor_in_flight(cursor) && cursors->sample_of != cursor);
        cursors->nacked -= cursor->refused ? 1 : 0;
        mem_free(cursor);
        ARRAY_REMOVE(cursors->at, cursors->count, at);
    }
}

/* What was sent of it and not acknowledged is sent again. */
static void rewind_to(struct cursors *cursors, struct cursor *cursor, uint64_t acked)
{
    cursors->flying -= cursor_in_flight(cursor) ? 1 : 0;
    cursor->acked = cursor->sent = cursor->sent_block = acked;
    cursor->acked_hash_known = cursor->parted = false;
    if (cursors->sample_of == cursor) {
        cursors->sample_of = NULL;
    }
}

/* --- what is sent --- */

void cursor_sent(struct stream *stream, struct cursor *cursor, uint64_t last)
{
    struct cursors *cursors = &stream->cursors;
    const uint64_t now = stream_now_ms(stream);

    if (!cursor_in_flight(cursor)) {
        cursor->moved_ms = now;
        cursors->flying++;
    }
    cursor->sent = cursor->sent_block = last;
    cursor->acked_hash_known = false;
    if (cursors->sample_of == NULL) {
        cursors->sample_of = cursor;
        cursors->sample_lsn = last;
        cursors->sample_ms = now;
    }
}

void cursor_passed(struct cursor *cursor, uint64_t last)
{
    if (!cursor_in_flight(cursor)) {
        cursor->acked = cursor->sent_block = last;
    }
    cursor->sent = last;
    cursor->acked_hash_known = false;
}

void cursor_go_back(struct stream *stream, struct cursor *cursor, uint64_t lsn)
{
    if (cursor->sent > lsn) {
        rewind_to(&stream->cursors, cursor, earlier(lsn, cursor->acked));
    }
}

void cursor_skip(struct cursor *cursor, uint64_t last)
{
    if (cursor->acked == cursor->sent) {
        cursor->acked = cursor->sent_block = last;
    }
    cursor->sent = last;
    cursor->acked_hash_known = false;
}

void cursor_wait(struct cursors *cursors, struct cursor *cursor, uint64_t at_ms)
{
    cursor->retry_ms = at_ms;
    cursors->retry_ms = cursors->retry_ms == 0 ? at_ms : earlier(cursors->retry_ms, at_ms);
}

void cursor_parted(struct stream *stream, struct cursor *cursor)
{
    const uint64_t now = stream_now_ms(stream);

    if (!cursor->parted && !cursor_in_flight(cursor)) {
        cursor->moved_ms = now;
    }
    cursor->parted = true;
    cursor_wait(&stream->cursors, cursor, now + RETRY_REFUSED_MS);
}

/* --- time --- */

static bool waits_for_peer(const struct cursor *cursor)
{
    return cursor_in_flight(cursor) || cursor->parted;
}

/* What parted waits for no answer: there the round trip does not count. */
static uint64_t stuck_at_ms(const struct stream *stream, const struct cursor *cursor)
{
    static const struct flow at_once = {.rtt_ms = 0};
    const struct flow *flow = cursor_in_flight(cursor) ? &stream->flow : &at_once;

    return cursor->moved_ms + flow_stuck_ms(flow, cursor->stalls);
}

/* Spares looking at each: one that parted is put off, too. */
static bool some_may_wait(const struct cursors *cursors)
{
    return cursors->flying > 0 || cursors->retry_ms != 0;
}

uint64_t cursor_stuck_at_ms(const struct stream *stream)
{
    const struct cursors *cursors = &stream->cursors;
    uint64_t at = UINT64_MAX;

    for (size_t i = 0; some_may_wait(cursors) && i < cursors->count; i++) {
        const struct cursor *cursor = cursors->at[i];
        if (waits_for_peer(cursor)) {
            at = earlier(at, stuck_at_ms(stream, cursor) + 1);
        }
    }
    return at;
}

bool cursor_stuck(struct stream *stream)
{
    const struct cursors *cursors = &stream->cursors;
    const uint64_t now = stream_now_ms(stream);
    bool stuck = false;

    for (size_t i = 0; some_may_wait(cursors) && i < cursors->count; i++) {
        struct cursor *cursor = cursors->at[i];
        if (waits_for_peer(cursor) && now > stuck_at_ms(stream, cursor)) {
            cursor->stalls++;
            stuck = true;
        }
    }
    return stuck;
}

bool cursor_behind(const struct cursors *cursors)
{
    for (size_t i = 0; i < cursors->count; i++) {
        if (cursors->at[i]->acked < cursors->at[i]->log->durable.lsn) {
            return true;
        }
    }
    return false;
}

void cursor_tick(struct stream *stream)
{
    struct cursors *cursors = &stream->cursors;
    const uint64_t now = stream_now_ms(stream);

    if (cursors->retry_ms == 0 || cursors->retry_ms > now) {
        return;
    }
    cursors->retry_ms = 0;
    for (size_t i = 0; i < cursors->count; i++) {
        if (cursors->at[i]->retry_ms > now) {
            cursor_wait(cursors, cursors->at[i], cursors->at[i]->retry_ms);
        }
    }
}

/* --- where the peer stands --- */

void cursor_reset(struct stream *stream)
{
    struct cursors *cursors = &stream->cursors;

    for (size_t i = 0; i < cursors->count; i++) {
        struct cursor *cursor = cursors->at[i];
        rewind_to(cursors, cursor, cursor->acked);
        cursor->retry_ms = cursor->nacked_ms = 0;
    }
    assert(cursors->flying == 0);
    cursors->retry_ms = 0;
}

static void no_longer_refused(struct stream *stream, struct cursor *cursor, struct findings *found)
{
    struct cursors *cursors = &stream->cursors;

    if (cursor->refused) {
        cursor->refused = false;
        if (--cursors->nacked == 0) {
            findings_note(found, FOUND_NACKED_OVER, stream->peer, 0);
        }
    }
}

/* It says that there is more of a log than is held here: the block behind that would show it. */
static void claims_more(const struct stream *stream, const struct held_log *log, uint64_t lsn,
                        struct findings *found)
{
    char text[MESSAGE_BYTES_MAX];

    message_format(text, sizeof text, "claims_more peer=%s author=%s lsn=%" PRIu64 " held=%" PRIu64,
                   stream->peer.code, log->author.code, lsn, log->durable.lsn);
    findings_because(found, FOUND_CLAIM, log->author, log->durable.lsn + 1, OK, text);
}

void cursor_claims_other(const struct stream *stream, const struct held_log *log, uint64_t lsn,
                         struct findings *found)
{
    char text[MESSAGE_BYTES_MAX];

    message_format(text, sizeof text, "claims_other_block peer=%s author=%s lsn=%" PRIu64,
                   stream->peer.code, log->author.code, lsn);
    findings_because(found, FOUND_CLAIM, log->author, lsn, OK, text);
}

/* The peer holds the log audience by audience, as it says: does each end where one of ours does? */
static bool line_contradicts(const struct stream *stream, const struct held_log *log,
                             const Terrace__Position *position, struct findings *found)
{
    for (size_t i = 0; i < position->n_line; i++) {
        const Terrace__AudienceHead *head = position->line[i];
        struct audience audience = {.kind = head->kind};
        uint64_t lsn;

        if (division_from_pb(&audience.division, head->division) &&
            relation_contradicts(log_compare_audience(stream->context->logs, log, &audience,
                                                      head->aud_seq, bytes_of_pb(head->hash),
                                                      &lsn))) {
            cursor_claims_other(stream, log, head->has_lsn ? head->lsn : lsn, found);
            return true;
        }
    }
    return false;
}

/* The peer holds this whole log too: do the two fit together? */
static void compare_whole(const struct stream *stream, const struct held_log *log,
                          const Terrace__Position *position, enum log_relation relation,
                          struct findings *found)
{
    if (relation == RELATION_EQUAL) {
        findings_over(found, ALARM_LOST_TAIL, log->author);
    }
    if (relation == RELATION_BEHIND && !stream->is_upward &&
        division_equal(log->author, stream->peer) &&
        cursor_find(&stream->cursors, log->author) == NULL) { /* it knows, and asks for it */
        findings_alarm(found, ALARM_LOST_TAIL, stream->peer,
                       "peer_lost_own_log lsn=%" PRIu64 " held=%" PRIu64, position->lsn,
                       log->durable.lsn);
    }
}

/* A log from below goes down to who asks for it back, or is served here: that he has more of it is
 * as it should be. */
static bool is_from_below(const struct stream *stream, const struct held_log *log)
{
    return !stream->is_upward && log->side == HELD_BELOW;
}

/* The cursor of a log that goes to the peer stands where it says that it ends. */
static void resume_cursor(struct stream *stream, struct cursor *cursor,
                          const Terrace__Position *position, bool contradicts,
                          struct findings *found)
{
    const struct held_log *log = cursor->log;

    cursor->told = position->lsn;
    if (position->lsn > log->durable.lsn) {
        if (!is_from_below(stream, log)) {
            claims_more(stream, log, position->lsn, found);
        }
        rewind_to(&stream->cursors, cursor, log->durable.lsn);
        return;
    }
    rewind_to(&stream->cursors, cursor, position->lsn);
    if (cursor->whole && position->lsn != 0 && position->hash.len == HASH_SIZE) {
        memcpy(cursor->acked_hash.at, position->hash.data, HASH_SIZE);
        cursor->acked_hash_known = true;
    }
    if (cursor->whole && contradicts && position->lsn != log->durable.lsn) {
        cursor_parted(stream, cursor);
    }
}

static void resume_log(struct stream *stream, const Terrace__Position *position,
                       struct findings *found)
{
    struct division author;
    const struct held_log *log;
    struct cursor *cursor;
    enum log_relation relation;
    bool contradicts;
    const bool named = division_from_pb(&author, position->author);

    assert(named); /* handshake_judge_hello */
    (void)named;
    log = heads_find(stream->context->logs, author);
    if (log == NULL || log->side == HELD_NOT) {
        return;
    }
    relation = log_compare(stream->context->logs, log, position->lsn, bytes_of_pb(position->hash));
    contradicts = relation_contradicts(relation);
    if (contradicts) {
        cursor_claims_other(stream, log, position->lsn, found);
    } else {
        contradicts = line_contradicts(stream, log, position, found);
    }
    if (stream->is_upward ? log->side != HELD_ABOVE
                          : log->side == HELD_BELOW &&
                                roster_within(stream->context->roster, author, stream->peer)) {
        compare_whole(stream, log, position, relation, found);
    }
    cursor = cursor_find(&stream->cursors, author);
    if (cursor != NULL) {
        resume_cursor(stream, cursor, position, contradicts, found);
    }
}

void cursor_resume(struct stream *stream, Terrace__Position **heads, size_t count,
                   struct findings *found)
{
    struct cursors *cursors = &stream->cursors;

    for (size_t i = 0; i < cursors->count; i++) {
        rewind_to(cursors, cursors->at[i], 0);
        cursors->at[i]->told = 0;
    }
    for (size_t i = 0; i < count; i++) {
        resume_log(stream, heads[i], found);
    }
    for (size_t i = 0; i < cursors->count; i++) {
        struct cursor *cursor = cursors->at[i];
        if (!cursor->whole && has_all(stream, cursor->log, cursor->acked)) {
            rewind_to(cursors, cursor, cursor->log->durable.lsn);
        }
        if (cursor->acked == cursor->log->durable.lsn) {
            no_longer_refused(stream, cursor, found);
        }
    }
}

/* --- what comes back --- */

static void note_round_trip(struct stream *stream, const struct cursor *cursor)
{
    struct cursors *cursors = &stream->cursors;

    if (cursors->sample_of == cursor && cursor->acked >= cursors->sample_lsn) {
        flow_round_trip(&stream->flow, stream_now_ms(stream) - cursors->sample_ms);
        cursors->sample_of = NULL;
    }
}

/* Whose log an Ack speaks of: without a word, of ours. */
static bool acked_author(const struct stream *stream, const Terrace__Position *position,
                         struct division *author)
{
    *author = stream->context->self;
    return !position->has_author || division_from_pb(author, position->author);
}

static bool acked(struct stream *stream, const Terrace__Position *position, struct findings *found)
{
    struct cursors *cursors = &stream->cursors;
    struct division author;
    struct cursor *cursor;

    if (!acked_author(stream, position, &author)) {
        return false;
    }
    cursor = cursor_find(cursors, author);
    if (cursor == NULL || position->lsn <= cursor->acked) {
        return false;
    }
    if (position->lsn > cursor->log->durable.lsn) {
        if (!is_from_below(stream, cursor->log)) {
            claims_more(stream, cursor->log, position->lsn, found);
        }
        return false;
    }
    cursors->flying -= cursor_in_flight(cursor) && position->lsn >= cursor->sent_block ? 1 : 0;
    cursor->acked = position->lsn;
    cursor->acked_hash_known = cursor->parted = false;
    if (cursor->sent < cursor->acked) { /* it had more than it said: from another session */
        cursor->sent = cursor->acked;
    }
    if (cursor->sent_block < cursor->acked) {
        cursor->sent_block = cursor->acked;
    }
    if (!cursor_in_flight(cursor) && cursor->acked < cursor->sent) {
        cursor->acked = cursor->sent_block = cursor->sent; /* the rest was not for this peer */
    }
    cursor->moved_ms = stream_now_ms(stream);
    cursor->stalls = 0;
    no_longer_refused(stream, cursor, found);
    note_round_trip(stream, cursor);
    return true;
}

static void nacked(struct stream *stream, struct cursor *cursor, uint64_t lsn, uint64_t wait_ms)
{
    const uint64_t held =
        lsn <= cursor->log->durable.lsn && lsn > cursor->acked ? lsn : cursor->acked;

    rewind_to(&stream->cursors, cursor, held);
    cursor_wait(&stream->cursors, cursor, stream_now_ms(stream) + wait_ms);
    cursor->nacked_ms = stream_now_ms(stream);
}

/* What a log lacked may have come with another one. */
static void retry_soon(struct cursors *cursors)
{
    for (size_t i = 0; cursors->retry_ms != 0 && i < cursors->count; i++) {
        struct cursor *cursor = cursors->at[i];
        if (cursor->retry_ms != 0 && !cursor->refused) {
            cursor_wait(cursors, cursor,
                        earlier(cursor->retry_ms, cursor->nacked_ms + RETRY_SOON_MS));
        }
    }
}

void cursor_acked(struct stream *stream, const Terrace__Ack *ack, struct findings *found)
{
    bool moved = false, answered;

    for (size_t i = 0; i < ack->n_held; i++) {
        moved |= acked(stream, ack->held[i], found);
    }
    if (moved) {
        findings_note(found, FOUND_MOVED, stream->peer, 0);
        retry_soon(&stream->cursors);
    }
    answered = moved;
    for (size_t i = 0; i < ack->n_not_yet; i++) {
        struct division author;
        struct cursor *cursor = NULL;

        if (acked_author(stream, ack->not_yet[i], &author)) {
            cursor = cursor_find(&stream->cursors, author);
        }
        if (cursor != NULL) {
            nacked(stream, cursor, ack->not_yet[i]->lsn, RETRY_NOT_YET_MS);
            answered = true;
        }
    }
    if (ack->has_credit) {
        answered |= flow_credited(&stream->flow, ack->credit, stream_now_ms(stream));
    }
    if (answered) {
        findings_note(found, FOUND_ANSWERED, stream->peer, 0);
    }
}

/* The bytes may have been hurt on the way: once more, but not at once. */
static void refuse_for_a_while(struct stream *stream, struct cursor *cursor)
{
    struct cursors *cursors = &stream->cursors;

    nacked(stream, cursor, cursor->acked, RETRY_REFUSED_MS);
    cursors->nacked += cursor->refused ? 0 : 1;
    cursor->refused = true;
}

/* What the peer says, if that can be shown to a person. */
static void copy_text(char *out, size_t size, const Terrace__Reject *reject)
{
    const struct bytes text = reject->has_text ? bytes_of_pb(reject->text) : BYTES_NONE;
    const bool valid = text.size > 0 && text.size < size && message_valid(text);

    memcpy(out, valid ? (const char *)text.data : "", valid ? text.size : 0);
    out[valid ? text.size : 0] = '\0';
}

void cursor_rejected(struct stream *stream, const Terrace__Reject *reject, struct findings *found)
{
    const enum status reason = (enum status)reject->reason;
    struct division author;
    struct cursor *cursor = NULL;
    char text[REJECT_TEXT_BYTES];

    if (division_from_pb(&author, reject->author)) {
        cursor = cursor_find(&stream->cursors, author);
    }
    if (cursor == NULL) {
        return;
    }
    if (reason == ERR_DIVISION_TAKEN && stream->is_upward) {
        copy_text(text, sizeof text, reject);
        findings_because(found, FOUND_CONFLICT_ABOVE, author, reject->lsn, reason, text);
        if (reject->lsn != 0 && cursor->log->side != HELD_OWN) { /* ours goes up to the parent */
            refuse_for_a_while(stream, cursor);
        }
        return;
    }
    refuse_for_a_while(stream, cursor);
    findings_because(found, FOUND_NACKED, author, reject->lsn, reason, "");
}
