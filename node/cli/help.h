/* help - `terrace --help` and `terrace COMMAND --help`: usage, what it does, its options, examples;
 * with --json {"commands":[{"name","usage","help","options":[{"name","value","help"}],
 * "examples":[...]}]}, which the manual page is made of.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_HELP_H
#define TERRACE_NODE_CLI_HELP_H

#include "node/cli/options.h"

/* Of one command, or in short of all of them when it is NULL or of a later version. */
void help_print(const struct cli *cli, const struct command *command);

#endif
