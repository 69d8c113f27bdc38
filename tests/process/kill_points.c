/* kill_points - a daemon dies at a named place, the Nth time that it comes by there.
 *
 *   LD_PRELOAD=kill_points.so TERRACE_KILL_AT=commit.behind:3 terraced --home HOME
 *
 * A place is a call and the side of it, as in log.sync.before or frame.send.behind; what is done to
 * a file is named by the sort of the file: log, table, manifest, current, options, other (of the
 * store), folder, file (of anywhere else). kill_and_cut.py lists them.
 *
 * Thread: any. */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rocksdb/c.h>
#include <zmq.h>

static const char *place; /* NULL: nowhere */
static size_t place_size;
static unsigned times;
static atomic_uint passed;

__attribute__((constructor)) static void read_place(void)
{
    const char *at = getenv("TERRACE_KILL_AT"), *colon = at == NULL ? NULL : strrchr(at, ':');

    if (colon != NULL) {
        place_size = (size_t)(colon - at);
        times = (unsigned)strtoul(colon + 1, NULL, 10);
        place = at;
    }
}

static void pass(const char *what, const char *act, const char *side)
{
    char name[64];
    const int size = snprintf(name, sizeof name, "%s.%s.%s", what, act, side);

    if (place != NULL && (size_t)size == place_size && memcmp(name, place, place_size) == 0 &&
        atomic_fetch_add(&passed, 1) + 1 == times) {
        (void)kill(getpid(), SIGKILL);
    }
}

/* --- files --- */

static bool ends_with(const char *path, const char *end)
{
    const size_t size = strlen(path), end_size = strlen(end);

    return size >= end_size && strcmp(path + size - end_size, end) == 0;
}

static const char *sort_of(const char *path)
{
    const char *name = strrchr(path, '/');

    name = name == NULL ? path : name + 1;
    return strstr(path, "/store/") == NULL      ? "file"
           : ends_with(name, ".log")            ? "log"
           : ends_with(name, ".sst")            ? "table"
           : strncmp(name, "MANIFEST-", 9) == 0 ? "manifest"
           : strncmp(name, "OPTIONS-", 8) == 0  ? "options"
           : ends_with(name, ".dbtmp")          ? "current"
                                                : "other";
}

static const char *sort_of_fd(int fd)
{
    char link[64], path[PATH_MAX];
    struct stat stat;
    ssize_t size;

    if (place == NULL || fstat(fd, &stat) != 0) {
        return "none";
    }
    if (S_ISDIR(stat.st_mode)) {
        return "folder";
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = S_ISREG(stat.st_mode) ? readlink(link, path, sizeof path - 1) : -1;
    if (size < 0) {
        return "none";
    }
    path[size] = '\0';
    return sort_of(path);
}

int fsync(int fd)
{
    int (*next)(int) = NULL, done;
    const char *sort = sort_of_fd(fd);

    *(void **)&next = dlsym(RTLD_NEXT, "fsync");
    pass(sort, "sync", "before");
    done = next(fd);
    pass(sort, "sync", "behind");
    return done;
}

int fdatasync(int fd)
{
    int (*next)(int) = NULL, done;
    const char *sort = sort_of_fd(fd);

    *(void **)&next = dlsym(RTLD_NEXT, "fdatasync");
    pass(sort, "sync", "before");
    done = next(fd);
    pass(sort, "sync", "behind");
    return done;
}

ssize_t write(int fd, const void *data, size_t size)
{
    ssize_t (*next)(int, const void *, size_t) = NULL, done;
    const char *sort = sort_of_fd(fd);

    *(void **)&next = dlsym(RTLD_NEXT, "write");
    pass(sort, "write", "before");
    done = next(fd, data, size);
    pass(sort, "write", "behind");
    return done;
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) = NULL, done;

    *(void **)&next = dlsym(RTLD_NEXT, "rename");
    pass(sort_of(from), "rename", "before");
    done = next(from, to);
    pass(sort_of(from), "rename", "behind");
    return done;
}

int unlink(const char *path)
{
    int (*next)(const char *) = NULL, done;

    *(void **)&next = dlsym(RTLD_NEXT, "unlink");
    pass(sort_of(path), "unlink", "before");
    done = next(path);
    pass(sort_of(path), "unlink", "behind");
    return done;
}

static int make(const char *call, const char *path, int flags, mode_t mode)
{
    int (*next)(const char *, int, ...) = NULL, made;

    *(void **)&next = dlsym(RTLD_NEXT, call);
    if ((flags & O_CREAT) != 0) {
        pass(sort_of(path), "make", "before");
    }
    made = next(path, flags, mode);
    if ((flags & O_CREAT) != 0) {
        pass(sort_of(path), "make", "behind");
    }
    return made;
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list more;

    if ((flags & O_CREAT) != 0) {
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    return make("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list more;

    if ((flags & O_CREAT) != 0) {
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    return make("open64", path, flags, mode);
}

/* --- the store's commit, frames, answers --- */

void rocksdb_write(rocksdb_t *db, const rocksdb_writeoptions_t *options,
                   rocksdb_writebatch_t *batch, char **said)
{
    void (*next)(rocksdb_t *, const rocksdb_writeoptions_t *, rocksdb_writebatch_t *, char **) =
        NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "rocksdb_write");
    pass("turn", "commit", "before");
    next(db, options, batch, said);
    pass("turn", "commit", "behind");
}

int zmq_send(void *socket, const void *data, size_t size, int flags)
{
    int (*next)(void *, const void *, size_t, int) = NULL, done;

    *(void **)&next = dlsym(RTLD_NEXT, "zmq_send");
    pass("frame", "send", "before");
    done = next(socket, data, size, flags);
    pass("frame", "send", "behind");
    return done;
}

int zmq_msg_recv(zmq_msg_t *message, void *socket, int flags)
{
    int (*next)(zmq_msg_t *, void *, int) = NULL, done;

    *(void **)&next = dlsym(RTLD_NEXT, "zmq_msg_recv");
    done = next(message, socket, flags);
    if (done >= 0) {
        pass("frame", "take", "behind");
    }
    return done;
}

ssize_t send(int socket, const void *data, size_t size, int flags)
{
    ssize_t (*next)(int, const void *, size_t, int) = NULL, done;

    *(void **)&next = dlsym(RTLD_NEXT, "send");
    pass("socket", "send", "before");
    done = next(socket, data, size, flags);
    pass("socket", "send", "behind");
    return done;
}

int zmq_bind(void *socket, const char *address)
{
    int (*next)(void *, const char *) = NULL, done;

    *(void **)&next = dlsym(RTLD_NEXT, "zmq_bind");
    pass("door", "open", "before");
    done = next(socket, address);
    pass("door", "open", "behind");
    return done;
}
