#include "proto/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/log_format.h"

enum { TIME_BYTES_MAX = 96 }; /* whatever the fields of a struct tm hold */

enum log_level log_threshold = LOG_LEVEL_WARN;
static enum log_style log_style = LOG_STYLE_TEXT;
static char log_name[32];

/* systemd names the file that is the journal in $JOURNAL_STREAM: DEVICE:INODE (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char ours[64];
    struct stat found;

    if (stream == NULL || fstat(STDERR_FILENO, &found) != 0) {
        return false;
    }
    (void)snprintf(ours, sizeof ours, "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)found.st_dev,
                   (uintmax_t)found.st_ino);
    return strcmp(stream, ours) == 0;
}

void log_open(enum log_level level, const char *name)
{
    log_threshold = level;
    (void)snprintf(log_name, sizeof log_name, "%s", name);
    log_style = isatty(STDERR_FILENO) == 1 ? LOG_STYLE_TEXT
                : stderr_is_journal()      ? LOG_STYLE_JOURNAL
                                           : LOG_STYLE_JSON;
}

bool log_on_terminal(void)
{
    return log_style == LOG_STYLE_TEXT;
}

static void write_time(char out[TIME_BYTES_MAX])
{
    struct timespec now;
    struct tm utc;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)snprintf(out, TIME_BYTES_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900,
                   utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                   now.tv_nsec / 1000000);
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error", ""};
    static const int priorities[] = {7, 6, 4, 3, 3};
    char time[TIME_BYTES_MAX], line[LOG_LINE_BYTES_MAX];
    const struct log_head head = {time, names[level], log_name, event, priorities[level]};
    va_list args;

    write_time(time);
    va_start(args, format);
    log_format(line, sizeof line, log_style, &head, format, args);
    va_end(args);
    (void)fputs(line, stderr); /* one write, so that lines of several threads do not mix */
}
