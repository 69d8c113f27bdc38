/* The operator's program hears of each change, one run at a time, and none of its runs lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/daemon/alarm_hook.h"
#include "node/daemon/hook_run.h"
#include "node/daemon/system_clock.h"
#include "node/home/files.h"
#include "proto/log.h"

enum { PATIENCE_MS = 60000, STEP_MS = 5 };

/* A directory with a program in it, and what that program has written. */
struct desk {
    char top[64], program[128], heard[128];
    struct clock clock;
};

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found;
    (void)kind;
    (void)at;
    return remove(path);
}

/* A shell script of these lines; $HEARD is the file it may write to. */
static void desk_open(struct desk *desk, const char *script)
{
    char text[1024];
    struct err err;

    *desk = (struct desk){.top = "/tmp/terrace-hook-XXXXXX", .clock = system_clock()};
    assert_non_null(mkdtemp(desk->top));
    (void)snprintf(desk->program, sizeof desk->program, "%s/alarm", desk->top);
    (void)snprintf(desk->heard, sizeof desk->heard, "%s/heard", desk->top);
    (void)snprintf(text, sizeof text, "#!/bin/sh\nHEARD=%s\n%s\n", desk->heard, script);
    assert_int_equal(file_write(desk->program, bytes_text(text), &err), OK);
    assert_int_equal(chmod(desk->program, 0700), 0);
}

static void desk_close(struct desk *desk)
{
    (void)nftw(desk->top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void desk_read(const struct desk *desk, struct buf *out)
{
    struct err err;

    buf_clear(out);
    (void)file_read(out, desk->heard, 1 << 20, &err);
    buf_put_u8(out, 0);
}

static size_t lines_of(const struct buf *text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text->size; i++) {
        lines += text->data[i] == '\n';
    }
    return lines;
}

/* Waits until the program has written so many lines. */
static void desk_await(const struct desk *desk, size_t lines, struct buf *out)
{
    const uint64_t until_ms = clock_mono_ms(&desk->clock) + PATIENCE_MS;

    for (desk_read(desk, out); lines_of(out) < lines; desk_read(desk, out)) {
        if (clock_mono_ms(&desk->clock) > until_ms) {
            fail_msg("%zu lines of %zu: %s", lines_of(out), lines, (const char *)out->data);
        }
        (void)poll(NULL, 0, STEP_MS);
    }
}

static struct hook_run run_of(const struct desk *desk, uint32_t ms_max)
{
    return (struct hook_run){.program = desk->program,
                             .home = desk->top,
                             .line = bytes_text("{\"a\":1}"),
                             .ms_max = ms_max,
                             .stop = -1,
                             .clock = &desk->clock};
}

static void every_end_has_its_name(void **state)
{
    static const struct {
        const char *name, *script;
        uint32_t ms_max;
        enum hook_end end;
        int code;
    } cases[] = {
        {"reads and is done", "cat >$HEARD", PATIENCE_MS, HOOK_DONE, 0},
        {"does not read", "exit 0", PATIENCE_MS, HOOK_DONE, 0},
        {"says that it failed", "exit 7", PATIENCE_MS, HOOK_EXITED, 7},
        {"is killed by another", "kill -TERM $$", PATIENCE_MS, HOOK_SIGNALLED, SIGTERM},
        {"does not end", "sleep 600", 50, HOOK_TIMED_OUT, SIGKILL},
        {"will not be told to end", "trap '' TERM INT HUP; while :; do sleep 600; done", 50,
         HOOK_TIMED_OUT, SIGKILL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct desk desk;
        int code = -1;

        desk_open(&desk, cases[i].script);
        const struct hook_run run = run_of(&desk, cases[i].ms_max);
        const enum hook_end end = hook_run(&run, &code);
        if (end != cases[i].end || code != cases[i].code) {
            fail_msg("%s: %s with %d", cases[i].name, hook_end_name(end), code);
        }
        desk_close(&desk);
    }
}

static void a_program_that_cannot_be_started_is_named(void **state)
{
    struct desk desk;
    struct hook_run run;
    int code;

    (void)state;
    desk_open(&desk, "");
    run = run_of(&desk, PATIENCE_MS);
    assert_int_equal(chmod(desk.program, 0600), 0);
    assert_int_equal(hook_run(&run, &code), HOOK_UNSTARTED);
    assert_int_equal(code, EACCES);
    run.program = "/nowhere/alarm";
    assert_int_equal(hook_run(&run, &code), HOOK_UNSTARTED);
    assert_int_equal(code, ENOENT);
    desk_close(&desk);
}

/* Is there such a process still? Whoever reaps orphans may take a moment. */
static bool is_gone(const struct desk *desk, pid_t pid)
{
    const uint64_t until_ms = clock_mono_ms(&desk->clock) + PATIENCE_MS;

    while (kill(pid, 0) == 0 && clock_mono_ms(&desk->clock) < until_ms) {
        (void)poll(NULL, 0, STEP_MS);
    }
    return kill(pid, 0) != 0;
}

static void it_leaves_nothing_behind(void **state)
{
    struct buf heard = BUF_EMPTY;
    struct desk desk;
    int code;

    (void)state;
    desk_open(&desk, "sleep 600 & echo $! >$HEARD");
    const struct hook_run run = run_of(&desk, PATIENCE_MS);
    assert_int_equal(hook_run(&run, &code), HOOK_DONE);
    desk_read(&desk, &heard);
    assert_true(is_gone(&desk, (pid_t)strtol((const char *)heard.data, NULL, 10)));
    buf_free(&heard);
    desk_close(&desk);
}

/* No secret in its environment, and no descriptor beyond the three. */
static void it_learns_nothing(void **state)
{
    struct buf heard = BUF_EMPTY;
    struct desk desk;
    int code, open_one = dup(STDERR_FILENO);

    (void)state;
    (void)setenv("TERRACE_PASSPHRASE", "not-for-you", 1);
    desk_open(&desk, "env >$HEARD; [ -e /proc/$$/fd/3 ] && echo leaked >>$HEARD");
    const struct hook_run run = run_of(&desk, PATIENCE_MS);
    (void)hook_run(&run, &code);
    desk_read(&desk, &heard);
    assert_null(strstr((const char *)heard.data, "not-for-you"));
    assert_null(strstr((const char *)heard.data, "leaked"));
    assert_non_null(strstr((const char *)heard.data, "TERRACE_HOME="));
    (void)unsetenv("TERRACE_PASSPHRASE");
    (void)close(open_one);
    buf_free(&heard);
    desk_close(&desk);
}

static struct alarm_hook *hook_open(const struct desk *desk, uint32_t gap_ms)
{
    const struct alarm_hook_config config = {.program = desk->program,
                                             .home = desk->top,
                                             .node = division_of("540100"),
                                             .ms_max = PATIENCE_MS,
                                             .gap_ms = gap_ms,
                                             .language = LANGUAGE_EN,
                                             .clock = &desk->clock};
    struct alarm_hook *hook;
    struct err err;

    if (alarm_hook_open(&hook, &config, &err) != OK) {
        fail_msg("%s", err.text);
    }
    return hook;
}

static struct alarm some_alarm(uint64_t id, uint64_t cleared_unix_ms)
{
    struct alarm alarm = {.id = id,
                          .code = ALARM_DISK_LOW,
                          .about = division_of("540100"),
                          .first_unix_ms = 1000,
                          .last_unix_ms = 1000,
                          .count = 1,
                          .cleared_unix_ms = cleared_unix_ms};

    message_format(alarm.message, sizeof alarm.message, "little_space free_mib=%d floor_mib=%d", 3,
                   4);
    return alarm;
}

static void a_change_is_one_line_of_json(void **state)
{
    struct alarm raised = some_alarm(3, 0), cleared = some_alarm(3, 2000);
    struct buf heard = BUF_EMPTY;
    struct desk desk;
    struct alarm_hook *hook;
    json_t *first, *second;

    (void)state;
    desk_open(&desk, "cat >>$HEARD");
    hook = hook_open(&desk, 1);
    alarm_hook_tell(hook, &raised);
    alarm_hook_tell(hook, &cleared);
    desk_await(&desk, 2, &heard);
    alarm_hook_close(hook);
    first = json_loads((const char *)heard.data, JSON_DISABLE_EOF_CHECK, NULL);
    second = json_loads(strchr((const char *)heard.data, '\n'), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(first, "change")), "raised");
    assert_string_equal(json_string_value(json_object_get(first, "node")), "540100");
    assert_string_equal(json_string_value(json_object_get(json_object_get(first, "alarm"), "code")),
                        "disk_low");
    assert_non_null(json_object_get(json_object_get(first, "alarm"), "cure"));
    assert_string_equal(json_string_value(json_object_get(second, "change")), "cleared");
    json_decref(first);
    json_decref(second);
    buf_free(&heard);
    desk_close(&desk);
}

static void tell(struct alarm_hook *hook, uint64_t first, uint64_t last)
{
    for (uint64_t id = first; id <= last; id++) {
        const struct alarm alarm = some_alarm(id, 0);

        alarm_hook_tell(hook, &alarm);
    }
}

/* A run that writes its line and lasts until the test says so. */
#define UNTIL_TOLD                                                                                 \
    "read line; echo \"$line\" >>$HEARD; while [ ! -e $HEARD.go ]; do sleep 0.01; done"

/* While a run lasts, the queue takes so many and no more; how many were left out is told. */
static void what_is_left_out_is_counted_and_told(void **state)
{
    enum { MORE = 40 };
    struct buf heard = BUF_EMPTY;
    struct alarm_hook *hook;
    struct desk desk;
    struct err err;
    char go[160], want[32];

    (void)state;
    desk_open(&desk, UNTIL_TOLD);
    hook = hook_open(&desk, 1);
    tell(hook, 1, 1);
    desk_await(&desk, 1, &heard); /* the thread is busy with it */
    tell(hook, 2, 1 + HOOK_QUEUE_MAX + MORE);
    desk_read(&desk, &heard);
    assert_int_equal(lines_of(&heard), 1); /* one at a time */
    (void)snprintf(go, sizeof go, "%s.go", desk.heard);
    assert_int_equal(file_write(go, BYTES_NONE, &err), OK);
    desk_await(&desk, 1 + HOOK_QUEUE_MAX + 1, &heard);
    (void)snprintf(want, sizeof want, "\"count\":%d}\n", MORE);
    assert_non_null(strstr((const char *)heard.data, "{\"change\":\"left_out\""));
    assert_non_null(strstr((const char *)heard.data, want));
    alarm_hook_close(hook);
    buf_free(&heard);
    desk_close(&desk);
}

static void a_stop_does_not_wait_for_the_queue(void **state)
{
    struct buf heard = BUF_EMPTY;
    struct alarm_hook *hook;
    struct desk desk;
    uint64_t begun_ms;

    (void)state;
    desk_open(&desk, UNTIL_TOLD);
    hook = hook_open(&desk, 1);
    tell(hook, 1, 10);
    desk_await(&desk, 1, &heard);
    begun_ms = clock_mono_ms(&desk.clock);
    alarm_hook_close(hook);
    assert_true(clock_mono_ms(&desk.clock) - begun_ms < HOOK_STOP_MS + PATIENCE_MS / 2);
    desk_read(&desk, &heard);
    assert_int_equal(lines_of(&heard), 1);
    buf_free(&heard);
    desk_close(&desk);
}

static void more_than_a_burst_is_told_at_its_rate(void **state)
{
    enum { GAP_MS = 100, BEYOND = 5 };
    struct buf heard = BUF_EMPTY;
    struct alarm_hook *hook;
    struct desk desk;
    uint64_t begun_ms;

    (void)state;
    desk_open(&desk, "cat >>$HEARD");
    begun_ms = clock_mono_ms(&desk.clock);
    hook = hook_open(&desk, GAP_MS);
    tell(hook, 1, HOOK_BURST + BEYOND);
    desk_await(&desk, HOOK_BURST + BEYOND, &heard);
    assert_true(clock_mono_ms(&desk.clock) - begun_ms >= (uint64_t)BEYOND * GAP_MS);
    alarm_hook_close(hook);
    buf_free(&heard);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_end_has_its_name),
        cmocka_unit_test(a_program_that_cannot_be_started_is_named),
        cmocka_unit_test(it_leaves_nothing_behind),
        cmocka_unit_test(it_learns_nothing),
        cmocka_unit_test(a_change_is_one_line_of_json),
        cmocka_unit_test(what_is_left_out_is_counted_and_told),
        cmocka_unit_test(a_stop_does_not_wait_for_the_queue),
        cmocka_unit_test(more_than_a_burst_is_told_at_its_rate),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    log_open(LOG_LEVEL_NONE, "");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
