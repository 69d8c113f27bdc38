/* routes_read - what the ledgers say, read from one snapshot and never from the loop: lists,
 * traces, balances, digests, drafts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/api/api.h"

/* --- lists, a page at a time --- */

struct listing {
    struct json_out out;
    size_t rows;
    bool full;
    struct division last_author;
    uint64_t last_lsn;
};

static bool list_row(void *arg, const struct document_row *row)
{
    struct listing *listing = arg;

    if (listing->rows == LIST_ROWS_MAX) {
        listing->full = true;
        return false;
    }
    out_open(&listing->out, NULL, '{');
    write_document_row(&listing->out, row);
    out_close(&listing->out, '}');
    listing->rows++;
    listing->last_author = row->author;
    listing->last_lsn = row->lsn;
    return true;
}

struct list_request {
    struct division authors[TREE_DEPTH_MAX + 1];
    size_t author_count;
    uint32_t kind;
    int year;
    struct division after_author; /* of the cursor; NONE: from the start */
    uint64_t after_lsn;
};

/* "540121:77" */
static bool parse_cursor(const char *text, struct list_request *list)
{
    const char *colon = strchr(text, ':');
    char *end;

    if (colon == NULL ||
        !division_parse(&list->after_author, bytes_of(text, (size_t)(colon - text)))) {
        return false;
    }
    list->after_lsn = strtoull(colon + 1, &end, 10);
    return *end == '\0';
}

/* Named: that author. Otherwise own, then every division above: what they addressed to us. */
static bool list_authors(const struct request *request, struct answer *answer,
                         struct list_request *list)
{
    struct places places;

    if (request->query(request->connection, "division") != NULL) {
        list->author_count = 1;
        return request_author(request, answer, &list->authors[0]);
    }
    list->authors[list->author_count++] = request->service->self;
    if (!places_read(&places, request, answer)) {
        return false;
    }
    for (size_t i = 0; i < places.count && list->author_count < COUNT_OF(list->authors); i++) {
        if (places.at[i].above) {
            list->authors[list->author_count++] = places.at[i].division;
        }
    }
    places_free(&places);
    return true;
}

static bool read_list_request(const struct request *request, struct answer *answer,
                              struct list_request *list)
{
    const char *kind = request->query(request->connection, "kind");
    const char *after = request->query(request->connection, "after");

    memset(list, 0, sizeof *list);
    list->kind = kind == NULL ? 0 : kind_named(bytes_text(kind));
    if (list->kind == 0) {
        answer_error(request, answer, API_BAD_REQUEST, "kind: there is no such kind");
        return false;
    }
    if (after != NULL && !parse_cursor(after, list)) {
        answer_error(request, answer, API_BAD_REQUEST, "after");
        return false;
    }
    return request_year(request, answer, &list->year) && list_authors(request, answer, list);
}

static void write_list(struct listing *listing, const struct list_request *list, struct txn *txn)
{
    bool reached = division_is_none(list->after_author);
    char cursor[64];

    out_open(&listing->out, NULL, '{');
    out_open(&listing->out, "rows", '[');
    for (size_t i = 0; i < list->author_count && !listing->full; i++) {
        const bool here = division_equal(list->authors[i], list->after_author);

        reached = reached || here;
        if (reached) {
            query_list_after(txn, list->authors[i], list->kind, list->year,
                             here ? list->after_lsn : 0, list_row, listing);
        }
    }
    out_close(&listing->out, ']');
    if (listing->full) {
        (void)snprintf(cursor, sizeof cursor, "%s:%" PRIu64, listing->last_author.code,
                       listing->last_lsn);
        out_text(&listing->out, "next", cursor);
    }
    out_close(&listing->out, '}');
}

void list_documents(struct request *request, struct answer *answer)
{
    struct listing listing = {.out = json_to(&answer->body)};
    struct list_request list;
    struct view view;

    if (!read_list_request(request, answer, &list)) {
        return;
    }
    view_open(&view, request->service);
    write_list(&listing, &list, view.txn);
    (void)view_sound(&view, request, answer);
    view_close(&view);
}

/* --- trace --- */

static void write_step(void *arg, const struct trace_step *step)
{
    struct json_out *out = arg;

    out_open(out, NULL, '{');
    out_count(out, "depth", step->depth);
    out_text(out, "relation", step->relation);
    write_document_row(out, &step->row);
    out_close(out, '}');
}

void get_trace(struct request *request, struct answer *answer)
{
    const struct bytes id = bytes_text(request->argument[0]);
    struct json_out out = json_to(&answer->body);
    struct document_row row;
    struct division author;
    struct view view;

    if (!request_author(request, answer, &author)) {
        return;
    }
    view_open(&view, request->service);
    if (!query_document(view.txn, author, id, &row)) {
        answer_no_document(request, answer, &view);
    } else {
        out_open(&out, NULL, '{');
        out_text(&out, "division", author.code);
        out_bytes(&out, "id", id);
        out_open(&out, "steps", '[');
        query_trace(view.txn, author, id, write_step, &out);
        out_close(&out, ']');
        out_close(&out, '}');
    }
    (void)view_sound(&view, request, answer);
    view_close(&view);
}

/* --- balance --- */

static void write_balance(void *arg, const struct balance_row *row)
{
    struct json_out *out = arg;
    const struct account_info *info = account_info(row->account);
    const int64_t net = row->debit - row->credit;

    out_open(out, NULL, '{');
    out_text(out, "key", row->key);
    out_text(out, "account", info->mnemonic);
    out_amount(out, "debit", row->debit);
    out_amount(out, "credit", row->credit);
    out_amount(out, "balance", info->normal < 0 ? -net : net);
    out_close(out, '}');
}

static void write_as_of(struct json_out *out, const char *key, struct txn *txn,
                        struct division division, bool named)
{
    struct ledger_position position;

    ledger_position(txn, division, &position);
    out_open(out, key, '{');
    if (named) {
        out_text(out, "division", division.code);
    }
    out_count(out, "lsn", position.lsn);
    out_time(out, "time", position.time_ms);
    out_close(out, '}');
}

static bool request_word(const struct request *request, struct answer *answer, const char *name,
                         const char *const *words, size_t count, int *index)
{
    const char *word = request->query(request->connection, name);

    *index = 0;
    if (word == NULL) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            *index = (int)i;
            return true;
        }
    }
    answer_error(request, answer, API_BAD_REQUEST, name);
    return false;
}

static void write_subtree_as_of(struct json_out *out, struct txn *txn, const struct places *places,
                                struct division division)
{
    out_open(out, "as_of", '[');
    for (size_t i = 0; i < places->count; i++) {
        if (places_within(places, places->at[i].division, division)) {
            write_as_of(out, NULL, txn, places->at[i].division, true);
        }
    }
    out_close(out, ']');
}

void get_balance(struct request *request, struct answer *answer)
{
    static const char *const scopes[] = {"own", "subtree"};
    struct json_out out = json_to(&answer->body);
    struct places places;
    struct division division;
    struct view view;
    enum dimension by;
    int scope, year;

    if (!request_word(request, answer, "scope", scopes, COUNT_OF(scopes), &scope) ||
        !request_dimension(request, answer, BY_ACCOUNT, &by) ||
        !request_year(request, answer, &year) || !places_read(&places, request, answer)) {
        return;
    }
    if (request_division(request, answer, &places, &division)) {
        view_open(&view, request->service);
        out_open(&out, NULL, '{');
        out_text(&out, "division", division.code);
        out_text(&out, "scope", scopes[scope]);
        if (scope == SCOPE_OWN) {
            write_as_of(&out, "as_of", view.txn, division, false);
        } else {
            write_subtree_as_of(&out, view.txn, &places, division);
        }
        out_open(&out, "rows", '[');
        query_balance(view.txn, division, (enum scope)scope, year, by, write_balance, &out);
        out_close(&out, ']');
        out_close(&out, '}');
        (void)view_sound(&view, request, answer);
        view_close(&view);
    }
    places_free(&places);
}

/* --- digest --- */

static void write_digest(struct buf *body, struct division division,
                         const struct ledger_position *position)
{
    struct json_out out = json_to(body);

    out_open(&out, NULL, '{');
    out_text(&out, "division", division.code);
    out_count(&out, "lsn", position->digest_lsn);
    out_hex(&out, "digest", &position->digest, sizeof position->digest);
    out_close(&out, '}');
}

/* With ?after=LSN the answer waits until the ledger is past it, for two seconds at most. */
void get_digest(struct request *request, struct answer *answer)
{
    enum { WAIT_MS_MAX = 2000 };
    const char *typed = request->query(request->connection, "after");
    const uint64_t after = typed == NULL ? 0 : strtoull(typed, NULL, 10);
    const struct clock *clock = &request->service->clock;
    const uint64_t end_ms = clock_mono_ms(clock) + WAIT_MS_MAX;
    struct node *node = request->service->node;
    uint64_t commits = node_await_commit(node, 0, 0), now_ms;
    struct ledger_position position;
    struct places places;
    struct division division;
    bool sound = false;

    if (!places_read(&places, request, answer)) {
        return;
    }
    if (request_division(request, answer, &places, &division)) {
        do {
            struct view view;
            view_open(&view, request->service);
            ledger_position(view.txn, division, &position);
            sound = view_sound(&view, request, answer);
            view_close(&view);
            now_ms = clock_mono_ms(clock);
            if (typed == NULL || !sound || position.digest_lsn > after || now_ms >= end_ms) {
                break;
            }
            commits = node_await_commit(node, commits, (uint32_t)(end_ms - now_ms));
        } while (true);
        if (sound) {
            write_digest(&answer->body, division, &position);
        }
    }
    places_free(&places);
}

/* --- drafts --- */

static bool write_draft(void *arg, const struct draft_row *row)
{
    struct json_out *out = arg;

    out_open(out, NULL, '{');
    out_document(out, &row->document);
    if (!document_has(&row->document, FIELD_ID)) {
        out_text(out, "id", row->id);
    }
    out_text(out, "maker", row->maker);
    out_time(out, "time", row->unix_ms);
    out_hex(out, "hash", &row->hash, sizeof row->hash);
    out_close(out, '}');
    return true;
}

static bool write_recent_rejection(void *arg, const struct rejection *rejection)
{
    struct json_out *out = arg;

    out_open(out, NULL, '{');
    out_text(out, "id", rejection->id);
    out_text(out, "checker", rejection->checker);
    out_time(out, "time", rejection->unix_ms);
    out_text(out, "reason", rejection->why);
    out_close(out, '}');
    return true;
}

/* And what was sent back and not handed in again, so that its maker learns why. */
void get_pending(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct view view;

    view_open(&view, request->service);
    out_open(&out, NULL, '{');
    out_open(&out, "rows", '[');
    node_pending(view.txn, write_draft, &out);
    out_close(&out, ']');
    out_open(&out, "rejected", '[');
    node_rejections(view.txn, write_recent_rejection, &out);
    out_close(&out, ']');
    out_close(&out, '}');
    (void)view_sound(&view, request, answer);
    view_close(&view);
}
