#include "node/ledger/context.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

void ledger_alarm(const struct ledger *ledger, enum alarm_code code, struct division about,
                  const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    if (ledger->in_dry_run) {
        return;
    }
    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    ledger->config.sink.alarm(ledger->config.sink.arg, code, about, message);
}

void ledger_alarm_over(const struct ledger *ledger, enum alarm_code code, struct division about)
{
    if (!ledger->in_dry_run && ledger->config.sink.alarm_cleared != NULL) {
        ledger->config.sink.alarm_cleared(ledger->config.sink.arg, code, about);
    }
}

uint64_t ledger_now(const struct ledger *ledger)
{
    uint64_t time_ms = 0;

    if (ledger->config.sink.own_lsn != NULL) {
        (void)ledger->config.sink.own_lsn(ledger->config.sink.arg, &time_ms);
    }
    return time_ms;
}

bool ledger_is_above(const struct ledger *ledger, struct division division)
{
    return roster_within(ledger->config.roster, ledger->config.self, division);
}

bool ledger_is_below(const struct ledger *ledger, struct division division)
{
    return roster_within(ledger->config.roster, division, ledger->config.self);
}

bool ledger_is_observed(const struct ledger *ledger, struct division author, uint64_t lsn)
{
    return !ledger_is_below(ledger, author) ||
           lsn <= roster_lost_lsn(ledger->config.roster, author);
}

bool ledger_knows(const struct entry *entry)
{
    return entry->kind < KIND_USER_FIRST ? link_kind_known(entry->kind, entry->format)
                                         : document_format_known(entry->kind, entry->format);
}

enum status ledger_stop_before(const struct ledger *ledger, struct division author,
                               const struct entry *entry, struct err *err)
{
    const time_t seconds = (time_t)(entry->time_ms / 1000);
    struct tm utc;
    const struct tm *there = gmtime_r(&seconds, &utc);
    char written[24];

    assert(there != NULL); /* 2^64 ms are a year of nine digits */
    if (strftime(written, sizeof written, "%Y-%m-%dT%H:%M:%SZ", there) == 0) {
        written[0] = '\0'; /* an author may write any time */
    }
    (void)err_set(err, ERR_NEEDS_UPGRADE,
                  "entry_unknown lsn=%" PRIu64 " author=%s written=%s kind=%u format=%u",
                  entry->lsn, author.code, written, entry->kind, entry->format);
    ledger_alarm(ledger, ALARM_NEEDS_UPGRADE, author, "%s", err->text);
    return err->status;
}

const char *ledger_today(struct ledger *ledger)
{
    uint64_t now_ms = ledger->own.last_time_ms, day;

    if (ledger->config.sink.own_lsn != NULL) {
        (void)ledger->config.sink.own_lsn(ledger->config.sink.arg, &now_ms);
    }
    day = clock_day(now_ms);
    if (day != ledger->today || ledger->today_text[0] == '\0') {
        ledger->today = day;
        day_format(ledger->today_text, day);
    }
    return ledger->today_text;
}
