#include "node/daemon/alarm_hook.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "node/api/routes_alarms.h"
#include "node/daemon/hook_run.h"
#include "proto/log.h"

struct alarm_hook {
    struct alarm_hook_config config;
    pthread_t thread;
    bool has_thread;
    int stop;           /* readable once stopping; what a run in progress looks at */
    uint64_t booked_ms; /* up to when its runs are booked, one in gap_ms; the thread's own */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock */
    struct buf waiting[HOOK_QUEUE_MAX]; /* a ring */
    size_t first, count;
    uint64_t left_out;
    bool stopping;
};

/* --- lines --- */

static struct json_out begin_line(const struct alarm_hook *hook, struct buf *line,
                                  const char *change)
{
    struct json_out out = json_to(line);

    out_open(&out, NULL, '{');
    out_text(&out, "change", change);
    out_text(&out, "node", hook->config.node.code);
    return out;
}

static void write_change(const struct alarm_hook *hook, struct buf *line, const struct alarm *alarm)
{
    struct json_out out =
        begin_line(hook, line, alarm->cleared_unix_ms != 0 ? "cleared" : "raised");

    write_alarm(&out, "alarm", alarm, hook->config.language, true);
    out_close(&out, '}');
}

static void write_left_out(const struct alarm_hook *hook, struct buf *line, uint64_t count)
{
    struct json_out out = begin_line(hook, line, "left_out");

    out_count(&out, "count", count);
    out_close(&out, '}');
}

/* --- the loop's side --- */

void alarm_hook_tell(struct alarm_hook *hook, const struct alarm *alarm)
{
    struct buf line = BUF_EMPTY;

    write_change(hook, &line, alarm);
    (void)pthread_mutex_lock(&hook->lock);
    if (hook->count < HOOK_QUEUE_MAX) {
        hook->waiting[(hook->first + hook->count++) % HOOK_QUEUE_MAX] = line;
        line = BUF_EMPTY; /* the queue's now */
    } else {
        hook->left_out++;
    }
    (void)pthread_cond_signal(&hook->changed);
    (void)pthread_mutex_unlock(&hook->lock);
    buf_free(&line);
}

/* --- the thread's side --- */

static void wait_until_ms(struct alarm_hook *hook, uint64_t mono_ms)
{
    const struct timespec until = {.tv_sec = (time_t)(mono_ms / 1000),
                                   .tv_nsec = (long)(mono_ms % 1000) * 1000000};

    (void)pthread_cond_timedwait(&hook->changed, &hook->lock, &until);
}

/* When the next run may begin. */
static uint64_t due_ms(const struct alarm_hook *hook)
{
    const uint64_t burst_ms = (uint64_t)(HOOK_BURST - 1) * hook->config.gap_ms;

    return hook->booked_ms > burst_ms ? hook->booked_ms - burst_ms : 0;
}

static void book(struct alarm_hook *hook)
{
    const uint64_t now_ms = clock_mono_ms(hook->config.clock);

    hook->booked_ms = (hook->booked_ms > now_ms ? hook->booked_ms : now_ms) + hook->config.gap_ms;
}

/* Under lock: what is next, oldest first, and how many were left out once nothing else waits. */
static void take_line(struct alarm_hook *hook, struct buf *line)
{
    if (hook->count > 0) {
        *line = hook->waiting[hook->first];
        hook->waiting[hook->first] = BUF_EMPTY;
        hook->first = (hook->first + 1) % HOOK_QUEUE_MAX;
        hook->count--;
    } else {
        LOG_WARN("hook.left_out", "count=%" PRIu64, hook->left_out);
        write_left_out(hook, line, hook->left_out);
        hook->left_out = 0;
    }
}

/* Waits for something to tell, and until it may be told; false once the node stops. */
static bool next_line(struct alarm_hook *hook, struct buf *line)
{
    bool stopping;

    (void)pthread_mutex_lock(&hook->lock);
    while (!hook->stopping && hook->count == 0 && hook->left_out == 0) {
        (void)pthread_cond_wait(&hook->changed, &hook->lock);
    }
    while (!hook->stopping && clock_mono_ms(hook->config.clock) < due_ms(hook)) {
        wait_until_ms(hook, due_ms(hook));
    }
    stopping = hook->stopping;
    if (!stopping) {
        take_line(hook, line);
    }
    (void)pthread_mutex_unlock(&hook->lock);
    return !stopping;
}

static void run_program(struct alarm_hook *hook, const struct buf *line)
{
    const struct alarm_hook_config *config = &hook->config;
    const struct hook_run run = {.program = config->program,
                                 .home = config->home,
                                 .line = buf_bytes(line),
                                 .ms_max = config->ms_max,
                                 .stop = hook->stop,
                                 .clock = config->clock};
    int code;
    enum hook_end end;

    book(hook);
    end = hook_run(&run, &code);
    if (end != HOOK_DONE) {
        LOG_WARN("hook.failed", "program=%s end=%s code=%d", config->program, hook_end_name(end),
                 code);
    }
}

static void *run_thread(void *arg)
{
    struct alarm_hook *hook = arg;
    struct buf line = BUF_EMPTY;

    while (next_line(hook, &line)) {
        run_program(hook, &line);
        buf_free(&line);
    }
    return NULL;
}

/* --- life --- */

static void init_lock(struct alarm_hook *hook)
{
    pthread_condattr_t monotonic;

    (void)pthread_mutex_init(&hook->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&hook->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

/* With every signal blocked: they are the loop's, and a program that does not read is no reason to
 * end. */
static int start_thread(struct alarm_hook *hook)
{
    sigset_t all, before;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    error = pthread_create(&hook->thread, NULL, run_thread, hook);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    hook->has_thread = error == 0;
    return error;
}

enum status alarm_hook_open(struct alarm_hook **out, const struct alarm_hook_config *config,
                            struct err *err)
{
    struct alarm_hook *hook = mem_zalloc(sizeof *hook);
    int error;

    *out = NULL;
    hook->config = *config;
    hook->config.gap_ms = config->gap_ms == 0 ? HOOK_GAP_MS : config->gap_ms;
    init_lock(hook);
    hook->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    error = hook->stop < 0 ? errno : start_thread(hook);
    if (error != 0) {
        alarm_hook_close(hook);
        return err_set(err, ERR_IO, "hook_not_opened program=%s why=%s", config->program,
                       os_reason(error));
    }
    LOG_INFO("hook.ready", "program=%s ms_max=%" PRIu32, config->program, config->ms_max);
    *out = hook;
    return OK;
}

static void stop_thread(struct alarm_hook *hook)
{
    const uint64_t one = 1;

    (void)pthread_mutex_lock(&hook->lock);
    hook->stopping = true;
    (void)pthread_cond_signal(&hook->changed);
    (void)pthread_mutex_unlock(&hook->lock);
    (void)!write(hook->stop, &one, sizeof one);
    (void)pthread_join(hook->thread, NULL);
}

void alarm_hook_close(struct alarm_hook *hook)
{
    if (hook == NULL) {
        return;
    }
    if (hook->has_thread) {
        stop_thread(hook);
    }
    if (hook->count + hook->left_out > 0) {
        LOG_WARN("hook.left_out", "count=%" PRIu64, hook->count + hook->left_out);
    }
    for (size_t i = 0; i < HOOK_QUEUE_MAX; i++) {
        buf_free(&hook->waiting[i]);
    }
    if (hook->stop >= 0) {
        (void)close(hook->stop);
    }
    (void)pthread_cond_destroy(&hook->changed);
    (void)pthread_mutex_destroy(&hook->lock);
    mem_free(hook);
}
