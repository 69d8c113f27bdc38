/* link - one neighbour: its session, credit and limits, and the frames that wait for it. */
#include "replicator/core.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "proto/log.h"

enum {
    BACKOFF_FIRST_MS = 200,
    GREETING_MS = 3000,
    SKEW_ALARM_MS = 60000,
    DAY_MS = 24 * 3600 * 1000
};

/* --- the set of links follows the roster --- */

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

static void add_link(struct replicator *r, struct division peer, bool is_parent)
{
    struct link *link;
    struct buf value = BUF_EMPTY;
    struct err err;

    if (link_find(r, peer) != NULL) {
        return;
    }
    link = mem_zalloc(sizeof *link);
    link->peer = peer;
    link->is_parent = is_parent;
    link->state = PEER_DOWN;
    link->bucket_ms = now_ms(r);
    link->bucket_blocks_milli = (uint64_t)r->limits.child_blocks_per_second * 10 * 1000;
    link->day_start_ms = now_ms(r);
    link->hello_ms = now_ms(r);
    pause_key(&r->key, peer);
    if (r->config.store->ops->get(r->config.store->self, NULL, SPACE_META, buf_bytes(&r->key),
                                  &value, &err) == OK &&
        value.size == 1 && value.data[0] == 1) {
        link->paused = true;
        link->state = PEER_PAUSED;
    }
    buf_free(&value);
    r->links = mem_realloc(r->links, (r->link_count + 1) * sizeof(struct link *));
    r->links[r->link_count++] = link;
}

void links_refresh(struct replicator *r)
{
    if (!division_is_none(r->parent)) {
        add_link(r, r->parent, true);
    }
    for (size_t i = 0; i < roster_count(r->roster); i++) {
        const struct member *member = roster_at(r->roster, i);
        if (division_equal(member->grant.parent, r->config.self)) {
            add_link(r, member->grant.division, false);
        }
    }
}

static void clear_list(struct buf **list, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        buf_free(&(*list)[i]);
    }
    *count = 0;
}

static void forget_session(struct link *link)
{
    clear_list(&link->control, &link->control_count);
    clear_list(&link->cosigns, &link->cosign_count);
    clear_list(&link->beats, &link->beat_count);
    buf_free(&link->returned);
    link->has_returned = false;
    link->quarantine_count = 0; /* cursors stay: they tell what is behind while it is down */
    link->held_due_count = link->not_yet_count = 0;
    link->credit_first = link->credit_got = link->sent_bytes = link->taken_bytes =
        link->stored_bytes = 0;
    link->credit_given = link->in_flight = 0;
    link->ack_due = link->pong_due = false;
    link->again_ms = 0;
}

void link_free(struct link *link)
{
    forget_session(link);
    mem_free(link->control);
    mem_free(link->cosigns);
    mem_free(link->beats);
    mem_free(link->cursors);
    mem_free(link->quarantine);
    mem_free(link->held_due);
    mem_free(link->not_yet_due);
    mem_free(link);
}

bool link_is_open(const struct link *link)
{
    return link->state == PEER_LIVE || link->state == PEER_HELD;
}

/* --- frames that wait --- */

static void push(struct buf **list, size_t *count, size_t *capacity, struct buf item)
{
    if (*count == *capacity) {
        *capacity = *capacity == 0 ? 8 : 2 * *capacity;
        *list = mem_realloc(*list, *capacity * sizeof **list);
    }
    (*list)[(*count)++] = item;
}

void link_queue(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    struct buf encoded = BUF_EMPTY;

    (void)r;
    if (link->control == NULL) {
        link->control = mem_zalloc(CONTROL_FRAMES_MAX * sizeof *link->control);
    }
    if (link->control_count == CONTROL_FRAMES_MAX) {
        return; /* a neighbour that takes nothing; the next session says it anew */
    }
    frame->has_session = 1;
    frame->session = link->session;
    frame_encode(&encoded, frame);
    link->control[link->control_count++] = encoded;
}

void link_queue_cosign(struct link *link, const Terrace__Cosignature *cosignature)
{
    struct buf encoded = BUF_EMPTY;

    if (!link_is_open(link) || link->cosign_count >= FRAME_COSIGNATURES_MAX / 8) {
        return;
    }
    message_encode(&encoded, &cosignature->base);
    push(&link->cosigns, &link->cosign_count, &link->cosign_capacity, encoded);
}

void link_queue_beat(struct link *link, const Terrace__Beat *beat)
{
    struct buf encoded = BUF_EMPTY;

    if (!link_is_open(link) || link->beat_count >= FRAME_BEATS_MAX / 8) {
        return;
    }
    message_encode(&encoded, &beat->base);
    push(&link->beats, &link->beat_count, &link->beat_capacity, encoded);
}

/* --- sessions --- */

static void fill_position(Terrace__Position *position, const struct held_log *log)
{
    const struct log_head *head = heads_sendable(log);

    terrace__position__init(position);
    position->has_author = position->has_epoch = position->has_lsn = position->has_hash = 1;
    position->author = pb_division(&log->author);
    position->epoch = head->epoch;
    position->lsn = head->lsn;
    position->hash = pb_of_bytes(&head->hash, sizeof head->hash);
}

/* Heads of the logs both sides should hold, as far as `choose` lets them through. */
struct positions {
    Terrace__Position *at, **list;
    size_t count;
};

static struct positions make_positions(const struct replicator *r, const struct link *link)
{
    struct positions positions = {0};

    positions.at = mem_zalloc((r->log_count + 1) * sizeof *positions.at);
    positions.list = mem_zalloc((r->log_count + 1) * sizeof(Terrace__Position *));
    for (size_t i = 0; i < r->log_count && positions.count < FRAME_POSITIONS_MAX; i++) {
        const struct held_log *log = &r->logs[i];
        if (!link->is_parent && !roster_within(r->roster, log->author, link->peer)) {
            continue; /* a parent tells the child about the child's subtree only */
        }
        fill_position(&positions.at[positions.count], log);
        positions.list[positions.count] = &positions.at[positions.count];
        positions.count++;
    }
    return positions;
}

static void free_positions(struct positions *positions)
{
    mem_free(positions->at);
    mem_free(positions->list);
}

static void say_hello(struct replicator *r, struct link *link)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Hello hello = TERRACE__HELLO__INIT;
    struct positions positions;
    uint64_t window;

    forget_session(link);
    link->session = clock_random(r->config.clock) | 1;
    link->credit_given = r->limits.credit_bytes;
    positions = make_positions(r, link);
    hello.has_version_min = hello.has_version_max = hello.has_unix_ms = hello.has_credit = 1;
    hello.version_min = PROTOCOL_VERSION_MIN;
    hello.version_max = PROTOCOL_VERSION_MAX;
    hello.unix_ms = now_unix_ms(r);
    hello.credit = link->credit_given;
    hello.n_heads = positions.count;
    hello.heads = positions.list;
    frame.hello = &hello;
    link_queue(r, link, &frame);
    free_positions(&positions);
    link->hello_sent_ms = now_ms(r);
    /* Full jitter: anything between now and twice the last pause, at most reconnect_ms_max. */
    window = (uint64_t)BACKOFF_FIRST_MS << (link->attempts < 16 ? link->attempts : 16);
    if (window > r->limits.reconnect_ms_max) {
        window = r->limits.reconnect_ms_max;
    }
    link->attempts++;
    link->hello_ms = now_ms(r) + GREETING_MS / 4 + clock_random(r->config.clock) % (window + 1);
}

static void say_welcome(struct replicator *r, struct link *link, uint64_t hello_unix_ms)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Welcome welcome = TERRACE__WELCOME__INIT;
    struct positions positions = make_positions(r, link);

    link->credit_given = r->limits.credit_bytes;
    welcome.has_version = welcome.has_unix_ms = welcome.has_credit = welcome.has_hello_unix_ms = 1;
    welcome.version = PROTOCOL_VERSION_MAX;
    welcome.unix_ms = now_unix_ms(r);
    welcome.hello_unix_ms = hello_unix_ms;
    welcome.credit = link->state == PEER_HELD ? 0 : link->credit_given;
    welcome.n_heads = positions.count;
    welcome.heads = positions.list;
    frame.welcome = &welcome;
    link_queue(r, link, &frame);
    free_positions(&positions);
}

void link_event(struct replicator *r, struct link *link, enum peer_event event)
{
    const enum peer_state from = link->state;
    const enum peer_action action = peer_step(&link->state, event);

    if (from != link->state) {
        LOG_INFO("peer.state", "peer=%s from=%s to=%s on=%s", link->peer.code,
                 peer_state_name(from), peer_state_name(link->state), peer_event_name(event));
    }
    switch (action) {
    case DO_HELLO:
        say_hello(r, link);
        break;
    case DO_CLOSE:
        forget_session(link);
        break;
    case DO_OPEN:
        link->attempts = 0;
        link->progress_ms = now_ms(r);
        break;
    case DO_WELCOME: /* needs what the Hello said: see take_hello */
    case DO_NOTHING:
    case DO_DROP:
        break;
    }
}

static void ask_restart(struct replicator *r, struct link *link, uint64_t session, enum status why)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    frame.has_restart = 1;
    frame.restart = (uint32_t)why;
    link->session = session;
    link_queue(r, link, &frame);
}

void link_restart(struct replicator *r, struct link *link, enum status why, const char *words)
{
    const uint64_t session = link->session;

    LOG_INFO("peer.restart", "peer=%s why=%s words=\"%s\"", link->peer.code, status_name(why),
             words);
    link_event(r, link, EV_OVER);
    if (link->is_parent) {
        link->hello_ms = now_ms(r) + clock_random(r->config.clock) %
                                         (1 + ((uint64_t)BACKOFF_FIRST_MS
                                               << (link->attempts < 5 ? link->attempts : 5)));
    } else {
        ask_restart(r, link, session, why);
    }
}

/* --- taking frames --- */

static void note_clock(struct replicator *r, struct link *link, uint64_t unix_ms)
{
    link->skew_ms = (int64_t)(unix_ms - now_unix_ms(r));
    if (link->skew_ms > SKEW_ALARM_MS || link->skew_ms < -SKEW_ALARM_MS) {
        char words[128];
        (void)snprintf(words, sizeof words, "its clock differs from ours by %" PRId64 " s",
                       link->skew_ms / 1000);
        r->config.sink.alarm(r->config.sink.arg, "clock_skew", link->peer, words);
    } else {
        r->config.sink.alarm_cleared(r->config.sink.arg, "clock_skew", link->peer);
    }
}

static void take_hello(struct replicator *r, struct link *link, uint64_t session,
                       const Terrace__Hello *hello)
{
    if (link->is_parent) {
        return; /* parents do not dial */
    }
    if (hello->version_min > PROTOCOL_VERSION_MAX || hello->version_max < PROTOCOL_VERSION_MIN) {
        (void)snprintf(link->reason, sizeof link->reason, "speaks protocol %u-%u, we %d-%d",
                       hello->version_min, hello->version_max, PROTOCOL_VERSION_MIN,
                       PROTOCOL_VERSION_MAX);
        link_event(r, link, EV_INCOMPATIBLE);
        return;
    }
    if (link->state == PEER_PAUSED) {
        return;
    }
    forget_session(link);
    link->session = session;
    link->reason[0] = '\0';
    link_event(r, link, EV_HELLO);
    link->credit_got = link->credit_first = hello->credit;
    link->progress_ms = now_ms(r);
    note_clock(r, link, hello->unix_ms);
    sync_reset_cursors(r, link, hello->heads, hello->n_heads);
    say_welcome(r, link, hello->unix_ms);
}

static void take_welcome(struct replicator *r, struct link *link, const Terrace__Welcome *welcome)
{
    if (!link->is_parent || link->state != PEER_GREETING) {
        return;
    }
    if (welcome->version < PROTOCOL_VERSION_MIN || welcome->version > PROTOCOL_VERSION_MAX) {
        (void)snprintf(link->reason, sizeof link->reason, "answers with protocol %u",
                       welcome->version);
        link_event(r, link, EV_INCOMPATIBLE);
        return;
    }
    link->rtt_ms = (uint32_t)(now_ms(r) - link->hello_sent_ms);
    link->reason[0] = '\0';
    link->credit_got = link->credit_first = welcome->credit;
    note_clock(r, link, welcome->unix_ms);
    sync_reset_cursors(r, link, welcome->heads, welcome->n_heads);
    link_event(r, link, EV_WELCOME);
}

static void take_reject(struct replicator *r, struct link *link, const Terrace__Reject *reject)
{
    struct division author;
    struct cursor *cursor;
    char words[160];

    if (!division_from_pb(&author, reject->author)) {
        return;
    }
    cursor = sync_cursor(link, author);
    if (cursor != NULL) {
        cursor->rejected = true;
        if (link->again_ms == 0) { /* bytes may have been hurt on the way: once more, not at once */
            link->again_ms = now_ms(r) + r->limits.reconnect_ms_max / 2 +
                             clock_random(r->config.clock) % (r->limits.reconnect_ms_max / 2 + 1);
        }
    }
    (void)snprintf(words, sizeof words, "it rejects block %" PRIu64 " of %s: %s", reject->lsn,
                   author.code, status_message(reject->reason));
    r->config.sink.alarm(r->config.sink.arg, "rejected", link->peer, words);
}

/* --- limits of a child --- */

static void refill(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r), rate = r->limits.child_blocks_per_second;

    link->bucket_blocks_milli += (now - link->bucket_ms) * rate;
    link->bucket_ms = now;
    if (link->bucket_blocks_milli > rate * 10 * 1000) {
        link->bucket_blocks_milli = rate * 10 * 1000;
    }
    if (now - link->day_start_ms >= DAY_MS) {
        link->day_start_ms = now;
        link->day_bytes = 0;
    }
}

static void charge(struct replicator *r, struct link *link, size_t blocks, size_t bytes)
{
    const uint64_t cost = blocks * 1000;

    if (link->is_parent) {
        return;
    }
    refill(r, link);
    link->day_bytes += bytes;
    link->bucket_blocks_milli -=
        cost < link->bucket_blocks_milli ? cost : link->bucket_blocks_milli;
    if ((link->bucket_blocks_milli == 0 || link->day_bytes > r->limits.child_bytes_per_day) &&
        link->state == PEER_LIVE) {
        (void)snprintf(link->reason, sizeof link->reason, "%s",
                       link->bucket_blocks_milli == 0 ? "more blocks a second than allowed"
                                                      : "more bytes a day than allowed");
        r->config.sink.alarm(r->config.sink.arg, "limit", link->peer, link->reason);
        link_event(r, link, EV_LIMIT);
    }
}

static void relieve(struct replicator *r, struct link *link)
{
    if (link->state != PEER_HELD) {
        return;
    }
    refill(r, link);
    if (link->bucket_blocks_milli >= (uint64_t)r->limits.child_blocks_per_second * 1000 &&
        link->day_bytes <= r->limits.child_bytes_per_day) {
        link->reason[0] = '\0';
        r->config.sink.alarm_cleared(r->config.sink.arg, "limit", link->peer);
        link_event(r, link, EV_RELIEF);
        link->ack_due = true; /* carries the credit that was withheld */
    }
}

void link_receive(struct replicator *r, struct txn *txn, struct link *link,
                  const Terrace__Frame *frame, size_t frame_bytes)
{
    link->heard_ms = now_ms(r);
    link->heard_unix_ms = now_unix_ms(r);
    if (frame->hello != NULL) {
        take_hello(r, link, frame->session, frame->hello);
        return;
    }
    if (link->state == PEER_PAUSED) {
        return;
    }
    if (!link_is_open(link) && link->state != PEER_GREETING) {
        /* Only a parent asks; and not more often than a session could be built. */
        if (!link->is_parent && now_ms(r) - link->asked_ms >= BACKOFF_FIRST_MS) {
            link->asked_ms = now_ms(r);
            ask_restart(r, link, frame->session, ERR_NOT_FOUND);
        }
        return;
    }
    if (frame->session != link->session) {
        if (!link->is_parent && now_ms(r) - link->asked_ms >= BACKOFF_FIRST_MS) {
            Terrace__Frame again = TERRACE__FRAME__INIT;
            const uint64_t ours = link->session;
            link->asked_ms = now_ms(r);
            again.has_restart = 1;
            again.restart = ERR_NOT_FOUND;
            link->session = frame->session; /* the child knows its own session only */
            link_queue(r, link, &again);
            link->session = ours;
        }
        return;
    }
    if (frame->has_restart) {
        if (link->is_parent) {
            link_restart(r, link, (enum status)frame->restart, "asked for by the parent");
        }
        return;
    }
    if (frame->welcome != NULL) {
        take_welcome(r, link, frame->welcome);
    }
    if (!link_is_open(link)) {
        return;
    }
    if (frame->ack != NULL) {
        sync_acked(r, link, frame->ack);
    }
    if (frame->reject != NULL) {
        take_reject(r, link, frame->reject);
    }
    for (size_t i = 0; i < frame->n_cosignature; i++) {
        cosign_receive(r, txn, link, frame->cosignature[i]);
    }
    for (size_t i = 0; i < frame->n_beat; i++) {
        beat_receive(r, link, frame->beat[i]);
        link->pong_due = !link->is_parent;
    }
    if (frame->blocks != NULL && link_is_open(link)) {
        charge(r, link, frame->blocks->n_block, frame_bytes);
        sync_take_blocks(r, txn, link, frame->blocks);
    }
}

/* --- time --- */

static uint64_t stuck_ms(const struct link *link)
{
    const uint64_t four = 4 * (uint64_t)link->rtt_ms;

    return four > STUCK_MS_MIN ? four : STUCK_MS_MIN;
}

void link_tick(struct replicator *r, struct link *link)
{
    const uint64_t now = now_ms(r);

    link->stalled = false;
    relieve(r, link);
    if (link->is_parent && !link_is_open(link) && link->state != PEER_PAUSED &&
        now >= link->hello_ms) {
        link_event(r, link, EV_DIAL);
        return;
    }
    if (!link_is_open(link)) {
        return;
    }
    if (now - link->heard_ms > r->limits.silence_ms) {
        link_restart(r, link, ERR_UNREACHABLE, "silent for too long");
    } else if (link->in_flight > 0 && now - link->progress_ms > stuck_ms(link)) {
        link_restart(r, link, ERR_UNREACHABLE, "what was sent is not acknowledged");
    } else if (link->again_ms != 0 && now >= link->again_ms) {
        link_restart(r, link, ERR_CORRUPT, "a block was rejected");
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t link_next_tick(const struct replicator *r, const struct link *link)
{
    const uint64_t now = now_ms(r);
    uint64_t at = UINT64_MAX;

    if (link->stalled || link->has_returned) {
        at = now + 20;
    }
    if (link->is_parent && !link_is_open(link) && link->state != PEER_PAUSED) {
        at = earlier(at, link->hello_ms);
    }
    if (link_is_open(link)) {
        at = earlier(at, link->heard_ms + r->limits.silence_ms + 1);
        if (link->in_flight > 0) {
            at = earlier(at, link->progress_ms + stuck_ms(link) + 1);
        }
        if (link->again_ms != 0) {
            at = earlier(at, link->again_ms);
        }
        for (size_t i = 0; i < link->cursor_count; i++) {
            if (link->cursors[i].not_yet) {
                at = earlier(at, link->cursors[i].retry_ms);
            }
        }
    }
    if (link->state == PEER_HELD) {
        at = earlier(at, now + 200);
    }
    return at;
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
    link->paused = paused;
    link_event(r, link, paused ? EV_PAUSE : EV_RESUME);
    link->hello_ms = now_ms(r);
    link->attempts = 0;
    pause_key(&r->key, peer);
    (void)txn_put(txn, SPACE_META, buf_bytes(&r->key), bytes_of(&value, 1));
    return OK;
}

size_t replicator_peers(const struct replicator *r)
{
    return r->link_count;
}

void replicator_peer(const struct replicator *r, size_t index, struct peer_status *out)
{
    const struct link *link = r->links[index];

    memset(out, 0, sizeof *out);
    out->division = link->peer;
    out->state = link->state;
    out->is_parent = link->is_parent;
    out->behind_entries = sync_behind(r, link, &out->oldest_unix_ms, &out->behind_bytes);
    out->last_heard_unix_ms = link->heard_unix_ms;
    out->rtt_ms = link->rtt_ms;
    out->clock_skew_ms = link->skew_ms;
    out->frames_refused = link->frames_refused;
    (void)snprintf(out->reason, sizeof out->reason, "%s", link->reason);
}
