/* Alarms on their way into rows and back. */
#include <assert.h>

#include "node/core/alarms_internal.h"
#include "proto/array.h"

/* --- rows --- */

static void stage_open(struct alarms *alarms, struct txn *txn, bool repeats)
{
    for (size_t i = 0; i < alarms->open_count; i++) {
        struct open_alarm *open = alarms->open[i];

        if (open->is_changed || (repeats && open->is_repeated)) {
            alarm_put(txn, &open->alarm);
            if (open->leaves_past) {
                alarm_past_delete(txn, open->past);
                open->leaves_past = false;
            }
            open->is_stored = true;
            open->is_changed = false;
            open->is_repeated = false;
        }
    }
}

/* Where it stands in the history: where it stood, or at the end. */
static uint64_t place_past(struct alarms *alarms, struct txn *txn, const struct open_alarm *open)
{
    struct alarm_counters *counters = &alarms->counters;

    if (open->past != NO_PAST && open->past >= counters->first_past) {
        return open->past;
    }
    if (counters->next_past - counters->first_past >= ALARMS_HISTORY_MAX) {
        alarm_past_delete(txn, counters->first_past++);
    }
    return counters->next_past++;
}

static void stage_cleared(struct alarms *alarms, struct txn *txn)
{
    for (size_t i = 0; i < alarms->cleared_count; i++) {
        struct open_alarm *open = alarms->cleared[i];

        if (open->is_stored) {
            alarm_delete(txn, open->alarm.id);
        }
        open->past = place_past(alarms, txn, open);
        alarm_past_put(txn, open->past, &open->alarm);
        flaps_placed(&alarms->flaps, &open->alarm, open->past);
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

    alarms_end_quiet(alarms);
    alarms_hear_again(alarms);
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
    const uint64_t waiting = earlier(heard_ms(alarms), alarms->ending_ms);

    if (!alarms->is_changed) {
        return waiting;
    }
    return alarms->changed_ms == 0 ? 0 : earlier(waiting, alarms->changed_ms + ALARMS_ALONE_MS);
}

/* --- life --- */

static bool take_row(void *arg, const struct alarm *alarm)
{
    struct alarms *alarms = arg;
    const struct alarm_name name = {alarm->code, alarm->about, alarm->is_summary, alarm->message};
    const size_t at = alarms_find(alarms, &name);
    struct open_alarm *open = mem_zalloc(sizeof *open);

    open->alarm = *alarm;
    open->is_stored = true;
    open->past = NO_PAST;
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
            alarms_end_at(alarms, i);
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
    alarms->ending_ms = UINT64_MAX;
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
    alarms_find_heard(alarms);
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
    flaps_free(&alarms->flaps);
    mem_free(alarms);
}
