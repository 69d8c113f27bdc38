/* stop_json - where a ledger here stands before an entry that this version does not know, as JSON.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_STOP_JSON_H
#define TERRACE_NODE_API_STOP_JSON_H

#include "node/api/json.h"
#include "node/core/alarms.h"
#include "node/ledger/query/stop.h"

/* Since when that is alarmed, or 0: these are the open alarms. */
uint64_t stop_since(const struct alarm *alarms, size_t count, struct division author);
/* Member `stopped`; NULL: null. */
void out_stop(struct json_out *out, const struct ledger_stop *stop, uint64_t since_unix_ms);

#endif
