#include "node/home/home.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/home/files.h"
#include "proto/message.h"

static const char grants_magic[16] = "TERRACE-GRANTS1\n";

enum { GRANTS_BYTES_MAX = ENROL_CHAIN_MAX * (4 << 10) };

void home_file(char out[HOME_FILE_MAX], const char *home, const char *file)
{
    (void)snprintf(out, HOME_FILE_MAX, "%s/%s", home, file);
}

enum status home_check_path(const char *home, struct err *err)
{
    if (home == NULL || home[0] == '\0') {
        return err_set(err, ERR_CONFIG, "home_not_named");
    }
    if (strlen(home) > HOME_PATH_MAX) {
        return err_set(err, ERR_CONFIG, "home_path_too_long bytes_max=%d", HOME_PATH_MAX);
    }
    return OK;
}

/* --- making one --- */

/* Nothing but what an init or join that did not finish leaves behind? */
static enum status check_vacant(const char *home, struct err *err)
{
    static const char *const ours[] = {
        ".", "..", "keys", "grants", "lock", "grants.new", "config.yaml.new", "tls", "ended"};
    DIR *directory = opendir(home);
    const struct dirent *entry;
    enum status status = OK;

    if (directory == NULL) {
        return err_set(err, ERR_IO, "file_failed doing=opened path=%s why=%s", home,
                       os_reason(errno));
    }
    while (status == OK && (entry = readdir(directory)) != NULL) {
        bool known = false;

        for (size_t i = 0; i < COUNT_OF(ours); i++) {
            known |= strcmp(entry->d_name, ours[i]) == 0;
        }
        if (strcmp(entry->d_name, "config.yaml") == 0) {
            status = err_set(err, ERR_REFUSED, "home_occupied home=%s", home);
        } else if (!known) {
            status =
                err_set(err, ERR_REFUSED, "home_not_empty home=%s found=%s", home, entry->d_name);
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

bool home_is_closed(const char *home)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, "config.yaml");
    return access(path, R_OK) != 0 && errno == EACCES;
}

bool home_is_read_only(const char *home)
{
    return access(home, W_OK) != 0 && errno == EROFS;
}

/* --- the lock --- */

static long holder_of(int lock)
{
    char text[32] = "";

    return pread(lock, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

/* Who only looks whether somebody runs there holds it for a moment. */
static int try_lock(int lock)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    int failed = -1;

    for (int tries = 0; failed != 0 && tries < 20; tries++) {
        if (tries > 0) {
            (void)nanosleep(&moment, NULL);
        }
        failed = flock(lock, LOCK_EX | LOCK_NB);
        if (failed != 0 && errno != EWOULDBLOCK) {
            break;
        }
    }
    return failed;
}

static enum status take_lock(int lock, const char *home, struct err *err)
{
    char pid[32];
    int size;

    if (try_lock(lock) != 0) {
        if (errno != EWOULDBLOCK) {
            return err_set(err, ERR_IO, "home_lock_failed home=%s why=%s", home, os_reason(errno));
        }
        return err_set(err, ERR_BUSY, "home_in_use home=%s pid=%ld", home, holder_of(lock));
    }
    size = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, pid, (size_t)size, 0) != size) {
        return err_set(err, ERR_IO, "home_lock_not_written home=%s why=%s", home, os_reason(errno));
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
        return err_set(err, ERR_IO, "file_failed doing=opened path=%s why=%s", path,
                       os_reason(errno));
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

bool home_is_run(const char *home, long *pid)
{
    char path[HOME_FILE_MAX];
    bool held;
    int lock;

    *pid = 0;
    home_file(path, home, "lock");
    lock = open(path, O_RDONLY | O_CLOEXEC);
    if (lock < 0) {
        return false;
    }
    held = flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    *pid = held ? holder_of(lock) : 0;
    (void)close(lock);
    return held;
}

enum status home_check_user(const char *home, struct err *err)
{
    const struct passwd *user;
    struct stat found;

    if (stat(home, &found) != 0) {
        return err_set(err, ERR_IO, "file_failed doing=examined path=%s why=%s", home,
                       os_reason(errno));
    }
    if (geteuid() != 0 || found.st_uid == 0) {
        return OK;
    }
    user = getpwuid(found.st_uid);
    if (user == NULL) {
        return err_set(err, ERR_CONFIG, "home_of_number home=%s uid=%ld", home, (long)found.st_uid);
    }
    return err_set(err, ERR_CONFIG, "home_of_user home=%s user=%s", home, user->pw_name);
}

void home_unlock(int lock)
{
    if (lock >= 0) {
        (void)!ftruncate(lock, 0);
        (void)close(lock); /* the file stays: removing it would let two hold "the" lock */
    }
}

void home_hook_file(char out[HOME_PATH_MAX + HOOK_PATH_MAX + 2], const char *home,
                    const struct home_config *config)
{
    const bool is_whole = config->alarm_hook[0] == '/';

    (void)snprintf(out, HOME_PATH_MAX + HOOK_PATH_MAX + 2, "%s%s%s", is_whole ? "" : home,
                   is_whole ? "" : "/", config->alarm_hook);
}

/* --- grants --- */

enum status home_grants_write(const char *home, const struct bytes *grants, size_t count,
                              struct err *err)
{
    char path[HOME_FILE_MAX];
    struct buf file = BUF_EMPTY;
    enum status status;

    if (count == 0 || count > ENROL_CHAIN_MAX) {
        return err_set(err, ERR_TOO_LARGE, "grants_chain_length count=%zu max=%d", count,
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
                 ? err_set(err, ERR_TOO_LARGE, "grants_file_too_large path=%s bytes=%zu", path,
                           file.size)
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
    if (status == ERR_CORRUPT) {
        return err_set(err, status, "home_file_damaged path=%s", path);
    }
    if (status != OK) {
        return status == ERR_NOT_FOUND ? err_set(err, status, "home_file_missing path=%s", path)
                                       : status;
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
        return err_set(err, ERR_CORRUPT, "home_file_damaged path=%s", path);
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
        status = err_set(err, ERR_IO, "free_port_failed why=%s", os_reason(errno));
    } else {
        (void)snprintf(out, ENDPOINT_BYTES_MAX + 1, "tcp://127.0.0.1:%u",
                       (unsigned)ntohs(address.sin_port));
    }
    if (probe >= 0) {
        (void)close(probe);
    }
    return status;
}

/* "tcp://HOST" of one address, the port of another. Empty when either is not there, or the host is
 * no address that others can dial. */
static void beside(char out[ENDPOINT_BYTES_MAX + 1], const char *host, const char *port)
{
    const char *end = strrchr(host, ':'), *colon = strrchr(port, ':');

    out[0] = '\0';
    if (end == NULL || colon == NULL ||
        snprintf(out, ENDPOINT_BYTES_MAX + 1, "%.*s%s", (int)(end - host), host, colon) >
            ENDPOINT_BYTES_MAX ||
        !endpoint_can_be_dialled(out)) {
        out[0] = '\0';
    }
}

enum status home_second_endpoint(char out[ENDPOINT_BYTES_MAX + 1], const struct home_config *config,
                                 const char *given, struct err *err)
{
    char free[ENDPOINT_BYTES_MAX + 1];
    enum status status;

    out[0] = '\0';
    if (config->listen[0] == '\0') {
        return OK; /* it has no children */
    }
    if (given != NULL) {
        status = home_check_endpoint(given, err);
        if (status == OK) {
            (void)snprintf(out, ENDPOINT_BYTES_MAX + 1, "%s", given);
        }
        return status;
    }
    status = home_free_endpoint(free, err);
    if (status == OK) {
        beside(out, config->advertise[0] != '\0' ? config->advertise : config->listen, free);
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

static bool address_ok(const char *scheme, const char *address)
{
    const size_t skip = strlen(scheme);
    const char *colon = strrchr(address, ':');

    return strlen(address) <= ENDPOINT_BYTES_MAX && strncmp(address, scheme, skip) == 0 &&
           colon != NULL && colon >= address + skip && port_ok(colon + 1) &&
           host_ok(address + skip, (size_t)(colon - address) - skip);
}

enum status home_check_endpoint(const char *endpoint, struct err *err)
{
    return address_ok("tcp://", endpoint)
               ? OK
               : err_set(err, ERR_CONFIG, "bad_endpoint endpoint=%.140s", endpoint);
}

enum status home_check_address(const char *address, struct err *err)
{
    return address_ok("https://", address)
               ? OK
               : err_set(err, ERR_CONFIG, "bad_address address=%.140s", address);
}
