/* explain - `terrace explain WORD`: what a kind, field, state, account, reason, alarm or error of
 * the API means, out of the schema and the tables of texts. No node is asked. A word may have
 * several meanings; all are told. */
#include <stdio.h>

#include "node/cli/explain_schema.h"
#include "node/cli/print.h"
#include "node/text/nearest.h"
#include "proto/alarm.h"

/* --- one word, all its meanings --- */

static void add_schema(json_t *meanings, enum language language, const char *typed)
{
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL && text_names("kind", kind_info(kind)->name, typed)) {
            (void)json_array_append_new(meanings, explain_kind(language, kind));
        }
    }
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL &&
            text_names("field", field_info(field)->name, typed)) {
            (void)json_array_append_new(meanings, explain_field(language, field));
        }
    }
    for (enum doc_state state = 1; state < DOC_STATES; state++) {
        if (text_names("word", doc_state_name(state), typed)) {
            (void)json_array_append_new(meanings, explain_state(language, state));
        }
    }
    for (enum account account = 1; account < ACCOUNTS; account++) {
        if (strcmp(typed, account_info(account)->mnemonic) == 0 ||
            strcmp(typed, account_info(account)->name[language]) == 0) {
            (void)json_array_append_new(meanings, explain_account(language, account));
        }
    }
}

/* What tables and answers say and is no state of an entry. */
static const char *const said_words[] = {
    "accepted", "admin", "auditor", "batch", "checker", "digest",  "draft",
    "held",     "live",  "lsn",     "maker", "paused",  "refused", "rejected",
};

static void add_word(json_t *meanings, enum language language, const char *typed)
{
    for (size_t i = 0; i < COUNT_OF(said_words); i++) {
        if (text_names("word", said_words[i], typed)) {
            (void)json_array_append_new(meanings,
                                        explain_meaning(language, "word", said_words[i],
                                                        text_term(language, said_words[i]), NULL));
        }
    }
}

/* Does some kind have this, for exceeds_<what>? */
static bool is_quantity(const char *what)
{
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL && kind_info(kind)->exceeds != NULL &&
            strcmp(kind_info(kind)->exceeds, what) == 0) {
            return true;
        }
    }
    return false;
}

/* A reason about a field that there is; a code that is misspelt behind its reason is none. */
static bool is_about_something(const struct refusal *refusal)
{
    switch (refusal->reason) {
    case REASON_EXCEEDS:
        return is_quantity(refusal->what);
    case REASON_MISSING:
    case REASON_BAD:
    case REASON_UNKNOWN:
    case REASON_EXISTS_DIFFERENT:
        return strcmp(refusal->what, "FIELD") == 0 || strcmp(refusal->what, "kind") == 0 ||
               strcmp(refusal->what, "lines") == 0 ||
               field_named(bytes_text(refusal->what)) != FIELDS;
    default:
        return true;
    }
}

/* "missing_amount" is a reason about a field; so is "missing" alone. */
static void add_reason(json_t *meanings, enum language language, const char *typed)
{
    char message[REASON_MESSAGE_MAX];
    struct refusal refusal;

    if (reason_named(&refusal, typed) && is_about_something(&refusal)) {
        reason_message(message, &refusal, language);
        (void)json_array_append_new(meanings,
                                    explain_meaning(language, "reason", typed, typed, message));
    }
}

static void add_alarm(json_t *meanings, enum language language, const char *typed)
{
    const enum alarm_code code = alarm_by_name(typed);
    char cure[96];
    json_t *meaning;

    if (code == ALARM_NONE) {
        return;
    }
    (void)snprintf(cure, sizeof cure, "%s.cure", typed);
    meaning = explain_meaning(language, "alarm", typed, typed, text_word(language, "alarm", typed));
    explain_fact(meaning, language, "severity",
                 json_string(text_word(language, "severity",
                                       alarm_severity_name(alarm_info(code)->severity))));
    explain_fact(meaning, language, "cure", json_string(text_word(language, "alarm", cure)));
    (void)json_array_append_new(meanings, meaning);
}

static void add_error(json_t *meanings, enum language language, const char *typed)
{
    char row[96];

    (void)snprintf(row, sizeof row, "error.%s", typed);
    if (text_knows(row)) {
        (void)json_array_append_new(
            meanings, explain_meaning(language, "error", typed, typed, text_row(language, row)));
    }
}

/* --- a word that has none --- */

/* "missing_amout": the same reason with each field; "exceeds_availabel", with each quantity. */
static void offer_codes(struct nearest *nearest, const char *typed)
{
    char code[REASON_CODE_MAX];
    struct refusal refusal;

    if (!reason_named(&refusal, typed) || !reason_names_what(refusal.reason)) {
        return;
    }
    for (enum field field = 1; field < FIELDS && refusal.reason != REASON_EXCEEDS; field++) {
        if (field_info(field)->name != NULL) {
            (void)refuse_field(&refusal, refusal.reason, field);
            reason_code(code, &refusal);
            nearest_offer(nearest, bytes_text(code));
        }
    }
    for (uint32_t kind = 1; kind < KINDS_END && refusal.reason == REASON_EXCEEDS; kind++) {
        if (kind_info(kind) != NULL && kind_info(kind)->exceeds != NULL) {
            (void)refuse(&refusal, REASON_EXCEEDS, kind_info(kind)->exceeds);
            reason_code(code, &refusal);
            nearest_offer(nearest, bytes_text(code));
        }
    }
}

static enum exit_code refuse_word(const struct cli *cli, const char *typed)
{
    char advice[DID_YOU_MEAN_BYTES_MAX];
    struct nearest nearest;

    nearest_begin(&nearest, bytes_text(typed));
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL) {
            nearest_offer(&nearest, bytes_text(kind_info(kind)->name));
        }
    }
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL) {
            nearest_offer(&nearest, bytes_text(field_info(field)->name));
        }
    }
    for (enum doc_state state = 1; state < DOC_STATES; state++) {
        nearest_offer(&nearest, bytes_text(doc_state_name(state)));
    }
    for (size_t i = 0; i < COUNT_OF(said_words); i++) {
        nearest_offer(&nearest, bytes_text(said_words[i]));
    }
    for (enum reason reason = 1; reason < REASONS; reason++) {
        nearest_offer(&nearest, bytes_text(reason_name(reason)));
    }
    for (int code = 1; code < ALARM_CODES; code++) {
        nearest_offer(&nearest, bytes_text(alarm_info((enum alarm_code)code)->name));
    }
    offer_codes(&nearest, typed);
    return cli_fail(cli, EXIT_REFUSED, "not_found", "explain_unknown word=%s why=%s", typed,
                    nearest_advice(advice, &nearest));
}

/* --- on a terminal --- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static void print_list(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *form = text_of(one, "form");

        (void)printf("        %s%s%s\n", text_of(one, "title"), form[0] != '\0' ? "  " : "", form);
    }
}

static void print_meaning(const json_t *meaning)
{
    const json_t *facts = json_object_get(meaning, "facts");
    const char *name = text_of(meaning, "name"), *title = text_of(meaning, "title");

    if (strncmp(title, name, strlen(name)) == 0) { /* "payment" and its Chinese in brackets */
        (void)printf("%s  [%s]\n", title, text_of(meaning, "sort_title"));
    } else {
        (void)printf("%s  %s  [%s]\n", name, title, text_of(meaning, "sort_title"));
    }
    if (text_of(meaning, "text")[0] != '\0') {
        (void)printf("    %s\n", text_of(meaning, "text"));
    }
    for (size_t i = 0; i < json_array_size(facts); i++) {
        const json_t *fact = json_array_get(facts, i), *value = json_object_get(fact, "value");

        if (json_is_array(value) && json_array_size(value) > 0) {
            (void)printf("    %s\n", text_of(fact, "label"));
            print_list(value);
        } else if (json_is_string(value)) {
            (void)printf("    %s  %s\n", text_of(fact, "label"), json_string_value(value));
        }
    }
}

enum exit_code run_explain(struct cli *cli)
{
    const char *typed = cli->argv[0];
    json_t *meanings = json_array();
    json_t *answer = json_pack("{ss so}", "word", typed, "meanings", meanings);
    enum exit_code exit_code = EXIT_DONE;

    if (answer == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "typed_not_utf8");
    }
    add_schema(meanings, cli->language, typed);
    add_word(meanings, cli->language, typed);
    add_reason(meanings, cli->language, typed);
    add_alarm(meanings, cli->language, typed);
    add_error(meanings, cli->language, typed);
    if (json_array_size(meanings) == 0) {
        exit_code = refuse_word(cli, typed);
    } else if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        for (size_t i = 0; i < json_array_size(meanings); i++) {
            (void)fputs(i > 0 ? "\n" : "", stdout);
            print_meaning(json_array_get(meanings, i));
        }
    }
    json_decref(answer);
    return exit_code;
}
