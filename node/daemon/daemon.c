#include "node/daemon/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "node/api/server.h"
#include "node/core/members.h"
#include "node/core/rebuild.h"
#include "node/core/turn.h"
#include "node/daemon/alarm_hook.h"
#include "node/daemon/dialling.h"
#include "node/daemon/enrolment.h"
#include "node/daemon/guard.h"
#include "node/daemon/notify.h"
#include "node/daemon/rekeying.h"
#include "node/daemon/system_clock.h"
#include "node/daemon/take_founders.h"
#include "node/daemon/take_root.h"
#include "node/daemon/visitors.h"
#include "node/home/home.h"
#include "node/home/notes.h"
#include "node/home/root_epoch.h"
#include "node/home/tls.h"
#include "node/store/store_rocks.h"
#include "node/webhook/webhooks.h"
#include "proto/log.h"
#include "proto/message.h"
#include "replicator/zmq/enrol_zmq.h"
#include "replicator/zmq/transport_zmq.h"

enum { OPEN_FILES_WANTED = 8192, LONGEST_WAIT_MS = 60000, TRIM_MS = 10000, QUIET_ROWS = 1000 };

struct daemon {
    const char *home;
    struct home_config config;
    struct clock clock;
    int lock, signals, wake;
    struct rekeying rekeying;
    struct dialling dialling;
    struct visitors visitors;
    struct node_keys *root_keys; /* of the root's next epoch, or those in force */
    struct store store;
    bool store_unnoted;      /* NOTED was gone: see node/store/manifest.h */
    struct buf damage;       /* text of HOME/damaged, ended by a zero; empty: no such file */
    struct alarm_hook *hook; /* NULL: none is named */
    char hook_file[HOME_PATH_MAX + HOOK_PATH_MAX + 2];
    struct transport_zmq *transport;
    struct node *node;
    struct enrol_zmq *enrol;
    struct tls_pair tls;
    struct api *api;
    uint64_t commits;          /* that followers of the API were told of */
    struct webhooks *webhooks; /* NULL: of a damaged node */
    uint64_t watchdog_ms, fed_ms, trimmed_ms, trimmed_rows;
    bool is_settled; /* what only a start needs was given back */
};

/* --- who may speak: the children of the roster --- */

static bool admit(void *arg, const uint8_t curve_key[32], struct division *who)
{
    const struct daemon *daemon = arg;

    return daemon->node != NULL && node_admits(daemon->node, curve_key, who);
}

static bool visits(void *arg, const uint8_t curve_key[32], struct division *who)
{
    const struct daemon *daemon = arg;

    return daemon->node != NULL && node_visits(daemon->node, curve_key, who);
}

static bool still(void *arg, const uint8_t curve_key[32], struct division who)
{
    struct daemon *daemon = arg;
    struct division owner;

    return admit(daemon, curve_key, &owner) && division_equal(owner, who);
}

static void heard(void *arg, const uint8_t curve_key[32], struct division who)
{
    struct daemon *daemon = arg;

    node_heard_under(daemon->node, curve_key, who);
}

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

static void wake_loop(void *arg)
{
    const struct daemon *daemon = arg;
    const uint64_t one = 1;

    (void)!write(daemon->wake, &one, sizeof one); /* full: it is awake anyway */
}

/* --- opening, in order; closing is the same backwards --- */

static enum status load_keys(struct daemon *daemon, struct err *err)
{
    char directory[HOME_FILE_MAX];
    struct buf secret = BUF_EMPTY;
    enum status status;

    home_file(directory, daemon->home, "keys");
    status = keys_secret_load(&secret, daemon->config.seal, directory, err);
    if (status == OK) {
        status = rekeying_open(&daemon->rekeying, daemon->home, &daemon->config, buf_bytes(&secret),
                               err);
    }
    if (status == OK) {
        daemon->root_keys = node_keys_new();
        status = root_epoch_keys(daemon->root_keys, daemon->home, buf_bytes(&secret), err);
    }
    if (secret.data != NULL) {
        crypto_wipe(secret.data, secret.capacity);
    }
    buf_free(&secret);
    return status;
}

static enum status open_home(struct daemon *daemon, const struct daemon_options *options,
                             struct err *err)
{
    enum status status = home_load(&daemon->config, daemon->home, err);

    if (status != OK) {
        return status;
    }
    log_open(options->verbose ? LOG_LEVEL_DEBUG : daemon->config.log_level,
             daemon->config.division.code);
    status = home_check_user(daemon->home, err);
    if (status == OK) {
        status = home_lock(&daemon->lock, daemon->home, err);
    }
    return status == OK ? load_keys(daemon, err) : status;
}

static enum status open_store(struct daemon *daemon, struct err *err)
{
    const struct store_rocks_options options = {.floor_bytes = daemon->config.disk_floor_bytes,
                                                .must_exist = notes_begun(daemon->home),
                                                .unnoted = &daemon->store_unnoted};
    char directory[HOME_FILE_MAX];
    enum status status;

    home_file(directory, daemon->home, "store");
    status = store_rocks_open(&daemon->store, directory, &options, err);
    if (status == OK) {
        notes_write_begun(daemon->home);
    }
    return status;
}

static bool is_damaged(const struct daemon *daemon)
{
    return daemon->damage.size > 0;
}

/* Its links are to mend it: they live as those of a sound node. */
static bool mends(const struct daemon *daemon)
{
    return notes_damage_mends(buf_bytes(&daemon->damage));
}

/* --- what is told to a program of the operator's --- */

static void on_alarm(void *arg, const struct alarm *alarm)
{
    const struct daemon *daemon = arg;

    if (daemon->hook != NULL) {
        alarm_hook_tell(daemon->hook, alarm);
    }
}

/* Before the node: it clears what a restart ends as it opens. */
static enum status open_hook(struct daemon *daemon, struct err *err)
{
    const struct home_config *home = &daemon->config;
    const uint32_t seconds =
        home->alarm_hook_seconds == 0 ? HOOK_SECONDS : home->alarm_hook_seconds;
    const struct alarm_hook_config config = {
        .program = daemon->hook_file,
        .home = daemon->home,
        .node = home->division,
        .ms_max = seconds * 1000,
        .language = text_language(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")),
        .clock = &daemon->clock,
    };

    if (home->alarm_hook[0] == '\0') {
        return OK;
    }
    home_hook_file(daemon->hook_file, daemon->home, home);
    return alarm_hook_open(&daemon->hook, &config, err);
}

static enum status open_transport(struct daemon *daemon, struct err *err)
{
    const struct transport_zmq_config config = {
        .key = &daemon->rekeying.keys.in_force->curve,
        .clock = &daemon->clock,
        .frame_bytes_max = daemon->config.limits.frame_bytes_max,
        .memory_bytes = daemon->config.limits.flood_bytes,
        .admit = admit,
        .visits = visits,
        .still = still,
        .heard = heard,
        .arg = daemon,
    };

    return transport_zmq_open(&daemon->transport, &config, err);
}

static enum status open_node(struct daemon *daemon, struct err *err)
{
    const struct home_config *home = &daemon->config;
    const struct key_choice *keys = &daemon->rekeying.keys;
    const struct transport seam = transport_zmq_seam(daemon->transport);
    struct node_config config = {
        .self = home->division,
        .tree = home->tree,
        .key = &keys->in_force->identity,
        .next_key = keys->next == NULL ? NULL : &keys->next->identity,
        .approval = home->approval,
        .limits = home->limits,
        .damage = is_damaged(daemon) ? (const char *)daemon->damage.data : NULL,
        .mends = mends(daemon),
        .store_unnoted = daemon->store_unnoted,
        .refused_keys = transport_zmq_refused_keys(daemon->transport),
        .alarm_sink = {on_alarm, daemon},
        .wake = wake_loop,
        .wake_arg = daemon,
    };
    struct bytes grants[ENROL_CHAIN_MAX];
    struct buf memory = BUF_EMPTY;
    size_t count;
    enum status status;

    (void)snprintf(config.listen, sizeof config.listen, "%s",
                   home->advertise[0] != '\0' ? home->advertise : home->listen);
    (void)snprintf(config.enrol, sizeof config.enrol, "%s",
                   home->advertise_enrol[0] != '\0' ? home->advertise_enrol : home->enrol);
    status = home_grants_read(daemon->home, grants, &count, &memory, err);
    if (status == OK) {
        status = node_open(&daemon->node, &config, &daemon->store, &seam, &daemon->clock, grants,
                           count, err);
    }
    if (status == OK && !is_damaged(daemon)) {
        status = take_founders(daemon->node, daemon->home, err);
    }
    buf_free(&memory);
    return status;
}

/* Under the key in force, once; what is opened afterwards has the new one. A start that was cut off
 * behind the entry finds the key in the roster, and has only to put it in its place. */
static enum status take_next_root(struct daemon *daemon, struct err *err)
{
    struct buf sealed = BUF_EMPTY;
    struct grant grant;
    enum status status = root_epoch_waiting(daemon->home, &sealed, err);

    if (status != OK) {
        buf_free(&sealed);
        return status == ERR_NOT_FOUND ? OK : status;
    }
    status = open_node(daemon, err);
    if (status == OK) {
        status = take_root(daemon->node, buf_bytes(&sealed), err);
    } else if (status == ERR_KEY) {
        status = OK;
    }
    node_close(daemon->node);
    daemon->node = NULL;
    if (status == OK) {
        status = root_epoch_swap(daemon->home, buf_bytes(&sealed), err);
    }
    if (status == OK) {
        status = grant_parse(&grant, buf_bytes(&sealed), err);
    }
    if (status == OK) {
        rekeying_take_root(&daemon->rekeying, &daemon->root_keys, &grant);
        transport_zmq_serve(daemon->transport, &daemon->rekeying.keys.in_force->curve);
        LOG_INFO("root.taken", "about=%s", daemon->config.division.code);
    }
    buf_free(&sealed);
    return status == OK ? OK : err_wrap(err, "take_root");
}

static enum status open_links(struct daemon *daemon, struct err *err)
{
    const struct home_config *home = &daemon->config;
    const bool serves = !is_damaged(daemon); /* else it tells its parent so, and no more */
    struct rekeying *rekeying = &daemon->rekeying;
    enum status status = OK;

    visitors_open(&daemon->visitors, daemon->node, daemon->transport, &daemon->clock);
    rekeying_serve(rekeying, daemon->node, daemon->transport);
    if (serves && home->listen[0] != '\0') {
        rekeying_before_listen(rekeying);
        status = transport_zmq_listen(daemon->transport, home->listen, err);
    }
    if (status == OK && serves && home->listen[0] != '\0') {
        rekeying_listen_beside(rekeying);
    }
    if (status == OK && serves && home->enrol[0] != '\0') {
        status = enrol_zmq_open(&daemon->enrol, daemon->transport, &rekeying->keys.in_force->curve,
                                &daemon->clock, home->enrol, err);
    }
    if (status == OK && !division_is_none(home->parent.division)) {
        daemon->dialling =
            (struct dialling){.config = home, .node = daemon->node, .transport = daemon->transport};
        status = dialling_open(&daemon->dialling, clock_mono_ms(&daemon->clock), err);
    }
    rekeying_newcomers(rekeying, daemon->enrol);
    return status;
}

/* A home without either file gets a pair: so they are made anew, too. */
static enum status open_certificate(struct daemon *daemon, struct err *err)
{
    enum status status =
        tls_make(daemon->home, daemon->config.division, clock_unix_ms(&daemon->clock), err);

    return status == OK ? tls_load(&daemon->tls, daemon->home, err) : status;
}

/* --- new keys, as the API asks for them --- */

static enum status make(void *arg, const struct key_wish *wish, struct made_keys *out,
                        struct err *err)
{
    struct daemon *daemon = arg;

    return make_keys(&daemon->rekeying.shop, wish, out, err);
}

static enum status keep(void *arg, struct made_keys *made, struct err *err)
{
    struct daemon *daemon = arg;

    return rekeying_keep(&daemon->rekeying, made, err);
}

static void drop(void *arg, struct made_keys *made)
{
    struct daemon *daemon = arg;

    drop_keys(&daemon->rekeying.shop, made);
}

static enum status open_api(struct daemon *daemon, struct err *err)
{
    char path[HOME_FILE_MAX];
    struct api_config config = {.node = daemon->node,
                                .store = &daemon->store,
                                .clock = &daemon->clock,
                                .socket_path = path,
                                .home = &daemon->config,
                                .key_maker = {make, keep, drop, daemon}};
    enum status status = OK;

    home_file(path, daemon->home, "terrace.sock");
    if (daemon->config.api_listen[0] != '\0') {
        status = open_certificate(daemon, err);
        config.listen = daemon->config.api_listen;
        config.certificate = (const char *)daemon->tls.certificate.data;
        config.key = (const char *)daemon->tls.key.data;
        config.fingerprint = daemon->tls.fingerprint;
    }
    if (status == OK) {
        status = api_start(&daemon->api, &config, err);
    }
    if (status == OK && daemon->config.metrics_listen[0] != '\0') {
        status = api_watch(daemon->api, daemon->config.metrics_listen, err);
    }
    return status;
}

static void open_webhooks(struct daemon *daemon)
{
    char authorities[HOME_FILE_MAX];

    if (is_damaged(daemon)) {
        return; /* what it would tell is not to be trusted */
    }
    home_file(authorities, daemon->home, "tls/webhooks.pem");
    daemon->webhooks =
        webhooks_open(&(struct webhooks_config){.node = daemon->node,
                                                .store = &daemon->store,
                                                .clock = &daemon->clock,
                                                .key = &daemon->rekeying.signs,
                                                .networks = daemon->config.webhook_networks,
                                                .authorities = authorities});
}

/* What is opened anew when a log was cut: all that stands on the store. */
static enum status open_serving(struct daemon *daemon, struct err *err)
{
    enum status status = open_transport(daemon, err);

    if (status == OK && !is_damaged(daemon) && daemon->root_keys != NULL) {
        status = take_next_root(daemon, err); /* once in a process */
        node_keys_free(daemon->root_keys);
        daemon->root_keys = NULL;
    }
    if (status == OK) {
        status = open_node(daemon, err);
    }
    if (status == OK) {
        status = open_links(daemon, err);
    }
    if (status == OK) {
        status = open_api(daemon, err);
    }
    if (status == OK) {
        open_webhooks(daemon);
    }
    return status;
}

static enum status open_all(struct daemon *daemon, const struct daemon_options *options,
                            struct err *err)
{
    enum status status = crypto_init(err);

    if (status == OK) {
        status = open_signals(daemon, err);
    }
    if (status == OK) {
        status = open_home(daemon, options, err);
    }
    if (status == OK) {
        status = notes_damage(&daemon->damage, daemon->home, err);
    }
    if (status == OK) {
        status = open_store(daemon, err);
    }
    if (status == OK) {
        status = rekeying_choose(&daemon->rekeying, &daemon->store, err);
    }
    if (status == OK) {
        status = open_hook(daemon, err);
    }
    return status == OK ? open_serving(daemon, err) : status;
}

static void close_fd(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void close_serving(struct daemon *daemon)
{
    webhooks_close(daemon->webhooks);
    daemon->webhooks = NULL;
    api_stop(daemon->api);
    daemon->api = NULL;
    tls_free(&daemon->tls);
    node_close(daemon->node); /* calls end here, and with them the last use of the sockets */
    daemon->node = NULL;
    enrol_zmq_close(daemon->enrol);
    daemon->enrol = NULL;
    visitors_close(&daemon->visitors);
    transport_zmq_close(daemon->transport);
    daemon->transport = NULL;
}

static void close_all(struct daemon *daemon)
{
    close_serving(daemon);
    alarm_hook_close(daemon->hook);
    if (daemon->store.ops != NULL) {
        daemon->store.ops->close(daemon->store.self);
    }
    rekeying_close(&daemon->rekeying);
    node_keys_free(daemon->root_keys);
    buf_free(&daemon->damage);
    home_unlock(daemon->lock);
    close_fd(daemon->signals);
    close_fd(daemon->wake);
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

    return is_damaged(daemon) || node_is_committing(daemon->node)
               ? tick_ms
               : earlier(tick_ms, visitors_next_ms(&daemon->visitors));
}

static long wait_ms(const struct daemon *daemon)
{
    const uint64_t now_ms = clock_mono_ms(&daemon->clock);
    const uint64_t due_ms = next_ms(daemon);
    uint64_t wait = LONGEST_WAIT_MS;

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

    webhooks_close(daemon->webhooks);
    daemon->webhooks = NULL;
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
    }
}

/* Neighbours may have other keys now, and this node, too. */
static void go_over(struct daemon *daemon)
{
    bool dial;

    if ((is_damaged(daemon) && !mends(daemon)) || node_is_committing(daemon->node)) {
        return;
    }
    dial = rekeying_step(&daemon->rekeying);
    if (!division_is_none(daemon->config.parent.division)) {
        dialling_step(&daemon->dialling, dial, clock_mono_ms(&daemon->clock));
        visitors_call(&daemon->visitors);
    }
    visitors_take(&daemon->visitors);
}

/* A log is to be cut, or the own one was, and goes on: what is known of it is read anew. */
static enum status open_anew(struct daemon *daemon, struct err *err)
{
    enum status status;
    bool mended;

    if (!node_wants_opening(daemon->node, &mended)) {
        return OK;
    }
    LOG_INFO("open.anew", "mended=%d", mended);
    close_serving(daemon);
    if (mended) {
        notes_clear_damage(daemon->home);
        buf_clear(&daemon->damage);
    }
    daemon->commits = 0;
    status = open_serving(daemon, err);
    if (status == OK && mended) {
        node_store_sound(daemon->node);
    }
    return status;
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
            return last_turn(daemon, err);
        }
        take_wake(daemon);
        if (daemon->enrol != NULL) {
            enrolment_take(daemon->enrol, daemon->node);
        }
        if (node_step(daemon->node, &busy, err) != OK || open_anew(daemon, err) != OK) {
            return err->status;
        }
        go_over(daemon);
        tell_followers(daemon);
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

enum status daemon_run(const struct daemon_options *options, bool *crashed, struct err *err)
{
    struct daemon daemon = {
        .home = options->home, .clock = system_clock(), .lock = -1, .signals = -1, .wake = -1};
    enum status status;

    *crashed = false;
    allow_open_files();
    status = open_all(&daemon, options, err);
    if (status == OK) {
        daemon.watchdog_ms = notify_watchdog_ms();
        say_ready(&daemon);
        status = loop(&daemon, err);
        *crashed = status != OK;
        if (status == ERR_CORRUPT) {
            notes_write_damage(daemon.home, err); /* so that the next start only reads */
        }
    }
    notify_manager("STOPPING=1");
    if (status != OK && (daemon.lock >= 0 || status != ERR_BUSY)) { /* not beside a living one */
        notes_write_end(daemon.home, err);
    }
    if (!*crashed) {
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
