#include "node/webhook/courier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "node/api/change_feed.h"
#include "node/api/found_damage.h"
#include "node/text/text.h"
#include "node/webhook/post.h"
#include "node/webhook/proof.h"
#include "node/webhook/retry.h"

enum {
    POST_BYTES = 256 << 10,  /* of one post, and one line more */
    LOOKED_BYTES = 16 << 20, /* of the log, before the filter is given a rest */
    PACE_MS = 20,            /* what comes in so short a time goes together */
    IDLE_MS = 60000,
    LOOK_MS = 2000, /* while it waits: was it replayed, or removed? */
    STACK_BYTES = 512 << 10,
    HEADERS_BYTES_MAX = PROOF_BYTES_MAX + 256,
};

struct courier {
    struct courier_config config;
    char name[WEBHOOK_NAME_MAX + 1];
    pthread_t thread;
    atomic_bool stopping, finished;
    struct poster *poster;

    /* the thread's own */
    struct webhook row; /* as it was read last */
    struct change_feed feed;
    struct retry retry;
    struct webhook_report report; /* how it stands */
    bool unsaved;                 /* ... and the row does not say so yet */
    uint64_t reported_ms;         /* mono */
    struct buf body;
};

static uint64_t now_ms(const struct courier *courier)
{
    return clock_mono_ms(courier->config.clock);
}

static uint64_t now_unix_ms(const struct courier *courier)
{
    return clock_unix_ms(courier->config.clock);
}

/* --- reports --- */

struct report_task {
    struct api_task api_task;
    struct webhook_report report;
};

static void run_report(struct api_task *api_task, struct node *node, struct txn *txn)
{
    webhook_report(node, txn, &((struct report_task *)api_task)->report);
}

static void forget_news(struct courier *courier)
{
    courier->report.delivered = 0;
    courier->report.has_dead = false;
    courier->report.revived = 0;
    courier->unsaved = false;
}

/* Waits until it is durable. What could not be reported stays to be. */
static void report(struct courier *courier)
{
    struct report_task *task = api_task_new(courier->config.gate, sizeof *task, run_report, NULL);

    task->report = courier->report;
    if (api_task_run(&task->api_task, courier->config.node) == OK) {
        forget_news(courier);
        courier->reported_ms = now_ms(courier);
    }
    api_task_done_with(&task->api_task);
}

static bool report_is_due(const struct courier *courier)
{
    return courier->unsaved && now_ms(courier) - courier->reported_ms >= REPORT_MS;
}

/* --- the row --- */

/* Another version: somebody set it up anew, or asked for a replay. */
static void take_row(struct courier *courier)
{
    const struct webhook *row = &courier->row;

    courier->retry = RETRY_FRESH;
    courier->report = (struct webhook_report){.version = row->version, .at = row->at};
    memcpy(courier->report.name, row->name, sizeof row->name);
    courier->report.failing_ms = row->failing_ms;
    memcpy(courier->report.failure, row->failure, sizeof row->failure);
    courier->unsaved = false;
    change_feed_narrow(&courier->feed, &(struct change_filter){row->division, row->kinds});
}

struct wanted_letter {
    struct dead_letter letter;
    bool found;
};

static bool note_letter(void *arg, const struct dead_letter *letter)
{
    struct wanted_letter *wanted = arg;

    wanted->found = letter->again;
    wanted->letter = *letter;
    return !wanted->found;
}

enum row_state { ROW_THERE, ROW_REMOVED, ROW_UNREADABLE };

/* Reads the row, and the first dead letter that is to go again. */
static enum row_state read_row(struct courier *courier, struct wanted_letter *wanted)
{
    struct txn *txn = txn_open(courier->config.store, NULL);
    struct webhook row;
    const bool found = webhook_find(txn, courier->name, &row);
    struct err err;
    const bool readable = txn_status(txn, &err) == OK;

    wanted->found = false;
    if (found) {
        courier->row = row;
    }
    if (found && courier->row.version != courier->report.version) {
        take_row(courier);
    }
    if (found && courier->row.dead > 0) {
        dead_letter_each(txn, courier->name, 0, note_letter, wanted);
    }
    if (txn_status(txn, &err) != OK) {
        found_damage(courier->config.node, courier->config.gate, &err);
    }
    txn_free(txn);
    return !readable ? ROW_UNREADABLE : found ? ROW_THERE : ROW_REMOVED;
}

/* --- waiting --- */

/* As long as it says, unless somebody asks for something else meanwhile. */
static void wait_ms(struct courier *courier, uint32_t ms)
{
    const uint64_t until_ms = now_ms(courier) + ms, replays = courier->row.replays;
    struct wanted_letter wanted;

    while (now_ms(courier) < until_ms && !atomic_load(&courier->stopping)) {
        const uint64_t left_ms = until_ms - now_ms(courier);

        if (!poster_sleep(courier->poster, (uint32_t)(left_ms < LOOK_MS ? left_ms : LOOK_MS)) ||
            read_row(courier, &wanted) == ROW_REMOVED || courier->row.replays != replays) {
            return;
        }
    }
}

/* For the next commit; with something to report, no longer than that may wait. */
static void wait_for_news(struct courier *courier, uint64_t *commits)
{
    const uint64_t since_ms = now_ms(courier) - courier->reported_ms;
    const uint32_t most_ms = !courier->unsaved       ? IDLE_MS
                             : since_ms >= REPORT_MS ? 0
                                                     : (uint32_t)(REPORT_MS - since_ms);

    if (node_await_commit(courier->config.node, commits, most_ms)) {
        (void)poster_sleep(courier->poster, PACE_MS);
    }
    if (report_is_due(courier)) {
        report(courier);
    }
}

/* --- one post --- */

static void write_headers(const struct courier *courier, char out[HEADERS_BYTES_MAX])
{
    char position[POSITION_TEXT_MAX], proof[PROOF_BYTES_MAX];

    position_format(position, &courier->feed.at);
    proof_write(proof, courier->row.secret, atomic_load(courier->config.key),
                now_unix_ms(courier) / 1000, buf_bytes(&courier->body));
    (void)snprintf(out, HEADERS_BYTES_MAX,
                   "Content-Type: application/x-ndjson; charset=utf-8\r\nUser-Agent: Terrace\r\n"
                   "Terrace-Webhook: %s\r\nTerrace-Position: %s\r\n%s",
                   courier->name, position, proof);
}

/* Posts the body. How it went stands in the report. */
static enum retry_next post(struct courier *courier, struct retry *retry, uint32_t entries)
{
    struct webhook_report *told = &courier->report;
    char headers[HEADERS_BYTES_MAX];
    enum retry_next next;
    struct url url;
    struct err err;
    int http = 0;

    write_headers(courier, headers);
    if (!url_parse(&url, courier->row.url)) {
        (void)err_set(&err, ERR_CONFIG, "webhook_url url=%s", courier->row.url);
    } else if (poster_send(courier->poster, &url, headers, buf_bytes(&courier->body), &http,
                           &err) == OK) {
        (void)err_set(&err, ERR_REFUSED, "webhook_answered http=%d", http);
    }
    next = retry_after(retry, http, entries, clock_random(courier->config.clock));
    told->attempts = retry->attempts;
    if (next == RETRY_DELIVERED) {
        told->delivered += entries;
        told->delivered_ms = now_unix_ms(courier);
    }
    if (next == RETRY_DELIVERED || next == RETRY_DEAD) {
        told->failing_ms = 0;
    } else if (told->failing_ms == 0) {
        told->failing_ms = now_unix_ms(courier);
    }
    text_cut(told->failure, sizeof told->failure, next == RETRY_DELIVERED ? "" : err.text);
    return next;
}

static void note_dead(struct courier *courier, const struct arrival_mark *at)
{
    struct dead_letter *dead = &courier->report.dead;

    courier->report.has_dead = true;
    *dead = (struct dead_letter){.at = *at, .died_ms = now_unix_ms(courier)};
    memcpy(dead->failure, courier->report.failure, sizeof dead->failure);
    courier->report.failure[0] = '\0';
}

/* --- what is new --- */

/* The next entries of the order, as far as one post takes them. False when there are none; *more:
 * the filter was given a rest. */
static bool read_entries(struct courier *courier, uint64_t *entries, bool *more, struct err *err)
{
    const struct change_bounds bounds = {POST_BYTES, LOOKED_BYTES, courier->retry.entries};

    buf_clear(&courier->body);
    *entries = 0;
    *more = false;
    change_feed_seek(&courier->feed, &courier->report.at);
    err->status = arrivals_check(courier->config.store, NULL, &courier->report.at, err);
    if (err->status == OK) {
        err->status = change_feed_read(&courier->feed, &bounds, &courier->body, entries, more, err);
    }
    found_damage(courier->config.node, courier->config.gate, err);
    return err->status == OK && *entries > 0;
}

/* Nothing can be sent until somebody does something about it. */
static void stop_with(struct courier *courier, const char *failure)
{
    struct webhook_report *told = &courier->report;

    if (told->failing_ms == 0 || strncmp(told->failure, failure, sizeof told->failure - 4) != 0) {
        text_cut(told->failure, sizeof told->failure, failure);
        told->failing_ms = told->failing_ms == 0 ? now_unix_ms(courier) : told->failing_ms;
        report(courier);
    }
    wait_ms(courier, IDLE_MS);
}

static void send_entries(struct courier *courier, uint32_t entries)
{
    const bool was_failing = courier->report.failing_ms != 0;
    const enum retry_next next = post(courier, &courier->retry, entries);

    if (next == RETRY_DEAD) {
        note_dead(courier, &courier->feed.at);
    }
    if (next != RETRY_AGAIN) {
        courier->report.at = courier->feed.at;
    }
    courier->unsaved = true;
    if (next == RETRY_DEAD || was_failing != (courier->report.failing_ms != 0) ||
        report_is_due(courier)) {
        report(courier);
    }
    if (next == RETRY_AGAIN) {
        wait_ms(courier, courier->retry.wait_ms);
    }
}

static void go_on(struct courier *courier, uint64_t *commits)
{
    uint64_t entries;
    bool more;
    struct err err;

    if (courier->row.dead >= DEAD_LETTERS_MAX) {
        stop_with(courier, "webhook_full");
    } else if (read_entries(courier, &entries, &more, &err)) {
        send_entries(courier, (uint32_t)entries);
    } else if (err.status != OK) {
        stop_with(courier, err.text);
    } else {
        courier->unsaved |= courier->feed.at.position != courier->report.at.position;
        courier->report.at = courier->feed.at;
        if (!more) {
            wait_for_news(courier, commits);
        }
    }
}

/* --- a dead letter once more --- */

static void send_letter(struct courier *courier, const struct dead_letter *letter)
{
    const struct change_bounds bounds = {POST_BYTES, LOOKED_BYTES, 1};
    struct retry retry = {REFUSALS_MAX - 1, 1, 0}; /* one refusal more, and it is dead again */
    enum retry_next next = RETRY_DEAD;
    uint64_t entries = 0;
    enum status status;
    struct err err;
    bool more;

    buf_clear(&courier->body);
    change_feed_seek(&courier->feed, &(struct arrival_mark){letter->at.position - 1, 0});
    status = change_feed_read(&courier->feed, &bounds, &courier->body, &entries, &more, &err);
    if (status != OK) { /* it stays as it is, until it can be read */
        found_damage(courier->config.node, courier->config.gate, &err);
        stop_with(courier, err.text);
        return;
    }
    if (entries == 1 && courier->feed.at.mark == letter->at.mark) {
        next = post(courier, &retry, 1);
    } else {
        (void)snprintf(courier->report.failure, sizeof courier->report.failure,
                       "webhook_letter_lost");
    }
    if (next == RETRY_DELIVERED) {
        courier->report.revived = letter->at.position;
    } else if (next == RETRY_DEAD) {
        note_dead(courier, &letter->at);
    }
    report(courier);
    if (next == RETRY_AGAIN) {
        wait_ms(courier, retry.wait_ms);
    }
}

/* --- life --- */

static void *work(void *arg)
{
    struct courier *courier = arg;
    enum row_state state = ROW_THERE;
    struct wanted_letter wanted;
    uint64_t commits = 0;

    (void)node_await_commit(courier->config.node, &commits, 0);
    while (!atomic_load(&courier->stopping) && state != ROW_REMOVED) {
        state = read_row(courier, &wanted);
        if (state == ROW_UNREADABLE) {
            (void)poster_sleep(courier->poster, LOOK_MS);
        } else if (state == ROW_THERE && wanted.found) {
            send_letter(courier, &wanted.letter);
        } else if (state == ROW_THERE) {
            go_on(courier, &commits);
        }
    }
    atomic_store(&courier->finished, true);
    return NULL;
}

static enum status start_thread(struct courier *courier, struct err *err)
{
    pthread_attr_t attributes;
    int code;

    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    code = pthread_create(&courier->thread, &attributes, work, courier);
    (void)pthread_attr_destroy(&attributes);
    return code == 0 ? OK : err_set(err, ERR_IO, "thread_not_started why=%s", os_reason(code));
}

static void free_courier(struct courier *courier)
{
    poster_close(courier->poster);
    change_feed_close(&courier->feed);
    buf_free(&courier->body);
    crypto_wipe(courier->row.secret, sizeof courier->row.secret);
    mem_free(courier);
}

enum status courier_open(struct courier **out, const struct courier_config *config,
                         const char *name, struct err *err)
{
    struct courier *courier = mem_zalloc(sizeof *courier);
    enum status status;

    *out = NULL;
    courier->config = *config;
    (void)snprintf(courier->name, sizeof courier->name, "%s", name);
    change_feed_open(&courier->feed, config->store, CHANGES_LINES);
    status =
        poster_open(&courier->poster, config->clock, config->allowed, config->authorities, err);
    if (status == OK) {
        status = start_thread(courier, err);
    }
    if (status != OK) {
        free_courier(courier);
        return status;
    }
    *out = courier;
    return OK;
}

const char *courier_name(const struct courier *courier)
{
    return courier->name;
}

void courier_stop(struct courier *courier)
{
    atomic_store(&courier->stopping, true);
    poster_stop(courier->poster);
}

bool courier_finished(const struct courier *courier)
{
    return atomic_load(&courier->finished);
}

/* What it had not reported, as a task that nobody waits for. */
struct last_report {
    struct task task;
    struct webhook_report report;
};

static void run_last(struct task *task, struct node *node, struct txn *txn)
{
    webhook_report(node, txn, &((struct last_report *)task)->report);
}

static void free_last(struct task *task, enum status outcome)
{
    (void)outcome;
    mem_free(task);
}

void courier_close(struct courier *courier)
{
    if (courier == NULL) {
        return;
    }
    courier_stop(courier);
    (void)pthread_join(courier->thread, NULL);
    if (courier->unsaved) {
        struct last_report *last = mem_zalloc(sizeof *last);

        last->task.run = run_last;
        last->task.done = free_last;
        last->report = courier->report;
        node_post(courier->config.node, &last->task);
    }
    free_courier(courier);
}
