/* frame_tap - what a daemon says to its parent and hears of it, as it stands before the encryption:
 * the library writes down each whole message of a DEALER.
 *
 *   LD_PRELOAD=frame_tap.so TERRACE_TAP=FILE terraced ...
 *
 *   FILE = record ... ; record = direction(1: '>' said, '<' heard), unix_ms(8), size(4), bytes
 *
 * Thread: any. Integers are big-endian. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

static int is_dealer(void *socket)
{
    int type = 0;
    size_t size = sizeof type;

    return zmq_getsockopt(socket, ZMQ_TYPE, &type, &size) == 0 && type == ZMQ_DEALER;
}

static void put(uint8_t *out, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    }
}

/* One write a record, so that a kill leaves whole ones. */
static void note(char direction, const void *data, size_t size)
{
    enum { HEAD = 13 };
    const char *path = getenv("TERRACE_TAP");
    uint8_t *record = path == NULL ? NULL : malloc(HEAD + size);
    struct timespec now;
    int file;

    if (record == NULL) {
        return;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    record[0] = (uint8_t)direction;
    put(record + 1, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, 8);
    put(record + 9, size, 4);
    memcpy(record + HEAD, data, size);
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
        (void)!write(file, record, HEAD + size);
        (void)close(file);
    }
    free(record);
}

int zmq_send(void *socket, const void *data, size_t size, int flags)
{
    int (*next)(void *, const void *, size_t, int) = NULL;
    int sent;

    *(void **)&next = dlsym(RTLD_NEXT, "zmq_send");
    sent = next(socket, data, size, flags);
    if (sent >= 0 && (flags & ZMQ_SNDMORE) == 0 && is_dealer(socket)) {
        note('>', data, size);
    }
    return sent;
}

int zmq_msg_recv(zmq_msg_t *message, void *socket, int flags)
{
    int (*next)(zmq_msg_t *, void *, int) = NULL;
    int got;

    *(void **)&next = dlsym(RTLD_NEXT, "zmq_msg_recv");
    got = next(message, socket, flags);
    if (got >= 0 && !zmq_msg_more(message) && is_dealer(socket)) {
        note('<', zmq_msg_data(message), zmq_msg_size(message));
    }
    return got;
}
