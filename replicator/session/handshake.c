#include "replicator/session/handshake.h"

#include <assert.h>

#include "replicator/core.h"
#include "replicator/stream/position.h"

enum {
    SKEW_ALARM_MS = 60000,
    ROUND_TRIP_MS_MAX = 600000,
    HEADS_MORE_MAX = 1024, /* logs of a peer that are not known here: granted while it was away */
};

/* --- to the peer --- */

/* Of a log from above: where each audience ends, while all that is held of it is told. */
static void list_line(struct arena *arena, const struct held_log *log, Terrace__Position *position)
{
    struct {
        Terrace__AudienceHead head;
        struct division division;
        struct hash hash;
    } * made;

    if (log->side != HELD_ABOVE || log->staged.lsn != log->durable.lsn ||
        log->audience_count == 0 || !position->has_hash) {
        return;
    }
    position->line = arena_alloc(arena, BEAT_LINE_MAX * sizeof *position->line);
    assert(position->line != NULL);
    for (size_t i = 0; i < log->audience_count && i < BEAT_LINE_MAX; i++) {
        const struct audience_head *audience = &log->audiences[i];
        made = arena_alloc(arena, sizeof *made);
        assert(made != NULL);
        terrace__audience_head__init(&made->head);
        made->division = audience->audience.division;
        made->hash = audience->hash;
        made->head.has_kind = made->head.has_division = made->head.has_aud_seq = 1;
        made->head.has_hash = made->head.has_lsn = 1;
        made->head.kind = audience->audience.kind;
        made->head.division = pb_division(&made->division);
        made->head.aud_seq = audience->seq;
        made->head.hash = pb_of_bytes(&made->hash, HASH_SIZE);
        made->head.lsn = audience->lsn;
        position->line[position->n_line++] = &made->head;
    }
}

/* To the parent: all that is held. To a child: what it is to send us. */
static size_t list_heads(struct replicator *r, const struct link *link, Terrace__Position ***out)
{
    Terrace__Position **list;
    size_t count = 0;

    list = arena_alloc(r->context.arena, (r->logs.count + 1) * sizeof(Terrace__Position *));
    assert(list != NULL); /* the arena holds all that is listed here */
    for (size_t i = 0; i < r->logs.count && count < FRAME_POSITIONS_MAX; i++) {
        const struct held_log *log = r->logs.at[i];
        if (log->durable.lsn == 0 ||
            (!link->is_up && !receive_brings(&link->stream.receive, log->author))) {
            continue;
        }
        list[count] = position_new(r->context.arena, log, log->author);
        if (link->is_up) {
            list_line(r->context.arena, log, list[count]);
        }
        count++;
    }
    *out = list;
    return count;
}

/* What a division below lost, and its parent with it, comes from above: see wanting.h. */
static size_t list_wanted(struct replicator *r, ProtobufCBinaryData **out)
{
    ProtobufCBinaryData *list = arena_alloc(r->context.arena, FRAME_WANTED_MAX * sizeof *list);
    size_t count = 0;

    assert(list != NULL);
    for (size_t i = 0; i < r->logs.count && count < FRAME_WANTED_MAX; i++) {
        const struct held_log *log = r->logs.at[i];
        if (log->side == HELD_BELOW && log->wanted) {
            list[count++] = pb_division(&log->author);
        }
    }
    *out = list;
    return count;
}

void handshake_hello(struct replicator *r, struct link *link, uint64_t credit,
                     Terrace__Frame *frame)
{
    Terrace__Hello *hello = arena_alloc(r->context.arena, sizeof *hello);

    terrace__hello__init(hello);
    hello->has_version_min = hello->has_version_max = 1;
    hello->version_min = PROTOCOL_VERSION_MIN;
    hello->version_max = PROTOCOL_VERSION_MAX;
    hello->has_features = 1;
    hello->features = FEATURES_KNOWN;
    hello->has_unix_ms = hello->has_credit = hello->has_stamp = 1;
    hello->unix_ms = now_unix_ms(r);
    hello->stamp = now_ms(r);
    hello->credit = credit;
    hello->n_heads = list_heads(r, link, &hello->heads);
    hello->has_own_log = r->logs.own->wanted;
    hello->own_log = 1;
    hello->n_wanted = list_wanted(r, &hello->wanted);
    frame->hello = hello;
}

void handshake_welcome(struct replicator *r, struct link *link, uint64_t credit,
                       Terrace__Frame *frame)
{
    Terrace__Welcome *welcome = arena_alloc(r->context.arena, sizeof *welcome);

    terrace__welcome__init(welcome);
    welcome->has_version = welcome->has_unix_ms = welcome->has_credit = 1;
    welcome->version = link->handshake.version;
    welcome->has_features = 1;
    welcome->features = FEATURES_KNOWN;
    welcome->unix_ms = now_unix_ms(r);
    welcome->credit = credit;
    welcome->has_hello_stamp = 1;
    welcome->hello_stamp = link->handshake.welcome_stamp;
    welcome->n_heads = list_heads(r, link, &welcome->heads);
    frame->welcome = welcome;
}

/* --- from the peer --- */

/* Each author once and in order: a list of any length is then looked through once. */
static enum status check_heads(const struct replicator *r, Terrace__Position *const *heads,
                               size_t count, struct err *err)
{
    struct division before = DIVISION_NONE;

    if (count > r->logs.count + HEADS_MORE_MAX) {
        return err_set(err, ERR_LIMIT, "heads_too_many count=%zu held=%zu", count, r->logs.count);
    }
    for (size_t i = 0; i < count; i++) {
        struct division author;
        if (!division_from_pb(&author, heads[i]->author) ||
            (i > 0 && division_compare(before, author) >= 0)) {
            return err_set(err, ERR_MALFORMED, "heads_out_of_order index=%zu", i + 1);
        }
        before = author;
    }
    return OK;
}

enum status handshake_judge_hello(const struct replicator *r, const struct link *link,
                                  const Terrace__Hello *hello, struct err *err)
{
    if (link->is_up) {
        return err_set(err, ERR_REFUSED, "parent_dials");
    }
    if (hello->version_min > PROTOCOL_VERSION_MAX || hello->version_max < PROTOCOL_VERSION_MIN) {
        return err_set(err, ERR_NEEDS_UPGRADE,
                       "protocol_differs peer_min=%u peer_max=%u min=%d max=%d", hello->version_min,
                       hello->version_max, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX);
    }
    return check_heads(r, hello->heads, hello->n_heads, err);
}

enum status handshake_judge_welcome(const struct replicator *r, const Terrace__Welcome *welcome,
                                    struct err *err)
{
    if (welcome->version < PROTOCOL_VERSION_MIN || welcome->version > PROTOCOL_VERSION_MAX) {
        return err_set(err, ERR_NEEDS_UPGRADE,
                       "protocol_differs peer_min=%u peer_max=%u min=%d max=%d", welcome->version,
                       welcome->version, PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX);
    }
    return check_heads(r, welcome->heads, welcome->n_heads, err);
}

void handshake_note_hello(struct handshake *handshake, const Terrace__Hello *hello)
{
    handshake->welcome_stamp = hello->stamp;
    handshake->asks_own = hello->has_own_log && hello->own_log;
    handshake->version =
        hello->version_max < PROTOCOL_VERSION_MAX ? hello->version_max : PROTOCOL_VERSION_MAX;
    handshake->features = hello->features;
}

void handshake_note_welcome(struct handshake *handshake, const Terrace__Welcome *welcome)
{
    handshake->version = welcome->version;
    handshake->features = welcome->features;
}

void handshake_begin(struct handshake *handshake, uint64_t now_ms)
{
    handshake->begun_ms = now_ms;
}

bool handshake_round_trip(const struct handshake *handshake, const Terrace__Welcome *welcome,
                          uint64_t now_ms, uint32_t *rtt_ms)
{
    if (welcome->hello_stamp < handshake->begun_ms || welcome->hello_stamp > now_ms ||
        now_ms - welcome->hello_stamp >= ROUND_TRIP_MS_MAX) {
        return false;
    }
    *rtt_ms = (uint32_t)(now_ms - welcome->hello_stamp);
    return true;
}

bool handshake_note_clock(struct handshake *handshake, uint64_t peer_unix_ms, uint64_t unix_ms)
{
    handshake->skew_ms = (int64_t)(peer_unix_ms - unix_ms);
    return handshake->skew_ms <= SKEW_ALARM_MS && handshake->skew_ms >= -SKEW_ALARM_MS;
}
