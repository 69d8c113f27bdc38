#include "replicator/session/wanting.h"

#include <assert.h>
#include <inttypes.h>

#include "proto/array.h"
#include "proto/log.h"
#include "replicator/core.h"

void wanting_free(struct wanting *wanting)
{
    mem_free(wanting->at);
}

/* --- what waits --- */

static struct lead *find(const struct wanting *wanting, const struct held_log *log)
{
    for (size_t i = 0; i < wanting->count; i++) {
        if (wanting->at[i].log == log) {
            return &wanting->at[i];
        }
    }
    return NULL;
}

/* At most one a log that is held. */
static struct lead *get(struct replicator *r, struct held_log *log)
{
    struct wanting *wanting = &r->wanting;
    struct lead *lead = find(wanting, log);

    if (lead == NULL) {
        ARRAY_ROOM(wanting->at, wanting->count, wanting->capacity);
        lead = &wanting->at[wanting->count++];
        *lead = (struct lead){.log = log, .held_lsn = log->durable.lsn, .since_ms = now_ms(r)};
        wanting->due_ms = now_ms(r) + WANT_LOOK_MS;
    }
    return lead;
}

void wanting_shown(struct replicator *r, const struct link *link, struct held_log *log,
                   uint64_t lsn)
{
    struct lead *lead = get(r, log);

    lead->peer = link->peer;
    lead->lsn = lsn > lead->lsn ? lsn : lead->lsn;
}

/* --- asked for --- */

/* The next session says what is wanted. */
static void begin_anew(struct replicator *r, const struct held_log *log)
{
    for (size_t i = 0; i < r->links.count; i++) {
        struct link *link = r->links.at[i];
        char message[MESSAGE_BYTES_MAX];

        if (link->is_up && (link_is_open(link) || link->state == PEER_HANDSHAKE)) {
            message_format(message, sizeof message, "asks_for_log author=%s", log->author.code);
            link_over(r, link, OK, message);
        }
    }
}

void wanting_begin(struct replicator *r, struct held_log *log)
{
    struct lead *lead = get(r, log);

    if (log->wanted) {
        return;
    }
    heads_want(log, true);
    lead->is_answered = false;
    lead->held_lsn = log->durable.lsn;
    lead->since_ms = now_ms(r);
    for (size_t i = 0; i < r->links.count; i++) {
        if (r->links.at[i]->is_up) {
            receive_add(&r->links.at[i]->stream, log, false);
        }
    }
    LOG_INFO("log.wanted", "about=%s held=%" PRIu64 " shown=%" PRIu64, log->author.code,
             log->durable.lsn, lead->lsn);
    begin_anew(r, log);
}

static uint64_t told_of(const struct held_log *log, Terrace__Position *const *heads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(bytes_of_pb(heads[i]->author), bytes_text(log->author.code))) {
            return heads[i]->lsn;
        }
    }
    return 0;
}

void wanting_welcomed(struct replicator *r, Terrace__Position *const *heads, size_t count)
{
    for (size_t i = 0; i < r->wanting.count; i++) {
        struct lead *lead = &r->wanting.at[i];

        lead->told = told_of(lead->log, heads, count);
        lead->is_answered = lead->log->wanted;
    }
}

/* --- of a child --- */

static bool is_listed(const Terrace__Hello *hello, struct division author)
{
    for (size_t i = 0; i < hello->n_wanted; i++) {
        if (bytes_equal(bytes_of_pb(hello->wanted[i]), bytes_text(author.code))) {
            return true;
        }
    }
    return false;
}

void wanting_give(struct replicator *r, struct link *link, const Terrace__Hello *hello)
{
    for (size_t i = 0; i < r->logs.count; i++) {
        const struct held_log *log = r->logs.at[i];
        if (log->side == HELD_BELOW && roster_within(r->roster, log->author, link->peer)) {
            cursor_give_back(&link->stream, log,
                             (hello->has_own_log && hello->own_log) ||
                                 is_listed(hello, log->author));
        }
    }
}

/* --- time --- */

static bool is_there(const struct replicator *r, const struct held_log *log)
{
    const struct link *link =
        links_find(&r->links, roster_next_hop(r->roster, r->config.self, log->author));

    assert(link != NULL); /* towards each division below there is one */
    return link_is_open(link) && now_ms(r) - link->opened_ms >= WANT_AFTER_MS;
}

/* Who wrote it is there, and does not bring it: he has lost it. Or he is away for long, or, as he
 * is revoked, for ever. */
static bool is_to_be_asked_for(const struct replicator *r, const struct lead *lead)
{
    const uint64_t waited_ms = now_ms(r) - lead->since_ms;

    return lead->log->side == HELD_BELOW && !lead->log->wanted &&
           (waited_ms > r->limits.neighbour_down_ms ||
            roster_revoked(r->roster, lead->log->author, NULL) ||
            (waited_ms > WANT_AFTER_MS && is_there(r, lead->log)));
}

static bool is_over(const struct lead *lead)
{
    const uint64_t held = lead->log->durable.lsn;

    return held >= lead->lsn && (!lead->log->wanted || (lead->is_answered && held >= lead->told));
}

static void check_alarm(struct replicator *r, struct lead *lead)
{
    const struct held_log *log = lead->log;

    if (now_ms(r) - lead->since_ms > r->limits.neighbour_down_ms && lead->lsn > log->durable.lsn) {
        lead->is_alarmed = true;
        notice_alarm(r, ALARM_LOST_TAIL, log->author,
                     "log_behind_peer peer=%s author=%s lsn=%" PRIu64 " held=%" PRIu64,
                     lead->peer.code, log->author.code, lead->lsn, log->durable.lsn);
    }
}

/* True: it may go. */
static bool end(struct replicator *r, struct lead *lead)
{
    struct held_log *log = lead->log;

    if (!is_over(lead)) {
        return false;
    }
    if (lead->is_alarmed) {
        notice_over(r, ALARM_LOST_TAIL, log->author);
    }
    if (log->wanted) {
        heads_want(log, false);
        LOG_INFO("log.wanted_held", "about=%s held=%" PRIu64, log->author.code, log->durable.lsn);
        begin_anew(r, log);
    }
    return true;
}

void wanting_tick(struct replicator *r)
{
    struct wanting *wanting = &r->wanting;

    if (wanting->count == 0 || now_ms(r) < wanting->due_ms) {
        return;
    }
    wanting->due_ms = now_ms(r) + WANT_LOOK_MS;
    for (size_t i = wanting->count; i-- > 0;) {
        struct lead *lead = &wanting->at[i];

        if (lead->log->durable.lsn != lead->held_lsn) {
            lead->held_lsn = lead->log->durable.lsn;
            lead->since_ms = now_ms(r);
        }
        if (end(r, lead)) {
            ARRAY_REMOVE(wanting->at, wanting->count, i);
        } else if (is_to_be_asked_for(r, lead)) {
            wanting_begin(r, lead->log);
        } else {
            check_alarm(r, lead);
        }
    }
}

uint64_t wanting_next_tick(const struct wanting *wanting)
{
    return wanting->count == 0 ? UINT64_MAX : wanting->due_ms;
}
