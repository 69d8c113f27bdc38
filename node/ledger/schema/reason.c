#include "node/ledger/schema/reason.h"

#include <assert.h>
#include <stdio.h>

#include "node/ledger/schema/kinds.h"

/* A code that ends in '_' is followed by what the refusal is about. */
static const char *const codes[REASONS] = {
    [REASON_NONE] = "",
    [REASON_MALFORMED] = "malformed",
    [REASON_UNKNOWN_KIND] = "unknown_kind",
    [REASON_NODE_ONLY] = "node_only",
    [REASON_UNKNOWN_FIELD] = "unknown_field_",
    [REASON_MISSING] = "missing_",
    [REASON_BAD] = "bad_",
    [REASON_NOT_YOURS] = "not_yours",
    [REASON_EXISTS] = "exists",
    [REASON_EXISTS_DIFFERENT] = "exists_with_different_",
    [REASON_CLOSED_YEAR] = "closed_year",
    [REASON_YEAR_NOT_OPEN] = "year_not_open",
    [REASON_AMBIGUOUS_ISSUER] = "ambiguous_issuer",
    [REASON_UNKNOWN] = "unknown_",
    [REASON_UNMAPPED] = "unmapped_",
    [REASON_YEAR_DIFFERS] = "year_differs",
    [REASON_NOT_BELOW_YOU] = "not_below_you",
    [REASON_NOT_ABOVE_YOU] = "not_above_you",
    [REASON_NOT_FOR_YOU] = "not_for_you",
    [REASON_UPPER_HAS_NODE] = "upper_has_node",
    [REASON_LOWER_HAS_NODE] = "lower_has_node",
    [REASON_WEAKER_POLICY] = "weaker_policy",
    [REASON_RECEIPT_ALREADY_BOOKED] = "receipt_already_booked",
    [REASON_CARRIED_TOO_LONG] = "carried_too_long",
    [REASON_WRONG_STATE] = "wrong_state",
    [REASON_OPEN_ITEMS] = "open_items",
    [REASON_FUND_TYPE_DIFFERS] = "fund_type_differs",
    [REASON_EARMARK_DIFFERS] = "earmark_differs",
    [REASON_DIRECT_DIFFERS] = "direct_differs",
    [REASON_ECO_DIFFERS] = "eco_differs",
    [REASON_ADVANCE_ONLY] = "advance_only",
    [REASON_EXCEEDS] = "exceeds_",
    [REASON_BLOCKED_BY_RULE] = "blocked_by_rule_",
    [REASON_DISK_FULL] = "disk_full",
    [REASON_NEEDS_MAKER] = "needs_maker",
    [REASON_SAME_PERSON] = "same_person",
    [REASON_NOT_ALL] = "not_all",
    [REASON_NOT_PENDING] = "not_pending",
    [REASON_ANOTHERS] = "draft_of_another",
    [REASON_CHANGED] = "changed",
    [REASON_SIGNER_ENDED] = "signer_ended",
    [REASON_SIGNATURE_OUTDATED] = "signature_outdated",
    [REASON_ISSUER_UNAPPROVED] = "issuer_unapproved",
    [REASON_ISSUER_UNCONFIRMED] = "issuer_unconfirmed",
    [REASON_DRAFTS_FULL] = "drafts_full",
    [REASON_NOT_FOR_ROLE] = "not_for_role",
    [REASON_REVOKED] = "revoked",
    [REASON_OBJECTED] = "objected",
    [REASON_SUPERSEDED] = "superseded",
};

/* A value of each type has its advice, advice.bad_TYPE. */
static const char *const types[] = {
    [TYPE_ID] = "bad_id",         [TYPE_DIVISION] = "bad_division", [TYPE_CODE] = "bad_code",
    [TYPE_TEXT] = "bad_text",     [TYPE_DATE] = "bad_date",         [TYPE_FLAG] = "bad_flag",
    [TYPE_WORD] = "bad_word",     [TYPE_YEAR] = "bad_year",         [TYPE_NUMBER] = "bad_number",
    [TYPE_AMOUNT] = "bad_amount", [TYPE_HASH] = "bad_hash",
};

/* Fields that want more than their type tells. */
static const struct {
    enum field field;
    const char *form;
} formed[] = {
    {FIELD_FISCAL_YEAR, "bad_fiscal_year"},   {FIELD_MONTH, "bad_month"},
    {FIELD_PAY_APP_DATE, "bad_pay_app_date"}, {FIELD_POLICY_CODE, "bad_policy_code"},
    {FIELD_POLICY_VALUE, "bad_policy_value"}, {FIELD_SCOPE, "bad_scope"},
};

/* Fields that what is unknown in them has its own advice for, advice.unknown_FIELD. */
static const enum field advised[] = {FIELD_BGT_ID,         FIELD_ORI_BGT_ID,   FIELD_EARLY_BGT_ID,
                                     FIELD_PAY_APP_ID,     FIELD_AGENCY_CODE,  FIELD_PRO_CODE,
                                     FIELD_AGENCY_ACCT_NO, FIELD_ORI_DIV_CODE, FIELD_REC_DIV_CODE,
                                     FIELD_ESTIMATE_ID,    FIELD_RECALL_ID};

bool reason_names_what(enum reason reason)
{
    const char *code = codes[reason];
    const size_t size = strlen(code);

    return size > 0 && code[size - 1] == '_';
}

static const char *code_of(const struct refusal *refusal)
{
    assert(refusal->reason < REASONS);
    return codes[refusal->reason];
}

void reason_code(char out[REASON_CODE_MAX], const struct refusal *refusal)
{
    (void)snprintf(out, REASON_CODE_MAX, "%s%s", code_of(refusal),
                   reason_names_what(refusal->reason) ? refusal->what : "");
}

/* --- by name --- */

const char *reason_name(enum reason reason)
{
    static const char *const names[REASONS] = {
        [REASON_UNKNOWN_FIELD] = "unknown_field",
        [REASON_MISSING] = "missing",
        [REASON_BAD] = "bad",
        [REASON_EXISTS_DIFFERENT] = "exists_with_different",
        [REASON_UNKNOWN] = "unknown",
        [REASON_UNMAPPED] = "unmapped",
        [REASON_EXCEEDS] = "exceeds",
        [REASON_BLOCKED_BY_RULE] = "blocked_by_rule",
    };

    assert(reason < REASONS);
    return names[reason] != NULL ? names[reason] : codes[reason];
}

/* The longest that fits: unknown_kind is a reason of its own, and not one about a field kind. */
bool reason_named(struct refusal *refusal, const char *code)
{
    size_t longest = 0;

    for (enum reason reason = 1; reason < REASONS; reason++) {
        const char *name = reason_name(reason);
        const size_t size = strlen(name);
        const bool whole = strcmp(code, name) == 0;
        const bool begins = reason_names_what(reason) &&
                            strncmp(code, codes[reason], size + 1) == 0 && code[size + 1] != '\0';

        if ((whole || begins) && size > longest) {
            longest = size;
            (void)refuse(refusal, reason, whole ? "" : code + size + 1);
            if (whole && reason_names_what(reason)) { /* for the sentence */
                (void)refuse(refusal, reason, reason == REASON_EXCEEDS ? "available" : "FIELD");
            }
        }
    }
    return longest > 0;
}

/* --- sentences --- */

static const char *form_of(enum field field)
{
    for (size_t i = 0; i < COUNT_OF(formed); i++) {
        if (formed[i].field == field) {
            return formed[i].form;
        }
    }
    return types[field == FIELDS ? TYPE_TEXT : field_info(field)->type];
}

const char *field_form(enum language language, enum field field)
{
    return text_word(language, "advice", form_of(field));
}

enum { ADVICE_BYTES_MAX = sizeof "unknown_" + sizeof((struct refusal *)NULL)->what };

static const char *advice_for(char out[ADVICE_BYTES_MAX], const struct refusal *refusal)
{
    const enum field field = field_named(bytes_text(refusal->what));

    if (refusal->reason == REASON_BAD) {
        return form_of(field);
    }
    for (size_t i = 0; i < COUNT_OF(advised); i++) {
        if (advised[i] == field) {
            (void)snprintf(out, ADVICE_BYTES_MAX, "unknown_%s", refusal->what);
            return out;
        }
    }
    return "unknown";
}

/* What else is wrong with the document, field by field. */
static void append_others(char sentence[TEXT_BYTES_MAX], const struct refusal *refusal,
                          enum language language)
{
    for (size_t i = 0; i < REFUSAL_ALSO_MAX && refusal->also[i] != 0; i++) {
        const bool is_missing = (refusal->also[i] & REFUSAL_IS_MISSING) != 0;
        const enum field field = (enum field)(refusal->also[i] & ~REFUSAL_IS_MISSING);
        size_t used = strlen(sentence);
        char words[TEXT_BYTES_MAX];

        if (used + 2 > TEXT_BYTES_MAX) {
            return;
        }
        sentence[used++] = ' ';
        (void)text_say(language, words,
                       is_missing ? "also_missing what=%s" : "also_bad what=%s advice=%s",
                       field_info(field)->name, types[field_info(field)->type]);
        text_cut(sentence + used, TEXT_BYTES_MAX - used, words);
    }
}

void reason_message(char out[REASON_MESSAGE_MAX], const struct refusal *refusal,
                    enum language language)
{
    const char *code = code_of(refusal);
    const int size = (int)strlen(code) - reason_names_what(refusal->reason);
    char sentence[TEXT_BYTES_MAX], detail[TEXT_BYTES_MAX], advice[ADVICE_BYTES_MAX];

    (void)text_say(language, sentence, "reason.%.*s what=%s advice=%s", size, code, refusal->what,
                   advice_for(advice, refusal));
    if (refusal->reason == REASON_NONE) {
        sentence[0] = '\0';
    }
    if (refusal->detail[0] != '\0') {
        const size_t used = strlen(sentence);
        size_t kept = strlen(text_in(language, detail, refusal->detail));

        while (kept > 0 && detail[kept - 1] == ' ') { /* between the advice and what may follow */
            detail[--kept] = '\0';
        }
        (void)snprintf(sentence + used, sizeof sentence - used, "%s%s%s",
                       text_word(language, "mark", "open"), detail,
                       text_word(language, "mark", "close"));
    }
    append_others(sentence, refusal, language);
    text_cut(out, REASON_MESSAGE_MAX, sentence);
}

/* --- making one --- */

/* `what` may be a name a stranger typed: it becomes part of a code, so no spaces and no control
 * characters, and not cut inside a character. */
static void take_what(char *out, size_t capacity, const char *what)
{
    size_t size = strlen(what);

    if (size >= capacity) {
        size = capacity - 1;
        while (size > 0 && ((unsigned char)what[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)what[i];
        out[i] = c <= ' ' || c == 0x7f || c == '"' || c == '\\' ? '_' : (char)c;
    }
    out[size] = '\0';
}

enum reason refuse(struct refusal *refusal, enum reason reason, const char *what)
{
    assert(reason < REASONS);
    refusal->reason = reason;
    refusal->detail[0] = '\0';
    memset(refusal->also, 0, sizeof refusal->also);
    take_what(refusal->what, sizeof refusal->what, what);
    return reason;
}

enum reason refuse_field(struct refusal *refusal, enum reason reason, enum field field)
{
    const char *name = field_info(field)->name;

    assert(name != NULL);
    return refuse(refusal, reason, name);
}
