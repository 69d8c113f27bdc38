/* schema_json - the tables of the schema as members of an answer; see routes_schema.h.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_SCHEMA_JSON_H
#define TERRACE_NODE_API_SCHEMA_JSON_H

#include "node/api/json.h"
#include "node/ledger/schema/policy.h"

/* What a form knows of this node. */
struct schema_here {
    struct division self, parent; /* parent: NONE at the root */
    struct policy policy;         /* in force */
};

void write_kinds(struct json_out *out, const struct schema_here *here);
void write_families(struct json_out *out);
void write_fields(struct json_out *out);
void write_groups(struct json_out *out);
void write_code_sets(struct json_out *out);
void write_states(struct json_out *out);
void write_reasons(struct json_out *out);
void write_roles(struct json_out *out);
void write_accounts(struct json_out *out);
void write_alarm_codes(struct json_out *out);
void write_errors(struct json_out *out);

#endif
