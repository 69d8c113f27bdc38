/* cmd_revoke - `terrace revoke CODE --reason TEXT`: a division below may no longer speak. On a
 * terminal a person types the code once more. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/cli/post_object.h"

static const char *member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void show_revoked(const struct cli *cli, const json_t *answer)
{
    if (strcmp(member(answer, "state"), "refused") == 0) {
        cli_tell(cli, stdout,
                 "revoke_refused_epochs division=%s first=%" JSON_INTEGER_FORMAT
                 " last=%" JSON_INTEGER_FORMAT,
                 member(answer, "division"), number(answer, "first_epoch"),
                 number(answer, "last_epoch"));
        return;
    }
    cli_tell(cli, stdout, "revoke_done division=%s final=%" JSON_INTEGER_FORMAT,
             member(answer, "division"), number(answer, "final_lsn"));
}

/* What is said here cannot be taken back. */
static bool ask(const struct cli *cli, const char *code)
{
    char words[TEXT_BYTES_MAX], line[32] = "";

    (void)printf("%s ", text_say(cli->language, words, "ask_revoke division=%s", code));
    (void)fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) {
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, code) == 0;
}

enum exit_code run_revoke(struct cli *cli)
{
    const char *code = cli->argv[0];
    const bool is_asked = isatty(STDIN_FILENO) != 0 && !cli_json(cli);
    char path[CLIENT_PATH_MAX];
    enum exit_code exit_code;

    if (cli->value[OPT_REASON] == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "revoke_needs_reason");
    }
    if (cli->value[OPT_YES] == NULL && !is_asked) {
        return cli_fail(cli, EXIT_USAGE, "needs_yes", "revoke_needs_yes");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_YES] == NULL && !ask(cli, code)) {
        cli_tell(cli, stdout, "revoke_left division=%s", code);
        return EXIT_REFUSED;
    }
    client_path(path, "/divisions/", code, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/revoke");
    return post_object(cli, path, json_pack("{ss}", "reason", cli->value[OPT_REASON]),
                       show_revoked);
}
