/* The paths and queries of terrace.h. */
#include <stdbool.h>
#include <string.h>

#include "node/client/terrace.h"

struct writer {
    char *out;
    size_t size, used; /* what it needs, whether there is room or not */
};

static void write_char(struct writer *writer, char c)
{
    if (writer->used + 1 < writer->size) {
        writer->out[writer->used] = c;
        writer->out[writer->used + 1] = '\0';
    }
    writer->used++;
}

static void write_plain(struct writer *writer, const char *text)
{
    for (; *text != '\0'; text++) {
        write_char(writer, *text);
    }
}

static void write_escaped(struct writer *writer, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    static const char digits[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        if (strchr(plain, c) != NULL) {
            write_char(writer, *text);
        } else {
            write_char(writer, '%');
            write_char(writer, digits[c >> 4]);
            write_char(writer, digits[c & 15]);
        }
    }
}

size_t terrace_path(char *out, size_t size, const char *path, const char *name,
                    const char *const *pairs)
{
    struct writer writer = {out, size, 0};
    bool any = false;

    if (size > 0) {
        out[0] = '\0';
    }
    write_plain(&writer, path);
    write_escaped(&writer, name == NULL ? "" : name);
    for (; pairs != NULL && pairs[0] != NULL; pairs += 2) {
        if (pairs[1] != NULL) {
            write_char(&writer, any ? '&' : '?');
            write_plain(&writer, pairs[0]);
            write_char(&writer, '=');
            write_escaped(&writer, pairs[1]);
            any = true;
        }
    }
    return writer.used;
}
