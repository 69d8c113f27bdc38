/* The command line: global options on both sides of the subcommand, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "node/cli/options.h"

enum { WORDS_MAX = 16 };

struct parsed {
    struct cli cli;
    const struct command *command;
    enum exit_code exit_code;
    char text[512];
    char *argv[WORDS_MAX + 1];
};

/* Splits at spaces. */
static void parse(struct parsed *parsed, const char *line)
{
    int argc = 0;

    memset(parsed, 0, sizeof *parsed);
    (void)snprintf(parsed->text, sizeof parsed->text, "terrace %s", line);
    for (char *at = parsed->text; *at != '\0' && argc < WORDS_MAX;) {
        parsed->argv[argc++] = at;
        at += strcspn(at, " ");
        while (*at == ' ') {
            *at++ = '\0';
        }
    }
    parsed->exit_code = options_parse(&parsed->cli, &parsed->command, argc, parsed->argv);
}

static void takes_global_options_on_both_sides(void **state)
{
    static const char *const lines[] = {
        "--home /h --json --as li balance --division 540121",
        "balance --home /h --json --as li --division 540121",
        "--json balance --division 540121 --as li --home /h",
        "--home=/h balance --as=li --division=540121 --json",
        "--as li --home /h balance --division 540121 --json",
        "--hom /h --as li --divis 540121 balance --json",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed parsed;

        parse(&parsed, lines[i]);
        if (parsed.exit_code != EXIT_DONE || parsed.command == NULL ||
            strcmp(parsed.command->name, "balance") != 0 ||
            strcmp(parsed.cli.value[OPT_HOME], "/h") != 0 || !cli_json(&parsed.cli) ||
            strcmp(parsed.cli.value[OPT_AS], "li") != 0 ||
            strcmp(parsed.cli.value[OPT_DIVISION], "540121") != 0) {
            fail_msg("%s: exit %d", lines[i], (int)parsed.exit_code);
        }
    }
}

static void arguments_and_options_mix(void **state)
{
    struct parsed parsed;

    (void)state;
    parse(&parsed, "--home /h approve --as wang P1 P2 --json P3");
    assert_int_equal(parsed.exit_code, EXIT_DONE);
    assert_int_equal(parsed.cli.argc, 3);
    assert_string_equal(parsed.cli.argv[0], "P1");
    assert_string_equal(parsed.cli.argv[2], "P3");
    parse(&parsed, "submit - --kind payment --atomic");
    assert_int_equal(parsed.exit_code, EXIT_DONE);
    assert_string_equal(parsed.cli.argv[0], "-");
    assert_non_null(parsed.cli.value[OPT_ATOMIC]);
    parse(&parsed, "user add li --role maker --role checker,auditor");
    assert_int_equal(parsed.exit_code, EXIT_DONE);
    assert_string_equal(parsed.cli.roles, "maker,checker,auditor");
}

static void takes_filters_and_groupings(void **state)
{
    static const char *const lines[] = {
        "list transfer --state issued --receiver 540121 --issuer 540100 --doc-no 1 --text x",
        "list project --state executing",
        "list payment --from 2026-02-28 --to 2026-03-01 --min 0.01 --max 1250.5 --agency 105",
        "list payment --project 540000260001 --format xlsx --limit 10 --after 540121:P1",
        "balance --by agency --format csv --bom",
        "report execution --scope subtree --by agency,economic",
        "report execution --by gov_economic",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed parsed;

        parse(&parsed, lines[i]);
        if (parsed.exit_code != EXIT_DONE || cli_json(&parsed.cli)) {
            fail_msg("\"%s\": exit %d", lines[i], (int)parsed.exit_code);
        }
    }
}

static void json_is_a_format(void **state)
{
    struct parsed parsed;

    (void)state;
    parse(&parsed, "report chain --format json");
    assert_int_equal(parsed.exit_code, EXIT_DONE);
    assert_true(cli_json(&parsed.cli));
}

static void refuses_with_usage(void **state)
{
    static const char *const lines[] = {
        "",
        "--json",
        "budge",
        "balance extra",
        "balance --kind payment",
        "balance --scope all",
        "balance --by colour",
        "balance --month 13",
        "report execution --month March",
        "balance --division",
        "balance --nonsense",
        "report",
        "report chain --format pdf",
        "get",
        "get A B",
        "init --approval",
        "approve --hash abc A",
        "withdraw A/B",
        "prove A",
        "check F",
        "bundle out",
        "backup",
        "backup D --keep many",
        "restore D --at then",
        "revoke 54/01",
        "--lang fr status",
        "balance --year 26",
        "balance --year 20260",
        "balance --division abc",
        "balance --division 5401210000",
        "list nosuch",
        "list payment --state nosuch",
        "list payment --receiver 54/01",
        "list payment --from 2026-02-30",
        "list payment --to yesterday",
        "list payment --min 1,000",
        "list payment --max 1.005",
        "trace A1 --state paid",
        "report execution --by agency,agency",
        "report execution --by agency,month",
        "report execution --by agency,",
        "report execution --by agency,economic,fund",
        "submit - --kind nosuch",
        "get A/B",
        "trace A234567890123456789012345678901234567890",
        "pause 54/01",
        "user add li --role boss",
        "submit f --encoding latin-1",
        "list --encoding gb18030 payment",
        "template nosuch",
        "explain",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed parsed;

        parse(&parsed, lines[i]);
        if (parsed.exit_code != EXIT_USAGE) {
            fail_msg("\"%s\": exit %d", lines[i], (int)parsed.exit_code);
        }
    }
}

/* A row that is missing would show its own name. */
static void help_says_what_everything_is(void **state)
{
    (void)state;
    for (int language = 0; language < LANGUAGES; language++) {
        for (size_t i = 0; i < command_count; i++) {
            const char *name = commands[i].name;

            if (commands[i].run != NULL &&
                (strcmp(text_word((enum language)language, "help", name), name) == 0 ||
                 strcmp(text_word((enum language)language, "sample", name), name) == 0)) {
                fail_msg("%s has no help or no example", name);
            }
        }
        for (enum option_id option = 0; option < OPTIONS; option++) {
            const char *name = option_name(option);

            if (strcmp(text_word((enum language)language, "option", name), name) == 0) {
                fail_msg("--%s is not explained", name);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_global_options_on_both_sides),
        cmocka_unit_test(arguments_and_options_mix),
        cmocka_unit_test(takes_filters_and_groupings),
        cmocka_unit_test(json_is_a_format),
        cmocka_unit_test(refuses_with_usage),
        cmocka_unit_test(help_says_what_everything_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
