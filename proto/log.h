/* log - one event, one line on stderr: time level event key=value ...
 *
 * The first word is a stable name to grep for; units stand in the keys; never a secret, never a
 * payload. Levels: error (an operator acts), warn (a peer misbehaves), info (state changed),
 * debug. Thread: any. */
#ifndef TERRACE_PROTO_LOG_H
#define TERRACE_PROTO_LOG_H

#include "proto/status.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_NONE };

/* Lines below `level` are dropped. `name` (a division, may be "") stands in every line. */
void log_open(enum log_level level, const char *name);
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
