/* join - a new home, enrolled with the running parent by a token.
 *
 *   keys made here --> request over the enrolment socket --> grant chain, checked against the
 *   token --> grants and config written --> confirm: the token is spent
 *
 * A grant cannot be taken back. So what this node wants is compared with the token before it asks,
 * and keys are removed again only when the parent said no. In any other case it may have granted
 * them (no answer came, or one that we cannot trust, or this disk failed): the keys stay, and the
 * same join again gets the same answer. */
#include <stdio.h>

#include "node/cli/founding.h"
#include "node/cli/print.h"
#include "node/system_clock.h"
#include "replicator/enrol_zmq.h"

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

static enum status ask_parent(const struct founding *founding, const struct token *token,
                              struct enrolled *enrolled, struct err *err)
{
    const struct clock clock = system_clock();
    struct buf request = BUF_EMPTY, answer = BUF_EMPTY;
    enum status status;

    enrol_request(&request, token, &founding->keys->identity, founding->keys->curve.public,
                  founding->config.listen, clock_unix_ms(&clock));
    status =
        enrol_zmq_request(token, &founding->keys->curve, buf_bytes(&request), &answer, 0, 0, err);
    if (status == OK) {
        status = enrol_accept(enrolled, token, &founding->keys->identity, buf_bytes(&answer), err);
    }
    buf_free(&request);
    buf_free(&answer);
    return status;
}

/* Not confirmed, the token stays good for exactly these keys until it expires: no harm. */
static void confirm(const struct cli *cli, const struct founding *founding,
                    const struct token *token)
{
    struct buf request = BUF_EMPTY, answer = BUF_EMPTY;
    struct err err;

    enrol_confirm(&request, token, &founding->keys->identity);
    if (enrol_zmq_request(token, &founding->keys->curve, buf_bytes(&request), &answer, 0, 0,
                          &err) != OK ||
        enrol_confirmed(buf_bytes(&answer), &err) != OK) {
        (void)fprintf(stderr,
                      cli_say(cli, "terrace: joined, but the parent was not told: %s\n",
                              "terrace: 已入网，但未能通知上级：%s\n"),
                      err.text);
    }
    buf_free(&request);
    buf_free(&answer);
}

static bool got_no_answer(enum status status)
{
    return status == ERR_UNREACHABLE || status == ERR_IO || status == ERR_CONFIG;
}

static enum exit_code say_failed(const struct cli *cli, const struct founding *founding,
                                 const struct enrolled *enrolled, const struct err *err)
{
    char words[WORDS_BYTES_MAX];
    const char *why = words_in(cli->language, words, err->text);

    if (enrolled->refused) {
        return cli_fail(
            cli, EXIT_REFUSED, status_name(err->status),
            cli_say(cli, "%s; the parent can give another token", "%s；可请上级重新签发令牌"), why);
    }
    if (got_no_answer(err->status)) {
        return cli_fail(cli, EXIT_NO_NODE, "unreachable",
                        cli_say(cli,
                                "the parent does not answer: %s; is terraced running there? the "
                                "new keys stay in %s, so the same command may be given again",
                                "上级没有应答：%s；上级的 terraced 在运行吗？新密钥保留在 %s，"
                                "可原样重试"),
                        why, founding->home);
    }
    return cli_fail(cli, EXIT_REFUSED, status_name(err->status),
                    cli_say(cli,
                            "the parent's answer is not what the token promised: %s; it may have "
                            "granted the new keys, so keep %s and ask the parent before joining "
                            "again with the same token",
                            "上级的应答与令牌不符：%s；上级可能已授权新密钥，请保留 %s，"
                            "与上级核对后用同一令牌重试"),
                    why, founding->home);
}

/* A child may be stricter than its parent, and not laxer. */
static enum exit_code check_policy(const struct cli *cli, const struct token *token)
{
    const struct policy parents = {token->policy};
    char kinds[POLICY_TEXT_MAX];
    struct policy own, lacks;
    struct err err;

    if (founding_policy(&own, cli, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    lacks = policy_lacks(own, parents);
    if (lacks.kinds == 0) {
        return EXIT_DONE;
    }
    policy_print(kinds, lacks);
    return cli_fail(
        cli, EXIT_REFUSED, "policy_weaker",
        cli_say(cli,
                "the parent requires approval by two persons for %s, and a child may be "
                "stricter but not laxer: join again without --approval, or name these too",
                "上级要求 %s 双人审核，下级只能更严：请去掉 --approval，或一并列出后重新 join"),
        kinds);
}

/* A join that was repeated: the address of the first try stands in the grant, for those below. */
static enum exit_code take_listen(const struct cli *cli, struct founding *founding,
                                  const struct grant *own)
{
    char *listen = founding->config.listen;

    if (own->endpoint[0] == '\0' || strcmp(listen, own->endpoint) == 0) {
        return EXIT_DONE;
    }
    if (cli->value[OPT_LISTEN] != NULL) {
        return cli_fail(cli, EXIT_REFUSED, "listen_differs",
                        cli_say(cli,
                                "an earlier try was granted with --listen %s already: give the "
                                "same, or none",
                                "先前一次已按 --listen %s 授权：请给出同一地址，或不给"),
                        own->endpoint);
    }
    (void)snprintf(listen, sizeof founding->config.listen, "%s", own->endpoint);
    return EXIT_DONE;
}

static enum exit_code settle_in(const struct cli *cli, struct founding *founding,
                                const struct token *token, const struct enrolled *enrolled)
{
    const enum exit_code exit_code = take_listen(cli, founding, &enrolled->own);
    struct err err;

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_APPROVAL] == NULL && token->policy != 0) {
        founding->config.approval.kinds = token->policy; /* the parent's, as it came */
    }
    take_parent(&founding->config, token, enrolled);
    if (founding_finish(founding, enrolled->chain, enrolled->chain_count, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    confirm(cli, founding, token);
    return EXIT_DONE;
}

static void print_joined(const struct cli *cli, const struct founding *founding)
{
    const struct home_config *config = &founding->config;
    char fingerprint[2 * HASH_SIZE + 1], approval[POLICY_TEXT_MAX];

    policy_print(approval, config->approval);
    hex_encode(fingerprint, &config->tree, sizeof config->tree);
    if (cli_json(cli)) {
        json_t *answer = json_pack(
            "{ss ss ss ss ss ss ss ss ss}", "division", config->division.code, "name", config->name,
            "parent", config->parent.division.code, "home", founding->home, "trust_key",
            fingerprint, "listen", config->listen, "enrol", config->enrol, "approval", approval,
            "sealed", config->seal == SEAL_MACHINE ? "machine" : "passphrase");
        print_json(stdout, answer);
        json_decref(answer);
        return;
    }
    (void)printf(cli_say(cli,
                         "%s %s is enrolled below %s.\n"
                         "trust key   %s (the parent reads out the same)\n"
                         "next        terraced --home %s\n",
                         "%s %s 已在 %s 之下入网。\n"
                         "信任密钥    %s（请与上级核对一致）\n"
                         "下一步      terraced --home %s\n"),
                 config->division.code, config->name, config->parent.division.code, fingerprint,
                 founding->home);
}

static enum exit_code join(const struct cli *cli, const struct token *token)
{
    struct founding founding;
    struct enrolled enrolled = {.refused = false};
    struct err err = {OK, ""};
    enum exit_code exit_code = founding_begin(&founding, cli);

    if (exit_code != EXIT_DONE) {
        founding_end(&founding);
        return exit_code;
    }
    if (ask_parent(&founding, token, &enrolled, &err) == OK) {
        exit_code = settle_in(cli, &founding, token, &enrolled);
        enrolled_free(&enrolled);
        if (exit_code == EXIT_DONE) {
            print_joined(cli, &founding);
        }
    } else {
        exit_code = say_failed(cli, &founding, &enrolled, &err);
        if (enrolled.refused && founding.made) {
            founding_undo(&founding);
        }
    }
    founding_end(&founding);
    return exit_code;
}

enum exit_code run_join(struct cli *cli)
{
    struct token token;
    struct err err = {OK, ""};
    enum exit_code exit_code;

    if (token_parse(&token, cli->argv[0], &err) != OK) {
        return cli_fail(cli, EXIT_REFUSED, "bad_token",
                        cli_say(cli,
                                "the token cannot be read: %s; paste it whole, or ask the "
                                "parent for another",
                                "令牌无法识别：%s；请完整粘贴，或请上级重新签发"),
                        err.text);
    }
    exit_code = check_policy(cli, &token);
    if (exit_code == EXIT_DONE) {
        exit_code = join(cli, &token);
    }
    crypto_wipe(&token, sizeof token);
    return exit_code;
}
