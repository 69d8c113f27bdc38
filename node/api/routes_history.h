/* routes_history - GET /history: how each division was heard in the last 24 hours (last_day.h).
 *
 *   ?division=CODE  of this one alone; all that were heard when it is not given
 *
 * {"slot_s":300,"end":TIME,"rows":[{"division","entries":[...],"lag_ms":[...]}], shown, ...}: a
 * division a row (page.h), in each the oldest slot first; null where nothing was heard. The lag is
 * that of the oldest word that came in the slot.
 *
 * Thread: the thread of the connection. */
#ifndef TERRACE_NODE_API_ROUTES_HISTORY_H
#define TERRACE_NODE_API_ROUTES_HISTORY_H

#include "node/api/api.h"

route_fn get_history;

#endif
