/* option_values - what the value of an option, and an argument, must look like.
 *
 * The form only: what is known to the node, the node says. Pure but for the messages.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_OPTION_VALUES_H
#define TERRACE_NODE_CLI_OPTION_VALUES_H

#include "node/cli/options.h"

/* The state that --state names, as programs write it: typed like that, or as a table in Chinese
 * shows it. NULL: there is none, or nothing was typed. */
const char *option_state(const char *typed);

/* The same for a kind, where KIND stands: its name, or what it is called in Chinese. */
const char *option_kind(const char *typed);

/* What --at names, as the API takes it: a day, the number of an entry and a time of UTC as typed, a
 * time of this machine in UTC. NULL: nothing was typed. */
enum { AT_BYTES_MAX = 40 };
const char *option_at(char out[AT_BYTES_MAX], const char *typed);

bool option_value_good(int option, const char *typed);
/* EXIT_DONE, or EXIT_USAGE with the error said. `name` is the option's, without dashes. */
enum exit_code option_value_check(const struct cli *cli, int option, const char *name,
                                  const char *typed);
enum exit_code argument_check(const struct cli *cli, enum argument argument, const char *typed);

#endif
