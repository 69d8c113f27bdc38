/* routes_schema - GET /schema: what documents there are and what stands in them, for whoever draws
 * forms, lists and pages, or checks a document before it is sent.
 *
 *   kinds       each with its fields in the order of the tags: required, inherited, default,
 *               example, the words it may be, its group on a form
 *   fields      type, longest, code set, names and what they mean
 *   families, groups, code_sets, states, reasons, roles, accounts, alarms, errors
 *
 * Everything comes from the tables of node/ledger/schema/ and node/text/, in both languages; a kind
 * that is added later is in it without a line here. "approval" is the policy in force at this node.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_SCHEMA_H
#define TERRACE_NODE_API_ROUTES_SCHEMA_H

#include "node/api/request.h"

void get_schema(struct request *request, struct answer *answer);

#endif
