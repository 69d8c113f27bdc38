#include "node/cli/attention.h"

#include <stdio.h>

#include "node/cli/print.h"
#include "proto/alarm.h"

enum { DAY_S = 24 * 3600 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

struct attention {
    struct cli *cli;
    json_t *named; /* divisions that have a line already */
    size_t found;
};

static void say(struct attention *attention, const char *about, const char *fault, const char *cure)
{
    if (attention->found++ >= ATTENTION_MAX) {
        return;
    }
    (void)fputs("! ", stdout);
    print_text(stdout, about);
    (void)fputs(about[0] == '\0' ? "" : text_word(attention->cli->language, "mark", "colon"),
                stdout);
    print_text(stdout, fault);
    if (cure[0] != '\0') {
        (void)fputs("\n    ", stdout);
        print_text(stdout, cure);
    }
    (void)putchar('\n');
}

/* --- divisions --- */

/* What lies behind a broken link has the cure of that link, and one line is enough. */
static bool is_named_elsewhere(const json_t *row)
{
    const char *broken = text_of(row, "broken");

    return broken[0] != '\0' && strcmp(broken, text_of(row, "division")) != 0;
}

static void say_division(struct attention *attention, const json_t *row)
{
    char about[256];

    if (strcmp(text_of(row, "state"), "well") == 0 || is_named_elsewhere(row)) {
        return;
    }
    (void)snprintf(about, sizeof about, "%s %s", text_of(row, "division"), text_of(row, "name"));
    say(attention, about, text_of(row, "sentence"), text_of(row, "cure"));
    (void)json_object_set_new(attention->named, text_of(row, "division"), json_true());
}

static void say_divisions(struct attention *attention)
{
    json_t *tree = client_ask_quietly(attention->cli, "/status/tree");
    const json_t *rows = json_object_get(tree, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        say_division(attention, json_array_get(rows, i));
    }
    json_decref(tree);
}

/* --- alarms --- */

static void say_alarm(struct attention *attention, const json_t *alarm)
{
    const enum language language = attention->cli->language;
    char about[256], cure[64];

    (void)snprintf(about, sizeof about, "%s %s (%s)",
                   text_word(language, "severity", text_of(alarm, "severity")),
                   text_of(alarm, "code"), text_of(alarm, "division"));
    (void)snprintf(cure, sizeof cure, "%s.cure", text_of(alarm, "code"));
    say(attention, about, text_of(alarm, "text"), text_word(language, "alarm", cure));
}

/* Those about a division that is named already say the same once more. */
static bool is_repetition(const struct attention *attention, const json_t *alarm)
{
    const enum alarm_code code = alarm_by_name(text_of(alarm, "code"));

    return (code == ALARM_NEIGHBOUR_DOWN || code == ALARM_DIVISION_UNWELL) &&
           json_object_get(attention->named, text_of(alarm, "division")) != NULL;
}

static bool is_silenced(const json_t *alarm)
{
    return text_of(alarm, "silenced")[0] != '\0';
}

static void say_alarms(struct attention *attention, const json_t *alarms)
{
    for (int severity = ALARM_CRITICAL; severity > ALARM_INFO; severity--) {
        const char *name = alarm_severity_name((enum alarm_severity)severity);

        for (size_t i = 0; i < json_array_size(alarms); i++) {
            const json_t *alarm = json_array_get(alarms, i);

            if (strcmp(text_of(alarm, "severity"), name) == 0 && !is_silenced(alarm) &&
                !is_repetition(attention, alarm)) {
                say_alarm(attention, alarm);
            }
        }
    }
}

/* --- newcomers --- */

static void say_newcomer(struct attention *attention, const json_t *attempts)
{
    const json_t *newest = json_array_get(attempts, 0);

    if (newest != NULL && json_integer_value(json_object_get(newest, "age_s")) < DAY_S) {
        say(attention, text_of(newest, "division"), text_of(newest, "text"),
            cli_row(attention->cli, "cure_enrolment"));
    }
}

void print_attention(struct cli *cli, const json_t *status)
{
    struct attention attention = {.cli = cli, .named = json_object()};

    say_divisions(&attention);
    say_newcomer(&attention, json_object_get(status, "enrol_attempts"));
    say_alarms(&attention, json_object_get(status, "alarms"));
    if (attention.found > ATTENTION_MAX) {
        cli_tell(cli, stdout, "attention_more count=%zu", attention.found - ATTENTION_MAX);
    }
    if (attention.found > 0) {
        (void)putchar('\n');
    }
    json_decref(attention.named);
}
