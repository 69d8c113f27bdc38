#include "node/home.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/files.h"

static const char grants_magic[16] = "TERRACE-GRANTS1\n";

enum { GRANTS_BYTES_MAX = ENROL_CHAIN_MAX * (4 << 10) };

void home_file(char out[HOME_FILE_MAX], const char *home, const char *file)
{
    (void)snprintf(out, HOME_FILE_MAX, "%s/%s", home, file);
}

enum status home_check_path(const char *home, struct err *err)
{
    if (home == NULL || home[0] == '\0') {
        return err_set(err, ERR_CONFIG, "no home is named: give --home DIR or set TERRACE_HOME");
    }
    if (strlen(home) > HOME_PATH_MAX) {
        return err_set(err, ERR_CONFIG,
                       "the path of the home is longer than %d bytes, so its socket would have no "
                       "address: choose a shorter --home",
                       HOME_PATH_MAX);
    }
    return OK;
}

/* --- making one --- */

/* Nothing but what an init or join that did not finish leaves behind? */
static enum status check_vacant(const char *home, struct err *err)
{
    static const char *const ours[] = {".",    "..",         "keys",           "grants",
                                       "lock", "grants.new", "config.yaml.new"};
    DIR *directory = opendir(home);
    const struct dirent *entry;
    enum status status = OK;

    if (directory == NULL) {
        return err_set(err, ERR_IO, "open %s: %s", home, strerror(errno));
    }
    while (status == OK && (entry = readdir(directory)) != NULL) {
        bool known = false;

        for (size_t i = 0; i < COUNT_OF(ours); i++) {
            known |= strcmp(entry->d_name, ours[i]) == 0;
        }
        if (strcmp(entry->d_name, "config.yaml") == 0) {
            status = err_set(err, ERR_REFUSED,
                             "a node lives in %s already; start it with terraced --home %s, or "
                             "choose another home",
                             home, home);
        } else if (!known) {
            status = err_set(err, ERR_REFUSED,
                             "%s is not empty (%s is there); choose an empty or a new directory",
                             home, entry->d_name);
        }
    }
    (void)closedir(directory);
    return status;
}

static enum status make_parents(const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    enum status status = OK;

    (void)snprintf(path, sizeof path, "%s", home);
    for (char *at = path + 1; status == OK && *at != '\0'; at++) {
        struct stat found;

        if (*at != '/') {
            continue;
        }
        *at = '\0';
        if (stat(path, &found) != 0) { /* one that is there keeps its mode */
            status = directory_make(path, err);
        }
        *at = '/';
    }
    return status;
}

enum status home_create(const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct stat found;
    enum status status = home_check_path(home, err);

    if (status == OK && stat(home, &found) == 0 && S_ISDIR(found.st_mode)) {
        status = check_vacant(home, err);
    } else if (status == OK) {
        status = make_parents(home, err);
    }
    if (status == OK) {
        status = directory_make(home, err);
    }
    if (status == OK) {
        home_file(path, home, "keys");
        status = directory_make(path, err);
    }
    return status;
}

/* --- the lock --- */

static long holder_of(int lock)
{
    char text[32] = "";

    return pread(lock, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static enum status take_lock(int lock, const char *home, struct err *err)
{
    char pid[32];
    int size;

    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return err_set(err, ERR_IO, "lock %s: %s", home, strerror(errno));
        }
        return err_set(err, ERR_BUSY,
                       "terraced runs on %s already (pid %ld); stop it first, or name another home",
                       home, holder_of(lock));
    }
    size = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, pid, (size_t)size, 0) != size) {
        return err_set(err, ERR_IO, "write %s/lock: %s", home, strerror(errno));
    }
    return OK;
}

/* With the lock in hand nobody listens on it. */
static void remove_stale_socket(const char *home)
{
    char path[HOME_FILE_MAX];
    struct stat found;

    home_file(path, home, "terrace.sock");
    if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode)) {
        (void)unlink(path);
    }
}

enum status home_lock(int *lock, const char *home, struct err *err)
{
    char path[HOME_FILE_MAX];
    enum status status = home_check_path(home, err);

    *lock = -1;
    if (status != OK) {
        return status;
    }
    home_file(path, home, "lock");
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0) {
        return err_set(err, ERR_IO, "open %s: %s", path, strerror(errno));
    }
    status = take_lock(*lock, home, err);
    if (status != OK) {
        (void)close(*lock);
        *lock = -1;
        return status;
    }
    remove_stale_socket(home);
    return OK;
}

void home_unlock(int lock)
{
    if (lock >= 0) {
        (void)!ftruncate(lock, 0);
        (void)close(lock); /* the file stays: removing it would let two hold "the" lock */
    }
}

/* --- grants --- */

enum status home_grants_write(const char *home, const struct bytes *grants, size_t count,
                              struct err *err)
{
    char path[HOME_FILE_MAX];
    struct buf file = BUF_EMPTY;
    enum status status;

    if (count == 0 || count > ENROL_CHAIN_MAX) {
        return err_set(err, ERR_TOO_LARGE, "a chain of %zu grants, 1 to %d are possible", count,
                       ENROL_CHAIN_MAX);
    }
    buf_append(&file, grants_magic, sizeof grants_magic);
    buf_put_u8(&file, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        buf_put_u32(&file, (uint32_t)grants[i].size);
        buf_append_bytes(&file, grants[i]);
    }
    home_file(path, home, "grants");
    status = file.size > GRANTS_BYTES_MAX
                 ? err_set(err, ERR_TOO_LARGE, "write %s: %zu bytes of grants", path, file.size)
                 : file_write(path, buf_bytes(&file), err);
    buf_free(&file);
    return status;
}

enum status home_grants_read(const char *home, struct bytes grants[ENROL_CHAIN_MAX], size_t *count,
                             struct buf *memory, struct err *err)
{
    char path[HOME_FILE_MAX], magic[sizeof grants_magic];
    struct reader reader;
    enum status status = home_check_path(home, err);

    *count = 0;
    if (status != OK) {
        return status;
    }
    home_file(path, home, "grants");
    status = file_read(memory, path, GRANTS_BYTES_MAX, err);
    if (status != OK) {
        return status;
    }
    reader = reader_of(buf_bytes(memory));
    reader_copy(&reader, magic, sizeof magic);
    *count = reader_u8(&reader);
    for (size_t i = 0; i < *count && i < ENROL_CHAIN_MAX; i++) {
        grants[i] = reader_bytes(&reader, reader_u32(&reader));
    }
    if (!reader_done(&reader) || memcmp(magic, grants_magic, sizeof magic) != 0 || *count == 0 ||
        *count > ENROL_CHAIN_MAX) {
        *count = 0;
        return err_set(err, ERR_CORRUPT,
                       "%s is damaged; restore it from a backup, or join again with a new token",
                       path);
    }
    return OK;
}

/* --- endpoints --- */

enum status home_free_endpoint(char *out, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    enum status status = OK;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (probe < 0 || bind(probe, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(probe, (struct sockaddr *)&address, &size) != 0) {
        status = err_set(err, ERR_IO, "find a free port: %s", strerror(errno));
    } else {
        (void)snprintf(out, ENDPOINT_BYTES_MAX + 1, "tcp://127.0.0.1:%u",
                       (unsigned)ntohs(address.sin_port));
    }
    if (probe >= 0) {
        (void)close(probe);
    }
    return status;
}

static bool port_ok(const char *text)
{
    unsigned long port = 0;

    if (text[0] == '\0' || text[0] == '0' || strlen(text) > 5) {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (isdigit((unsigned char)*at) == 0) {
            return false;
        }
        port = port * 10 + (unsigned long)(*at - '0');
    }
    return port <= 65535;
}

static bool host_ok(const char *host, size_t size)
{
    const bool bracketed = size > 2 && host[0] == '[' && host[size - 1] == ']';

    for (size_t i = 0; i < size; i++) {
        const unsigned char at = (unsigned char)host[i];
        const bool ends = bracketed && (i == 0 || i == size - 1);

        if (isalnum(at) == 0 && strchr(bracketed ? ":." : ".-*_", at) == NULL && !ends) {
            return false;
        }
    }
    return size != 0;
}

enum status home_check_endpoint(const char *endpoint, struct err *err)
{
    static const char scheme[] = "tcp://";
    const size_t skip = sizeof scheme - 1;
    const char *colon = strrchr(endpoint, ':');

    if (strlen(endpoint) > ENDPOINT_BYTES_MAX || strncmp(endpoint, scheme, skip) != 0 ||
        colon == NULL || colon < endpoint + skip || !port_ok(colon + 1) ||
        !host_ok(endpoint + skip, (size_t)(colon - endpoint) - skip)) {
        return err_set(err, ERR_CONFIG,
                       "\"%.140s\" is no endpoint: write tcp://HOST:PORT with a port of 1-65535",
                       endpoint);
    }
    return OK;
}
