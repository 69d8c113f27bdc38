/* cmd_rotate - new keys for this node, made and sealed by the node itself. */
#include "node/cli/client.h"
#include "node/cli/post_object.h"
#include "node/home/home.h"

static void show_asked(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "rotate_asked epoch=%" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(answer, "epoch")));
}

/* The passphrase of the present keys, where they have one. A home that cannot be read here is told
 * so by the node. */
static enum exit_code add_passphrase(const struct cli *cli, json_t *object)
{
    const char *home = cli_home(cli);
    struct home_config config;
    struct buf passphrase = BUF_EMPTY;
    struct err err;
    enum status status = OK;

    if (home == NULL || home_load(&config, home, &err) != OK || config.seal != SEAL_PASSPHRASE) {
        return EXIT_DONE;
    }
    status = keys_passphrase(&passphrase, false, &err);
    if (status == OK) {
        json_object_set_new(object, "passphrase",
                            json_stringn((const char *)passphrase.data, passphrase.size));
    }
    if (passphrase.data != NULL) {
        crypto_wipe(passphrase.data, passphrase.capacity);
    }
    buf_free(&passphrase);
    return status == OK || status == ERR_NOT_FOUND ? EXIT_DONE : cli_fail_status(cli, &err);
}

enum exit_code run_rotate(struct cli *cli)
{
    const bool identity = cli->value[OPT_IDENTITY] != NULL,
               channel = cli->value[OPT_CHANNEL] != NULL;
    enum exit_code exit_code = client_open(cli);
    json_t *object;

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    object = json_pack("{sbsb}", "identity", identity || !channel, "channel", channel || !identity);
    if (cli->value[OPT_SECOND] != NULL) {
        json_object_set_new(object, "second", json_string(cli->value[OPT_SECOND]));
    }
    exit_code = add_passphrase(cli, object);
    if (exit_code != EXIT_DONE) {
        json_decref(object);
        return exit_code;
    }
    return post_object(cli, "/rotation", object, show_asked);
}
