/* key_steps - a process dies at the Nth change it makes in HOME/keys: the library counts renames,
 * links, removals and directories below a "/keys/", and kills before it lets that one happen. With
 * TERRACE_DIE_IN it counts those right in this directory, and in its "import". With TERRACE_DIE_ON
 * it dies where this file is to go.
 *
 *   LD_PRELOAD=key_steps.so TERRACE_DIE_AT=N terraced ...
 *
 * Thread: any. */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int steps;

static bool is_counted(const char *path)
{
    const char *in = getenv("TERRACE_DIE_IN"), *rest;
    const size_t size = in == NULL ? 0 : strlen(in);

    if (in == NULL) {
        return strstr(path, "/keys/") != NULL;
    }
    if (strncmp(path, in, size) != 0 || path[size] != '/') {
        return false;
    }
    rest = path + size + 1;
    return strchr(rest, '/') == NULL || strncmp(rest, "import/", 7) == 0;
}

/* What is removed must be there. */
static void step(const char *path, bool makes)
{
    const char *at = getenv("TERRACE_DIE_AT"), *on = getenv("TERRACE_DIE_ON");

    if (on != NULL && strcmp(path, on) == 0 && access(path, F_OK) == 0) {
        (void)kill(getpid(), SIGKILL);
    }
    if (at != NULL && (makes || access(path, F_OK) == 0) && is_counted(path) &&
        atomic_fetch_add(&steps, 1) + 1 == strtol(at, NULL, 10)) {
        (void)kill(getpid(), SIGKILL);
    }
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) = NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "rename");
    step(from, false);
    return next(from, to);
}

int link(const char *from, const char *to)
{
    int (*next)(const char *, const char *) = NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "link");
    step(to, true);
    return next(from, to);
}

int unlink(const char *path)
{
    int (*next)(const char *) = NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "unlink");
    step(path, false);
    return next(path);
}

int rmdir(const char *path)
{
    int (*next)(const char *) = NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "rmdir");
    step(path, false);
    return next(path);
}

int mkdir(const char *path, mode_t mode)
{
    int (*next)(const char *, mode_t) = NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "mkdir");
    step(path, true);
    return next(path, mode);
}
