/* routes_alarms - what an operator must see, what was before, that somebody has seen it, and that
 * nobody wants to hear of it for a while.
 *
 *   GET  /alarms              {"alarms":[...]}                  open ones
 *   GET  /alarms?history=1    {"alarms":[...], shown, ...}     cleared ones, the newest first:
 * page.h POST /alarms/ID/ack       {"id":..,"acknowledged_by":..,"open":..} POST /alarms/ID/silence
 * {"id":..,"silenced":..,"silenced_by":..}
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_ALARMS_H
#define TERRACE_NODE_API_ROUTES_ALARMS_H

#include "node/api/api.h"
#include "node/core/alarms.h"

route_fn get_alarms, post_alarm_ack, post_alarm_silence;

/* Copies the open ones, which are the caller's to mem_free. On the loop thread. */
struct alarm *alarms_copy(struct node *node, size_t *count);
/* The same as the store has them: what is new may be missing for a minute. Any thread. */
struct alarm *alarms_stored(struct txn *txn, size_t *count);
/* One as a JSON object (`key` NULL in an array), with its sentence in this language; `advice`: and
 * what its code means, and what to do. Any thread. */
void write_alarm(struct json_out *out, const char *key, const struct alarm *alarm,
                 enum language language, bool advice);

#endif
