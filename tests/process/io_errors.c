/* io_errors - for LD_PRELOAD: the disk below a home fails. One call of a process, or of those that
 * it becomes, or all reads of one file:
 *
 *   LD_PRELOAD=io_errors.so IO_UNDER=HOME IO_STATE=FILE [IO_AT=N IO_AS=eio|enospc|short
 * [IO_STAYS=1]] LD_PRELOAD=io_errors.so IO_UNDER=HOME IO_STATE=FILE IO_BAD=INODE:FROM-TO
 *
 * Calls that touch what lies below IO_UNDER are counted from 1, and each is noted in IO_STATE,
 * which all processes share: u32 count, u32 struck, then the name of the call and of the file that
 * was struck, then the letter of each call. The Nth fails, or the next behind it that can fail so;
 * with IO_STAYS that one and all behind it. `short`: half of what was to be written is.
 *
 * IO_BAD: bytes [FROM, TO) of the file with that inode cannot be read any more, under whatever
 * name.
 *
 * Thread: any. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FDS_MAX = 65536, CALLS_MAX = 1 << 20, NAME_BYTES = 248 };

enum fault { NONE, FAILS, SHORT };

/* What IO_STATE holds; tests/process/io_errors.py reads it. */
struct state {
    atomic_uint count, struck;
    char what[NAME_BYTES];
    char letters[CALLS_MAX];
};

static struct state *state;
static const char *under;
static size_t under_size;
static unsigned at;
static bool is_full, is_short, stays;
static uint64_t bad_inode, bad_from, bad_to;
static atomic_uchar is_below[FDS_MAX]; /* of each descriptor */

static const char *text_of(const char *name)
{
    const char *text = getenv(name);

    return text == NULL ? "" : text;
}

__attribute__((constructor)) static void begin(void)
{
    const int file = open(text_of("IO_STATE"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *mapped = MAP_FAILED;

    if (file >= 0 && ftruncate(file, sizeof *state) == 0) {
        mapped = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (mapped == MAP_FAILED) {
        abort(); /* a test that counts nothing shows nothing */
    }
    (void)close(file);
    at = (unsigned)strtoul(text_of("IO_AT"), NULL, 10);
    is_full = strcmp(text_of("IO_AS"), "enospc") == 0;
    is_short = strcmp(text_of("IO_AS"), "short") == 0;
    stays = text_of("IO_STAYS")[0] != '\0';
    (void)sscanf(text_of("IO_BAD"), "%" SCNu64 ":%" SCNu64 "-%" SCNu64, &bad_inode, &bad_from,
                 &bad_to);
    under = text_of("IO_UNDER");
    under_size = strlen(under);
    state = mapped; /* last: what was opened above is not counted */
}

static bool path_below(const char *path)
{
    return state != NULL && under_size > 0 && strncmp(path, under, under_size) == 0 &&
           path[under_size] == '/';
}

static bool file_below(int fd)
{
    return fd >= 0 && fd < FDS_MAX && atomic_load(&is_below[fd]) != 0;
}

static void name_of(char out[PATH_MAX], int fd)
{
    char link[64];
    ssize_t size;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, out, PATH_MAX - 1);
    out[size < 0 ? 0 : size] = '\0';
}

/* One call of the kind `letter`, which can fail for want of room, or be cut short, or not. Sets
 * errno where it fails. */
static enum fault strike(const char *call, char letter, bool needs_room, bool can_be_short,
                         const char *path, int fd)
{
    const unsigned number = atomic_fetch_add(&state->count, 1) + 1;
    char name[PATH_MAX];

    if (number <= CALLS_MAX) {
        state->letters[number - 1] = letter;
    }
    if (at == 0 || number < at || (is_full && !needs_room) || (is_short && !can_be_short)) {
        return NONE;
    }
    if (atomic_fetch_add(&state->struck, 1) == 0) {
        if (path == NULL) {
            name_of(name, fd);
        }
        (void)snprintf(state->what, sizeof state->what, "%s of %.200s", call,
                       path == NULL ? name + (strlen(name) > under_size ? under_size : 0)
                                    : path + under_size);
    } else if (!stays) {
        return NONE;
    }
    errno = is_full ? ENOSPC : EIO;
    return is_short ? SHORT : FAILS;
}

static bool is_bad(int fd, off_t from, size_t size)
{
    struct stat file;

    if (bad_inode == 0 || !file_below(fd) || fstat(fd, &file) != 0 || file.st_ino != bad_inode ||
        (uint64_t)from >= bad_to || (uint64_t)from + size <= bad_from ||
        (uint64_t)from >= (uint64_t)file.st_size) {
        return false;
    }
    errno = EIO;
    return true;
}

#define NEXT(type, name)                                                                           \
    type;                                                                                          \
    *(void **)&next = dlsym(RTLD_NEXT, name)

/* --- by path --- */

int open(const char *path, int flags, ...)
{
    NEXT(int (*next)(const char *, int, ...), "open");
    mode_t mode = 0;
    int fd;

    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
        va_list more;

        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if (path_below(path) && strike("open", 'o', (flags & O_CREAT) != 0, false, path, -1) == FAILS) {
        return -1;
    }
    fd = next(path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX) {
        atomic_store(&is_below[fd], path_below(path));
    }
    return fd;
}

int rename(const char *from, const char *to)
{
    NEXT(int (*next)(const char *, const char *), "rename");

    return path_below(to) && strike("rename", 'n', true, false, to, -1) == FAILS ? -1
                                                                                 : next(from, to);
}

int link(const char *from, const char *to)
{
    NEXT(int (*next)(const char *, const char *), "link");

    return path_below(to) && strike("link", 'l', true, false, to, -1) == FAILS ? -1
                                                                               : next(from, to);
}

int unlink(const char *path)
{
    NEXT(int (*next)(const char *), "unlink");

    return path_below(path) && strike("unlink", 'u', false, false, path, -1) == FAILS ? -1
                                                                                      : next(path);
}

int rmdir(const char *path)
{
    NEXT(int (*next)(const char *), "rmdir");

    return path_below(path) && strike("rmdir", 'd', false, false, path, -1) == FAILS ? -1
                                                                                     : next(path);
}

int mkdir(const char *path, mode_t mode)
{
    NEXT(int (*next)(const char *, mode_t), "mkdir");

    return path_below(path) && strike("mkdir", 'm', true, false, path, -1) == FAILS
               ? -1
               : next(path, mode);
}

/* --- by descriptor --- */

static bool fails(const char *call, char letter, bool needs_room, int fd)
{
    return file_below(fd) && strike(call, letter, needs_room, false, NULL, fd) == FAILS;
}

ssize_t read(int fd, void *to, size_t size)
{
    NEXT(ssize_t(*next)(int, void *, size_t), "read");

    if (bad_inode != 0 && file_below(fd) && is_bad(fd, lseek(fd, 0, SEEK_CUR), size)) {
        return -1;
    }
    return fails("read", 'r', false, fd) ? -1 : next(fd, to, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t from)
{
    NEXT(ssize_t(*next)(int, void *, size_t, off_t), "pread");

    return is_bad(fd, from, size) || fails("pread", 'R', false, fd) ? -1 : next(fd, to, size, from);
}

/* By which RocksDB reads its logs and lists; <stdio.h> may have it as a macro. */
#undef fread_unlocked
size_t fread_unlocked(void *to, size_t size, size_t count, FILE *file)
{
    NEXT(size_t(*next)(void *, size_t, size_t, FILE *), "fread_unlocked");
    const int fd = fileno_unlocked(file);

    if (bad_inode != 0 && file_below(fd) && is_bad(fd, ftello(file), size * count)) {
        return 0;
    }
    return fails("fread", 'f', false, fd) ? 0 : next(to, size, count, file);
}

ssize_t write(int fd, const void *data, size_t size)
{
    NEXT(ssize_t(*next)(int, const void *, size_t), "write");
    const enum fault fault = file_below(fd) ? strike("write", 'w', true, size > 1, NULL, fd) : NONE;

    return fault == FAILS ? -1 : next(fd, data, fault == SHORT ? size / 2 : size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t to)
{
    NEXT(ssize_t(*next)(int, const void *, size_t, off_t), "pwrite");
    const enum fault fault =
        file_below(fd) ? strike("pwrite", 'W', true, size > 1, NULL, fd) : NONE;

    return fault == FAILS ? -1 : next(fd, data, fault == SHORT ? size / 2 : size, to);
}

int fsync(int fd)
{
    NEXT(int (*next)(int), "fsync");

    return fails("fsync", 's', true, fd) ? -1 : next(fd);
}

int fdatasync(int fd)
{
    NEXT(int (*next)(int), "fdatasync");

    return fails("fdatasync", 'S', true, fd) ? -1 : next(fd);
}

int syncfs(int fd)
{
    NEXT(int (*next)(int), "syncfs");

    return fails("syncfs", 'y', true, fd) ? -1 : next(fd);
}

int sync_file_range(int fd, off64_t from, off64_t size, unsigned flags)
{
    NEXT(int (*next)(int, off64_t, off64_t, unsigned), "sync_file_range");

    return fails("sync_file_range", 'g', true, fd) ? -1 : next(fd, from, size, flags);
}

int fallocate(int fd, int mode, off_t from, off_t size)
{
    NEXT(int (*next)(int, int, off_t, off_t), "fallocate");

    return fails("fallocate", 'a', true, fd) ? -1 : next(fd, mode, from, size);
}

int ftruncate(int fd, off_t size)
{
    NEXT(int (*next)(int, off_t), "ftruncate");

    return fails("ftruncate", 't', true, fd) ? -1 : next(fd, size);
}

/* As the kernel has it: the descriptor is closed all the same. */
int close(int fd)
{
    NEXT(int (*next)(int), "close");
    const bool failed = fails("close", 'c', true, fd);

    if (fd >= 0 && fd < FDS_MAX) {
        atomic_store(&is_below[fd], 0);
    }
    if (failed) {
        const int error = errno;

        (void)next(fd);
        errno = error;
        return -1;
    }
    return next(fd);
}

/* Which closes without the call above: another file may have the descriptor next. */
int fclose(FILE *file)
{
    NEXT(int (*next)(FILE *), "fclose");
    const int fd = fileno_unlocked(file);

    if (fd >= 0 && fd < FDS_MAX) {
        atomic_store(&is_below[fd], 0);
    }
    return next(file);
}
