/* dry_json - what a dry run shows of the one document it was asked about.
 *
 *   "dry_run": true,
 *   "document": {as completed}, "written_out": [fields that the node filled in],
 *   "indicator": {"id", "entered": {ACCOUNT: amount}, "drafted": {...}, "after": {...}}
 *
 * Amounts stand on the normal side of their account. Thread: any. */
#ifndef TERRACE_NODE_API_DRY_JSON_H
#define TERRACE_NODE_API_DRY_JSON_H

#include "node/api/json.h"
#include "node/office/dry_submit.h"

void write_dry_run(struct json_out *out, const struct dry_shown *shown);

#endif
