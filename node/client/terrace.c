#include "node/client/terrace.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/client/answer.h"
#include "node/client/pin.h"

enum {
    TIMEOUT_MS = 60000,
    CONNECT_TIMEOUT_MS = 5000,
    LOGOUT_MS = 2000, /* of what nobody waits for */
    ANSWER_BYTES_MAX = 256 << 20,
    PATH_BYTES_MAX = 8192,
    HEADER_BYTES_MAX = 512,
    IDLE_MAX = 16, /* connections that are kept for later */
};

/* One request at a time. Its headers stay while the credential does. */
struct connection {
    CURL *curl;
    struct curl_slist *headers;
    unsigned long credential;
    struct connection *next;
};

struct terrace_client {
    char *base;   /* "http://terrace/api/v1", "https://HOST:PORT/api/v1" */
    char *socket; /* NULL: over the network */
    char *certificate, *pinned;
    char language[8];
    unsigned timeout_ms;
    size_t answer_bytes_max;

    pthread_mutex_t lock;
    char *token; /* under the lock, and all below */
    bool is_session;
    unsigned long credential; /* counts its changes */
    struct connection *idle;
    size_t idle_count;
};

const char *terrace_version(void)
{
    return TERRACE_VERSION;
}

static void begin_library(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* --- connections --- */

static void connection_free(struct connection *connection)
{
    if (connection != NULL) {
        curl_easy_cleanup(connection->curl);
        curl_slist_free_all(connection->headers);
        free(connection);
    }
}

/* Exactly one certificate is trusted, so the host's name says nothing more. */
static void set_trust(const struct terrace_client *client, CURL *curl)
{
    struct curl_blob blob = {client->pinned, 0, CURL_BLOB_COPY};

    if (client->pinned != NULL) {
        blob.len = strlen(client->pinned);
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    } else if (client->certificate != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, client->certificate);
    }
    if (client->pinned != NULL || client->certificate != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
        (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
}

static size_t take_piece(char *data, size_t size, size_t count, void *arg);

static struct connection *connection_new(const struct terrace_client *client)
{
    struct connection *connection = calloc(1, sizeof *connection);
    CURL *curl = connection == NULL ? NULL : curl_easy_init();

    if (curl == NULL) {
        free(connection);
        return NULL;
    }
    connection->curl = curl;
    if (client->socket != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    } else {
        set_trust(client, curl);
    }
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_piece);
    return connection;
}

/* One that is idle, else a new one. NULL: no memory. */
static struct connection *borrow(struct terrace_client *client)
{
    struct connection *connection;

    (void)pthread_mutex_lock(&client->lock);
    connection = client->idle;
    if (connection != NULL) {
        client->idle = connection->next;
        client->idle_count--;
    }
    (void)pthread_mutex_unlock(&client->lock);
    return connection != NULL ? connection : connection_new(client);
}

static void give_back(struct terrace_client *client, struct connection *connection)
{
    (void)pthread_mutex_lock(&client->lock);
    if (client->idle_count < IDLE_MAX) {
        connection->next = client->idle;
        client->idle = connection;
        client->idle_count++;
        connection = NULL;
    }
    (void)pthread_mutex_unlock(&client->lock);
    connection_free(connection);
}

/* --- headers --- */

/* False: no memory, and the list is as it was. */
static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[HEADER_BYTES_MAX];
    struct curl_slist *longer;

    if ((size_t)snprintf(line, sizeof line, "%s%s", name, value) >= sizeof line) {
        return false;
    }
    longer = curl_slist_append(*list, line);
    *list = longer != NULL ? longer : *list;
    return longer != NULL;
}

static bool add_credential(struct terrace_client *client, struct connection *connection)
{
    bool good = true;

    (void)pthread_mutex_lock(&client->lock);
    connection->credential = client->credential;
    if (client->token != NULL) {
        good = add_header(&connection->headers, "Authorization: Bearer ", client->token);
    }
    (void)pthread_mutex_unlock(&client->lock);
    return good;
}

static bool is_current(struct terrace_client *client, const struct connection *connection)
{
    bool current;

    (void)pthread_mutex_lock(&client->lock);
    current = connection->headers != NULL && connection->credential == client->credential;
    (void)pthread_mutex_unlock(&client->lock);
    return current;
}

static bool set_headers(struct terrace_client *client, struct connection *connection,
                        const struct terrace_request *request)
{
    const bool usual = request->content_type == NULL && request->if_match == NULL;
    bool good;

    if (usual && is_current(client, connection)) {
        return true;
    }
    curl_slist_free_all(connection->headers);
    connection->headers = NULL;
    good = add_header(&connection->headers, "Accept-Language: ", client->language) &&
           add_header(&connection->headers, "Expect:", "") &&
           add_header(&connection->headers, "Content-Type: ",
                      request->content_type == NULL ? "application/json" : request->content_type) &&
           (request->if_match == NULL ||
            add_header(&connection->headers, "If-Match: ", request->if_match)) &&
           add_credential(client, connection);
    if (!usual) { /* the next request has others */
        connection->credential--;
    }
    (void)curl_easy_setopt(connection->curl, CURLOPT_HTTPHEADER, connection->headers);
    return good;
}

/* --- one request --- */

struct exchange {
    CURL *curl;
    const struct terrace_request *request;
    struct terrace_answer *answer;
    bool stopped; /* by the caller */
};

static size_t take_piece(char *data, size_t size, size_t count, void *arg)
{
    struct exchange *exchange = arg;
    const struct terrace_request *request = exchange->request;
    long http = 0;

    (void)curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &http);
    if (request->piece != NULL && http >= 200 && http < 300) {
        exchange->stopped = request->piece(request->arg, data, size * count) != 0;
        return exchange->stopped ? 0 : size * count;
    }
    return answer_add(exchange->answer, data, size * count) ? size * count : 0;
}

static void set_body(CURL *curl, const struct terrace_request *request)
{
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);
    if (request->body == NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    } else {
        (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes);
    }
    if (request->method != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    }
}

static enum terrace_outcome outcome_of(CURLcode code, const struct exchange *exchange)
{
    switch (code) {
    case CURLE_OK:
        return exchange->answer->http >= 200 && exchange->answer->http < 300 ? TERRACE_OK
                                                                             : TERRACE_REFUSED;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return TERRACE_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return TERRACE_TIMED_OUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return TERRACE_NOT_TRUSTED;
    case CURLE_URL_MALFORMAT:
        return TERRACE_MISUSE;
    case CURLE_OUT_OF_MEMORY:
        return TERRACE_NO_MEMORY;
    default:
        return exchange->stopped ? TERRACE_OK : TERRACE_CUT;
    }
}

static enum terrace_outcome perform(struct terrace_client *client, struct connection *connection,
                                    struct exchange *exchange)
{
    const struct terrace_request *request = exchange->request;
    const unsigned timeout_ms = request->timeout_ms != 0 ? request->timeout_ms : client->timeout_ms;
    char url[PATH_BYTES_MAX];
    CURLcode code;

    if ((size_t)snprintf(url, sizeof url, "%s%s", client->base, request->path) >= sizeof url) {
        return answer_end(exchange->answer, TERRACE_MISUSE, NULL);
    }
    if (!set_headers(client, connection, request)) {
        return answer_end(exchange->answer, TERRACE_NO_MEMORY, NULL);
    }
    (void)curl_easy_setopt(connection->curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(connection->curl, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(connection->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    set_body(connection->curl, request);
    code = curl_easy_perform(connection->curl);
    (void)curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE, &exchange->answer->http);
    return answer_end(exchange->answer, outcome_of(code, exchange),
                      code == CURLE_OK ? NULL : curl_easy_strerror(code));
}

enum terrace_outcome terrace_ask(struct terrace_client *client,
                                 const struct terrace_request *request,
                                 struct terrace_answer **answer)
{
    struct exchange exchange = {NULL, request, answer_new(client->answer_bytes_max), false};
    struct connection *connection = exchange.answer == NULL ? NULL : borrow(client);
    enum terrace_outcome outcome = TERRACE_NO_MEMORY;

    if (connection != NULL) {
        exchange.curl = connection->curl;
        outcome = request->size != sizeof *request || request->path == NULL
                      ? answer_end(exchange.answer, TERRACE_MISUSE, NULL)
                      : perform(client, connection, &exchange);
        give_back(client, connection);
    }
    if (answer != NULL && outcome != TERRACE_NO_MEMORY) {
        *answer = exchange.answer;
        return outcome;
    }
    terrace_answer_free(exchange.answer);
    if (answer != NULL) {
        *answer = NULL;
    }
    return outcome;
}

enum terrace_outcome terrace_get(struct terrace_client *client, const char *path,
                                 struct terrace_answer **answer)
{
    struct terrace_request request = TERRACE_REQUEST;

    request.path = path;
    return terrace_ask(client, &request, answer);
}

enum terrace_outcome terrace_post(struct terrace_client *client, const char *path, const void *body,
                                  size_t body_bytes, struct terrace_answer **answer)
{
    struct terrace_request request = TERRACE_REQUEST;

    request.path = path;
    request.body = body;
    request.body_bytes = body_bytes;
    return terrace_ask(client, &request, answer);
}

/* --- who asks --- */

static void wipe(char *text)
{
    for (volatile char *at = text; at != NULL && *at != '\0'; at++) {
        *at = '\0';
    }
    free(text);
}

static void set_token(struct terrace_client *client, char *token, bool is_session)
{
    char *former;

    (void)pthread_mutex_lock(&client->lock);
    former = client->token;
    client->token = token;
    client->is_session = is_session;
    client->credential += 2; /* an odd one is that of nobody: see set_headers */
    (void)pthread_mutex_unlock(&client->lock);
    wipe(former);
}

enum terrace_outcome terrace_login(struct terrace_client *client, const char *name,
                                   const char *password, struct terrace_answer **answer)
{
    json_t *object = json_pack("{ssss}", "name", name, "password", password);
    char *body = object == NULL ? NULL : json_dumps(object, JSON_COMPACT), *token = NULL;
    struct terrace_answer *came = NULL;
    enum terrace_outcome outcome;

    if (body != NULL) {
        outcome = terrace_post(client, "/login", body, strlen(body), &came);
    } else { /* no UTF-8 */
        came = answer_new(0);
        outcome = came == NULL ? TERRACE_NO_MEMORY : answer_end(came, TERRACE_MISUSE, NULL);
    }
    if (outcome == TERRACE_OK) {
        token = answer_member(came, "token");
        outcome = token == NULL ? TERRACE_CUT : TERRACE_OK;
    }
    if (token != NULL) {
        set_token(client, token, true);
    }
    wipe(body);
    json_decref(object);
    if (answer != NULL) {
        *answer = came;
    } else {
        terrace_answer_free(came);
    }
    return outcome;
}

void terrace_logout(struct terrace_client *client)
{
    struct terrace_request request = TERRACE_REQUEST;
    bool is_session;

    (void)pthread_mutex_lock(&client->lock);
    is_session = client->is_session;
    (void)pthread_mutex_unlock(&client->lock);
    if (is_session) { /* the node wipes the unlocked key */
        request.path = "/logout";
        request.body = "{}";
        request.body_bytes = 2;
        request.timeout_ms = LOGOUT_MS;
        (void)terrace_ask(client, &request, NULL);
        set_token(client, NULL, false);
    }
}

/* --- life --- */

static char *joined(const char *front, const char *end)
{
    const size_t size = strlen(front) + strlen(end) + 1;
    char *text = malloc(size);

    if (text != NULL) {
        (void)snprintf(text, size, "%s%s", front, end);
    }
    return text;
}

static bool copy(char **out, const char *text)
{
    *out = text == NULL ? NULL : strdup(text);
    return text == NULL || *out != NULL;
}

static enum terrace_outcome take_options(struct terrace_client *client,
                                         const struct terrace_options *options)
{
    const char *spoken = options->language;

    if (options->size != sizeof *options || (options->home == NULL) == (options->url == NULL) ||
        (spoken != NULL && strlen(spoken) >= sizeof client->language) ||
        (options->url != NULL && strncmp(options->url, "https://", 8) != 0)) {
        return TERRACE_MISUSE;
    }
    (void)snprintf(client->language, sizeof client->language, "%s", spoken != NULL ? spoken : "en");
    client->timeout_ms = options->timeout_ms == 0 ? TIMEOUT_MS : options->timeout_ms;
    client->answer_bytes_max =
        options->answer_bytes_max == 0 ? ANSWER_BYTES_MAX : options->answer_bytes_max;
    if (options->home != NULL) {
        client->socket = joined(options->home, "/terrace.sock");
        client->base = joined("http://terrace", "/api/v1");
    } else {
        client->base = joined(options->url, "/api/v1");
    }
    return client->base != NULL && (options->home == NULL || client->socket != NULL) &&
                   copy(&client->token, options->token) &&
                   copy(&client->certificate, options->certificate)
               ? TERRACE_OK
               : TERRACE_NO_MEMORY;
}

enum terrace_outcome terrace_client_open(struct terrace_client **out,
                                         const struct terrace_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct terrace_client *client = calloc(1, sizeof *client);
    enum terrace_outcome outcome;

    *out = NULL;
    if (client == NULL || pthread_mutex_init(&client->lock, NULL) != 0) {
        free(client);
        return TERRACE_NO_MEMORY;
    }
    (void)pthread_once(&once, begin_library);
    outcome = take_options(client, options);
    if (outcome == TERRACE_OK && options->url != NULL && options->fingerprint != NULL) {
        outcome =
            pin_fetch(&client->pinned, options->url, options->fingerprint, client->timeout_ms);
    }
    if (outcome == TERRACE_OK) {
        *out = client;
    } else {
        terrace_client_close(client);
    }
    return outcome;
}

void terrace_client_close(struct terrace_client *client)
{
    if (client == NULL) {
        return;
    }
    terrace_logout(client);
    while (client->idle != NULL) {
        struct connection *connection = client->idle;

        client->idle = connection->next;
        connection_free(connection);
    }
    wipe(client->token);
    free(client->base);
    free(client->socket);
    free(client->certificate);
    free(client->pinned);
    (void)pthread_mutex_destroy(&client->lock);
    free(client);
}
