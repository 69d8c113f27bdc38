#include "node/api/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/message.h"

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >>
                24) == IN_LOOPBACKNET;
    }
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static enum status listen_on(int *out, const struct addrinfo *at, const char *endpoint, int backlog,
                             struct err *err)
{
    const int yes = 1;
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    *out = -1;
    if (fd < 0) {
        return err_set(err, ERR_IO, "socket_failed why=%s", os_reason(errno));
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, backlog) != 0) {
        (void)(errno == EADDRINUSE ? err_set(err, ERR_BUSY, "address_taken endpoint=%s", endpoint)
                                   : err_set(err, ERR_IO, "address_not_opened endpoint=%s why=%s",
                                             endpoint, os_reason(errno)));
        (void)close(fd);
        return err->status;
    }
    *out = fd;
    return OK;
}

/* The addresses of the endpoint's host; NULL when it has none. freeaddrinfo is the caller's. */
static struct addrinfo *find_address(const char *endpoint)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    const char *scheme = strstr(endpoint, "://");
    const char *host = scheme == NULL ? endpoint : scheme + 3;
    const char *colon = strrchr(host, ':');
    const size_t brackets = host[0] == '[';
    struct addrinfo *found = NULL;
    char name[256];

    if (colon == NULL) {
        return NULL;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)((size_t)(colon - host) - 2 * brackets),
                   host + brackets);
    return getaddrinfo(strcmp(name, "*") == 0 ? NULL : name, colon + 1, &hints, &found) == 0 ? found
                                                                                             : NULL;
}

enum status listener_loopback(int *fd, const char *endpoint, int backlog, struct err *err)
{
    struct addrinfo *found = find_address(endpoint);
    enum status status;

    *fd = -1;
    status = found == NULL || !is_loopback(found->ai_addr)
                 ? err_set(err, ERR_CONFIG, "metrics_not_loopback endpoint=%s", endpoint)
                 : listen_on(fd, found, endpoint, backlog, err);
    if (found != NULL) {
        freeaddrinfo(found);
    }
    return status;
}

enum status listener_open(int *fd, const char *endpoint, int backlog, struct err *err)
{
    struct addrinfo *found = find_address(endpoint);
    enum status status;

    *fd = -1;
    if (found == NULL) {
        return err_set(err, ERR_CONFIG, "address_unknown endpoint=%s", endpoint);
    }
    status = listen_on(fd, found, endpoint, backlog, err);
    freeaddrinfo(found);
    return status;
}
