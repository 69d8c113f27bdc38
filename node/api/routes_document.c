/* routes_document - one document: its fields, who approved it, or where else it is to be found. */
#include <stdio.h>

#include "node/api/api.h"
#include "replicator/log.h"

void write_document_row(struct json_out *out, const struct document_row *row)
{
    const struct kind_info *info = kind_info(row->kind);
    char year[16];

    out_text(out, "division", row->author.code);
    out_text(out, "id", row->id);
    out_text(out, "kind", info != NULL ? info->name : "unknown");
    (void)snprintf(year, sizeof year, "%04d", row->year);
    out_text(out, "fiscal_year", year);
    out_text(out, "state", row->state);
    out_amount(out, "amount", row->amount);
    out_count(out, "lsn", row->lsn);
    out_time(out, "time", row->time_ms);
}

static void write_balances(struct json_out *out, const struct document_row *row)
{
    bool any = false;

    for (int account = 1; account < ACCOUNTS; account++) {
        any = any || row->balances[account] != 0;
    }
    if (!any) {
        return;
    }
    out_open(out, "balances", '{');
    for (int account = 1; account < ACCOUNTS; account++) {
        if (row->balances[account] != 0) {
            out_amount(out, account_info((enum account)account)->mnemonic, row->balances[account]);
        }
    }
    out_close(out, '}');
}

/* --- who approved it --- */

/* A person's name, as an operator entry of the author's log tells it to every holder. */
struct name_of_key {
    const struct view *view;
    struct public_key key;
    char name[64];
};

/* Calls `use` with the entry at `lsn` of `author`, as its block has it. */
static enum status with_entry(const struct view *view, struct division author, uint64_t lsn,
                              void (*use)(void *arg, const struct block_body *body, size_t index,
                                          const struct document *document),
                              void *arg, struct err *err)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    struct block_view block;
    struct buf whole = BUF_EMPTY;
    struct document document;
    enum status status =
        log_read_block(view->store, view->snapshot, author, lsn, &whole, &block, err);

    if (status == OK) {
        status = block_body_read(&body, &block, err);
    }
    if (status == OK) {
        const size_t index = (size_t)(lsn - block.header.first_lsn);
        const struct entry *entry = &body.entries[index];

        status = document_decode(&document, entry->kind, entry->body, err);
        if (status == OK) {
            use(arg, &body, index, &document);
        }
    }
    block_body_free(&body);
    buf_free(&whole);
    return status;
}

static void take_name(void *arg, const struct block_body *body, size_t index,
                      const struct document *document)
{
    struct name_of_key *wanted = arg;
    const struct bytes name = document_text(document, FIELD_NAME);

    (void)body;
    (void)index;
    if (bytes_equal(document_text(document, FIELD_OPERATOR_KEY),
                    bytes_of(&wanted->key, sizeof wanted->key))) {
        (void)snprintf(wanted->name, sizeof wanted->name, "%.*s", (int)name.size,
                       (const char *)name.data);
    }
}

static bool visit_operator(void *arg, const struct document_row *row)
{
    struct name_of_key *wanted = arg;
    struct err err;

    (void)with_entry(wanted->view, row->author, row->lsn, take_name, wanted, &err);
    return wanted->name[0] == '\0';
}

static void write_approval(struct json_out *out, const struct view *view, struct division author,
                           const struct approval_group *group)
{
    struct name_of_key person = {.view = view, .key = group->key};

    query_list(view->txn, author, KIND_OPERATOR, 0, visit_operator, &person);
    out_open(out, NULL, '{');
    out_text(out, "role", group->role == ROLE_MAKER ? "maker" : "checker");
    if (person.name[0] != '\0') {
        out_text(out, "name", person.name);
    }
    out_hex(out, "key", &group->key, sizeof group->key);
    out_close(out, '}');
}

/* --- the document --- */

struct writing {
    struct json_out *out;
    const struct view *view;
    const struct document_row *row;
};

static void write_entry(void *arg, const struct block_body *body, size_t index,
                        const struct document *document)
{
    const struct writing *writing = arg;
    struct json_out *out = writing->out;

    out_document(out, document);
    if (!document_has(document, FIELD_STATE)) {
        out_text(out, "state", writing->row->state);
    }
    out_open(out, "approvals", '[');
    for (size_t i = 0; i < body->group_count; i++) {
        const struct approval_group *group = &body->groups[i];

        if (index >= group->first_entry && index - group->first_entry < group->count) {
            write_approval(out, writing->view, writing->row->author, group);
        }
    }
    out_close(out, ']');
}

/* The author of ?division=, which may be any division; what is not held is not found. */
bool request_author(const struct request *request, struct answer *answer, struct division *author)
{
    const char *code = request->query(request->connection, "division");

    *author = request->service->self;
    if (code != NULL && !division_parse(author, bytes_text(code))) {
        answer_error(request, answer, API_BAD_REQUEST, "division: 1-9 of A-Z 0-9");
        return false;
    }
    return true;
}

/* A draft that was sent back and not handed in again: why, for its maker. */
static bool write_rejection(struct answer *answer, const struct request *request,
                            const struct view *view)
{
    struct json_out out = json_to(&answer->body);
    struct rejection rejection;

    if (request->query(request->connection, "division") != NULL ||
        !node_rejection(view->txn, request->argument[0], &rejection)) {
        return false;
    }
    out_open(&out, NULL, '{');
    out_text(&out, "id", rejection.id);
    out_text(&out, "author", request->service->self.code);
    out_text(&out, "state", "rejected");
    out_text(&out, "checker", rejection.checker);
    out_time(&out, "time", rejection.unix_ms);
    out_text(&out, "reason", rejection.why);
    out_close(&out, '}');
    return true;
}

void answer_no_document(const struct request *request, struct answer *answer,
                        const struct view *view)
{
    const char *id = request->argument[0];
    struct document_row row;
    struct places places;
    char detail[160];

    if (!view_sound(view, request, answer)) {
        return;
    }
    (void)snprintf(detail, sizeof detail, "%s", id);
    if (request->query(request->connection, "division") == NULL) {
        if (!places_read(&places, request, answer)) {
            return;
        }
        for (size_t i = 0; i < places.count; i++) {
            if (places.at[i].above &&
                query_document(view->txn, places.at[i].division, bytes_text(id), &row)) {
                (void)snprintf(detail, sizeof detail,
                               "%s is a document of %s: name its author with --division %s", id,
                               row.author.code, row.author.code);
            }
        }
        places_free(&places);
    }
    answer_error(request, answer, API_NOT_FOUND, detail);
}

void get_document(struct request *request, struct answer *answer)
{
    struct json_out out = json_to(&answer->body);
    struct document_row row;
    struct division author;
    struct view view;
    struct err err;

    if (!request_author(request, answer, &author)) {
        return;
    }
    view_open(&view, request->service);
    if (query_document(view.txn, author, bytes_text(request->argument[0]), &row)) {
        struct writing writing = {&out, &view, &row};

        out_open(&out, NULL, '{');
        if (with_entry(&view, author, row.lsn, write_entry, &writing, &err) == OK) {
            out_text(&out, "author", row.author.code);
            out_count(&out, "lsn", row.lsn);
            out_time(&out, "time", row.time_ms);
            if (row.answer_id[0] != '\0') {
                out_text(&out, "answered_by", row.answer_id);
            }
            write_balances(&out, &row);
            out_close(&out, '}');
        } else {
            answer_error(request, answer, API_STORE_FAILED, err.text);
        }
    } else if (!write_rejection(answer, request, &view)) {
        answer_no_document(request, answer, &view);
    }
    view_close(&view);
}
