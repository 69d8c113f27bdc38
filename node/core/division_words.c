#include "node/core/division_words.h"

#include <inttypes.h>
#include <time.h>

#define SAY(...) message_format(out, MESSAGE_BYTES_MAX, __VA_ARGS__)

static const char *alarm_of(const struct division_view *view)
{
    return alarm_info((enum alarm_code)view->health.worst.code)->name;
}

/* --- the sentence --- */

static void say_off_line(const struct division_view *view, char out[MESSAGE_BYTES_MAX])
{
    if (view->is_incompatible) {
        SAY("division_incompatible above=%s seconds=%u", view->above.code, view->since_s);
    } else if (division_is_none(view->broken)) {
        SAY("division_silent above=%s seconds=%u", view->above.code, view->since_s);
    } else if (view->parent_is_damaged) {
        SAY("division_parent_damaged above=%s seconds=%u", view->above.code, view->since_s);
    } else {
        SAY("division_off_line above=%s seconds=%u", view->above.code, view->since_s);
    }
}

static void say_unknown(const struct division_view *view, char out[MESSAGE_BYTES_MAX])
{
    if (division_is_none(view->broken)) {
        SAY("division_not_heard");
    } else {
        SAY("division_way_down broken=%s above=%s seconds=%u", view->broken.code, view->above.code,
            view->since_s);
    }
}

static void say_behind(const struct division_view *view, char out[MESSAGE_BYTES_MAX])
{
    const uint64_t entries =
        view->lsn > view->held_lsn ? view->lsn - view->held_lsn : view->health.unconfirmed_entries;
    char amount[AMOUNT_TEXT_MAX];

    amount_format(amount, view->health.backlog_fen);
    SAY("division_behind entries=%" PRIu64 " seconds=%u waiting=%" PRIu64 " amount=%s", entries,
        view->since_s, view->health.backlog_entries, amount);
}

void division_sentence(const struct division_view *view, char out[MESSAGE_BYTES_MAX])
{
    out[0] = '\0';
    switch (view->state) {
    case DIVISION_WELL:
        SAY("division_well lsn=%" PRIu64, view->lsn);
        break;
    case DIVISION_WARNING:
    case DIVISION_FAULT:
        SAY("division_alarm alarm=%s seconds=%u", alarm_of(view), view->health.worst.seconds);
        break;
    case DIVISION_BEHIND:
        say_behind(view, out);
        break;
    case DIVISION_SERVED:
        SAY(view->parent_is_damaged ? "division_served_past_damaged by=%s above=%s seconds=%u"
                                    : "division_served by=%s above=%s seconds=%u",
            view->health.served_by.code, view->above.code, view->since_s);
        break;
    case DIVISION_PAUSED:
        SAY("division_paused above=%s seconds=%u", view->above.code, view->since_s);
        break;
    case DIVISION_REVOKED:
        SAY("division_is_revoked by=%s seconds=%u", view->above.code, view->since_s);
        break;
    case DIVISION_CLOCK:
        SAY("division_clock seconds=%" PRId64, view->clock_ahead_ms / 1000);
        break;
    case DIVISION_UNKNOWN:
        say_unknown(view, out);
        break;
    case DIVISION_OFF_LINE:
        say_off_line(view, out);
        break;
    case DIVISION_FULL:
        SAY("division_full free_mib=%" PRIu64 " floor_mib=%" PRIu64, view->health.disk_free_mib,
            view->health.disk_floor_mib);
        break;
    case DIVISION_DAMAGED:
        SAY((view->health.condition & HEALTH_READING_ONLY) != 0 ? "division_reads_only"
                                                                : "division_damaged");
        break;
    case DIVISION_STATES:
        break;
    }
}

/* --- what to do --- */

void division_cure(const struct division_view *view, char out[MESSAGE_BYTES_MAX])
{
    const char *code = view->division.code;

    out[0] = '\0';
    switch (view->state) {
    case DIVISION_WARNING:
    case DIVISION_FAULT:
        SAY("cure_division_alarm division=%s alarm=%s.cure", code, alarm_of(view));
        break;
    case DIVISION_BEHIND:
        SAY("cure_division_behind division=%s", code);
        break;
    case DIVISION_SERVED:
        if (view->parent_is_damaged) {
            SAY("cure_parent_damaged above=%s", view->above.code);
            break;
        }
        SAY("cure_division_served above=%s division=%s", view->above.code, code);
        break;
    case DIVISION_PAUSED:
        SAY("cure_division_paused above=%s division=%s", view->above.code, code);
        break;
    case DIVISION_REVOKED:
        SAY("cure_division_revoked division=%s", code);
        break;
    case DIVISION_CLOCK:
        SAY("cure_division_clock division=%s", code);
        break;
    case DIVISION_UNKNOWN:
        if (!division_is_none(view->broken)) {
            SAY("cure_division_off_line division=%s above=%s", view->broken.code, view->above.code);
        }
        break;
    case DIVISION_OFF_LINE:
        if (view->parent_is_damaged) {
            SAY("cure_parent_damaged above=%s", view->above.code);
            break;
        }
        SAY("cure_division_off_line division=%s above=%s", code, view->above.code);
        break;
    case DIVISION_FULL:
        SAY("cure_division_full division=%s", code);
        break;
    case DIVISION_DAMAGED:
        SAY("cure_division_damaged division=%s", code);
        break;
    case DIVISION_WELL:
    case DIVISION_STATES:
        break;
    }
}

/* --- who was invited --- */

static const char *time_text(char out[32], uint64_t unix_ms)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL || strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0) {
        out[0] = '\0';
    }
    return out;
}

static bool is_expired(const struct enrol_invitation *invitation, uint64_t now_unix_ms)
{
    return invitation->expires_unix_ms <= now_unix_ms;
}

/* Somebody has come, and a person has to compare his keys. */
static bool is_waiting(const struct enrol_invitation *invitation, uint64_t now_unix_ms)
{
    return invitation->state == INVITATION_WAITING && !is_expired(invitation, now_unix_ms);
}

void invitation_sentence(const struct enrol_invitation *invitation, uint64_t now_unix_ms,
                         char out[MESSAGE_BYTES_MAX])
{
    char since[32], until[32];

    if (is_waiting(invitation, now_unix_ms)) {
        SAY("invitation_waiting since=%s address=%s", time_text(since, invitation->asked_unix_ms),
            invitation->address);
        return;
    }
    SAY(is_expired(invitation, now_unix_ms) ? "invitation_expired since=%s until=%s"
                                            : "invitation_open since=%s until=%s",
        time_text(since, invitation->since_unix_ms), time_text(until, invitation->expires_unix_ms));
}

void invitation_cure(const struct enrol_invitation *invitation, uint64_t now_unix_ms,
                     char out[MESSAGE_BYTES_MAX])
{
    if (invitation->two && invitation->accepted_by[0] == '\0' &&
        !is_expired(invitation, now_unix_ms)) {
        SAY("cure_invitation_second division=%s name=%s", invitation->division.code,
            invitation->invited_by);
    } else if (is_waiting(invitation, now_unix_ms)) {
        SAY("cure_invitation_waiting division=%s", invitation->division.code);
    } else if (is_expired(invitation, now_unix_ms)) {
        SAY("cure_invitation_expired division=%s", invitation->division.code);
    } else {
        SAY("cure_invitation_open division=%s", invitation->division.code);
    }
}
