/* The one place that includes microhttpd.h. */
#include "node/api/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/api/api.h"
#include "proto/log.h"

enum {
    CONNECTIONS_MAX = 64,
    CONNECTION_MEMORY_BYTES = 128 << 10, /* headers, and the window a body is read through */
    CONNECTION_IDLE_S = 120,
    THREAD_STACK_BYTES = 4 << 20, /* reserved, not used: jansson recurses up to 2,048 deep */
    LISTEN_BACKLOG = 64,
};

#define API_PREFIX "/api/v1"

struct api {
    struct service service;
    struct MHD_Daemon *daemon;
    int listen_fd;
    char socket_path[sizeof((struct sockaddr_un *)NULL)->sun_path]; /* "" until it is ours */
};

/* One request while its body comes in. */
struct incoming {
    struct buf body;
    bool stranger, too_large;
};

/* --- the socket --- */

static bool somebody_answers(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers;

    if (fd < 0) {
        return false;
    }
    answers = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    (void)close(fd);
    return answers;
}

static enum status bind_socket(int *out, const struct sockaddr_un *address, struct err *err)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    *out = -1;
    if (fd < 0) {
        return err_set(err, ERR_IO, "socket: %s", strerror(errno));
    }
    if (somebody_answers(address)) {
        (void)close(fd);
        return err_set(err, ERR_BUSY,
                       "another terraced answers on this home's socket: stop it first");
    }
    (void)unlink(address->sun_path); /* stale: nobody listens there */
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        chmod(address->sun_path, 0600) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        (void)err_set(err, ERR_IO, "%s", strerror(errno));
        (void)close(fd);
        return err->status;
    }
    *out = fd;
    return OK;
}

static enum status open_socket(int *fd, const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *fd = -1;
    if (strlen(path) >= sizeof address.sun_path) {
        return err_set(err, ERR_CONFIG, "socket %s: the path is longer than %zu bytes", path,
                       sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (bind_socket(fd, &address, err) != OK) {
        return err_wrap(err, "socket %s", path);
    }
    return OK;
}

/* --- requests --- */

static bool owner_or_root(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t size = sizeof peer;

    return info != NULL &&
           getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static const char *query_value(void *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static enum language wanted_language(struct MHD_Connection *connection)
{
    const char *wanted =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_LANGUAGE);

    return wanted != NULL && strncmp(wanted, "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
}

static const char *session_token(struct MHD_Connection *connection)
{
    const char *value =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);

    return value != NULL && strncmp(value, "Bearer ", 7) == 0 ? value + 7 : "";
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
    struct MHD_Response *response;
    enum MHD_Result result;

    if (answer->body.size == 0) {
        buf_reserve(&answer->body, 1); /* a response wants a pointer */
    }
    response = MHD_create_response_from_buffer(answer->body.size, answer->body.data,
                                               MHD_RESPMEM_MUST_COPY);
    buf_free(&answer->body);
    if (response == NULL) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    result = MHD_queue_response(connection, (unsigned)answer->http, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_request(const struct api *api, struct MHD_Connection *connection,
                                      const char *url, const char *method,
                                      struct incoming *incoming)
{
    struct answer answer = {.http = 200, .body = BUF_EMPTY};
    struct request request = {
        .service = &api->service,
        .method = method,
        .path = url,
        .language = wanted_language(connection),
        .token = session_token(connection),
        .body = &incoming->body,
        .connection = connection,
        .query = query_value,
    };

    if (incoming->stranger) {
        answer_error(&request, &answer, API_STRANGER, NULL);
    } else if (incoming->too_large) {
        answer_error(&request, &answer, API_TOO_LARGE, NULL);
    } else if (strncmp(url, API_PREFIX "/", sizeof API_PREFIX) != 0) {
        answer_error(&request, &answer, API_NO_SUCH_PATH, NULL);
    } else {
        request.path = url + sizeof API_PREFIX - 1;
        route(&request, &answer);
    }
    return send_answer(connection, &answer);
}

/* Called once with the headers, then for each piece of the body, then once more at its end. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct incoming *incoming = *state;

    (void)version;
    if (incoming == NULL) {
        incoming = mem_zalloc(sizeof *incoming);
        incoming->stranger = !owner_or_root(connection);
        *state = incoming;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        if (incoming->stranger || incoming->body.size + *upload_size > BODY_BYTES_MAX) {
            incoming->too_large = true; /* the rest is read and forgotten */
        } else {
            buf_append(&incoming->body, upload, *upload_size);
        }
        *upload_size = 0;
        return MHD_YES;
    }
    return answer_request(arg, connection, url, method, incoming);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    struct incoming *incoming = *state;

    (void)arg;
    (void)connection;
    (void)code;
    if (incoming != NULL) {
        buf_free(&incoming->body);
        mem_free(incoming);
        *state = NULL;
    }
}

/* --- life --- */

static enum status start_daemon(struct api *api, struct err *err)
{
    api->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, on_request,
        api, MHD_OPTION_LISTEN_SOCKET, api->listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_IDLE_S, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)THREAD_STACK_BYTES, MHD_OPTION_END);
    if (api->daemon == NULL) {
        return err_set(err, ERR_IO, "start the HTTP server: %s", strerror(errno));
    }
    api->listen_fd = -1; /* the daemon closes it */
    return OK;
}

enum status api_start(struct api **out, struct node *node, const struct store *store,
                      const struct clock *clock, const char *socket_path, struct err *err)
{
    struct api *api = mem_zalloc(sizeof *api);
    enum status status;

    *out = NULL;
    api->listen_fd = -1;
    api->service = (struct service){
        .node = node,
        .store = *store,
        .self = node_config(node)->self,
        .tree = node_config(node)->tree,
        .gate = gate_open(),
        .clock = *clock,
        .sessions = sessions_open(clock),
    };
    status = open_socket(&api->listen_fd, socket_path, err);
    if (status != OK) {
        goto out;
    }
    memcpy(api->socket_path, socket_path, strlen(socket_path) + 1);
    status = start_daemon(api, err);
    if (status != OK) {
        goto out;
    }
    LOG_INFO("api.start", "socket=%s", socket_path);
    *out = api;
    api = NULL;
out:
    api_stop(api);
    return status;
}

void api_stop(struct api *api)
{
    if (api == NULL) {
        return;
    }
    gate_shut(api->service.gate);
    if (api->socket_path[0] != '\0') {
        (void)unlink(api->socket_path);
    }
    if (api->daemon != NULL) {
        MHD_stop_daemon(api->daemon);
    }
    if (api->listen_fd >= 0) {
        (void)close(api->listen_fd);
    }
    sessions_close(api->service.sessions);
    gate_unref(api->service.gate);
    mem_free(api);
}
