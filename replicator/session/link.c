#include "replicator/session/link.h"

#include <assert.h>
#include <inttypes.h>

#include "replicator/core.h"
#include "replicator/store/row_letters.h"

enum {
    SESSION_LAST = (1 << 28) - 1, /* four bytes in every frame */
    BACKOFF_FIRST_MS = 200,
    HANDSHAKE_MS = 1000,  /* an answer is waited for at least this long */
    SETTLED_MS = 5000,    /* a session this old makes up for the attempts before it */
    NOTES_PER_SECOND = 1, /* of one link, for the log */
    DAMAGED_TRIES = 3,    /* for so many of them what a damaged parent said is its word of now */
};

/* --- one link --- */

static void pause_key(struct buf *key, struct division peer)
{
    buf_put_u8(key, META_PAUSED);
    division_write(key, peer);
}

/* A stop that cannot be read is one still: an operator sees it, and ends it. */
static bool stored_paused(const struct replicator *r, struct division peer)
{
    const struct store *store = r->config.store;
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;
    enum status status;
    struct err err;
    bool paused;

    pause_key(&key, peer);
    status = store->ops->get(store->self, NULL, SPACE_META, buf_bytes(&key), &value, &err);
    paused = status != ERR_NOT_FOUND && (status != OK || value.size != 1 || value.data[0] != 0);
    buf_free(&key);
    buf_free(&value);
    return paused;
}

struct link *link_new(struct replicator *r, struct division peer, bool is_up)
{
    struct link *link = mem_zalloc(sizeof *link);

    link->peer = peer;
    link->is_up = is_up;
    link->state = stored_paused(r, peer) ? PEER_PAUSED : PEER_DOWN;
    link->dial_ms = link->closed_ms = link->lasted_ms = now_ms(r);
    bucket_init(&link->noted, NOTES_PER_SECOND, now_ms(r));
    link_limits_init(&link->limits, &r->limits, now_ms(r));
    stream_init(&link->stream, &r->context, peer, is_up);
    return link;
}

struct link *link_new_far(struct replicator *r, struct division peer, bool is_up)
{
    struct link *link = link_new(r, peer, is_up);

    link->is_far = true;
    return link;
}

void link_free(struct link *link)
{
    stream_free(&link->stream);
    mem_free(link);
}

/* --- state --- */

static void set_reason(struct link *link, const char *message)
{
    message_format(link->reason, sizeof link->reason, "%s", message);
}

static void forget_session(struct replicator *r, struct link *link)
{
    link->session = 0;
    link->holds &= HOLD_LIMIT;
    if (stream_reset(&link->stream)) {
        notice_over(r, ALARM_BAD_BLOCK, link->peer);
    }
}

/* Full jitter below a growing cap, on top of the time an answer needs. */
static uint64_t back_off_ms(struct replicator *r, const struct link *link, uint64_t patience)
{
    const uint32_t doublings = link->attempts < 16 ? link->attempts : 16;
    const uint64_t max = r->limits.reconnect_ms_max;
    uint64_t cap = (uint64_t)BACKOFF_FIRST_MS << doublings;

    patience = earlier(patience, max / 2);
    cap = earlier(cap, max - patience);
    return patience + clock_random(r->config.clock) % (cap + 1);
}

static void dial(struct replicator *r, struct link *link)
{
    const uint64_t four = 4 * (uint64_t)link->stream.flow.rtt_ms;

    if (link->session == 0) {
        link->session = (clock_random(r->config.clock) & SESSION_LAST) | 1;
        handshake_begin(&link->handshake, now_ms(r));
    }
    outbox_want_hello(&link->stream.outbox);
    link->dial_ms = now_ms(r) + back_off_ms(r, link, four > HANDSHAKE_MS ? four : HANDSHAKE_MS);
    link->attempts++;
}

/* A neighbour that changes its mind all the time cannot fill the log. */
static void note_change(struct replicator *r, struct link *link, enum peer_state from,
                        enum peer_event event)
{
    const struct link_change change = {.peer = link->peer,
                                       .from = from,
                                       .to = link->state,
                                       .on = peer_event_name(event),
                                       .reason = link->reason};

    bucket_fill(&link->noted, NOTES_PER_SECOND, now_ms(r));
    if (link->noted.milli > 0) {
        bucket_pay(&link->noted, NOTES_PER_SECOND, 1000);
        r->config.sink.link_changed(r->config.sink.arg, &change);
    }
}

/* The one place where the state changes. False: out of turn, and nothing was done. */
static bool step(struct replicator *r, struct link *link, enum peer_event event)
{
    const bool was_open = link_is_open(link);
    const enum peer_state from = link->state;
    const enum peer_action action = peer_step(&link->state, event);

    if (was_open && !link_is_open(link)) {
        link->closed_ms = now_ms(r);
        link->lasted_ms = link->settled ? link->closed_ms : link->lasted_ms;
    }
    /* A link that is down for days dials all the time: that is not worth a line each. */
    if (from != link->state && link->state != PEER_HANDSHAKE) {
        note_change(r, link, from, event);
    }
    if (action == DO_HELLO) {
        dial(r, link);
    } else if (action == DO_CLOSE || action == DO_WELCOME) {
        forget_session(r, link); /* what a Hello says follows: see link_begin */
    }
    return action != DO_DROP;
}

void link_begin(struct replicator *r, struct link *link, uint64_t session, uint64_t credit)
{
    const bool in_turn = step(r, link, link->is_up ? EV_WELCOME : EV_HELLO);

    assert(in_turn);
    (void)in_turn;
    link->session = session;
    link->bringing = (struct bringing){.due = true};
    link->settled = false;
    link->damaged_ms = 0;
    flow_begin(&link->stream.flow, credit);
    link->opened_ms = link->heard_ms = now_ms(r);
    outbox_want_ack(&link->stream.outbox, false);
    if ((link->holds & HOLD_LIMIT) == 0) {
        link->reason[0] = '\0';
    }
    if (!link->is_up) {
        (void)step(r, link, link->holds != 0 ? EV_HOLD : EV_RELEASE);
    }
}

void link_over(struct replicator *r, struct link *link, enum status why, const char *message)
{
    const uint64_t session = link->session;

    set_reason(link, message);
    if (!step(r, link, EV_OVER)) {
        return;
    }
    if (link->is_up) {
        link->dial_ms = now_ms(r) + back_off_ms(r, link, 0);
    } else {
        link->answered_ms = 0;
        link_ask_restart(r, link, session, why);
    }
}

void link_put_off(struct replicator *r, struct link *link, uint64_t until_ms, const char *message)
{
    link_over(r, link, OK, message);
    link->dial_ms = until_ms;
}

void link_over_damaged(struct replicator *r, struct link *link)
{
    link->damaged_ms = now_ms(r);
    link_over(r, link, ERR_CORRUPT, "parent_is_damaged");
}

bool link_is_damaged(const struct replicator *r, const struct link *link)
{
    return link->damaged_ms != 0 && !link_is_open(link) &&
           now_ms(r) - link->damaged_ms <=
               DAMAGED_TRIES * ((uint64_t)r->limits.reconnect_ms_max + HANDSHAKE_MS);
}

void link_left(struct replicator *r, struct link *link, const char *message)
{
    set_reason(link, message);
    (void)step(r, link, EV_OVER);
}

void link_forget_alarms(struct replicator *r, const struct link *link)
{
    static const enum alarm_code of_links[] = {
        ALARM_BAD_BLOCK,  ALARM_BAD_FRAME,    ALARM_REJECTED,    ALARM_LIMIT,
        ALARM_CLOCK_SKEW, ALARM_INCOMPATIBLE, ALARM_FALSE_CLAIM, ALARM_SILENT_WITH_BACKLOG};

    for (size_t i = 0; i < COUNT_OF(of_links); i++) {
        notice_over(r, of_links[i], link->peer);
    }
}

void link_hold(struct replicator *r, struct link *link, enum hold hold, const char *message)
{
    link->holds |= hold;
    link_limits_hold(&link->limits, now_ms(r));
    set_reason(link, message);
    (void)step(r, link, EV_HOLD);
}

void link_release(struct replicator *r, struct link *link, enum hold hold)
{
    if ((link->holds & hold) == 0) {
        return;
    }
    link->holds &= ~(unsigned)hold;
    if (link->holds == 0) {
        link->reason[0] = '\0';
        (void)step(r, link, EV_RELEASE);
    }
}

void link_incompatible(struct replicator *r, struct link *link, uint64_t session,
                       const char *message)
{
    set_reason(link, message);
    if (step(r, link, EV_INCOMPATIBLE)) {
        notice_alarm(r, ALARM_INCOMPATIBLE, link->peer, "%s", message);
    }
    if (link->is_up) {
        link->dial_ms = now_ms(r) + r->limits.reconnect_ms_max;
    } else {
        outbox_restart(&link->stream.outbox, session, ERR_NEEDS_UPGRADE);
    }
}

void link_pause(struct replicator *r, struct txn *txn, struct link *link, bool paused)
{
    const uint8_t value = paused;
    struct buf key = BUF_EMPTY;

    if (step(r, link, paused ? EV_PAUSE : EV_RESUME)) {
        link->reason[0] = '\0';
        link->dial_ms = link->closed_ms = link->lasted_ms = now_ms(r);
        link->attempts = 0;
    }
    pause_key(&key, link->peer);
    (void)txn_put(txn, SPACE_META, buf_bytes(&key), bytes_of(&value, 1));
    buf_free(&key);
}

void link_revoked(struct link *link, uint64_t since_ms)
{
    link->revoked_ms = since_ms;
}

/* --- what the peer did --- */

void link_heard(struct replicator *r, struct link *link)
{
    link->heard_unix_ms = now_unix_ms(r);
}

void link_heard_now(struct replicator *r, struct link *link)
{
    link->heard_ms = now_ms(r);
}

void link_spoke(struct replicator *r, struct link *link)
{
    link->spoke_ms = now_ms(r);
}

/* What comes out of turn is answered, but not each time. */
static bool may_answer(struct replicator *r, struct link *link)
{
    if (link->answered_ms != 0 && now_ms(r) - link->answered_ms < BACKOFF_FIRST_MS) {
        return false;
    }
    link->answered_ms = now_ms(r);
    return true;
}

void link_ask_restart(struct replicator *r, struct link *link, uint64_t session, enum status why)
{
    if (may_answer(r, link)) {
        outbox_restart(&link->stream.outbox, session, why);
    }
}

void link_refuse_frame(struct replicator *r, struct link *link, const struct err *why)
{
    const bool open = link_is_open(link);

    link->frames_refused++;
    link->protocol_error = true;
    notice_alarm(r, ALARM_BAD_FRAME, link->peer, "%s", why->text);
    link_pay(r, link, PAY_REFUSED);
    if (open) {
        link_over(r, link, why->status, why->text);
    }
    if ((open && !link->is_up) || link->state == PEER_PAUSED || !may_answer(r, link)) {
        return; /* a child hears it with the Restart */
    }
    outbox_complain(&link->stream.outbox, why);
}

void link_protocol_error(struct link *link)
{
    link->protocol_error = true;
}

void link_count_refused(struct link *link)
{
    link->frames_refused++;
}

void link_moved(struct replicator *r, struct link *link)
{
    link->unmoved_ms = 0;
    if (link->silent) {
        link->silent = false;
        notice_over(r, ALARM_SILENT_WITH_BACKLOG, link->peer);
    }
}

void link_answered(struct link *link)
{
    link->attempts = 0;
}

/* --- credit and limits --- */

bool link_puts_off(const struct replicator *r, const struct link *link)
{
    return r->resync.on && !link->is_up;
}

uint64_t link_grant(struct replicator *r, struct link *link)
{
    return allowance_grant(&link->stream.allowance, r->limits.credit_bytes,
                           r->no_room || link_puts_off(r, link) || (link->holds & HOLD_LIMIT) != 0);
}

static void hold_past_limit(struct replicator *r, struct link *link)
{
    const char *passed = link_limits_passed(&link->limits, &r->limits);

    if (passed != NULL && (link->holds & HOLD_LIMIT) == 0) {
        link_hold(r, link, HOLD_LIMIT, passed);
        notice_alarm(r, ALARM_LIMIT, link->peer, "%s", passed);
    }
}

bool link_charge(struct replicator *r, struct link *link, size_t blocks, size_t bytes)
{
    const bool granted = allowance_take(&link->stream.allowance, bytes);
    bool within;

    if (link->is_up) {
        return granted;
    }
    within = link_limits_charge(&link->limits, &r->limits, blocks, bytes, granted, now_ms(r));
    hold_past_limit(r, link);
    return within;
}

void link_pay(struct replicator *r, struct link *link, uint64_t milli)
{
    if (!link->is_up) {
        link_limits_pay(&link->limits, &r->limits, milli, now_ms(r));
        hold_past_limit(r, link);
    }
}

bool link_can_pay(struct replicator *r, struct link *link)
{
    return link->is_up || link_limits_can_pay(&link->limits, &r->limits, now_ms(r));
}

bool link_may_verify(const struct replicator *r, struct link *link)
{
    return link_limits_may_verify(&link->limits, now_ms(r));
}

/* --- time --- */

void link_durable(struct link *link)
{
    if (allowance_stored(&link->stream.allowance) || receive_has_news(&link->stream.receive)) {
        outbox_want_ack(&link->stream.outbox, true);
    }
    outbox_block(&link->stream.outbox, false);
}

void link_unsent(struct replicator *r, struct link *link, struct bytes frame)
{
    outbox_block(&link->stream.outbox, true); /* until the next turn */
    if (link_is_open(link)) {
        outbox_return(&link->stream.outbox, frame, now_ms(r));
    } else if (link->is_up && link->state == PEER_HANDSHAKE) {
        link->dial_ms = now_ms(r) + back_off_ms(r, link, 0); /* there is no answer to wait for */
    }
}

/* The session lasts: what was wrong before it is over. */
static void settle(struct replicator *r, struct link *link)
{
    link->attempts = 0;
    if (!link->settled) {
        link->settled = true;
        link->missed = false;
        notice_over(r, ALARM_NEIGHBOUR_DOWN, link->peer); /* it may be of the run before */
    }
    if (!link->protocol_error) {
        return;
    }
    link->protocol_error = false;
    notice_over(r, ALARM_BAD_FRAME, link->peer);
    if (link->stream.cursors.nacked == 0) {
        notice_over(r, ALARM_REJECTED, link->peer);
    }
    if ((link->holds & HOLD_LIMIT) == 0) {
        notice_over(r, ALARM_LIMIT, link->peer);
    }
}

static void check_session(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);

    if (now - link->heard_ms > r->limits.silence_ms) {
        link_over(r, link, ERR_UNREACHABLE, "peer_silent");
    } else if (cursor_stuck(&link->stream)) {
        link_over(r, link, ERR_UNREACHABLE, "not_acknowledged");
    } else if (link->silent && now - link->opened_ms > r->limits.stuck_ms) {
        /* Not even credit may have been heard right: the next session tells it anew. */
        link_over(r, link, ERR_UNREACHABLE, "not_acknowledged");
    } else {
        if (now - link->opened_ms >= SETTLED_MS) {
            settle(r, link);
        }
        if (now - link->spoke_ms >= r->limits.silence_ms / 2) {
            outbox_want_ack(&link->stream.outbox, true); /* so that the peer hears something */
        }
    }
}

/* Counts the time in which the peer is there and confirms nothing, over all sessions: one that
 * begins a new one again and again confirms as little. */
static void check_backlog(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);
    const uint64_t since = link->ticked_ms > link->opened_ms ? link->ticked_ms : link->opened_ms;

    if (!cursor_behind(&link->stream.cursors)) {
        link_moved(r, link);
        return;
    }
    link->unmoved_ms += now - since;
    if (link->unmoved_ms > r->limits.stuck_ms) {
        link->silent = true;
        notice_alarm(r, ALARM_SILENT_WITH_BACKLOG, link->peer,
                     "nothing_confirmed_by_peer seconds=%" PRIu64, link->unmoved_ms / 1000);
    }
}

/* May the link resume? Yes when what the peer asks of us has been below its limits for a while. */
static void check_limits(struct replicator *r, struct link *link)
{
    if ((link->holds & HOLD_LIMIT) != 0 &&
        link_limits_may_resume(&link->limits, &r->limits, now_ms(r))) {
        link_release(r, link, HOLD_LIMIT);
        notice_over(r, ALARM_LIMIT, link->peer);
        outbox_want_ack(&link->stream.outbox, true); /* carries the credit that was withheld */
    }
}

/* What was stopped or revoked is not missed. A link whose sessions all end as they begin is. */
static bool may_miss(const struct link *link)
{
    return link->state != PEER_PAUSED && link->revoked_ms == 0 && !link->is_far;
}

static void check_missed(struct replicator *r, struct link *link)
{
    const uint64_t down_ms = now_ms(r) - link->lasted_ms;

    if (!may_miss(link) || down_ms <= r->limits.neighbour_down_ms) {
        return;
    }
    link->missed = true;
    if (link->opened_ms > link->lasted_ms) {
        notice_alarm(r, ALARM_NEIGHBOUR_DOWN, link->peer,
                     "neighbour_unsettled seconds=%" PRIu64 " why=%s", down_ms / 1000,
                     link->reason);
    } else {
        notice_alarm(r, ALARM_NEIGHBOUR_DOWN, link->peer, "neighbour_down seconds=%" PRIu64,
                     down_ms / 1000);
    }
}

void link_tick(struct replicator *r, struct link *link)
{
    outbox_block(&link->stream.outbox, false);
    check_limits(r, link);
    if (link_is_open(link)) {
        cursor_tick(&link->stream);
        check_backlog(r, link);
        check_session(r, link);
    }
    if (!link_is_open(link)) {
        check_missed(r, link);
    }
    if (link->is_up && !link_is_open(link) && now_ms(r) >= link->dial_ms) {
        (void)step(r, link, EV_DIAL);
    }
    link->ticked_ms = now_ms(r);
}

uint64_t link_next_tick(const struct replicator *r, const struct link *link)
{
    const struct stream *stream = &link->stream;
    const bool returned = stream->outbox.returned.size > 0;
    uint64_t at = UINT64_MAX;

    if (returned) {
        at = stream->outbox.unsent_ms;
    }
    if ((link->holds & HOLD_LIMIT) != 0) {
        at = earlier(at, link->limits.check_ms);
    }
    if (!link_is_open(link)) {
        if (link->state == PEER_PAUSED) {
            return at;
        }
        if (!link->missed && may_miss(link)) {
            at = earlier(at, link->lasted_ms + r->limits.neighbour_down_ms + 1);
        }
        return link->is_up ? earlier(at, link->dial_ms) : at;
    }
    if (stream->send.scan_incomplete && !returned) {
        return now_ms(r);
    }
    at = earlier(at, link->heard_ms + r->limits.silence_ms + 1);
    if (!link->settled) {
        at = earlier(at, link->opened_ms + SETTLED_MS);
    }
    if (!stream->outbox.ack_due) {
        at = earlier(at, link->spoke_ms + r->limits.silence_ms / 2);
    }
    at = earlier(at, cursor_stuck_at_ms(stream));
    if (link->silent) {
        at = earlier(at, link->opened_ms + r->limits.stuck_ms + 1);
    }
    return stream->cursors.retry_ms == 0 ? at : earlier(at, stream->cursors.retry_ms);
}
