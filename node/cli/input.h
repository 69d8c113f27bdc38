/* input - a file or pipe read through one window that never grows. Lines end with LF, CRLF, or, in
 * a file whose first window has no LF, with CR.
 *
 *   [ consumed | unread ............ | free ]     input_more moves unread to the front and reads on
 *
 * Owns: its window. Borrows the stream. Thread: one at a time. */
#ifndef TERRACE_NODE_CLI_INPUT_H
#define TERRACE_NODE_CLI_INPUT_H

#include <stdio.h>

#include "proto/bytes.h"

enum { INPUT_WINDOW_BYTES = 1 << 20, INPUT_LINE_BYTES_MAX = 256 << 10 };

struct input {
    FILE *stream;
    uint8_t *window;
    size_t at, size; /* unread is window[at .. size) */
    char line_end;   /* '\n' or '\r' */
    bool ended;
    int failure;       /* errno of a read that failed, which ends the stream */
    uint64_t consumed; /* bytes of the stream before `at`: for progress */
};
void input_open(struct input *input, FILE *stream);
void input_close(struct input *input);

static inline struct bytes input_unread(const struct input *input)
{
    return bytes_of(input->window + input->at, input->size - input->at);
}
static inline void input_skip(struct input *input, size_t size)
{
    input->at += size;
    input->consumed += size;
}
/* Reads on behind what is unread. False at the end of the stream, or when the window is full. */
bool input_more(struct input *input);

/* The next line without its end, CR removed; the view dies at the next call. A line longer than
 * INPUT_LINE_BYTES_MAX is skipped whole and answered with *too_long. False at the end. */
bool input_line(struct input *input, struct bytes *line, bool *too_long);

#endif
