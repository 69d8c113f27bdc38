/* list_request - which documents GET /documents is asked for: kind, year, author and filters.
 *
 *   ?kind=payment&year=2026&division=540121
 *   &state=paid&receiver=540121&issuer=540100&agency=105&project=...&doc_no=...&text=...
 *   &from=2026-03-01&until=2026-04-01T16:00:00Z&least=100.00&most=5000
 *   &after=540121:P1&limit=100
 *
 * `from` is the first moment, `until` the first that is too late: RFC 3339 in UTC, or a day. What a
 * document is called, to whom it goes and what it says is explained in node/ledger/query/list.h.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_LIST_REQUEST_H
#define TERRACE_NODE_API_LIST_REQUEST_H

#include "node/api/page.h"
#include "node/api/roster_snapshot.h"
#include "node/ledger/query/list.h"

struct list_request {
    struct division authors[TREE_DEPTH_MAX + 1];
    size_t author_count;
    struct list_filter filter;    /* its texts are the request's */
    struct division after_author; /* of the cursor; NONE: from the start */
    uint64_t after_lsn;
    struct bytes after_id;
};

/* False with the error answered. `page` is as request_page left it. */
bool list_request_read(const struct request *request, struct answer *answer,
                       const struct view *view, const struct roster_snapshot *roster,
                       const struct page *page, struct list_request *list);

/* "2026-03-01" or "2026-03-01T08:00:00Z"; false for anything else. */
bool moment_parse(const char *typed, uint64_t *unix_ms);
/* A moment as `from` and `until` have it; 0 when it is not given. False with bad_request answered.
 */
bool request_moment(const struct request *request, struct answer *answer, const char *name,
                    uint64_t *out);

#endif
