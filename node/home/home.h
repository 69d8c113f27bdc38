/* home - the directory a node lives in.
 *
 *   HOME/config.yaml    what an operator may edit; unknown keys are errors with their line
 *   HOME/keys/          node/home/keys.h
 *   HOME/tls/           node/home/tls.h
 *   HOME/grants         the chain of sealed grants from init or enrolment, root first, own last
 *   HOME/root_grant     the root's next epoch, until a start takes it up (root_epoch.h)
 *   HOME/founders       the first admins, until the store has them (node/home/founders.h)
 *   HOME/store/         RocksDB
 *   HOME/terrace.sock   the API for programs on this machine
 *   HOME/lock           held by the running daemon; holds its pid
 *   HOME/hooks/alarm    told of alarms, where config.yaml names it (node/daemon/alarm_hook.h)
 *   HOME/damaged, HOME/ended   what a run left behind (node/home/notes.h)
 *   HOME/resync         why its own log is fetched (notes.h)
 *   HOME/import/        blocks that are taken in meanwhile: of an archive, of a damaged store
 *   HOME/checkpoint/    while terrace backup copies it
 *   HOME/backed_up      the last copy (node/home/last_backup.h)
 *   HOME/archived       where an archive was begun (node/backup/archive.h)
 *   HOME/store.aside-SECONDS   a damaged store that was made anew (node/daemon/healing.h)
 *
 * Directories are 0700, files 0600. A file is replaced whole (written aside, synced, renamed), so
 * a power cut leaves the old one or the new one. A home counts as complete once home_save has
 * written config.yaml: write keys and grants before it.
 *
 *   init, join:  home_create, keys_..., tls_make, home_grants_write, home_save
 *   daemon:      home_load, home_lock, keys_load, home_grants_read ... home_unlock
 *
 * Thread: one at a time. */
#ifndef TERRACE_NODE_HOME_HOME_H
#define TERRACE_NODE_HOME_HOME_H

#include "node/home/keys.h"
#include "node/ledger/schema/policy.h"
#include "proto/log.h"
#include "replicator/trust/enrol.h"

/* So that HOME/terrace.sock fits into a socket address. */
enum { HOME_PATH_MAX = 92, HOME_FILE_MAX = HOME_PATH_MAX + 64 };
enum { NETWORKS_TEXT_MAX = 512 };
enum { ARCHIVE_PATH_MAX = 255 };
enum { HOOK_PATH_MAX = 128, HOOK_SECONDS = 10, HOOK_SECONDS_MAX = 300 };

struct home_config {
    struct division division;
    char name[NAME_BYTES_MAX + 1];
    struct hash tree; /* fingerprint of the trust key */
    char listen[ENDPOINT_BYTES_MAX + 1], enrol[ENDPOINT_BYTES_MAX + 1];
    char advertise[ENDPOINT_BYTES_MAX + 1],
        advertise_enrol[ENDPOINT_BYTES_MAX + 1]; /* "": as above */
    struct policy approval;
    enum log_level log_level;
    enum key_seal seal;
    char parent_endpoint[ENDPOINT_BYTES_MAX + 1]; /* where it is dialled whatever it says; "" */
    struct {                                      /* division none at the root */
        struct division division;
        char endpoint[ENDPOINT_BYTES_MAX + 1];
        uint8_t curve_key[32];
    } parent;
    struct replicator_limits limits;             /* 0: the default */
    uint64_t disk_floor_bytes;                   /* 0: the store's default */
    char alarm_hook[HOOK_PATH_MAX + 1];          /* from the home on, or from '/'; "": none */
    uint32_t alarm_hook_seconds;                 /* 0: HOOK_SECONDS */
    char metrics_listen[ENDPOINT_BYTES_MAX + 1]; /* of this machine alone; "": nowhere */
    char api_listen[ENDPOINT_BYTES_MAX + 1];     /* "https://HOST:PORT"; "": the socket alone */
    char
        archive[ARCHIVE_PATH_MAX + 1]; /* where the own log is written a second time; "": nowhere */
    char webhook_networks[NETWORKS_TEXT_MAX + 1]; /* where webhooks may go beside what is public */
};

/* HOME/`file` into `out`, which holds HOME_FILE_MAX bytes. "store", "keys", "terrace.sock" ...
 * `home` must have passed home_check_path. */
void home_file(char out[HOME_FILE_MAX], const char *home, const char *file);

/* Where the program of config->alarm_hook lies. */
void home_hook_file(char out[HOME_PATH_MAX + HOOK_PATH_MAX + 2], const char *home,
                    const struct home_config *config);

/* Errors: ERR_CONFIG when it is empty or too long. */
enum status home_check_path(const char *home, struct err *err);

/* Makes HOME and HOME/keys. An empty directory or the rest of an init or join that did not
 * finish is taken over. Errors: ERR_REFUSED when a node lives there; ERR_CONFIG; ERR_IO. */
enum status home_create(const char *home, struct err *err);

/* Is its config.yaml there, or may be, and not for us to read? */
bool home_is_closed(const char *home);

/* Is its file system read-only? A disk that fails becomes so, and nobody can note anything then. */
bool home_is_read_only(const char *home);

/* Reads and checks config.yaml. Errors: ERR_NOT_FOUND (no home there); ERR_CONFIG with file and
 * line; ERR_IO. */
enum status home_load(struct home_config *out, const char *home, struct err *err);
/* Errors: ERR_IO. */
enum status home_save(const struct home_config *config, const char *home, struct err *err);
/* The file's text as home_save would write it: for terraced --check. */
void home_print(struct buf *out, const struct home_config *config);

/* Whoever is root makes files that the home's own user cannot open any more. Errors: ERR_CONFIG,
 * naming him; ERR_IO. */
enum status home_check_user(const char *home, struct err *err);

/* Takes the lock and removes a stale socket. Errors: ERR_BUSY, naming the process that lives
 * there; ERR_IO. */
enum status home_lock(int *lock, const char *home, struct err *err);
/* Does a process hold that lock? It is looked at only: nothing is made. *pid is 0 where it is not
 * known. */
bool home_is_run(const char *home, long *pid);
void home_unlock(int lock); /* -1 is fine */

/* At most ENROL_CHAIN_MAX grants. The views of home_grants_read point into `memory`.
 * Errors: ERR_IO; reading: ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_CORRUPT. */
enum status home_grants_write(const char *home, const struct bytes *grants, size_t count,
                              struct err *err);
enum status home_grants_read(const char *home, struct bytes grants[ENROL_CHAIN_MAX], size_t *count,
                             struct buf *memory, struct err *err);

/* "tcp://127.0.0.1:PORT" with a port that is free now. `out` holds ENDPOINT_BYTES_MAX + 1.
 * Errors: ERR_IO. */
enum status home_free_endpoint(char *out, struct err *err);
/* Where a new link key is served while the former one is, too: as given, or, where nothing is, at a
 * port that is free, of the host that others dial. "" where this node listens to nobody.
 * Errors: ERR_CONFIG (given, and no endpoint), ERR_IO. */
enum status home_second_endpoint(char out[ENDPOINT_BYTES_MAX + 1], const struct home_config *config,
                                 const char *given, struct err *err);
/* "tcp://HOST:PORT" with a port of 1-65535. Errors: ERR_CONFIG. */
enum status home_check_endpoint(const char *endpoint, struct err *err);
/* "https://HOST:PORT", the same way. Errors: ERR_CONFIG. */
enum status home_check_address(const char *address, struct err *err);

#endif
