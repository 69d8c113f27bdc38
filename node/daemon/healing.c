#include "node/daemon/healing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/daemon/salvaging.h"
#include "node/home/files.h"
#include "node/home/notes.h"
#include "node/store/room.h"
#include "node/store/salvage.h"
#include "node/store/store_rocks.h"
#include "proto/log.h"
#include "proto/message.h"

enum { NAME_MAX_BYTES = 40, MIB = 1 << 20 };

static const char aside_prefix[] = "store.aside-", no_aside[] = "none";

/* --- what it is about --- */

bool heal_mends(struct bytes damage)
{
    static const char *const others[] = {
        "own_log_forked",    "own_log_not_at_base", "own_log_behind_peer", "own_log_unknown",
        "home_file_damaged", "file_unreadable",     "resync_salvaged",     "resync_root_salvaged",
        "resync_restored",   "resync_joined",       "resync_behind"};
    struct bytes left = damage;

    while (left.size > 0) { /* whatever it is wrapped in */
        const struct message_reader message = message_read(left);

        for (size_t i = 0; i < COUNT_OF(others); i++) {
            if (bytes_equal(message.code, bytes_text(others[i]))) {
                return false;
            }
        }
        left = message.rest;
    }
    return damage.size > 0;
}

/* --- names and files --- */

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum status sync_home(const char *home, struct err *err)
{
    const int file = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status = OK;

    if (file < 0 || fsync(file) != 0) {
        status =
            err_set(err, ERR_IO, "file_failed doing=synced path=%s why=%s", home, os_reason(errno));
    }
    if (file >= 0) {
        (void)close(file);
    }
    return status;
}

static enum status move(const char *home, const char *from, const char *to, struct err *err)
{
    if (rename(from, to) != 0) {
        return err_set(err, ERR_IO, "heal_not_moved from=%s to=%s why=%s", from, to,
                       os_reason(errno));
    }
    return sync_home(home, err);
}

static void copy_text(char *out, size_t size, struct bytes text)
{
    (void)snprintf(out, size, "%.*s", (int)text.size,
                   text.size == 0 ? "" : (const char *)text.data);
}

static bool is_aside_name(const char *name)
{
    const size_t size = sizeof aside_prefix - 1;

    return strlen(name) < NAME_MAX_BYTES && strncmp(name, aside_prefix, size) == 0 &&
           name[size] != '\0' && name[size + strspn(name + size, "0123456789")] == '\0';
}

/* The newest that is older than `before` ("": of all); "" where there is none. Names sort by time.
 */
static void newest_aside(char out[NAME_MAX_BYTES], const char *home, const char *before)
{
    DIR *open = opendir(home);
    const struct dirent *entry;

    out[0] = '\0';
    while (open != NULL && (entry = readdir(open)) != NULL) {
        if (is_aside_name(entry->d_name) && strcmp(entry->d_name, out) > 0 &&
            (before[0] == '\0' || strcmp(entry->d_name, before) < 0)) {
            copy_text(out, NAME_MAX_BYTES, bytes_text(entry->d_name));
        }
    }
    if (open != NULL) {
        (void)closedir(open);
    }
}

/* All but the newest `kept`. */
static enum status drop_old(const char *home, size_t kept, struct err *err)
{
    char name[NAME_MAX_BYTES] = "", before[NAME_MAX_BYTES], path[HOME_FILE_MAX];
    enum status status = OK;

    for (size_t found = 0; status == OK; found++) {
        memcpy(before, name, sizeof before);
        newest_aside(name, home, before);
        if (name[0] == '\0') {
            break;
        }
        if (found >= kept) {
            home_file(path, home, name);
            status = salvage_remove(path, err);
        }
    }
    return status;
}

/* --- may it be done --- */

static enum status check_bound(const struct healing *healing, struct err *err)
{
    uint64_t times[HEALS_MAX] = {0};
    const uint64_t now_s = healing->now_unix_ms / 1000;
    size_t recent = 0;

    notes_heals(healing->home, times, HEALS_MAX);
    for (size_t i = 0; i < HEALS_MAX; i++) { /* one of a time to come: the clock was set back */
        recent += times[i] != 0 && (times[i] > now_s || now_s - times[i] < HEAL_SPAN_S) ? 1 : 0;
    }
    return recent < HEALS_MAX ? OK
                              : err_set(err, ERR_CORRUPT, "heal_too_often times=%d minutes=%d",
                                        HEALS_MAX, HEAL_SPAN_S / 60);
}

static void note_time(const struct healing *healing)
{
    uint64_t times[HEALS_MAX] = {0};

    notes_heals(healing->home, times, HEALS_MAX);
    memmove(times + 1, times, sizeof times - sizeof *times);
    times[0] = healing->now_unix_ms / 1000;
    notes_write_heals(healing->home, times, HEALS_MAX);
}

/* The blocks lie in a file, and then in the store, and the store that was set aside stays. */
static enum status check_room(const struct healing *healing, const char *store, struct err *err)
{
    const uint64_t floor = healing->config->disk_floor_bytes > 0 ? healing->config->disk_floor_bytes
                                                                 : STORE_ROCKS_FLOOR_BYTES;
    const uint64_t needed = 2 * salvage_bytes(store) + floor;
    uint64_t left = 0, total = 0;
    enum status status = room_disk(healing->home, &left, &total, err);

    if (status == OK && left < needed) {
        status = err_set(err, ERR_CORRUPT,
                         "heal_no_room home=%s free_mib=%" PRIu64 " needed_mib=%" PRIu64,
                         healing->home, left / MIB, needed / MIB + 1);
    }
    return status;
}

static bool is_root(const struct healing *healing)
{
    return division_is_none(healing->config->parent.division);
}

/* A directory that is there and holds nothing may be where a disk belongs. And nobody holds the log
 * of a root whose store is gone: made anew, it would number its entries from 1. */
static enum status check_mounted(const struct healing *healing, const char *store, struct err *err)
{
    struct room room;
    struct err ignored;
    const bool empty = is_there(store) && room_look(&room, store, &ignored) == OK &&
                       !room.current && !room.data && salvage_bytes(store) == 0;

    if (is_root(healing) && (empty || !is_there(store))) {
        return err_set(err, ERR_CORRUPT, "heal_root_gone directory=%s", store);
    }
    return empty ? err_set(err, ERR_CORRUPT, "heal_not_mounted directory=%s", store) : OK;
}

/* `err` says why it is not done; behind that stands what was found. */
static enum status decline(const char *why, struct err *err)
{
    struct err found = {.status = ERR_CORRUPT};

    LOG_ERROR("heal.refused", "why=%s", err->text);
    (void)snprintf(found.text, sizeof found.text, "%s", why);
    message_wrap(found.text, sizeof found.text, err->text);
    *err = found;
    return ERR_CORRUPT;
}

static enum status may_heal(const struct healing *healing, const char *store, const char *why,
                            struct err *err)
{
    enum status status = check_bound(healing, err);

    if (status == OK) {
        status = check_mounted(healing, store, err);
    }
    if (status == OK) { /* the oldest makes room for the new one */
        status = drop_old(healing->home, HEAL_ASIDE_MAX - 1, err);
    }
    if (status == OK) {
        status = check_room(healing, store, err);
    }
    return status == OK ? OK : decline(why, err);
}

/* --- doing it --- */

struct step {
    char aside[NAME_MAX_BYTES]; /* its name in the home; "none": there was no store */
    unsigned tries;
    char why[MESSAGE_BYTES_MAX];
};

static enum status write_step(const char *home, const struct step *step, struct err *err)
{
    char text[MESSAGE_BYTES_MAX];

    message_format(text, sizeof text, "healing aside=%s tries=%u why=%s", step->aside, step->tries,
                   step->why);
    return notes_write_healing(home, text, err);
}

/* ERR_NOT_FOUND: there is none. Of one that is damaged nothing is needed but under which name the
 * store lies, and the newest such name is that. */
static enum status read_step(struct step *step, const char *home, struct err *err)
{
    struct buf text = BUF_EMPTY;
    char tries[8];
    enum status status = notes_healing(&text, home, err);

    *step = (struct step){.tries = 1};
    if (status == OK && text.size == 0) {
        status = ERR_NOT_FOUND;
    } else if (status == OK) {
        const struct bytes message = bytes_text((const char *)text.data);

        copy_text(step->aside, sizeof step->aside, message_value(message, "aside"));
        copy_text(tries, sizeof tries, message_value(message, "tries"));
        copy_text(step->why, sizeof step->why, message_value(message, "why"));
        step->tries = (unsigned)strtoul(tries, NULL, 10);
        if (!is_aside_name(step->aside) && strcmp(step->aside, no_aside) != 0) {
            newest_aside(step->aside, home, "");
            if (step->aside[0] == '\0') {
                copy_text(step->aside, sizeof step->aside, bytes_text(no_aside));
            }
            copy_text(step->why, sizeof step->why, bytes_text("heal_note_damaged"));
        }
    }
    buf_free(&text);
    return status;
}

static enum salvage_depth depth_of(unsigned tries)
{
    return tries <= 1 ? SALVAGE_ALL : tries == 2 ? SALVAGE_AS_IT_WAS : SALVAGE_NOTHING;
}

static enum status make_anew(const struct healing *healing, const struct step *step,
                             const char *aside, const char *store, struct err *err)
{
    char fresh[HOME_FILE_MAX], copy[HOME_FILE_MAX];
    struct salvaging salvaging = {.home = healing->home,
                                  .config = healing->config,
                                  .now_unix_ms = healing->now_unix_ms,
                                  .alive = healing->alive,
                                  .from = aside,
                                  .copy = copy,
                                  .to = fresh,
                                  .name = strcmp(step->aside, no_aside) == 0
                                              ? no_aside
                                              : step->aside + sizeof aside_prefix - 1,
                                  .depth = depth_of(step->tries)};
    enum status status;

    home_file(fresh, healing->home, "store.new");
    home_file(copy, healing->home, "store.copy");
    status = salvage_remove(fresh, err);
    if (status == OK) {
        status = salvaging_run(&salvaging, err);
    }
    if (status == OK) {
        status = move(healing->home, fresh, store, err);
    }
    return status;
}

/* Only what ends the process is tried with less: what is answered, as a full disk, is not the
 * store's. */
static enum status make_once(const struct healing *healing, struct step *step, const char *aside,
                             const char *store, struct err *err)
{
    struct err ignored;
    enum status status;

    step->tries++;
    status = write_step(healing->home, step, err);
    if (status == OK) {
        status = make_anew(healing, step, aside, store, err);
    }
    if (status != OK) {
        step->tries--;
        (void)write_step(healing->home, step, &ignored);
    }
    return status;
}

/* What the root's lacks, only its archive brings: it goes on by itself where that is known to be
 * all of it (node/core/resync.h). */
static void note_root(const struct healing *healing, const struct step *step)
{
    struct buf report = BUF_EMPTY;
    char text[MESSAGE_BYTES_MAX], lsn[24] = "0", known[8] = "no";
    struct err ignored;

    if (notes_healed(&report, healing->home, &ignored) == OK && report.size > 0) {
        const struct bytes message = bytes_text((const char *)report.data);

        copy_text(lsn, sizeof lsn, message_value(message, "lsn"));
        copy_text(known, sizeof known, message_value(message, "known"));
    }
    message_format(text, sizeof text, "resync_root_salvaged aside=%s lsn=%s known=%s why=%s",
                   step->aside, lsn, known, step->why);
    notes_write_resync(healing->home, text);
    buf_free(&report);
}

static void note_resync(const struct healing *healing, const struct step *step)
{
    char text[MESSAGE_BYTES_MAX];

    if (is_root(healing)) {
        note_root(healing, step);
        return;
    }
    message_format(text, sizeof text, "resync_salvaged aside=%s why=%s", step->aside, step->why);
    notes_write_resync(healing->home, text);
}

/* What is done shows in the directory, so that each step is done once:
 *
 *   the store lies where it was, and nothing under the new name    it is moved
 *   nothing lies where it was                                      it is made anew, and moved there
 *   something lies there, and under the new name, too              that is the new one */
static enum status finish(const struct healing *healing, struct step *step, struct err *err)
{
    char store[HOME_FILE_MAX], aside[HOME_FILE_MAX];
    struct buf noted = BUF_EMPTY;
    const bool was_none = strcmp(step->aside, no_aside) == 0;
    enum status status = OK;

    home_file(store, healing->home, "store");
    home_file(aside, healing->home, step->aside);
    if (!was_none && is_there(store) && !is_there(aside) &&
        move(healing->home, store, aside, err) != OK) {
        notes_clear_healing(healing->home); /* a disk of its own, say: nothing has changed */
        return decline(step->why, err);
    }
    if (!is_there(store)) {
        status = make_once(healing, step, aside, store, err);
    }
    if (status != OK) {
        return err_wrap(err, "heal_store");
    }
    status = notes_resync(&noted, healing->home, err);
    if (status == OK && noted.size == 0) { /* another reason asks for more than this one */
        note_resync(healing, step);
        status = notes_resync(&noted, healing->home, err);
    }
    if (status == OK && noted.size == 0) {
        status = err_set(err, ERR_IO, "heal_not_noted home=%s", healing->home);
    }
    buf_free(&noted);
    if (status == OK) {
        notes_clear_damage(healing->home);
        notes_clear_healing(healing->home);
        LOG_WARN("healed", "aside=%s tries=%u why=%s", step->aside, step->tries, step->why);
    }
    return status;
}

enum status heal_store(const struct healing *healing, const char *why, struct err *err)
{
    char store[HOME_FILE_MAX];
    struct step step = {.tries = 0};
    enum status status;

    home_file(store, healing->home, "store");
    status = may_heal(healing, store, why, err);
    if (status != OK) {
        return status;
    }
    copy_text(step.why, sizeof step.why, bytes_text(why));
    if (is_there(store)) {
        (void)snprintf(step.aside, sizeof step.aside, "%s%" PRIu64, aside_prefix,
                       healing->now_unix_ms / 1000);
    } else {
        copy_text(step.aside, sizeof step.aside, bytes_text(no_aside));
    }
    LOG_ERROR("heal.begun", "aside=%s why=%s", step.aside, why);
    note_time(healing);
    status = write_step(healing->home, &step, err);
    return status == OK ? finish(healing, &step, err) : status;
}

enum status heal_resume(const struct healing *healing, bool *healed, struct err *err)
{
    struct step step;
    enum status status = read_step(&step, healing->home, err);

    *healed = false;
    if (status == ERR_NOT_FOUND) {
        return OK;
    }
    if (status == OK) {
        status = finish(healing, &step, err);
        *healed = status == OK;
    }
    return status;
}
