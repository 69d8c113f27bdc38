/* cmd_webhook - `terrace webhook`: other programs to which the node posts what it comes to hold. */
#include <stdio.h>

#include "node/cli/pages.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* --- add --- */

/* The secret alone on stdout: it is shown once. */
static void show_added(const struct cli *cli, const json_t *answer)
{
    (void)printf("%s\n", member(answer, "secret"));
    cli_tell(cli, stderr, "webhook_added name=%s position=%s", member(answer, "name"),
             member(answer, "position"));
}

static void set_typed(json_t *object, const char *name, const char *value)
{
    if (value != NULL) {
        (void)json_object_set_new(object, name, json_string(value));
    }
}

static enum exit_code add(struct cli *cli)
{
    json_t *object = json_pack("{ssss}", "name", cli->argv[1], "url", cli->argv[2]);

    if (object != NULL) {
        set_typed(object, "division", cli->value[OPT_DIVISION]);
        set_typed(object, "kind", cli->value[OPT_KINDS]);
        set_typed(object, "after", cli->value[OPT_AFTER]);
    }
    return post_object(cli, "/webhooks", object, show_added);
}

/* --- list, dead --- */

static void print_webhooks(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"name", "name", CELL_TEXT},
        {"state", "state", CELL_WORD},
        {"delivered", "delivered", CELL_NUMBER},
        {"last_delivered", "time", CELL_TIME},
        {"failing_since", "since", CELL_TIME},
        {"attempts", "attempts", CELL_NUMBER},
        {"dead", "dead", CELL_NUMBER},
        {"url", "url", CELL_TEXT},
        {"failure", "reason", CELL_TEXT},
    };

    print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "webhooks"),
                cli->language);
}

static enum exit_code list(struct cli *cli)
{
    json_t *answer;
    const enum exit_code exit_code = client_json(cli, "/webhooks", BYTES_NONE, &answer);

    if (exit_code == EXIT_DONE && cli_json(cli)) {
        print_json(stdout, answer);
    } else if (exit_code == EXIT_DONE) {
        print_webhooks(cli, answer);
    }
    json_decref(answer);
    return exit_code;
}

static void print_letters(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"position", "feed_position", CELL_TEXT},
        {"time", "time", CELL_TIME},
        {"failure", "reason", CELL_TEXT},
    };

    print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "rows"), cli->language);
}

/* --- of one --- */

static void name_path(const struct cli *cli, const char *verb, char out[CLIENT_PATH_MAX])
{
    char name[128];

    (void)snprintf(name, sizeof name, "%.60s", cli->argv[1]);
    client_path(out, "/webhooks/", name, NULL, 0);
    (void)snprintf(out + strlen(out), CLIENT_PATH_MAX - strlen(out), "/%s", verb);
}

static enum exit_code dead(struct cli *cli)
{
    char path[CLIENT_PATH_MAX];
    const struct paged paged = {.path = path, .rows = "rows"};

    name_path(cli, "dead", path);
    return pages_show(cli, &paged, print_letters);
}

static void show_removed(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "webhook_removed name=%s", member(answer, "name"));
}

static enum exit_code delete (struct cli *cli) {
    char path[CLIENT_PATH_MAX];

    name_path(cli, "remove", path);
    return post_object(cli, path, json_object(), show_removed);
}

static void show_replayed(const struct cli *cli, const json_t *answer)
{
    const json_t *letters = json_object_get(answer, "letters");

    if (letters == NULL) {
        cli_tell(cli, stdout, "webhook_replayed name=%s", member(answer, "name"));
    } else {
        cli_tell(cli, stdout, "webhook_letters_replayed name=%s letters=%" JSON_INTEGER_FORMAT,
                 member(answer, "name"), json_integer_value(letters));
    }
}

static enum exit_code replay(struct cli *cli)
{
    json_t *object = json_object();
    char path[CLIENT_PATH_MAX];

    name_path(cli, "replay", path);
    set_typed(object, "after", cli->value[OPT_AFTER]);
    return post_object(cli, path, object, show_replayed);
}

/* --- which --- */

static const struct verb {
    const char *name;
    int arguments; /* behind it */
    enum exit_code (*run)(struct cli *cli);
} verbs[] = {
    {"add", 2, add},       {"list", 0, list},     {"dead", 1, dead},
    {"replay", 1, replay}, {"remove", 1, delete},
};

enum exit_code run_webhook(struct cli *cli)
{
    enum exit_code exit_code;

    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strcmp(verbs[i].name, cli->argv[0]) == 0 && cli->argc == 1 + verbs[i].arguments) {
            exit_code = client_open(cli);
            return exit_code == EXIT_DONE ? verbs[i].run(cli) : exit_code;
        }
    }
    return cli_fail(cli, EXIT_USAGE, "usage", "webhook_usage");
}
