/* cmd_get - `terrace get ID`: one document. */
#include "node/cli/client.h"
#include "node/cli/document_print.h"
#include "node/cli/print.h"

enum exit_code run_get(struct cli *cli)
{
    const struct query queries[] = {{"division", cli->value[OPT_DIVISION]}};
    char path[CLIENT_PATH_MAX];
    enum exit_code exit_code = client_open(cli);
    json_t *answer;

    client_path(path, "/documents/", cli->argv[0], queries, COUNT_OF(queries));
    if (exit_code == EXIT_DONE) {
        exit_code = client_json(cli, path, BYTES_NONE, &answer);
    }
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        document_print(cli, answer, 0);
    }
    json_decref(answer);
    return EXIT_DONE;
}
