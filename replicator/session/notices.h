/* notices - what the replicator tells its owner about alarms and links.
 *
 * Thread: loop thread. */
#ifndef TERRACE_REPLICATOR_SESSION_NOTICES_H
#define TERRACE_REPLICATOR_SESSION_NOTICES_H

#include "replicator/replicator.h"

/* Raises an alarm, or raises it again, with a message in the code form (proto/alarm.h). */
void notice_alarm(const struct replicator *r, enum alarm_code code, struct division about,
                  const char *format, ...) PRINTF(4, 5);
/* What it was about is over. Cheap when there is none. */
void notice_over(const struct replicator *r, enum alarm_code code, struct division about);

#endif
