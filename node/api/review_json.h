/* review_json - a review as members of an object.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_REVIEW_JSON_H
#define TERRACE_NODE_API_REVIEW_JSON_H

#include "node/api/review.h"

void write_review(struct json_out *out, const struct review *review);

#endif
