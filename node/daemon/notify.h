/* notify - the service manager's readiness protocol (sd_notify(3)), without its library.
 *
 * Nothing happens when no manager listens ($NOTIFY_SOCKET is not set). Thread: any. */
#ifndef TERRACE_NODE_DAEMON_NOTIFY_H
#define TERRACE_NODE_DAEMON_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1" ... */
void notify_manager(const char *state);

/* How often the manager wants to hear WATCHDOG=1, halved to be on time; 0 when it does not. */
uint64_t notify_watchdog_ms(void);

#endif
