#include "replicator/session/notices.h"

#include <stdarg.h>

#include "replicator/core.h"

void notice_alarm(const struct replicator *r, enum alarm_code code, struct division about,
                  const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    message_vformat(message, sizeof message, format, args);
    va_end(args);
    r->config.sink.alarm(r->config.sink.arg, code, about, message);
}

void notice_over(const struct replicator *r, enum alarm_code code, struct division about)
{
    r->config.sink.alarm_cleared(r->config.sink.arg, code, about);
}
