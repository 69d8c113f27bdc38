/* alarms_internal - what the files of alarms.h share: alarms.c opens and ends them, alarms_stage.c
 * keeps them in rows. Not for anybody else.
 *
 * Owned by: alarms.c. Thread: the loop thread. Units: *_ms is mono. */
#ifndef TERRACE_NODE_CORE_ALARMS_INTERNAL_H
#define TERRACE_NODE_CORE_ALARMS_INTERNAL_H

#include "node/core/alarm_flaps.h"
#include "node/core/alarm_rows.h"

struct open_alarm {
    struct alarm alarm;
    bool is_stored;   /* it has a row */
    bool is_changed;  /* more than raised again */
    bool is_repeated; /* raised again since its row was written */
    uint32_t returns; /* how often it came back soon after it had ended */
    uint64_t past;    /* its place in the history from then, or NO_PAST */
    bool leaves_past; /* ... where it still stands */
    uint64_t raised_ms;
    bool is_ending; /* its check found nothing, and it was not quiet for long enough */
};

struct alarms {
    struct open_alarm **open; /* sorted */
    size_t open_count, open_capacity;
    struct open_alarm **cleared; /* waiting to be staged, in order */
    size_t cleared_count, cleared_capacity;
    struct alarm_counters counters;
    bool is_changed, is_repeated; /* any of them */
    bool is_hurried;
    uint64_t changed_ms;    /* when alarms_stage first met the change; 0: not yet */
    uint64_t repeats_ms;    /* when repeated ones were written last */
    uint64_t ending_ms;     /* when the first of those that are ending may end; or UINT64_MAX */
    uint64_t heard_unix_ms; /* when the first silenced one is heard again; 0: none is silenced */
    struct flaps flaps;
    const struct clock *clock;
    struct alarms_sink sink;
};

/* What one is found by: a summary or one alone by code and division, of codes that are each their
 * own by the message too. */
struct alarm_name {
    enum alarm_code code;
    struct division about;
    bool is_summary;
    const char *message;
};

/* The first index whose alarm does not sort before that name. */
size_t alarms_find(const struct alarms *alarms, const struct alarm_name *name);
/* Moves the open alarm there to those that wait to be written as past, and tells it. */
void alarms_end_at(struct alarms *alarms, size_t at);
/* Ends those that were quiet for long enough by now. */
void alarms_end_quiet(struct alarms *alarms);
/* Those whose silence is over are told as if they were new. */
void alarms_hear_again(struct alarms *alarms);
/* Sets heard_unix_ms. */
void alarms_find_heard(struct alarms *alarms);

#endif
