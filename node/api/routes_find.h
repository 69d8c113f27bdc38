/* routes_find - GET /find?text=TEXT: the documents that a text names, by id or by number, wherever
 * in sight of this node they were written: here, above, or below.
 *
 *   {"rows": [{"division", "id", "kind", ..., "to", "document_no", "money"}], "read", "shown", ...}
 *
 * First those of this very id; then those with a number (the issuer's, the one above's, an
 * approval's) of which the text is a part, author by author: own first, then the tree from its root
 * down. A page looks at so many documents and no more (node/ledger/query/list.h): it may end with
 * nothing found, and says where to go on. Payments have no number and are found by their id.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_FIND_H
#define TERRACE_NODE_API_ROUTES_FIND_H

#include "node/api/api.h"

route_fn get_find;

#endif
