/* api_load - programs at a node's API: how much it takes in, how much it answers, and how long one
 * document waits while it is half busy.
 *
 *   api_load upload WHERE --documents N --indicators N     one post of so many lines; then the same
 *                                                          once more: "again_us", all of it exists
 *   api_load posts  WHERE --seconds N [--threads N] --indicators N     posts of 1,000, each
 * thread's one after another api_load reads  WHERE --seconds N [--threads N] --path PATH        one
 * question again and again api_load single WHERE --seconds N [--threads N] --indicators N     a
 * document a post
 *                   [--rate N]             so many a second, however long each takes; else back to
 *                                          back
 *   WHERE: --home DIR, or --url URL --fingerprint HEX --token TOKEN
 *
 * With --rate a document's time begins when it was due: one that waits behind a slow one counts
 * whole. What is posted is made before its time begins. One JSON line on stdout. */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/client/terrace.h"
#include "tests/bench/keep_alive.h"
#include "tests/bench/payments.h"

enum { BATCH = 1000, TIMES_MAX = 1 << 20 };

struct options {
    struct terrace_options where;
    const char *path;
    size_t indicators;
    unsigned threads;
    uint64_t seconds, rate, documents;
};

struct worker {
    const struct options *options;
    struct terrace_client *client;
    pthread_t thread;
    unsigned index;
    uint64_t until_us, done, times_count;
    uint32_t *times_us;
};

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void fail(const char *doing, enum terrace_outcome outcome,
                 const struct terrace_answer *answer)
{
    (void)fprintf(stderr, "api_load: %s: %s: %s: %.300s\n", doing, terrace_outcome_name(outcome),
                  terrace_answer_sentence(answer), terrace_answer_body(answer));
    exit(1);
}

static uint64_t count_word(const char *text, const char *word)
{
    uint64_t count = 0;

    for (text = strstr(text, word); text != NULL; text = strstr(text + 1, word)) {
        count++;
    }
    return count;
}

static void prefix_of(const struct worker *worker, char mark, char out[24])
{
    (void)snprintf(out, 24, "%c%x-%u-", mark, (unsigned)(now_us() & 0xffffff), worker->index);
}

/* How many of the lines were accepted; a post with none ends the program. */
static uint64_t post(const struct worker *worker, const struct buf *lines)
{
    struct terrace_answer *answer = NULL;
    const enum terrace_outcome outcome =
        terrace_post(worker->client, "/documents?kind=payment", lines->data, lines->size, &answer);
    uint64_t accepted;

    if (outcome != TERRACE_OK) {
        fail("post", outcome, answer);
    }
    accepted = count_word(terrace_answer_body(answer), "\"accepted\"");
    if (accepted == 0) {
        fail("post", outcome, answer);
    }
    terrace_answer_free(answer);
    return accepted;
}

static void *posts(void *arg)
{
    struct worker *worker = arg;
    struct buf lines = BUF_EMPTY;
    char prefix[24];
    uint64_t number = 0;

    prefix_of(worker, 'S', prefix);
    while (now_us() < worker->until_us) {
        buf_clear(&lines);
        for (int i = 0; i < BATCH; i++) {
            payments_add(&lines, prefix, worker->index, number++, worker->options->indicators);
        }
        worker->done += post(worker, &lines);
    }
    buf_free(&lines);
    return NULL;
}

/* Over a socket without a library in between, which would cost more than the node. */
static void *reads(void *arg)
{
    struct worker *worker = arg;

    if (worker->options->where.home != NULL) {
        worker->done =
            keep_alive_reads(worker->options->where.home, worker->options->path, worker->until_us);
        return NULL;
    }
    while (now_us() < worker->until_us) {
        struct terrace_answer *answer = NULL;
        const enum terrace_outcome outcome =
            terrace_get(worker->client, worker->options->path, &answer);

        if (outcome != TERRACE_OK || terrace_answer_size(answer) == 0) {
            fail("read", outcome, answer);
        }
        terrace_answer_free(answer);
        worker->done++;
    }
    return NULL;
}

static void sleep_until(uint64_t us)
{
    const struct timespec at = {.tv_sec = (time_t)(us / 1000000),
                                .tv_nsec = (long)(us % 1000000 * 1000)};

    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void *single(void *arg)
{
    struct worker *worker = arg;
    const struct options *options = worker->options;
    const uint64_t every_us =
        options->rate == 0 ? 0 : UINT64_C(1000000) * options->threads / options->rate;
    struct buf line = BUF_EMPTY;
    char prefix[24];
    uint64_t due_us = now_us() + (every_us * worker->index) / options->threads;

    prefix_of(worker, 'O', prefix);
    for (; due_us < worker->until_us && worker->times_count < TIMES_MAX;
         due_us = every_us == 0 ? now_us() : due_us + every_us) {
        buf_clear(&line);
        payments_add(&line, prefix, worker->index, worker->done, options->indicators);
        if (every_us != 0) {
            sleep_until(due_us);
        }
        worker->done += post(worker, &line);
        worker->times_us[worker->times_count++] = (uint32_t)(now_us() - due_us);
    }
    buf_free(&line);
    return NULL;
}

static int by_value(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static void print_result(const struct worker *workers, const struct options *options,
                         uint64_t took_us)
{
    uint32_t *times_us = mem_zalloc((size_t)options->threads * TIMES_MAX * sizeof *times_us);
    uint64_t done = 0, count = 0;

    for (unsigned i = 0; i < options->threads; i++) {
        done += workers[i].done;
        memcpy(times_us + count, workers[i].times_us, workers[i].times_count * sizeof *times_us);
        count += workers[i].times_count;
    }
    (void)printf("{\"done\":%" PRIu64 ",\"us\":%" PRIu64 ",\"per_s\":%" PRIu64, done, took_us,
                 done * 1000000 / took_us);
    if (count > 0) {
        qsort(times_us, count, sizeof *times_us, by_value);
        (void)printf(",\"p50_us\":%" PRIu32 ",\"p90_us\":%" PRIu32 ",\"p99_us\":%" PRIu32,
                     times_us[count / 2], times_us[count * 9 / 10], times_us[count * 99 / 100]);
    }
    (void)printf("}\n");
    mem_free(times_us);
}

static void run(const struct options *options, void *(*work)(void *))
{
    struct worker workers[PAYMENTS_SERIES_MAX];
    struct terrace_client *client = NULL;
    const enum terrace_outcome outcome = terrace_client_open(&client, &options->where);
    const uint64_t began_us = now_us();

    if (outcome != TERRACE_OK) {
        fail("open", outcome, NULL);
    }
    for (unsigned i = 0; i < options->threads; i++) {
        workers[i] = (struct worker){.options = options,
                                     .client = client,
                                     .index = i,
                                     .until_us = began_us + options->seconds * 1000000,
                                     .times_us = mem_zalloc(TIMES_MAX * sizeof(uint32_t))};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            fail("thread", TERRACE_NO_MEMORY, NULL);
        }
    }
    for (unsigned i = 0; i < options->threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    print_result(workers, options, now_us() - began_us);
    for (unsigned i = 0; i < options->threads; i++) {
        mem_free(workers[i].times_us);
    }
    terrace_client_close(client);
}

/* Microseconds until all of `lines` was answered as `wanted`. */
static uint64_t upload_once(struct terrace_client *client, const struct buf *lines,
                            const char *wanted)
{
    struct terrace_answer *answer = NULL;
    const uint64_t began_us = now_us();
    const enum terrace_outcome outcome = terrace_post(client, "/documents?kind=payment&summary=1",
                                                      lines->data, lines->size, &answer);

    if (outcome != TERRACE_OK || strstr(terrace_answer_body(answer), wanted) == NULL) {
        fail("upload", outcome, answer);
    }
    terrace_answer_free(answer);
    return now_us() - began_us;
}

static void upload(const struct options *options)
{
    const struct worker worker = {.index = 0};
    struct terrace_client *client = NULL;
    const enum terrace_outcome outcome = terrace_client_open(&client, &options->where);
    struct buf lines = BUF_EMPTY;
    char prefix[24], accepted[64], exists[64];
    uint64_t us, again_us;

    if (outcome != TERRACE_OK) {
        fail("open", outcome, NULL);
    }
    prefix_of(&worker, 'U', prefix);
    for (uint64_t i = 0; i < options->documents; i++) {
        payments_add(&lines, prefix, 0, i, options->indicators);
    }
    (void)snprintf(accepted, sizeof accepted, "\"accepted\":%" PRIu64 ",", options->documents);
    (void)snprintf(exists, sizeof exists, "\"exists\":%" PRIu64 ",", options->documents);
    us = upload_once(client, &lines, accepted);
    again_us = upload_once(client, &lines, exists);
    (void)printf("{\"done\":%" PRIu64 ",\"us\":%" PRIu64 ",\"per_s\":%" PRIu64
                 ",\"again_us\":%" PRIu64 ",\"again_per_s\":%" PRIu64 "}\n",
                 options->documents, us, options->documents * 1000000 / us, again_us,
                 options->documents * 1000000 / again_us);
    buf_free(&lines);
    terrace_client_close(client);
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"home", 1, NULL, 'h'},
                                          {"url", 1, NULL, 'u'},
                                          {"fingerprint", 1, NULL, 'f'},
                                          {"token", 1, NULL, 't'},
                                          {"path", 1, NULL, 'p'},
                                          {"seconds", 1, NULL, 's'},
                                          {"threads", 1, NULL, 'n'},
                                          {"indicators", 1, NULL, 'i'},
                                          {"rate", 1, NULL, 'r'},
                                          {"documents", 1, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.where = TERRACE_OPTIONS, .threads = 1, .seconds = 5};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'h':
            options.where.home = optarg;
            break;
        case 'u':
            options.where.url = optarg;
            break;
        case 'f':
            options.where.fingerprint = optarg;
            break;
        case 't':
            options.where.token = optarg;
            break;
        case 'p':
            options.path = optarg;
            break;
        case 's':
            options.seconds = strtoul(optarg, NULL, 10);
            break;
        case 'n':
            options.threads = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'i':
            options.indicators = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            options.rate = strtoul(optarg, NULL, 10);
            break;
        case 'd':
            options.documents = strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    if (optind + 1 != argc || options.threads == 0 || options.threads > PAYMENTS_SERIES_MAX) {
        return 2;
    }
    if (strcmp(argv[optind], "reads") == 0 && options.path != NULL) {
        run(&options, reads);
    } else if (strcmp(argv[optind], "upload") == 0 && options.indicators > 0 &&
               options.documents > 0) {
        upload(&options);
    } else if (strcmp(argv[optind], "posts") == 0 && options.indicators > 0) {
        run(&options, posts);
    } else if (strcmp(argv[optind], "single") == 0 && options.indicators > 0) {
        run(&options, single);
    } else {
        return 2;
    }
    return 0;
}
