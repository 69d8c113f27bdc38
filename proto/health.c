#include "proto/health.h"

#include <assert.h>
#include <stdio.h>

enum { ARENA_BYTES = 16 << 10 };

/* --- writing --- */

#define PUT(message, field, value)                                                                 \
    do {                                                                                           \
        (message)->field = (value);                                                                \
        (message)->has_##field = (message)->field != 0;                                            \
    } while (0)

static void put_alarms(Terrace__Health *out, const struct health *health)
{
    PUT(out, alarms_info, health->alarms[ALARM_INFO]);
    PUT(out, alarms_warning, health->alarms[ALARM_WARNING]);
    PUT(out, alarms_error, health->alarms[ALARM_ERROR]);
    PUT(out, alarms_critical, health->alarms[ALARM_CRITICAL]);
    PUT(out, worst_alarm, health->worst.code);
    PUT(out, worst_seconds, health->worst.seconds);
    if (!division_is_none(health->worst.about)) {
        out->has_worst_about = 1;
        out->worst_about = pb_division(&health->worst.about);
    }
}

static void put_logs(Terrace__Health *out, const struct health *health, uint8_t fen[WIDE_BYTES_MAX])
{
    PUT(out, unconfirmed_entries, health->unconfirmed_entries);
    PUT(out, unconfirmed_seconds, health->unconfirmed_s);
    PUT(out, backlog_entries, health->backlog_entries);
    PUT(out, backlog_seconds, health->backlog_s);
    PUT(out, backlog_is_part, health->backlog_is_part ? 1 : 0);
    if (health->backlog_fen != 0) {
        out->has_backlog_fen = 1;
        out->backlog_fen = pb_of_bytes(fen, wide_write(fen, health->backlog_fen));
    }
}

static void put_spell(Terrace__Health *out, const struct health *health)
{
    if (!division_is_none(health->spell.by)) {
        out->has_spell_by = 1;
        out->spell_by = pb_division(&health->spell.by);
        PUT(out, spell_seconds, health->spell.began_s);
        PUT(out, spell_over, health->spell.is_over ? health->spell.ended_s + 1 : 0);
        PUT(out, spell_lsn, health->spell.lsn);
    }
}

void health_encode(struct buf *out, const struct health *health)
{
    Terrace__Health message = TERRACE__HEALTH__INIT;
    Terrace__ChildDown down[HEALTH_DOWN_MAX], *list[HEALTH_DOWN_MAX];
    uint8_t fen[WIDE_BYTES_MAX];
    const size_t before = out->size;
    const int64_t ahead = health->clock_ahead_ms;

    assert(health->down_listed <= HEALTH_DOWN_MAX);
    message.has_version = health->version[0] != '\0';
    message.version = pb_of_text(health->version);
    PUT(&message, condition, health->condition);
    PUT(&message, disk_free_mib, health->disk_free_mib);
    PUT(&message, disk_floor_mib, health->disk_floor_mib);
    put_alarms(&message, health);
    PUT(&message, clock_ahead_ms, ahead > 0 ? (uint64_t)ahead : 0);
    PUT(&message, clock_behind_ms, ahead < 0 ? 0 - (uint64_t)ahead : 0);
    put_logs(&message, health, fen);
    for (uint32_t i = 0; i < health->down_listed; i++) {
        terrace__child_down__init(&down[i]);
        down[i].has_division = 1;
        down[i].division = pb_division(&health->down[i].division);
        PUT(&down[i], seconds, health->down[i].seconds);
        PUT(&down[i], why, (uint32_t)health->down[i].why);
        list[i] = &down[i];
    }
    message.n_down = health->down_listed;
    message.down = list;
    PUT(&message, down_count, health->down_count);
    PUT(&message, accesses, health->accesses);
    PUT(&message, accesses_cosigned, health->accesses_cosigned);
    message.has_access_head = health->accesses != 0;
    message.access_head = pb_of_bytes(&health->access_head, HASH_SIZE);
    message.has_served_by = !division_is_none(health->served_by);
    message.served_by = pb_division(&health->served_by);
    PUT(&message, served_seconds, health->served_s);
    put_spell(&message, health);
    message_encode(out, &message.base);
    assert(out->size - before <= HEALTH_BYTES_MAX);
}

/* --- reading --- */

static bool take_version(struct health *out, const Terrace__Health *message)
{
    const struct bytes version = bytes_of_pb(message->version);

    if (version.size > HEALTH_VERSION_BYTES) {
        return false;
    }
    for (size_t i = 0; i < version.size; i++) {
        if (version.data[i] <= ' ' || version.data[i] > '~') {
            return false;
        }
        out->version[i] = (char)version.data[i];
    }
    return true;
}

static bool take_alarms(struct health *out, const Terrace__Health *message)
{
    out->alarms[ALARM_INFO] = message->alarms_info;
    out->alarms[ALARM_WARNING] = message->alarms_warning;
    out->alarms[ALARM_ERROR] = message->alarms_error;
    out->alarms[ALARM_CRITICAL] = message->alarms_critical;
    out->worst.code = message->worst_alarm;
    out->worst.seconds = message->worst_seconds;
    return !message->has_worst_about || division_from_pb(&out->worst.about, message->worst_about);
}

/* A clock that is wrong by more than people live tells no more than that. */
static bool take_clock(struct health *out, const Terrace__Health *message)
{
    const uint64_t ahead = message->clock_ahead_ms, behind = message->clock_behind_ms;

    if (ahead > INT64_MAX || behind > INT64_MAX || (ahead != 0 && behind != 0)) {
        return false;
    }
    out->clock_ahead_ms = ahead != 0 ? (int64_t)ahead : -(int64_t)behind;
    return true;
}

static bool take_logs(struct health *out, const Terrace__Health *message)
{
    struct reader fen = reader_of(bytes_of_pb(message->backlog_fen));

    out->unconfirmed_entries = message->unconfirmed_entries;
    out->unconfirmed_s = message->unconfirmed_seconds;
    out->backlog_entries = message->backlog_entries;
    out->backlog_s = message->backlog_seconds;
    out->backlog_is_part = message->backlog_is_part != 0;
    if (!message->has_backlog_fen) {
        return true;
    }
    out->backlog_fen = reader_wide(&fen);
    return reader_ok(&fen) && reader_left(&fen) == 0;
}

static bool take_down(struct health *out, const Terrace__Health *message)
{
    for (size_t i = 0; i < message->n_down; i++) {
        const Terrace__ChildDown *child = message->down[i];

        if (!division_from_pb(&out->down[i].division, child->division)) {
            return false;
        }
        out->down[i].seconds = child->seconds;
        out->down[i].why =
            child->why < HEALTH_LINKS ? (enum health_link)child->why : HEALTH_LINK_DOWN;
    }
    out->down_listed = (uint32_t)message->n_down;
    out->down_count =
        message->down_count > out->down_listed ? message->down_count : out->down_listed;
    return true;
}

static bool take_accesses(struct health *out, const Terrace__Health *message)
{
    out->accesses = message->accesses;
    out->accesses_cosigned = message->accesses_cosigned;
    return message->accesses == 0 || pb_copy_exact(&out->access_head, HASH_SIZE,
                                                   message->has_access_head, message->access_head);
}

static bool take_served(struct health *out, const Terrace__Health *message)
{
    out->served_s = message->served_seconds;
    return !message->has_served_by || division_from_pb(&out->served_by, message->served_by);
}

/* One that ended before it began is none. */
static bool take_spell(struct health *out, const Terrace__Health *message)
{
    out->spell.began_s = message->spell_seconds;
    out->spell.is_over = message->spell_over != 0;
    out->spell.ended_s = out->spell.is_over ? message->spell_over - 1 : 0;
    out->spell.lsn = message->spell_lsn;
    return !message->has_spell_by || (division_from_pb(&out->spell.by, message->spell_by) &&
                                      out->spell.ended_s <= out->spell.began_s);
}

enum status health_decode(struct health *out, struct bytes raw, struct err *err)
{
    struct arena arena;
    ProtobufCMessage *decoded;
    enum status status;

    memset(out, 0, sizeof *out);
    arena_init(&arena, ARENA_BYTES);
    status =
        message_decode(&decoded, &terrace__health__descriptor, &arena, raw, HEALTH_BYTES_MAX, err);
    if (status == OK) {
        const Terrace__Health *message = (const Terrace__Health *)decoded;

        out->condition = message->condition & HEALTH_CONDITIONS;
        out->disk_free_mib = message->disk_free_mib;
        out->disk_floor_mib = message->disk_floor_mib;
        if (!take_version(out, message) || !take_alarms(out, message) ||
            !take_clock(out, message) || !take_logs(out, message) || !take_down(out, message) ||
            !take_accesses(out, message) || !take_served(out, message) ||
            !take_spell(out, message)) {
            status = err_set(err, ERR_MALFORMED, "health_unreadable");
        }
    }
    arena_free(&arena);
    return status;
}

/* --- news --- */

static bool same_down(const struct health *a, const struct health *b)
{
    if (a->down_count != b->down_count || a->down_listed != b->down_listed) {
        return false;
    }
    for (uint32_t i = 0; i < a->down_listed; i++) {
        if (!division_equal(a->down[i].division, b->down[i].division) ||
            a->down[i].why != b->down[i].why) {
            return false;
        }
    }
    return true;
}

bool health_is_news(const struct health *before, const struct health *now)
{
    return before->condition != now->condition || strcmp(before->version, now->version) != 0 ||
           before->worst.code != now->worst.code ||
           !division_equal(before->worst.about, now->worst.about) ||
           memcmp(before->alarms, now->alarms, sizeof now->alarms) != 0 ||
           !division_equal(before->served_by, now->served_by) ||
           !division_equal(before->spell.by, now->spell.by) ||
           before->spell.is_over != now->spell.is_over || !same_down(before, now);
}
