#include "node/home.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/files.h"

enum { GRANTS_BYTES_MAX = ENROL_CHAIN_MAX * 4096 };

void home_file(char out[HOME_FILE_MAX], const char *home, const char *file)
{
    (void)snprintf(out, HOME_FILE_MAX, "%s/%s", home, file);
}

enum status home_check_path(const char *home, struct err *err)
{
    if (home == NULL || home[0] == '\0') {
        return err_set(err, ERR_CONFIG, "no home: give --home DIR or set TERRACE_HOME");
    }
    if (strlen(home) > HOME_PATH_MAX) {
        return err_set(err, ERR_CONFIG,
                       "the path of the home is longer than %d bytes, and a socket inside it "
                       "could not be reached: use a shorter one",
                       HOME_PATH_MAX);
    }
    return OK;
}

static enum status make_parents(const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    enum status status = OK;

    (void)snprintf(path, sizeof path, "%s", home);
    for (char *at = strchr(path + 1, '/'); at != NULL && status == OK; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (access(path, F_OK) != 0) {
            status = directory_make(path, err);
        }
        *at = '/';
    }
    return status;
}

/* What an init or join that did not finish may have left: without a config it is no home. */
static void clear_rest(const char *home)
{
    static const char *const rest[] = {"keys/identity.key",   "keys/curve.key", "keys/trust.key",
                                       "keys/machine.secret", "grants",         "lock"};
    char path[HOME_FILE_MAX];

    for (size_t i = 0; i < COUNT_OF(rest); i++) {
        home_file(path, home, rest[i]);
        (void)unlink(path);
    }
}

enum status home_create(const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    enum status status = home_check_path(home, err);

    if (status != OK) {
        return status;
    }
    home_file(path, home, "config.yaml");
    if (access(path, F_OK) == 0) {
        return err_set(err, ERR_REFUSED, "a node lives in %s already: choose another home", home);
    }
    status = make_parents(home, err);
    if (status == OK) {
        status = directory_make(home, err);
    }
    if (status == OK) {
        home_file(path, home, "keys");
        status = directory_make(path, err);
    }
    if (status == OK) {
        clear_rest(home);
    }
    return status;
}

/* --- the lock --- */

enum status home_lock(int *lock, const char *home, struct err *err)
{
    char path[HOME_FILE_MAX], pid[32] = "";

    home_file(path, home, "lock");
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
        const ssize_t size = read(*lock, pid, sizeof pid - 1);
        (void)close(*lock);
        *lock = -1;
        return err_set(err, ERR_BUSY,
                       "a daemon runs on %s already (process %.*s): stop it first, or use another "
                       "home",
                       home, size > 0 ? (int)strcspn(pid, "\n") : 1, size > 0 ? pid : "?");
    }
    (void)snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(*lock, 0) != 0 || write(*lock, pid, strlen(pid)) < 0) {
        (void)close(*lock);
        *lock = -1;
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    home_file(path, home, "terrace.sock");
    (void)unlink(path); /* whoever made it is gone: we hold the lock */
    return OK;
}

void home_unlock(int lock)
{
    if (lock >= 0) {
        (void)close(lock);
    }
}

/* --- grants: u32 size, bytes, again and again --- */

enum status home_grants_write(const char *home, const struct bytes *grants, size_t count,
                              struct err *err)
{
    struct buf data = BUF_EMPTY;
    char path[HOME_FILE_MAX];
    enum status status;

    for (size_t i = 0; i < count; i++) {
        buf_put_u32(&data, (uint32_t)grants[i].size);
        buf_append_bytes(&data, grants[i]);
    }
    home_file(path, home, "grants");
    status = file_write(path, buf_bytes(&data), err);
    buf_free(&data);
    return status;
}

enum status home_grants_read(const char *home, struct bytes grants[ENROL_CHAIN_MAX], size_t *count,
                             struct buf *memory, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct reader reader;
    enum status status;

    *count = 0;
    home_file(path, home, "grants");
    status = file_read(memory, path, GRANTS_BYTES_MAX, err);
    if (status != OK) {
        return status;
    }
    reader = reader_of(buf_bytes(memory));
    while (reader_left(&reader) > 0 && reader_ok(&reader) && *count < ENROL_CHAIN_MAX) {
        grants[(*count)++] = reader_bytes(&reader, reader_u32(&reader));
    }
    return reader_done(&reader) ? OK : err_set(err, ERR_CORRUPT, "%s cannot be read", path);
}

/* --- endpoints --- */

enum status home_free_endpoint(char *out, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool found = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                       getsockname(fd, (struct sockaddr *)&address, &size) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    if (!found) {
        return err_set(err, ERR_IO, "no free port on 127.0.0.1: %s", strerror(errno));
    }
    (void)snprintf(out, ENDPOINT_BYTES_MAX + 1, "tcp://127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
    return OK;
}

enum status home_check_endpoint(const char *endpoint, struct err *err)
{
    const char *colon = strrchr(endpoint, ':');
    char *end = NULL;
    long port;

    if (strncmp(endpoint, "tcp://", 6) != 0 || colon == NULL || colon <= endpoint + 6 ||
        strlen(endpoint) > ENDPOINT_BYTES_MAX) {
        return err_set(err, ERR_CONFIG, "%s is not an endpoint: write tcp://HOST:PORT", endpoint);
    }
    port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || port < 1 || port > 65535) {
        return err_set(err, ERR_CONFIG, "%s: the port is a number of 1-65535", endpoint);
    }
    return OK;
}
