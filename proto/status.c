#include "proto/status.h"

#include <assert.h>
#include <stdarg.h>

#include "proto/message.h"

static const char *const names[STATUSES] = {
    [OK] = "ok",
    [ERR_IO] = "io",
    [ERR_CORRUPT] = "corrupt",
    [ERR_MALFORMED] = "malformed",
    [ERR_TOO_LARGE] = "too_large",
    [ERR_REFUSED] = "refused",
    [ERR_NOT_YET] = "not_yet",
    [ERR_GAP] = "gap",
    [ERR_FORK] = "fork",
    [ERR_BAD_SIGNATURE] = "bad_signature",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_CONFIG] = "config",
    [ERR_KEY] = "key",
    [ERR_BUSY] = "busy",
    [ERR_DISK_FULL] = "disk_full",
    [ERR_STALE_FENCE] = "stale_fence",
    [ERR_NEEDS_UPGRADE] = "needs_upgrade",
    [ERR_UNREACHABLE] = "unreachable",
    [ERR_EXPIRED] = "expired",
    [ERR_ALREADY_USED] = "already_used",
    [ERR_LIMIT] = "limit",
    [ERR_USAGE] = "usage",
    [ERR_DIVISION_TAKEN] = "division_taken",
    [ERR_OUTSIDE_REACH] = "outside_reach",
};

const char *status_name(enum status status)
{
    return (unsigned)status < STATUSES ? names[status] : "unknown";
}

enum status err_set(struct err *err, enum status status, const char *format, ...)
{
    va_list args;

    assert(status != OK);
    err->status = status;
    va_start(args, format);
    message_vformat(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

enum status err_wrap(struct err *err, const char *format, ...)
{
    char front[sizeof err->text - 2]; /* with room for the separator */
    va_list args;

    va_start(args, format);
    message_vformat(front, sizeof front, format, args);
    va_end(args);
    message_wrap(err->text, sizeof err->text, front);
    return err->status;
}
