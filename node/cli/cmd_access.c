/* cmd_access - `terrace sessions` and `terrace token`: who is let in, and what with. */
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/client.h"
#include "node/cli/print.h"
#include "replicator/trust/crypto.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* Prints the rows of an answer (taken), or all of it as JSON. */
static void show_rows(const struct cli *cli, json_t *answer, const struct column *columns,
                      size_t count)
{
    if (cli_json(cli)) {
        print_json(stdout, answer);
    } else {
        print_table(stdout, columns, count, json_object_get(answer, "rows"), cli->language);
    }
    json_decref(answer);
}

/* Asks to end what the path names; `done` is the message of its end, made by the caller. */
static enum exit_code end(struct cli *cli, const char *path, const char *name, const char *done)
{
    json_t *answer = NULL;
    const enum exit_code exit_code = client_delete(cli, path, name, &answer);

    if (exit_code == EXIT_DONE && cli_json(cli)) {
        print_json(stdout, answer);
    } else if (exit_code == EXIT_DONE) {
        cli_tell(cli, stdout, "%s", done);
    }
    json_decref(answer);
    return exit_code;
}

/* --- sessions --- */

static enum exit_code list_sessions(struct cli *cli)
{
    static const struct column columns[] = {
        {"id", "session", CELL_NUMBER},    {"name", "user", CELL_TEXT},
        {"address", "address", CELL_TEXT}, {"since", "since", CELL_TIME},
        {"used", "used", CELL_TIME},       {"idle_until", "idle_until", CELL_TIME},
        {"until", "until", CELL_TIME},
    };
    json_t *answer;
    const enum exit_code exit_code = client_json(cli, "/sessions", BYTES_NONE, &answer);

    if (exit_code == EXIT_DONE) {
        show_rows(cli, answer, columns, COUNT_OF(columns));
    }
    return exit_code;
}

enum exit_code run_sessions(struct cli *cli)
{
    const char *id = cli->value[OPT_END];
    char done[MESSAGE_BYTES_MAX];
    const enum exit_code exit_code = client_open(cli);

    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (id == NULL) {
        return list_sessions(cli);
    }
    message_format(done, sizeof done, "session_ended id=%s", id);
    return end(cli, "/sessions/", id, done);
}

/* --- tokens --- */

static json_t *token_object(const struct cli *cli, const char *name)
{
    json_t *object = json_pack("{ss}", "name", name);
    json_t *roles = json_array();

    for (const char *typed = cli->roles; *typed != '\0';) {
        const size_t size = strcspn(typed, ",");
        if (size > 0) {
            (void)json_array_append_new(roles, json_stringn(typed, size));
        }
        typed += size + (typed[size] == ',');
    }
    if (object == NULL) {
        json_decref(roles);
        return NULL;
    }
    (void)json_object_set_new(object, "roles", roles);
    if (cli->value[OPT_DAYS] != NULL) {
        (void)json_object_set_new(object, "days",
                                  json_integer(strtol(cli->value[OPT_DAYS], NULL, 10)));
    }
    return object;
}

static void show_token(const struct cli *cli, const json_t *answer)
{
    char local[LOCAL_TIME_BYTES_MAX];

    if (cli_json(cli)) {
        print_json(stdout, answer);
        return;
    }
    (void)printf("%s\n", member(answer, "token"));
    cli_tell(cli, stderr, "access_token_made name=%s expires=%s", member(answer, "name"),
             time_local(local, member(answer, "expires")));
}

static enum exit_code add_token(struct cli *cli, const char *name)
{
    json_t *object = token_object(cli, name), *answer = NULL;
    char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    enum exit_code exit_code;

    if (body == NULL) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "typed_not_utf8");
    } else {
        exit_code = client_json(cli, "/tokens", bytes_text(body), &answer);
    }
    if (exit_code == EXIT_DONE) {
        show_token(cli, answer);
    }
    json_decref(answer);
    json_decref(object);
    mem_free(body);
    return exit_code;
}

static enum exit_code list_tokens(struct cli *cli)
{
    static const struct column columns[] = {
        {"name", "token", CELL_TEXT},      {"roles", "roles", CELL_WORD},
        {"maker", "made_by", CELL_TEXT},   {"made", "made", CELL_TIME},
        {"expires", "expires", CELL_TIME}, {"used", "used", CELL_TIME},
    };
    json_t *answer;
    const enum exit_code exit_code = client_json(cli, "/tokens", BYTES_NONE, &answer);

    if (exit_code == EXIT_DONE) {
        show_rows(cli, answer, columns, COUNT_OF(columns));
    }
    return exit_code;
}

enum exit_code run_token(struct cli *cli)
{
    const char *verb = cli->argv[0];
    const bool lists = strcmp(verb, "list") == 0, adds = strcmp(verb, "add") == 0;
    char done[MESSAGE_BYTES_MAX];
    enum exit_code exit_code;

    if ((!lists && !adds && strcmp(verb, "revoke") != 0) || cli->argc != (lists ? 1 : 2)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "token_usage");
    }
    if (!lists && !adds && (strchr(cli->argv[1], '/') != NULL || strlen(cli->argv[1]) > 63)) {
        return cli_fail(cli, EXIT_REFUSED, "not_found", "access_token_unknown name=%s",
                        cli->argv[1]); /* such a name is no part of an address */
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (lists) {
        return list_tokens(cli);
    }
    if (adds) {
        return add_token(cli, cli->argv[1]);
    }
    message_format(done, sizeof done, "token_revoked name=%s", cli->argv[1]);
    return end(cli, "/tokens/", cli->argv[1], done);
}
