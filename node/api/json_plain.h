/* json_plain - JSON as programs write it, read in one pass: objects and arrays of strings without
 * escapes. Whatever needs a closer look is told apart, and goes through jansson, so that all faults
 * are judged in one place.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_JSON_PLAIN_H
#define TERRACE_NODE_API_JSON_PLAIN_H

#include "proto/bytes.h"

struct json_cursor {
    const uint8_t *at, *end;
};

/* Nothing comes but blanks. */
bool json_is_over(struct json_cursor *cursor);
/* This character comes next, but for blanks. */
bool json_take(struct json_cursor *cursor, uint8_t c);
/* A string without escapes, in valid UTF-8: a view of what stands between its quotes. */
bool json_take_string(struct json_cursor *cursor, struct bytes *text);
/* A short whole number, as JSON writes one: no sign, no leading zero. */
bool json_take_number(struct json_cursor *cursor, struct bytes *digits);

/* How many bytes from the beginning on stand in a JSON string as they are: no quote, backslash or
 * control. *seen: the bytes so far, or-ed together. */
size_t json_plain_run(struct bytes text, uint8_t *seen);

#endif
