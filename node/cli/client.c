#include "node/cli/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/home.h"

enum { REPLY_BYTES_MAX = 256 << 20, CONNECT_TIMEOUT_MS = 5000 };

#define API_URL "http://terrace/api/v1"

struct client {
    CURL *curl;
    struct curl_slist *headers;
    const char *home;
    char token[128];
};

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct buf *body = arg;

    if (body->size + size * count > REPLY_BYTES_MAX) {
        return 0;
    }
    buf_append(body, data, size * count);
    return size * count;
}

static void set_headers(struct client *client, const struct cli *cli)
{
    char authorization[160];

    curl_slist_free_all(client->headers);
    client->headers = curl_slist_append(NULL, cli->language == LANGUAGE_ZH ? "Accept-Language: zh"
                                                                           : "Accept-Language: en");
    client->headers = curl_slist_append(client->headers, "Expect:");
    client->headers = curl_slist_append(client->headers, "Content-Type: application/json");
    if (client->token[0] != '\0') {
        (void)snprintf(authorization, sizeof authorization, "Authorization: Bearer %s",
                       client->token);
        client->headers = curl_slist_append(client->headers, authorization);
    }
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
}

static enum exit_code login(struct cli *cli)
{
    const char *user = cli->value[OPT_AS];
    char *password = cli_password(cli, user, false);
    json_t *answer = NULL;
    enum exit_code exit_code;
    json_t *object;
    char *body;

    if (password == NULL) {
        return EXIT_USAGE;
    }
    object = json_pack("{ssss}", "name", user, "password", password);
    body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    if (body == NULL) {
        exit_code =
            cli_fail(cli, EXIT_USAGE, "usage", "%s",
                     cli_say(cli, "name and password must be UTF-8", "用户名和密码须为 UTF-8"));
    } else {
        exit_code = client_json(cli, "/login", bytes_text(body), &answer);
    }
    if (exit_code == EXIT_DONE) {
        (void)snprintf(cli->client->token, sizeof cli->client->token, "%s",
                       json_string_value(json_object_get(answer, "token")));
        set_headers(cli->client, cli);
    }
    json_decref(answer);
    json_decref(object);
    if (body != NULL) {
        crypto_wipe(body, strlen(body));
    }
    mem_free(body);
    cli_forget(password);
    return exit_code;
}

static enum exit_code open_quietly(struct cli *cli, const char *home)
{
    struct client *client = mem_zalloc(sizeof *client);
    char path[HOME_FILE_MAX];

    client->home = home;
    client->curl = curl_easy_init();
    if (client->curl == NULL) {
        mem_free(client);
        return cli_fail(cli, EXIT_OWN_FAILURE, "failed", "curl_easy_init");
    }
    home_file(path, home, "terrace.sock");
    (void)curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, path); /* copied */
    set_headers(client, cli);
    (void)curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_body);
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

static CURLcode perform(struct client *client, const char *path, struct bytes body,
                        struct reply *reply)
{
    char url[CLIENT_PATH_MAX + 64];
    CURLcode code;

    (void)snprintf(url, sizeof url, API_URL "%s", path);
    buf_clear(&reply->body);
    (void)curl_easy_setopt(client->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &reply->body);
    if (body.data == NULL) {
        (void)curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
    } else {
        (void)curl_easy_setopt(client->curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body.data);
        (void)curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    }
    code = curl_easy_perform(client->curl);
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &reply->http);
    return code;
}

void client_close(struct client *client)
{
    struct reply reply = {0, BUF_EMPTY};

    if (client == NULL) {
        return;
    }
    if (client->token[0] != '\0') { /* the node wipes the unlocked key */
        (void)perform(client, "/logout", bytes_text("{}"), &reply);
        reply_free(&reply);
    }
    crypto_wipe(client->token, sizeof client->token);
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    mem_free(client);
}

static enum exit_code say_no_node(struct cli *cli, CURLcode code)
{
    const struct client *client = cli->client;

    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
        return cli_fail(cli, EXIT_NO_NODE, "unreachable",
                        cli_say(cli, "no node answers in %s; start it: terraced --home %s",
                                "%s 没有运行中的节点；请启动：terraced --home %s"),
                        client->home, client->home);
    }
    return cli_fail(cli, EXIT_NO_NODE, "unreachable",
                    cli_say(cli,
                            "the node in %s stopped answering (%s); what it did last is not "
                            "known, and asking again does no harm",
                            "%s 的节点中断了应答（%s）；最后一步是否办成未知，重做不会重复入账"),
                    client->home, curl_easy_strerror(code));
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

static enum exit_code say_error(struct cli *cli, const struct reply *reply)
{
    json_t *object = json_loadb((const char *)reply->body.data, reply->body.size, 0, NULL);
    const json_t *error = json_object_get(object, "error");
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));
    const enum exit_code exit_code =
        cli_fail(cli, exit_of_http(reply->http), code == NULL ? "failed" : code, "%s",
                 message == NULL ? "the node's answer cannot be read" : message);

    json_decref(object);
    return exit_code;
}

enum exit_code client_call(struct cli *cli, const char *path, struct bytes body,
                           struct reply *reply)
{
    const CURLcode code = perform(cli->client, path, body, reply);

    if (code != CURLE_OK) {
        return say_no_node(cli, code);
    }
    return reply->http >= 200 && reply->http < 300 ? EXIT_DONE : say_error(cli, reply);
}

enum exit_code client_json(struct cli *cli, const char *path, struct bytes body, json_t **answer)
{
    struct reply reply = {0, BUF_EMPTY};
    enum exit_code exit_code = client_call(cli, path, body, &reply);

    *answer = NULL;
    if (exit_code == EXIT_DONE) {
        *answer = json_loadb((const char *)reply.body.data, reply.body.size, 0, NULL);
        if (!json_is_object(*answer)) {
            json_decref(*answer);
            *answer = NULL;
            exit_code =
                cli_fail(cli, EXIT_OWN_FAILURE, "failed", "%s",
                         cli_say(cli, "the node's answer cannot be read", "节点的应答无法识别"));
        }
    }
    reply_free(&reply);
    return exit_code;
}

json_t *client_ask_quietly(struct cli *cli, const char *path)
{
    struct reply reply = {0, BUF_EMPTY};
    json_t *answer = NULL;

    if (perform(cli->client, path, BYTES_NONE, &reply) == CURLE_OK && reply.http == 200) {
        answer = json_loadb((const char *)reply.body.data, reply.body.size, 0, NULL);
    }
    reply_free(&reply);
    return answer;
}

bool client_reachable(struct cli *cli)
{
    struct reply reply = {0, BUF_EMPTY};
    const char *home = cli_home(cli);
    bool reachable;

    if (home == NULL || open_quietly(cli, home) != EXIT_DONE) {
        return false;
    }
    reachable =
        perform(cli->client, "/healthz", BYTES_NONE, &reply) == CURLE_OK && reply.http == 200;
    reply_free(&reply);
    return reachable;
}

static void append_escaped(char out[CLIENT_PATH_MAX], const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t used = strlen(out);

    for (; *text != '\0' && used + 4 < CLIENT_PATH_MAX; text++) {
        if (strchr(plain, *text) != NULL) {
            out[used++] = *text;
        } else {
            used += (size_t)snprintf(out + used, 4, "%%%02X", (unsigned)(unsigned char)*text);
        }
    }
    out[used] = '\0';
}

static void append_plain(char out[CLIENT_PATH_MAX], const char *text)
{
    const size_t used = strlen(out);

    (void)snprintf(out + used, CLIENT_PATH_MAX - used, "%s", text);
}

void client_path(char out[CLIENT_PATH_MAX], const char *path, const char *argument,
                 const struct query *queries, size_t count)
{
    bool any = false;

    out[0] = '\0';
    append_plain(out, path);
    if (argument != NULL) {
        append_escaped(out, argument);
    }
    for (size_t i = 0; i < count; i++) {
        if (queries[i].value == NULL) {
            continue;
        }
        append_plain(out, any ? "&" : "?");
        append_plain(out, queries[i].name);
        append_plain(out, "=");
        append_escaped(out, queries[i].value);
        any = true;
    }
}
