/* guard - what a process that holds keys does before anything else.
 *
 * Thread: the first thing in main, before any other thread. */
#ifndef TERRACE_NODE_DAEMON_GUARD_H
#define TERRACE_NODE_DAEMON_GUARD_H

/* Files we make are for their owner; no core dump and no other process of this user reads our
 * memory. What /proc says of size and time stays readable. */
void process_guard(void);
/* Gives back the pages of programs and libraries that a start has touched; what is needed still
 * comes back from the file. Any thread, once the start is over. */
void process_settle(void);

#endif
