/* archive_hang - while the file $HANG_FILE is there, a write to a file below $HANG_DIR does not
 * come back: what a mount does whose server is gone. Preloaded into a terraced. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

typedef ssize_t pwrite_fn(int file, const void *data, size_t size, off_t at);

static int is_below(int file, const char *directory)
{
    char link[64], path[4096];
    ssize_t size;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    size = readlink(link, path, sizeof path - 1);
    return size > 0 && directory != NULL && strncmp(path, directory, strlen(directory)) == 0;
}

static ssize_t hang_and_write(int file, const void *data, size_t size, off_t at)
{
    const struct timespec moment = {.tv_nsec = 10000000};
    const char *hangs = getenv("HANG_FILE");
    pwrite_fn *real;

    *(void **)&real = dlsym(RTLD_NEXT, "pwrite");
    while (hangs != NULL && is_below(file, getenv("HANG_DIR")) && access(hangs, F_OK) == 0) {
        (void)nanosleep(&moment, NULL);
    }
    return real(file, data, size, at);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at)
{
    return hang_and_write(file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off_t at)
{
    return hang_and_write(file, data, size, at);
}
