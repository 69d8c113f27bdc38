#include "node/api/list_request.h"

#include <time.h>

#include "node/ledger/families/nearest_known.h"

enum { FILTER_BYTES_MAX = 200 };

/* Named: that author, whom the tree must know. Otherwise own, then every division above: what they
 * addressed to us. */
static bool read_authors(const struct request *request, struct answer *answer,
                         const struct roster_snapshot *roster, struct list_request *list)
{
    if (request->query(request->connection, "division") != NULL) {
        list->author_count = 1;
        return request_author(request, answer, &list->authors[0]) &&
               roster_snapshot_knows(roster, request, answer, list->authors[0]);
    }
    list->authors[list->author_count++] = request->service->self;
    for (size_t i = 0; i < roster->count && list->author_count < COUNT_OF(list->authors); i++) {
        if (roster->at[i].above) {
            list->authors[list->author_count++] = roster->at[i].division;
        }
    }
    return true;
}

static bool is_asked(const struct list_request *list, struct division author)
{
    for (size_t i = 0; i < list->author_count; i++) {
        if (division_equal(list->authors[i], author)) {
            return true;
        }
    }
    return false;
}

/* The cursor names the last document that was looked at for the page before. */
static bool read_cursor(const struct request *request, struct answer *answer,
                        const struct view *view, const struct page *page, struct list_request *list)
{
    struct document_row row;

    list->after_author = DIVISION_NONE;
    if (page->after[0] == '\0') {
        return true;
    }
    if (!cursor_parse(page->after, &list->after_author, &list->after_id) ||
        !is_asked(list, list->after_author) ||
        !query_document(view->txn, list->after_author, list->after_id, &row) ||
        row.kind != list->filter.kind) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", page->after);
        return false;
    }
    list->after_lsn = row.lsn;
    return true;
}

static bool read_kind(const struct request *request, struct answer *answer,
                      struct list_filter *filter)
{
    const char *kind = request->query(request->connection, "kind");

    filter->kind = kind == NULL ? 0 : kind_named(bytes_text(kind));
    if (filter->kind == 0) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_kind value=%s",
                      kind == NULL ? "" : kind);
    }
    return filter->kind != 0;
}

/* --- filters --- */

/* One that the tree does not have is refused, where it must be of the tree: a slip looks like an
 * empty list otherwise. */
static bool read_division(const struct request *request, struct answer *answer,
                          const struct roster_snapshot *roster, const char *name, bool of_tree,
                          struct division *out)
{
    const char *typed = request->query(request->connection, name);

    *out = DIVISION_NONE;
    if (typed != NULL && !division_parse(out, bytes_text(typed))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_division value=%.64s", typed);
        return false;
    }
    return typed == NULL || !of_tree || roster_snapshot_knows(roster, request, answer, *out);
}

/* Is it a code of one of the authors, or of a division above one, from whom money comes with its
 * codes? Otherwise that is answered, with the nearest code that is. */
static bool know_code(const struct request *request, struct answer *answer, const struct view *view,
                      const struct roster_snapshot *roster, const struct list_request *list,
                      enum field field, struct bytes code)
{
    char advice[DID_YOU_MEAN_BYTES_MAX];
    struct nearest nearest;

    if (code.size == 0) {
        return true;
    }
    nearest_begin(&nearest, code);
    for (size_t i = 0; i < list->author_count; i++) {
        for (const struct member *member = roster_find(roster->roster, list->authors[i]);
             member != NULL; member = member->parent) {
            if (known_or_nearest(view->txn, member->grant.division, field, code, &nearest)) {
                return true;
            }
        }
    }
    answer_refuse(request, answer, API_NOT_FOUND, "filter_unknown field=%s value=%.64s why=%s",
                  field_info(field)->name, nearest.typed, nearest_advice(advice, &nearest));
    return false;
}

static bool know_codes(const struct request *request, struct answer *answer,
                       const struct view *view, const struct roster_snapshot *roster,
                       const struct list_request *list)
{
    return know_code(request, answer, view, roster, list, FIELD_AGENCY_CODE, list->filter.agency) &&
           know_code(request, answer, view, roster, list, FIELD_PRO_CODE, list->filter.project);
}

static bool read_text(const struct request *request, struct answer *answer, const char *name,
                      struct bytes *out)
{
    const char *typed = request->query(request->connection, name);

    *out = typed == NULL ? BYTES_NONE : bytes_text(typed);
    if (typed != NULL && (out->size == 0 || out->size > FILTER_BYTES_MAX)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_filter name=%s bytes_max=%d", name,
                      FILTER_BYTES_MAX);
        return false;
    }
    return true;
}

static bool read_amount(const struct request *request, struct answer *answer, const char *name,
                        bool *has, int64_t *out)
{
    const char *typed = request->query(request->connection, name);

    *has = typed != NULL;
    if (typed != NULL && !amount_parse(out, bytes_text(typed))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_amount value=%.64s", typed);
        return false;
    }
    return true;
}

bool moment_parse(const char *typed, uint64_t *unix_ms)
{
    struct tm utc = {.tm_isdst = 0};
    const char *end = strptime(typed, "%Y-%m-%d", &utc);
    time_t seconds;

    if (end != NULL && *end == 'T') {
        end = strptime(end, "T%H:%M:%SZ", &utc);
    }
    if (end == NULL || *end != '\0') {
        return false;
    }
    seconds = timegm(&utc);
    *unix_ms = (uint64_t)seconds * 1000;
    return seconds > 0;
}

bool request_moment(const struct request *request, struct answer *answer, const char *name,
                    uint64_t *out)
{
    const char *typed = request->query(request->connection, name);

    *out = 0;
    if (typed != NULL && !moment_parse(typed, out)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_moment value=%.64s", typed);
        return false;
    }
    return true;
}

static bool read_filters(const struct request *request, struct answer *answer,
                         const struct roster_snapshot *roster, struct list_filter *filter)
{
    const bool from_tree = kind_info(filter->kind)->place < PLACE_ABOVE_OR_OUTSIDE;

    filter->state = request->query(request->connection, "state");
    return read_division(request, answer, roster, "receiver", true, &filter->receiver) &&
           read_division(request, answer, roster, "issuer", from_tree, &filter->issuer) &&
           read_text(request, answer, "agency", &filter->agency) &&
           read_text(request, answer, "project", &filter->project) &&
           read_text(request, answer, "doc_no", &filter->doc_no) &&
           read_text(request, answer, "text", &filter->text) &&
           request_moment(request, answer, "from", &filter->from_ms) &&
           request_moment(request, answer, "until", &filter->until_ms) &&
           read_amount(request, answer, "least", &filter->has_least, &filter->least) &&
           read_amount(request, answer, "most", &filter->has_most, &filter->most);
}

bool list_request_read(const struct request *request, struct answer *answer,
                       const struct view *view, const struct roster_snapshot *roster,
                       const struct page *page, struct list_request *list)
{
    memset(list, 0, sizeof *list);
    return read_kind(request, answer, &list->filter) &&
           request_year(request, answer, &list->filter.year) &&
           read_filters(request, answer, roster, &list->filter) &&
           read_authors(request, answer, roster, list) &&
           know_codes(request, answer, view, roster, list) &&
           read_cursor(request, answer, view, page, list);
}
