/* routes_marks - GET /changes/marks: that something came to be held here, and nothing of what.
 *
 *   ?after=POSITION  behind what was read; 0: since the first; without it, or end: from now on
 *   &wait=SECONDS    0-30: where nothing is there yet, the answer waits for it
 *
 *   {"position":"17-8f3a90c1d2e3f405","entries":3,"divisions":["540121"]}
 *
 * One line as application/x-ndjson. With Accept: text/event-stream an event "mark" each, its id the
 * position: the first at once, then one where something came, at most one in PACE_MS, and a comment
 * in BEAT_MS where nothing did; Last-Event-ID goes before ?after. "divisions": whose entries came;
 * null where there are too many to name.
 *
 * For whoever reads his answers again when something moved, such as a page that is looked at all
 * day. It names no document and no person, so that following it is no reading of what names
 * persons; that is GET /changes (routes_changes.h), whose positions are the same.
 *
 * Thread: a worker's (workers.h); the stream's, one of the pool at a time. */
#ifndef TERRACE_NODE_API_ROUTES_MARKS_H
#define TERRACE_NODE_API_ROUTES_MARKS_H

#include "node/api/api.h"

route_fn get_marks;

#endif
