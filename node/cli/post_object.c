#include "node/cli/post_object.h"

#include "node/cli/print.h"
#include "replicator/trust/crypto.h"

enum exit_code post_object(struct cli *cli, const char *path, json_t *object,
                           void (*show)(const struct cli *cli, const json_t *answer))
{
    char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    json_t *answer = NULL;
    enum exit_code exit_code;

    if (body == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "typed_not_utf8");
    } else {
        exit_code = client_json(cli, path, bytes_text(body), &answer);
        crypto_wipe(body, strlen(body)); /* it may hold a password */
    }
    if (exit_code == EXIT_DONE) {
        if (cli_json(cli)) {
            print_json(stdout, answer);
        } else {
            show(cli, answer);
        }
    }
    json_decref(answer);
    json_decref(object);
    mem_free(body);
    return exit_code;
}
