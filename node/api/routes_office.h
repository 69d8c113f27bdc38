/* routes_office - what persons decide of drafts: approved, rejected, withdrawn.
 *
 *   POST /approve   {"ids":[...]}                      one verdict a line
 *                   {"ids":[...] or "batch":B, "hash"} as one batch: routes_batch.h
 *   POST /reject    {"id" or "ids":[...], "reason"}   one verdict a line
 *   POST /withdraw  {"ids":[...]}                      by their maker; their ids are free again
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_OFFICE_H
#define TERRACE_NODE_API_ROUTES_OFFICE_H

#include "node/api/api.h"

route_fn post_approve, post_reject, post_withdraw;

#endif
