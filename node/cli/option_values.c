#include "node/cli/option_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/cli/encoding.h"
#include "node/ledger/schema/kinds.h"
#include "node/text/nearest.h"
#include "replicator/trust/reach.h"

static bool word_known(const char *const *words, const char *word)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static bool good_scope(const char *typed)
{
    static const char *const words[] = {"own", "subtree", NULL};

    return word_known(words, typed);
}

/* One, or two elements with a comma between them; which of them a command takes, the node says. */
static bool good_elements(const char *typed)
{
    static const char *const alone[] = {"account", "department", "direct", "month", NULL};
    static const char *const elements[] = {"project",  "function",     "fund", "agency",
                                           "economic", "gov_economic", NULL};
    const char *comma = strchr(typed, ',');
    char first[16];

    if (comma == NULL) {
        return word_known(alone, typed) || word_known(elements, typed);
    }
    (void)snprintf(first, sizeof first, "%.*s", (int)(comma - typed), typed);
    return word_known(elements, first) && word_known(elements, comma + 1) &&
           strcmp(first, comma + 1) != 0;
}

static bool good_format(const char *typed)
{
    static const char *const words[] = {"table", "json", "csv", "xlsx", NULL};

    return word_known(words, typed);
}

static bool good_language(const char *typed)
{
    static const char *const words[] = {"zh", "en", NULL};

    return word_known(words, typed);
}

static bool good_role(const char *typed)
{
    static const char *const words[] = {"maker", "checker", "auditor", "admin", NULL};

    for (; *typed != '\0'; typed += typed[0] == ',') { /* several with commas between them */
        char role[16];
        const size_t size = strcspn(typed, ",");

        (void)snprintf(role, sizeof role, "%.*s", (int)(size < sizeof role ? size : 0), typed);
        if (!word_known(words, role)) {
            return false;
        }
        typed += size;
    }
    return true;
}

static bool good_division(const char *typed)
{
    struct division division;

    return division_parse(&division, bytes_text(typed));
}

static bool good_year(const char *typed)
{
    return strcmp(typed, "all") == 0 ||
           (strlen(typed) == 4 && strspn(typed, "0123456789") == 4 && typed[0] != '0');
}

static bool good_month(const char *typed)
{
    const size_t size = strlen(typed);

    return (size == 1 && typed[0] >= '1' && typed[0] <= '9') ||
           (size == 2 && typed[0] == '1' && typed[1] >= '0' && typed[1] <= '2');
}

static bool good_limit(const char *typed)
{
    const size_t size = strlen(typed);

    return size > 0 && size <= 5 && strspn(typed, "0123456789") == size && typed[0] != '0' &&
           (size < 5 || strcmp(typed, "10000") <= 0);
}

static bool good_seconds(const char *typed)
{
    const size_t digits = strspn(typed, "0123456789");

    return digits >= 1 && digits <= 5 && typed[digits] == '\0' && typed[0] != '0';
}

const char *option_kind(const char *typed)
{
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        if (kind_info(kind) != NULL && text_names("kind", kind_info(kind)->name, typed)) {
            return kind_info(kind)->name;
        }
    }
    return NULL;
}

static bool good_kind(const char *typed)
{
    return option_kind(typed) != NULL;
}

/* What a path of the API can carry; the form of an id is narrower than that. */
static bool good_id(const char *typed)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const size_t size = strlen(typed);

    return size > 0 && size <= 38 && strspn(typed, plain) == size;
}

static bool good_number(const char *typed)
{
    const size_t digits = strspn(typed, "0123456789");

    return digits >= 1 && digits <= 19 && typed[digits] == '\0' && typed[0] != '0';
}

static bool good_patterns(const char *typed)
{
    struct grant_reach reach;

    return reach_parse(&reach, bytes_text(typed));
}

static bool good_days(const char *typed)
{
    const size_t size = strspn(typed, "0123456789");
    const long days =
        typed[0] == '\0' || size > 3 || typed[size] != '\0' ? 0 : strtol(typed, NULL, 10);

    return days >= 1 && days <= 366;
}

/* "90m", "8h", "2d", "now", "2026-12-01 08:00". */
static bool good_until(const char *typed)
{
    const size_t digits = strspn(typed, "0123456789");
    struct tm parts;
    const char *end;

    if (strcmp(typed, "now") == 0) {
        return true;
    }
    if (digits >= 1 && digits <= 4 && typed[0] != '0' && typed[digits] != '\0' &&
        strchr("mhd", typed[digits]) != NULL) {
        return typed[digits + 1] == '\0';
    }
    end = strptime(typed, "%Y-%m-%d %H:%M", &parts);
    return end != NULL && *end == '\0';
}

static bool good_day(const char *typed)
{
    static const struct field_info day = {"day", TYPE_DATE, 10};

    return value_text_valid(&day, bytes_text(typed));
}

/* A time of this machine; false for what is none. */
static bool local_time(const char *typed, struct tm *parts)
{
    const char *end;

    memset(parts, 0, sizeof *parts);
    parts->tm_isdst = -1;
    end = strptime(typed, "%Y-%m-%d %H:%M", parts);
    return end != NULL &&
           (*end == '\0' || ((end = strptime(end, ":%S", parts)) != NULL && *end == '\0'));
}

static bool utc_time(const char *typed)
{
    struct tm parts;
    const char *end = strptime(typed, "%Y-%m-%dT%H:%M:%SZ", &parts);

    return end != NULL && *end == '\0';
}

static bool good_at(const char *typed)
{
    struct tm parts;

    return good_number(typed) || good_day(typed) || utc_time(typed) || local_time(typed, &parts);
}

const char *option_at(char out[AT_BYTES_MAX], const char *typed)
{
    struct tm local, utc;
    time_t seconds;

    if (typed == NULL || !local_time(typed, &local)) {
        return typed;
    }
    seconds = mktime(&local);
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(out, AT_BYTES_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return out;
}

static bool good_hash(const char *typed)
{
    return strlen(typed) == 64 && strspn(typed, "0123456789abcdef") == 64;
}

/* A branch of a fork, or how many copies: which of them, the command says. */
static bool good_keep(const char *typed)
{
    return good_hash(typed) || good_limit(typed);
}

/* Eight groups of four digits, as they were heard. */
static bool good_fingerprint(const char *typed)
{
    size_t digits = 0;

    for (; *typed != '\0'; typed++) {
        if (*typed != ' ') {
            digits += strchr("0123456789ABCDEFabcdef", *typed) != NULL ? 1 : 33;
        }
    }
    return digits == 32;
}

static bool good_amount(const char *typed)
{
    int64_t fen;

    return amount_parse(&fen, bytes_text(typed));
}

static bool is_state(const char *typed, const char *name)
{
    return strcmp(typed, name) == 0 || strcmp(typed, text_word(LANGUAGE_ZH, "word", name)) == 0;
}

static const char *const *project_states(void)
{
    return kind_words(kind_named(bytes_text("project")), FIELD_STATE);
}

const char *option_state(const char *typed)
{
    const char *const *of_project = project_states();

    for (int state = 1; typed != NULL && state < DOC_STATES; state++) {
        if (is_state(typed, doc_state_name((enum doc_state)state))) {
            return doc_state_name((enum doc_state)state);
        }
    }
    for (; typed != NULL && *of_project != NULL; of_project++) {
        if (is_state(typed, *of_project)) {
            return *of_project;
        }
    }
    return NULL;
}

static bool good_state(const char *typed)
{
    return option_state(typed) != NULL;
}

static bool good_part(const char *typed)
{
    const size_t size = strlen(typed);

    return size > 0 && size <= 200;
}

static bool good_encoding(const char *typed)
{
    return encoding_named(typed) != ENCODING_UNDECIDED;
}

static bool good_any(const char *typed)
{
    (void)typed;
    return true;
}

/* What a value must look like, and the code of the sentence for one that does not. */
static const struct value_rule {
    bool (*good)(const char *typed);
    const char *code;
} value_rules[OPTIONS] = {
    [OPT_LANG] = {good_language, "known_languages"},
    [OPT_TIMEOUT] = {good_seconds, "seconds_form"},
    [OPT_DIVISION] = {good_division, "division_form"},
    [OPT_KIND] = {good_kind, "known_kinds"},
    [OPT_YEAR] = {good_year, "year_form"},
    [OPT_MONTH] = {good_month, "month_form"},
    [OPT_LIMIT] = {good_limit, "limit_form"},
    [OPT_SCOPE] = {good_scope, "known_scopes"},
    [OPT_BY] = {good_elements, "known_elements"},
    [OPT_FORMAT] = {good_format, "known_formats"},
    [OPT_STATE] = {good_state, "known_states"},
    [OPT_RECEIVER] = {good_division, "division_form"},
    [OPT_ISSUER] = {good_division, "division_form"},
    [OPT_AGENCY] = {good_part, "part_form"},
    [OPT_PROJECT] = {good_part, "part_form"},
    [OPT_DOC_NO] = {good_part, "part_form"},
    [OPT_TEXT] = {good_part, "part_form"},
    [OPT_FROM] = {good_day, "day_form"},
    [OPT_TO] = {good_day, "day_form"},
    [OPT_MIN] = {good_amount, "amount_form"},
    [OPT_MAX] = {good_amount, "amount_form"},
    [OPT_ACK] = {good_number, "alarm_number_form"},
    [OPT_SILENCE] = {good_number, "alarm_number_form"},
    [OPT_UNTIL] = {good_until, "until_form"},
    [OPT_END] = {good_number, "session_number_form"},
    [OPT_DAYS] = {good_days, "days_form"},
    [OPT_MAY_GRANT] = {good_patterns, "may_grant_form"},
    [OPT_ROLE] = {good_role, "known_roles"},
    [OPT_AT] = {good_at, "at_form"},
    [OPT_HASH] = {good_hash, "hash_form"},
    [OPT_KEEP] = {good_keep, "hash_or_count_form"},
    [OPT_ACCEPT] = {good_division, "division_form"},
    [OPT_WITHDRAW] = {good_division, "division_form"},
    [OPT_FINGERPRINT] = {good_fingerprint, "fingerprint_form"},
    [OPT_ENCODING] = {good_encoding, "known_encodings"},
};

static const struct argument_rule {
    struct value_rule value;
    const char *name; /* argument.NAME says what it is */
} argument_rules[] = {
    [ARGUMENT_ANY] = {{good_any, ""}, ""},
    [ARGUMENT_ID] = {{good_id, "id_form"}, "id"},
    [ARGUMENT_KIND] = {{good_kind, "known_kinds"}, "kind"},
    [ARGUMENT_DIVISION] = {{good_division, "division_form"}, "division"},
};

/* All kinds, and the one most likely meant. */
static void name_kinds(char *out, size_t size, enum language language, const char *typed)
{
    char all[TEXT_BYTES_MAX / 2 + 256] = "", advice[DID_YOU_MEAN_BYTES_MAX];
    struct nearest nearest;
    size_t used = 0;

    nearest_begin(&nearest, bytes_text(typed));
    for (uint32_t kind = 1; kind < KINDS_END; kind++) {
        const struct kind_info *info = kind_info(kind);

        if (info != NULL && used < sizeof all) {
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "",
                                     text_word(language, "kind", info->name));
            nearest_offer(&nearest, bytes_text(info->name));
        }
    }
    message_format(out, size, "known_kinds kinds=%s why=%s", all, nearest_advice(advice, &nearest));
}

/* The state most likely meant. */
static void name_states(char *out, size_t size, const char *typed)
{
    char advice[DID_YOU_MEAN_BYTES_MAX];
    struct nearest nearest;

    nearest_begin(&nearest, bytes_text(typed));
    for (int state = 1; state < DOC_STATES; state++) {
        nearest_offer(&nearest, bytes_text(doc_state_name((enum doc_state)state)));
    }
    for (const char *const *state = project_states(); *state != NULL; state++) {
        nearest_offer(&nearest, bytes_text(*state));
    }
    message_format(out, size, "known_states why=%s", nearest_advice(advice, &nearest));
}

static enum exit_code check_value(const struct cli *cli, const struct value_rule *rule,
                                  const char *dashes, const char *name, const char *typed)
{
    char why[TEXT_BYTES_MAX];

    if (rule->good == NULL || rule->good(typed)) {
        return EXIT_DONE;
    }
    if (rule->good == good_kind) {
        name_kinds(why, sizeof why, cli->language, typed);
    } else if (rule->good == good_state) {
        name_states(why, sizeof why, typed);
    } else {
        (void)snprintf(why, sizeof why, "%s", rule->code);
    }
    return cli_fail(cli, EXIT_USAGE, "usage", "value_wrong what=%s%s typed=%s why=%s", dashes, name,
                    typed, why);
}

bool option_value_good(int option, const char *typed)
{
    return value_rules[option].good == NULL || value_rules[option].good(typed);
}

enum exit_code option_value_check(const struct cli *cli, int option, const char *name,
                                  const char *typed)
{
    return check_value(cli, &value_rules[option], "--", name, typed);
}

enum exit_code argument_check(const struct cli *cli, enum argument argument, const char *typed)
{
    const struct argument_rule *rule = &argument_rules[argument];

    return check_value(cli, &rule->value, "", text_word(cli->language, "argument", rule->name),
                       typed);
}
