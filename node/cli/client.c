#include "node/cli/client.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/home/home.h"
#include "node/home/notes.h"

enum { QUERIES_MAX = 32, OPENING_TRIES = 40, OPENING_MS = 50, HTTP_UNAVAILABLE = 503 };

struct client {
    struct terrace_client *terrace;
    const char *home;
    unsigned wait_s; /* for one answer */
};

/* It opens its socket, or closes it to open it anew; whatever was asked of it was not done. */
static bool opens_anew(const struct client *client, const struct terrace_request *request,
                       enum terrace_outcome outcome, const struct terrace_answer *answer)
{
    long pid;

    return (outcome == TERRACE_UNREACHABLE ||
            (request->body == NULL && terrace_answer_http(answer) == HTTP_UNAVAILABLE &&
             strstr(terrace_answer_body(answer), "\"stopping\"") != NULL)) &&
           home_is_run(client->home, &pid);
}

static enum terrace_outcome perform_as(struct client *client, unsigned wait_s, const char *method,
                                       const char *path, struct bytes body, struct reply *reply)
{
    struct terrace_request request = TERRACE_REQUEST;
    enum terrace_outcome outcome;

    request.path = path;
    request.method = method;
    request.body = body.data;
    request.body_bytes = body.size;
    request.timeout_ms = 1000 * wait_s;
    outcome = terrace_ask(client->terrace, &request, &reply->answer);
    for (int i = 0; i < OPENING_TRIES && opens_anew(client, &request, outcome, reply->answer);
         i++) {
        terrace_answer_free(reply->answer);
        (void)poll(NULL, 0, OPENING_MS);
        outcome = terrace_ask(client->terrace, &request, &reply->answer);
    }
    reply->http = terrace_answer_http(reply->answer);
    reply->body = bytes_of((const uint8_t *)terrace_answer_body(reply->answer),
                           terrace_answer_size(reply->answer));
    return outcome;
}

static enum terrace_outcome perform(struct client *client, const char *path, struct bytes body,
                                    struct reply *reply)
{
    return perform_as(client, client->wait_s, NULL, path, body, reply);
}

/* Did the node answer, with success or not? */
static bool answered(enum terrace_outcome outcome)
{
    return outcome == TERRACE_OK || outcome == TERRACE_REFUSED;
}

/* That it runs all the same; else what its last run left, what is wrong with the home, or that it
 * must be started. */
static enum exit_code say_why_no_node(struct cli *cli, const char *home)
{
    struct buf note = BUF_EMPTY;
    struct home_config config;
    struct err err;
    enum exit_code exit_code;
    long pid;

    if (home_is_closed(home)) {
        exit_code = cli_fail(cli, EXIT_NO_NODE, "unreachable", "home_not_yours home=%s", home);
    } else if (home_is_run(home, &pid)) {
        exit_code =
            cli_fail(cli, EXIT_NO_NODE, "unreachable", "node_unheard home=%s pid=%ld", home, pid);
    } else if (home_is_read_only(home)) {
        exit_code = cli_fail(cli, EXIT_NO_NODE, "unreachable", "home_read_only home=%s", home);
    } else if (notes_end(&note, home, &err) == OK && note.size > 0) {
        exit_code = cli_fail(cli, EXIT_NO_NODE, "unreachable", "node_ended home=%s why=%s", home,
                             (const char *)note.data);
    } else if (home_load(&config, home, &err) != OK) {
        exit_code = cli_fail(cli, EXIT_NO_NODE, "unreachable", "no_node_because home=%s why=%s",
                             home, err.text);
    } else {
        exit_code = cli_fail(cli, EXIT_NO_NODE, "unreachable", "no_node_answers home=%s", home);
    }
    buf_free(&note);
    return exit_code;
}

static bool is_missing(const char *home, const char *name)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, name);
    return access(path, F_OK) != 0 && errno == ENOENT;
}

/* Nobody ever made a node there, or only began to. Where a ledger lies, one did, whatever is lost.
 */
static bool lives_nowhere(const char *home)
{
    return is_missing(home, "keys") && is_missing(home, "store");
}

/* A join that was refused left its reason. */
static enum exit_code say_nobody_lives(struct cli *cli, const char *home)
{
    struct buf note = BUF_EMPTY;
    enum exit_code exit_code;
    struct err err;

    if (notes_end(&note, home, &err) == OK && note.size > 0) {
        exit_code = cli_fail(cli, EXIT_NO_NODE, "unreachable", "no_node_joined home=%s why=%s",
                             home, (const char *)note.data);
    } else {
        exit_code = cli_fail(cli, EXIT_NO_NODE, "unreachable", "no_node_lives home=%s", home);
    }
    buf_free(&note);
    return exit_code;
}

/* Of what was asked: would an answer have told that something is written now? */
static bool is_write(const char *path, struct bytes body)
{
    return body.data != NULL && strcmp(path, "/login") != 0 && strcmp(path, "/verify") != 0;
}

static enum exit_code say_no_node(struct cli *cli, const struct reply *reply,
                                  enum terrace_outcome outcome, unsigned wait_s, bool wrote)
{
    const struct client *client = cli->client;

    if (lives_nowhere(client->home)) {
        return say_nobody_lives(cli, client->home);
    }
    if (outcome == TERRACE_UNREACHABLE) {
        return say_why_no_node(cli, client->home);
    }
    if (outcome == TERRACE_TIMED_OUT) {
        return cli_fail(cli, EXIT_NO_NODE, "unreachable",
                        wrote ? "node_hangs_writing home=%s seconds=%u"
                              : "node_hangs home=%s seconds=%u",
                        client->home, wait_s);
    }
    return cli_fail(cli, EXIT_NO_NODE, "unreachable", "node_stopped_answering home=%s said=%s",
                    client->home, terrace_answer_sentence(reply->answer));
}

static enum exit_code exit_of_http(long http)
{
    switch (http) {
    case 401:
    case 403:
    case 404:
    case 409:
        return EXIT_REFUSED;
    case 503:
        return EXIT_NO_NODE;
    default:
        return http >= 500 ? EXIT_OWN_FAILURE : EXIT_USAGE;
    }
}

/* Told once, before anything else, where it does not break what a program reads. */
static void note_damage(struct cli *cli, const json_t *answer, FILE *out)
{
    const char *damage = json_string_value(json_object_get(answer, "damaged"));
    const char *format = cli->value[OPT_FORMAT];
    char words[TEXT_BYTES_MAX];

    if (damage == NULL || cli->damage[0] != '\0') {
        return;
    }
    (void)snprintf(cli->damage, sizeof cli->damage, "%s", damage);
    if (cli_json(cli) || (format != NULL && strcmp(format, "table") != 0)) {
        out = stderr;
    }
    (void)fprintf(out, "%s\n",
                  text_say(cli->language, words, "answer_damaged damage=%s", cli->damage));
}

static enum exit_code say_error(struct cli *cli, const struct reply *reply)
{
    json_t *object = json_loadb((const char *)reply->body.data, reply->body.size, 0, NULL);
    const json_t *error = json_object_get(object, "error");
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));
    enum exit_code exit_code;

    note_damage(cli, object, stderr);
    exit_code = cli_fail(cli, exit_of_http(reply->http), code == NULL ? "failed" : code, "%s",
                         message == NULL ? "answer_unreadable" : message);

    json_decref(object);
    return exit_code;
}

static enum exit_code call(struct cli *cli, const char *method, const char *path, struct bytes body,
                           struct reply *reply)
{
    const enum terrace_outcome outcome =
        perform_as(cli->client, cli->wait_s, method, path, body, reply);

    if (!answered(outcome)) {
        return say_no_node(cli, reply, outcome, cli->wait_s, is_write(path, body));
    }
    return outcome == TERRACE_OK ? EXIT_DONE : say_error(cli, reply);
}

enum exit_code client_call(struct cli *cli, const char *path, struct bytes body,
                           struct reply *reply)
{
    return call(cli, NULL, path, body, reply);
}

static enum exit_code call_json(struct cli *cli, const char *method, const char *path,
                                struct bytes body, json_t **answer)
{
    struct reply reply = REPLY_EMPTY;
    enum exit_code exit_code = call(cli, method, path, body, &reply);

    *answer = NULL;
    if (exit_code == EXIT_DONE) {
        *answer = json_loadb((const char *)reply.body.data, reply.body.size, 0, NULL);
        if (!json_is_object(*answer)) {
            json_decref(*answer);
            *answer = NULL;
            exit_code = cli_fail(cli, EXIT_OWN_FAILURE, "failed", "answer_unreadable");
        }
        note_damage(cli, *answer, stdout);
    }
    reply_free(&reply);
    return exit_code;
}

enum exit_code client_json(struct cli *cli, const char *path, struct bytes body, json_t **answer)
{
    return call_json(cli, NULL, path, body, answer);
}

enum exit_code client_delete(struct cli *cli, const char *path, const char *name, json_t **answer)
{
    char whole[CLIENT_PATH_MAX];

    client_path(whole, path, name, NULL, 0);
    return call_json(cli, "DELETE", whole, BYTES_NONE, answer);
}

json_t *client_ask_quietly(struct cli *cli, const char *path)
{
    struct reply reply = REPLY_EMPTY;
    json_t *answer = NULL;

    if (perform(cli->client, path, BYTES_NONE, &reply) == TERRACE_OK) {
        answer = json_loadb((const char *)reply.body.data, reply.body.size, 0, NULL);
    }
    reply_free(&reply);
    return answer;
}

enum exit_code client_answers(struct cli *cli, unsigned wait_s)
{
    struct reply reply = REPLY_EMPTY;
    enum terrace_outcome outcome;
    enum exit_code exit_code = EXIT_DONE;

    wait_s = wait_s < cli->wait_s ? wait_s : cli->wait_s;
    outcome = perform_as(cli->client, wait_s, NULL, "/healthz", BYTES_NONE, &reply);
    if (!answered(outcome)) {
        exit_code = say_no_node(cli, &reply, outcome, wait_s, false);
    }
    reply_free(&reply);
    return exit_code;
}

/* --- life --- */

static enum exit_code login(struct cli *cli)
{
    char *password = cli_password(cli, cli->value[OPT_AS], false);
    struct reply reply = REPLY_EMPTY;
    enum terrace_outcome outcome;
    enum exit_code exit_code = EXIT_DONE;

    if (password == NULL) {
        return EXIT_USAGE;
    }
    outcome = terrace_login(cli->client->terrace, cli->value[OPT_AS], password, &reply.answer);
    cli_forget(password);
    reply.http = terrace_answer_http(reply.answer);
    reply.body = bytes_of((const uint8_t *)terrace_answer_body(reply.answer),
                          terrace_answer_size(reply.answer));
    if (outcome == TERRACE_MISUSE) {
        exit_code = cli_fail(cli, EXIT_USAGE, "usage", "login_not_utf8");
    } else if (outcome == TERRACE_REFUSED) {
        exit_code = say_error(cli, &reply);
    } else if (outcome != TERRACE_OK) {
        exit_code = say_no_node(cli, &reply, outcome, cli->wait_s, false);
    }
    reply_free(&reply);
    return exit_code;
}

static enum exit_code open_quietly(struct cli *cli, const char *home)
{
    struct terrace_options options = TERRACE_OPTIONS;
    struct client *client = mem_zalloc(sizeof *client);
    enum terrace_outcome outcome;

    client->home = home;
    client->wait_s = cli->wait_s;
    options.home = home;
    options.language = text_language_tag(cli->language);
    options.timeout_ms = 1000 * cli->wait_s;
    outcome = terrace_client_open(&client->terrace, &options);
    if (outcome != TERRACE_OK) {
        mem_free(client);
        return cli_fail(cli, EXIT_OWN_FAILURE, "failed", "client_failed said=%s",
                        terrace_outcome_name(outcome));
    }
    cli->client = client;
    return EXIT_DONE;
}

enum exit_code client_open(struct cli *cli)
{
    const char *home = cli_home(cli);
    struct err err;
    enum exit_code exit_code;

    if (home == NULL) {
        return EXIT_USAGE;
    }
    if (home_check_path(home, &err) != OK) {
        err.status = ERR_USAGE;
        return cli_fail_status(cli, &err);
    }
    exit_code = open_quietly(cli, home);
    if (exit_code == EXIT_DONE && cli->value[OPT_AS] != NULL) {
        exit_code = login(cli);
    }
    return exit_code;
}

void client_close(struct client *client)
{
    if (client != NULL) {
        terrace_client_close(client->terrace);
        mem_free(client);
    }
}

bool client_reachable(struct cli *cli)
{
    struct reply reply = REPLY_EMPTY;
    const char *home = cli_home(cli);
    bool reachable;

    if (home == NULL || open_quietly(cli, home) != EXIT_DONE) {
        return false;
    }
    reachable = perform(cli->client, "/healthz", BYTES_NONE, &reply) == TERRACE_OK;
    reply_free(&reply);
    return reachable;
}

void client_path(char out[CLIENT_PATH_MAX], const char *path, const char *argument,
                 const struct query *queries, size_t count)
{
    const char *pairs[2 * QUERIES_MAX + 1];
    size_t used = 0;

    assert(count <= QUERIES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (queries[i].value != NULL) {
            pairs[used++] = queries[i].name;
            pairs[used++] = queries[i].value;
        }
    }
    pairs[used] = NULL;
    (void)terrace_path(out, CLIENT_PATH_MAX, path, argument, pairs);
}
