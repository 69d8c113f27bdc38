#include "proto/message.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_BYTES_MAX = 256 };

/* --- making --- */

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

/* The blanks of a format separate its pairs. */
static void separate(char out[FORMAT_BYTES_MAX], const char *format)
{
    const size_t size = strlen(format);

    assert(size < FORMAT_BYTES_MAX);
    for (size_t i = 0; i <= size; i++) {
        out[i] = format[i] == ' ' ? MESSAGE_PAIR : format[i];
    }
}

/* A value may be a library's words, or a name of the disk: of them nothing stays that would make
 * the whole of it unreadable. */
static void make_valid(char *text)
{
    const bool utf8 = utf8_valid(bytes_text(text));

    for (char *at = text; *at != '\0'; at++) {
        const uint8_t c = (uint8_t)*at;

        if ((c < ' ' && c != MESSAGE_PAIR && c != MESSAGE_WRAP) || c == 0x7f) {
            *at = ' ';
        } else if (c >= 0x80 && !utf8) {
            *at = '?';
        }
    }
}

void message_vformat(char *out, size_t size, const char *format, va_list args)
{
    char separated[FORMAT_BYTES_MAX];

    assert(size > 0);
    separate(separated, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (vsnprintf(out, size, separated, args) >= (int)size) {
        drop_cut_character(out);
    }
#pragma GCC diagnostic pop
    make_valid(out);
}

void message_format(char *out, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    message_vformat(out, size, format, args);
    va_end(args);
}

void message_wrap(char *text, size_t size, const char *front)
{
    const size_t front_size = strlen(front);
    size_t kept;

    assert(front_size + 2 <= size);
    kept = strnlen(text, size - 2 - front_size);

    memmove(text + front_size + 1, text, kept);
    memcpy(text, front, front_size);
    text[front_size] = MESSAGE_WRAP;
    text[front_size + 1 + kept] = '\0';
    drop_cut_character(text);
}

/* --- reading --- */

static const uint8_t *find(struct bytes text, char wanted)
{
    return text.size == 0 ? NULL : memchr(text.data, wanted, text.size);
}

/* Takes what stands before `at` off the front of *text; all of it when `at` is NULL. */
static struct bytes cut_at(struct bytes *text, const uint8_t *at)
{
    const size_t size = at == NULL ? text->size : (size_t)(at - text->data);
    const size_t used = at == NULL ? size : size + 1;
    const struct bytes front = bytes_of(text->data, size);

    if (used > 0) { /* else there may be no data at all */
        *text = bytes_of(text->data + used, text->size - used);
    }
    return front;
}

static bool starts_why(struct bytes pair)
{
    return pair.size >= 4 && memcmp(pair.data, "why=", 4) == 0;
}

struct message_reader message_read(struct bytes message)
{
    struct message_reader reader = {.rest = message};

    for (size_t i = 0; i < message.size; i++) {
        const uint8_t *at = message.data + i;
        const struct bytes behind = bytes_of(at + 1, message.size - i - 1);

        if (*at == MESSAGE_WRAP || (*at == MESSAGE_PAIR && starts_why(behind))) {
            reader.args = cut_at(&reader.rest, *at == MESSAGE_WRAP ? at : NULL);
            reader.code = cut_at(&reader.args, find(reader.args, MESSAGE_PAIR));
            return reader;
        }
    }
    reader.args = cut_at(&reader.rest, NULL);
    reader.code = cut_at(&reader.args, find(reader.args, MESSAGE_PAIR));
    return reader;
}

bool message_next(struct message_reader *reader, struct bytes *key, struct bytes *value)
{
    if (reader->args.size == 0) {
        return false;
    }
    *value = starts_why(reader->args) ? cut_at(&reader->args, NULL)
                                      : cut_at(&reader->args, find(reader->args, MESSAGE_PAIR));
    *key = cut_at(value, find(*value, '='));
    return true;
}

struct bytes message_value(struct bytes message, const char *key)
{
    struct message_reader reader = message_read(message);
    struct bytes name, value;

    while (message_next(&reader, &name, &value)) {
        if (bytes_equal(name, bytes_text(key))) {
            return value;
        }
    }
    return BYTES_NONE;
}

bool message_is_code(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.')) {
            return false;
        }
    }
    return text.size > 0;
}

bool message_valid(struct bytes message)
{
    for (size_t i = 0; i < message.size; i++) {
        const uint8_t c = message.data[i];

        if ((c < ' ' && c != MESSAGE_PAIR && c != MESSAGE_WRAP) || c == 0x7f) {
            return false;
        }
    }
    return utf8_valid(message);
}

void message_to_line(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == MESSAGE_PAIR) {
            *text = ' ';
        } else if (*text == MESSAGE_WRAP) {
            *text = ':';
        }
    }
}

/* --- the system's reasons --- */

static const struct {
    int error;
    const char *code;
} reasons[] = {
    {ENOENT, "no_such_file"},
    {EACCES, "permission_denied"},
    {EPERM, "not_permitted"},
    {EISDIR, "is_a_directory"},
    {ENOTDIR, "not_a_directory"},
    {ENOTEMPTY, "directory_not_empty"},
    {ENOSPC, "no_space_left"},
    {EDQUOT, "quota_exceeded"},
    {EROFS, "read_only_filesystem"},
    {EIO, "read_or_write_failed"},
    {EADDRINUSE, "address_in_use"},
    {EADDRNOTAVAIL, "address_not_here"},
    {EMFILE, "too_many_open_files"},
    {ENFILE, "too_many_open_files"},
    {EEXIST, "file_exists"},
    {ENAMETOOLONG, "name_too_long"},
    {EPIPE, "broken_pipe"},
    {EFBIG, "file_too_large"},
    {ENOMEM, "no_memory"},
    {EINVAL, "invalid_argument"},
    {ECONNREFUSED, "connection_refused"},
    {ETIMEDOUT, "no_answer_in_time"},
    {EHOSTUNREACH, "no_way_there"},
    {ENETUNREACH, "no_way_there"},
};

const char *os_reason(int error)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (reasons[i].error == error) {
            return reasons[i].code;
        }
    }
    return strerror(error);
}
