/* act - subcommands that ask the node to do one thing. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/cli/client.h"
#include "node/cli/print.h"
#include "replicator/crypto.h"

/* Posts `object` (taken) and prints the answer, or hands it to `show`. */
static enum exit_code post_object(struct cli *cli, const char *path, json_t *object,
                                  void (*show)(const struct cli *cli, const json_t *answer))
{
    char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    json_t *answer = NULL;
    enum exit_code exit_code;

    if (body == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "%s",
                             cli_say(cli, "what you typed is not UTF-8", "输入的内容不是 UTF-8"));
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

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* --- approve, reject: one line of JSON a document, as submit --- */

static bool print_verdict(const struct cli *cli, struct bytes line)
{
    json_t *object = json_loadb((const char *)line.data, line.size, 0, NULL);
    const bool refused = strcmp(member(object, "status"), "refused") == 0;

    if (cli_json(cli) || isatty(STDOUT_FILENO) != 1) {
        (void)fwrite(line.data, 1, line.size, stdout);
        (void)putchar('\n');
    } else {
        print_verdict_line(cli, object, member(object, "message"));
    }
    json_decref(object);
    return !refused;
}

static void print_verdicts(const struct cli *cli, struct bytes answer, bool *refused)
{
    while (answer.size > 0) {
        const uint8_t *end = memchr(answer.data, '\n', answer.size);
        const size_t size = end == NULL ? answer.size : (size_t)(end - answer.data);

        if (size > 0 && !print_verdict(cli, bytes_of(answer.data, size))) {
            *refused = true;
        }
        answer = bytes_of(answer.data + size + (end != NULL), answer.size - size - (end != NULL));
    }
}

/* EXIT_DONE when the node answered, whatever it said of each document. */
static enum exit_code post_verdicts(struct cli *cli, const char *path, json_t *object,
                                    bool *refused)
{
    char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    struct reply reply = {0, BUF_EMPTY};
    enum exit_code exit_code;

    if (body == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "%s",
                             cli_say(cli, "what you typed is not UTF-8", "输入的内容不是 UTF-8"));
    } else {
        exit_code = client_call(cli, path, bytes_text(body), &reply);
    }
    if (exit_code == EXIT_DONE) {
        print_verdicts(cli, buf_bytes(&reply.body), refused);
    }
    reply_free(&reply);
    json_decref(object);
    mem_free(body);
    return exit_code;
}

/* What the checker has read of a document: with its hash the node refuses any other content. */
static const json_t *find_draft(const json_t *drafts, const char *id)
{
    for (size_t i = 0; i < json_array_size(drafts); i++) {
        const json_t *draft = json_array_get(drafts, i);

        if (strcmp(member(draft, "id"), id) == 0) {
            return draft;
        }
    }
    return NULL;
}

static json_t *id_with_hash(const json_t *drafts, const char *id)
{
    const json_t *draft = find_draft(drafts, id);

    return draft == NULL ? json_string(id)
                         : json_pack("{ssss}", "id", id, "hash", member(draft, "hash"));
}

/* Every field of the documents, and the question. */
static bool confirm(const struct cli *cli, const json_t *drafts)
{
    char line[16] = "";

    for (int i = 0; i < cli->argc; i++) {
        const json_t *draft = find_draft(drafts, cli->argv[i]);
        const char *name;
        json_t *value;

        print_text(stdout, cli->argv[i]);
        (void)putchar('\n');
        json_object_foreach((json_t *)(uintptr_t)draft, name, value)
        {
            if (json_is_string(value) && strcmp(name, "id") != 0 && strcmp(name, "hash") != 0) {
                (void)printf("    %-20s  ", name);
                print_text(stdout, json_string_value(value)); /* a maker typed it */
                (void)putchar('\n');
            }
        }
        if (draft == NULL) {
            (void)printf("    %s\n", cli_say(cli, "does not wait for approval", "不在待审批之列"));
        }
    }
    (void)printf("%s", cli_say(cli, "approve? [y/N] ", "批准？[y/N] "));
    (void)fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

/* On a terminal nobody approves what was not shown. *pending stays NULL for a script. */
static enum exit_code read_first(struct cli *cli, json_t **pending)
{
    enum exit_code exit_code;

    *pending = NULL;
    if (cli_json(cli) || isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
        return EXIT_DONE;
    }
    exit_code = client_json(cli, "/pending", BYTES_NONE, pending);
    if (exit_code == EXIT_DONE && !confirm(cli, json_object_get(*pending, "rows"))) {
        exit_code = EXIT_REFUSED;
    }
    return exit_code;
}

enum exit_code run_approve(struct cli *cli)
{
    enum { IDS_IN_A_POST = 1000 };
    enum exit_code exit_code = client_open(cli);
    json_t *pending = NULL;
    bool refused = false;

    if (exit_code == EXIT_DONE) {
        exit_code = read_first(cli, &pending);
    }
    for (int from = 0; exit_code == EXIT_DONE && from < cli->argc; from += IDS_IN_A_POST) {
        json_t *ids = json_array();

        for (int i = from; i < cli->argc && i < from + IDS_IN_A_POST; i++) {
            (void)json_array_append_new(
                ids, id_with_hash(json_object_get(pending, "rows"), cli->argv[i]));
        }
        exit_code = post_verdicts(cli, "/approve", json_pack("{so}", "ids", ids), &refused);
    }
    json_decref(pending);
    return exit_code == EXIT_DONE && refused ? EXIT_REFUSED : exit_code;
}

enum exit_code run_reject(struct cli *cli)
{
    enum exit_code exit_code;
    bool refused = false;

    if (cli->value[OPT_REASON] == NULL || cli->value[OPT_REASON][0] == '\0') {
        return cli_fail(
            cli, EXIT_USAGE, "usage", "%s",
            cli_say(cli, "a rejection says why: --reason TEXT", "退回须说明理由：--reason 文字"));
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    exit_code = post_verdicts(
        cli, "/reject", json_pack("{ssss}", "id", cli->argv[0], "reason", cli->value[OPT_REASON]),
        &refused);
    return exit_code == EXIT_DONE && refused ? EXIT_REFUSED : exit_code;
}

/* --- invite --- */

static void show_token(const struct cli *cli, const json_t *answer)
{
    (void)printf("%s\n", member(answer, "token"));
    (void)fprintf(stderr,
                  cli_say(cli,
                          "Good once, until %s. On the new machine:\n  terrace join TOKEN --home "
                          "DIR\n",
                          "一次有效，有效期至 %s。请在新机器上执行：\n  terrace join 令牌 --home "
                          "目录\n"),
                  member(answer, "expires"));
}

enum exit_code run_invite(struct cli *cli)
{
    enum exit_code exit_code;

    if (cli->value[OPT_NAME] == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "%s",
                        cli_say(cli, "what is the division called? --name NAME",
                                "请给出区划名称：--name 名称"));
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    return post_object(cli, "/invite",
                       json_pack("{ssss}", "division", cli->argv[0], "name", cli->value[OPT_NAME]),
                       show_token);
}

/* --- pause, resume --- */

static void show_peer(const struct cli *cli, const json_t *answer)
{
    (void)printf("%s %s\n", member(answer, "division"),
                 words_term(cli->language, member(answer, "state")));
}

static enum exit_code set_link(struct cli *cli, const char *verb)
{
    char code[64], path[CLIENT_PATH_MAX];
    enum exit_code exit_code = client_open(cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    (void)snprintf(code, sizeof code, "%.40s", cli->argv[0]);
    client_path(path, "/peers/", code, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", verb);
    return post_object(cli, path, json_object(), show_peer);
}

enum exit_code run_pause(struct cli *cli)
{
    return set_link(cli, "pause");
}

enum exit_code run_resume(struct cli *cli)
{
    return set_link(cli, "resume");
}

/* --- verify --- */

static void show_verified(const struct cli *cli, const json_t *answer)
{
    (void)printf(cli_say(cli,
                         "sound: %" JSON_INTEGER_FORMAT " divisions, %" JSON_INTEGER_FORMAT
                         " blocks, %" JSON_INTEGER_FORMAT " entries, %" JSON_INTEGER_FORMAT
                         " signatures checked\n",
                         "完好：核对 %" JSON_INTEGER_FORMAT " 个区划、%" JSON_INTEGER_FORMAT
                         " 个数据块、%" JSON_INTEGER_FORMAT " 条记录、%" JSON_INTEGER_FORMAT
                         " 个签名\n"),
                 json_integer_value(json_object_get(answer, "divisions")),
                 json_integer_value(json_object_get(answer, "blocks")),
                 json_integer_value(json_object_get(answer, "entries")),
                 json_integer_value(json_object_get(answer, "signatures")));
}

enum exit_code run_verify(struct cli *cli)
{
    const char *body = cli->value[OPT_DEEP] != NULL ? "{\"deep\":true}" : "{\"deep\":false}";
    json_t *answer;
    enum exit_code exit_code = client_open(cli);

    if (exit_code == EXIT_DONE) {
        exit_code = client_json(cli, "/verify", bytes_text(body), &answer);
    }
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    }
    if (!json_is_true(json_object_get(answer, "ok"))) {
        (void)fputs(cli_say(cli, "terrace: verification failed: ", "terrace: 复核未通过："),
                    stderr);
        print_text(stderr, member(answer, "fault"));
        (void)fputc('\n', stderr);
        exit_code = EXIT_VERIFY;
    } else if (!cli_json(cli)) {
        show_verified(cli, answer);
    }
    json_decref(answer);
    return exit_code;
}

/* --- user --- */

static void show_user(const struct cli *cli, const json_t *answer)
{
    (void)printf(cli_say(cli, "user %s is set up\n", "用户 %s 已就绪\n"), member(answer, "name"));
}

static json_t *roles_array(const char *typed)
{
    json_t *roles = json_array();

    while (*typed != '\0') {
        const size_t size = strcspn(typed, ",");
        if (size > 0) {
            (void)json_array_append_new(roles, json_stringn(typed, size));
        }
        typed += size + (typed[size] == ',');
    }
    return roles;
}

static char *new_password(const struct cli *cli)
{
    const char *given = getenv("TERRACE_NEW_PASSWORD");
    char *secret = given != NULL && given[0] != '\0'
                       ? mem_strdup(given)
                       : cli_ask_secret(cli_say(cli, "new password: ", "新密码："));

    if (secret == NULL || secret[0] == '\0') {
        cli_forget(secret);
        (void)cli_fail(cli, EXIT_USAGE, "needs_password", "%s",
                       cli_say(cli,
                               "no new password: type it on a terminal or set "
                               "$TERRACE_NEW_PASSWORD",
                               "缺少新密码：请在终端输入，或设置 $TERRACE_NEW_PASSWORD"));
        return NULL;
    }
    return secret;
}

static enum exit_code user_add(struct cli *cli, const char *name)
{
    /* $TERRACE_PASSWORD is that of whoever acts. */
    char *password = cli->value[OPT_AS] != NULL ? new_password(cli) : cli_password(cli, name, true);
    json_t *object;

    if (password == NULL) {
        return EXIT_USAGE;
    }
    object = json_pack("{ssss}", "name", name, "password", password);
    if (object != NULL && cli->roles[0] != '\0') {
        (void)json_object_set_new(object, "roles", roles_array(cli->roles));
    }
    cli_forget(password);
    return post_object(cli, "/users", object, show_user);
}

static enum exit_code user_passwd(struct cli *cli, const char *name)
{
    char *password = cli_password(cli, name, false);
    char *fresh = password == NULL ? NULL : new_password(cli);
    char path[CLIENT_PATH_MAX];
    enum exit_code exit_code = EXIT_USAGE;

    if (fresh != NULL) {
        client_path(path, "/users/", name, NULL, 0);
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/passwd");
        exit_code = post_object(
            cli, path, json_pack("{ssss}", "password", password, "new_password", fresh), show_user);
    }
    cli_forget(password);
    cli_forget(fresh);
    return exit_code;
}

static enum exit_code user_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"name", "user", "用户", CELL_TEXT},
        {"roles", "roles", "角色", CELL_WORD},
        {"enabled", "enabled", "启用", CELL_TEXT},
        {"key", "key", "公钥", CELL_TEXT},
    };
    json_t *answer;
    const enum exit_code exit_code = client_json(cli, "/users", BYTES_NONE, &answer);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "rows"),
                    cli->language);
    }
    json_decref(answer);
    return EXIT_DONE;
}

static void show_disabled(const struct cli *cli, const json_t *answer)
{
    (void)printf(cli_say(cli, "user %s can do nothing any more\n", "用户 %s 已停用\n"),
                 member(answer, "name"));
}

static enum exit_code user_disable(struct cli *cli, const char *name)
{
    char path[CLIENT_PATH_MAX];

    client_path(path, "/users/", name, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/disable");
    return post_object(cli, path, json_object(), show_disabled);
}

enum exit_code run_user(struct cli *cli)
{
    const char *verb = cli->argv[0];
    const bool lists = strcmp(verb, "list") == 0;
    const bool adds = strcmp(verb, "add") == 0;
    const bool ends = strcmp(verb, "disable") == 0;
    enum exit_code exit_code;

    if ((!lists && !adds && !ends && strcmp(verb, "passwd") != 0) || cli->argc != (lists ? 1 : 2)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "%s",
                        cli_say(cli,
                                "usage: terrace user add NAME [--role ROLE]... | user passwd "
                                "NAME | user disable NAME | user list",
                                "用法：terrace user add 用户名 [--role 角色]... | user passwd "
                                "用户名 | user disable 用户名 | user list"));
    }
    if (!lists && !adds && (strchr(cli->argv[1], '/') != NULL || strlen(cli->argv[1]) > 63)) {
        return cli_fail(cli, EXIT_REFUSED, "not_found",
                        cli_say(cli, "there is no user %s", "没有用户 %s"),
                        cli->argv[1]); /* such a name is no part of an address */
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (lists) {
        return user_list(cli);
    }
    if (ends) {
        return user_disable(cli, cli->argv[1]);
    }
    return adds ? user_add(cli, cli->argv[1]) : user_passwd(cli, cli->argv[1]);
}
