/* prompt - one secret, typed on the terminal without being shown.
 *
 * The terminal is the process's own (/dev/tty), wherever stdin and stdout lead; without one, stdin
 * if that is a terminal. Thread: any, one at a time. */
#ifndef TERRACE_NODE_HOME_PROMPT_H
#define TERRACE_NODE_HOME_PROMPT_H

#include "proto/bytes.h"
#include "proto/status.h"

enum { PROMPT_BYTES_MAX = 1024 };

/* Asks `question` and replaces `out` by the line typed, without its end; of a line that is longer
 * than PROMPT_BYTES_MAX there is one byte more than that. Never moved: one wipe of `out`'s capacity
 * is enough, and the caller's to do. Errors: ERR_NOT_FOUND without a terminal, with `err`
 * untouched; ERR_KEY when the terminal ended before the line. */
enum status prompt_secret(struct buf *out, const char *question, struct err *err);

#endif
