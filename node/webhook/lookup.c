#include "node/webhook/lookup.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "node/webhook/url.h"
#include "proto/bytes.h"
#include "proto/message.h"

enum { STACK_BYTES = 512 << 10 };

struct lookup {
    char host[URL_HOST_MAX + 1], port[URL_PORT_MAX + 1];
    atomic_int holders; /* who asked, and the thread */
    int over;           /* eventfd */
    atomic_bool is_over;
    int code; /* this and what follows: the thread's until it is over */
    struct addrinfo *addresses;
};

static void let_go(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->holders, 1) > 1) {
        return;
    }
    if (lookup->addresses != NULL) {
        freeaddrinfo(lookup->addresses);
    }
    (void)close(lookup->over);
    mem_free(lookup);
}

static void *look(void *arg)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct lookup *lookup = arg;
    const uint64_t one = 1;

    lookup->code = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->addresses);
    atomic_store(&lookup->is_over, true);
    (void)!write(lookup->over, &one, sizeof one);
    let_go(lookup);
    return NULL;
}

/* The thread's share is given back where there is none. */
static enum status start_thread(struct lookup *lookup, struct err *err)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int code;

    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    code = pthread_create(&thread, &attributes, look, lookup);
    (void)pthread_attr_destroy(&attributes);
    if (code != 0) {
        let_go(lookup);
        return err_set(err, ERR_IO, "thread_not_started why=%s", os_reason(code));
    }
    return OK;
}

enum status lookup_begin(struct lookup **out, const char *host, const char *port, struct err *err)
{
    const int over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct lookup *lookup;

    *out = NULL;
    if (over < 0) {
        return err_set(err, ERR_IO, "%s", os_reason(errno));
    }
    lookup = mem_zalloc(sizeof *lookup);
    (void)snprintf(lookup->host, sizeof lookup->host, "%s", host);
    (void)snprintf(lookup->port, sizeof lookup->port, "%s", port);
    lookup->over = over;
    atomic_init(&lookup->holders, 2);
    if (start_thread(lookup, err) != OK) {
        let_go(lookup);
        return err->status;
    }
    *out = lookup;
    return OK;
}

bool lookup_is_of(const struct lookup *lookup, const char *host, const char *port)
{
    return strcmp(lookup->host, host) == 0 && strcmp(lookup->port, port) == 0;
}

int lookup_fd(const struct lookup *lookup)
{
    return lookup->over;
}

int lookup_take(struct lookup *lookup, struct addrinfo **addresses)
{
    assert(atomic_load(&lookup->is_over));
    *addresses = lookup->addresses;
    lookup->addresses = NULL;
    return lookup->code;
}

void lookup_leave(struct lookup *lookup)
{
    if (lookup != NULL) {
        let_go(lookup);
    }
}
