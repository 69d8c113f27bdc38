/* page - one part of a long answer: where it begins, how much it may hold, what it leaves out.
 *
 *   ?after=CURSOR&limit=N  -->  rows...  -->  "shown": N, "total": T, "complete": false,
 *                                             "next": CURSOR of the last row shown
 *
 * A cursor is what names a row in its list ("540121:P1" for a document, a code for a board): text
 * that a client hands back as it came. "total" counts the rows of all pages together; with
 * "total_is_least" there are more. "complete" says that no row is left behind this page.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_PAGE_H
#define TERRACE_NODE_API_PAGE_H

#include "node/api/request.h"

enum {
    PAGE_ROWS_MAX = 10000,
    CURSOR_BYTES_MAX = 192,
};

struct page {
    char after[CURSOR_BYTES_MAX]; /* "" for the first page */
    char next[CURSOR_BYTES_MAX];  /* of the last row shown */
    uint64_t rows_max, shown, total;
    bool total_is_least;
    bool reached; /* the row of `after` was passed */
    bool left;    /* rows are left behind this page */
};

/* Reads ?after= and ?limit= (1-10,000; 10,000 when it is not given). False with bad_request
 * answered. */
bool request_page(const struct request *request, struct answer *answer, struct page *page);

/* For rows that are all visited: counts one of them, named by `cursor`. True when it belongs on
 * this page. */
bool page_row(struct page *page, const char *cursor);
/* False with bad_request answered, when no row was named by the cursor that was asked for. */
bool page_found(const struct page *page, const struct request *request, struct answer *answer);

/* A document's cursor. */
void cursor_format(char out[CURSOR_BYTES_MAX], struct division author, const char *id);
/* False when `text` is no such cursor. `id` points into `text`. */
bool cursor_parse(const char *text, struct division *author, struct bytes *id);

/* Members of the answer's object. */
void write_page(struct json_out *out, const struct page *page);

#endif
