#include "proto/bug.h"
#include "replicator/core.h"
#include "replicator/taken.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* --- cursors --- */

static size_t place_of(const struct link *link, struct division author)
{
    size_t low = 0, high = link->cursor_count;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (division_compare(link->cursors[middle]->log->author, author) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct cursor *cursor_find(const struct link *link, struct division author)
{
    const size_t at = place_of(link, author);

    return at < link->cursor_count && division_equal(link->cursors[at]->log->author, author)
               ? link->cursors[at]
               : NULL;
}

/* Is nothing after `lsn` addressed to the peer? Spares reading the log to find that out. */
static bool has_all(const struct replicator *r, const struct link *link, const struct held_log *log,
                    uint64_t lsn)
{
    for (size_t i = 0; i < log->audience_count; i++) {
        const struct audience_head *head = &log->audiences[i];
        if (head->lsn > lsn && !BUG("resume-passes-over") &&
            roster_in_audience(r->roster, link->peer, log->author, &head->audience)) {
            return false;
        }
    }
    return true;
}

void cursor_add(struct replicator *r, struct link *link, struct held_log *log)
{
    const size_t at = place_of(link, log->author);
    struct cursor *cursor;

    if (cursor_find(link, log->author) != NULL) {
        return;
    }
    if (link->cursor_count == link->cursor_capacity) {
        link->cursor_capacity = link->cursor_capacity == 0 ? 4 : 2 * link->cursor_capacity;
        link->cursors = mem_realloc(link->cursors, link->cursor_capacity * sizeof(struct cursor *));
    }
    cursor = mem_zalloc(sizeof *cursor);
    cursor->log = log;
    cursor->whole = link->is_parent;
    cursor->acked = earlier(cosign_lsn(r, log->author, link->peer), log->durable.lsn);
    if (!cursor->whole && has_all(r, link, log, cursor->acked)) {
        cursor->acked = log->durable.lsn;
    }
    cursor->sent = cursor->sent_block = cursor->acked;
    memmove(&link->cursors[at + 1], &link->cursors[at],
            (link->cursor_count - at) * sizeof(struct cursor *));
    link->cursors[at] = cursor;
    link->cursor_count++;
}

/* What was sent of it and not acknowledged is sent again. */
static void rewind_to(struct link *link, struct cursor *cursor, uint64_t acked)
{
    link->flying -= cursor_in_flight(cursor) ? 1 : 0;
    cursor->acked = cursor->sent = cursor->sent_block = acked;
    if (link->sample_of == cursor) {
        link->sample_of = NULL;
    }
}

void cursor_wait(struct link *link, struct cursor *cursor, uint64_t at_ms)
{
    cursor->retry_ms = at_ms;
    link->retry_ms = link->retry_ms == 0 ? at_ms : earlier(link->retry_ms, at_ms);
}

void cursor_reset(struct link *link)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        rewind_to(link, cursor, cursor->acked);
        cursor->retry_ms = cursor->turned_ms = 0;
        cursor->acked_hash_known = false;
    }
    assert(link->flying == 0);
    link->hungry = false;
    link->retry_ms = 0;
}

uint64_t cursor_stuck_at_ms(const struct link *link)
{
    uint64_t at = UINT64_MAX;

    for (size_t i = 0; link->flying > 0 && i < link->cursor_count; i++) {
        const struct cursor *cursor = link->cursors[i];
        if (cursor_in_flight(cursor)) {
            at = earlier(at, cursor->moved_ms + flow_stuck_ms(&link->flow, cursor->stalls) + 1);
        }
    }
    return at;
}

bool cursor_stuck(const struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);
    bool stuck = false;

    for (size_t i = 0; link->flying > 0 && i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        if (cursor_in_flight(cursor) &&
            now - cursor->moved_ms > flow_stuck_ms(&link->flow, cursor->stalls)) {
            cursor->stalls++;
            stuck = true;
        }
    }
    return stuck;
}

bool cursor_behind(const struct link *link)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        if (link->cursors[i]->acked < link->cursors[i]->log->durable.lsn) {
            return true;
        }
    }
    return false;
}

static void no_longer_refused(struct replicator *r, struct link *link, struct cursor *cursor)
{
    if (!cursor->refused) {
        return;
    }
    cursor->refused = false;
    if (--link->turned_down == 0) {
        link_release(r, link, HOLD_TURNED_DOWN);
        alarm_over(r, "rejected", link->peer);
    }
}

/* --- where the peer stands --- */

static void tell_apart(struct replicator *r, const struct link *link, const struct held_log *log,
                       uint64_t lsn)
{
    if (log->side == HELD_OWN) {
        alarm_about(r, "lost_tail", log->author,
                    "%s holds our log up to lsn %" PRIu64 ", we up to %" PRIu64
                    ": this store is older than what was acknowledged; restore a newer one, or "
                    "join again with a new token",
                    link->peer.code, lsn, log->durable.lsn);
    } else {
        alarm_about(r, "lost_tail", log->author,
                    "%s holds the log of %s up to lsn %" PRIu64 ", we up to %" PRIu64,
                    link->peer.code, log->author.code, lsn, log->durable.lsn);
    }
}

/* The peer holds this whole log too: do the two fit together? */
static void compare(struct replicator *r, const struct link *link, const struct held_log *log,
                    const Terrace__Position *position)
{
    const struct log_head *head = &log->durable;

    if (position->lsn == head->lsn && position->hash.len == HASH_SIZE &&
        memcmp(position->hash.data, head->hash.at, HASH_SIZE) != 0) {
        alarm_about(r, "fork", log->author, "%s holds another block at lsn %" PRIu64 " of %s",
                    link->peer.code, head->lsn, log->author.code);
    }
    if (!link->is_parent && position->lsn < head->lsn && division_equal(log->author, link->peer)) {
        alarm_about(r, "lost_tail", link->peer,
                    "it lost part of its own log: it is at lsn %" PRIu64 ", we hold %" PRIu64,
                    position->lsn, head->lsn);
    }
}

static void resume_log(struct replicator *r, struct link *link, const Terrace__Position *position)
{
    struct division author;
    struct held_log *log;
    struct cursor *cursor;

    if (!division_from_pb(&author, position->author)) {
        return;
    }
    log = heads_find(r, author);
    if (log == NULL || log->side == HELD_NOT) {
        return;
    }
    if (link->is_parent ? log->side != HELD_ABOVE : log->side == HELD_BELOW) {
        compare(r, link, log, position);
    }
    cursor = cursor_find(link, author);
    if (cursor == NULL) {
        return;
    }
    if (position->lsn > log->durable.lsn) {
        tell_apart(r, link, log, position->lsn);
        rewind_to(link, cursor, log->durable.lsn);
        return;
    }
    rewind_to(link, cursor, position->lsn);
    if (cursor->whole && position->lsn != 0 && position->hash.len == HASH_SIZE) {
        memcpy(cursor->acked_hash.at, position->hash.data, HASH_SIZE);
        cursor->acked_hash_known = true;
    }
}

void cursor_resume(struct replicator *r, struct link *link, Terrace__Position **heads, size_t count)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        rewind_to(link, link->cursors[i], 0);
    }
    for (size_t i = 0; i < count; i++) {
        resume_log(r, link, heads[i]);
    }
    for (size_t i = 0; i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        if (!cursor->whole && has_all(r, link, cursor->log, cursor->acked)) {
            rewind_to(link, cursor, cursor->log->durable.lsn);
        }
        if (cursor->acked == cursor->log->durable.lsn) {
            no_longer_refused(r, link, cursor);
        }
    }
}

/* --- what comes back --- */

static void note_round_trip(struct link *link, const struct cursor *cursor, uint64_t now)
{
    if (link->sample_of == cursor && cursor->acked >= link->sample_lsn) {
        flow_round_trip(&link->flow, now - link->sample_ms);
        link->sample_of = NULL;
    }
}

/* The peer holds more than it did: what is behind moves. */
static void moved(struct replicator *r, struct link *link, struct cursor *cursor)
{
    cursor->moved_ms = now_ms(r);
    cursor->stalls = 0;
    link_moved(r, link);
    no_longer_refused(r, link, cursor);
}

static bool acked(struct replicator *r, struct link *link, const Terrace__Position *position)
{
    struct division author;
    struct cursor *cursor;

    if (!division_from_pb(&author, position->author)) {
        return false;
    }
    cursor = cursor_find(link, author);
    if (cursor == NULL || position->lsn <= cursor->acked) {
        return false;
    }
    if (position->lsn > cursor->log->durable.lsn) {
        tell_apart(r, link, cursor->log, position->lsn);
        return false;
    }
    link->flying -= cursor_in_flight(cursor) && position->lsn >= cursor->sent_block ? 1 : 0;
    cursor->acked = position->lsn;
    cursor->acked_hash_known = false;
    if (cursor->sent < cursor->acked) { /* it had more than it said: from another session */
        cursor->sent = cursor->acked;
    }
    if (cursor->sent_block < cursor->acked) {
        cursor->sent_block = cursor->acked;
    }
    if (!cursor_in_flight(cursor) && cursor->acked < cursor->sent) {
        cursor->acked = cursor->sent_block = cursor->sent; /* the rest was not for this peer */
    }
    moved(r, link, cursor);
    note_round_trip(link, cursor, now_ms(r));
    return true;
}

static void turned_down(struct replicator *r, struct link *link, struct cursor *cursor,
                        uint64_t lsn, uint64_t wait_ms)
{
    const uint64_t held =
        lsn <= cursor->log->durable.lsn && lsn > cursor->acked ? lsn : cursor->acked;

    rewind_to(link, cursor, held);
    cursor_wait(link, cursor, now_ms(r) + wait_ms);
    cursor->turned_ms = now_ms(r);
}

/* What a log lacked may have come with another one. */
static void retry_soon(struct link *link)
{
    for (size_t i = 0; link->retry_ms != 0 && i < link->cursor_count; i++) {
        struct cursor *cursor = link->cursors[i];
        if (cursor->retry_ms != 0 && !cursor->refused) {
            cursor_wait(link, cursor, earlier(cursor->retry_ms, cursor->turned_ms + RETRY_SOON_MS));
        }
    }
}

void cursor_tick(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);

    if (link->retry_ms == 0 || link->retry_ms > now) {
        return;
    }
    link->retry_ms = 0;
    for (size_t i = 0; i < link->cursor_count; i++) {
        if (link->cursors[i]->retry_ms > now) {
            cursor_wait(link, link->cursors[i], link->cursors[i]->retry_ms);
        }
    }
}

void cursor_acked(struct replicator *r, struct link *link, const Terrace__Ack *ack)
{
    bool answered = false;

    for (size_t i = 0; i < ack->n_held; i++) {
        answered |= acked(r, link, ack->held[i]);
    }
    if (answered) {
        retry_soon(link);
    }
    for (size_t i = 0; i < ack->n_not_yet; i++) {
        struct division author;
        struct cursor *cursor = NULL;

        if (division_from_pb(&author, ack->not_yet[i]->author)) {
            cursor = cursor_find(link, author);
        }
        if (cursor != NULL) {
            turned_down(r, link, cursor, ack->not_yet[i]->lsn, RETRY_NOT_YET_MS);
            answered = true;
        }
    }
    if (ack->has_credit) {
        answered |= flow_credited(&link->flow, ack->credit, now_ms(r));
    }
    if (answered) {
        link->attempts = 0;
    }
}

/* The bytes may have been hurt on the way: once more, but not at once. */
static void refuse_for_a_while(struct replicator *r, struct link *link, struct cursor *cursor)
{
    turned_down(r, link, cursor, cursor->acked, RETRY_REFUSED_MS);
    link->turned_down += cursor->refused ? 0 : 1;
    cursor->refused = true;
}

static void copy_words(char *out, size_t size, const Terrace__Reject *reject)
{
    const struct bytes text = reject->has_text ? bytes_of_pb(reject->text) : BYTES_NONE;

    (void)snprintf(out, size, "%.*s", text_plain(text) ? (int)text.size : 0,
                   text.size == 0 ? "" : (const char *)text.data);
}

void cursor_rejected(struct replicator *r, struct link *link, const Terrace__Reject *reject)
{
    struct division author;
    struct cursor *cursor = NULL;
    char words[96];

    if (division_from_pb(&author, reject->author)) {
        cursor = cursor_find(link, author);
    }
    if (cursor == NULL) {
        return;
    }
    if (reject->reason == ERR_DIVISION_TAKEN && link->is_parent) {
        struct waiting_reject heard = {.lsn = reject->lsn};
        copy_words(heard.text, sizeof heard.text, reject);
        taken_heard(r, link, author, &heard);
        if (reject->lsn != 0 && cursor->log->side != HELD_OWN) { /* ours goes up to the parent */
            refuse_for_a_while(r, link, cursor);
        }
        return;
    }
    (void)snprintf(words, sizeof words, "it rejects block %" PRIu64 " of %s: %s", reject->lsn,
                   author.code, status_message((enum status)reject->reason));
    refuse_for_a_while(r, link, cursor);
    link_hold(r, link, HOLD_TURNED_DOWN, words);
    alarm_about(r, "rejected", link->peer, "%s", words);
}
