/* alarm_hook - tells a program of the operator's of each new and each cleared alarm.
 *
 *   the loop --alarm_hook_tell--> queue of HOOK_QUEUE_MAX --> a thread: one run at a time
 *                       full --> counted; the program is told how many once the queue is empty
 *
 * The program is run once for each change, with one line of JSON on its standard input:
 *
 *   {"change":"raised","node":"540100","alarm":{"id":3,"code":"disk_low","severity":"warning",...}}
 *   {"change":"cleared","node":"540100","alarm":{...}}
 *   {"change":"left_out","node":"540100","count":12}
 *
 * `alarm` is as `terrace --json alarms` has it, with cause and cure. Runs are bounded in time
 * (config->ms_max, then killed), in number (one) and in rate (HOOK_BURST at once, then one in
 * config->gap_ms). A run that fails is an event of the log and is not tried again. When the node
 * stops, what waits is left out.
 *
 * Owns: its thread and what waits. Borrows the clock and the texts of its configuration.
 * Thread: open, tell and close on the loop's; tell never waits. Units: milliseconds. */
#ifndef TERRACE_NODE_DAEMON_ALARM_HOOK_H
#define TERRACE_NODE_DAEMON_ALARM_HOOK_H

#include "node/core/alarms.h"
#include "node/text/text.h"

enum { HOOK_QUEUE_MAX = 64, HOOK_BURST = 8, HOOK_GAP_MS = 1000 };

struct alarm_hook_config {
    const char *program, *home;
    struct division node;
    uint32_t ms_max, gap_ms; /* 0: HOOK_GAP_MS */
    enum language language;  /* of cause, cure and text */
    const struct clock *clock;
};

struct alarm_hook;

/* Errors: ERR_IO (no thread, no descriptor). Whether there is such a program shows when it is run.
 */
enum status alarm_hook_open(struct alarm_hook **out, const struct alarm_hook_config *config,
                            struct err *err);
/* One that has cleared_unix_ms is told as cleared. */
void alarm_hook_tell(struct alarm_hook *hook, const struct alarm *alarm);
void alarm_hook_close(struct alarm_hook *hook); /* NULL is fine */

#endif
