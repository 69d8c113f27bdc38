#include "node/cli/help.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>

#include "node/cli/print.h"

/* What stands for the value of an option; where nothing does, its own name in capitals. */
static const char *const values[OPTIONS] = {
    [OPT_HOME] = "DIR",
    [OPT_AS] = "USER",
    [OPT_LANG] = "zh|en",
    [OPT_TIMEOUT] = "SECONDS",
    [OPT_DIVISION] = "CODE",
    [OPT_LISTEN] = "ENDPOINT",
    [OPT_ENROL] = "ENDPOINT",
    [OPT_ADVERTISE] = "HOST",
    [OPT_API] = "ADDRESS",
    [OPT_APPROVAL] = "required|none|KINDS",
    [OPT_ENCODING] = "utf-8|gb18030",
    [OPT_REASON] = "TEXT",
    [OPT_SCOPE] = "own|subtree",
    [OPT_BY] = "WHAT",
    [OPT_ACK] = "ID",
    [OPT_AFTER] = "CURSOR",
    [OPT_LIMIT] = "N",
    [OPT_STATE] = "WORD",
    [OPT_RECEIVER] = "CODE",
    [OPT_ISSUER] = "CODE",
    [OPT_AGENCY] = "CODE",
    [OPT_PROJECT] = "CODE",
    [OPT_DOC_NO] = "TEXT",
    [OPT_FROM] = "DAY",
    [OPT_TO] = "DAY",
    [OPT_MIN] = "YUAN",
    [OPT_MAX] = "YUAN",
    [OPT_USER] = "NAME",
    [OPT_ARCHIVE] = "DIR",
};

enum { VALUE_BYTES_MAX = 32 };

/* "" for an option without a value; otherwise one of those above, or made in `out`. */
static const char *value_of(char out[VALUE_BYTES_MAX], enum option_id option)
{
    const char *name = option_takes_value(option) ? option_name(option) : "";
    size_t size = 0;

    if (values[option] != NULL) {
        return values[option];
    }
    for (; name[size] != '\0' && size + 1 < VALUE_BYTES_MAX; size++) {
        out[size] = (char)toupper((unsigned char)name[size]);
    }
    out[size] = '\0';
    return out;
}

/* option.COMMAND.NAME where it says something else to one command, else option.NAME. */
static const char *help_of_option(const struct cli *cli, const struct command *command,
                                  enum option_id option)
{
    char name[64];

    (void)snprintf(name, sizeof name, "option.%s.%s", command == NULL ? "" : command->name,
                   option_name(option));
    return text_knows(name) ? cli_row(cli, name)
                            : text_word(cli->language, "option", option_name(option));
}

static const char *help_of(const struct cli *cli, const struct command *command)
{
    return text_word(cli->language, "help", command->name);
}

/* --- on a terminal --- */

static void print_usage(const struct cli *cli, const struct command *command, const char *margin)
{
    (void)printf("%sterrace %s\n%s    %s\n", margin, command->usage, margin, help_of(cli, command));
}

static void print_options(const struct cli *cli, const struct command *command,
                          enum option_id first, enum option_id end)
{
    char value[VALUE_BYTES_MAX], left[96];

    for (enum option_id option = first; option < end; option++) {
        if (command_takes(command, option)) {
            (void)snprintf(left, sizeof left, "--%s %s", option_name(option),
                           value_of(value, option));
            (void)printf("    %-26s %s\n", left, help_of_option(cli, command, option));
        }
    }
}

/* An example a line; the row holds as many as there are. */
static void print_examples(const struct cli *cli, const struct command *command)
{
    const char *text = text_word(cli->language, "sample", command->name);

    (void)printf("\n%s\n", cli_row(cli, "help_examples"));
    while (*text != '\0') {
        const size_t size = strcspn(text, "\n");

        (void)printf("    %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

static void print_command(const struct cli *cli, const struct command *command)
{
    print_usage(cli, command, "");
    if (command->options != 0) {
        (void)printf("\n%s\n", cli_row(cli, "help_options"));
        print_options(cli, command, OPTIONS_GLOBAL, OPTIONS);
    }
    (void)printf("\n%s\n", cli_row(cli, "help_global"));
    print_options(cli, command, OPT_HOME, OPTIONS_GLOBAL);
    print_examples(cli, command);
}

static void print_all(const struct cli *cli)
{
    (void)printf("%s\n\n", cli_row(cli, "usage_line"));
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i].run != NULL) {
            print_usage(cli, &commands[i], "  ");
        }
    }
    (void)printf("\n%s\n", cli_row(cli, "help_global"));
    print_options(cli, NULL, OPT_HOME, OPTIONS_GLOBAL);
}

/* --- for programs --- */

static json_t *options_json(const struct cli *cli, const struct command *command)
{
    json_t *options = json_array();
    char value[VALUE_BYTES_MAX];

    for (enum option_id option = OPTIONS_GLOBAL; option < OPTIONS; option++) {
        if (command_takes(command, option)) {
            (void)json_array_append_new(options,
                                        json_pack("{ss ss ss}", "name", option_name(option),
                                                  "value", value_of(value, option), "help",
                                                  help_of_option(cli, command, option)));
        }
    }
    return options;
}

static json_t *examples_json(const struct cli *cli, const struct command *command)
{
    const char *text = text_word(cli->language, "sample", command->name);
    json_t *examples = json_array();

    while (*text != '\0') {
        const size_t size = strcspn(text, "\n");

        (void)json_array_append_new(examples, json_stringn(text, size));
        text += size + (text[size] == '\n');
    }
    return examples;
}

static void print_json_help(const struct cli *cli, const struct command *command)
{
    json_t *rows = json_array(), *answer;

    for (size_t i = 0; i < command_count; i++) {
        const struct command *row = &commands[i];

        if (row->run != NULL && (command == NULL || command == row)) {
            (void)json_array_append_new(
                rows, json_pack("{ss ss ss so so}", "name", row->name, "usage", row->usage, "help",
                                help_of(cli, row), "options", options_json(cli, row), "examples",
                                examples_json(cli, row)));
        }
    }
    answer = json_pack("{so}", "commands", rows);
    print_json(stdout, answer);
    json_decref(answer);
}

void help_print(const struct cli *cli, const struct command *command)
{
    if (cli_json(cli)) {
        print_json_help(cli, command);
    } else if (command != NULL) {
        print_command(cli, command);
    } else {
        print_all(cli);
    }
}
