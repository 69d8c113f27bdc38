#include "node/daemon/hook_run.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/status.h"

enum { ENVIRONMENT_MAX = 8, ENVIRONMENT_BYTES_MAX = 512 };

const char *hook_end_name(enum hook_end end)
{
    static const char *const names[] = {"done",      "exited",  "signalled",
                                        "timed_out", "stopped", "not_started"};

    return names[end];
}

/* --- starting it --- */

struct environment {
    char text[ENVIRONMENT_MAX][ENVIRONMENT_BYTES_MAX];
    char *at[ENVIRONMENT_MAX + 1];
    size_t count;
};

/* One that would be cut is left out. */
static void add_variable(struct environment *environment, const char *name, const char *value)
{
    char *text = environment->text[environment->count];

    if (value != NULL && (size_t)snprintf(text, ENVIRONMENT_BYTES_MAX, "%s=%s", name, value) <
                             ENVIRONMENT_BYTES_MAX) {
        environment->at[environment->count++] = text;
        environment->at[environment->count] = NULL;
    }
}

static void make_environment(struct environment *environment, const char *home)
{
    static const char *const kept[] = {"LANG", "LC_ALL", "LC_MESSAGES", "TZ"};
    const char *path = getenv("PATH");

    environment->count = 0;
    environment->at[0] = NULL;
    add_variable(environment, "PATH", path == NULL ? "/usr/local/bin:/usr/bin:/bin" : path);
    add_variable(environment, "TERRACE_HOME", home);
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        add_variable(environment, kept[i], getenv(kept[i]));
    }
}

/* A process group of its own, with the signals as a program expects them. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &all);
    (void)posix_spawnattr_setpgroup(attributes, 0);
    (void)posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                   POSIX_SPAWN_SETPGROUP);
}

/* 0, or the system's error number. */
static int start(const struct hook_run *run, int input, pid_t *pid)
{
    char *const arguments[] = {(char *)(uintptr_t)run->program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    struct environment environment;
    int error;

    make_environment(&environment, run->home);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    (void)posix_spawnattr_init(&attributes);
    set_attributes(&attributes);
    error = posix_spawn(pid, run->program, &actions, &attributes, arguments, environment.at);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* The pipe holds it whole. A program that does not read is free not to. */
static void give_line(int output, struct bytes line)
{
    (void)!write(output, line.data, line.size);
    (void)!write(output, "\n", 1);
}

static int start_with_line(const struct hook_run *run, pid_t *pid)
{
    int ends[2], error;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    error = start(run, ends[0], pid);
    (void)close(ends[0]);
    if (error == 0) {
        (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
        give_line(ends[1], run->line);
    }
    (void)close(ends[1]);
    return error;
}

/* --- its end --- */

/* HOOK_DONE when it ended by itself in time. */
static enum hook_end await(const struct hook_run *run, int process)
{
    uint64_t until_ms = clock_mono_ms(run->clock) + run->ms_max;
    enum hook_end late = HOOK_TIMED_OUT;
    int stop = run->stop;

    for (;;) {
        struct pollfd watched[] = {{.fd = process, .events = POLLIN},
                                   {.fd = stop, .events = POLLIN}};
        const uint64_t now_ms = clock_mono_ms(run->clock);

        if (now_ms >= until_ms) {
            return late;
        }
        (void)poll(watched, COUNT_OF(watched), (int)(until_ms - now_ms));
        if (watched[0].revents != 0) {
            return HOOK_DONE;
        }
        if (watched[1].revents != 0) {
            const uint64_t soon_ms = clock_mono_ms(run->clock) + HOOK_STOP_MS;

            until_ms = soon_ms < until_ms ? soon_ms : until_ms;
            late = HOOK_STOPPED;
            stop = -1;
        }
    }
}

static enum hook_end read_end(enum hook_end end, int how, int *code)
{
    if (end != HOOK_DONE) {
        *code = SIGKILL;
        return end;
    }
    *code = WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how);
    return WIFSIGNALED(how) ? HOOK_SIGNALLED : *code != 0 ? HOOK_EXITED : HOOK_DONE;
}

enum hook_end hook_run(const struct hook_run *run, int *code)
{
    enum hook_end end = HOOK_TIMED_OUT;
    int how = 0, process;
    pid_t pid = 0;

    assert(run->line.size < HOOK_LINE_BYTES_MAX);
    *code = start_with_line(run, &pid);
    if (*code != 0) {
        return HOOK_UNSTARTED;
    }
    assert(pid > 0);
    process = pidfd_open(pid, 0);
    if (process >= 0) {
        end = await(run, process);
        (void)close(process);
    }
    (void)kill(-pid, SIGKILL); /* it and what it began; before its number may be another's */
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    return read_end(end, how, code);
}
