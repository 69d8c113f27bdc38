#include "replicator/core.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    BACKOFF_FIRST_MS = 200,
    GREETING_MS = 1000,   /* an answer is waited for at least this long */
    SETTLED_MS = 5000,    /* a session this old makes up for the attempts before it */
    UNSENT_MS_FIRST = 20, /* then twice as long each time */
    UNSENT_MS_MAX = 1000,
    NOTES_PER_SECOND = 1, /* of one link, for the log */

    PAY_FRAME = 100,
    PAY_PAGE = 1000, /* 4 KiB of anything but blocks */
    PAY_REFUSED = 1000,
};

/* --- the set of links --- */

struct link *link_find(const struct replicator *r, struct division peer)
{
    for (size_t i = 0; i < r->link_count; i++) {
        if (division_equal(r->links[i]->peer, peer)) {
            return r->links[i];
        }
    }
    return NULL;
}

static void pause_key(struct buf *key, struct division peer)
{
    buf_clear(key);
    buf_put_u8(key, 'p');
    division_write(key, peer);
}

static bool stored_paused(struct replicator *r, struct division peer)
{
    const struct store *store = r->config.store;
    struct buf value = BUF_EMPTY;
    struct err err;
    bool paused;

    pause_key(&r->key, peer);
    paused =
        store->ops->get(store->self, NULL, SPACE_META, buf_bytes(&r->key), &value, &err) == OK &&
        value.size == 1 && value.data[0] == 1;
    buf_free(&value);
    return paused;
}

struct link *link_add(struct replicator *r, struct division peer, bool is_parent)
{
    struct link *link = mem_zalloc(sizeof *link);

    link->peer = peer;
    link->is_parent = is_parent;
    link->state = stored_paused(r, peer) ? PEER_PAUSED : PEER_DOWN;
    link->dial_ms = link->day_start_ms = now_ms(r);
    bucket_init(&link->bucket, r->limits.child_blocks_per_second, now_ms(r));
    bucket_init(&link->noted, NOTES_PER_SECOND, now_ms(r));
    r->links = mem_realloc(r->links, (r->link_count + 1) * sizeof(struct link *));
    if (is_parent) {
        memmove(&r->links[1], &r->links[0], r->link_count * sizeof(struct link *));
    }
    r->links[is_parent ? 0 : r->link_count] = link;
    r->link_count++;
    return link;
}

void link_free(struct link *link)
{
    for (size_t i = 0; i < link->cursor_count; i++) {
        mem_free(link->cursors[i]);
    }
    mem_free(link->cursors);
    mem_free(link->listed);
    waiting_free(&link->cosignatures);
    waiting_free(&link->beats);
    buf_free(&link->returned);
    mem_free(link);
}

/* --- sessions --- */

static void forget_session(struct replicator *r, struct link *link)
{
    link->session = 0;
    link->holds &= HOLD_LIMIT;
    flow_end(&link->flow);
    link->allowance = (struct allowance){0};
    link->hello_due = link->welcome_due = link->ack_due = false;
    link->reject_count = link->stranger_count = 0;
    waiting_clear(&link->beats); /* cosignatures keep; beats are stale by then */
    buf_free(&link->returned);
    cursor_reset(link); /* cursors stay: they tell what is behind while the link is down */
    intake_reset(r, link);
}

void link_begin(struct replicator *r, struct link *link, uint64_t credit)
{
    flow_begin(&link->flow, credit);
    link->opened_ms = link->heard_ms = now_ms(r);
    link->ack_due = false;
    if ((link->holds & HOLD_LIMIT) == 0) {
        link->reason[0] = '\0';
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

static void say_hello(struct replicator *r, struct link *link)
{
    const uint64_t four = 4 * (uint64_t)link->flow.rtt_ms;

    if (link->session == 0) {
        link->session = clock_random(r->config.clock) | 1;
    }
    link->hello_due = true;
    link->dial_ms = now_ms(r) + back_off_ms(r, link, four > GREETING_MS ? four : GREETING_MS);
    link->attempts++;
}

void link_unsent(struct replicator *r, struct link *link, struct bytes frame)
{
    link->blocked = true; /* until the next turn */
    if (link_is_open(link)) {
        buf_append_bytes(&link->returned, frame);
        link->unsent_wait_ms =
            link->unsent_wait_ms == 0 ? UNSENT_MS_FIRST : 2 * link->unsent_wait_ms;
        link->unsent_wait_ms = (uint32_t)earlier(link->unsent_wait_ms, UNSENT_MS_MAX);
        link->unsent_ms = now_ms(r) + link->unsent_wait_ms;
    } else if (link->is_parent && link->state == PEER_GREETING) {
        link->dial_ms = now_ms(r) + back_off_ms(r, link, 0); /* there is no answer to wait for */
    }
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

bool link_event(struct replicator *r, struct link *link, enum peer_event event)
{
    const enum peer_state from = link->state;
    const enum peer_action action = peer_step(&link->state, event);

    /* A link that is down for days greets all the time: that is not worth a word each. */
    if (from != link->state && link->state != PEER_GREETING) {
        note_change(r, link, from, event);
    }
    switch (action) {
    case DO_HELLO:
        say_hello(r, link);
        break;
    case DO_CLOSE:
    case DO_WELCOME: /* what the Hello says follows: see greet_take_hello */
        forget_session(r, link);
        break;
    case DO_OPEN:
    case DO_NOTHING:
        break;
    case DO_DROP:
        return false;
    }
    return true;
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

static void ask_restart(struct replicator *r, struct link *link, uint64_t session, enum status why)
{
    if (may_answer(r, link)) {
        link->restart_session = session;
        link->restart_why = why;
    }
}

void link_over(struct replicator *r, struct link *link, enum status why, const char *words)
{
    const uint64_t session = link->session;

    (void)snprintf(link->reason, sizeof link->reason, "%.95s", words);
    if (!link_event(r, link, EV_OVER)) {
        return;
    }
    if (link->is_parent) {
        link->dial_ms = now_ms(r) + back_off_ms(r, link, 0);
    } else {
        link->answered_ms = 0;
        ask_restart(r, link, session, why);
    }
}

void link_refuse_frame(struct replicator *r, struct link *link, const struct err *why)
{
    const bool open = link_is_open(link);

    link->frames_refused++;
    link->faulty = true;
    alarm_about(r, "bad_frame", link->peer, "%s", why->text);
    link_pay(r, link, PAY_REFUSED);
    if (open) {
        link_over(r, link, why->status, why->text);
    }
    if ((open && !link->is_parent) || link->state == PEER_PAUSED || !may_answer(r, link)) {
        return; /* a child hears it with the Restart */
    }
    link->complaint_due = true;
    link->complaint = (struct waiting_reject){.reason = why->status};
    (void)snprintf(link->complaint.text, sizeof link->complaint.text, "%.95s", why->text);
}

/* --- frames in --- */

static void take_parts(struct replicator *r, struct txn *txn, struct link *link,
                       const Terrace__Frame *frame)
{
    if (frame->ack != NULL) {
        cursor_acked(r, link, frame->ack);
    }
    if (frame->reject != NULL && link_is_open(link)) {
        cursor_rejected(r, link, frame->reject);
    }
    for (size_t i = 0; i < frame->n_cosignature; i++) {
        cosign_receive(r, txn, link, frame->cosignature[i]);
    }
    for (size_t i = 0; i < frame->n_beat; i++) {
        beat_receive(r, link, frame->beat[i]);
    }
    if (frame->blocks != NULL && link_is_open(link)) {
        intake_blocks(r, txn, link, frame->blocks);
    }
}

/* Besides its blocks, which are charged as they are taken. */
static uint64_t price_of(const Terrace__Frame *frame, size_t size)
{
    for (size_t i = 0; frame->blocks != NULL && i < frame->blocks->n_block; i++) {
        size -= frame->blocks->block[i].len;
    }
    return PAY_FRAME + (uint64_t)size * PAY_PAGE / 4096;
}

/* It could not use what we sent. */
static void take_complaint(struct replicator *r, struct link *link, const Terrace__Reject *reject)
{
    link->faulty = true;
    alarm_about(r, "rejected", link->peer, "it refuses a frame: %s",
                status_message((enum status)reject->reason));
}

static void take_in_session(struct replicator *r, struct txn *txn, struct link *link,
                            const Terrace__Frame *frame)
{
    link->heard_ms = now_ms(r);
    if (frame->has_restart) {
        if (link->is_parent && frame->restart == ERR_NEEDS_UPGRADE) {
            (void)snprintf(link->reason, sizeof link->reason, "no protocol version in common");
            (void)link_event(r, link, EV_INCOMPATIBLE);
            link->dial_ms = now_ms(r) + r->limits.reconnect_ms_max;
        } else if (link->is_parent) {
            char words[96];
            (void)snprintf(words, sizeof words, "the parent asks for a new session: %s",
                           status_message((enum status)frame->restart));
            link_over(r, link, (enum status)frame->restart, words);
        }
    } else if (frame->welcome != NULL) {
        greet_take_welcome(r, link, frame->welcome);
    } else if (link_is_open(link)) {
        take_parts(r, txn, link, frame);
    }
}

void link_receive(struct replicator *r, struct txn *txn, struct link *link,
                  const Terrace__Frame *frame, size_t size)
{
    const bool can_pay = link_can_pay(r, link);
    struct err err;

    link_pay(r, link, price_of(frame, size));
    if (link->state == PEER_PAUSED) {
        return;
    }
    link->heard_unix_ms = now_unix_ms(r);
    if (frame->reject != NULL && !frame->reject->has_author) {
        take_complaint(r, link, frame->reject); /* never answered, or the two never end */
    } else if (frame->session == 0) {
        (void)err_set(&err, ERR_MALFORMED, "a frame of no session");
        link_refuse_frame(r, link, &err);
    } else if (frame->hello != NULL) {
        if (can_pay) { /* it will say Hello again */
            greet_take_hello(r, link, frame->session, frame->hello);
        }
    } else if (frame->session == link->session) {
        take_in_session(r, txn, link, frame);
    } else if (!link->is_parent) { /* left over from a session that is over, or of none */
        ask_restart(r, link, frame->session, ERR_NOT_FOUND);
    }
}

/* --- time --- */

static void settle(struct replicator *r, struct link *link)
{
    link->attempts = 0;
    if (!link->faulty) {
        return;
    }
    link->faulty = false;
    alarm_over(r, "bad_frame", link->peer);
    if (link->turned_down == 0) {
        alarm_over(r, "rejected", link->peer);
    }
    if ((link->holds & HOLD_LIMIT) == 0) {
        alarm_over(r, "limit", link->peer);
    }
}

static void check_session(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);

    if (now - link->heard_ms > r->limits.silence_ms) {
        link_over(r, link, ERR_UNREACHABLE, "silent for too long");
    } else if (cursor_stuck(r, link)) {
        link_over(r, link, ERR_UNREACHABLE, "what was sent is not acknowledged");
    } else {
        if (now - link->opened_ms >= SETTLED_MS) {
            settle(r, link);
        }
        if (now - link->spoke_ms >= r->limits.silence_ms / 4) {
            link->ack_due = true; /* so that the peer hears something */
        }
    }
}

void link_moved(struct replicator *r, struct link *link)
{
    link->unmoved_ms = 0;
    if (link->silent) {
        link->silent = false;
        alarm_over(r, "silent_with_backlog", link->peer);
    }
}

/* Counts the time in which the peer is there and confirms nothing, over all sessions: one that
 * begins a new one again and again confirms as little. */
static void check_backlog(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);
    const uint64_t since = link->ticked_ms > link->opened_ms ? link->ticked_ms : link->opened_ms;

    if (!cursor_behind(link)) {
        link_moved(r, link);
        return;
    }
    link->unmoved_ms += now - since;
    if (link->unmoved_ms > r->limits.stuck_ms) {
        link->silent = true;
        alarm_about(r, "silent_with_backlog", link->peer,
                    "it is connected, and has confirmed nothing of what waits for it for %" PRIu64
                    " s",
                    link->unmoved_ms / 1000);
    }
}

void link_tick(struct replicator *r, struct link *link)
{
    link->blocked = false;
    if ((link->holds & HOLD_LIMIT) != 0) {
        link_relieve(r, link);
    }
    if (link_is_open(link)) {
        cursor_tick(r, link);
        check_backlog(r, link);
        check_session(r, link);
    }
    if (link->is_parent && !link_is_open(link) && now_ms(r) >= link->dial_ms) {
        (void)link_event(r, link, EV_DIAL);
    }
    link->ticked_ms = now_ms(r);
}

uint64_t link_next_tick(const struct replicator *r, const struct link *link)
{
    const uint64_t now = now_ms(r);
    uint64_t at = UINT64_MAX;

    if (link->returned.size > 0) {
        at = link->unsent_ms;
    }
    if ((link->holds & HOLD_LIMIT) != 0) {
        at = earlier(at, link->check_ms);
    }
    if (!link_is_open(link)) {
        return link->is_parent && link->state != PEER_PAUSED ? earlier(at, link->dial_ms) : at;
    }
    if (link->hungry && link->returned.size == 0) {
        return now;
    }
    at = earlier(at, link->heard_ms + r->limits.silence_ms + 1);
    if (!link->ack_due) {
        at = earlier(at, link->spoke_ms + r->limits.silence_ms / 4);
    }
    at = earlier(at, cursor_stuck_at_ms(link));
    return link->retry_ms == 0 ? at : earlier(at, link->retry_ms);
}

/* --- operators --- */

enum status replicator_pause(struct replicator *r, struct txn *txn, struct division peer,
                             bool paused, struct err *err)
{
    struct link *link = link_find(r, peer);
    const uint8_t value = paused;

    if (link == NULL) {
        return err_set(err, ERR_NOT_FOUND, "%s is no neighbour of %s", peer.code,
                       r->config.self.code);
    }
    if (link_event(r, link, paused ? EV_PAUSE : EV_RESUME)) {
        link->reason[0] = '\0';
        link->dial_ms = now_ms(r);
        link->attempts = 0;
    }
    pause_key(&r->key, peer);
    (void)txn_put(txn, SPACE_META, buf_bytes(&r->key), bytes_of(&value, 1));
    return OK;
}
