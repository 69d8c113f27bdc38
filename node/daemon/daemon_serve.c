/* daemon_serve - what stands on the store of a daemon, in the order in which it is opened. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/core/members.h"
#include "node/daemon/daemon_internal.h"
#include "node/daemon/take_founders.h"
#include "node/daemon/take_root.h"
#include "node/home/grant_chain.h"
#include "node/home/root_epoch.h"
#include "node/office/aged_persons.h"
#include "proto/log.h"
#include "replicator/session/keep_alive.h"

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

static void wake_loop(void *arg)
{
    const struct daemon *daemon = arg;
    const uint64_t one = 1;

    (void)!write(daemon->wake, &one, sizeof one); /* full: it is awake anyway */
}

/* --- what is told to a program of the operator's --- */

static void on_alarm(void *arg, const struct alarm *alarm)
{
    const struct daemon *daemon = arg;

    if (daemon->hook != NULL) {
        alarm_hook_tell(daemon->hook, alarm);
    }
}

enum status daemon_open_hook(struct daemon *daemon, struct err *err)
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

/* Once; not of a damaged store, where what it would read is not to be trusted, nor of a log that is
 * not whole yet. */
static enum status open_archive(struct daemon *daemon, struct err *err)
{
    const struct archive_config config = {
        .directory = daemon->config.archive,
        .home = daemon->home,
        .self = daemon->config.division,
        .lost_lsn = roster_lost_lsn(node_roster(daemon->node), daemon->config.division),
        .store = &daemon->store,
        .clock = &daemon->clock,
        .changed = wake_loop,
        .arg = daemon};

    return daemon->config.archive[0] == '\0' || daemon->archive != NULL || daemon_is_damaged(daemon)
               ? OK
               : archive_open(&daemon->archive, &config, err);
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

/* On the grants of the file; where these cannot be read, or are not what was granted, on those of
 * the store. */
static enum status open_granted(struct daemon *daemon, const struct node_config *config,
                                const struct transport *seam, struct err *err)
{
    struct bytes grants[ENROL_CHAIN_MAX];
    struct grant_chain chain = {.count = 0};
    struct buf memory = BUF_EMPTY;
    struct err why;
    size_t count;
    enum status status = home_grants_read(daemon->home, grants, &count, &memory, err);

    if (status == OK) {
        status = node_open(&daemon->node, config, &daemon->store, seam, &daemon->clock, grants,
                           count, err);
    }
    if (status != ERR_IO && grant_chain_read(&chain, &daemon->store, config->self, &why) == OK) {
        if (status != OK && status != ERR_KEY && chain.count > 0) {
            LOG_WARN("grants.remade", "why=%s", err->text);
            status = node_open(&daemon->node, config, &daemon->store, seam, &daemon->clock,
                               chain.at, chain.count, err);
        }
        if (status == OK) {
            grant_chain_keep(&chain, daemon->home);
        }
    }
    grant_chain_free(&chain);
    buf_free(&memory);
    return status;
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
        .damage = daemon_is_damaged(daemon) ? (const char *)daemon->damage.data : NULL,
        .heals = true,
        .resync = daemon->resync,
        .wish_of_copy = keys->next_of_copy,
        .store_unnoted = daemon->store_unnoted,
        .refused_keys = transport_zmq_refused_keys(daemon->transport),
        .alarm_sink = {on_alarm, daemon},
        .wake = wake_loop,
        .wake_arg = daemon,
    };
    enum status status;

    (void)snprintf(config.listen, sizeof config.listen, "%s",
                   home->advertise[0] != '\0' ? home->advertise : home->listen);
    (void)snprintf(config.enrol, sizeof config.enrol, "%s",
                   home->advertise_enrol[0] != '\0' ? home->advertise_enrol : home->enrol);
    status = open_granted(daemon, &config, &seam, err);
    if (status == OK && daemon->importing != NULL) {
        const struct resync_source source = importing_source(daemon->importing);

        resync_import(daemon->node, &source);
    }
    if (status == OK && !daemon_is_damaged(daemon)) {
        status = take_founders(daemon->node, daemon->home, err);
        aged_persons_post(daemon->node);
    }
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
        daemon_take_root_keys(daemon, &grant);
        transport_zmq_serve(daemon->transport, &daemon->rekeying.keys.in_force->curve);
        LOG_INFO("root.taken", "about=%s", daemon->config.division.code);
    }
    buf_free(&sealed);
    return status == OK ? OK : err_wrap(err, "take_root");
}

static enum status open_links(struct daemon *daemon, struct err *err)
{
    const struct home_config *home = &daemon->config;
    const bool serves = !daemon_only_reads(daemon); /* else it tells its neighbours so, no more */
    /* Whom a damaged store does not name would take a closed door for a refusal of his key. */
    const bool listens = home->listen[0] != '\0' &&
                         (serves || replicator_has_children(node_replicator(daemon->node)));
    struct rekeying *rekeying = &daemon->rekeying;
    enum status status = OK;

    visitors_open(&daemon->visitors, daemon->node, daemon->transport, &daemon->clock);
    rekeying_serve(rekeying, daemon->node, daemon->transport);
    if (listens) {
        rekeying_before_listen(rekeying);
        status = transport_zmq_listen(daemon->transport, home->listen, err);
    }
    if (status == OK && serves && listens) {
        rekeying_listen_beside(rekeying);
    }
    if (status == OK && (!daemon_is_damaged(daemon) || daemon->resync == RESYNC_FETCH) &&
        home->enrol[0] !=
            '\0') { /* a member gets its chain again meanwhile, and no grant is given */
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
                                .home_path = daemon->home,
                                .archive = daemon->archive,
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

    if (daemon_is_damaged(daemon)) {
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
enum status daemon_open_serving(struct daemon *daemon, struct err *err)
{
    enum status status = open_transport(daemon, err);

    if (daemon->resync == RESYNC_FETCH) {
        const struct home_config *home = &daemon->config;
        const bool is_root = division_is_none(home->parent.division);

        daemon->importing =
            importing_open(daemon->home, is_root ? home->archive : "", home->division);
    }
    if (status == OK && !daemon_is_damaged(daemon) && daemon->root_keys != NULL) {
        status = take_next_root(daemon, err); /* once in a process */
        daemon_forget_root_keys(daemon);
    }
    if (status == OK) {
        status = open_node(daemon, err);
    }
    if (status == OK) {
        status = open_links(daemon, err);
    }
    if (status == OK) {
        status = open_archive(daemon, err);
    }
    if (status == OK) {
        status = open_api(daemon, err);
    }
    if (status == OK) {
        open_webhooks(daemon);
    }
    return status;
}

void daemon_close_webhooks(struct daemon *daemon)
{
    webhooks_close(daemon->webhooks);
    daemon->webhooks = NULL;
}

void daemon_close_serving(struct daemon *daemon)
{
    daemon_close_webhooks(daemon);
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
    importing_close(daemon->importing);
    daemon->importing = NULL;
}
