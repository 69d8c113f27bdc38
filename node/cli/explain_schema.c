#include "node/cli/explain_schema.h"

#include <stdio.h>

#include "node/ledger/families/catalogues.h"

json_t *explain_meaning(enum language language, const char *sort, const char *name,
                        const char *title, const char *text)
{
    char row[96];

    (void)snprintf(row, sizeof row, "explain.%s.%s", sort, name);
    if (text == NULL && text_knows(row)) {
        text = text_row(language, row);
    }
    return json_pack("{ss ss ss ss ss so}", "sort", sort, "sort_title",
                     text_word(language, "explain", sort), "name", name, "title", title, "text",
                     text == NULL ? "" : text, "facts", json_array());
}

void explain_fact(json_t *meaning, enum language language, const char *name, json_t *value)
{
    (void)json_array_append_new(json_object_get(meaning, "facts"),
                                json_pack("{ss ss so}", "name", name, "label",
                                          text_word(language, "explain", name), "value", value));
}

/* --- what a value looks like --- */

/* The row that says which amounts a kind takes; NULL: of no kind, or none is written by hand. */
static const char *amounts_of(uint32_t kind, enum field field)
{
    static const char *const rows[] = {[SIGN_POSITIVE] = "explain_amount_above_0",
                                       [SIGN_ZERO] = NULL,
                                       [SIGN_SIGNED] = "explain_amount_but_0",
                                       [SIGN_ANY] = NULL};
    const struct kind_info *info = kind_info(kind);

    if (info == NULL || field_info(field)->type != TYPE_AMOUNT) {
        return NULL;
    }
    if (field != FIELD_AMOUNT) {
        return rows[SIGN_POSITIVE];
    }
    if (kind == KIND_BUDGET) {
        return "explain_amount_budget";
    }
    if (info->sign_with_early != SIGN_POSITIVE) {
        return info->sign_with_early == SIGN_ANY ? "explain_amount_early_any"
                                                 : "explain_amount_early_but_0";
    }
    return rows[info->sign];
}

/* "one of request, ceiling"; else what its type wants, and the set that it is from. */
static json_t *form_of(enum language language, uint32_t kind, enum field field)
{
    const char *const *words = kind_words(kind, field);
    const char *amounts = amounts_of(kind, field);
    char text[TEXT_BYTES_MAX], all[TEXT_BYTES_MAX / 2] = "";

    if (amounts != NULL) {
        return json_string(
            text_say(language, text, "%s form=%s", amounts, field_form(language, field)));
    }
    if (words == NULL) {
        return json_string(field_form(language, field));
    }
    for (size_t used = 0; *words != NULL && used + 1 < sizeof all; words++) {
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "", *words);
    }
    return json_string(text_say(language, text, "one_of_words words=%s", all));
}

static void add_field(json_t *list, enum language language, uint32_t kind, enum field field)
{
    const char *name = field_info(field)->name;

    (void)json_array_append_new(list, json_pack("{ss ss so}", "name", name, "title",
                                                text_word(language, "field", name), "form",
                                                form_of(language, kind, field)));
}

/* --- kinds --- */

/* In the order of the tags; the ones every document has come first. */
static json_t *fields_of(enum language language, uint32_t kind, bool needed)
{
    const struct kind_info *info = kind_info(kind);
    struct document empty;
    json_t *list = json_array();

    document_clear(&empty, kind);
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL && kind_takes(info, field, !info->node_only) &&
            kind_needs(info, &empty, field, true) == needed) {
            add_field(list, language, kind, field);
        }
    }
    return list;
}

static void add_money(json_t *meaning, enum language language, const struct kind_info *info)
{
    char text[TEXT_BYTES_MAX];

    if (info->books.to != 0) {
        explain_fact(meaning, language, "moves",
                     json_string(text_say(language, text, "explain_moves from=%s to=%s",
                                          account_info(info->books.from)->name[language],
                                          account_info(info->books.to)->name[language])));
    }
}

static void add_state(json_t *meaning, enum language language, const struct kind_info *info)
{
    const enum doc_state state = info->first_state != 0 ? info->first_state : DOC_ENTERED;

    explain_fact(meaning, language, "first_state",
                 json_string(text_term(language, doc_state_name(state))));
}

/* In which years, where there are others than open ones; and whose two persons. */
static void add_terms(json_t *meaning, enum language language, const struct kind_info *info)
{
    static const char *const years[] = {[YEAR_PREPARED] = "explain_years_prepared",
                                        [YEAR_CLOSED] = "explain_years_closed",
                                        [YEAR_EVERY] = "explain_years_every"};

    if (info->years != YEAR_OPEN && !info->node_only) {
        explain_fact(meaning, language, "years",
                     json_string(text_row(language, years[info->years])));
    }
    if (info->two == TWO_ALWAYS) {
        explain_fact(meaning, language, "persons",
                     json_string(text_row(language, "explain_two_always")));
    }
}

json_t *explain_kind(enum language language, uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);
    json_t *meaning = explain_meaning(language, "kind", info->name,
                                      text_word(language, "kind", info->name), NULL);

    explain_fact(
        meaning, language, "written_by",
        json_string(text_row(language, info->node_only ? "explain_by_node" : "explain_by_person")));
    explain_fact(meaning, language, "required", fields_of(language, kind, true));
    explain_fact(meaning, language, "optional", fields_of(language, kind, false));
    add_money(meaning, language, info);
    add_state(meaning, language, info);
    add_terms(meaning, language, info);
    return meaning;
}

/* --- fields, states, accounts --- */

static json_t *kinds_where(enum language language, bool (*is)(uint32_t kind, int what), int what)
{
    json_t *list = json_array();

    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL && is(kind, what)) {
            (void)json_array_append_new(
                list, json_pack("{ss ss ss}", "name", kind_info(kind)->name, "title",
                                text_word(language, "kind", kind_info(kind)->name), "form", ""));
        }
    }
    return list;
}

static bool takes_field(uint32_t kind, int field)
{
    return kind_takes(kind_info(kind), (enum field)field, !kind_info(kind)->node_only);
}

static bool begins_as(uint32_t kind, int state)
{
    const enum doc_state first = kind_info(kind)->first_state;

    return (first != 0 ? first : DOC_ENTERED) == (enum doc_state)state;
}

static bool moves_from(uint32_t kind, int account)
{
    return kind_info(kind)->books.to != 0 && kind_info(kind)->books.from == (enum account)account;
}

static bool moves_to(uint32_t kind, int account)
{
    return kind_info(kind)->books.to == (enum account)account;
}

json_t *explain_field(enum language language, enum field field)
{
    const struct field_info *info = field_info(field);
    json_t *meaning = explain_meaning(language, "field", info->name,
                                      text_word(language, "field", info->name), NULL);

    explain_fact(meaning, language, "form", form_of(language, 0, field));
    if (info->bytes_max > 0) {
        char text[TEXT_BYTES_MAX];

        explain_fact(meaning, language, "length",
                     json_string(text_say(language, text, "explain_bytes bytes_max=%u",
                                          (unsigned)info->bytes_max)));
    }
    if (catalogue_of_field(field) != NULL) {
        explain_fact(meaning, language, "code_set", json_string(catalogue_of_field(field)));
    }
    explain_fact(meaning, language, "kinds", kinds_where(language, takes_field, (int)field));
    return meaning;
}

json_t *explain_state(enum language language, enum doc_state state)
{
    const char *name = doc_state_name(state);
    json_t *meaning = explain_meaning(language, "state", name, text_term(language, name), NULL);

    explain_fact(meaning, language, "begins", kinds_where(language, begins_as, (int)state));
    return meaning;
}

json_t *explain_account(enum language language, enum account account)
{
    const struct account_info *info = account_info(account);
    json_t *meaning =
        explain_meaning(language, "account", info->mnemonic, info->name[language], NULL);

    explain_fact(meaning, language, "from_here", kinds_where(language, moves_from, (int)account));
    explain_fact(meaning, language, "to_here", kinds_where(language, moves_to, (int)account));
    return meaning;
}
