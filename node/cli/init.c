/* init - the root of a tree: its trust key, its first grant, its home.
 *
 *   trust key --signs--> grant {root division, keys, epoch 1} --> HOME/grants
 *   fingerprint of the trust key = the tree; the key's file is to leave this machine */
#include <stdio.h>

#include "node/cli/home_setup.h"
#include "node/cli/init_recover.h"
#include "node/cli/print.h"
#include "node/daemon/system_clock.h"

static enum status take_root(struct home_setup *setup, const struct cli *cli, struct err *err)
{
    const char *division = cli->value[OPT_DIVISION], *name = cli->value[OPT_NAME];

    if (cli->value[OPT_ROOT] == NULL || division == NULL || name == NULL) {
        return err_set(err, ERR_USAGE, "init_needs_root");
    }
    if (!division_parse(&setup->config.division, bytes_text(division))) {
        return err_set(err, ERR_USAGE, "division_form");
    }
    if (name[0] == '\0' || strlen(name) > NAME_BYTES_MAX || !text_plain(bytes_text(name))) {
        return err_set(err, ERR_USAGE, "name_form");
    }
    memcpy(setup->config.name, name, strlen(name) + 1);
    return OK;
}

static void make_grant(struct buf *sealed, const struct home_setup *setup,
                       const struct sign_key *trust)
{
    const struct clock clock = system_clock();
    struct grant grant = {.division = setup->config.division,
                          .parent = DIVISION_NONE,
                          .epoch = 1,
                          .time_ms = clock_unix_ms(&clock),
                          .policy = setup->config.approval.kinds};
    struct grant_terms terms = setup->founders.terms;

    (void)reach_add(&terms.may_grant, bytes_text("*"));
    memcpy(grant.name, setup->config.name, sizeof grant.name);
    memcpy(grant.curve_key, setup->keys->curve.public, sizeof grant.curve_key);
    memcpy(grant.endpoint, setup->config.listen, sizeof grant.endpoint);
    grant_certify(&grant, &setup->config.tree, &setup->keys->identity);
    grant_seal(sealed, &grant, &terms, trust);
}

static enum status found_root(struct home_setup *setup, struct err *err)
{
    struct sign_key trust;
    struct buf sealed = BUF_EMPTY;
    struct bytes grant;
    enum status status;

    sign_key_generate(&trust);
    setup->config.tree = key_fingerprint(&trust.public);
    status = keys_trust_save(&trust, setup->keys_path, setup->config.seal,
                             buf_bytes(&setup->secret), err);
    if (status == OK) {
        make_grant(&sealed, setup, &trust);
        grant = buf_bytes(&sealed);
        status = home_setup_finish(setup, &grant, 1, err);
    }
    crypto_wipe(&trust, sizeof trust);
    buf_free(&sealed);
    return status;
}

static void print_root(const struct cli *cli, const struct home_setup *setup)
{
    const struct home_config *config = &setup->config;
    char fingerprint[2 * HASH_SIZE + 1], path[HOME_FILE_MAX], approval[POLICY_TEXT_MAX];

    policy_print(approval, config->approval);
    hex_encode(fingerprint, &config->tree, sizeof config->tree);
    home_file(path, setup->home, "keys/trust.key");
    if (cli_json(cli)) {
        json_t *answer = json_pack(
            "{ss ss ss ss ss ss ss ss ss ss so}", "division", config->division.code, "name",
            config->name, "home", setup->home, "trust_key", fingerprint, "trust_key_file", path,
            "listen", config->listen, "enrol", config->enrol, "approval", approval, "sealed",
            config->seal == SEAL_MACHINE ? "machine" : "passphrase", "tls_fingerprint",
            setup->fingerprint, "admins", founding_json(&setup->founders.terms));
        print_json(stdout, answer);
        json_decref(answer);
        return;
    }
    cli_tell(cli, stdout,
             "root_made division=%s name=%s trust_key=%s path=%s listen=%s enrol=%s tls=%s home=%s",
             config->division.code, config->name, fingerprint, path, config->listen, config->enrol,
             setup->fingerprint, setup->home);
    founding_tell(cli, stdout, &setup->founders.terms);
    home_setup_warn(cli, config);
}

enum exit_code run_init(struct cli *cli)
{
    struct home_setup setup, options = {.home = NULL};
    struct err err = {OK, ""};
    enum exit_code exit_code;

    if (cli->value[OPT_RECOVER] != NULL) {
        return init_recover(cli);
    }
    if (cli->argc > 0 || cli->value[OPT_KEY] != NULL || cli->value[OPT_YES] != NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "init_copies_recover");
    }
    if (take_root(&options, cli, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    exit_code = home_setup_begin(&setup, cli);
    if (exit_code != EXIT_DONE) {
        home_setup_abandon(&setup);
        return exit_code;
    }
    setup.config.division = options.config.division;
    memcpy(setup.config.name, options.config.name, sizeof setup.config.name);
    if (found_root(&setup, &err) == OK) {
        print_root(cli, &setup);
    } else {
        home_setup_undo(&setup);
        exit_code = cli_fail_status(cli, &err);
    }
    home_setup_end(&setup);
    return exit_code;
}
