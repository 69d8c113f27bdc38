/* terrace - the command line. A table of subcommands (options.c); most of them ask the running
 * node through the socket in its home. This file only decides the exit code. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/client.h"
#include "node/cli/help.h"
#include "node/daemon/guard.h"

int main(int argc, char **argv)
{
    struct cli cli = {.language =
                          text_language(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))};
    const struct command *command;
    enum exit_code exit_code;

    process_guard();
    (void)signal(SIGPIPE, SIG_IGN);
    exit_code = options_parse(&cli, &command, argc, argv);
    if (exit_code == EXIT_DONE && cli.value[OPT_HELP] != NULL) {
        help_print(&cli, command);
    } else if (exit_code == EXIT_DONE && command != NULL) {
        exit_code = command->run(&cli);
        client_close(cli.client);
    }
    if (cli.damage[0] != '\0' && (exit_code == EXIT_DONE || exit_code == EXIT_REFUSED)) {
        exit_code = EXIT_VERIFY; /* whatever was answered rests on a damaged store */
    }
    return (int)(cli_flush(&cli) == EXIT_DONE ? exit_code : EXIT_OWN_FAILURE);
}
