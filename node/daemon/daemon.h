/* daemon - one node as a process: its home, store, sockets and API around node_step.
 *
 *   neighbours ---> transport --+                     HTTP threads (api)
 *   newcomers ----> enrolment --+--> [ the loop ] <------ node_post, eventfd
 *   SIGTERM ------> signalfd ---+     node_step
 *
 * The loop waits for any of these, at most until the next tick, and steps until nothing is
 * waiting. One daemon per process: it owns the signals and the limits of it.
 *
 * Thread: the main one, before there are others. */
#ifndef TERRACE_NODE_DAEMON_DAEMON_H
#define TERRACE_NODE_DAEMON_DAEMON_H

#include <stdbool.h>

#include "proto/status.h"

struct daemon_end; /* node/daemon/again.h */
struct daemon_options {
    const char *home;
    bool verbose; /* log at debug, whatever the config says */
};

/* Returns OK after SIGTERM, SIGINT or SIGHUP, everything closed in order.
 * Errors: ERR_BUSY (another daemon has this home, or an address is taken), ERR_CONFIG, ERR_KEY,
 * ERR_REFUSED (the start-up self-test), ERR_NOT_FOUND (no home there), and those of the store. */
enum status daemon_run(const struct daemon_options *options, struct daemon_end *end,
                       struct err *err);

/* Prints the configuration as it would take effect, in its own syntax. Errors as home_load. */
enum status daemon_check(const struct daemon_options *options, struct err *err);

/* Prints where the own log ends: "LSN HASH", the hash of its last block. The daemon must not run.
 * Errors: as home_load; ERR_BUSY (it runs); those of the store. */
enum status daemon_position(const struct daemon_options *options, struct err *err);

#endif
