#include "node/daemon/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "node/core/archive_alarm.h"
#include "node/core/rebuild.h"
#include "node/core/turn.h"
#include "node/daemon/again.h"
#include "node/daemon/daemon_internal.h"
#include "node/daemon/enrolment.h"
#include "node/daemon/guard.h"
#include "node/daemon/healing.h"
#include "node/daemon/notify.h"
#include "node/daemon/system_clock.h"
#include "node/home/grant_chain.h"
#include "node/home/notes.h"
#include "node/store/store_rocks.h"
#include "proto/log.h"

enum {
    OPEN_FILES_WANTED = 8192,
    LONGEST_WAIT_MS = 60000,
    TRIM_MS = 10000,
    QUIET_ROWS = 1000,
    ASK_KEYS_MS = 5000
};

/* --- the process --- */

static void allow_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        const rlim_t wanted =
            limit.rlim_max < OPEN_FILES_WANTED ? limit.rlim_max : OPEN_FILES_WANTED;
        if (limit.rlim_cur < wanted) {
            limit.rlim_cur = wanted;
            (void)setrlimit(RLIMIT_NOFILE, &limit);
        }
    }
}

/* Before any thread: they inherit the mask, and only the loop hears of signals. */
static enum status open_signals(struct daemon *daemon, struct err *err)
{
    static const int ours[] = {SIGTERM, SIGINT, SIGHUP};
    static const int nobodys[] = {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGIO};
    sigset_t blocked, stopping;

    (void)sigemptyset(&stopping);
    for (size_t i = 0; i < COUNT_OF(ours); i++) {
        (void)sigaddset(&stopping, ours[i]);
    }
    blocked = stopping;
    for (size_t i = 0; i < COUNT_OF(nobodys); i++) {
        (void)sigaddset(&blocked, nobodys[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    daemon->signals = signalfd(-1, &stopping, SFD_CLOEXEC | SFD_NONBLOCK);
    daemon->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (daemon->signals < 0 || daemon->wake < 0) {
        return err_set(err, ERR_IO, "signals_failed why=%s", os_reason(errno));
    }
    return OK;
}

/* --- opening, in order; closing is the same backwards --- */

static enum status open_all(struct daemon *daemon, const struct daemon_options *options,
                            struct err *err)
{
    enum status status = crypto_init(err);

    if (status == OK) {
        status = open_signals(daemon, err);
    }
    if (status == OK) {
        status = daemon_open_home(daemon, options, err);
    }
    if (status == OK) {
        status = daemon_read_notes(daemon, err);
    }
    if (status == OK) {
        status = daemon_open_store(daemon, err);
    }
    if (status == OK) {
        status = rekeying_choose(&daemon->rekeying, &daemon->store, err);
    }
    if (status == OK && daemon_comes_from_copy(daemon)) {
        status = rekeying_prepare(&daemon->rekeying, buf_bytes(&daemon->secret), err);
    }
    daemon_wipe_secret(daemon);
    if (status == OK) {
        status = daemon_open_hook(daemon, err);
    }
    return status == OK ? daemon_open_serving(daemon, err) : status;
}

static void close_fd(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void close_all(struct daemon *daemon)
{
    daemon_close_serving(daemon);
    alarm_hook_close(daemon->hook);
    (void)archive_close(daemon->archive); /* one that hangs has no more to do with the store */
    if (daemon->store.ops != NULL) {
        daemon->store.ops->close(daemon->store.self);
    }
    daemon_close_home(daemon);
    close_fd(daemon->signals);
    close_fd(daemon->wake);
    close_fd(daemon->kept_secret);
}

/* --- the loop --- */

/* Tells which signal ended it, 0 for none. */
static uint32_t take_signal(const struct daemon *daemon)
{
    struct signalfd_siginfo info;

    return read(daemon->signals, &info, sizeof info) == sizeof info ? info.ssi_signo : 0;
}

static void take_wake(const struct daemon *daemon)
{
    uint64_t count;

    (void)!read(daemon->wake, &count, sizeof count);
}

static uint64_t next_ms(const struct daemon *daemon)
{
    const uint64_t tick_ms = node_next_tick(daemon->node);

    return daemon_only_reads(daemon) || node_is_committing(daemon->node)
               ? tick_ms
               : earlier(tick_ms, visitors_next_ms(&daemon->visitors));
}

static long wait_ms(const struct daemon *daemon)
{
    const uint64_t now_ms = clock_mono_ms(&daemon->clock);
    uint64_t due_ms = next_ms(daemon);
    uint64_t wait = LONGEST_WAIT_MS;

    if (daemon->archive != NULL && daemon->archive_told[0] == '\0') {
        due_ms = earlier(due_ms, archive_due_ms(daemon->archive));
    }

    if (daemon->watchdog_ms != 0 && daemon->watchdog_ms < wait) {
        wait = daemon->watchdog_ms;
    }
    if (due_ms <= now_ms) {
        return 0;
    }
    return (long)(due_ms - now_ms < wait ? due_ms - now_ms : wait);
}

static void feed_watchdog(struct daemon *daemon)
{
    const uint64_t now_ms = clock_mono_ms(&daemon->clock);

    if (daemon->watchdog_ms != 0 && now_ms - daemon->fed_ms >= daemon->watchdog_ms / 2) {
        daemon->fed_ms = now_ms;
        notify_manager("WATCHDOG=1");
    }
}

/* A load leaves free pages all over the heap, and an idle node is to be small again. */
static void give_memory_back(struct daemon *daemon)
{
    const uint64_t now_ms = clock_mono_ms(&daemon->clock);

    if (now_ms - daemon->trimmed_ms >= TRIM_MS) {
        if (!daemon->is_settled && daemon->trimmed_ms != 0) {
            process_settle();
            daemon->is_settled = true;
        }
        daemon->trimmed_ms = now_ms;
        store_rocks_trim(&daemon->store);
        if (node_rows_written(daemon->node) - daemon->trimmed_rows < QUIET_ROWS) {
            node_trim(daemon->node); /* what it keeps between turns is for the next ones */
        }
        daemon->trimmed_rows = node_rows_written(daemon->node);
        (void)malloc_trim(0);
    }
}

/* So that what was told to the alarm hook is known at the next start, which tells of its end. */
static enum status last_turn(struct daemon *daemon, struct err *err)
{
    bool busy;

    daemon_close_webhooks(daemon);
    if (node_is_committing(daemon->node)) {
        return OK; /* what it holds is on its way; nothing new is begun */
    }
    node_hurry(daemon->node);
    return node_step(daemon->node, &busy, err);
}

static void tell_followers(struct daemon *daemon)
{
    if (node_await_commit(daemon->node, &daemon->commits, 0)) {
        api_committed(daemon->api);
        if (daemon->archive != NULL) {
            archive_committed(daemon->archive);
        }
    }
}

/* The loop hears of a directory that hangs because it looks at how long something has waited. */
static void watch_archive(struct daemon *daemon)
{
    struct archive_state state;
    char fault[MESSAGE_BYTES_MAX] = "";

    if (daemon->archive == NULL) {
        return;
    }
    archive_look(daemon->archive, &state);
    if (state.fault[0] != '\0') {
        message_format(fault, sizeof fault, "archive_stands lsn=%" PRIu64 " why=%s", state.lsn,
                       state.fault);
    } else if (state.waiting_ms > ARCHIVE_LATE_MS) {
        message_format(fault, sizeof fault, "archive_hangs directory=%s", state.directory);
    }
    if (strcmp(fault, daemon->archive_told) != 0) {
        memcpy(daemon->archive_told, fault, sizeof fault);
        node_archive(daemon->node, fault);
    }
}

/* Of a home that was put back from a copy; again after a while where that fails. */
static void ask_for_own_keys(struct daemon *daemon)
{
    const uint64_t now_ms = clock_mono_ms(&daemon->clock);
    struct err err;

    if (!resync_wants_keys(daemon->node) || now_ms < daemon->keys_asked_ms) {
        return;
    }
    daemon->keys_asked_ms = now_ms + ASK_KEYS_MS;
    if (rekeying_ask_prepared(&daemon->rekeying, &err) != OK) {
        LOG_ERROR("resync.not_asked", "error=%s", err.text);
    }
}

/* Another epoch of this node, or of who is above it, is durable: HOME/grants has it from now on,
 * and not only once the node is opened the next time. */
static void keep_grants(struct daemon *daemon)
{
    const struct member *member = roster_find(node_roster(daemon->node), daemon->config.division);
    struct grant_chain chain;
    uint64_t epochs = 0;
    struct err err;

    for (; member != NULL; member = member->parent) {
        epochs = (epochs << 8) + (epochs >> 56) + member->grant.epoch; /* 64 of each at most */
    }
    if (epochs == daemon->grants_kept) {
        return;
    }
    daemon->grants_kept = epochs;
    if (grant_chain_read(&chain, &daemon->store, daemon->config.division, &err) == OK) {
        grant_chain_keep(&chain, daemon->home);
    }
    grant_chain_free(&chain);
}

/* Neighbours may have other keys now, and this node, too. */
static void go_over(struct daemon *daemon)
{
    bool dial;

    if (daemon_only_reads(daemon) || node_is_committing(daemon->node)) {
        return;
    }
    keep_grants(daemon);
    ask_for_own_keys(daemon);
    dial = rekeying_step(&daemon->rekeying);
    if (!division_is_none(daemon->config.parent.division)) {
        dialling_step(&daemon->dialling, dial, clock_mono_ms(&daemon->clock));
        visitors_call(&daemon->visitors);
    }
    visitors_take(&daemon->visitors);
}

/* A log is to be cut, or the own one is whole again: what is known of it is read anew. */
static enum status open_anew(struct daemon *daemon, struct err *err)
{
    enum status status;
    bool whole;

    if (!node_wants_opening(daemon->node, &whole)) {
        return OK;
    }
    LOG_INFO("open.anew", "whole=%d", whole);
    if (whole) {
        (void)rekeying_step(&daemon->rekeying); /* keys that were granted with this turn */
        importing_over(daemon->importing);
    }
    daemon_close_serving(daemon);
    daemon->archive_told[0] = '\0'; /* a restart ends its alarm */
    if (whole) {
        daemon_end_resync(daemon);
    }
    daemon->commits = 0;
    status = daemon_open_serving(daemon, err);
    if (status == OK && whole) {
        node_store_sound(daemon->node);
    }
    return status;
}

/* The own log came apart, or neighbours hold more of it: from now on it is fetched from them. What
 * cannot be noted ends the run, as what is not mended that way. */
static enum status begin_resync(struct daemon *daemon, struct err *err)
{
    if (err->status != ERR_CORRUPT || daemon_only_reads(daemon) ||
        resync_mode_of(err->text) == RESYNC_NOT) {
        return err->status;
    }
    LOG_ERROR("resync.begun", "why=%s", err->text);
    notes_write_resync(daemon->home, err->text);
    daemon_close_serving(daemon);
    daemon->commits = 0;
    if (daemon_read_notes(daemon, err) == OK && daemon->resync == RESYNC_NOT) {
        (void)err_set(err, ERR_IO, "resync_not_noted home=%s", daemon->home);
    }
    return daemon->resync == RESYNC_NOT ? err->status : daemon_open_serving(daemon, err);
}

static enum status loop(struct daemon *daemon, struct err *err)
{
    const int fds[] = {daemon->signals, daemon->wake};
    bool busy = true; /* what node_open staged */

    for (;;) {
        uint32_t signal_number;

        if (node_is_committing(daemon->node)) {
            transport_zmq_wait_no_links(daemon->transport, fds, COUNT_OF(fds), wait_ms(daemon));
        } else {
            transport_zmq_wait(daemon->transport, fds, COUNT_OF(fds), busy ? 0 : wait_ms(daemon));
        }
        signal_number = take_signal(daemon);
        if (signal_number != 0) {
            LOG_INFO("stop", "signal=%" PRIu32, signal_number);
            daemon->is_stopped = true;
            return last_turn(daemon, err);
        }
        take_wake(daemon);
        if (daemon->enrol != NULL) {
            enrolment_take(daemon->enrol, daemon->node);
        }
        if ((node_step(daemon->node, &busy, err) != OK && begin_resync(daemon, err) != OK) ||
            open_anew(daemon, err) != OK) {
            return err->status;
        }
        go_over(daemon);
        tell_followers(daemon);
        watch_archive(daemon);
        if (daemon->webhooks != NULL) {
            webhooks_step(daemon->webhooks);
        }
        node_flood(daemon->node, transport_zmq_flood(daemon->transport));
        feed_watchdog(daemon);
        if (!busy && !node_is_committing(daemon->node)) { /* else the store is at work */
            give_memory_back(daemon);
        }
    }
}

static void say_ready(const struct daemon *daemon)
{
    const char *address = transport_zmq_address(daemon->transport);

    LOG_INFO("ready", "listen=%s enrol=%s parent=%s", address[0] == '\0' ? "-" : address,
             daemon->enrol == NULL ? "-" : enrol_zmq_address(daemon->enrol),
             division_is_none(daemon->config.parent.division)
                 ? "-"
                 : daemon->dialling.places[0].endpoint);
    notes_clear_end(daemon->home);
    notify_manager("READY=1");
}

/* It is noted, so that the next start heals it, or only reads. One that has only read begins
 * nothing anew: nothing would be other. Nor does one that was told to stop. */
static bool begins_again(struct daemon *daemon, const struct err *err)
{
    struct buf noted = BUF_EMPTY;
    struct err ignored;
    bool again;

    if (err->status != ERR_CORRUPT || daemon->is_stopped || !daemon->store_opened ||
        daemon_only_reads(daemon) || !heal_mends(bytes_text(err->text))) {
        return false;
    }
    notes_write_damage(daemon->home, err);
    again = notes_damage(&noted, daemon->home, &ignored) == OK && noted.size > 0;
    buf_free(&noted);
    return again;
}

enum status daemon_run(const struct daemon_options *options, struct daemon_end *end,
                       struct err *err)
{
    struct daemon daemon = {.home = options->home,
                            .clock = system_clock(),
                            .lock = -1,
                            .signals = -1,
                            .wake = -1,
                            .kept_secret = -1};
    enum status status;

    *end = (struct daemon_end){.secret = -1};
    allow_open_files();
    status = open_all(&daemon, options, err);
    if (status == OK) {
        daemon.watchdog_ms = notify_watchdog_ms();
        say_ready(&daemon);
        status = loop(&daemon, err);
        end->crashed = status != OK;
        if (status == ERR_CORRUPT) {
            notes_write_damage(daemon.home, err); /* so that the next start heals, or only reads */
        }
    }
    if (status != OK && begins_again(&daemon, err)) {
        end->crashed = end->again = true;
        end->secret = daemon.kept_secret;
        LOG_WARN("again", "why=%s", err->text);
        return status;
    }
    notify_manager("STOPPING=1");
    if (status != OK && (daemon.lock >= 0 || status != ERR_BUSY)) { /* not beside a living one */
        notes_write_end(daemon.home, err);
    }
    if (!end->crashed) {
        close_all(&daemon);
    }
    return status;
}

enum status daemon_check(const struct daemon_options *options, struct err *err)
{
    struct home_config config;
    struct buf text = BUF_EMPTY;
    enum status status = home_load(&config, options->home, err);

    if (status == OK) {
        home_print(&text, &config);
        (void)fwrite(text.data, 1, text.size, stdout);
        buf_free(&text);
    }
    return status;
}
