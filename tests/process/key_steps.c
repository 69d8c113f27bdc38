/* key_steps - a process dies at the Nth change it makes in HOME/keys: the library counts renames,
 * links, removals and directories below a "/keys/", and kills before it lets that one happen.
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

/* What is removed must be there. */
static void step(const char *path, bool makes)
{
    const char *at = getenv("TERRACE_DIE_AT");

    if (at != NULL && (makes || access(path, F_OK) == 0) && strstr(path, "/keys/") != NULL &&
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
