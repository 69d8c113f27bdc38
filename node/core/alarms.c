#include "node/core/alarms.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/core/alarms_internal.h"
#include "proto/array.h"
#include "proto/log.h"

/* --- finding --- */

static int compare(const void *key, const void *item)
{
    const struct alarm_name *name = key;
    const struct alarm *alarm = &(*(struct open_alarm *const *)item)->alarm;
    int order = (name->code > alarm->code) - (name->code < alarm->code);

    if (order == 0) {
        order = division_compare(name->about, alarm->about);
    }
    if (order == 0) {
        order = (int)name->is_summary - (int)alarm->is_summary;
    }
    return order != 0 || name->is_summary || !alarm_info(name->code)->is_each
               ? order
               : strcmp(name->message, alarm->message);
}

size_t alarms_find(const struct alarms *alarms, const struct alarm_name *name)
{
    return ARRAY_LOWER_BOUND(alarms->open, alarms->open_count, name, compare);
}

static bool is_at(const struct alarms *alarms, size_t at, const struct alarm_name *name)
{
    return at < alarms->open_count && compare(name, &alarms->open[at]) == 0;
}

/* Under which name one that is not there yet is listed. */
static struct alarm_name listed_as(const struct alarms *alarms, const struct alarm_name *name)
{
    const struct alarm_name summary = {name->code, name->about, true, ""};
    const struct alarm_name first = {name->code, name->about, false, ""};
    const struct alarm_name over_all = {name->code, DIVISION_NONE, true, ""};

    if (alarm_info(name->code)->is_each &&
        alarms_find(alarms, &summary) - alarms_find(alarms, &first) >= ALARMS_EACH_MAX) {
        return is_at(alarms, alarms_find(alarms, &summary), &summary) ||
                       alarms->open_count < ALARMS_OPEN_MAX
                   ? summary
                   : over_all;
    }
    return alarms->open_count < ALARMS_OPEN_MAX ? *name : over_all;
}

/* --- raising and clearing --- */

/* One that has ended and is not written yet. */
static struct open_alarm *take_back(struct alarms *alarms, uint64_t id)
{
    for (size_t i = alarms->cleared_count; i-- > 0;) {
        struct open_alarm *open = alarms->cleared[i];

        if (open->alarm.id == id) {
            ARRAY_REMOVE(alarms->cleared, alarms->cleared_count, i);
            return open;
        }
    }
    return NULL;
}

/* One that ended not long ago is the same once more, and leaves the history. */
static struct open_alarm *reopen(struct alarms *alarms, const struct alarm_name *name)
{
    struct open_alarm *open;
    struct flap flap;

    if (name->is_summary || alarm_info(name->code)->is_each ||
        !flaps_take(&alarms->flaps, name->code, name->about, clock_mono_ms(alarms->clock), &flap)) {
        return NULL;
    }
    open = take_back(alarms, flap.id);
    if (open == NULL) {
        open = mem_zalloc(sizeof *open);
        open->alarm.id = flap.id;
        open->alarm.first_unix_ms = flap.first_unix_ms;
        open->alarm.count = flap.count;
        open->past = flap.past;
        open->leaves_past = flap.past != NO_PAST;
    }
    open->alarm.cleared_unix_ms = open->alarm.acked_unix_ms = open->alarm.silenced_unix_ms = 0;
    open->alarm.acked_by[0] = open->alarm.silenced_by[0] = '\0';
    open->returns = flap.returns + 1;
    return open;
}

static struct open_alarm *open_new(struct alarms *alarms)
{
    struct open_alarm *open = mem_zalloc(sizeof *open);

    open->alarm.id = alarms->counters.next_id++;
    open->alarm.first_unix_ms = clock_unix_ms(alarms->clock);
    open->past = NO_PAST;
    return open;
}

static struct open_alarm *add(struct alarms *alarms, const struct alarm_name *name, size_t at)
{
    struct open_alarm *open = reopen(alarms, name);

    if (open == NULL) {
        open = open_new(alarms);
    }
    open->alarm.code = name->code;
    open->alarm.about = name->about;
    open->alarm.is_summary = name->is_summary;
    open->is_changed = true;
    alarms->is_changed = true;
    ARRAY_GAP(alarms->open, alarms->open_count, alarms->open_capacity, at);
    alarms->open[at] = open;
    return open;
}

static void say(struct open_alarm *open, const char *message)
{
    struct alarm *alarm = &open->alarm;

    if (alarm->is_summary) {
        message_format(alarm->message, sizeof alarm->message, "more_not_listed why=%s", message);
    } else {
        (void)snprintf(alarm->message, sizeof alarm->message, "%s", message);
    }
}

static void tell(const struct alarms *alarms, const struct alarm *alarm)
{
    if (alarms->sink.changed != NULL) {
        alarms->sink.changed(alarms->sink.arg, alarm);
    }
}

static void raise_message(struct alarms *alarms, enum alarm_code code, struct division about,
                          const char *message)
{
    struct alarm_name name = {code, about, false, message};
    size_t at = alarms_find(alarms, &name);
    struct open_alarm *open;
    bool is_new;

    if (!is_at(alarms, at, &name)) {
        name = listed_as(alarms, &name);
        at = alarms_find(alarms, &name);
    }
    is_new = !is_at(alarms, at, &name);
    if (!is_new) {
        open = alarms->open[at];
        open->is_repeated = true;
        alarms->is_repeated = true;
    } else {
        open = add(alarms, &name, at);
        LOG_WARN("alarm", "id=%" PRIu64 " code=%s severity=%s about=%s message=%s", open->alarm.id,
                 alarm_info(code)->name, alarm_severity_name(alarm_info(code)->severity),
                 about.code, message);
    }
    say(open, message);
    open->is_ending = false;
    open->raised_ms = clock_mono_ms(alarms->clock);
    open->alarm.last_unix_ms = clock_unix_ms(alarms->clock);
    open->alarm.count++;
    if (is_new) {
        tell(alarms, &open->alarm);
    }
}

void alarms_raise(struct alarms *alarms, enum alarm_code code, struct division about,
                  const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    raise_message(alarms, code, about, message);
}

void alarms_end_at(struct alarms *alarms, size_t at)
{
    struct open_alarm *open = alarms->open[at];

    open->alarm.cleared_unix_ms = clock_unix_ms(alarms->clock);
    LOG_INFO("alarm.cleared", "id=%" PRIu64 " code=%s about=%s", open->alarm.id,
             alarm_info(open->alarm.code)->name, open->alarm.about.code);
    ARRAY_REMOVE(alarms->open, alarms->open_count, at);
    ARRAY_ROOM(alarms->cleared, alarms->cleared_count, alarms->cleared_capacity);
    alarms->cleared[alarms->cleared_count++] = open;
    alarms->is_changed = true;
    tell(alarms, &open->alarm);
}

/* By its check, which may find something again in a moment. */
static void clear_at(struct alarms *alarms, size_t at)
{
    const struct open_alarm *open = alarms->open[at];
    const struct alarm *alarm = &open->alarm;

    if (!alarm->is_summary && !alarm_info(alarm->code)->is_each) {
        flaps_note(&alarms->flaps, alarm, open->returns, open->past, clock_mono_ms(alarms->clock));
    }
    alarms_end_at(alarms, at);
}

static uint64_t may_end_ms(const struct open_alarm *open)
{
    return open->raised_ms + flaps_hold_ms(open->returns);
}

static void clear_or_wait(struct alarms *alarms, size_t at)
{
    struct open_alarm *open = alarms->open[at];

    if (may_end_ms(open) <= clock_mono_ms(alarms->clock)) {
        clear_at(alarms, at);
    } else if (!open->is_ending) {
        open->is_ending = true;
        alarms->ending_ms = earlier(alarms->ending_ms, may_end_ms(open));
    }
}

void alarms_end_quiet(struct alarms *alarms)
{
    if (clock_mono_ms(alarms->clock) < alarms->ending_ms) {
        return;
    }
    alarms->ending_ms = UINT64_MAX;
    for (size_t i = alarms->open_count; i-- > 0;) {
        if (alarms->open[i]->is_ending) {
            alarms->open[i]->is_ending = false;
            clear_or_wait(alarms, i);
        }
    }
}

void alarms_clear(struct alarms *alarms, enum alarm_code code, struct division about)
{
    const struct alarm_name first = {code, about, false, ""};
    const struct alarm_name summary = {code, about, true, ""};
    size_t from, end;

    assert((alarm_info(code)->ends & ALARM_BY_CHECK) != 0);
    if (alarms->open_count == 0) {
        return;
    }
    from = alarms_find(alarms, &first);
    end = alarms_find(alarms, &summary);
    end += is_at(alarms, end, &summary);
    while (end > from) {
        clear_or_wait(alarms, --end);
    }
}

void alarms_clear_all(struct alarms *alarms, enum alarm_code code)
{
    assert((alarm_info(code)->ends & ALARM_BY_CHECK) != 0);
    for (size_t i = alarms->open_count; i-- > 0;) {
        if (alarms->open[i]->alarm.code == code) {
            clear_at(alarms, i);
        }
    }
}

enum status alarms_ack(struct alarms *alarms, uint64_t id, const char *who, bool *cleared,
                       struct err *err)
{
    for (size_t i = 0; i < alarms->open_count; i++) {
        struct open_alarm *open = alarms->open[i];
        struct alarm *alarm = &open->alarm;

        if (alarm->id != id) {
            continue;
        }
        alarm->acked_unix_ms = clock_unix_ms(alarms->clock);
        (void)snprintf(alarm->acked_by, sizeof alarm->acked_by, "%s", who);
        LOG_INFO("alarm.acknowledged", "id=%" PRIu64 " code=%s about=%s by=%s", id,
                 alarm_info(alarm->code)->name, alarm->about.code, who);
        open->is_changed = true;
        alarms->is_changed = true;
        *cleared = alarm->is_summary || (alarm_info(alarm->code)->ends & ALARM_BY_ACK) != 0;
        if (*cleared) {
            alarms_end_at(alarms, i);
        }
        return OK;
    }
    return err_set(err, ERR_NOT_FOUND, "no_open_alarm id=%" PRIu64, id);
}

/* --- silence --- */

void alarms_find_heard(struct alarms *alarms)
{
    alarms->heard_unix_ms = 0;
    for (size_t i = 0; i < alarms->open_count; i++) {
        const uint64_t until = alarms->open[i]->alarm.silenced_unix_ms;

        if (until != 0 && (alarms->heard_unix_ms == 0 || until < alarms->heard_unix_ms)) {
            alarms->heard_unix_ms = until;
        }
    }
}

static void set_silence(struct alarms *alarms, struct open_alarm *open, uint64_t until_unix_ms,
                        const char *who)
{
    open->alarm.silenced_unix_ms = until_unix_ms;
    (void)snprintf(open->alarm.silenced_by, sizeof open->alarm.silenced_by, "%s", who);
    open->is_changed = true;
    alarms->is_changed = true;
    alarms_find_heard(alarms);
}

static enum status check_silence(const struct alarms *alarms, const struct alarm *alarm,
                                 uint64_t until_unix_ms, struct err *err)
{
    const uint64_t now = clock_unix_ms(alarms->clock);

    if (alarm_info(alarm->code)->is_of_money) {
        return err_set(err, ERR_REFUSED, "silence_of_money alarm=%s",
                       alarm_info(alarm->code)->name);
    }
    if (until_unix_ms != 0 &&
        (until_unix_ms <= now ||
         until_unix_ms - now > (uint64_t)ALARMS_SILENCE_DAYS_MAX * 24 * 3600 * 1000)) {
        return err_set(err, ERR_REFUSED, "silence_time days_max=%d", ALARMS_SILENCE_DAYS_MAX);
    }
    return OK;
}

enum status alarms_silence(struct alarms *alarms, uint64_t id, uint64_t until_unix_ms,
                           const char *who, struct err *err)
{
    for (size_t i = 0; i < alarms->open_count; i++) {
        struct open_alarm *open = alarms->open[i];
        enum status status;

        if (open->alarm.id != id) {
            continue;
        }
        status = check_silence(alarms, &open->alarm, until_unix_ms, err);
        if (status == OK) {
            LOG_INFO("alarm.silenced", "id=%" PRIu64 " code=%s about=%s by=%s until=%" PRIu64, id,
                     alarm_info(open->alarm.code)->name, open->alarm.about.code, who,
                     until_unix_ms / 1000);
            set_silence(alarms, open, until_unix_ms, until_unix_ms == 0 ? "" : who);
        }
        return status;
    }
    return err_set(err, ERR_NOT_FOUND, "no_open_alarm id=%" PRIu64, id);
}

void alarms_hear_again(struct alarms *alarms)
{
    const uint64_t now = clock_unix_ms(alarms->clock);

    if (alarms->heard_unix_ms == 0 || now < alarms->heard_unix_ms) {
        return;
    }
    for (size_t i = 0; i < alarms->open_count; i++) {
        struct open_alarm *open = alarms->open[i];

        if (open->alarm.silenced_unix_ms != 0 && open->alarm.silenced_unix_ms <= now) {
            set_silence(alarms, open, 0, "");
            tell(alarms, &open->alarm);
        }
    }
    alarms_find_heard(alarms); /* one that was silenced may have ended */
}

/* --- reading --- */

size_t alarms_count(const struct alarms *alarms)
{
    return alarms->open_count;
}

const struct alarm *alarms_at(const struct alarms *alarms, size_t index)
{
    return &alarms->open[index]->alarm;
}
