#include "node/core/alarms.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/core/alarm_rows.h"
#include "proto/array.h"
#include "proto/log.h"

struct open_alarm {
    struct alarm alarm;
    bool is_stored;   /* it has a row */
    bool is_changed;  /* more than raised again */
    bool is_repeated; /* raised again since its row was written */
};

struct alarms {
    struct open_alarm **open; /* sorted */
    size_t open_count, open_capacity;
    struct open_alarm **cleared; /* waiting to be staged, in order */
    size_t cleared_count, cleared_capacity;
    struct alarm_counters counters;
    bool is_changed, is_repeated; /* any of them */
    bool is_hurried;
    uint64_t changed_ms; /* mono, when alarms_stage first met the change; 0: not yet */
    uint64_t repeats_ms; /* mono, when repeated ones were written last */
    uint64_t
        heard_unix_ms; /* when the first of those that are silenced is heard again; 0: none is */
    const struct clock *clock;
    struct alarms_sink sink;
};

/* --- finding --- */

struct alarm_name {
    enum alarm_code code;
    struct division about;
    bool is_summary;
    const char *message;
};

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

static size_t find_from(const struct alarms *alarms, const struct alarm_name *name)
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
        find_from(alarms, &summary) - find_from(alarms, &first) >= ALARMS_EACH_MAX) {
        return is_at(alarms, find_from(alarms, &summary), &summary) ||
                       alarms->open_count < ALARMS_OPEN_MAX
                   ? summary
                   : over_all;
    }
    return alarms->open_count < ALARMS_OPEN_MAX ? *name : over_all;
}

/* --- raising and clearing --- */

static struct open_alarm *add(struct alarms *alarms, const struct alarm_name *name, size_t at)
{
    struct open_alarm *open = mem_zalloc(sizeof *open);

    open->alarm.id = alarms->counters.next_id++;
    open->alarm.code = name->code;
    open->alarm.about = name->about;
    open->alarm.is_summary = name->is_summary;
    open->alarm.first_unix_ms = clock_unix_ms(alarms->clock);
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
    size_t at = find_from(alarms, &name);
    struct open_alarm *open;
    bool is_new;

    if (!is_at(alarms, at, &name)) {
        name = listed_as(alarms, &name);
        at = find_from(alarms, &name);
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

static void clear_at(struct alarms *alarms, size_t at)
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

void alarms_clear(struct alarms *alarms, enum alarm_code code, struct division about)
{
    const struct alarm_name first = {code, about, false, ""};
    const struct alarm_name summary = {code, about, true, ""};
    size_t from, end;

    assert((alarm_info(code)->ends & ALARM_BY_CHECK) != 0);
    if (alarms->open_count == 0) {
        return;
    }
    from = find_from(alarms, &first);
    end = find_from(alarms, &summary);
    end += is_at(alarms, end, &summary);
    while (end > from) {
        clear_at(alarms, --end);
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
            clear_at(alarms, i);
        }
        return OK;
    }
    return err_set(err, ERR_NOT_FOUND, "no_open_alarm id=%" PRIu64, id);
}

/* --- silence --- */

static void find_heard(struct alarms *alarms)
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
    find_heard(alarms);
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

/* Those whose time is over are told as if they were new. */
static void hear_again(struct alarms *alarms)
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
}

/* --- rows --- */

static void stage_open(struct alarms *alarms, struct txn *txn, bool repeats)
{
    for (size_t i = 0; i < alarms->open_count; i++) {
        struct open_alarm *open = alarms->open[i];

        if (open->is_changed || (repeats && open->is_repeated)) {
            alarm_put(txn, &open->alarm);
            open->is_stored = true;
            open->is_changed = false;
            open->is_repeated = false;
        }
    }
}

static void stage_cleared(struct alarms *alarms, struct txn *txn)
{
    struct alarm_counters *counters = &alarms->counters;

    for (size_t i = 0; i < alarms->cleared_count; i++) {
        struct open_alarm *open = alarms->cleared[i];

        if (open->is_stored) {
            alarm_delete(txn, open->alarm.id);
        }
        alarm_past_put(txn, counters->next_past++, &open->alarm);
        if (counters->next_past - counters->first_past > ALARMS_HISTORY_MAX) {
            alarm_past_delete(txn, counters->first_past++);
        }
        mem_free(open);
    }
    alarms->cleared_count = 0;
}

void alarms_stage(struct alarms *alarms, struct txn *txn, bool commits)
{
    const uint64_t now_ms = clock_mono_ms(alarms->clock);
    const bool now = commits || alarms->is_hurried;
    const bool repeats =
        alarms->is_repeated && commits && now_ms - alarms->repeats_ms >= ALARMS_REPEAT_MS;

    hear_again(alarms);
    if (alarms->is_changed && alarms->changed_ms == 0) {
        alarms->changed_ms = now_ms;
    }
    if (!repeats &&
        !(alarms->is_changed && (now || now_ms - alarms->changed_ms >= ALARMS_ALONE_MS))) {
        return;
    }
    stage_open(alarms, txn, repeats);
    stage_cleared(alarms, txn);
    if (alarms->is_changed) {
        alarm_counters_put(txn, &alarms->counters);
    }
    if (repeats) {
        alarms->is_repeated = false;
        alarms->repeats_ms = now_ms;
    }
    alarms->is_changed = false;
    alarms->changed_ms = 0;
}

void alarms_hurry(struct alarms *alarms)
{
    alarms->is_hurried = true;
}

static uint64_t heard_ms(const struct alarms *alarms)
{
    const uint64_t now = clock_unix_ms(alarms->clock);

    if (alarms->heard_unix_ms == 0) {
        return UINT64_MAX;
    }
    return clock_mono_ms(alarms->clock) +
           (alarms->heard_unix_ms > now ? alarms->heard_unix_ms - now : 0);
}

uint64_t alarms_next_tick(const struct alarms *alarms)
{
    const uint64_t heard = heard_ms(alarms);
    const uint64_t staged = !alarms->is_changed       ? UINT64_MAX
                            : alarms->changed_ms == 0 ? 0
                                                      : alarms->changed_ms + ALARMS_ALONE_MS;

    return staged < heard ? staged : heard;
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

/* --- life --- */

static bool take_row(void *arg, const struct alarm *alarm)
{
    struct alarms *alarms = arg;
    const struct alarm_name name = {alarm->code, alarm->about, alarm->is_summary, alarm->message};
    const size_t at = find_from(alarms, &name);
    struct open_alarm *open = mem_zalloc(sizeof *open);

    open->alarm = *alarm;
    open->is_stored = true;
    ARRAY_GAP(alarms->open, alarms->open_count, alarms->open_capacity, at);
    alarms->open[at] = open;
    return true;
}

static void clear_at_restart(struct alarms *alarms)
{
    for (size_t i = alarms->open_count; i-- > 0;) {
        const struct alarm_info *info = alarm_info(alarms->open[i]->alarm.code);

        if ((info->ends & ALARM_AT_RESTART) != 0) {
            assert(!info->is_of_money);
            clear_at(alarms, i);
        }
    }
}

enum status alarms_open(struct alarms **out, const struct clock *clock, struct alarms_sink sink,
                        struct txn *txn, struct err *err)
{
    struct alarms *alarms = mem_zalloc(sizeof *alarms);
    enum status status;

    *out = NULL;
    alarms->clock = clock;
    alarms->sink = sink;
    alarm_counters_load(txn, &alarms->counters);
    status = alarm_each(txn, take_row, alarms, err);
    if (status == OK) {
        status = txn_status(txn, err);
    }
    if (status != OK) {
        alarms_close(alarms);
        return err_wrap(err, "read_alarms");
    }
    clear_at_restart(alarms);
    find_heard(alarms);
    *out = alarms;
    return OK;
}

void alarms_close(struct alarms *alarms)
{
    if (alarms == NULL) {
        return;
    }
    for (size_t i = 0; i < alarms->open_count; i++) {
        mem_free(alarms->open[i]);
    }
    for (size_t i = 0; i < alarms->cleared_count; i++) {
        mem_free(alarms->cleared[i]);
    }
    mem_free(alarms->open);
    mem_free(alarms->cleared);
    mem_free(alarms);
}
