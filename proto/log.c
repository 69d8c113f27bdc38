#include "proto/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum log_level log_threshold = LOG_LEVEL_WARN;
static char log_name[32];

void log_open(enum log_level level, const char *name)
{
    log_threshold = level;
    (void)snprintf(log_name, sizeof log_name, "%s", name);
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error", ""};
    struct timespec now;
    struct tm utc;
    char line[1024];
    va_list args;
    int size;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size = snprintf(line, sizeof line, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s %s %s ",
                    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                    utc.tm_sec, now.tv_nsec / 1000000, names[level], log_name, event);
    va_start(args, format);
    (void)vsnprintf(line + size, sizeof line - (size_t)size - 1, format, args);
    va_end(args);
    memcpy(line + strlen(line), "\n", 2); /* for which room was spared */
    (void)fputs(line, stderr); /* one write, so that lines of several threads do not mix */
}
