/* log_format - one event as the line that stands in a log.
 *
 *   format   peer=%s reason=%s entries=%u     the keys come from here, and from nowhere else
 *   JSON     ...,"peer":"540100","reason":"cut off","entries":3}
 *   text     ... peer=540100 reason="cut off" entries=3
 *
 * A blank of the format parts two pairs; a value may hold blanks, quotes and controls, which are
 * escaped, so that whoever is named in a line adds neither a line nor a key to it. A pair whose
 * value is one whole-number conversion is a number in JSON, all others are strings. The separators
 * of a message (message.h) become ' ' and ':'. What does not fit is cut; the line stays whole.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_PROTO_LOG_FORMAT_H
#define TERRACE_PROTO_LOG_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

#include "proto/status.h"

enum { LOG_LINE_BYTES_MAX = 8192 };

enum log_style { LOG_STYLE_TEXT, LOG_STYLE_JSON, LOG_STYLE_JOURNAL };

struct log_head { /* what stands in every line; none of it NULL */
    const char *time, *level, *division, *event;
    int priority; /* as syslog counts: 3 error ... 7 debug */
};

/* The line with its newline, terminated. `size` is 256 at least. */
void log_format(char *out, size_t size, enum log_style style, const struct log_head *head,
                const char *format, va_list args) PRINTF(5, 0);

#endif
