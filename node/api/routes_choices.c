#include "node/api/routes_choices.h"

#include <stdio.h>

#include "node/api/names.h"
#include "node/api/page.h"
#include "node/api/typed_search.h"
#include "node/ledger/families/line.h"
#include "node/ledger/query/choices.h"

enum { LOOKED_MAX = 20000 }; /* rows of one page, whatever fits */

struct choosing {
    struct json_out out;
    struct page page;
    struct typed_search search;
    struct names names;
    struct division division;
    uint32_t kind; /* 0: any */
    int year;      /* 0: any */
    size_t looked;
};

/* Counts a row that is looked at. False when the page is over. */
static bool look_at(struct choosing *choosing, const char *cursor)
{
    struct page *page = &choosing->page;

    if (page->shown == page->rows_max || choosing->looked == LOOKED_MAX) {
        page->left = true;
        return false;
    }
    choosing->looked++;
    (void)snprintf(page->next, sizeof page->next, "%s", cursor);
    return true;
}

static void text_of(char out[CURSOR_BYTES_MAX], struct bytes code)
{
    (void)snprintf(out, CURSOR_BYTES_MAX, "%.*s", (int)code.size, (const char *)code.data);
}

static void write_end(struct choosing *choosing)
{
    struct page *page = &choosing->page;

    out_close(&choosing->out, ']');
    page->total = page->shown;
    page->total_is_least = page->left || page->after[0] != '\0';
    out_count(&choosing->out, "read", choosing->looked);
    write_page(&choosing->out, page);
    out_close(&choosing->out, '}');
}

/* --- codes --- */

static void write_code(struct choosing *choosing, struct bytes code,
                       const struct catalogue_row *row)
{
    struct json_out *out = &choosing->out;

    choosing->page.shown++;
    out_open(out, NULL, '{');
    out_bytes(out, "code", code);
    out_bytes(out, "name", row->name);
    if (row->group.size > 0) {
        out_bytes(out, "group", row->group);
    }
    if (row->state.size > 0) {
        out_bytes(out, "state", short_text_bytes(&row->state));
    }
    out_bool(out, "usable", row->usable);
    out_text(out, "owner", row->owner.code);
    out_division_name(out, "owner_name", &choosing->names, row->owner);
    out_close(out, '}');
}

/* Fits, or is passed over. False when the page is over. */
static bool choose(struct choosing *choosing, const char *cursor, struct bytes code,
                   const struct catalogue_row *row)
{
    if (!look_at(choosing, cursor)) {
        return false;
    }
    if (typed_search_code(&choosing->search, code) ||
        typed_search_name(&choosing->search, row->name)) {
        write_code(choosing, code, row);
    }
    return true;
}

static bool visit_code(void *arg, struct bytes code, const struct catalogue_row *row)
{
    char cursor[CURSOR_BYTES_MAX];

    text_of(cursor, code);
    return choose(arg, cursor, code, row);
}

/* A code that a division above has, too, is that one's. */
static bool visit_project(void *arg, struct bytes code, const struct catalogue_row *row)
{
    struct choosing *choosing = arg;
    const struct member *owner = roster_find(choosing->names.roster->roster, row->owner);
    char text[CURSOR_BYTES_MAX], cursor[CURSOR_BYTES_MAX];

    for (const struct member *above = owner == NULL ? NULL : owner->parent; above != NULL;
         above = above->parent) {
        const struct row_key key = row_key_of(ROW_PROJECT, above->grant.division, code);
        struct catalogue_row held;

        if (catalogue_load(choosing->names.txn, &key, &held)) {
            return true;
        }
    }
    text_of(text, code);
    cursor_format(cursor, row->owner, text);
    return choose(choosing, cursor, code, row);
}

/* From the root down to the division. False with the error answered. */
static bool choose_projects(struct choosing *choosing, const struct request *request,
                            struct answer *answer)
{
    const struct roster_snapshot *roster = choosing->names.roster;
    struct division after = DIVISION_NONE;
    struct bytes code = BYTES_NONE;
    bool reached = choosing->page.after[0] == '\0';

    if (!reached && !cursor_parse(choosing->page.after, &after, &code)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_after value=%s", choosing->page.after);
        return false;
    }
    for (size_t i = 0; i < roster->count && !choosing->page.left; i++) {
        const struct division owner = roster->at[i].division;
        const bool here = division_equal(owner, after);

        reached = reached || here;
        if (reached && roster_snapshot_within(roster, choosing->division, owner)) {
            choices_of_owner(choosing->names.txn, ROW_PROJECT, owner, here ? code : BYTES_NONE,
                             visit_project, choosing);
        }
    }
    return true;
}

static void choose_divisions(struct choosing *choosing)
{
    const struct roster_snapshot *roster = choosing->names.roster;
    bool reached = choosing->page.after[0] == '\0';

    for (size_t i = 0; i < roster->count && !choosing->page.left; i++) {
        const struct place *place = &roster->at[i];
        const struct catalogue_row row = {
            .owner = place->division, .usable = true, .name = bytes_text(place->name)};

        if (reached) {
            (void)visit_code(choosing, bytes_text(place->division.code), &row);
        }
        reached = reached || strcmp(place->division.code, choosing->page.after) == 0;
    }
}

static const struct {
    const char *name;
    char letter;
} owned[] = {{"agency", ROW_AGENCY}, {"bank_account", ROW_BANK_ACCOUNT}};

static bool is_code_set(const char *name)
{
    const char *const *set = kind_words(KIND_ELEMENT, FIELD_ELE_CATALOG_CODE);

    while (*set != NULL && strcmp(*set, name) != 0) {
        set++;
    }
    return *set != NULL;
}

/* False with the error answered. */
static bool choose_codes(struct choosing *choosing, const struct request *request,
                         struct answer *answer)
{
    const char *name = request->argument[0];
    const struct bytes after = bytes_text(choosing->page.after);

    if (strcmp(name, "project") == 0) {
        return choose_projects(choosing, request, answer);
    }
    if (strcmp(name, "division") == 0) {
        choose_divisions(choosing);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(owned); i++) {
        if (strcmp(name, owned[i].name) == 0) {
            choices_of_owner(choosing->names.txn, owned[i].letter, choosing->division, after,
                             visit_code, choosing);
            return true;
        }
    }
    if (!is_code_set(name)) {
        answer_refuse(request, answer, API_NOT_FOUND, "ask_code_set name=%s", name);
        return false;
    }
    choices_of_set(choosing->names.txn, bytes_text(name), choosing->year, after, visit_code,
                   choosing);
    return true;
}

/* --- lines --- */

static void write_element(struct choosing *choosing, const struct indicator *line,
                          const struct document *elements, enum field field, const char *name_key,
                          enum line_element element)
{
    const struct bytes code = document_text(elements, field);
    char text[CURSOR_BYTES_MAX];

    if (code.size == 0) {
        return;
    }
    text_of(text, code);
    out_text(&choosing->out, field_info(field)->name, text);
    out_element_name(&choosing->out, name_key, &choosing->names, element, choosing->division,
                     line->year, text);
}

static void write_elements(struct choosing *choosing, const struct indicator *line,
                           const struct document *elements)
{
    write_element(choosing, line, elements, FIELD_AGENCY_CODE, "agency_name", LINE_AGENCY);
    write_element(choosing, line, elements, FIELD_PRO_CODE, "pro_name", LINE_PROJECT);
    write_element(choosing, line, elements, FIELD_FUND_TYPE_CODE, "fund_type_name", LINE_FUND);
    write_element(choosing, line, elements, FIELD_EXP_FUNC_CODE, "exp_func_name", LINE_FUNCTION);
    write_element(choosing, line, elements, FIELD_DEP_BGT_ECO_CODE, "dep_bgt_eco_name",
                  LINE_ECONOMIC);
    if (document_has(elements, FIELD_SUP_BGT_DOC_NO)) {
        out_bytes(&choosing->out, "sup_bgt_doc_no", document_text(elements, FIELD_SUP_BGT_DOC_NO));
    }
}

static void write_line(struct choosing *choosing, struct bytes id, const struct indicator *line,
                       const struct document *elements)
{
    struct json_out *out = &choosing->out;
    char year[16];

    (void)snprintf(year, sizeof year, "%04d", line->year);
    choosing->page.shown++;
    out_open(out, NULL, '{');
    out_bytes(out, "id", id);
    out_text(out, "kind", kind_info(line->kind)->name);
    out_text(out, "fiscal_year", year);
    out_text(out, "state", doc_state_name(line_state(line)));
    write_elements(choosing, line, elements);
    if (choosing->kind != 0) {
        out_amount(out, "free", choice_free(line, choosing->kind));
    }
    out_open(out, "balances", '{');
    for (enum account account = 1; account < ACCOUNTS; account++) {
        const struct account_info *info = account_info(account);

        if (line->balance[account] != 0) {
            out_amount(out, info->mnemonic,
                       info->normal < 0 ? -line->balance[account] : line->balance[account]);
        }
    }
    out_close(out, '}');
    out_close(out, '}');
}

/* By its id, or by what its agency or its project is called, or by the paper it came with. */
static bool line_fits(struct choosing *choosing, struct bytes id, const struct indicator *line,
                      const struct document *elements)
{
    struct typed_search *search = &choosing->search;
    const struct roster *roster = choosing->names.roster->roster;
    struct txn *txn = choosing->names.txn;

    if ((choosing->kind != 0 && !choice_fits(line, choosing->kind)) ||
        (choosing->year != 0 && line->year != choosing->year)) {
        return false;
    }
    return typed_search_code(search, id) || typed_search_code(search, line->agency) ||
           typed_search_code(search, line->project) ||
           typed_search_name(search, document_text(elements, FIELD_SUP_BGT_DOC_NO)) ||
           typed_search_name(
               search, name_of_owned(txn, roster, ROW_AGENCY, choosing->division, line->agency)) ||
           typed_search_name(
               search, name_of_owned(txn, roster, ROW_PROJECT, choosing->division, line->project));
}

static bool visit_line(void *arg, struct bytes id, const struct indicator *line)
{
    struct choosing *choosing = arg;
    struct document elements;
    char cursor[CURSOR_BYTES_MAX];

    text_of(cursor, id);
    if (!look_at(choosing, cursor)) {
        return false;
    }
    indicator_elements(line, &elements);
    if (line_fits(choosing, id, line, &elements)) {
        write_line(choosing, id, line, &elements);
    }
    return true;
}

/* False with the error answered. */
static bool choose_lines(struct choosing *choosing, const struct request *request,
                         struct answer *answer)
{
    const char *kind = request->query(request->connection, "kind");

    choosing->kind = kind == NULL ? 0 : kind_named(bytes_text(kind));
    if (kind != NULL && !choice_names_line(choosing->kind)) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_line_kind value=%s", kind);
        return false;
    }
    choices_of_lines(choosing->names.txn, choosing->division, bytes_text(choosing->page.after),
                     visit_line, choosing);
    return true;
}

/* --- the page --- */

typedef bool choose_fn(struct choosing *choosing, const struct request *request,
                       struct answer *answer);

static void answer_choices(struct request *request, struct answer *answer, choose_fn *choose_all)
{
    struct choosing choosing = {.out = json_to(&answer->body)};
    struct roster_snapshot *roster;
    struct view view;

    if (!request_page(request, answer, &choosing.page) ||
        !request_year(request, answer, &choosing.year)) {
        return;
    }
    view_open(&view, request->service);
    roster = roster_snapshot_open(&view, request, answer);
    if (roster != NULL && request_division(request, answer, roster, &choosing.division)) {
        choosing.names = (struct names){view.txn, roster};
        typed_search_open(&choosing.search, request->query(request->connection, "q"));
        out_open(&choosing.out, NULL, '{');
        out_open(&choosing.out, "rows", '[');
        if (choose_all(&choosing, request, answer)) {
            write_end(&choosing);
            (void)view_sound(&view, request, answer);
        }
        typed_search_close(&choosing.search);
    }
    roster_snapshot_release(request->service, roster);
    view_close(&view);
}

void get_codes(struct request *request, struct answer *answer)
{
    answer_choices(request, answer, choose_codes);
}

void get_indicators(struct request *request, struct answer *answer)
{
    answer_choices(request, answer, choose_lines);
}
