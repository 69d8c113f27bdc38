#include "node/api/page.h"

#include <stdio.h>
#include <stdlib.h>

bool request_page(const struct request *request, struct answer *answer, struct page *page)
{
    const char *after = request->query(request->connection, "after");
    const char *limit = request->query(request->connection, "limit");
    char *end = NULL;

    *page = (struct page){.rows_max = PAGE_ROWS_MAX, .reached = after == NULL};
    if (after != NULL && (after[0] == '\0' || strlen(after) >= sizeof page->after)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%.64s", after);
        return false;
    }
    (void)snprintf(page->after, sizeof page->after, "%s", after == NULL ? "" : after);
    if (limit != NULL) {
        page->rows_max = strtoull(limit, &end, 10);
        if (limit[0] < '0' || limit[0] > '9' || *end != '\0' || page->rows_max == 0 ||
            page->rows_max > PAGE_ROWS_MAX) {
            answer_refuse(request, answer, API_BAD_REQUEST, "ask_limit value=%s rows_max=%d", limit,
                          PAGE_ROWS_MAX);
            return false;
        }
    }
    return true;
}

bool page_row(struct page *page, const char *cursor)
{
    page->total++;
    if (!page->reached) {
        page->reached = strcmp(page->after, cursor) == 0;
        return false;
    }
    if (page->shown == page->rows_max) {
        page->left = true;
        return false;
    }
    page->shown++;
    (void)snprintf(page->next, sizeof page->next, "%s", cursor);
    return true;
}

bool page_found(const struct page *page, const struct request *request, struct answer *answer)
{
    if (!page->reached) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", page->after);
    }
    return page->reached;
}

void cursor_format(char out[CURSOR_BYTES_MAX], struct division author, const char *id)
{
    (void)snprintf(out, CURSOR_BYTES_MAX, "%s:%s", author.code, id);
}

bool cursor_parse(const char *text, struct division *author, struct bytes *id)
{
    const char *colon = strchr(text, ':');

    if (colon == NULL || !division_parse(author, bytes_of(text, (size_t)(colon - text)))) {
        return false;
    }
    *id = bytes_text(colon + 1);
    return id->size > 0 && id->size <= DOCUMENT_ID_MAX;
}

void write_page(struct json_out *out, const struct page *page)
{
    out_count(out, "shown", page->shown);
    out_count(out, "total", page->total);
    if (page->total_is_least) {
        out_bool(out, "total_is_least", true);
    }
    out_bool(out, "complete", !page->left);
    if (page->left && page->next[0] != '\0') {
        out_text(out, "next", page->next);
    }
}
