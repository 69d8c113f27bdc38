/* daemon_home - the home a daemon runs in, and its store. */
#include <stdio.h>

#include "node/backup/copy_files.h"
#include "node/daemon/again.h"
#include "node/daemon/daemon_internal.h"
#include "node/daemon/healing.h"
#include "node/daemon/notify.h"
#include "node/home/notes.h"
#include "node/home/root_epoch.h"
#include "node/store/store_rocks.h"
#include "proto/log.h"

bool daemon_comes_from_copy(const struct daemon *daemon)
{
    struct buf note = BUF_EMPTY;
    struct err err;
    const bool so = !division_is_none(daemon->config.parent.division) &&
                    notes_resync(&note, daemon->home, &err) == OK && note.size > 0 &&
                    resync_is_of_copy((const char *)note.data);

    buf_free(&note);
    return so;
}

/* Keys are opened, and those of this machine made, at the start alone. */
void daemon_wipe_secret(struct daemon *daemon)
{
    if (daemon->secret.data != NULL) {
        crypto_wipe(daemon->secret.data, daemon->secret.capacity);
    }
    buf_free(&daemon->secret);
}

static enum status load_keys(struct daemon *daemon, struct err *err)
{
    char directory[HOME_FILE_MAX];
    enum status status;

    home_file(directory, daemon->home, "keys");
    status = keys_secret_load(&daemon->secret, daemon->config.seal, directory, err);
    if (status == OK && daemon->config.seal == SEAL_PASSPHRASE) {
        daemon->kept_secret = again_keep(buf_bytes(&daemon->secret));
    }
    if (status == OK) {
        status = rekeying_open(&daemon->rekeying, daemon->home, &daemon->config,
                               buf_bytes(&daemon->secret), err);
    }
    if (status == OK) {
        daemon->root_keys = node_keys_new();
        status = root_epoch_keys(daemon->root_keys, daemon->home, buf_bytes(&daemon->secret), err);
    }
    return status;
}

/* Of a backup that was cut off: it keeps tables that the store has long let go. */
static void clear_checkpoint(const struct daemon *daemon)
{
    char path[HOME_FILE_MAX];
    struct err err;

    home_file(path, daemon->home, "checkpoint");
    if (copy_remove(path, &err) != OK) {
        LOG_WARN("backup.left", "path=%s text=%s", path, err.text);
    }
}

enum status daemon_open_home(struct daemon *daemon, const struct daemon_options *options,
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
    if (status == OK) {
        clear_checkpoint(daemon);
    }
    return status == OK ? load_keys(daemon, err) : status;
}

static enum status open_found(struct daemon *daemon, struct err *err)
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

bool daemon_is_damaged(const struct daemon *daemon)
{
    return daemon->damage.size > 0;
}

static struct bytes damage_text(const struct daemon *daemon)
{
    return daemon_is_damaged(daemon) ? bytes_text((const char *)daemon->damage.data) : BYTES_NONE;
}

bool daemon_only_reads(const struct daemon *daemon)
{
    return daemon_is_damaged(daemon) && daemon->resync == RESYNC_NOT;
}

/* A damaged store is that first. */
enum status daemon_read_notes(struct daemon *daemon, struct err *err)
{
    enum status status = notes_damage(&daemon->damage, daemon->home, err);

    daemon->resync = RESYNC_NOT;
    if (status == OK && !daemon_is_damaged(daemon)) {
        status = notes_resync(&daemon->damage, daemon->home, err);
        if (status == OK && daemon_is_damaged(daemon)) {
            const enum resync_mode mode = resync_mode_of((const char *)daemon->damage.data);
            daemon->resync = mode == RESYNC_NOT ? RESYNC_FETCH : mode; /* an unknown reason */
        }
    }
    return status;
}

/* `why` is in err; what cannot be healed is only read, and says why that is so. */
static enum status heal(struct daemon *daemon, const struct healing *healing, struct err *err)
{
    char why[sizeof err->text];
    enum status status;

    memcpy(why, err->text, sizeof why);
    status = heal_store(healing, why, err);
    if (status == OK) {
        status = daemon_read_notes(daemon, err);
    } else if (status == ERR_CORRUPT) {
        buf_clear(&daemon->damage);
        buf_append(&daemon->damage, err->text, strlen(err->text) + 1);
        daemon->resync = RESYNC_NOT;
    }
    return status;
}

/* A large store takes longer than a manager waits. */
static void tell_alive(void)
{
    notify_manager("WATCHDOG=1");
}

enum status daemon_open_store(struct daemon *daemon, struct err *err)
{
    const struct healing healing = {daemon->home, &daemon->config, clock_unix_ms(&daemon->clock),
                                    tell_alive};
    bool healed = false;
    enum status status = heal_resume(&healing, &healed, err);

    if (status == OK && healed) {
        status = daemon_read_notes(daemon, err);
    } else if (status == OK && daemon_only_reads(daemon) && heal_mends(damage_text(daemon))) {
        *err = (struct err){.status = ERR_CORRUPT};
        (void)snprintf(err->text, sizeof err->text, "%s", (const char *)daemon->damage.data);
        status = heal(daemon, &healing, err);
        healed = status == OK;
        status = status == ERR_CORRUPT ? OK : status; /* it is read as it is, if it opens */
    }
    if (status != OK) {
        return status;
    }
    status = open_found(daemon, err);
    if (status == ERR_CORRUPT && !healed && !daemon_only_reads(daemon)) {
        status = heal(daemon, &healing, err);
        status = status == OK ? open_found(daemon, err) : status;
    }
    daemon->store_opened = status == OK;
    return status;
}

void daemon_end_resync(struct daemon *daemon)
{
    notes_clear_resync(daemon->home);
    buf_clear(&daemon->damage);
    daemon->resync = RESYNC_NOT;
}

void daemon_take_root_keys(struct daemon *daemon, const struct grant *grant)
{
    rekeying_take_root(&daemon->rekeying, &daemon->root_keys, grant);
}

void daemon_forget_root_keys(struct daemon *daemon)
{
    node_keys_free(daemon->root_keys);
    daemon->root_keys = NULL;
}

void daemon_close_home(struct daemon *daemon)
{
    rekeying_close(&daemon->rekeying);
    daemon_forget_root_keys(daemon);
    buf_free(&daemon->damage);
    home_unlock(daemon->lock);
}
