/* again - this process becomes a new one: the same program, under the same pid, with the same
 * arguments. Whoever supervises it sees no end, and what the old one had in memory is gone.
 *
 * The passphrase that opened the keys waits in a pipe for that, so that no memory of this process
 * has it, and nobody is asked a second time.
 *
 * Owned by: again.c, daemon.c.
 * Thread: the main one. */
#ifndef TERRACE_NODE_DAEMON_AGAIN_H
#define TERRACE_NODE_DAEMON_AGAIN_H

#include <stdbool.h>

#include "proto/bytes.h"

/* How a run ended. */
struct daemon_end {
    bool crashed; /* the store may have failed under a turn: nothing was closed, nothing more was
                     said to anybody, and the process must end at once */
    bool again;   /* ... and begin anew (process_again): its store is damaged, and is mended at
                     a start */
    int secret;   /* for that */
};

/* -1 where it cannot be kept: the next one looks where this one did. */
int again_keep(struct bytes secret);

/* Returns only where that failed. `secret` as of again_keep, or -1. */
void process_again(char **arguments, int secret);

#endif
