#include "node/cli/input.h"

#include <errno.h>

void input_open(struct input *input, FILE *stream)
{
    memset(input, 0, sizeof *input);
    input->stream = stream;
    input->line_end = '\n';
    input->window = mem_zalloc(INPUT_WINDOW_BYTES);
}

void input_close(struct input *input)
{
    mem_free(input->window);
    input->window = NULL;
}

/* Only what old spreadsheets of one maker write has CR and no LF. */
static void find_line_end(struct input *input)
{
    if (memchr(input->window, '\r', input->size) != NULL &&
        memchr(input->window, '\n', input->size) == NULL) {
        input->line_end = '\r';
    }
}

bool input_more(struct input *input)
{
    const bool first = input->consumed == 0 && input->size == 0;
    size_t got;

    if (input->ended) {
        return false;
    }
    memmove(input->window, input->window + input->at, input->size - input->at);
    input->size -= input->at;
    input->at = 0;
    if (input->size == INPUT_WINDOW_BYTES) {
        return false;
    }
    errno = 0;
    got = fread(input->window + input->size, 1, INPUT_WINDOW_BYTES - input->size, input->stream);
    input->size += got;
    if (first) {
        find_line_end(input);
    }
    if (got == 0) {
        input->ended = true;
        input->failure = ferror(input->stream) == 0 ? 0 : errno != 0 ? errno : EIO;
    }
    return got > 0;
}

/* Forgets the rest of an overlong line. */
static void skip_line(struct input *input)
{
    for (;;) {
        const struct bytes unread = input_unread(input);
        const uint8_t *end = memchr(unread.data, input->line_end, unread.size);

        if (end != NULL) {
            input_skip(input, (size_t)(end - unread.data) + 1);
            return;
        }
        input_skip(input, unread.size);
        if (!input_more(input)) {
            return;
        }
    }
}

bool input_line(struct input *input, struct bytes *line, bool *too_long)
{
    size_t seen = 0;

    *too_long = false;
    for (;;) {
        const struct bytes unread = input_unread(input);
        const uint8_t *end = unread.size > seen
                                 ? memchr(unread.data + seen, input->line_end, unread.size - seen)
                                 : NULL;
        const bool last = end == NULL && input->ended;

        if (end != NULL || last) {
            *line = bytes_of(unread.data, end != NULL ? (size_t)(end - unread.data) : unread.size);
            input_skip(input, line->size + (end != NULL));
            *too_long = line->size > INPUT_LINE_BYTES_MAX;
            if (line->size > 0 && line->data[line->size - 1] == '\r') {
                line->size--;
            }
            return end != NULL || unread.size > 0;
        }
        if (unread.size > INPUT_LINE_BYTES_MAX) {
            skip_line(input);
            *line = BYTES_NONE;
            *too_long = true;
            return true;
        }
        seen = unread.size;
        (void)input_more(input);
    }
}
