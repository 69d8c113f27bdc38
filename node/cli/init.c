/* init - the root of a tree: its trust key, its first grant, its home.
 *
 *   trust key --signs--> grant {root division, keys, epoch 1} --> HOME/grants
 *   fingerprint of the trust key = the tree; the key's file is to leave this machine */
#include <stdio.h>

#include "node/cli/founding.h"
#include "node/cli/print.h"
#include "node/system_clock.h"

static enum status take_root(struct founding *founding, const struct cli *cli, struct err *err)
{
    const char *division = cli->value[OPT_DIVISION], *name = cli->value[OPT_NAME];

    if (cli->value[OPT_ROOT] == NULL || division == NULL || name == NULL) {
        return err_set(err, ERR_USAGE, "%s",
                       cli_say(cli,
                               "init makes the root of a new tree: init --root --division CODE "
                               "--name NAME; everybody below joins with a token",
                               "init 建立新树的根：init --root --division 区划码 --name 名称；"
                               "其余各级凭令牌 join 入网"));
    }
    if (!division_parse(&founding->config.division, bytes_text(division))) {
        return err_set(
            err, ERR_USAGE, "%s",
            cli_say(cli, "a division code is 1-9 of A-Z 0-9", "区划码为 1-9 位大写字母或数字"));
    }
    if (name[0] == '\0' || strlen(name) > NAME_BYTES_MAX || !text_plain(bytes_text(name))) {
        return err_set(err, ERR_USAGE, "%s",
                       cli_say(cli, "a name is 1-96 bytes of UTF-8 without control characters",
                               "名称为 1-96 字节的 UTF-8，不含控制字符"));
    }
    memcpy(founding->config.name, name, strlen(name) + 1);
    return OK;
}

static void make_grant(struct buf *sealed, const struct founding *founding,
                       const struct sign_key *trust)
{
    const struct clock clock = system_clock();
    struct grant grant = {.division = founding->config.division,
                          .parent = DIVISION_NONE,
                          .epoch = 1,
                          .time_ms = clock_unix_ms(&clock),
                          .policy = founding->config.approval.kinds};

    memcpy(grant.name, founding->config.name, sizeof grant.name);
    memcpy(grant.curve_key, founding->keys->curve.public, sizeof grant.curve_key);
    memcpy(grant.endpoint, founding->config.listen, sizeof grant.endpoint);
    grant_certify(&grant, &founding->config.tree, &founding->keys->identity);
    grant_seal(sealed, &grant, trust);
}

static enum status found_root(struct founding *founding, struct err *err)
{
    struct sign_key trust;
    struct buf sealed = BUF_EMPTY;
    struct bytes grant;
    enum status status;

    sign_key_generate(&trust);
    founding->config.tree = key_fingerprint(&trust.public);
    status = keys_trust_save(&trust, founding->keys_path, founding->config.seal,
                             buf_bytes(&founding->secret), err);
    if (status == OK) {
        make_grant(&sealed, founding, &trust);
        grant = buf_bytes(&sealed);
        status = founding_finish(founding, &grant, 1, err);
    }
    crypto_wipe(&trust, sizeof trust);
    buf_free(&sealed);
    return status;
}

static void print_root(const struct cli *cli, const struct founding *founding)
{
    const struct home_config *config = &founding->config;
    char fingerprint[2 * HASH_SIZE + 1], path[HOME_FILE_MAX], approval[POLICY_TEXT_MAX];

    policy_print(approval, config->approval);
    hex_encode(fingerprint, &config->tree, sizeof config->tree);
    home_file(path, founding->home, "keys/trust.key");
    if (cli_json(cli)) {
        json_t *answer = json_pack(
            "{ss ss ss ss ss ss ss ss ss}", "division", config->division.code, "name", config->name,
            "home", founding->home, "trust_key", fingerprint, "trust_key_file", path, "listen",
            config->listen, "enrol", config->enrol, "approval", approval, "sealed",
            config->seal == SEAL_MACHINE ? "machine" : "passphrase");
        print_json(stdout, answer);
        json_decref(answer);
        return;
    }
    (void)printf(cli_say(cli,
                         "%s %s is the root of a new tree.\n\n"
                         "trust key   %s\n"
                         "its file    %s\n"
                         "            Copy it to two media that are kept apart, then remove it "
                         "from this machine.\n"
                         "            Daily work never needs it; who holds it can replace this "
                         "root.\n\n"
                         "listens on  %s, enrolment on %s\n"
                         "next        terraced --home %s\n",
                         "%s %s 是新树的根。\n\n"
                         "信任密钥    %s\n"
                         "密钥文件    %s\n"
                         "            请复制到两份分开保管的介质，然后从本机删除。\n"
                         "            日常工作不需要它；持有者可以替换本根节点。\n\n"
                         "监听        %s，入网端口 %s\n"
                         "下一步      terraced --home %s\n"),
                 config->division.code, config->name, fingerprint, path, config->listen,
                 config->enrol, founding->home);
}

enum exit_code run_init(struct cli *cli)
{
    struct founding founding, options = {.home = NULL};
    struct err err = {OK, ""};
    enum exit_code exit_code;

    if (take_root(&options, cli, &err) != OK) {
        return cli_fail_status(cli, &err);
    }
    exit_code = founding_begin(&founding, cli);
    if (exit_code != EXIT_DONE) {
        founding_end(&founding);
        return exit_code;
    }
    founding.config.division = options.config.division;
    memcpy(founding.config.name, options.config.name, sizeof founding.config.name);
    if (found_root(&founding, &err) == OK) {
        print_root(cli, &founding);
    } else {
        founding_undo(&founding);
        exit_code = cli_fail_status(cli, &err);
    }
    founding_end(&founding);
    return exit_code;
}
