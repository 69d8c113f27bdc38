/* restore - `terrace restore DIR`: a home out of a copy, whole or not at all.
 *
 *   DIR, or the newest complete copy in it --> MANIFEST --> each file against its hash
 *       --> HOME.restoring: the files, the archive's blocks (import/), the note HOME/resync
 *       --> synced --> renamed to HOME
 *
 * What was written after the copy is not in it: so the node that starts there reads only, until its
 * neighbours have given it back. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/cli/copying.h"
#include "node/cli/option_values.h"
#include "node/cli/print.h"
#include "node/home/files.h"
#include "node/home/next_keys.h"
#include "node/home/notes.h"
#include "node/ledger/schema/clocks.h"
#include "proto/message.h"

struct restore {
    struct cli *cli;
    const char *home;
    struct copying copying;
    char copy[PATH_MAX];
    char aside[HOME_FILE_MAX]; /* where the home is built */
    struct copy_manifest manifest;
    struct copy_manifest archive; /* import/..., as it lies in the home */
};

static bool is_there(const char *directory, const char *name)
{
    char path[PATH_MAX];
    struct err err;

    return copying_path(path, directory, name, &err) == OK && access(path, F_OK) == 0;
}

/* --- which copy --- */

static const char *moment_of(const struct restore *restore, char out[COPY_MOMENT_MAX])
{
    const char *typed = restore->cli->value[OPT_AT];
    char day[AT_BYTES_MAX], utc[AT_BYTES_MAX];

    if (typed == NULL) {
        return NULL;
    }
    (void)snprintf(day, sizeof day, "%s%s", typed, strlen(typed) == 10 ? " 23:59:59" : "");
    copy_moment(out, option_at(utc, day));
    return out;
}

/* A newer one that was not finished is no reason to take an older one in silence. */
static void warn_unfinished(const struct restore *restore, const struct copies *copies,
                            const struct copy_name *chosen)
{
    for (size_t i = 0; i < copies->count; i++) {
        if (!copies->at[i].is_complete && strcmp(copies->at[i].text, chosen->text) > 0) {
            cli_warn(restore->cli, "copy_passed_over name=%s", copies->at[i].text);
        }
    }
}

static enum exit_code choose_within(struct restore *restore, const char *directory)
{
    const struct cli *cli = restore->cli;
    char moment[COPY_MOMENT_MAX];
    const char *until = moment_of(restore, moment);
    const struct copy_name *newest = NULL;
    enum exit_code exit_code = EXIT_DONE;
    struct copies copies;
    struct err err;
    bool others = false;

    if (copies_list(&copies, directory, &err) != OK) {
        exit_code = cli_fail(cli, EXIT_REFUSED, "no_copies", "%s", err.text);
    } else {
        newest = copies_newest(&copies, until, &others);
    }
    if (exit_code == EXIT_DONE && others) {
        exit_code = cli_fail(cli, EXIT_REFUSED, "copies_of_several",
                             "copies_of_several directory=%s", directory);
    } else if (exit_code == EXIT_DONE && newest == NULL) {
        exit_code = cli_fail(cli, EXIT_REFUSED, "no_copies",
                             is_there(directory, "store") || is_there(directory, "config.yaml")
                                 ? "copy_unfinished directory=%s"
                                 : "no_copies directory=%s",
                             directory);
    } else if (exit_code == EXIT_DONE) {
        warn_unfinished(restore, &copies, newest);
        if (copying_path(restore->copy, directory, newest->text, &err) != OK) {
            exit_code = cli_fail_status(cli, &err);
        }
    }
    copies_free(&copies);
    return exit_code;
}

static enum exit_code fail_copy(const struct restore *restore, const struct err *err)
{
    return err->status == ERR_CORRUPT || err->status == ERR_NOT_FOUND
               ? cli_fail(restore->cli, EXIT_VERIFY, "copy_not_sound",
                          "copy_not_sound directory=%s why=%s", restore->copy, err->text)
               : cli_fail_status(restore->cli, err);
}

static enum exit_code choose(struct restore *restore)
{
    const char *typed = restore->cli->argv[0];
    enum exit_code exit_code = EXIT_DONE;
    struct err err;

    if (restore->cli->value[OPT_AT] != NULL &&
        strspn(restore->cli->value[OPT_AT], "0123456789") == strlen(restore->cli->value[OPT_AT])) {
        return cli_fail(restore->cli, EXIT_USAGE, "usage", "copy_at_form");
    }
    if (is_there(typed, COPY_MANIFEST_FILE)) {
        (void)snprintf(restore->copy, sizeof restore->copy, "%s", typed);
    } else {
        exit_code = choose_within(restore, typed);
    }
    if (exit_code == EXIT_DONE &&
        (crypto_init(&err) != OK ||
         copy_manifest_read(&restore->manifest, restore->copy, &err) != OK)) {
        exit_code = fail_copy(restore, &err);
    }
    return exit_code;
}

/* Nothing is written before all of it was read. */
static enum exit_code check_files(struct restore *restore)
{
    struct err err;

    copying_will_move(&restore->copying, 2 * copy_manifest_bytes(&restore->manifest));
    for (size_t i = 0; i < restore->manifest.count; i++) {
        if (copy_file_check(&restore->manifest.files[i], restore->copy, &restore->copying.progress,
                            &err) != OK) {
            return fail_copy(restore, &err);
        }
    }
    return EXIT_DONE;
}

/* --- where to --- */

/* One that is empty, or not there at all. */
static enum exit_code check_vacant(const struct restore *restore)
{
    DIR *directory = opendir(restore->home);
    const struct dirent *entry;
    enum exit_code exit_code = EXIT_DONE;
    long pid;

    if (directory == NULL) {
        return errno == ENOENT ? EXIT_DONE
                               : cli_fail(restore->cli, EXIT_REFUSED, "home_not_empty",
                                          "file_failed doing=opened path=%s why=%s", restore->home,
                                          os_reason(errno));
    }
    while (exit_code == EXIT_DONE && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        exit_code = home_is_run(restore->home, &pid)
                        ? cli_fail(restore->cli, EXIT_REFUSED, "home_in_use",
                                   "restore_home_runs home=%s pid=%ld", restore->home, pid)
                        : cli_fail(restore->cli, EXIT_REFUSED, "home_not_empty",
                                   "restore_home_full home=%s", restore->home);
    }
    (void)closedir(directory);
    return exit_code;
}

/* Whoever is root makes files that the user of the other homes there cannot open. */
static enum exit_code check_user(const struct restore *restore)
{
    char parent[HOME_FILE_MAX];
    struct err err;
    char *slash;

    (void)snprintf(parent, sizeof parent, "%s", restore->home);
    slash = strrchr(parent, '/');
    if (slash == NULL || slash == parent || access(parent, F_OK) == 0) {
        slash = NULL; /* it is there itself, and tells */
    }
    if (slash != NULL) {
        *slash = '\0';
    }
    return access(parent, F_OK) != 0 || home_check_user(parent, &err) == OK
               ? EXIT_DONE
               : cli_fail_status(restore->cli, &err);
}

static enum exit_code check_home(struct restore *restore)
{
    const size_t size = strlen(restore->home);
    enum exit_code exit_code;
    struct err err;

    if (home_check_path(restore->home, &err) != OK) {
        err.status = ERR_USAGE;
        return cli_fail_status(restore->cli, &err);
    }
    (void)snprintf(restore->aside, sizeof restore->aside, "%.*s.restoring",
                   (int)(size - (restore->home[size - 1] == '/')), restore->home);
    exit_code = check_vacant(restore);
    return exit_code == EXIT_DONE ? check_user(restore) : exit_code;
}

/* --- the archive --- */

/* "CODE-..." and ".blocks". */
static bool is_archived(const struct restore *restore, const char *name)
{
    const char *code = restore->manifest.division.code;
    const size_t size = strlen(code), whole = strlen(name);

    return strncmp(name, code, size) == 0 && name[size] == '-' && whole > 7 &&
           strcmp(name + whole - 7, ".blocks") == 0;
}

static enum exit_code list_archive(struct restore *restore)
{
    const char *from = restore->cli->value[OPT_ARCHIVE];
    struct copy_manifest all = COPY_MANIFEST_EMPTY;
    enum exit_code exit_code = EXIT_DONE;
    struct err err;

    if (from == NULL) {
        return EXIT_DONE;
    }
    if (copy_list_below(&all, from, ".", &err) != OK) {
        exit_code = cli_fail(restore->cli, EXIT_REFUSED, "no_archive", "%s", err.text);
    }
    for (size_t i = 0; i < all.count; i++) {
        const struct copy_file *file = &all.files[i]; /* "./NAME" */

        if (is_archived(restore, file->path + 2)) {
            copy_manifest_add(&restore->archive, file->path + 2, 0600, file->size, &file->hash);
        }
    }
    copy_manifest_free(&all);
    if (exit_code == EXIT_DONE && restore->archive.count == 0) {
        exit_code =
            cli_fail(restore->cli, EXIT_REFUSED, "no_archive",
                     "no_archive directory=%s division=%s", from, restore->manifest.division.code);
    }
    copying_will_move(&restore->copying, copy_manifest_bytes(&restore->archive));
    return exit_code;
}

/* --- building it --- */

static enum status check_room(const struct restore *restore, struct err *err)
{
    const uint64_t needed = copy_manifest_bytes(&restore->manifest) +
                            copy_manifest_bytes(&restore->archive) + COPY_ROOM_SPARE_BYTES;
    uint64_t free_bytes = 0;
    enum status status = copy_room(restore->aside, &free_bytes, err);

    if (status == OK && free_bytes < needed) {
        status = err_set(err, ERR_DISK_FULL,
                         "backup_no_room directory=%s needed_mib=%" PRIu64 " free_mib=%" PRIu64,
                         restore->aside, needed >> 20, free_bytes >> 20);
    }
    return status;
}

/* What is written is held against the manifest once more: a copy may rot while it is read. */
static enum status write_files(struct restore *restore, struct err *err)
{
    enum status status = OK;

    for (size_t i = 0; i < restore->manifest.count && status == OK; i++) {
        struct copy_file *file = &restore->manifest.files[i];
        const struct hash said = file->hash;

        status = copy_file_make(file, restore->copy, restore->aside, false,
                                &restore->copying.progress, err);
        if (status == OK && !hash_equal(&said, &file->hash)) {
            status = err_set(err, ERR_CORRUPT, "copy_file_differs path=%s", file->path);
        }
    }
    return status;
}

static enum status write_archive(struct restore *restore, struct err *err)
{
    char import[HOME_FILE_MAX + 8];
    enum status status = OK;

    (void)snprintf(import, sizeof import, "%s/import", restore->aside);
    if (restore->archive.count > 0) {
        status = directory_make(import, err);
    }
    for (size_t i = 0; i < restore->archive.count && status == OK; i++) {
        status = copy_file_make(&restore->archive.files[i], restore->cli->value[OPT_ARCHIVE],
                                import, false, &restore->copying.progress, err);
    }
    return status;
}

static enum status mark_keys(const struct restore *restore, struct err *err)
{
    char keys[HOME_FILE_MAX + 8];

    (void)snprintf(keys, sizeof keys, "%s/keys", restore->aside);
    return next_keys_mark_copied(keys, err);
}

/* So that the node which starts there takes what is missing before it says anything. */
static void write_note(const struct restore *restore)
{
    char when[TIME_BYTES_MAX];
    struct err why;

    (void)err_set(&why, ERR_GAP, "resync_restored when=%s copy=%s",
                  time_text(when, restore->manifest.taken_unix_ms), restore->copy);
    notes_write_resync(restore->aside, why.text);
}

static enum status build(struct restore *restore, struct err *err)
{
    enum status status = copy_remove(restore->aside, err); /* of one that was cut off */

    if (status == OK) {
        status = directory_make(restore->aside, err);
    }
    if (status == OK) {
        status = check_room(restore, err);
    }
    if (status == OK) {
        status = write_files(restore, err);
    }
    if (status == OK) {
        status = mark_keys(restore, err);
    }
    if (status == OK) {
        status = write_archive(restore, err);
    }
    if (status == OK) {
        write_note(restore);
        status = is_there(restore->aside, "resync")
                     ? copy_sync_names(restore->aside, err)
                     : err_set(err, ERR_IO, "file_failed doing=written path=%s why=%s",
                               restore->aside, "resync");
    }
    if (status == OK && rename(restore->aside, restore->home) != 0) {
        status = err_set(err, ERR_IO, "restore_not_moved from=%s to=%s why=%s", restore->aside,
                         restore->home, os_reason(errno));
    }
    return status == OK ? copy_sync_parent(restore->home, err) : status;
}

static enum exit_code put_in_place(struct restore *restore)
{
    struct err err, undone;

    if (build(restore, &err) == OK) {
        return EXIT_DONE;
    }
    (void)copy_remove(restore->aside, &undone);
    if (err.status == ERR_DISK_FULL) {
        return cli_fail(restore->cli, EXIT_REFUSED, "backup_no_room", "%s", err.text);
    }
    return err.status == ERR_CORRUPT ? fail_copy(restore, &err)
                                     : cli_fail_status(restore->cli, &err);
}

static void print_result(const struct restore *restore)
{
    const struct copy_manifest *manifest = &restore->manifest;
    char head[2 * HASH_SIZE + 1], when[TIME_BYTES_MAX];

    hex_encode(head, manifest->at.head.at, HASH_SIZE);
    (void)time_text(when, manifest->taken_unix_ms);
    if (cli_json(restore->cli)) {
        json_t *answer = json_pack(
            "{ss ss ss ss sI sI ss sI sI}", "home", restore->home, "copy", restore->copy,
            "division", manifest->division.code, "time", when, "lsn", (json_int_t)manifest->at.lsn,
            "epoch", (json_int_t)manifest->at.epoch, "hash", head, "files",
            (json_int_t)manifest->count, "archive_files", (json_int_t)restore->archive.count);
        print_json(stdout, answer);
        json_decref(answer);
        return;
    }
    cli_tell(restore->cli, stdout, "restored home=%s when=%s lsn=%" PRIu64, restore->home, when,
             manifest->at.lsn);
    if (restore->archive.count > 0) {
        cli_tell(restore->cli, stdout, "restored_archive files=%zu", restore->archive.count);
    }
    cli_tell(restore->cli, stdout, "restored_next division=%s home=%s", manifest->division.code,
             restore->home);
}

enum exit_code run_restore(struct cli *cli)
{
    struct restore restore = {.cli = cli, .home = cli_home(cli)};
    enum exit_code exit_code;

    if (restore.home == NULL) {
        return EXIT_USAGE;
    }
    copying_begin(&restore.copying, cli);
    exit_code = check_home(&restore);
    if (exit_code == EXIT_DONE) {
        exit_code = choose(&restore);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = list_archive(&restore);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = check_files(&restore);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = put_in_place(&restore);
    }
    copying_end(&restore.copying);
    if (exit_code == EXIT_DONE) {
        print_result(&restore);
    }
    copy_manifest_free(&restore.manifest);
    copy_manifest_free(&restore.archive);
    return exit_code;
}
