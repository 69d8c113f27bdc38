/* hook_run - one run of a program of the operator's, with a line on its standard input and an end
 * in any case.
 *
 *   pipe --> its stdin, closed behind the line;  /dev/null --> its stdout and stderr
 *   it ends by itself | its time is over | the node stops --> its process group is killed, reaped
 *
 * It gets no descriptor, no blocked signal and no secret of the node: of the environment only PATH,
 * the language, the time zone and TERRACE_HOME.
 *
 * Thread: any that may wait; it has SIGPIPE and SIGCHLD blocked. Units: milliseconds. */
#ifndef TERRACE_NODE_DAEMON_HOOK_RUN_H
#define TERRACE_NODE_DAEMON_HOOK_RUN_H

#include "proto/bytes.h"
#include "replicator/clock.h"

enum {
    HOOK_LINE_BYTES_MAX = 16 << 10, /* a pipe takes it whole, so that no write waits */
    HOOK_STOP_MS = 2000,            /* what is left to it once the node stops */
};

struct hook_run {
    const char *program, *home;
    struct bytes line; /* without a newline, which is added */
    uint32_t ms_max;
    int stop; /* readable once the node stops; -1: never */
    const struct clock *clock;
};

enum hook_end {
    HOOK_DONE,
    HOOK_EXITED,
    HOOK_SIGNALLED,
    HOOK_TIMED_OUT,
    HOOK_STOPPED,
    HOOK_UNSTARTED
};
const char *hook_end_name(enum hook_end end);

/* Returns when it is over. *code: the exit code, the signal, or the system's error number. */
enum hook_end hook_run(const struct hook_run *run, int *code);

#endif
