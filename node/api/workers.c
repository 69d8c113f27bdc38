#include "node/api/workers.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "proto/bytes.h"
#include "proto/message.h"

enum {
    THREAD_STACK_BYTES = 4 << 20, /* reserved, not used: jansson recurses up to 2,048 deep */
    IDLE_MS = 10000,
};

/* How much of a lane runs at once. */
static const int shares[LANES] = {
    [LANE_SOCKET] = 48, [LANE_NETWORK] = 24, [LANE_READ] = 2,
    [LANE_WATCH] = 4,   [LANE_PASSWORD] = 4, [LANE_OWNER] = 4,
    [LANE_LONG] = 2,    [LANE_WAITING] = 16, [LANE_STREAM] = 2,
};

struct workers {
    struct clock clock;
    pthread_mutex_t lock;
    pthread_cond_t posted, ended;
    struct queue {
        struct work *first, **end;
        int waiting, running;
    } lanes[LANES];
    enum lane turn; /* the lane that is looked at first */
    int threads, idle;
    bool closing;
};

/* --- under the lock --- */

static int min(int a, int b)
{
    return a < b ? a : b;
}

/* How many works could begin now. */
static int count_ready(const struct workers *workers)
{
    int count = 0;

    for (size_t i = 0; i < LANES; i++) {
        count += min(workers->lanes[i].waiting, shares[i] - workers->lanes[i].running);
    }
    return count;
}

/* The next one, one lane after the other; NULL when there is none. */
static struct work *take_work(struct workers *workers, enum lane *lane)
{
    for (size_t i = 0; i < LANES; i++) {
        struct queue *queue = &workers->lanes[(workers->turn + i) % LANES];
        struct work *work = queue->first;

        if (work == NULL || queue->running == shares[queue - workers->lanes]) {
            continue;
        }
        queue->first = work->next;
        if (queue->first == NULL) {
            queue->end = &queue->first;
        }
        queue->waiting--;
        queue->running++;
        *lane = (enum lane)(queue - workers->lanes);
        workers->turn = (*lane + 1) % LANES;
        return work;
    }
    return NULL;
}

/* False when nothing was posted for a while, and another one is there. */
static bool wait_for_work(struct workers *workers)
{
    const uint64_t until_ms = clock_mono_ms(&workers->clock) + IDLE_MS;
    const struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
                                   .tv_nsec = (long)(until_ms % 1000) * 1000000};
    int waited;

    workers->idle++;
    waited = workers->threads == 1
                 ? pthread_cond_wait(&workers->posted, &workers->lock)
                 : pthread_cond_timedwait(&workers->posted, &workers->lock, &until);
    workers->idle--;
    return waited == 0;
}

/* --- a thread --- */

static void *run_works(void *arg)
{
    struct workers *workers = arg;
    bool wanted = true;

    (void)pthread_mutex_lock(&workers->lock);
    for (;;) {
        enum lane lane;
        struct work *work = take_work(workers, &lane);

        if (work != NULL) {
            (void)pthread_mutex_unlock(&workers->lock);
            work->run(work); /* and its memory is the poster's again */
            (void)pthread_mutex_lock(&workers->lock);
            workers->lanes[lane].running--;
            wanted = true;
        } else if (workers->closing || !wanted) {
            break;
        } else {
            wanted = wait_for_work(workers);
        }
    }
    workers->threads--;
    (void)pthread_cond_broadcast(&workers->ended);
    (void)pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* Under the lock. One that cannot be made is no fault while there is another: the system may be
 * short of them, and makes none for a process that is about to begin anew. */
static int add_thread(struct workers *workers)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int error;

    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    error = pthread_create(&thread, &attributes, run_works, workers);
    (void)pthread_attr_destroy(&attributes);
    workers->threads += error == 0;
    return error;
}

/* --- life --- */

void workers_close(struct workers *workers)
{
    if (workers == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&workers->lock);
    workers->closing = true;
    (void)pthread_cond_broadcast(&workers->posted);
    while (workers->threads > 0) {
        (void)pthread_cond_wait(&workers->ended, &workers->lock);
    }
    (void)pthread_mutex_unlock(&workers->lock);
    (void)pthread_mutex_destroy(&workers->lock);
    (void)pthread_cond_destroy(&workers->posted);
    (void)pthread_cond_destroy(&workers->ended);
    mem_free(workers);
}

enum status workers_open(struct workers **out, const struct clock *clock, struct err *err)
{
    struct workers *workers = mem_zalloc(sizeof *workers);
    pthread_condattr_t monotonic;
    int error;

    *out = NULL;
    workers->clock = *clock;
    (void)pthread_mutex_init(&workers->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&workers->posted, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_cond_init(&workers->ended, NULL);
    for (size_t i = 0; i < LANES; i++) {
        workers->lanes[i].end = &workers->lanes[i].first;
    }
    (void)pthread_mutex_lock(&workers->lock);
    error = add_thread(workers); /* this one stays */
    (void)pthread_mutex_unlock(&workers->lock);
    if (error != 0) {
        workers_close(workers);
        return err_set(err, ERR_IO, "thread_not_started why=%s", os_reason(error));
    }
    *out = workers;
    return OK;
}

void workers_post(struct workers *workers, enum lane lane, struct work *work)
{
    struct queue *queue = &workers->lanes[lane];

    work->next = NULL;
    (void)pthread_mutex_lock(&workers->lock);
    assert(!workers->closing);
    *queue->end = work;
    queue->end = &work->next;
    queue->waiting++;
    if (count_ready(workers) > workers->idle) {
        (void)add_thread(workers);
    }
    (void)pthread_cond_signal(&workers->posted);
    (void)pthread_mutex_unlock(&workers->lock);
}
