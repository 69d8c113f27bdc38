#include "node/api/server.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/api/admission.h"
#include "node/api/api_task.h"
#include "node/api/console_page.h"
#include "node/api/door.h"
#include "node/api/feed_share.h"
#include "node/api/listener.h"
#include "node/api/packed.h"
#include "node/api/roster_snapshot.h"
#include "node/api/routes.h"
#include "node/api/shared_answers.h"
#include "proto/log.h"
#include "proto/message.h"

enum {
    IDLE_MS = 120000,
    LISTEN_BACKLOG = 256,

    SOCKET_CONNECTIONS_MAX = 1024,
    SOCKET_HEADER_BYTES = 32 << 10, /* and the window a body is read through; the library clears it
                                       for each request */
    SOCKET_HELD_BYTES = 256 << 20,

    NETWORK_CONNECTIONS_MAX = 1100,
    NETWORK_PER_CLIENT_MAX = 512, /* an office behind one address has fifty browsers */
    NETWORK_HEADER_BYTES = 32 << 10,
    NETWORK_HELD_BYTES = 128 << 20,
    STRANGER_BYTES_MAX = 64 << 10, /* who logs in */

    WATCH_CONNECTIONS_MAX = 8,
    WATCH_HEADER_BYTES = 16 << 10,
    WATCH_HELD_BYTES = 64 << 20,
};

struct api {
    struct service service;
    struct workers *workers;
    struct http_door *home, *network, *watch; /* the last two NULL: no such address */
    char socket_path[sizeof((struct sockaddr_un *)NULL)->sun_path]; /* "" until it is ours */
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
        return err_set(err, ERR_IO, "socket_failed why=%s", os_reason(errno));
    }
    if (somebody_answers(address)) {
        (void)close(fd);
        return err_set(err, ERR_BUSY, "socket_answered");
    }
    (void)unlink(address->sun_path); /* stale: nobody listens there */
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        chmod(address->sun_path, 0600) != 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        (void)err_set(err, ERR_IO, "%s", os_reason(errno));
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
        return err_set(err, ERR_CONFIG, "socket_path_long path=%s bytes_max=%zu", path,
                       sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (bind_socket(fd, &address, err) != OK) {
        return err_wrap(err, "socket_not_opened path=%s", path);
    }
    return OK;
}

/* --- what is answered, in a worker's thread --- */

static void answer_socket(struct request *request, struct answer *answer)
{
    if (request->is_api) {
        route(request, answer);
    } else {
        route_watch(request, answer);
    }
}

/* The API, the same for who watches, and the console for every other address. */
static void answer_network(struct request *request, struct answer *answer)
{
    static const char *const watched[] = {"/metrics", "/healthz", "/readyz"};
    bool is_watched = false;

    for (size_t i = 0; i < COUNT_OF(watched); i++) {
        is_watched = is_watched || strcmp(request->path, watched[i]) == 0;
    }
    if (request->is_api || is_watched) {
        answer_socket(request, answer);
    } else if (strncmp(request->path, "/api", 4) == 0) {
        answer_error(request, answer, API_NO_SUCH_PATH, NULL);
    } else {
        answer_console(request, answer);
    }
}

/* Of the network: whoever shows that he is somebody. */
static bool may_send(struct request *request, struct answer *answer)
{
    return admit(request, answer, ASKS_PERSON);
}

static bool in_parts(const struct request *request)
{
    return request->is_api && route_in_parts(request);
}

static bool is_short(const struct request *request)
{
    return request->is_api && route_is_short(request);
}

static enum lane lane_of(const struct request *request, enum lane usual)
{
    static const enum lane lanes[] = {[ROUTE_READ] = LANE_READ,
                                      [ROUTE_PASSWORD] = LANE_PASSWORD,
                                      [ROUTE_LONG] = LANE_LONG,
                                      [ROUTE_WAITING] = LANE_WAITING};
    const enum route_pace pace = request->is_api ? route_pace(request->path) : ROUTE_QUICK;

    return pace == ROUTE_QUICK ? usual : lanes[pace];
}

static enum lane lane_of_socket(const struct request *request)
{
    const enum lane lane = lane_of(request, LANE_SOCKET);

    return lane == LANE_PASSWORD ? LANE_OWNER : lane;
}

static enum lane lane_of_network(const struct request *request)
{
    return lane_of(request, LANE_NETWORK);
}

static enum lane lane_of_watch(const struct request *request)
{
    (void)request;
    return LANE_WATCH;
}

/* --- the doors --- */

static enum status open_home(struct api *api, const char *path, struct err *err)
{
    struct door_config config = {.door = DOOR_SOCKET,
                                 .service = &api->service,
                                 .workers = api->workers,
                                 .connections_max = SOCKET_CONNECTIONS_MAX,
                                 .header_bytes_max = SOCKET_HEADER_BYTES,
                                 .body_bytes_max =
                                     BODY_BYTES_MAX, /* everybody's: he is the owner */
                                 .held_bytes_max = SOCKET_HELD_BYTES,
                                 .idle_ms = IDLE_MS,
                                 .answer = answer_socket,
                                 .is_short = is_short,
                                 .lane = lane_of_socket,
                                 .in_parts = in_parts,
                                 .part = route_part};
    enum status status = open_socket(&config.listen_fd, path, err);

    if (status != OK) {
        return status;
    }
    memcpy(api->socket_path, path, strlen(path) + 1);
    status = door_open(&api->home, &config, err);
    if (status == OK) {
        LOG_INFO("api.start", "socket=%s", path);
    }
    return status;
}

static enum status open_network(struct api *api, const struct api_config *given, struct err *err)
{
    struct door_config config = {.door = DOOR_TLS,
                                 .service = &api->service,
                                 .workers = api->workers,
                                 .certificate = given->certificate,
                                 .key = given->key,
                                 .connections_max = NETWORK_CONNECTIONS_MAX,
                                 .per_client_max = NETWORK_PER_CLIENT_MAX,
                                 .header_bytes_max = NETWORK_HEADER_BYTES,
                                 .body_bytes_max = BODY_BYTES_MAX,
                                 .stranger_bytes_max = STRANGER_BYTES_MAX,
                                 .held_bytes_max = NETWORK_HELD_BYTES,
                                 .idle_ms = IDLE_MS,
                                 .may_send = may_send,
                                 .answer = answer_network,
                                 .is_short = is_short,
                                 .lane = lane_of_network,
                                 .in_parts = in_parts,
                                 .part = route_part};
    enum status status = listener_open(&config.listen_fd, given->listen, LISTEN_BACKLOG, err);

    if (status == OK) {
        status = door_open(&api->network, &config, err);
    }
    if (status == OK) {
        LOG_INFO("api.listen", "address=%s fingerprint=%s", given->listen, given->fingerprint);
    }
    return status;
}

enum status api_watch(struct api *api, const char *endpoint, struct err *err)
{
    struct door_config config = {.door = DOOR_WATCH,
                                 .service = &api->service,
                                 .workers = api->workers,
                                 .connections_max = WATCH_CONNECTIONS_MAX,
                                 .header_bytes_max = WATCH_HEADER_BYTES,
                                 .body_bytes_max = WATCH_HEADER_BYTES, /* read by nobody */
                                 .held_bytes_max = WATCH_HELD_BYTES,
                                 .idle_ms = IDLE_MS, /* longer than between two scrapes */
                                 .answer = route_watch,
                                 .lane = lane_of_watch};
    enum status status = listener_loopback(&config.listen_fd, endpoint, WATCH_CONNECTIONS_MAX, err);

    if (status == OK) {
        status = door_open(&api->watch, &config, err);
    }
    if (status == OK) {
        LOG_INFO("metrics.start", "endpoint=%s", endpoint);
    }
    return status;
}

/* --- life --- */

static struct service service_of(const struct api_config *config)
{
    const struct node_config *node = node_config(config->node);

    return (struct service){
        .node = config->node,
        .store = *config->store,
        .self = node->self,
        .tree = node->tree,
        .feeds = feed_share_open(),
        .shared = shared_answers_open(),
        .packed = packed_open(),
        .rosters = roster_snapshots_open(&node->tree, node->self),
        .damage = node->damage,
        .gate = task_gate_open(),
        .clock = *config->clock,
        .sessions = sessions_open(config->clock),
        .listen = config->listen,
        .fingerprint = config->fingerprint,
        .home = config->home,
        .home_path = config->home_path,
        .archive = config->archive,
        .key_maker = config->key_maker,
    };
}

enum status api_start(struct api **out, const struct api_config *config, struct err *err)
{
    struct api *api = mem_zalloc(sizeof *api);
    enum status status;

    *out = NULL;
    api->service = service_of(config);
    status = workers_open(&api->workers, config->clock, err);
    if (status == OK) {
        status = open_home(api, config->socket_path, err);
    }
    if (status == OK && config->listen != NULL) {
        status = open_network(api, config, err);
    }
    if (status == OK) {
        *out = api;
        api = NULL;
    }
    api_stop(api);
    return status;
}

void api_committed(struct api *api)
{
    shared_answers_committed(api->service.shared);
    door_committed(api->home);
    if (api->network != NULL) {
        door_committed(api->network);
    }
}

void api_stop(struct api *api)
{
    if (api == NULL) {
        return;
    }
    task_gate_shut(api->service.gate);
    node_end_waits(api->service.node);
    if (api->socket_path[0] != '\0') {
        (void)unlink(api->socket_path);
    }
    door_close(api->network);
    door_close(api->watch);
    door_close(api->home);
    workers_close(api->workers);
    feed_share_close(api->service.feeds);
    shared_answers_close(api->service.shared);
    packed_close(api->service.packed);
    roster_snapshots_close(api->service.rosters);
    sessions_close(api->service.sessions);
    task_gate_unref(api->service.gate);
    mem_free(api);
}
