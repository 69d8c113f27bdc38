#include "tests/bench/keep_alive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 64 << 10 };

static void fail(const char *doing, const char *said)
{
    (void)fprintf(stderr, "keep_alive: %s: %.300s\n", doing, said);
    exit(1);
}

static int connect_to(const char *home)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int size = snprintf(address.sun_path, sizeof address.sun_path, "%s/terrace.sock", home);

    if (fd < 0 || size < 0 || (size_t)size >= sizeof address.sun_path ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        fail("connect", home);
    }
    return fd;
}

static void ask(int fd, const char *request, size_t size)
{
    if (send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) {
        fail("send", request);
    }
}

/* One answer, whole. */
static void read_answer(int fd)
{
    char answer[ANSWER_BYTES_MAX];
    size_t size = 0, wanted = sizeof answer - 1;

    while (size < wanted) {
        const ssize_t came = recv(fd, answer + size, wanted - size, 0);
        const char *body, *length;

        if (came <= 0) {
            fail("receive", "the connection ended");
        }
        size += (size_t)came;
        answer[size] = '\0';
        body = strstr(answer, "\r\n\r\n");
        if (body != NULL) {
            length = strstr(answer, "Content-Length: ");
            if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || length == NULL || length > body) {
                fail("answer", answer);
            }
            wanted = (size_t)(body + 4 - answer) + strtoul(length + 16, NULL, 10);
            if (wanted >= sizeof answer) {
                fail("size", answer);
            }
        }
    }
}

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t keep_alive_reads(const char *home, const char *path, uint64_t until_us)
{
    int fds[KEEP_ALIVE_CONNECTIONS];
    char request[1024];
    const int size =
        snprintf(request, sizeof request, "GET /api/v1%s HTTP/1.1\r\nHost: terrace\r\n\r\n", path);
    uint64_t count = 0;

    if (size < 0 || (size_t)size >= sizeof request) {
        fail("path", path);
    }
    for (int i = 0; i < KEEP_ALIVE_CONNECTIONS; i++) {
        fds[i] = connect_to(home);
    }
    while (now_us() < until_us) {
        for (int i = 0; i < KEEP_ALIVE_CONNECTIONS; i++) {
            ask(fds[i], request, (size_t)size);
        }
        for (int i = KEEP_ALIVE_CONNECTIONS; i-- > 0;) { /* waking it costs the node, too */
            read_answer(fds[i]);
        }
        count += KEEP_ALIVE_CONNECTIONS;
    }
    for (int i = 0; i < KEEP_ALIVE_CONNECTIONS; i++) {
        (void)close(fds[i]);
    }
    return count;
}
