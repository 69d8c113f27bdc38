/* message - what is said to a person, before it is a sentence: a stable code and its arguments.
 *
 *   format    "open_store path=%s free_mib=%" PRIu64
 *   message   open_store \x1f path=/srv/a b \x1f free_mib=3          (without the blanks around)
 *   wrapped   start_node \x1f division=540121 \x1e open_store \x1f path=...
 *   log line  start_node division=540121:open_store path=/srv/a b free_mib=3
 *   sentence  node/text/ has one a language for each code, with {path} and {free_mib} in it
 *
 * Codes and keys are of a-z 0-9 _ and '.'. A blank of the format becomes the separator in front of
 * a key, so a value may itself hold blanks, '=' and ':'; it holds no control characters. The key
 * `why` comes last: its value is a message of its own and takes all that follows.
 *
 * Thread: any. */
#ifndef TERRACE_PROTO_MESSAGE_H
#define TERRACE_PROTO_MESSAGE_H

#include <stdarg.h>

#include "proto/bytes.h"
#include "proto/status.h"

enum { MESSAGE_BYTES_MAX = 384 };
#define MESSAGE_PAIR '\x1f' /* in front of each key=value */
#define MESSAGE_WRAP '\x1e' /* in front of what an outer message is about */

/* Cut to fit, terminated, never cut inside a character, and valid whatever the values hold. */
void message_format(char *out, size_t size, const char *format, ...) PRINTF(3, 4);
void message_vformat(char *out, size_t size, const char *format, va_list args) PRINTF(3, 0);

/* Puts the outer message `front` before the one in `text`, which has room for `size` bytes. */
void message_wrap(char *text, size_t size, const char *front);

/* Reads one level. `rest` is what it wraps, empty when it wraps nothing. */
struct message_reader {
    struct bytes code, args, rest;
};
struct message_reader message_read(struct bytes message);
/* The next argument; false after the last. */
bool message_next(struct message_reader *reader, struct bytes *key, struct bytes *value);
/* The value of `key`, or an empty view. */
struct bytes message_value(struct bytes message, const char *key);

/* May this stand in front of a sentence's slots: a code as described above? */
bool message_is_code(struct bytes text);
/* What comes from elsewhere: UTF-8 without control characters but the two separators. */
bool message_valid(struct bytes message);
/* For a log: the separators become ' ' and ':'. In place. */
void message_to_line(char *text);

/* The system's own reason for a failed call, as a code: "no_such_file". Codes without a row of
 * their own are the C library's words. */
const char *os_reason(int error);

#endif
