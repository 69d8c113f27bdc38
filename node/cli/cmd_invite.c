/* cmd_invite - `terrace invite`: a token for a division below, who came with one, and a person's
 * word for those whose keys are to be compared first. `terrace amend`: what the grant of one that
 * is there says. */
#include <stdio.h>
#include <unistd.h>

#include "node/cli/home_setup.h"
#include "node/cli/pages.h"
#include "node/cli/post_object.h"
#include "node/cli/print.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* --- a new one --- */

static void show_token(const struct cli *cli, const json_t *answer)
{
    char local[LOCAL_TIME_BYTES_MAX];
    struct home_config config;
    struct err err;

    if (home_load(&config, cli_home(cli), &err) == OK) {
        home_setup_warn(cli, &config);
    }
    (void)printf("%s\n", member(answer, "token"));
    cli_tell(cli, stderr, "token_made expires=%s", time_local(local, member(answer, "expires")));
    if (json_is_true(json_object_get(answer, "hold"))) {
        cli_tell(cli, stderr, "token_holds division=%s", member(answer, "division"));
    }
    if (json_is_true(json_object_get(answer, "two"))) {
        cli_tell(cli, stderr, "token_needs_second division=%s", member(answer, "division"));
    }
}

/* What --may-grant lists; none when it was not given. */
static json_t *patterns(const struct cli *cli)
{
    const char *typed = cli->value[OPT_MAY_GRANT];
    json_t *list = json_array();
    struct grant_reach reach;

    (void)reach_parse(&reach, bytes_text(typed == NULL ? "" : typed));
    for (size_t i = 0; i < reach.count; i++) {
        (void)json_array_append_new(list, json_string(reach.pattern[i]));
    }
    return list;
}

static enum exit_code invite(struct cli *cli)
{
    const bool again = cli->value[OPT_AGAIN] != NULL, recover = cli->value[OPT_RECOVER] != NULL;

    return post_object(cli, "/invite",
                       json_pack("{ss ss so sb sb sb}", "division", cli->argv[0], "name",
                                 again || recover ? "" : cli->value[OPT_NAME], "may_grant",
                                 patterns(cli), "hold", cli->value[OPT_HOLD] != NULL, "again",
                                 again, "recover", recover),
                       show_token);
}

/* --- those that are open --- */

/* The first admins that whoever waits has named. */
static void print_admins(const struct cli *cli, const json_t *row)
{
    const json_t *admins = json_object_get(row, "admins");

    for (size_t i = 0; i < json_array_size(admins); i++) {
        const json_t *admin = json_array_get(admins, i);

        cli_tell(cli, stdout, "founder_asks division=%s name=%s fingerprint=%s",
                 member(row, "division"), member(admin, "name"), member(admin, "fingerprint"));
    }
}

static void print_invitations(const struct cli *cli, const json_t *answer)
{
    static const struct column columns[] = {
        {"division", "division", CELL_TEXT},
        {"name", "name", CELL_TEXT},
        {"state", "state", CELL_WORD},
        {"since", "since", CELL_TIME},
        {"expires", "expires", CELL_TIME},
        {"invited_by", "invited_by", CELL_TEXT},
        {"accepted_by", "accepted_by", CELL_TEXT},
        {"asked", "asked", CELL_TIME},
        {"address", "address", CELL_TEXT},
        {"fingerprint", "fingerprint", CELL_TEXT},
    };

    print_table(stdout, columns, COUNT_OF(columns), json_object_get(answer, "rows"), cli->language);
    for (size_t i = 0; i < json_array_size(json_object_get(answer, "rows")); i++) {
        print_admins(cli, json_array_get(json_object_get(answer, "rows"), i));
    }
}

static enum exit_code list(struct cli *cli)
{
    const struct paged paged = {.path = "/invitations", .rows = "rows"};

    return pages_show(cli, &paged, print_invitations);
}

/* --- a person's word --- */

static void show_admitted(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "invitation_admitted division=%s name=%s", member(answer, "division"),
             member(answer, "name"));
}

static void show_withdrawn(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "invitation_withdrawn division=%s", member(answer, "division"));
}

static enum exit_code say_to(struct cli *cli, const char *folder, const char *code,
                             const char *verb, json_t *object,
                             void (*show)(const struct cli *cli, const json_t *answer))
{
    char path[CLIENT_PATH_MAX];

    client_path(path, folder, code, NULL, 0);
    (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", verb);
    return post_object(cli, path, object, show);
}

static enum exit_code say(struct cli *cli, const char *code, const char *verb, json_t *object,
                          void (*show)(const struct cli *cli, const json_t *answer))
{
    return say_to(cli, "/invitations/", code, verb, object, show);
}

/* Four groups a line, and whether the other end reads out the same. */
static bool ask(const struct cli *cli, const json_t *row)
{
    const char *fingerprint = member(row, "fingerprint");
    char words[TEXT_BYTES_MAX], line[16] = "";

    (void)puts(text_say(cli->language, words, "ask_fingerprint division=%s name=%s address=%s",
                        member(row, "division"), member(row, "name"), member(row, "address")));
    print_admins(cli, row);
    (void)printf("\n    %.19s\n    %s\n\n%s ", fingerprint,
                 strlen(fingerprint) > 20 ? fingerprint + 20 : "", cli_row(cli, "ask_all_eight"));
    (void)fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static const json_t *row_of(const json_t *answer, const char *code)
{
    const json_t *rows = json_object_get(answer, "rows");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (strcmp(member(row, "division"), code) == 0) {
            return row;
        }
    }
    return NULL;
}

/* On a terminal nobody is let in whose groups were not shown, where somebody waits. */
static enum exit_code accept_shown(struct cli *cli, const char *code, const json_t *row)
{
    if (member(row, "fingerprint")[0] == '\0') {
        return cli_fail(cli, EXIT_REFUSED, "not_found", "nobody_waits division=%s", code);
    }
    if (ask(cli, row)) {
        return say(cli, code, "accept",
                   json_pack("{ss}", "fingerprint", member(row, "fingerprint")), show_admitted);
    }
    cli_tell(cli, stdout, "invitation_left division=%s", code);
    return EXIT_REFUSED;
}

/* A second person's yes needs no fingerprint unless the invitation holds. */
static enum exit_code accept_row(struct cli *cli, const char *code, const json_t *row)
{
    const bool on_terminal = !cli_json(cli) && isatty(STDIN_FILENO) != 0;

    if (row != NULL && !json_is_true(json_object_get(row, "hold")) &&
        (!on_terminal || member(row, "fingerprint")[0] == '\0')) {
        return say(cli, code, "accept", json_object(), show_admitted);
    }
    return on_terminal ? accept_shown(cli, code, row)
                       : cli_fail(cli, EXIT_USAGE, "usage", "accept_needs_fingerprint");
}

static enum exit_code accept(struct cli *cli, const char *code)
{
    const struct paged paged = {.path = "/invitations", .rows = "rows"};
    const char *typed = cli->value[OPT_FINGERPRINT];
    json_t *answer = NULL;
    enum exit_code exit_code;

    if (typed != NULL) {
        return say(cli, code, "accept", json_pack("{ss}", "fingerprint", typed), show_admitted);
    }
    exit_code = pages_join(cli, &paged, &answer);
    if (exit_code == EXIT_DONE) {
        exit_code = accept_row(cli, code, row_of(answer, code));
    }
    json_decref(answer);
    return exit_code;
}

/* One of the four ways, with what belongs to it. */
static bool is_one_way(const struct cli *cli)
{
    const int ways = (cli->argc == 1) + (cli->value[OPT_LIST] != NULL) +
                     (cli->value[OPT_ACCEPT] != NULL) + (cli->value[OPT_WITHDRAW] != NULL);

    return ways == 1 && (cli->argc == 1 || cli->value[OPT_HOLD] == NULL) &&
           (cli->argc == 1 || cli->value[OPT_MAY_GRANT] == NULL) &&
           (cli->argc == 1 || cli->value[OPT_AGAIN] == NULL) &&
           (cli->value[OPT_AGAIN] == NULL || cli->value[OPT_MAY_GRANT] == NULL) &&
           (cli->argc == 1) >= (cli->value[OPT_NAME] != NULL) &&
           (cli->value[OPT_RECOVER] == NULL || (cli->argc == 1 && cli->value[OPT_NAME] == NULL &&
                                                cli->value[OPT_MAY_GRANT] == NULL)) &&
           (cli->value[OPT_ACCEPT] != NULL || cli->value[OPT_FINGERPRINT] == NULL);
}

enum exit_code run_invite(struct cli *cli)
{
    enum exit_code exit_code;

    if (!is_one_way(cli)) {
        return cli_fail(cli, EXIT_USAGE, "usage", "invite_usage");
    }
    if (cli->argc == 1 && (cli->value[OPT_NAME] != NULL) + (cli->value[OPT_AGAIN] != NULL) +
                                  (cli->value[OPT_RECOVER] != NULL) !=
                              1) {
        return cli_fail(cli, EXIT_USAGE, "usage", "invite_needs_name");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (cli->value[OPT_LIST] != NULL) {
        return list(cli);
    }
    if (cli->value[OPT_WITHDRAW] != NULL) {
        return say(cli, cli->value[OPT_WITHDRAW], "withdraw", json_object(), show_withdrawn);
    }
    return cli->value[OPT_ACCEPT] != NULL ? accept(cli, cli->value[OPT_ACCEPT]) : invite(cli);
}

/* --- one that is there --- */

static void show_amended(const struct cli *cli, const json_t *answer)
{
    cli_tell(cli, stdout, "amend_asked division=%s epoch=%" JSON_INTEGER_FORMAT,
             member(answer, "division"), json_integer_value(json_object_get(answer, "epoch")));
}

enum exit_code run_amend(struct cli *cli)
{
    json_t *object;
    enum exit_code exit_code;

    if (cli->value[OPT_NAME] == NULL && cli->value[OPT_MAY_GRANT] == NULL) {
        return cli_fail(cli, EXIT_USAGE, "usage", "amend_usage");
    }
    exit_code = client_open(cli);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    object = json_object();
    if (cli->value[OPT_NAME] != NULL) {
        json_object_set_new(object, "name", json_string(cli->value[OPT_NAME]));
    }
    if (cli->value[OPT_MAY_GRANT] != NULL) {
        json_object_set_new(object, "may_grant", patterns(cli));
    }
    return say_to(cli, "/peers/", cli->argv[0], "amend", object, show_amended);
}
