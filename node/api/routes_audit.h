/* routes_audit - the chain of accesses, for auditors: its rows, whether it is whole, and how far it
 * and those of the divisions below were cosigned.
 *
 *   GET /audit?after=POSITION      GET /audit/check      GET /audit/heads
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_AUDIT_H
#define TERRACE_NODE_API_ROUTES_AUDIT_H

#include "node/api/api.h"

route_fn get_audit, get_audit_check, get_audit_heads;

#endif
