/* routes_rotation - this node's wish for other keys: POST /rotation. Where it stands is in GET
 * /status.
 *
 * Thread: a worker's. */
#ifndef TERRACE_NODE_API_ROUTES_ROTATION_H
#define TERRACE_NODE_API_ROUTES_ROTATION_H

#include "node/api/json.h"
#include "node/api/request.h"

route_fn post_rotation;

/* "rotation": null, or what is waited for. */
void write_rotation(struct json_out *out, const struct rotation_status *status, uint64_t now_ms);

#endif
