/* greet - Hello and Welcome: one round trip, and both sides know where to go on.
 *
 *   child:   Hello   {every head it holds, credit}     parent: begins to send downward
 *   parent:  Welcome {heads of the child's subtree}    child:  begins to send upward
 *
 * A Hello is repeated under the same session until it is answered, so an answer that took longer
 * than the patience of the child still counts. */
#include "replicator/core.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    SKEW_ALARM_MS = 60000,
    ROUND_TRIP_MS_MAX = 600000,
    HEADS_MORE_MAX = 1024, /* logs of a peer that are not known here: granted while it was away */
};

/* --- positions --- */

Terrace__Position *position_new(struct replicator *r, const struct held_log *log,
                                struct division author)
{
    struct {
        Terrace__Position position;
        struct division author;
        struct log_head head;
    } *made = arena_alloc(&r->arena, sizeof *made);

    if (made == NULL) {
        return NULL;
    }
    memset(made, 0, sizeof *made);
    terrace__position__init(&made->position);
    made->author = author;
    if (log != NULL) {
        made->head = log->durable;
    }
    made->position.has_author = made->position.has_epoch = 1;
    made->position.has_lsn = made->position.has_hash = 1;
    made->position.author = pb_division(&made->author);
    made->position.epoch = made->head.epoch;
    made->position.lsn = made->head.lsn;
    made->position.hash = pb_of_bytes(&made->head.hash, HASH_SIZE);
    return &made->position;
}

/* To the parent: all that is held. To a child: what it is to send us. */
static size_t list_heads(struct replicator *r, const struct link *link, Terrace__Position ***out)
{
    Terrace__Position **list;
    size_t count = 0;

    list = arena_alloc(&r->arena, (r->log_count + 1) * sizeof(Terrace__Position *));
    for (size_t i = 0; list != NULL && i < r->log_count && count < FRAME_POSITIONS_MAX; i++) {
        const struct held_log *log = r->logs[i];
        if (log->durable.lsn == 0 || (!link->is_parent && log->source != link)) {
            continue;
        }
        list[count] = position_new(r, log, log->author);
        if (list[count] == NULL) {
            break;
        }
        count++;
    }
    *out = list;
    return count;
}

/* --- saying it --- */

void greet_hello(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    Terrace__Hello *hello = arena_alloc(&r->arena, sizeof *hello);

    terrace__hello__init(hello);
    hello->has_version_min = hello->has_version_max = 1;
    hello->version_min = PROTOCOL_VERSION_MIN;
    hello->version_max = PROTOCOL_VERSION_MAX;
    hello->has_unix_ms = hello->has_credit = hello->has_stamp = 1;
    hello->unix_ms = now_unix_ms(r);
    hello->stamp = now_ms(r);
    hello->credit = link_grant(r, link);
    hello->n_heads = list_heads(r, link, &hello->heads);
    frame->hello = hello;
}

void greet_welcome(struct replicator *r, struct link *link, Terrace__Frame *frame)
{
    Terrace__Welcome *welcome = arena_alloc(&r->arena, sizeof *welcome);

    terrace__welcome__init(welcome);
    welcome->has_version = welcome->has_unix_ms = welcome->has_credit = 1;
    welcome->version = PROTOCOL_VERSION_MAX;
    welcome->unix_ms = now_unix_ms(r);
    welcome->credit = link_grant(r, link);
    welcome->has_hello_stamp = 1;
    welcome->hello_stamp = link->welcome_stamp;
    welcome->n_heads = list_heads(r, link, &welcome->heads);
    frame->welcome = welcome;
}

/* --- hearing it --- */

static void note_clock(struct replicator *r, struct link *link, uint64_t unix_ms)
{
    link->skew_ms = (int64_t)(unix_ms - now_unix_ms(r));
    if (link->skew_ms > SKEW_ALARM_MS || link->skew_ms < -SKEW_ALARM_MS) {
        alarm_about(r, "clock_skew", link->peer, "its clock differs from ours by %" PRId64 " s",
                    link->skew_ms / 1000);
    } else {
        alarm_over(r, "clock_skew", link->peer);
    }
}

static void turn_away(struct replicator *r, struct link *link, uint64_t session, const char *words)
{
    (void)snprintf(link->reason, sizeof link->reason, "%s", words);
    if (link_event(r, link, EV_INCOMPATIBLE)) {
        alarm_about(r, "incompatible", link->peer, "%s", words);
    }
    if (!link->is_parent) {
        link->restart_session = session;
        link->restart_why = ERR_NEEDS_UPGRADE;
    }
}

/* Each author once and in order: a list of any length is then looked through once. */
static enum status check_heads(const struct replicator *r, Terrace__Position *const *heads,
                               size_t count, struct err *err)
{
    struct division before = DIVISION_NONE;

    if (count > r->log_count + HEADS_MORE_MAX) {
        return err_set(err, ERR_LIMIT, "%zu heads are listed, and %zu logs are held here", count,
                       r->log_count);
    }
    for (size_t i = 0; i < count; i++) {
        struct division author;
        if (!division_from_pb(&author, heads[i]->author) ||
            (i > 0 && division_compare(before, author) >= 0)) {
            return err_set(err, ERR_MALFORMED, "head %zu of the list is out of order", i + 1);
        }
        before = author;
    }
    return OK;
}

void greet_take_hello(struct replicator *r, struct link *link, uint64_t session,
                      const Terrace__Hello *hello)
{
    struct err err;

    if (link->is_parent) {
        (void)err_set(&err, ERR_REFUSED, "a parent does not dial");
        link_refuse_frame(r, link, &err);
        return;
    }
    if (hello->version_min > PROTOCOL_VERSION_MAX || hello->version_max < PROTOCOL_VERSION_MIN) {
        char words[96];
        (void)snprintf(words, sizeof words, "speaks protocol %u to %u, we %d to %d",
                       hello->version_min, hello->version_max, PROTOCOL_VERSION_MIN,
                       PROTOCOL_VERSION_MAX);
        turn_away(r, link, session, words);
        return;
    }
    if (check_heads(r, hello->heads, hello->n_heads, &err) != OK) {
        link_refuse_frame(r, link, &err);
        return;
    }
    link->welcome_stamp = hello->stamp;
    if (link_is_open(link) && link->session == session) {
        link->welcome_due = true; /* it did not hear the first one yet */
        return;
    }
    if (!link_event(r, link, EV_HELLO)) {
        return;
    }
    link_pay(r, link, PAY_SESSION);
    link->session = session;
    link_begin(r, link, hello->credit);
    (void)link_event(r, link, link->holds != 0 ? EV_HOLD : EV_RELEASE);
    alarm_over(r, "incompatible", link->peer);
    note_clock(r, link, hello->unix_ms);
    cursor_resume(r, link, hello->heads, hello->n_heads);
    link->restart_session = 0;
    link->welcome_due = true;
}

/* The answer may be to any of several Hellos: it says to which. */
static void note_round_trip(const struct replicator *r, struct link *link, uint64_t said_ms)
{
    const uint64_t now = now_ms(r);

    if (said_ms <= now && now - said_ms < ROUND_TRIP_MS_MAX) {
        link->flow.rtt_ms = (uint32_t)(now - said_ms);
    }
}

void greet_take_welcome(struct replicator *r, struct link *link, const Terrace__Welcome *welcome)
{
    struct err err;

    if (!link->is_parent || link->state != PEER_GREETING) {
        return;
    }
    if (welcome->version < PROTOCOL_VERSION_MIN || welcome->version > PROTOCOL_VERSION_MAX) {
        char words[96];
        (void)snprintf(words, sizeof words, "answers with protocol %u", welcome->version);
        turn_away(r, link, 0, words);
        return;
    }
    if (check_heads(r, welcome->heads, welcome->n_heads, &err) != OK) {
        link_refuse_frame(r, link, &err);
        return;
    }
    (void)link_event(r, link, EV_WELCOME);
    note_round_trip(r, link, welcome->hello_stamp);
    link_begin(r, link, welcome->credit);
    alarm_over(r, "incompatible", link->peer);
    note_clock(r, link, welcome->unix_ms);
    cursor_resume(r, link, welcome->heads, welcome->n_heads);
}
