/* routes_changes - GET /changes: what this node holds, in the order of its arrival
 * (change_feed.h), a line an entry.
 *
 *   ?after=POSITION  behind what was read; 0, or nothing: from the first; end: from now on
 *   &limit=N         1-10,000 entries; without it, all there are
 *   &wait=SECONDS    0-30: where nothing is there yet, the answer waits for it
 *   &division=CODE   of this author alone     &kind=K,K  of these kinds alone
 *
 *   application/x-ndjson: the entries, and behind them {"position":...,"complete":...}: where to go
 *   on, though a filter let nothing by. complete: nothing was left when it was read.
 *
 *   Accept: text/event-stream: an event "entry" each, its id the position, for as long as somebody
 *   reads; Last-Event-ID goes before ?after. Where a filter lets nothing by, an event "position"
 *   now and then says how far it has come. After FEED_FOLLOW_MS_MAX the answer ends, and its
 * reader comes in anew by himself: who may not any more is out by then.
 *
 * A position that this store does not have, or has for something else, is answered position_lost.
 *
 * Thread: a worker's (workers.h); the stream's, one of the pool at a time. */
#ifndef TERRACE_NODE_API_ROUTES_CHANGES_H
#define TERRACE_NODE_API_ROUTES_CHANGES_H

#include "node/api/api.h"

route_fn get_changes;

#endif
