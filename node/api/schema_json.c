#include "node/api/schema_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/api/messages.h"
#include "node/ledger/families/family.h"
#include "node/ledger/schema/clocks.h"
#include "node/ledger/schema/hints.h"
#include "node/ledger/schema/template.h"
#include "node/ledger/verify/signers.h"
#include "proto/alarm.h"

enum { CODE_BYTES_MAX = 96 };

/* --- words --- */

/* {"en":...,"zh":...}; left out where there is no such row. */
static void out_words(struct json_out *out, const char *key, const char *code)
{
    if (!text_knows(code)) {
        return;
    }
    out_open(out, key, '{');
    for (int language = 0; language < LANGUAGES; language++) {
        out_text(out, text_language_tag((enum language)language),
                 text_row((enum language)language, code));
    }
    out_close(out, '}');
}

static void out_help(struct json_out *out, const char *sort, const char *name)
{
    char code[CODE_BYTES_MAX];

    (void)snprintf(code, sizeof code, "explain.%s.%s", sort, name);
    out_words(out, "help", code);
}

/* What it is called, and what it means. */
static void out_titled(struct json_out *out, const char *sort, const char *explained,
                       const char *name)
{
    char code[CODE_BYTES_MAX];

    (void)snprintf(code, sizeof code, "title.%s.%s", sort, name);
    out_text(out, "name", name);
    out_words(out, "words", code);
    out_help(out, explained, name);
}

static void write_one(struct json_out *out, const char *sort, const char *explained,
                      const char *name)
{
    out_open(out, NULL, '{');
    out_titled(out, sort, explained, name);
    out_close(out, '}');
}

static void out_text_or_null(struct json_out *out, const char *key, const char *text)
{
    if (text == NULL) {
        out_null(out, key);
    } else {
        out_text(out, key, text);
    }
}

static const char *name_of(enum field field)
{
    return field == 0 ? NULL : field_info(field)->name;
}

/* --- the fields of a kind --- */

/* The words that it may be, where the kind names them. */
static void write_allowed(struct json_out *out, uint32_t kind, enum field field)
{
    const char *const *words = kind_words(kind, field);

    if (words == NULL) {
        return;
    }
    out_open(out, "allowed", '[');
    for (; *words != NULL; words++) {
        out_open(out, NULL, '{');
        out_titled(out, "word", "word", *words);
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_default(struct json_out *out, const struct kind_info *info, enum field field,
                          const struct schema_here *here)
{
    if (field == FIELD_MOF_DIV_CODE) {
        out_text(out, "default", here->self.code);
    } else if (field == FIELD_DUE_DAYS) {
        char days[16];

        (void)snprintf(days, sizeof days, "%d", (int)ANSWER_DAYS);
        out_text(out, "default", days);
    } else if (info->about == ABOUT_ASK && field == info->party &&
               !division_is_none(here->parent)) {
        out_text(out, "default", here->parent.code);
    }
}

/* One after the other: of each language the columns of a template, in the same order. */
struct handed_in {
    struct template_column columns[LANGUAGES][DOCUMENT_VALUES_MAX];
};

static void write_example(struct json_out *out, const struct handed_in *handed_in, size_t index)
{
    out_open(out, "example", '{');
    for (int language = 0; language < LANGUAGES; language++) {
        const char *example = handed_in->columns[language][index].example;

        if (example[0] != '\0') {
            out_text(out, text_language_tag((enum language)language), example);
        }
    }
    out_close(out, '}');
}

/* Some are required only beside others, or only of a code's first version. */
static void write_required(struct json_out *out, uint32_t kind,
                           const struct template_column *column)
{
    const struct kind_info *info = kind_info(kind);
    struct document later;

    document_clear(&later, kind);
    out_bool(out, "required", column->required);
    if (info->about_line != 0 &&
        (column->field == info->about_id || column->field == info->about_line)) {
        out_text(out, "required_when", "one_of"); /* it is about one of two things */
    } else if (column->required && !kind_needs(info, &later, column->field, false)) {
        out_text(out, "required_when",
                 column->field == info->only_when.needs ? "moves_money" : "first_version");
    }
}

/* Required ones first, as a template has them. */
static void write_handed_in(struct json_out *out, uint32_t kind, const struct schema_here *here)
{
    const struct kind_info *info = kind_info(kind);
    struct handed_in handed_in;
    size_t count = 0;

    for (int language = 0; language < LANGUAGES; language++) {
        count = template_columns(handed_in.columns[language], kind, (enum language)language);
    }
    for (size_t i = 0; i < count; i++) {
        const struct template_column *column = &handed_in.columns[0][i];

        out_open(out, NULL, '{');
        out_text(out, "name", field_info(column->field)->name);
        write_required(out, kind, column);
        out_text(out, "group", field_group_name(hint_group(info, column->field)));
        out_text_or_null(out, "names", hint_names(info, column->field));
        out_bool(out, "inherited", hint_inherits(info, column->field));
        write_allowed(out, kind, column->field);
        write_default(out, info, column->field, here);
        write_example(out, &handed_in, i);
        out_close(out, '}');
    }
}

/* What only nodes write. */
static void write_completed(struct json_out *out, uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL && kind_takes(info, field, false) &&
            (info->node_only || !kind_takes(info, field, true))) {
            out_open(out, NULL, '{');
            out_text(out, "name", field_info(field)->name);
            out_text(out, "group", field_group_name(hint_group(info, field)));
            out_text_or_null(out, "names", hint_names(info, field));
            write_allowed(out, kind, field);
            out_close(out, '}');
        }
    }
}

/* --- kinds --- */

/* Which amounts it may say, and which beside early_bgt_id. */
static void write_signs(struct json_out *out, const struct kind_info *info)
{
    static const char *const signs[] = {[SIGN_POSITIVE] = "positive",
                                        [SIGN_ZERO] = "zero",
                                        [SIGN_SIGNED] = "signed",
                                        [SIGN_ANY] = "any"};

    out_text(out, "sign", signs[info->sign]);
    out_text(out, "sign_with_early",
             signs[info->sign_with_early != SIGN_POSITIVE ? info->sign_with_early : info->sign]);
}

/* The years in which it may be entered. */
static void write_years(struct json_out *out, const struct kind_info *info)
{
    out_open(out, "years", '[');
    if ((info->years & YEAR_PREPARED) != 0) {
        out_text(out, NULL, "prepared");
    }
    out_text(out, NULL, "open");
    if ((info->years & YEAR_CLOSED) != 0) {
        out_text(out, NULL, "closed");
    }
    out_close(out, ']');
}

static void write_money(struct json_out *out, const struct kind_info *info)
{
    if (info->books.to == 0) {
        out_null(out, "moves");
        return;
    }
    out_open(out, "moves", '{');
    out_text(out, "amount", name_of(info->money != 0 ? info->money : FIELD_AMOUNT));
    out_text(out, "from", account_info(info->books.from)->mnemonic);
    out_text(out, "to", account_info(info->books.to)->mnemonic);
    out_bool(out, "takes_all", info->takes_all);
    out_text_or_null(out, "at_most", info->exceeds);
    if (info->only_when.field != 0) {
        out_open(out, "only_when", '{');
        out_text(out, "field", name_of(info->only_when.field));
        out_text(out, "value", info->only_when.word);
        out_close(out, '}');
    }
    out_close(out, '}');
}

/* Whom it concerns. */
static void write_reach(struct json_out *out, const struct kind_info *info)
{
    static const char *const reaches[] = {
        [REACH_LINE] = "line",
        [REACH_TREE] = "tree",
        [REACH_TREE_IF_TRACKED] = "tree_if_tracked",
        [REACH_PARTY] = "party",
        [REACH_PARTY_TREE] = "party_tree",
    };
    static const char *const places[] = {[PLACE_ANY] = "any",
                                         [PLACE_BELOW] = "below",
                                         [PLACE_ABOVE_OR_OUTSIDE] = "above_or_outside",
                                         [PLACE_UPPER_WITHOUT_NODE] = "without_node",
                                         [PLACE_LOWER_WITHOUT_NODE] = "without_node"};
    static const char *const abouts[] = {
        [ABOUT_NOTHING] = NULL,      [ABOUT_LINE] = "indicator",
        [ABOUT_PAYMENT] = "payment", [ABOUT_OWN_TRANSFER] = "own_transfer",
        [ABOUT_ASK] = "transfer",    [ABOUT_ESTIMATE] = "estimate",
    };

    out_text(out, "reach", reaches[info->reach]);
    out_text_or_null(out, "party", name_of(info->party));
    out_text(out, "party_place", places[info->place]);
    out_text_or_null(out, "about", abouts[info->about]);
    out_text_or_null(out, "about_id", name_of(info->about_id));
    out_text_or_null(out, "defines", name_of(info->defines));
    out_text_or_null(out, "relation", info->relation);
}

/* Who hands it in, and whether another person checks it. */
static void write_issuer(struct json_out *out, uint32_t kind, struct policy policy)
{
    const bool by_node = kind_info(kind)->node_only, approval = policy_needs(policy, kind);

    out_text(out, "written_by", by_node ? "node" : "person");
    out_bool(out, "approval", approval);
    out_open(out, "roles", '[');
    if (!by_node) {
        out_text(out, NULL, role_name(ROLE_MAKER));
    }
    if (approval) {
        out_text(out, NULL, role_name(ROLE_CHECKER));
    }
    out_close(out, ']');
}

static void write_kind(struct json_out *out, uint32_t kind, const struct schema_here *here)
{
    const struct kind_info *info = kind_info(kind);

    out_open(out, NULL, '{');
    out_count(out, "number", kind);
    out_titled(out, "kind", "kind", info->name);
    out_text_or_null(out, "family", kind_family(kind));
    write_issuer(out, kind, here->policy);
    write_reach(out, info);
    write_money(out, info);
    write_signs(out, info);
    write_years(out, info);
    out_bool(out, "answered", info->is_answered);
    out_bool(out, "versions", kind_has_versions(kind));
    out_text(out, "first_state",
             doc_state_name(info->first_state != 0 ? info->first_state : DOC_ENTERED));
    out_open(out, "fields", '[');
    if (!info->node_only) {
        write_handed_in(out, kind, here);
    }
    out_close(out, ']');
    out_open(out, "written_out", '[');
    write_completed(out, kind);
    out_close(out, ']');
    out_close(out, '}');
}

void write_kinds(struct json_out *out, const struct schema_here *here)
{
    out_open(out, "kinds", '[');
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL) {
            write_kind(out, kind, here);
        }
    }
    out_close(out, ']');
}

/* Of a family the first kind has its turn. */
static bool is_first_of_family(uint32_t kind)
{
    const char *family = kind_family(kind);

    for (uint32_t before = 1; before < kind; before++) {
        const char *its = kind_family(before);

        if (family != NULL && its != NULL && strcmp(its, family) == 0) {
            return false;
        }
    }
    return family != NULL;
}

void write_families(struct json_out *out)
{
    out_open(out, "families", '[');
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (is_first_of_family(kind)) {
            write_one(out, "family", "family", kind_family(kind));
        }
    }
    out_close(out, ']');
}

/* --- fields --- */

static const char *type_name(enum field_type type)
{
    static const char *const names[] = {
        [TYPE_ID] = "id",         [TYPE_DIVISION] = "division", [TYPE_CODE] = "code",
        [TYPE_TEXT] = "text",     [TYPE_DATE] = "date",         [TYPE_FLAG] = "flag",
        [TYPE_WORD] = "word",     [TYPE_YEAR] = "year",         [TYPE_NUMBER] = "number",
        [TYPE_AMOUNT] = "amount", [TYPE_HASH] = "hash",
    };

    return names[type];
}

static void write_field(struct json_out *out, enum field field)
{
    const struct field_info *info = field_info(field);

    out_open(out, NULL, '{');
    out_count(out, "number", (uint64_t)field);
    out_titled(out, "field", "field", info->name);
    out_text(out, "type", type_name(info->type));
    if (info->bytes_max > 0) {
        out_count(out, "bytes_max", info->bytes_max);
    }
    out_open(out, "form", '{');
    for (int language = 0; language < LANGUAGES; language++) {
        out_text(out, text_language_tag((enum language)language),
                 field_form((enum language)language, field));
    }
    out_close(out, '}');
    out_text_or_null(out, "code_set", catalogue_of_field(field));
    out_bool(out, "written_by_nodes", field_is_nodes(field));
    out_close(out, '}');
}

void write_fields(struct json_out *out)
{
    out_open(out, "fields", '[');
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL) {
            write_field(out, field);
        }
    }
    out_close(out, ']');
}

/* --- the other tables --- */

void write_groups(struct json_out *out)
{
    out_open(out, "groups", '[');
    for (enum field_group group = 0; group < FIELD_GROUPS; group++) {
        write_one(out, "group", "group", field_group_name(group));
    }
    out_close(out, ']');
}

void write_code_sets(struct json_out *out)
{
    out_open(out, "code_sets", '[');
    for (const char *const *set = kind_words(KIND_ELEMENT, FIELD_ELE_CATALOG_CODE); *set != NULL;
         set++) {
        write_one(out, "set", "set", *set);
    }
    out_close(out, ']');
}

void write_states(struct json_out *out)
{
    out_open(out, "states", '[');
    for (enum doc_state state = 1; state < DOC_STATES; state++) {
        write_one(out, "state", "state", doc_state_name(state));
    }
    out_close(out, ']');
}

/* A reason that ends in what it is about ("missing_amount") says so. */
void write_reasons(struct json_out *out)
{
    out_open(out, "reasons", '[');
    for (enum reason reason = 1; reason < REASONS; reason++) {
        char code[CODE_BYTES_MAX];

        out_open(out, NULL, '{');
        (void)snprintf(code, sizeof code, "reason.%s", reason_name(reason));
        out_text(out, "name", reason_name(reason));
        out_words(out, "words", code);
        out_bool(out, "names_what", reason_names_what(reason));
        out_close(out, '}');
    }
    out_close(out, ']');
}

void write_roles(struct json_out *out)
{
    out_open(out, "roles", '[');
    for (uint32_t role = 1; role <= ROLE_LAST; role <<= 1) {
        write_one(out, "role", "word", role_name(role));
    }
    out_close(out, ']');
}

void write_accounts(struct json_out *out)
{
    out_open(out, "accounts", '[');
    for (enum account account = 1; account < ACCOUNTS; account++) {
        const struct account_info *info = account_info(account);

        out_open(out, NULL, '{');
        out_text(out, "name", info->mnemonic);
        out_text(out, "code", info->code);
        out_open(out, "words", '{');
        for (int language = 0; language < LANGUAGES; language++) {
            out_text(out, text_language_tag((enum language)language), info->name[language]);
        }
        out_close(out, '}');
        out_help(out, "account", info->mnemonic);
        out_text(out, "normal",
                 info->normal > 0   ? "debit"
                 : info->normal < 0 ? "credit"
                                    : "clearing");
        out_close(out, '}');
    }
    out_close(out, ']');
}

/* What each alarm means, and what to do. */
void write_alarm_codes(struct json_out *out)
{
    out_open(out, "alarms", '[');
    for (int code = 1; code < ALARM_CODES; code++) {
        const struct alarm_info *info = alarm_info((enum alarm_code)code);
        char text[CODE_BYTES_MAX];

        out_open(out, NULL, '{');
        out_text(out, "name", info->name);
        out_text(out, "severity", alarm_severity_name(info->severity));
        (void)snprintf(text, sizeof text, "alarm.%s", info->name);
        out_words(out, "words", text);
        (void)snprintf(text, sizeof text, "alarm.%s.cure", info->name);
        out_words(out, "cure", text);
        out_close(out, '}');
    }
    out_close(out, ']');
}

void write_errors(struct json_out *out)
{
    out_open(out, "errors", '[');
    for (enum api_error error = 0; error < API_ERRORS; error++) {
        const struct api_message *info = api_message(error);
        char text[CODE_BYTES_MAX];

        out_open(out, NULL, '{');
        out_text(out, "name", info->code);
        out_count(out, "status", (uint64_t)info->http);
        (void)snprintf(text, sizeof text, "error.%s", info->code);
        out_words(out, "words", text);
        out_close(out, '}');
    }
    out_close(out, ']');
}
