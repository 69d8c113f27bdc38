/* system_clock - real time and real chance behind replicator/clock.h. Thread: any. */
#ifndef TERRACE_NODE_DAEMON_SYSTEM_CLOCK_H
#define TERRACE_NODE_DAEMON_SYSTEM_CLOCK_H

#include "replicator/clock.h"

struct clock system_clock(void);

#endif
