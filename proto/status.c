#include "proto/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *message;
} statuses[STATUSES] = {
    [OK] = {"ok", "done"},
    [ERR_IO] = {"io", "the disk or a socket failed"},
    [ERR_CORRUPT] = {"corrupt", "stored bytes fail their own check"},
    [ERR_MALFORMED] = {"malformed", "the bytes are not what they claim to be"},
    [ERR_TOO_LARGE] = {"too_large", "larger than the limit"},
    [ERR_REFUSED] = {"refused", "the sender may not say this"},
    [ERR_NOT_YET] = {"not_yet", "its author, key or epoch is not known here yet"},
    [ERR_GAP] = {"gap", "something before it is missing"},
    [ERR_FORK] = {"fork", "two different blocks claim one position"},
    [ERR_BAD_SIGNATURE] = {"bad_signature", "the signature does not verify"},
    [ERR_NOT_FOUND] = {"not_found", "no such thing here"},
    [ERR_CONFIG] = {"config", "the configuration cannot be used"},
    [ERR_KEY] = {"key", "a key is missing or its seal does not open"},
    [ERR_BUSY] = {"busy", "already taken by another process"},
    [ERR_DISK_FULL] = {"disk_full", "free space is below the floor"},
    [ERR_STALE_FENCE] = {"stale_fence", "another writer has claimed this store"},
    [ERR_NEEDS_UPGRADE] = {"needs_upgrade", "written by a newer version"},
    [ERR_UNREACHABLE] = {"unreachable", "nobody answers there"},
    [ERR_EXPIRED] = {"expired", "its time is over"},
    [ERR_ALREADY_USED] = {"already_used", "it may be used once and was"},
    [ERR_LIMIT] = {"limit", "more than this peer may send"},
    [ERR_USAGE] = {"usage", "the command line cannot be understood"},
    [ERR_DIVISION_TAKEN] = {"division_taken", "another branch of the tree has this division"},
};

const char *status_name(enum status status)
{
    return (unsigned)status < STATUSES ? statuses[status].name : "unknown";
}

const char *status_message(enum status status)
{
    return (unsigned)status < STATUSES ? statuses[status].message : "an outcome of a newer version";
}

/* A text cut to fit ends with a whole character, so that what prints or quotes it still can. */
static void drop_cut_character(char *text)
{
    const size_t size = strlen(text);
    size_t tail = 0; /* continuation bytes at the end */

    while (tail < size && tail < 3 && ((unsigned char)text[size - 1 - tail] & 0xc0) == 0x80) {
        tail++;
    }
    if (tail < size) {
        const unsigned char lead = (unsigned char)text[size - 1 - tail];
        const size_t wanted = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : tail;

        if (tail < wanted) {
            text[size - 1 - tail] = '\0';
        }
    }
}

enum status err_set(struct err *err, enum status status, const char *format, ...)
{
    va_list args;

    assert(status != OK);
    err->status = status;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) >= (int)sizeof err->text) {
        drop_cut_character(err->text);
    }
    va_end(args);
    return status;
}

enum status err_wrap(struct err *err, const char *format, ...)
{
    char words[sizeof err->text];
    va_list args;
    size_t size, kept;

    va_start(args, format);
    if (vsnprintf(words, sizeof words - 2, format, args) >= (int)sizeof words - 2) {
        drop_cut_character(words); /* the two spared are for ": " */
    }
    va_end(args);
    size = strlen(words);
    memcpy(words + size, ": ", 2);
    size += 2;
    kept = strnlen(err->text, sizeof words - 1 - size);
    memcpy(words + size, err->text, kept);
    words[size + kept] = '\0';
    if (size + kept == sizeof words - 1) {
        drop_cut_character(words);
    }
    memcpy(err->text, words, size + kept + 1);
    return err->status;
}
