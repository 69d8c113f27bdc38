#include "node/cli/founding.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status take_endpoint(char *out, const char *typed, struct err *err)
{
    const size_t size = typed == NULL ? 0 : strlen(typed);

    if (typed == NULL) {
        return home_free_endpoint(out, err);
    }
    if (home_check_endpoint(typed, err) != OK) {
        err->status = ERR_USAGE;
        return err->status;
    }
    memcpy(out, typed, size + 1); /* home_check_endpoint limits it */
    return OK;
}

enum status founding_policy(struct policy *out, const struct cli *cli, struct err *err)
{
    const char *typed = cli->value[OPT_APPROVAL];
    struct bytes bad;

    *out = POLICY_REQUIRED;
    if (typed == NULL || policy_parse(out, typed, &bad)) {
        return OK;
    }
    return err_set(err, ERR_USAGE,
                   cli_say(cli,
                           "--approval: '%.*s' is neither required, none nor a kind of document; "
                           "kinds stand with commas between them: transfer,payment,paid",
                           "--approval：“%.*s” 既不是 required、none，也不是单据种类；"
                           "多个种类用逗号分隔：transfer,payment,paid"),
                   (int)(bad.size < 64 ? bad.size : 64), (const char *)bad.data);
}

static enum status take_options(struct founding *founding, const struct cli *cli, struct err *err)
{
    struct home_config *config = &founding->config;
    enum status status = founding_policy(&config->approval, cli, err);

    if (status != OK) {
        return status;
    }
    config->log_level = LOG_LEVEL_INFO;
    status = take_endpoint(config->listen, cli->value[OPT_LISTEN], err);
    do { /* two ports that are free now may be the same one */
        if (status == OK) {
            status = take_endpoint(config->enrol, cli->value[OPT_ENROL], err);
        }
    } while (status == OK && cli->value[OPT_ENROL] == NULL &&
             strcmp(config->listen, config->enrol) == 0);
    return status;
}

static bool file_there(const char *directory, const char *name)
{
    char path[HOME_FILE_MAX];
    struct stat stat_of;

    home_file(path, directory, name);
    return stat(path, &stat_of) == 0;
}

static enum status make_keys(struct founding *founding, struct err *err)
{
    sign_key_generate(&founding->keys->identity);
    curve_key_generate(&founding->keys->curve);
    return keys_save(founding->keys, founding->keys_path, founding->config.seal,
                     buf_bytes(&founding->secret), err);
}

static enum status find_keys(struct founding *founding, struct err *err)
{
    enum status status =
        keys_secret_create(&founding->secret, &founding->config.seal, founding->keys_path, err);

    founding->keys = node_keys_new();
    if (status != OK) {
        return status;
    }
    if (file_there(founding->home, "keys/identity.key") &&
        file_there(founding->home, "keys/curve.key")) {
        return keys_load(founding->keys, founding->keys_path, buf_bytes(&founding->secret), err);
    }
    founding->made = true;
    return make_keys(founding, err);
}

enum exit_code founding_begin(struct founding *founding, const struct cli *cli)
{
    struct err err = {OK, ""};
    enum status status;

    memset(founding, 0, sizeof *founding);
    founding->home = cli_home(cli);
    if (founding->home == NULL) {
        return EXIT_USAGE;
    }
    status = crypto_init(&err);
    if (status == OK) {
        status = take_options(founding, cli, &err);
    }
    if (status == OK && home_check_path(founding->home, &err) != OK) {
        status = err.status = ERR_USAGE;
    }
    if (status == OK) {
        status = home_create(founding->home, &err);
    }
    if (status != OK) {
        return cli_fail_status(cli, &err);
    }
    home_file(founding->keys_path, founding->home, "keys");
    status = find_keys(founding, &err);
    if (status != OK) {
        if (founding->made) {
            founding_undo(founding);
        }
        return cli_fail_status(cli, &err);
    }
    return EXIT_DONE;
}

enum status founding_finish(struct founding *founding, const struct bytes *grants, size_t count,
                            struct err *err)
{
    enum status status = home_grants_write(founding->home, grants, count, err);

    return status != OK ? status : home_save(&founding->config, founding->home, err);
}

/* Only what we make ourselves, and the directories only when nothing else is in them. */
void founding_undo(const struct founding *founding)
{
    static const char *const files[] = {"config.yaml",    "grants",         "keys/identity.key",
                                        "keys/curve.key", "keys/trust.key", "keys/machine.secret"};
    char path[HOME_FILE_MAX];

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        home_file(path, founding->home, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(founding->keys_path);
    (void)rmdir(founding->home);
}

void founding_end(struct founding *founding)
{
    node_keys_free(founding->keys);
    if (founding->secret.data != NULL) {
        crypto_wipe(founding->secret.data, founding->secret.size);
    }
    buf_free(&founding->secret);
}
