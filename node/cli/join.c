/* join - a new home, enrolled with the running parent by a token.
 *
 *   keys made here --> request over the enrolment socket --> grant chain, checked against the
 *   token --> grants and config written --> confirm: the token is spent
 *
 * Where the invitation holds, the parent first waits for a person of its own: the fingerprint of
 * our keys is shown, and the request is made again until he has compared it.
 *
 * A grant cannot be taken back. So what this node wants is compared with the token before it asks,
 * and keys are removed again only when the parent said no. In any other case it may have granted
 * them (no answer came, or one that we cannot trust, or this disk failed): the keys stay, and the
 * same join again gets the same answer. */
#include <stdio.h>

#include "node/cli/join_again.h"
#include "node/cli/join_ask.h"
#include "node/cli/print.h"
#include "node/cli/recover.h"
#include "node/home/files.h"
#include "node/home/notes.h"

static void take_parent(struct home_config *config, const struct token *token,
                        const struct enrolled *enrolled)
{
    config->division = enrolled->own.division;
    config->tree = token->tree;
    memcpy(config->name, enrolled->own.name, sizeof config->name);
    config->parent.division = enrolled->parent.division;
    memcpy(config->parent.endpoint, token->link, sizeof config->parent.endpoint);
    memcpy(config->parent.curve_key, enrolled->parent.curve_key, sizeof config->parent.curve_key);
}

/* A child may be stricter than its parent, and not laxer. */
static enum exit_code check_policy(const struct cli *cli, const struct token *token)
{
    const struct policy parents = {token->policy};
    char kinds[POLICY_TEXT_MAX];
    struct policy own, lacks;
    struct err err;

    if (home_setup_policy(&own, cli, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    lacks = policy_lacks(own, parents);
    if (number_set_is_empty(&lacks.kinds)) {
        return EXIT_DONE;
    }
    policy_print(kinds, lacks);
    return cli_fail(cli, EXIT_REFUSED, "policy_weaker", "policy_laxer kinds=%s", kinds);
}

/* A join that was repeated: the address of the first try stands in the grant, for those below. */
static enum exit_code take_listen(const struct cli *cli, struct home_setup *setup,
                                  const struct grant *own)
{
    char *listen = setup->config.listen;

    if (own->endpoint[0] == '\0' || strcmp(listen, own->endpoint) == 0) {
        return EXIT_DONE;
    }
    if (cli->value[OPT_LISTEN] != NULL) {
        return cli_fail(cli, EXIT_REFUSED, "listen_differs", "listen_granted endpoint=%s",
                        own->endpoint);
    }
    (void)snprintf(listen, sizeof setup->config.listen, "%s", own->endpoint);
    return EXIT_DONE;
}

static enum exit_code settle_in(const struct cli *cli, struct home_setup *setup,
                                const struct token *token, const struct enrolled *enrolled)
{
    const enum exit_code exit_code = take_listen(cli, setup, &enrolled->own);
    struct err err;

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_APPROVAL] == NULL && !number_set_is_empty(&token->policy)) {
        setup->config.approval.kinds = token->policy; /* the parent's, as it came */
    }
    take_parent(&setup->config, token, enrolled);
    if (enrolled->own.epoch > 1) { /* its log lies at its neighbours, and is fetched before all */
        notes_write_resync(setup->home, "resync_joined");
    }
    if (home_setup_finish(setup, enrolled->chain, enrolled->chain_count, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    join_confirm(cli, setup, token);
    return EXIT_DONE;
}

static void print_joined(const struct cli *cli, const struct home_setup *setup,
                         const struct grant *own)
{
    const struct home_config *config = &setup->config;
    char fingerprint[2 * HASH_SIZE + 1], approval[POLICY_TEXT_MAX], key[ENROL_FINGERPRINT_SIZE];

    policy_print(approval, config->approval);
    hex_encode(fingerprint, &config->tree, sizeof config->tree);
    enrol_fingerprint(key, own->division, &own->sign_key, own->curve_key);
    if (cli_json(cli)) {
        json_t *answer = json_pack(
            "{ss ss ss ss ss ss ss ss ss ss ss so}", "division", config->division.code, "name",
            config->name, "parent", config->parent.division.code, "home", setup->home, "trust_key",
            fingerprint, "listen", config->listen, "enrol", config->enrol, "approval", approval,
            "sealed", config->seal == SEAL_MACHINE ? "machine" : "passphrase", "tls_fingerprint",
            setup->fingerprint, "key", key, "admins", founding_json(&setup->founders.terms));
        print_json(stdout, answer);
        json_decref(answer);
        return;
    }
    cli_tell(cli, stdout, "joined division=%s name=%s parent=%s trust_key=%s tls=%s home=%s",
             config->division.code, config->name, config->parent.division.code, fingerprint,
             setup->fingerprint, setup->home);
    cli_tell(cli, stdout, "own_key_is fingerprint=%s", key);
    founding_tell(cli, stdout, &setup->founders.terms);
    if (own->epoch > 1) {
        cli_tell(cli, stdout, "joined_resyncs home=%s", setup->home);
    }
}

/* Whoever looks at this machine later is told what happened here, and what to do. */
static void leave_note(const struct home_setup *setup, const struct token *token,
                       const struct err *why)
{
    struct err note, err;

    (void)err_set(&note, why->status, "join_was_refused division=%s parent=%s why=%s",
                  token->division.code, token->parent.code, why->text);
    if (directory_make(setup->home, &err) == OK) {
        notes_write_end(setup->home, &note);
    }
}

static enum exit_code join(const struct cli *cli, const struct token *token)
{
    struct home_setup setup;
    struct enrolled enrolled = {.refused = false};
    struct err err = {OK, ""};
    enum exit_code exit_code = home_setup_begin(&setup, cli);

    if (exit_code != EXIT_DONE) {
        home_setup_abandon(&setup);
        return exit_code;
    }
    if (join_ask(cli, &setup, token, NULL, &enrolled, &err) == OK) {
        const struct grant own = enrolled.own;

        exit_code = settle_in(cli, &setup, token, &enrolled);
        enrolled_free(&enrolled);
        if (exit_code == EXIT_DONE) {
            notes_clear_end(setup.home);
            print_joined(cli, &setup, &own);
        }
    } else {
        exit_code = join_failed(cli, &setup, &enrolled, &err);
        if (enrolled.refused && setup.made) {
            home_setup_undo(&setup);
        }
        if (enrolled.refused) {
            leave_note(&setup, token, &err);
        }
    }
    home_setup_end(&setup);
    return exit_code;
}

enum exit_code run_join(struct cli *cli)
{
    struct token token;
    struct err err = {OK, ""};
    enum exit_code exit_code;

    if (token_parse(&token, cli->argv[0], &err) != OK) {
        return cli_fail(cli, EXIT_REFUSED, "bad_token", "token_unreadable why=%s", err.text);
    }
    if (cli->value[OPT_RECOVER] != NULL) {
        exit_code = recover(cli, &token);
    } else if (join_is_again(cli, &token)) {
        exit_code = join_again(cli, &token);
    } else {
        exit_code = check_policy(cli, &token);
        if (exit_code == EXIT_DONE) {
            exit_code = join(cli, &token);
        }
    }
    crypto_wipe(&token, sizeof token);
    return exit_code;
}
