#include "node/cli/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/home/home.h"
#include "proto/message.h"

/* What became of a connection that was begun; 0: it is there. */
static int wait_connected(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    socklen_t size = sizeof(int);
    int failed = 0;

    if (poll(&wait, 1, REACH_MS) <= 0) {
        return ETIMEDOUT;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 ? failed : errno;
}

static int try_address(const struct addrinfo *address)
{
    const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int failed = 0;

    if (fd < 0) {
        return errno;
    }
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        failed = errno == EINPROGRESS ? wait_connected(fd) : errno;
    }
    (void)close(fd);
    return failed;
}

bool reach_endpoint(const char *endpoint, const char **why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char host[ENDPOINT_BYTES_MAX + 1];
    const char *name = strstr(endpoint, "://");
    const char *colon = strrchr(endpoint, ':');
    size_t size;
    int failed = ETIMEDOUT;

    *why = "nobody_has_that_name";
    if (name == NULL || colon <= name + 3) {
        return false;
    }
    name += 3;
    size = (size_t)(colon - name);
    if (size > 2 && name[0] == '[' && name[size - 1] == ']') { /* of IPv6 */
        name++;
        size -= 2;
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)size, name);
    if (getaddrinfo(host, colon + 1, &hints, &addresses) != 0) {
        return false;
    }
    for (const struct addrinfo *at = addresses; at != NULL && failed != 0; at = at->ai_next) {
        failed = try_address(at);
    }
    freeaddrinfo(addresses);
    *why = os_reason(failed);
    return failed == 0;
}
