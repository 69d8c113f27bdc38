/* How long a client may take, and how much a door holds. */
#include "node/api/door_internal.h"

#include <sys/socket.h>
#include <unistd.h>

enum {
    HEADERS_MS = 20000, /* from the connection's first byte, with the handshake of TLS */
    SWEEP_MS = 1000,
};

uint64_t door_now_ms(const struct http_door *door)
{
    return clock_mono_ms(&door->clock);
}

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info == NULL ? -1 : info->connect_fd;
}

static void look_at_peer(struct guest *guest)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(guest->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
        guest->is_owner = peer.uid == geteuid() || peer.uid == 0;
        guest->process = peer.pid;
    }
}

enum MHD_Result door_accept(void *arg, const struct sockaddr *address, socklen_t size)
{
    const struct http_door *door = arg;
    struct client_network network;
    unsigned count = 0;

    (void)size;
    if (door->config.per_client_max == 0 || !client_network_of(&network, address)) {
        return MHD_YES;
    }
    for (const struct guest *guest = door->guests; guest != NULL; guest = guest->next) {
        count += client_network_equal(&guest->network, &network);
    }
    return count < door->config.per_client_max ? MHD_YES : MHD_NO;
}

static struct guest *begin_guest(struct http_door *door, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct guest *guest = mem_zalloc(sizeof *guest);

    guest->fd = socket_of(connection);
    if (info != NULL && info->client_addr != NULL) {
        (void)client_network_of(&guest->network, info->client_addr);
    }
    if (door->config.door == DOOR_SOCKET) {
        look_at_peer(guest);
    }
    guest->next = door->guests;
    guest->at = &door->guests;
    if (guest->next != NULL) {
        guest->next->at = &guest->next;
    }
    door->guests = guest;
    guest_expect(guest, door, HEADERS_MS);
    return guest;
}

static void end_guest(struct guest *guest)
{
    *guest->at = guest->next;
    if (guest->next != NULL) {
        guest->next->at = guest->at;
    }
    mem_free(guest);
}

void door_connection(void *arg, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = begin_guest(arg, connection);
    } else if (*context != NULL) {
        end_guest(*context);
        *context = NULL;
    }
}

struct guest *door_guest(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void guest_expect(struct guest *guest, const struct http_door *door, uint64_t ms)
{
    guest->deadline_ms = ms == 0 ? 0 : door_now_ms(door) + ms;
}

/* The library knows no limit for a whole header or body, only for silence. A socket that is shut
 * ends its connection there the usual way. */
void door_sweep(struct http_door *door, uint64_t now_ms)
{
    if (now_ms - door->swept_ms < SWEEP_MS) {
        return;
    }
    door->swept_ms = now_ms;
    for (struct guest *guest = door->guests; guest != NULL; guest = guest->next) {
        if (guest->deadline_ms != 0 && now_ms >= guest->deadline_ms) {
            guest->deadline_ms = 0;
            (void)shutdown(guest->fd, SHUT_RDWR);
        }
    }
}

void exchange_hold(struct exchange *exchange, size_t bytes)
{
    exchange->held_bytes += bytes;
    exchange->door->held_bytes += bytes;
}

void exchange_let_go(struct exchange *exchange)
{
    exchange->door->held_bytes -= exchange->held_bytes;
    exchange->held_bytes = 0;
}
