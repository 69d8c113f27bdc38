/* list - GET /documents: one page of the documents of a kind that fit (list_request.h).
 *
 *   {"rows": [{"division", "id", "kind", "fiscal_year", "state", "amount", "lsn", "time",
 *              what it says (payee_acct_name, use_des, cor_bgt_doc_no, ...), names beside codes}],
 *    "shown", "total", "read", "complete", "next"}
 *
 * With Accept: application/x-ndjson it is the whole list, a row a line, made while it is sent
 * (stream.h): as many as there are, from `after` on, or `limit`.
 *
 * With a filter a page may end, also empty, because it has looked at enough: "read" says at how
 * many, and "next" where to go on.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_LIST_H
#define TERRACE_NODE_API_LIST_H

#include "node/api/api.h"

route_fn list_documents;

#endif
