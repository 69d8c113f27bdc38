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

static void refuses_with_usage(void **state)
{
    static const char *const lines[] = {
        "",
        "--json",
        "budge",
        "balance extra",
        "balance --kind payment",
        "balance --scope all",
        "balance --by month",
        "balance --division",
        "balance --nonsense",
        "report",
        "report chain --format pdf",
        "get",
        "get A B",
        "init --approval",
        "approve",
        "prove A",
        "check F",
        "bundle out",
        "backup D",
        "restore D",
        "rotate",
        "revoke 540121",
        "--lang fr status",
        "balance --year 26",
        "balance --year 20260",
        "balance --division abc",
        "balance --division 5401210000",
        "list nosuch",
        "submit - --kind nosuch",
        "get A/B",
        "trace A234567890123456789012345678901234567890",
        "pause 54/01",
        "user add li --role boss",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_global_options_on_both_sides),
        cmocka_unit_test(arguments_and_options_mix),
        cmocka_unit_test(refuses_with_usage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
