/* powercut - preloaded into a daemon: notes what of its store would survive a power cut.
 *
 *     LD_PRELOAD=powercut.so POWERCUT_UNDER=HOME/store POWERCUT_NOTES=FILE terraced --home HOME
 *
 * After each fsync or fdatasync that succeeded, lines are added to FILE, before the caller goes on:
 *
 *     sync INODE LENGTH    a file below POWERCUT_UNDER: that many of its bytes are on the disk
 *     name INODE           a directory below it: it lists this file on the disk, too
 *
 * With POWERCUT_AT=N the power goes at the Nth sync of the write-ahead log: before it when N is
 * odd, else behind it and before anybody hears of it.
 *
 * With POWERCUT_EIO=N the Nth sync of the write-ahead log does not take place and fails.
 *
 * The length is taken before the call, so that what is written meanwhile does not count. With
 * POWERCUT_LIE set the write-ahead log is not synced and not noted, yet the caller hears that all
 * is well: a test that sees no loss then sees nothing.
 *
 * Thread: any; a line is one write of O_APPEND. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int sync_fn(int fd);

static int notes = -1;
static bool lies;
static unsigned cut_at, fail_at;
static atomic_uint log_syncs;

static unsigned number_of(const char *name)
{
    const char *text = getenv(name);

    return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

__attribute__((constructor)) static void open_notes(void)
{
    const char *path = getenv("POWERCUT_NOTES");

    lies = getenv("POWERCUT_LIE") != NULL;
    cut_at = number_of("POWERCUT_AT");
    fail_at = number_of("POWERCUT_EIO");
    if (path != NULL) {
        notes = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }
}

static void note(const char *what, uint64_t inode, int64_t length)
{
    char line[64];
    const int size = length < 0 ? snprintf(line, sizeof line, "%s %" PRIu64 "\n", what, inode)
                                : snprintf(line, sizeof line, "%s %" PRIu64 " %" PRId64 "\n", what,
                                           inode, length);

    if (write(notes, line, (size_t)size) != size) {
        abort(); /* without its notes the test would blame the daemon */
    }
}

static void note_names(const char *directory)
{
    DIR *open = opendir(directory);
    const struct dirent *entry;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        if (entry->d_type == DT_REG) {
            note("name", entry->d_ino, -1);
        }
    }
    if (open != NULL) {
        (void)closedir(open);
    }
}

static bool is_log(const char *path)
{
    const size_t size = strlen(path);

    return size > 4 && strcmp(path + size - 4, ".log") == 0;
}

/* Is it in the store? `path` gets its name. */
static bool is_ours(int fd, char path[PATH_MAX])
{
    const char *under = getenv("POWERCUT_UNDER");
    char link[64];
    ssize_t size;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = '\0';
    return notes >= 0 && under != NULL && strncmp(path, under, strlen(under)) == 0;
}

static int sync_and_note(const char *name, int fd)
{
    sync_fn *call;
    char path[PATH_MAX];
    struct stat file;
    unsigned count;

    *(void **)&call = dlsym(RTLD_NEXT, name);
    if (!is_ours(fd, path) || fstat(fd, &file) != 0) {
        return call(fd);
    }
    count = is_log(path) ? atomic_fetch_add(&log_syncs, 1) + 1 : 0;
    if (count != 0 && count == cut_at && count % 2 == 1) {
        (void)raise(SIGKILL);
    }
    if (count != 0 && count == fail_at) {
        errno = EIO;
        return -1;
    }
    if (lies && count != 0) {
        return 0;
    }
    if (call(fd) != 0) {
        return -1;
    }
    if (S_ISDIR(file.st_mode)) {
        note_names(path);
    } else {
        note("sync", file.st_ino, file.st_size);
    }
    if (count != 0 && count == cut_at) {
        (void)raise(SIGKILL);
    }
    return 0;
}

int fsync(int fd)
{
    return sync_and_note("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_and_note("fdatasync", fd);
}
