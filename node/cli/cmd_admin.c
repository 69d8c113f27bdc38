/* cmd_admin - subcommands that ask the node to do one thing. */
#include <stdio.h>

#include "node/cli/client.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* --- pause, resume --- */

static void show_peer(const struct cli *cli, const json_t *answer)
{
    (void)printf("%s %s\n", member(answer, "division"),
                 text_term(cli->language, member(answer, "state")));
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
    cli_tell(cli, stdout,
             "verify_sound divisions=%" JSON_INTEGER_FORMAT " blocks=%" JSON_INTEGER_FORMAT
             " entries=%" JSON_INTEGER_FORMAT " signatures=%" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(answer, "divisions")),
             json_integer_value(json_object_get(answer, "blocks")),
             json_integer_value(json_object_get(answer, "entries")),
             json_integer_value(json_object_get(answer, "signatures")));
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* What lacks an approval, and where a ledger stands: no faults of this node, and said all the same.
 */
static void show_author(const struct cli *cli, FILE *to, const json_t *author)
{
    const json_t *unapproved = json_object_get(author, "unapproved");
    const json_t *stopped = json_object_get(author, "stopped");

    cli_tell(cli, to, "verify_author division=%s name=%s faults=%" JSON_INTEGER_FORMAT,
             member(author, "division"), member(author, "name"), number(author, "faults"));
    if (number(unapproved, "count") > 0) {
        cli_tell(cli, to, "verify_unapproved count=%" JSON_INTEGER_FORMAT " amount=%s",
                 number(unapproved, "count"), member(unapproved, "amount"));
    }
    if (json_is_object(stopped)) {
        cli_tell(cli, to,
                 "verify_stopped lsn=%" JSON_INTEGER_FORMAT " kind=%" JSON_INTEGER_FORMAT
                 " format=%" JSON_INTEGER_FORMAT " written=%s",
                 number(stopped, "lsn"), number(stopped, "kind"), number(stopped, "format"),
                 member(stopped, "written"));
    }
}

static void show_authors(const struct cli *cli, const json_t *answer)
{
    const json_t *authors = json_object_get(answer, "authors");

    for (size_t i = 0; i < json_array_size(authors); i++) {
        show_author(cli, stdout, json_array_get(authors, i));
    }
}

/* Author by author, every fault that the node put into words, a line each; and how many it did
 * not. */
static void show_faults(const struct cli *cli, const json_t *answer)
{
    const json_t *faults = json_object_get(answer, "faults");
    const json_t *authors = json_object_get(answer, "authors");
    const json_int_t total = number(answer, "fault_count");
    size_t at = 0;

    for (size_t i = 0; i < json_array_size(authors); i++) {
        const json_t *author = json_array_get(authors, i);
        const size_t end = at + (size_t)number(author, "faults");

        show_author(cli, stderr, author);
        for (; at < end; at++) {
            cli_warn(cli, "verify_failed why=%s", member(json_array_get(faults, at), "fault"));
        }
    }
    for (; at < json_array_size(faults); at++) { /* without grants there are no authors */
        cli_warn(cli, "verify_failed why=%s", member(json_array_get(faults, at), "fault"));
    }
    if (total > (json_int_t)at) {
        cli_warn(cli, "verify_more faults=%" JSON_INTEGER_FORMAT, total - (json_int_t)at);
    }
}

enum exit_code run_verify(struct cli *cli)
{
    const char *body = cli->value[OPT_DEEP] != NULL ? "{\"deep\":true}" : "{\"deep\":false}";
    json_t *answer;
    enum exit_code exit_code = client_open(cli);

    if (exit_code ==
        EXIT_DONE) { /* a node that hangs is not waited for as long as one that reads */
        exit_code = client_answers(cli, WAIT_LOOK_S);
    }
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
        show_faults(cli, answer);
        exit_code = EXIT_VERIFY;
    } else if (!cli_json(cli)) {
        show_verified(cli, answer);
        show_authors(cli, answer);
    }
    json_decref(answer);
    return exit_code;
}
