/* cmd_endpoint - `terrace endpoint`: where this node says that it listens for its children. It is a
 * command of its own and no consequence of config.yaml: the children have to hear of it while they
 * still reach this node where it is. */
#include "node/cli/post_object.h"

static void show_told(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "endpoint_told endpoint=%s",
             json_string_value(json_object_get(answer, "endpoint")));
}

enum exit_code run_endpoint(struct cli *cli)
{
    const enum exit_code exit_code = client_open(cli);

    return exit_code != EXIT_DONE
               ? exit_code
               : post_object(cli, "/endpoint", json_pack("{ss}", "endpoint", cli->argv[0]),
                             show_told);
}
