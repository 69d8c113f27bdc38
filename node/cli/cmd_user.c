/* cmd_user - `terrace user`: who works here, and the keys of their browsers. */
#include <stdio.h>
#include <stdlib.h>

#include "node/cli/pages.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* What one admin asked for where two exist waits for the second; else false. */
static bool show_proposed(const struct cli *cli, const json_t *answer)
{
    if (member(answer, "proposal")[0] == '\0') {
        return false;
    }
    cli_tell(cli, stdout, "user_proposed name=%s id=%s", member(answer, "name"),
             member(answer, "proposal"));
    return true;
}

static void show_user(const struct cli *cli, const json_t *answer)
{
    if (show_proposed(cli, answer)) {
        return;
    }
    cli_tell(cli, stdout, "user_set_up name=%s", member(answer, "name"));
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
                       : cli_ask_secret(cli_row(cli, "ask_password_new"));

    if (secret == NULL || secret[0] == '\0') {
        cli_forget(secret);
        (void)cli_fail(cli, EXIT_USAGE, "needs_password", "new_password_missing");
        return NULL;
    }
    return secret;
}

/* Who vouches beside --as: his password is typed here, too. False with the error said. */
static bool add_second(const struct cli *cli, json_t *object)
{
    const char *name = cli->value[OPT_WITH], *given = getenv("TERRACE_SECOND_PASSWORD");
    char prompt[TEXT_BYTES_MAX];
    char *password;

    if (name == NULL) {
        return true;
    }
    password = given != NULL && given[0] != '\0'
                   ? mem_strdup(given)
                   : cli_ask_secret(text_say(cli->language, prompt, "ask_password name=%s", name));
    if (password == NULL || password[0] == '\0') {
        cli_forget(password);
        (void)cli_fail(cli, EXIT_USAGE, "needs_password", "second_password_missing name=%s", name);
        return false;
    }
    (void)json_object_set_new(object, "second",
                              json_pack("{ssss}", "name", name, "password", password));
    cli_forget(password);
    return true;
}

/* Posts an object to /THINGS/NAME/VERB, with the second admin where one is named. */
static enum exit_code post_vouched(struct cli *cli, const char *things, const char *name,
                                   const char *verb, json_t *object,
                                   void (*show)(const struct cli *cli, const json_t *answer))
{
    char path[CLIENT_PATH_MAX];

    if (!add_second(cli, object)) {
        json_decref(object);
        return EXIT_USAGE;
    }
    client_path(path, things, name, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", verb);
    return post_object(cli, path, object, show);
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
    if (object != NULL && !add_second(cli, object)) {
        json_decref(object);
        cli_forget(password);
        return EXIT_USAGE;
    }
    if (object != NULL && cli->roles[0] != '\0') {
        (void)json_object_set_new(object, "roles", roles_array(cli->roles));
    }
    cli_forget(password);
    return post_object(cli, "/users", object, show_user);
}

/* What programs show goes on without the password: that is said, with what ends it. */
static void show_changed(const struct cli *cli, const json_t *answer)
{
    const json_int_t tokens = json_integer_value(json_object_get(answer, "tokens"));

    show_user(cli, answer);
    if (tokens > 0 && json_is_true(json_object_get(answer, "tokens_ended"))) {
        cli_tell(cli, stdout, "user_tokens_ended tokens=%" JSON_INTEGER_FORMAT, tokens);
    } else if (tokens > 0) {
        cli_tell(cli, stdout, "user_tokens_go_on tokens=%" JSON_INTEGER_FORMAT, tokens);
    }
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
        exit_code = post_object(cli, path,
                                json_pack("{sssssb}", "password", password, "new_password", fresh,
                                          "end_tokens", cli->value[OPT_END_TOKENS] != NULL),
                                show_changed);
    }
    cli_forget(password);
    cli_forget(fresh);
    return exit_code;
}

static enum exit_code user_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"name", "user", CELL_TEXT},
        {"roles", "roles", CELL_WORD},
        {"enabled", "enabled", CELL_TEXT},
        {"key", "public_key", CELL_TEXT},
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
    if (!show_proposed(cli, answer)) {
        cli_tell(cli, stdout, "user_disabled name=%s", member(answer, "name"));
    }
}

static enum exit_code user_disable(struct cli *cli, const char *name)
{
    return post_vouched(cli, "/users/", name, "disable", json_object(), show_disabled);
}

static void show_roles(const struct cli *cli, const json_t *answer)
{
    if (!show_proposed(cli, answer)) {
        cli_tell(cli, stdout, "user_has_roles name=%s", member(answer, "name"));
    }
}

static enum exit_code user_role(struct cli *cli, const char *name)
{
    return post_vouched(cli, "/users/", name, "roles",
                        json_pack("{so}", "roles", roles_array(cli->roles)), show_roles);
}

static void show_renewed(const struct cli *cli, const json_t *answer)
{
    if (!show_proposed(cli, answer)) {
        cli_tell(cli, stdout, "user_renewed name=%s key=%s", member(answer, "name"),
                 member(answer, "key"));
    }
}

static enum exit_code user_renew(struct cli *cli, const char *name)
{
    char *password = new_password(cli);
    json_t *object;

    if (password == NULL) {
        return EXIT_USAGE;
    }
    object = json_pack("{ss}", "password", password);
    cli_forget(password);
    return post_vouched(cli, "/users/", name, "renew", object, show_renewed);
}

/* --- whose word he is --- */

static void print_link(const struct cli *cli, const json_t *row)
{
    const json_t *by = json_object_get(row, "by");
    const char *first = json_string_value(json_array_get(by, 0)),
               *second = json_string_value(json_array_get(by, 1));
    char lsn[24];

    (void)snprintf(lsn, sizeof lsn, "%" JSON_INTEGER_FORMAT,
                   json_integer_value(json_object_get(row, "lsn")));
    if (json_is_true(json_object_get(row, "founder"))) {
        cli_tell(cli, stdout, "chain_founder key=%.16s", member(row, "key"));
    } else if (!json_is_true(json_object_get(row, "counts"))) {
        cli_tell(cli, stdout, "chain_refused lsn=%s key=%.16s words=%s", lsn, member(row, "key"),
                 member(row, "why_words"));
    } else if (first == NULL) {
        cli_tell(cli, stdout, "chain_node_key lsn=%s key=%.16s", lsn, member(row, "key"));
    } else if (second == NULL) {
        cli_tell(cli, stdout, "chain_by_one lsn=%s key=%.16s first=%s", lsn, member(row, "key"),
                 first);
    } else {
        cli_tell(cli, stdout, "chain_by_two lsn=%s key=%.16s first=%s second=%s", lsn,
                 member(row, "key"), first, second);
    }
}

static void print_chain(const struct cli *cli, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "rows");

    cli_tell(cli, stdout, "chain_of name=%s division=%s vouched=%s", member(answer, "name"),
             member(answer, "division"), text_term(cli->language, member(answer, "vouched_by")));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        print_link(cli, json_array_get(rows, i));
    }
}

/* How a link is vouched for, as a word of a table. */
static const char *vouching_of(const json_t *row)
{
    const json_t *by = json_object_get(row, "by");

    if (!json_is_true(json_object_get(row, "counts"))) {
        return "unvouched";
    }
    return json_is_true(json_object_get(row, "founder")) ? "founder"
           : json_array_size(by) == 0                    ? "node_key"
           : json_array_size(by) == 1                    ? "one_admin"
                                                         : "two_admins";
}

static void print_persons(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"name", "user", CELL_TEXT},           {"roles", "roles", CELL_WORD},
        {"vouching", "vouched_by", CELL_WORD}, {"signers", "admin", CELL_TEXT},
        {"time", "time", CELL_TIME},           {"lsn", "lsn", CELL_NUMBER},
        {"why_words", "why", CELL_TEXT},
    };
    const json_t *rows = json_object_get(answer, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const json_t *by = json_object_get(row, "by");
        const char *first = json_string_value(json_array_get(by, 0)),
                   *second = json_string_value(json_array_get(by, 1));

        (void)json_object_set_new(row, "vouching", json_string(vouching_of(row)));
        (void)json_object_set_new(row, "signers",
                                  json_sprintf("%s%s%s", first == NULL ? "" : first,
                                               second == NULL ? "" : " ",
                                               second == NULL ? "" : second));
    }
    print_table(stdout, columns, COUNT_OF(columns), rows, cli->language);
    if (member(answer, "vouched")[0] != '\0') {
        cli_tell(cli, stdout, "status_vouched words=%s", member(answer, "vouched"));
    }
}

/* Of a division that is held here: all that its log says of persons, and whose word that is. */
static enum exit_code persons_of(struct cli *cli)
{
    return pages_show(cli,
                      &(struct paged){.path = "/persons",
                                      .queries = {{"division", cli->value[OPT_DIVISION]}},
                                      .rows = "rows"},
                      print_persons);
}

static enum exit_code user_show(struct cli *cli, const char *name)
{
    char path[CLIENT_PATH_MAX];

    client_path(path, "/users/", name, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/chain");
    return pages_show(cli,
                      &(struct paged){.path = path,
                                      .queries = {{"division", cli->value[OPT_DIVISION]}},
                                      .rows = "rows"},
                      print_chain);
}

/* --- keys of browsers --- */

static void print_keys(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"id", "browser_key", CELL_TEXT}, {"name", "user", CELL_TEXT},
        {"label", "browser", CELL_TEXT},  {"state", "state", CELL_WORD},
        {"asked", "asked", CELL_TIME},    {"decided", "decided", CELL_TIME},
        {"admin", "admin", CELL_TEXT},
    };

    print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "rows"), cli->language);
}

/* Of this person; NULL: of everybody whose keys the asker may see. */
static enum exit_code keys_list(struct cli *cli, const char *name)
{
    const struct paged paged = {.path = "/keys", .queries = {{"name", name}}, .rows = "rows"};

    return pages_show(cli, &paged, print_keys);
}

static void show_key(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "browser_key_is key=%s name=%s label=%s state=%s", member(answer, "id"),
             member(answer, "name"), member(answer, "label"),
             text_term(cli->language, member(answer, "state")));
    (void)show_proposed(cli, answer);
}

static enum exit_code key_say(struct cli *cli, const char *key, const char *verb)
{
    return post_vouched(cli, "/keys/", key, verb, json_object(), show_key);
}

static enum exit_code key_confirm(struct cli *cli, const char *key)
{
    return key_say(cli, key, "confirm");
}

static enum exit_code key_end(struct cli *cli, const char *key)
{
    return key_say(cli, key, "end");
}

/* --- the words behind `user` --- */

static enum exit_code user_rows(struct cli *cli, const char *nobody)
{
    (void)nobody;
    return cli->value[OPT_DIVISION] != NULL ? persons_of(cli) : user_list(cli);
}

static const struct verb {
    const char *name;
    enum exit_code (*run)(struct cli *cli, const char *argument);
    int argc_min, argc_max;
    bool is_new; /* what it names need not fit into an address */
} verbs[] = {
    {"add", user_add, 2, 2, true},
    {"passwd", user_passwd, 2, 2, false},
    {"renew", user_renew, 2, 2, false},
    {"role", user_role, 2, 2, false},
    {"show", user_show, 2, 2, false},
    {"disable", user_disable, 2, 2, false},
    {"list", user_rows, 1, 1, false},
    {"keys", keys_list, 1, 2, true},
    {"confirm-key", key_confirm, 2, 2, false},
    {"end-key", key_end, 2, 2, false},
};

enum exit_code run_user(struct cli *cli)
{
    const char *argument = cli->argc > 1 ? cli->argv[1] : NULL;
    const struct verb *verb = NULL;
    enum exit_code exit_code;

    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        verb = strcmp(verbs[i].name, cli->argv[0]) == 0 ? &verbs[i] : verb;
    }
    if (verb == NULL || cli->argc < verb->argc_min || cli->argc > verb->argc_max) {
        return cli_fail(cli, EXIT_USAGE, "usage", "user_usage");
    }
    if (!verb->is_new && argument != NULL &&
        (strchr(argument, '/') != NULL || strlen(argument) > 63)) {
        return cli_fail(cli, EXIT_REFUSED, "not_found", "user_unknown name=%s", argument);
    }
    exit_code = client_open(cli);
    return exit_code == EXIT_DONE ? verb->run(cli, argument) : exit_code;
}
