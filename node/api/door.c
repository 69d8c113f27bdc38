/* A door's thread, its start and its end. */
#include "node/api/door_internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/message.h"

enum {
    FINISH_MS = 1000, /* for answers that are on their way when the server stops */
    WAIT_MS_MAX = 1000,
};

#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3"

/* --- the thread --- */

/* Until when nothing has to be done unless something happens: -1, for ever. */
static int wait_ms(const struct http_door *door)
{
    const uint64_t now_ms = door_now_ms(door), due_ms = door_followers_due(door);
    MHD_UNSIGNED_LONG_LONG library_ms = 0;
    uint64_t wait =
        door->guests == NULL && !atomic_load(&door->stopping) ? UINT64_MAX : WAIT_MS_MAX;

    if (due_ms != UINT64_MAX && (due_ms <= now_ms || due_ms - now_ms < wait)) {
        wait = due_ms <= now_ms ? 0 : due_ms - now_ms;
    }
    if (MHD_get_timeout(door->daemon, &library_ms) == MHD_YES && library_ms < wait) {
        wait = library_ms;
    }
    return wait == UINT64_MAX ? -1 : (int)wait;
}

static void wait_for_events(const struct http_door *door)
{
    struct pollfd fds[] = {{.fd = door->epoll, .events = POLLIN},
                           {.fd = door->wake, .events = POLLIN}};
    uint64_t count;

    (void)poll(fds, COUNT_OF(fds), wait_ms(door));
    if (fds[1].revents != 0) {
        (void)!read(door->wake, &count, sizeof count);
    }
}

static void turn(struct http_door *door)
{
    const uint64_t now_ms = door_now_ms(door);
    struct exchange *done = door_collect(door);

    while (done != NULL) {
        struct exchange *next = done->next;

        exchange_go_on(done, now_ms);
        done = next;
    }
    door_tell_followers(door, now_ms);
    door_sweep(door, now_ms);
    (void)MHD_run(door->daemon);
    door_near_rest(door);
}

/* Nobody new is let in; who is answered gets his answer, if he reads it soon. */
static void finish(struct http_door *door)
{
    const uint64_t until_ms = door_now_ms(door) + FINISH_MS;
    const int listen_fd = MHD_quiesce_daemon(door->daemon);

    if (listen_fd >= 0) {
        (void)close(listen_fd);
    }
    door_end_followers(door);
    while (door->running > 0 || (door->open > 0 && door_now_ms(door) < until_ms)) {
        turn(door);
        if (door->running > 0 || door->open > 0) {
            wait_for_events(door);
        }
    }
}

static void *run_door(void *arg)
{
    struct http_door *door = arg;

    while (!atomic_load(&door->stopping)) {
        wait_for_events(door);
        turn(door);
    }
    finish(door);
    return NULL;
}

/* --- life --- */

static struct MHD_Daemon *start_daemon(struct http_door *door)
{
    const struct door_config *config = &door->config;
    const bool tls = config->certificate != NULL;
    const struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)config->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)config->key},
        {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};

    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0u), 0, door_accept, door,
        door_request, door, MHD_OPTION_LISTEN_SOCKET, config->listen_fd,
        MHD_OPTION_NOTIFY_COMPLETED, door_completed, door, MHD_OPTION_NOTIFY_CONNECTION,
        door_connection, door, MHD_OPTION_CONNECTION_LIMIT, config->connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, config->header_bytes_max, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_ARRAY, tls ? secure : plain, MHD_OPTION_END);
}

static enum status start(struct http_door *door, struct err *err)
{
    const union MHD_DaemonInfo *info;

    door->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (door->wake < 0) {
        return err_set(err, ERR_IO, "http_not_started why=%s", os_reason(errno));
    }
    errno = 0;
    door->daemon = start_daemon(door);
    if (door->daemon == NULL) {
        return err_set(err, ERR_IO, "http_not_started why=%s", os_reason(errno));
    }
    info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    door->epoll = info->epoll_fd;
    if (pthread_create(&door->thread, NULL, run_door, door) != 0) {
        MHD_stop_daemon(door->daemon);
        door->daemon = NULL;
        door->config.listen_fd = -1; /* closed with it */
        return err_set(err, ERR_IO, "http_not_started why=%s", os_reason(EAGAIN));
    }
    return OK;
}

static void free_door(struct http_door *door)
{
    if (door->wake >= 0) {
        (void)close(door->wake);
    }
    door_near_end(door);
    door_work_end(door);
    mem_free(door);
}

enum status door_open(struct http_door **out, const struct door_config *config, struct err *err)
{
    struct http_door *door = mem_zalloc(sizeof *door);

    *out = NULL;
    door->config = *config;
    door->clock = config->service->clock;
    door->wake = -1;
    door_work_begin(door);
    door_near_begin(door);
    if (start(door, err) != OK) {
        if (door->daemon == NULL && door->config.listen_fd >= 0) {
            (void)close(door->config.listen_fd);
        }
        free_door(door);
        return err->status;
    }
    *out = door;
    return OK;
}

void door_committed(struct http_door *door)
{
    (void)atomic_fetch_add(&door->commits, 1);
    if (atomic_load(&door->follower_count) > 0) {
        door_wake(door);
    }
}

void door_close(struct http_door *door)
{
    if (door == NULL) {
        return;
    }
    atomic_store(&door->stopping, true);
    door_wake(door);
    (void)pthread_join(door->thread, NULL);
    MHD_stop_daemon(door->daemon);
    free_door(door);
}
