/* watch - a command that goes on until it is interrupted.
 *
 *   ask --> show --> wait WATCH_MS --> ask ...       the node is gone: said once, asked on
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_WATCH_H
#define TERRACE_NODE_CLI_WATCH_H

#include "node/cli/client.h"

enum { WATCH_MS = 1000 };

typedef void watch_show_fn(struct cli *cli, const json_t *answer, void *arg);

/* Asks for `path` again and again; returns when the first time fails, with the error said, and when
 * what was shown cannot be written. The answer is one block, printed by `print`. A terminal has the
 * newest alone, drawn over the one before; a program gets a block, or with --json a line, for each
 * change: ages, times and free space move by themselves and are none. */
enum exit_code watch_block(struct cli *cli, const char *path, watch_show_fn *print);

/* Each alarm that is open, then each change, a line each: {"change","alarm"} with --json. */
enum exit_code watch_alarms(struct cli *cli);

#endif
