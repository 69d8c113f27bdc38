#include "node/api/routes_unsent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/api/api_task.h"
#include "node/api/page.h"
#include "node/api/view.h"
#include "node/ledger/schema/kinds.h"
#include "node/office/unsent.h"

/* --- shown --- */

/* They were read as an object of texts before they were kept. */
static void write_fields(struct json_out *out, struct bytes fields)
{
    json_t *object = json_loadb((const char *)fields.data, fields.size, 0, NULL);
    const char *name;
    json_t *value;

    out_open(out, "fields", '{');
    json_object_foreach(object, name, value)
    {
        out_typed(out, name, json_string_value(value));
    }
    out_close(out, '}');
    json_decref(object);
}

static void write_row(struct json_out *out, const struct unsent *row)
{
    const struct kind_info *kind = kind_info(row->kind);

    out_open(out, NULL, '{');
    out_text(out, "id", row->id);
    out_text(out, "kind", kind == NULL ? "" : kind->name);
    out_count(out, "version", row->version);
    out_time(out, "saved", row->saved_ms);
    write_fields(out, row->fields);
    out_close(out, '}');
}

struct unsent_list {
    struct json_out out;
    struct page page;
};

static bool show_row(void *arg, const struct unsent *row)
{
    struct unsent_list *list = arg;

    if (page_row(&list->page, row->id)) {
        write_row(&list->out, row);
    }
    return true;
}

void list_unsent(struct request *request, struct answer *answer)
{
    struct unsent_list list = {.out = json_to(&answer->body)};
    struct view view;

    if (!request_page(request, answer, &list.page)) {
        return;
    }
    view_open(&view, request->service);
    out_open(&list.out, NULL, '{');
    out_open(&list.out, "rows", '[');
    unsent_each(view.txn, request->caller.name, show_row, &list);
    out_close(&list.out, ']');
    write_page(&list.out, &list.page);
    out_close(&list.out, '}');
    if (view_sound(&view, request, answer)) {
        (void)page_found(&list.page, request, answer);
    }
    view_close(&view);
}

static void tag(struct answer *answer, uint64_t version)
{
    (void)snprintf(answer->etag, sizeof answer->etag, "\"%" PRIu64 "\"", version);
}

void get_unsent(struct request *request, struct answer *answer)
{
    const char *id = request->argument[0];
    struct json_out out = json_to(&answer->body);
    struct unsent row;
    struct view view;

    view_open(&view, request->service);
    if (unsent_find(view.txn, request->caller.name, id, &row)) {
        write_row(&out, &row);
        tag(answer, row.version);
        (void)view_sound(&view, request, answer);
    } else {
        answer_refuse(request, answer, API_NOT_FOUND, "unsent_unknown id=%s", id);
    }
    view_close(&view);
}

/* --- saved --- */

struct save_task {
    struct api_task api_task;
    struct unsent row;
    char *fields; /* what row.fields is a view of */
    uint64_t known, or_known, version;
    struct err err;
};

static void run_save(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct save_task *save = (struct save_task *)api_task;

    save->err.status = OK;
    save->err.status = unsent_save(node, txn, &save->row, save->known, &save->version, &save->err);
    if (save->err.status == ERR_REFUSED && save->or_known != save->known) {
        save->err.status =
            unsent_save(node, txn, &save->row, save->or_known, &save->version, &save->err);
    }
}

static void run_drop(struct api_task *api_task, struct node *node, struct txn *txn)
{
    struct save_task *drop = (struct save_task *)api_task;

    (void)node;
    drop->err.status = unsent_drop(txn, drop->row.name, drop->row.id, drop->known, &drop->err);
}

static void free_save(struct api_task *api_task)
{
    mem_free(((struct save_task *)api_task)->fields);
}

static bool read_tag(const char **at, uint64_t *version)
{
    char *end = NULL;

    if ((*at)[0] != '"' || (*at)[1] < '0' || (*at)[1] > '9') {
        return false;
    }
    *version = strtoull(*at + 1, &end, 10);
    *at = end + 1;
    return *end == '"';
}

/* If-Match: "7", or two, "7", "8", of which either may be there; "0" is of none. 0 when it is not
 * given; false when these are no versions. */
static bool read_known(const struct request *request, uint64_t *known, uint64_t *or_known)
{
    const char *tagged = request->header(request->connection, "If-Match");

    *known = *or_known = 0;
    if (tagged == NULL) {
        return true;
    }
    if (!read_tag(&tagged, known)) {
        return false;
    }
    *or_known = *known;
    if (strncmp(tagged, ", ", 2) == 0) {
        tagged += 2;
        return read_tag(&tagged, or_known) && *tagged == '\0';
    }
    return *tagged == '\0';
}

static bool are_texts(const json_t *fields)
{
    const char *name;
    const json_t *value;

    if (!json_is_object(fields)) {
        return false;
    }
    json_object_foreach((json_t *)fields, name, value)
    {
        if (!json_is_string(value) || !text_plain(bytes_text(name))) {
            return false;
        }
    }
    return true;
}

/* Whose it is, and which; false when it is no id. */
static bool read_place(const struct request *request, struct unsent *row)
{
    const char *id = request->argument[0];

    if (!unsent_id_valid(id)) {
        return false;
    }
    memcpy(row->name, request->caller.name, sizeof row->name);
    memcpy(row->id, id, strlen(id) + 1);
    return true;
}

/* False when it is no such form. */
static bool read_save(const struct request *request, const json_t *object, struct save_task *save)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const json_t *fields = json_object_get(object, "fields");

    if (kind == NULL || !read_place(request, &save->row) || !are_texts(fields) ||
        !read_known(request, &save->known, &save->or_known)) {
        return false;
    }
    save->row.kind = kind_named(bytes_text(kind));
    save->fields = json_dumps(fields, JSON_COMPACT);
    save->row.fields = bytes_text(save->fields);
    return save->row.kind != 0 && save->row.fields.size <= UNSENT_FIELDS_MAX;
}

static void answer_save(const struct request *request, struct answer *answer,
                        const struct save_task *save)
{
    struct json_out out = json_to(&answer->body);

    if (save->err.status != OK) {
        answer_because(request, answer, save->err.status == ERR_REFUSED ? API_CHANGED : API_REFUSED,
                       save->err.text);
        return;
    }
    out_open(&out, NULL, '{');
    out_text(&out, "id", save->row.id);
    out_count(&out, "version", save->version);
    out_close(&out, '}');
    tag(answer, save->version);
}

void put_unsent(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct save_task *save;

    if (object == NULL) {
        return;
    }
    save = api_task_new(request->service->gate, sizeof *save, run_save, free_save);
    if (!read_save(request, object, save)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_unsent bytes_max=%d",
                      UNSENT_FIELDS_MAX);
    } else if (answer_outcome(request, answer,
                              api_task_run(&save->api_task, request->service->node))) {
        answer_save(request, answer, save);
    }
    api_task_done_with(&save->api_task);
    json_decref(object);
}

static void answer_drop(const struct request *request, struct answer *answer,
                        const struct save_task *drop)
{
    if (drop->err.status == OK) {
        buf_append(&answer->body, "{}", 2);
    } else {
        answer_because(request, answer, API_CHANGED, drop->err.text);
    }
}

/* If-Match: another window may have typed on meanwhile. */
void delete_unsent(struct request *request, struct answer *answer)
{
    struct save_task *drop =
        api_task_new(request->service->gate, sizeof *drop, run_drop, free_save);

    if (!read_place(request, &drop->row)) {
        answer_refuse(request, answer, API_NOT_FOUND, "unsent_unknown id=%s", request->argument[0]);
    } else if (!read_known(request, &drop->known, &drop->or_known)) {
        answer_because(request, answer, API_CHANGED,
                       "unsent_changed"); /* no version has this tag */
    } else if (answer_outcome(request, answer,
                              api_task_run(&drop->api_task, request->service->node))) {
        answer_drop(request, answer, drop);
    }
    api_task_done_with(&drop->api_task);
}
