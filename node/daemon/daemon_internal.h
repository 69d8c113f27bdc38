/* daemon_internal - what the three files of the daemon share. Not for anybody else.
 *
 *   daemon_home.c    the home: its lock, keys and notes; its store, healed before it is opened
 *   daemon_serve.c   all that stands on the store: sockets, node, API, webhooks; opened anew when a
 *                    log was cut or is whole again
 *   daemon.c         the process: signals, the loop, how a run begins and ends
 *
 * Owned by: daemon.c, daemon_home.c, daemon_serve.c. Thread: the main one. */
#ifndef TERRACE_NODE_DAEMON_DAEMON_INTERNAL_H
#define TERRACE_NODE_DAEMON_DAEMON_INTERNAL_H

#include "node/api/server.h"
#include "node/backup/archive.h"
#include "node/core/resync.h"
#include "node/daemon/alarm_hook.h"
#include "node/daemon/daemon.h"
#include "node/daemon/dialling.h"
#include "node/daemon/importing.h"
#include "node/daemon/rekeying.h"
#include "node/daemon/visitors.h"
#include "node/home/home.h"
#include "node/home/tls.h"
#include "node/webhook/webhooks.h"
#include "proto/message.h"
#include "replicator/zmq/enrol_zmq.h"
#include "replicator/zmq/transport_zmq.h"

struct daemon {
    const char *home;
    struct home_config config;
    struct clock clock;
    int lock, signals, wake;
    int kept_secret; /* see node/daemon/again.h */
    struct rekeying rekeying;
    struct dialling dialling;
    struct visitors visitors;
    struct buf secret;           /* that seals the keys; until they are open */
    struct node_keys *root_keys; /* of the root's next epoch, or those in force */
    struct store store;
    bool store_unnoted; /* NOTED was gone: see node/store/manifest.h */
    struct buf damage;  /* text of HOME/damaged or HOME/resync, ended by a zero; empty: neither */
    bool store_opened;
    bool is_stopped; /* by a signal */
    enum resync_mode resync;
    struct importing *importing; /* NULL: no file of blocks is to be taken in */
    struct alarm_hook *hook;     /* NULL: none is named */
    char hook_file[HOME_PATH_MAX + HOOK_PATH_MAX + 2];
    struct transport_zmq *transport;
    struct node *node;
    struct enrol_zmq *enrol;
    struct tls_pair tls;
    struct api *api;
    uint64_t commits;                     /* that followers of the API were told of */
    struct webhooks *webhooks;            /* NULL: of a damaged node */
    struct archive *archive;              /* NULL: there is none */
    char archive_told[MESSAGE_BYTES_MAX]; /* what its alarm says */
    uint64_t keys_asked_ms;               /* not again before */
    uint64_t grants_kept;                 /* which epochs HOME/grants has */
    uint64_t watchdog_ms, fed_ms, trimmed_ms, trimmed_rows;
    bool is_settled; /* what only a start needs was given back */
};

/* --- the home --- */

/* Is anything said to be wrong with the store, or with the own log in it? */
bool daemon_is_damaged(const struct daemon *daemon);
/* ... such that no link mends it? One that resyncs is served and heard as a sound node. */
bool daemon_only_reads(const struct daemon *daemon);
/* The home is locked, and its keys are open. Errors: those of home_load, home_lock and of keys. */
enum status daemon_open_home(struct daemon *daemon, const struct daemon_options *options,
                             struct err *err);
/* What earlier runs noted: daemon->damage and ->resync. Errors: those of notes_damage. */
enum status daemon_read_notes(struct daemon *daemon, struct err *err);
/* Whatever is found damaged is healed here, once: before anything stands on it. Errors: those of
 * store_rocks_open and heal_store. */
enum status daemon_open_store(struct daemon *daemon, struct err *err);
/* Was the home put back from a copy? Then a twin may have the same keys. */
bool daemon_comes_from_copy(const struct daemon *daemon);
void daemon_wipe_secret(struct daemon *daemon);
/* The root's next epoch was taken up: its keys are in force. Or there was none. */
void daemon_take_root_keys(struct daemon *daemon, const struct grant *grant);
void daemon_forget_root_keys(struct daemon *daemon);
/* The own log is whole: its note goes. */
void daemon_end_resync(struct daemon *daemon);
void daemon_close_home(struct daemon *daemon);

/* --- what stands on the store --- */

/* Before the node: it clears what a restart ends as it opens. Errors: those of alarm_hook_open. */
enum status daemon_open_hook(struct daemon *daemon, struct err *err);
/* Errors: those of the sockets, of node_open and of the API. */
enum status daemon_open_serving(struct daemon *daemon, struct err *err);
void daemon_close_webhooks(struct daemon *daemon);
void daemon_close_serving(struct daemon *daemon); /* the webhooks, too */

#endif
