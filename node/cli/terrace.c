/* terrace - the command line. A table of subcommands (options.c); most of them ask the running
 * node through the socket in its home. This file only decides the exit code. */
#include <curl/curl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/client.h"
#include "node/cli/options.h"
#include "node/guard.h"

int main(int argc, char **argv)
{
    struct cli cli = {.language =
                          words_language(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))};
    const struct command *command;
    enum exit_code exit_code;

    process_guard();
    (void)signal(SIGPIPE, SIG_IGN);
    exit_code = options_parse(&cli, &command, argc, argv);
    if (command != NULL && exit_code == EXIT_DONE) {
        exit_code = command->run(&cli);
        client_close(cli.client);
    }
    return (int)(cli_flush(&cli) == EXIT_DONE ? exit_code : EXIT_OWN_FAILURE);
}
