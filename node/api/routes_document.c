#include "node/api/routes_document.h"

#include <stdio.h>

#include "node/api/routes_pending.h"
#include "node/ledger/families/nearest_known.h"
#include "node/ledger/rows/unapproved.h"
#include "node/ledger/schema/clocks.h"
#include "replicator/log/sealing.h"

void write_document_row(struct json_out *out, const struct document_row *row)
{
    const struct kind_info *info = kind_info(row->kind);
    char year[16] = ""; /* of any */

    out_text(out, "division", row->author.code);
    out_text(out, "id", row->id);
    out_text(out, "kind", info != NULL ? info->name : "unknown");
    if (row->year != 0) {
        (void)snprintf(year, sizeof year, "%04d", row->year);
    }
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

static void write_frozen(struct json_out *out, const struct document_row *row)
{
    char day[DAY_TEXT_SIZE];

    if (row->frozen_day != 0) {
        day_format(day, row->frozen_day);
        out_text(out, "frozen_since", day);
    }
}

/* What the year began with, what was added to that since, and what is approved now. */
static void write_adjustments(struct json_out *out, const struct document_row *row)
{
    if (row->adjusted != 0) {
        const int128 now = row->balances[ACC_SRC_APPROVED];

        out_open(out, "adjustments", '{');
        out_amount(out, "begun", now - row->adjusted);
        out_amount(out, "adjusted", row->adjusted);
        out_amount(out, "now", now);
        out_close(out, '}');
    }
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

    query_list(view->txn, author, kind_named(bytes_text("operator")), 0, visit_operator, &person);
    out_open(out, NULL, '{');
    out_text(out, "role", group->role == ROLE_MAKER ? "maker" : "checker");
    if (person.name[0] != '\0') {
        out_text(out, "name", person.name);
    }
    out_hex(out, "key", &group->key, sizeof group->key);
    out_close(out, '}');
}

/* --- the document --- */

/* Why its approval does not hold here; null where it does, or none is asked for. */
static void write_unapproved(struct json_out *out, const struct view *view,
                             const struct document_row *row, enum language language)
{
    struct unapproved mark;
    char words[TEXT_BYTES_MAX];

    if (!unapproved_find(view->txn, row->author, row->lsn, &mark)) {
        out_null(out, "unapproved");
        return;
    }
    out_open(out, "unapproved", '{');
    out_text(out, "why", mark.why);
    out_text(out, "why_words", text_say(language, words, "%s", mark.why));
    out_close(out, '}');
}

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

/* The nearest division above that wrote a document of this id; NONE. False with the error answered.
 */
static bool find_above(const struct request *request, struct answer *answer,
                       const struct view *view, struct division *author)
{
    struct roster_snapshot *roster = roster_snapshot_open(view, request, answer);
    struct document_row row;

    *author = DIVISION_NONE;
    for (size_t i = 0; roster != NULL && i < roster->count; i++) {
        if (roster->at[i].above && query_document(view->txn, roster->at[i].division,
                                                  bytes_text(request->argument[0]), &row)) {
            *author = row.author;
        }
    }
    roster_snapshot_release(request->service, roster);
    return roster != NULL;
}

/* With the nearest id of the same author. */
static void refuse_unknown(const struct request *request, struct answer *answer,
                           const struct view *view)
{
    const char *id = request->argument[0];
    char advice[DID_YOU_MEAN_BYTES_MAX];
    struct division author;
    struct nearest nearest;

    if (!request_author(request, answer, &author)) {
        return;
    }
    nearest_document(view->txn, author, bytes_text(id), &nearest);
    answer_refuse(request, answer, API_NOT_FOUND, "document_unknown id=%s author=%s why=%s", id,
                  author.code, nearest_advice(advice, &nearest));
}

void answer_no_document(const struct request *request, struct answer *answer,
                        const struct view *view)
{
    const char *id = request->argument[0];
    const char *division = request->query(request->connection, "division");
    struct division author = DIVISION_NONE;

    if (!view_sound(view, request, answer) ||
        (division == NULL && !find_above(request, answer, view, &author))) {
        return;
    }
    if (division_is_none(author)) {
        refuse_unknown(request, answer, view);
    } else {
        answer_refuse(request, answer, API_NOT_FOUND, "document_elsewhere id=%s author=%s", id,
                      author.code);
    }
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
            write_frozen(&out, &row);
            write_adjustments(&out, &row);
            write_unapproved(&out, &view, &row, request->language);
            out_close(&out, '}');
        } else {
            answer_error(request, answer, API_STORE_FAILED, err.text);
        }
    } else if (request->query(request->connection, "division") != NULL ||
               !write_waiting(request, answer, &view, request->argument[0])) {
        answer_no_document(request, answer, &view);
    }
    view_close(&view);
}
