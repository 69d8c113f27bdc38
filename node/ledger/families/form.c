/* Is a document well formed: known kind, known fields, nothing missing, every value possible? */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/ledger/schema/kinds.h"
#include "node/ledger/schema/typed.h"
#include "node/text/nearest.h"
#include "node/text/text.h"

/* The fields of a kind in the order in which their faults are reported. */
struct field_order {
    enum field at[2 + 16 + 24 + 16 + 32 + 2];
    size_t count;
    uint64_t has[FIELDS / 64];
};

static void order_add(struct field_order *order, enum field field)
{
    uint64_t *word = &order->has[field / 64];
    const uint64_t bit = UINT64_C(1) << field % 64;

    if ((*word & bit) == 0) {
        *word |= bit;
        assert(order->count < COUNT_OF(order->at));
        order->at[order->count++] = field;
    }
}

static void order_add_list(struct field_order *order, const enum field *list)
{
    for (; *list != 0; list++) {
        order_add(order, *list);
    }
}

static void order_fill(struct field_order *order, const struct kind_info *info)
{
    order->count = 0;
    memset(order->has, 0, sizeof order->has);
    order_add(order, FIELD_ID);
    order_add(order, FIELD_FISCAL_YEAR);
    order_add_list(order, info->required);
    order_add_list(order, info->optional);
    if (info->takes_elements) {
        order_add_list(order, kind_elements());
    }
    order_add_list(order, info->completed);
    order_add(order, FIELD_MEMO);
    order_add(order, FIELD_MOF_DIV_CODE);
}

/* Of a difference that takes back, the node writes out what it goes back to. */
static bool is_taken_from_early(const struct document *document, enum field field)
{
    return field == FIELD_ORI_BGT_ID && document_is_difference(document) &&
           document_has(document, FIELD_AMOUNT);
}

/* What says the difference to an early transfer is formal itself. */
static bool is_early_twice(const struct document *document, enum field field)
{
    return field == FIELD_STAGE && document->kind == KIND_TRANSFER &&
           document_has(document, FIELD_EARLY_BGT_ID) &&
           document_is_word(document, FIELD_STAGE, "early");
}

/* An estimate is named by the reply to it, and by no other stage of a budget. */
static bool is_of_reply(const struct document *document, enum field field)
{
    return field == FIELD_ESTIMATE_ID && document->kind == KIND_BUDGET &&
           document_has(document, FIELD_STAGE) && !document_is_word(document, FIELD_STAGE, "reply");
}

static enum reason check_known(const struct document *document, const struct kind_info *info,
                               bool client, struct refusal *refusal)
{
    for (unsigned word = 0; word < COUNT_OF(document->present); word++) {
        uint64_t left = document->present[word];

        while (left != 0) {
            const enum field field = (enum field)(word * 64 + (unsigned)__builtin_ctzll(left));

            left &= left - 1;
            if (!kind_takes(info, field, client) ||
                (client && is_taken_from_early(document, field)) || is_of_reply(document, field)) {
                return refuse_field(refusal, REASON_UNKNOWN_FIELD, field);
            }
        }
    }
    if (document->line_count > 0 && info->lines.required[0] == 0) {
        return refuse(refusal, REASON_UNKNOWN_FIELD, "lines");
    }
    return REASON_NONE;
}

/* What it is about is said once. */
static enum reason check_subject(const struct document *document, const struct kind_info *info,
                                 struct refusal *refusal)
{
    const enum field subjects[] = {info->about_line, FIELD_FUND_TYPE_CODE};

    for (size_t i = 0; info->about_line != 0 && i < COUNT_OF(subjects); i++) {
        if (document_has(document, subjects[i]) && !document_inherited(document, subjects[i]) &&
            document_subject(document) != subjects[i]) {
            return refuse_field(refusal, REASON_UNKNOWN_FIELD, subjects[i]);
        }
    }
    return REASON_NONE;
}

static enum reason check_missing(const struct document *document, const struct kind_info *info,
                                 const struct field_order *order, bool first,
                                 struct refusal *refusal)
{
    for (size_t i = 0; i < order->count; i++) {
        const enum field field = order->at[i];

        if (!document_has(document, field) && kind_needs(info, document, field, first)) {
            return refuse_field(refusal, REASON_MISSING, field);
        }
    }
    return REASON_NONE;
}

static bool word_known(const char *const *words, struct bytes word)
{
    for (; *words != NULL; words++) {
        if (bytes_equal(word, bytes_text(*words))) {
            return true;
        }
    }
    return false;
}

/* For a person: "late": one of early formal. The word may have been typed as it is called in
 * Chinese. */
static void detail_words(struct refusal *refusal, const char *const *words, struct bytes typed)
{
    char all[sizeof refusal->detail / 2] = "", advice[DID_YOU_MEAN_BYTES_MAX] = "";
    struct nearest nearest;

    nearest_begin(&nearest, typed);
    for (size_t i = 0; words[i] != NULL; i++) {
        nearest_offer(&nearest, bytes_text(words[i]));
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (bytes_equal(typed, bytes_text(text_word(LANGUAGE_ZH, "word", words[i])))) {
            nearest_take(&nearest, words[i]);
        }
    }

    for (size_t used = 0; *words != NULL && used + strlen(*words) + 2 < sizeof all; words++) {
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? " " : "", *words);
    }
    message_format(refusal->detail, sizeof refusal->detail, "one_of words=%s value=%s why=%s", all,
                   nearest.typed, nearest_advice(advice, &nearest));
}

static bool number_good(const struct document *document, enum field field)
{
    const int64_t number = document_number(document, field);

    if (field == FIELD_MONTH) { /* December closes with the year */
        return number >= 1 && number <= (document->kind == KIND_CLOSE_YEAR ? 11 : 12);
    }
    return field_number_valid(field, number) &&
           (field_info(field)->type != TYPE_AMOUNT ||
            (number <= AMOUNT_FEN_MAX && number >= -AMOUNT_FEN_MAX &&
             sign_allows(field == FIELD_AMOUNT ? document_sign(document) : SIGN_POSITIVE, number)));
}

/* Which amounts a document may say depends on its kind and on what it names: an amount of the wrong
 * sign is told which. */
static enum reason bad_number(const struct document *document, enum field field,
                              struct refusal *refusal)
{
    static const char *const signs[] = {[SIGN_POSITIVE] = "amount_above_0",
                                        [SIGN_ZERO] = "amount_from_0",
                                        [SIGN_SIGNED] = "amount_but_0",
                                        [SIGN_ANY] = NULL};
    const int64_t number = document_number(document, field);
    const char *sign = signs[field == FIELD_AMOUNT ? document_sign(document) : SIGN_POSITIVE];
    char amount[AMOUNT_TEXT_MAX];

    (void)refuse_field(refusal, REASON_BAD, field);
    if (field_info(field)->type == TYPE_AMOUNT && sign != NULL && number <= AMOUNT_FEN_MAX &&
        number >= -AMOUNT_FEN_MAX) {
        amount_format(amount, number);
        message_format(refusal->detail, sizeof refusal->detail, "%s value=%s", sign, amount);
    }
    return REASON_BAD;
}

static enum reason check_text(const struct document *document, enum field field, bool client,
                              struct refusal *refusal)
{
    const struct bytes text = document_text(document, field);
    const char *const *words = kind_words(document->kind, field);
    const enum field_type type = field_info(field)->type;

    if (!field_text_valid(field, text) ||
        (type == TYPE_WORD && words != NULL && !word_known(words, text))) {
        (void)refuse_field(refusal, REASON_BAD, field);
        if (type == TYPE_WORD && words != NULL) {
            detail_words(refusal, words, text);
        }
        return REASON_BAD;
    }
    if (client && (type == TYPE_ID || type == TYPE_CODE) && typed_is_scientific(text)) {
        return refuse_field(refusal, REASON_BAD, field);
    }
    /* Ids with a dot in front are the nodes' own, so that nobody can take one beforehand. */
    if (field == FIELD_ID && client && text.data[0] == '.') {
        return refuse_field(refusal, REASON_BAD, field);
    }
    return REASON_NONE;
}

static enum reason check_period(const struct document *document, struct refusal *refusal)
{
    const struct bytes start = document_text(document, FIELD_START_DATE),
                       end = document_text(document, FIELD_END_DATE);

    if (start.size == 0 || end.size == 0 || bytes_compare(start, end) <= 0) {
        return REASON_NONE;
    }
    (void)refuse_field(refusal, REASON_BAD, FIELD_END_DATE);
    message_format(refusal->detail, sizeof refusal->detail, "after_end start=%.*s end=%.*s",
                   (int)start.size, (const char *)start.data, (int)end.size,
                   (const char *)end.data);
    return REASON_BAD;
}

static enum reason check_value(const struct document *document, enum field field, bool client,
                               struct refusal *refusal)
{
    if (!document_has(document, field)) {
        return REASON_NONE;
    }
    if (field_is_number(field)) {
        return number_good(document, field) ? REASON_NONE : bad_number(document, field, refusal);
    }
    if (is_early_twice(document, field)) {
        (void)refuse_field(refusal, REASON_BAD, field);
        message_format(refusal->detail, sizeof refusal->detail, "early_twice");
        return REASON_BAD;
    }
    if (check_text(document, field, client, refusal) != REASON_NONE ||
        (field == FIELD_END_DATE && check_period(document, refusal) != REASON_NONE)) {
        return REASON_BAD;
    }
    return REASON_NONE;
}

static enum reason check_values(const struct document *document, const struct field_order *order,
                                bool client, struct refusal *refusal)
{
    enum reason reason = REASON_NONE;

    for (size_t i = 0; i < order->count && reason == REASON_NONE; i++) {
        reason = check_value(document, order->at[i], client, refusal);
    }
    return reason;
}

/* What else a person has to mend in the same row: one look at it is enough. */
static void add_others(const struct document *document, const struct kind_info *info,
                       const struct field_order *order, bool client, bool first,
                       struct refusal *refusal)
{
    size_t count = 0;

    for (size_t i = 0; i < order->count && count < REFUSAL_ALSO_MAX; i++) {
        const enum field field = order->at[i];
        const bool is_missing =
            !document_has(document, field) && kind_needs(info, document, field, first);
        struct refusal other;

        if (strcmp(field_info(field)->name, refusal->what) != 0 &&
            (is_missing || check_value(document, field, client, &other) != REASON_NONE)) {
            refusal->also[count++] =
                (uint16_t)((unsigned)field | (is_missing ? REFUSAL_IS_MISSING : 0u));
        }
    }
}

/* --- lines --- */

static bool line_takes(const struct line_form *form, enum line_field field)
{
    bool takes = field == LINE_NO;

    for (size_t i = 0; i < COUNT_OF(form->required); i++) {
        takes = takes || form->required[i] == field;
    }
    for (size_t i = 0; i < COUNT_OF(form->optional); i++) {
        takes = takes || form->optional[i] == field;
    }
    return takes;
}

/* The first field that a line has and may not, or has not and must; LINE_FIELDS when it is good. */
static enum line_field line_fault(const struct line_form *form, const struct document_line *line)
{
    for (uint32_t left = line->present; left != 0; left &= left - 1) {
        const enum line_field field = (enum line_field)__builtin_ctz(left);
        const int64_t number = line_number(line, field);

        if (!line_takes(form, field) ||
            (field == LINE_AMOUNT && (number > AMOUNT_FEN_MAX || number < -AMOUNT_FEN_MAX))) {
            return field;
        }
    }
    for (const enum line_field *field = form->required; *field != 0; field++) {
        if (!line_has(line, *field)) {
            return *field;
        }
    }
    return LINE_FIELDS;
}

enum reason document_check_lines(const struct document *document, const struct line_form *form,
                                 struct refusal *refusal)
{
    struct reader reader = reader_of(document->lines);
    struct document_line line;

    if (form->required[0] == 0) {
        return REASON_NONE; /* there are none: check_known */
    }
    if (document->line_count == 0) {
        return refuse(refusal, REASON_MISSING, "lines");
    }
    while (line_next(&reader, &line)) {
        const enum line_field fault = line_fault(form, &line);

        if (fault != LINE_FIELDS) {
            (void)refuse(refusal, REASON_BAD, "lines");
            message_format(refusal->detail, sizeof refusal->detail,
                           "at_line number=%" PRId64 " field=%s", line_number(&line, LINE_NO),
                           line_field_info(fault)->name);
            return REASON_BAD;
        }
    }
    return REASON_NONE;
}

enum reason document_check_form(const struct document *document, struct division self, bool client,
                                bool first, struct refusal *refusal)
{
    const struct kind_info *info = kind_info(document->kind);
    struct field_order order;
    struct division owner;
    enum reason reason;

    if (info == NULL) {
        return refuse(refusal, REASON_UNKNOWN_KIND, "");
    }
    if (client && info->node_only) {
        return refuse(refusal, REASON_NODE_ONLY, "");
    }
    order_fill(&order, info);
    reason = check_known(document, info, client, refusal);
    if (reason == REASON_NONE) {
        reason = check_subject(document, info, refusal);
    }
    if (reason == REASON_NONE) {
        reason = check_missing(document, info, &order, first, refusal);
    }
    if (reason == REASON_NONE) {
        reason = check_values(document, &order, client, refusal);
    }
    if (reason == REASON_MISSING || reason == REASON_BAD) {
        add_others(document, info, &order, client, first, refusal);
    }
    if (reason == REASON_NONE) {
        reason = document_check_lines(document, &info->lines, refusal);
    }
    if (reason != REASON_NONE) {
        return reason;
    }
    if (document_has(document, FIELD_MOF_DIV_CODE)) {
        (void)division_parse(&owner, document_text(document, FIELD_MOF_DIV_CODE));
        if (!division_equal(owner, self)) {
            return refuse(refusal, REASON_NOT_YOURS, "");
        }
    }
    refusal->reason = REASON_NONE;
    return REASON_NONE;
}
