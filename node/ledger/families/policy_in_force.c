#include "node/ledger/families/policy_in_force.h"

#include <assert.h>

#include "node/ledger/families/scope.h"
#include "node/ledger/rows/policy_rows.h"
#include "node/ledger/schema/clocks.h"

enum { FIGURE_MAX = 99, CODE_BYTES_MAX = 41 };

#define REQUIRED "required."
enum { REQUIRED_BYTES = sizeof REQUIRED - 1 };

/* --- codes and values --- */

struct policy_rule {
    const char *code; /* of `required`: what it begins with */
    enum { SORT_FIELDS, SORT_NUMBERS, SORT_SWITCH } sort;
    size_t count;     /* of figures */
    int64_t usual[2]; /* while nobody says anything */
};

/* Of numbers the smaller is stricter, of a switch `on`, of fields more of them. */
static const struct policy_rule rules[] = {
    {REQUIRED, SORT_FIELDS, 0, {0, 0}},
    {"years", SORT_NUMBERS, 2, {20, 1}},
    {"carry_max", SORT_NUMBERS, 1, {2, 0}},
    {"project_total", SORT_SWITCH, 1, {1, 0}},
};

static const struct {
    const char *code;
    size_t at;
} figures[POLICY_FIGURES] = {
    [POLICY_YEARS_BACK] = {"years", 0},
    [POLICY_YEARS_AHEAD] = {"years", 1},
    [POLICY_PROJECT_TOTAL] = {"project_total", 0},
    [POLICY_CARRY_MAX] = {"carry_max", 0},
};

/* A kind that persons write, and that has elements itself or works on a line that has. */
static bool has_elements(uint32_t kind)
{
    const struct kind_info *info = kind_info(kind);

    return info != NULL && !info->node_only &&
           (info->takes_elements || info->about == ABOUT_LINE || info->about == ABOUT_PAYMENT);
}

const struct policy_rule *policy_rule_of(struct bytes code)
{
    if (code.size > REQUIRED_BYTES && memcmp(code.data, REQUIRED, REQUIRED_BYTES) == 0) {
        return has_elements(
                   kind_named(bytes_of(code.data + REQUIRED_BYTES, code.size - REQUIRED_BYTES)))
                   ? &rules[0]
                   : NULL;
    }
    for (size_t i = 1; i < COUNT_OF(rules); i++) {
        if (bytes_equal(code, bytes_text(rules[i].code))) {
            return &rules[i];
        }
    }
    return NULL;
}

static bool read_number(struct bytes text, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > FIGURE_MAX) {
            return false;
        }
        *out = 10 * *out + (text.data[i] - '0');
    }
    return text.size > 0 && *out <= FIGURE_MAX;
}

static bool is_element(enum field field)
{
    for (const enum field *element = kind_elements(); *element != 0; element++) {
        if (*element == field) {
            return true;
        }
    }
    return false;
}

static void add_field(struct field_set *set, enum field field)
{
    set->has[field / 64] |= UINT64_C(1) << field % 64;
}

static bool has_field(const struct field_set *set, enum field field)
{
    return (set->has[field / 64] >> field % 64 & 1) != 0;
}

static bool read_fields(struct bytes text, struct field_set *out)
{
    if (bytes_equal(text, bytes_text("-"))) {
        return true; /* none */
    }
    if (text.size == 0 || text.data[text.size - 1] == ',') {
        return false;
    }
    while (text.size > 0) {
        const enum field field = field_named(scope_next(&text));

        if (field == FIELDS || !is_element(field)) {
            return false;
        }
        add_field(out, field);
    }
    return true;
}

bool policy_value_read(const struct policy_rule *rule, struct bytes text, struct policy_value *out)
{
    const bool is_on = bytes_equal(text, bytes_text("on"));

    memset(out, 0, sizeof *out);
    switch (rule->sort) {
    case SORT_FIELDS:
        return read_fields(text, &out->fields);
    case SORT_SWITCH:
        out->figures[0] = is_on;
        return is_on || bytes_equal(text, bytes_text("off"));
    default:
        for (size_t i = 0; i < rule->count; i++) {
            if (text.size == 0 || !read_number(scope_next(&text), &out->figures[i])) {
                return false;
            }
        }
        return text.data == NULL; /* nothing behind the last, no comma either */
    }
}

struct policy_value policy_stricter(const struct policy_rule *rule, const struct policy_value *a,
                                    const struct policy_value *b)
{
    struct policy_value out = *a;

    for (size_t i = 0; i < COUNT_OF(out.fields.has); i++) {
        out.fields.has[i] |= b->fields.has[i];
    }
    for (size_t i = 0; i < rule->count; i++) {
        const bool take =
            (b->figures[i] < a->figures[i]) == (rule->sort == SORT_NUMBERS); /* or equal */

        out.figures[i] = take ? b->figures[i] : a->figures[i];
    }
    return out;
}

/* --- who says what --- */

bool policy_said_above(const struct ledger *ledger, struct txn *txn, struct bytes code,
                       bool with_own, struct policy_value *out)
{
    const struct policy_rule *rule = NULL; /* most codes nobody says anything of */
    const struct division self = ledger->config.self;
    bool found = false;

    for (const struct member *member = roster_find(ledger->config.roster, self); member != NULL;
         member = member->parent) {
        const struct division author = member->grant.division;
        struct policy_said said[POLICY_SCOPES_MAX];
        const size_t count =
            with_own || !division_equal(author, self) ? policy_said(txn, author, code, said) : 0;

        if (count > 0 && rule == NULL) {
            rule = policy_rule_of(code);
        }
        for (size_t i = 0; i < count; i++) {
            struct policy_value value;

            if (scope_covers(ledger->config.roster, author, said[i].scope, self) &&
                policy_value_read(rule, said[i].value, &value)) {
                *out = found ? policy_stricter(rule, out, &value) : value;
                found = true;
            }
        }
    }
    return found;
}

int64_t policy_number(const struct ledger *ledger, struct txn *txn, enum policy_figure figure)
{
    const struct bytes code = bytes_text(figures[figure].code);
    struct policy_value value;

    return policy_said_above(ledger, txn, code, true, &value)
               ? value.figures[figures[figure].at]
               : policy_rule_of(code)->usual[figures[figure].at];
}

/* The elements that a document of this kind must have, or the line that it is about. */
static struct field_set required_of(const struct ledger *ledger, struct txn *txn, uint32_t kind)
{
    uint8_t code[CODE_BYTES_MAX] = REQUIRED;
    struct policy_value value = {.fields = {{0}}};

    if (has_elements(kind)) {
        const struct bytes name = bytes_text(kind_info(kind)->name);

        assert(REQUIRED_BYTES + name.size <= sizeof code);
        memcpy(code + REQUIRED_BYTES, name.data, name.size);
        (void)policy_said_above(ledger, txn, bytes_of(code, REQUIRED_BYTES + name.size), true,
                                &value);
    }
    return value.fields;
}

/* --- bad_fiscal_year --- */

enum reason policy_check_year(struct facts *facts)
{
    const uint64_t now_ms = ledger_now(facts->ledger);
    const int year = document_year(facts->document), now = clock_month(now_ms).year;
    int64_t first, last;

    if (facts->info->any_year || facts->info->node_only || now_ms == 0 || year == now) {
        return REASON_NONE; /* most are of this year, which every policy allows */
    }
    first = now - policy_number(facts->ledger, facts->txn, POLICY_YEARS_BACK);
    last = now + policy_number(facts->ledger, facts->txn, POLICY_YEARS_AHEAD);
    if (year >= first && year <= last) {
        return REASON_NONE;
    }
    (void)refuse_field(facts->refusal, REASON_BAD, FIELD_FISCAL_YEAR);
    message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                   "years_allowed first=%d last=%d", (int)first, (int)last);
    return REASON_BAD;
}

/* --- missing_<field> --- */

/* The elements of the line that the document works on, or whose payment it is about. False when it
 * names none: something else is wrong with it. */
static bool load_elements(struct facts *facts, struct document *out)
{
    struct bytes line = document_about(facts->document);
    struct doc_row payment;
    struct indicator row;

    if (facts->info->about == ABOUT_PAYMENT &&
        document_has(facts->document, facts->info->about_id)) {
        if (!doc_load(facts->txn, facts->ledger->config.self, line, &payment)) {
            return false;
        }
        line = short_text_bytes(&payment.about);
    }
    if (!indicator_load_terms(facts->txn, facts->ledger->config.self, line, &row)) {
        return false;
    }
    indicator_elements(&row, out);
    return true;
}

/* A ceiling has no elements to say (8.1); and a refund of a payment or a line those of that line.
 */
static bool says_elements(const struct facts *facts)
{
    return facts->info->takes_elements &&
           !document_is_word(facts->document, FIELD_STAGE, "ceiling") &&
           (facts->info->about_line == 0 || document_about(facts->document).size == 0);
}

/* Where the document cannot say it itself, what it is about would have to. */
static enum reason refuse_required(struct facts *facts, enum field field)
{
    const char *kind = facts->info->name;

    (void)refuse_field(facts->refusal, REASON_MISSING, field);
    if (kind_takes(facts->info, field, true) &&
        (says_elements(facts) || !facts->info->takes_elements)) {
        message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                       "policy_requires kind=%s", kind);
    } else {
        message_format(facts->refusal->detail, sizeof facts->refusal->detail,
                       "policy_requires_elsewhere kind=%s field=%s", kind, field_info(field)->name);
    }
    return REASON_MISSING;
}

enum reason policy_check_required(struct facts *facts)
{
    const struct field_set required = required_of(facts->ledger, facts->txn, facts->document->kind);
    const struct document *from = facts->document;
    struct document elements;

    if ((required.has[0] | required.has[1] | required.has[2]) == 0) {
        return REASON_NONE;
    }
    if (!says_elements(facts)) {
        if (!load_elements(facts, &elements)) {
            return REASON_NONE;
        }
        from = &elements;
    }
    for (const enum field *field = kind_elements(); *field != 0; field++) {
        if (has_field(&required, *field) && !document_has(from, *field) &&
            !document_has(facts->document, *field)) {
            return refuse_required(facts, *field);
        }
    }
    return REASON_NONE;
}
