/* options - the command line as a table: what each subcommand is called, takes and does, and what
 * a value must look like.
 * Global options may stand before or after the subcommand. Pure but for the messages.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_OPTIONS_H
#define TERRACE_NODE_CLI_OPTIONS_H

#include "node/cli/cli.h"
#include "proto/wide.h"

/* What a command's arguments are, as far as their form can be checked here. */
enum argument { ARGUMENT_ANY, ARGUMENT_ID, ARGUMENT_KIND, ARGUMENT_DIVISION };

struct command {
    const char *name;
    command_fn *run; /* NULL: of a later version */
    int args_min, args_max;
    enum argument argument;
    unsigned wait_s;   /* of its requests */
    uint128 options;   /* bit 1 << enum option_id */
    const char *usage; /* what it does is the row help.NAME, examples are sample.NAME */
};
extern const struct command commands[];
extern const size_t command_count;

/* "home"; what it is for is the row option.NAME. */
const char *option_name(enum option_id option);
bool option_takes_value(enum option_id option);
/* The global ones every command takes, and so does no command (NULL). */
bool command_takes(const struct command *command, enum option_id option);

/* Reads argv into *cli (argv is permuted). EXIT_DONE and the command to run, or to explain when
 * OPT_HELP has a value (then NULL: all of them), or NULL when the version was printed; otherwise
 * the error has been said. argv ends with NULL. */
enum exit_code options_parse(struct cli *cli, const struct command **command, int argc,
                             char **argv);

#endif
