/* log - one event, one line on stderr.
 *
 *   LOG_INFO("peer.state", "peer=%s from=%s", ...)
 *
 *   a terminal   2026-11-28T09:12:41.003Z info 540121 peer.state peer=540100 from=down
 *   else         {"time":"...","level":"info","division":"540121","event":"peer.state","peer":...}
 *   systemd      the same behind <6>, by which the journal knows its priority
 *
 * The first word is a stable name to grep for, and terraced-events(5) lists them all; units stand
 * in the keys; never a secret, never a payload. What a line says and what not is in log_format.h.
 * Levels: error (an operator acts), warn (a peer misbehaves), info (state changed), debug.
 * Thread: any. */
#ifndef TERRACE_PROTO_LOG_H
#define TERRACE_PROTO_LOG_H

#include <stdbool.h>

#include "proto/status.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_NONE };

/* Lines below `level` are dropped. `name` (a division, may be "") stands in every line. Looks at
 * what stderr is; before the first call lines are written as for a terminal. */
void log_open(enum log_level level, const char *name);
/* Does a person read what is written on stderr? */
bool log_on_terminal(void);
void log_line(enum log_level level, const char *event, const char *format, ...) PRINTF(3, 4);
extern enum log_level log_threshold;

#define LOG_AT(level, ...)                                                                         \
    do {                                                                                           \
        if ((level) >= log_threshold) {                                                            \
            log_line(level, __VA_ARGS__);                                                          \
        }                                                                                          \
    } while (0)
#define LOG_DEBUG(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define LOG_INFO(...)  LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define LOG_WARN(...)  LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define LOG_ERROR(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
