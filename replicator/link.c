/* link - one neighbour: its session, credit and limits, and its timers. */
#include "replicator/core.h"

#include <assert.h>
#include <stdio.h>

#include "proto/log.h"

enum {
    BACKOFF_FIRST_MS = 200,
    GREETING_MS = 1000, /* an answer is waited for at least this long */
    SETTLED_MS = 5000,  /* a session this old makes up for the attempts before it */
    DAY_MS = 24 * 3600 * 1000,
    BURST_SECONDS = 10,
    UNSENT_RETRY_MS = 20,
    HELD_CHECK_MS = 200,
    VERIFY_PER_SECOND_MAX = 1000,
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
    link->dial_ms = link->bucket_ms = link->day_start_ms = now_ms(r);
    link->bucket_milli = (int64_t)r->limits.child_blocks_per_second * BURST_SECONDS * 1000;
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
    link->credit_first = link->credit = link->sent_bytes = 0;
    link->taken_bytes = link->stored_bytes = link->granted = 0;
    link->hello_due = link->welcome_due = link->ack_due = false;
    link->reject_count = link->stranger_count = 0;
    waiting_clear(&link->beats); /* cosignatures keep; beats are stale by then */
    buf_free(&link->returned);
    cursor_reset(link); /* cursors stay: they tell what is behind while the link is down */
    intake_reset(r, link);
}

void link_begin(struct replicator *r, struct link *link, uint64_t credit)
{
    link->credit = link->credit_first = credit;
    link->window = WINDOW_BYTES_MIN;
    link->opened_ms = link->progress_ms = link->heard_ms = now_ms(r);
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
    const uint64_t four = 4 * (uint64_t)link->rtt_ms;

    if (link->session == 0) {
        link->session = clock_random(r->config.clock) | 1;
    }
    buf_free(&link->returned); /* the same Hello, older */
    link->hello_due = true;
    link->dial_ms = now_ms(r) + back_off_ms(r, link, four > GREETING_MS ? four : GREETING_MS);
    link->attempts++;
}

bool link_event(struct replicator *r, struct link *link, enum peer_event event)
{
    const enum peer_state from = link->state;
    const enum peer_action action = peer_step(&link->state, event);

    if (from != link->state) {
        /* A link that is down for days greets all the time: that is not worth a line each. */
        LOG_AT(link->state == PEER_GREETING ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "peer.state",
               "peer=%s from=%s to=%s on=%s", link->peer.code, peer_state_name(from),
               peer_state_name(link->state), peer_event_name(event));
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

static void ask_restart(struct replicator *r, struct link *link, uint64_t session, enum status why)
{
    if (now_ms(r) - link->asked_ms >= BACKOFF_FIRST_MS || link->asked_ms == 0) {
        link->asked_ms = now_ms(r);
        link->restart_session = session;
        link->restart_why = why;
    }
}

void link_over(struct replicator *r, struct link *link, enum status why, const char *words)
{
    const uint64_t session = link->session;

    LOG_INFO("peer.over", "peer=%s why=%s words=\"%s\"", link->peer.code, status_name(why), words);
    (void)snprintf(link->reason, sizeof link->reason, "%s", words);
    if (!link_event(r, link, EV_OVER)) {
        return;
    }
    if (link->is_parent) {
        link->dial_ms = now_ms(r) + back_off_ms(r, link, 0);
    } else {
        link->asked_ms = 0;
        ask_restart(r, link, session, why);
    }
}

/* --- holding --- */

void link_hold(struct replicator *r, struct link *link, enum hold hold, const char *reason)
{
    link->holds |= hold;
    link->check_ms = now_ms(r) + HELD_CHECK_MS;
    (void)snprintf(link->reason, sizeof link->reason, "%s", reason);
    (void)link_event(r, link, EV_HOLD);
}

void link_release(struct replicator *r, struct link *link, enum hold hold)
{
    if ((link->holds & hold) == 0) {
        return;
    }
    link->holds &= ~(unsigned)hold;
    if (link->holds == 0) {
        link->reason[0] = '\0';
        (void)link_event(r, link, EV_RELEASE);
    }
}

/* --- credit and limits of a peer --- */

static bool past_limit(const struct replicator *r, const struct link *link)
{
    return link->bucket_milli < 0 || link->day_bytes > r->limits.child_bytes_per_day;
}

static void refill(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);
    const int64_t rate = r->limits.child_blocks_per_second; /* a second's blocks, a ms's milli */
    const int64_t full = rate * BURST_SECONDS * 1000;

    if (now - link->bucket_ms >= BURST_SECONDS * 1000) {
        link->bucket_milli = full;
    } else {
        link->bucket_milli += (int64_t)(now - link->bucket_ms) * rate;
        link->bucket_milli = link->bucket_milli > full ? full : link->bucket_milli;
    }
    link->bucket_ms = now;
    if (now - link->day_start_ms >= DAY_MS) {
        link->day_start_ms = now;
        link->day_bytes = 0;
    }
}

uint64_t link_grant(struct replicator *r, struct link *link)
{
    const uint64_t wanted = link->stored_bytes + r->limits.credit_bytes;

    if ((link->holds & HOLD_LIMIT) == 0 && wanted > link->granted) {
        link->granted = wanted;
    }
    return link->granted;
}

bool link_charge(struct replicator *r, struct link *link, size_t blocks, size_t bytes)
{
    link->taken_bytes += bytes;
    if (link->taken_bytes > link->granted + BLOCK_BYTES_MAX) { /* one large block may go past */
        return false;
    }
    if (link->is_parent) {
        return true;
    }
    refill(r, link);
    link->day_bytes += bytes;
    link->bucket_milli -= (int64_t)blocks * 1000;
    if (past_limit(r, link)) {
        link_hold(r, link, HOLD_LIMIT,
                  link->bucket_milli < 0 ? "more blocks a second than allowed"
                                         : "more bytes a day than allowed");
        alarm_about(r, "limit", link->peer, "%s", link->reason);
    }
    return true;
}

static void relieve(struct replicator *r, struct link *link)
{
    refill(r, link);
    link->check_ms = now_ms(r) + HELD_CHECK_MS;
    if (past_limit(r, link) ||
        link->bucket_milli < (int64_t)r->limits.child_blocks_per_second * 1000) {
        return;
    }
    link_release(r, link, HOLD_LIMIT);
    alarm_over(r, "limit", link->peer);
    link->ack_due = true; /* carries the credit that was withheld */
}

/* Everything taken so far is stored or answered. */
void link_durable(struct link *link)
{
    if (link->stored_bytes != link->taken_bytes || link->listed_count + link->stranger_count > 0) {
        link->stored_bytes = link->taken_bytes;
        link->ack_due = true;
    }
    link->blocked = false;
}

bool link_may_verify(const struct replicator *r, struct link *link)
{
    const uint64_t second = now_ms(r) / 1000;

    if (link->verified_second != second) {
        link->verified_second = second;
        link->verified_this_second = 0;
    }
    return link->verified_this_second++ < VERIFY_PER_SECOND_MAX;
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

void link_receive(struct replicator *r, struct txn *txn, struct link *link,
                  const Terrace__Frame *frame)
{
    if (link->state == PEER_PAUSED) {
        return;
    }
    link->heard_unix_ms = now_unix_ms(r);
    if (frame->hello != NULL) {
        greet_take_hello(r, link, frame->session, frame->hello);
        return;
    }
    if (frame->session != link->session || frame->session == 0) {
        if (!link->is_parent && !link_is_open(link)) {
            ask_restart(r, link, frame->session, ERR_NOT_FOUND);
        }
        return; /* left over from a session that is over */
    }
    link->heard_ms = now_ms(r);
    if (frame->has_restart) {
        if (link->is_parent && frame->restart == ERR_NEEDS_UPGRADE) {
            (void)link_event(r, link, EV_INCOMPATIBLE);
            (void)snprintf(link->reason, sizeof link->reason, "no protocol version in common");
            link->dial_ms = now_ms(r) + r->limits.reconnect_ms_max;
        } else if (link->is_parent) {
            link_over(r, link, (enum status)frame->restart, "the parent asks for a new session");
        }
    } else if (frame->welcome != NULL) {
        greet_take_welcome(r, link, frame->welcome);
    } else if (link_is_open(link)) {
        take_parts(r, txn, link, frame);
    }
}

/* --- time --- */

static uint64_t stuck_ms(const struct link *link)
{
    const uint64_t four = 4 * (uint64_t)link->rtt_ms;
    const uint64_t base = four > STUCK_MS_MIN ? four : STUCK_MS_MIN;

    return base << (link->stalls < 6 ? link->stalls : 6);
}

static void check_session(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);

    if (now - link->heard_ms > r->limits.silence_ms) {
        link_over(r, link, ERR_UNREACHABLE, "silent for too long");
    } else if (link->flying > 0 && now - link->progress_ms > stuck_ms(link)) {
        link->stalls++;
        link_over(r, link, ERR_UNREACHABLE, "what was sent is not acknowledged");
    } else {
        if (now - link->opened_ms >= SETTLED_MS) {
            link->attempts = 0;
        }
        if (now - link->spoke_ms >= r->limits.silence_ms / 4) {
            link->ack_due = true; /* so that the peer hears something */
        }
    }
}

void link_tick(struct replicator *r, struct link *link)
{
    link->blocked = false;
    if ((link->holds & HOLD_LIMIT) != 0) {
        relieve(r, link);
    }
    if (link_is_open(link)) {
        cursor_tick(r, link);
        check_session(r, link);
    }
    if (link->is_parent && !link_is_open(link) && now_ms(r) >= link->dial_ms) {
        (void)link_event(r, link, EV_DIAL);
    }
}

uint64_t link_next_tick(const struct replicator *r, const struct link *link)
{
    const uint64_t now = now_ms(r);
    uint64_t at = UINT64_MAX;

    if (link->returned.size > 0) {
        at = now + UNSENT_RETRY_MS;
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
    if (link->flying > 0) {
        at = earlier(at, link->progress_ms + stuck_ms(link) + 1);
    }
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
