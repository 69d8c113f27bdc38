#include "node/cli/join_again.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/cli/join_ask.h"
#include "node/cli/join_check.h"
#include "node/cli/print.h"

bool join_is_again(const struct cli *cli, const struct token *token)
{
    const char *typed = cli->value[OPT_HOME];
    const char *home = typed != NULL && typed[0] != '\0' ? typed : getenv("TERRACE_HOME");
    struct home_config config;
    struct err err;

    return home != NULL && home_load(&config, home, &err) == OK &&
           division_equal(config.division, token->division) &&
           division_equal(config.parent.division, token->parent);
}

/* What a first join asks for is settled already. */
static enum exit_code check_options(const struct cli *cli)
{
    static const struct {
        enum option_id id;
        const char *name;
    } first_only[] = {
        {OPT_LISTEN, "listen"}, {OPT_ENROL, "enrol"},       {OPT_ADVERTISE, "advertise"},
        {OPT_API, "api"},       {OPT_APPROVAL, "approval"}, {OPT_ADMIN, "admin"},
    };

    for (size_t i = 0; i < COUNT_OF(first_only); i++) {
        if (cli->value[first_only[i].id] != NULL) {
            return cli_fail(cli, EXIT_USAGE, "usage", "join_again_option option=--%s",
                            first_only[i].name);
        }
    }
    return EXIT_DONE;
}

static enum status load_keys(struct home_setup *setup, struct err *err)
{
    enum status status = crypto_init(err);

    home_file(setup->keys_path, setup->home, "keys");
    setup->keys = node_keys_new();
    if (status == OK) {
        status = keys_secret_load(&setup->secret, setup->config.seal, setup->keys_path, err);
    }
    return status != OK ? status
                        : keys_load(setup->keys, setup->keys_path, buf_bytes(&setup->secret), err);
}

/* Its first admins are those of its grant, whatever epoch that is. */
static enum status load_founders(struct home_setup *setup, struct err *err)
{
    struct bytes grants[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY;
    size_t count;
    enum status status = home_grants_read(setup->home, grants, &count, &memory, err);

    if (status == OK) {
        status = founders_of_grant(&setup->founders, grants[count - 1], err);
    }
    buf_free(&memory);
    return status;
}

static enum status keep(struct home_setup *setup, const struct token *token,
                        const struct enrolled *enrolled, struct err *err)
{
    struct home_config *config = &setup->config;
    enum status status =
        home_grants_write(setup->home, enrolled->chain, enrolled->chain_count, err);

    memcpy(config->name, enrolled->own.name, sizeof config->name);
    memcpy(config->parent.endpoint, token->link, sizeof config->parent.endpoint);
    memcpy(config->parent.curve_key, enrolled->parent.curve_key, sizeof config->parent.curve_key);
    config->parent_endpoint[0] = '\0'; /* the token's word is newer */
    return status == OK ? home_save(config, setup->home, err) : status;
}

static void print_done(const struct cli *cli, const struct home_setup *setup,
                       const struct enrolled *enrolled)
{
    const struct home_config *config = &setup->config;

    if (cli_json(cli)) {
        json_t *answer =
            json_pack("{ss ss ss sI ss}", "division", config->division.code, "parent",
                      config->parent.division.code, "home", setup->home, "epoch",
                      (json_int_t)enrolled->own.epoch, "parent_endpoint", config->parent.endpoint);
        print_json(stdout, answer);
        json_decref(answer);
        return;
    }
    cli_tell(cli, stdout, "joined_again division=%s parent=%s endpoint=%s home=%s",
             config->division.code, config->parent.division.code, config->parent.endpoint,
             setup->home);
}

static enum exit_code ask(const struct cli *cli, struct home_setup *setup,
                          const struct token *token)
{
    struct enrolled enrolled = {.refused = false};
    struct err err = {OK, ""};
    enum exit_code exit_code = EXIT_DONE;

    if (join_ask(cli, setup, token, NULL, &enrolled, &err) != OK) {
        return join_failed(cli, setup, &enrolled, &err);
    }
    if (join_check_chain(setup->home, token, &enrolled, &err) == OK &&
        keep(setup, token, &enrolled, &err) == OK) {
        join_confirm(cli, setup, token);
        print_done(cli, setup, &enrolled);
    } else {
        exit_code = cli_fail_status(cli, &err);
    }
    enrolled_free(&enrolled);
    return exit_code;
}

enum exit_code join_again(const struct cli *cli, const struct token *token)
{
    struct home_setup setup = {.home = cli_home(cli)};
    struct err err = {OK, ""};
    enum exit_code exit_code = check_options(cli);
    enum status status;
    int lock = -1;

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    status = home_load(&setup.config, setup.home, &err);
    if (status == OK) {
        status = join_check_token(&setup.config, token, &err);
    }
    if (status == OK) {
        status = home_lock(&lock, setup.home, &err); /* the daemon reads what is written here */
    }
    if (status == OK) {
        status = load_keys(&setup, &err);
    }
    if (status == OK) {
        status = load_founders(&setup, &err);
    }
    exit_code = status == OK ? ask(cli, &setup, token) : cli_fail_status(cli, &err);
    home_setup_end(&setup);
    home_unlock(lock);
    return exit_code;
}
