/* routes_document - one document: its fields, who approved it, or where else it is to be found.
 *
 *   GET /documents/ID
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_DOCUMENT_H
#define TERRACE_NODE_API_ROUTES_DOCUMENT_H

#include "node/api/api.h"

route_fn get_document;

/* One row of a list, as members of an object. */
void write_document_row(struct json_out *out, const struct document_row *row);
/* not_found for the document of the path; says so when a division above wrote one of this id. */
void answer_no_document(const struct request *request, struct answer *answer,
                        const struct view *view);

#endif
