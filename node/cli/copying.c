#include "node/cli/copying.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/message.h"

enum { TERMINAL_MS = 500, ELSEWHERE_MS = 30000, LINE_BYTES_MAX = 1024 };

/* --- how far --- */

static void tell(void *arg, uint64_t done_bytes)
{
    struct copying *copying = arg;
    const uint64_t now_ms = clock_mono_ms(&copying->clock);
    char words[TEXT_BYTES_MAX];

    if (now_ms - copying->told_ms < (uint64_t)(copying->on_terminal ? TERMINAL_MS : ELSEWHERE_MS)) {
        return;
    }
    copying->told_ms = now_ms;
    (void)fprintf(stderr, copying->on_terminal ? "\r%s " : "%s\n",
                  text_say(copying->cli->language, words,
                           "copying_far done_mib=%" PRIu64 " all_mib=%" PRIu64, done_bytes >> 20,
                           copying->all_bytes >> 20));
    copying->line_open = copying->on_terminal;
}

void copying_begin(struct copying *copying, struct cli *cli)
{
    *copying = (struct copying){
        .cli = cli, .clock = system_clock(), .on_terminal = isatty(STDERR_FILENO) == 1};
    copying->told_ms = clock_mono_ms(&copying->clock);
    copying->progress = (struct copy_progress){.told = tell, .arg = copying};
}

void copying_will_move(struct copying *copying, uint64_t bytes)
{
    copying->all_bytes += bytes;
}

void copying_end(struct copying *copying)
{
    if (copying->line_open) {
        (void)fputc('\n', stderr);
        copying->line_open = false;
    }
}

enum status copying_path(char out[PATH_MAX], const char *base, const char *name, struct err *err)
{
    return snprintf(out, PATH_MAX, "%s/%s", base, name) < PATH_MAX
               ? OK
               : err_set(err, ERR_CONFIG, "path_too_long path=%s", base);
}

/* --- a process of its own --- */

/* The daemon lies beside this program. */
static void find_daemon(char out[PATH_MAX])
{
    const ssize_t size = readlink("/proc/self/exe", out, PATH_MAX - 16);
    char *name;

    out[size < 0 ? 0 : size] = '\0';
    name = strrchr(out, '/');
    (void)snprintf(name == NULL ? out : name + 1, 16, "terraced");
}

static bool start_daemon(const char *directory, int to, pid_t *pid)
{
    char program[PATH_MAX], name[] = "terraced", option[] = "--check-copy", where[PATH_MAX];
    char *arguments[] = {name, option, where, NULL};
    posix_spawn_file_actions_t actions;
    bool started;

    find_daemon(program);
    (void)snprintf(where, sizeof where, "%s", directory);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, to, STDERR_FILENO);
    started = posix_spawn(pid, program, &actions, NULL, arguments, environ) == 0;
    (void)posix_spawn_file_actions_destroy(&actions);
    return started;
}

/* The last line that it said, and its exit code; -1: it did not end by itself. */
static int run_daemon(const char *directory, char line[LINE_BYTES_MAX])
{
    int ends[2], state = -1;
    FILE *said;
    pid_t pid;

    line[0] = '\0';
    if (pipe(ends) != 0) {
        return -1;
    }
    if (!start_daemon(directory, ends[1], &pid)) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return -1;
    }
    (void)close(ends[1]);
    said = fdopen(ends[0], "r");
    while (said != NULL && fgets(line, LINE_BYTES_MAX, said) != NULL) {
        line[strcspn(line, "\n")] = '\0';
    }
    if (said != NULL) {
        (void)fclose(said);
    }
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

enum exit_code copying_check(const struct copying *copying, const char *directory,
                             struct copy_position *out)
{
    char line[LINE_BYTES_MAX], shown[LINE_BYTES_MAX];
    const int ended = run_daemon(directory, line);
    const char *why = strstr(line, "terraced: ") == line ? line + strlen("terraced: ") : line;

    if (ended == 0 && copy_position_parse(out, line)) {
        return EXIT_DONE;
    }
    (void)snprintf(shown, sizeof shown, "%s", why[0] == '\0' ? "process_not_started" : why);
    return cli_fail(copying->cli, EXIT_VERIFY, "copy_not_sound",
                    "copy_not_sound directory=%s why=%s", directory, shown);
}
