/* cmd_backup - `terrace backup DIR`: a whole copy of a running node, in a directory of its own.
 *
 *   files of the home --+                 the node's own checkpoint (hard links, in its home)
 *                       v                                   v
 *   DIR/CODE-MOMENT/    every file, synced --> read back --> opened, read (terraced --check-copy)
 *                       --> MANIFEST, last --> the node notes it --> older ones go (--keep)
 *
 * The node makes the checkpoint and nothing more: its loop goes on, and it writes nowhere but in
 * its home. This program has the rights of who runs it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/cli/client.h"
#include "node/cli/copying.h"
#include "node/cli/print.h"
#include "node/home/files.h"
#include "node/ledger/schema/clocks.h"
#include "proto/message.h"

enum { TRIES = 3, NAMES_MAX = 60 };

struct backup {
    struct cli *cli;
    const char *home;
    struct home_config config;
    struct copying copying;
    int lock; /* on the home's directory: one backup at a time */
    unsigned keep;
    char directory[PATH_MAX]; /* of the copies */
    char name[COPY_NAME_MAX], copy[PATH_MAX];
    char checkpoint[PATH_MAX]; /* "": none was made */
    bool made;                 /* `copy` is there, and is none yet */
    struct copy_manifest manifest;
    json_t *removed;
};

/* --- where to --- */

static enum exit_code fail_path(const struct backup *backup, const char *doing, const char *path)
{
    return cli_fail(backup->cli, EXIT_REFUSED, "backup_not_made",
                    "backup_not_made doing=%s path=%s why=%s", doing, path, os_reason(errno));
}

/* Does `path` lie below `base`, or is it that? Both are real paths. */
static bool is_within(const char *path, const char *base)
{
    const size_t size = strlen(base);

    return strncmp(path, base, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

static enum exit_code check_directory(struct backup *backup, const char *typed)
{
    char home[PATH_MAX];
    bool made;

    if (typed[0] != '/') {
        return cli_fail(backup->cli, EXIT_USAGE, "backup_not_absolute",
                        "backup_not_absolute directory=%s", typed);
    }
    made = mkdir(typed, 0700) == 0;
    if (!made && errno != EEXIST) {
        return fail_path(backup, "made", typed);
    }
    if (realpath(typed, backup->directory) == NULL) {
        return fail_path(backup, "opened", typed);
    }
    if (realpath(backup->home, home) == NULL) {
        return fail_path(backup, "opened", backup->home);
    }
    if (is_within(backup->directory, home)) {
        if (made) {
            (void)rmdir(typed);
        }
        return cli_fail(backup->cli, EXIT_REFUSED, "backup_inside_home",
                        "backup_inside_home directory=%s home=%s", backup->directory, home);
    }
    if (access(backup->directory, W_OK | X_OK) != 0) {
        return fail_path(backup, "written", backup->directory);
    }
    return EXIT_DONE;
}

/* Copies of one division alone stand in a directory: so the newest is the newest. */
static enum exit_code check_others(const struct backup *backup)
{
    struct copies copies;
    struct err err;
    enum exit_code exit_code = EXIT_DONE;

    if (copies_list(&copies, backup->directory, &err) != OK) {
        exit_code = cli_fail_status(backup->cli, &err);
    }
    for (size_t i = 0; i < copies.count && exit_code == EXIT_DONE; i++) {
        if (!division_equal(copies.at[i].division, backup->config.division)) {
            exit_code =
                cli_fail(backup->cli, EXIT_REFUSED, "backup_of_another",
                         "backup_of_another directory=%s division=%s own=%s", backup->directory,
                         copies.at[i].division.code, backup->config.division.code);
        }
    }
    copies_free(&copies);
    return exit_code;
}

/* The home's directory is locked, no file of it: whoever runs this leaves nothing there. */
static enum exit_code take_lock(struct backup *backup)
{
    backup->lock = open(backup->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (backup->lock < 0) {
        return fail_path(backup, "opened", backup->home);
    }
    return flock(backup->lock, LOCK_EX | LOCK_NB) == 0
               ? EXIT_DONE
               : cli_fail(backup->cli, EXIT_REFUSED, "backup_running", "backup_running home=%s",
                          backup->home);
}

/* --- what the node does --- */

static enum exit_code begin_checkpoint(struct backup *backup)
{
    json_t *answer;
    const enum exit_code exit_code = client_json(backup->cli, "/backup", bytes_text("{}"), &answer);

    if (exit_code == EXIT_DONE) {
        const char *path = json_string_value(json_object_get(answer, "checkpoint"));

        (void)snprintf(backup->checkpoint, sizeof backup->checkpoint, "%s",
                       path == NULL ? "" : path);
        json_decref(answer);
    }
    return exit_code;
}

/* `complete`: there is a copy, and the node is to know. */
static enum exit_code end_checkpoint(struct backup *backup, bool complete)
{
    json_t *object = complete ? json_pack("{ss sI sI}", "directory", backup->copy, "lsn",
                                          (json_int_t)backup->manifest.at.lsn, "unix_ms",
                                          (json_int_t)backup->manifest.taken_unix_ms)
                              : json_object();
    char *body = json_dumps(object, JSON_COMPACT);
    json_t *answer = NULL;
    enum exit_code exit_code;

    if (body == NULL) { /* a path that is no text: noted without it */
        exit_code = cli_fail(backup->cli, EXIT_USAGE, "usage", "typed_not_utf8");
    } else {
        exit_code = client_json(backup->cli, "/backup/end", bytes_text(body), &answer);
    }
    backup->checkpoint[0] = '\0';
    json_decref(answer);
    json_decref(object);
    mem_free(body);
    return exit_code;
}

/* --- the copy --- */

static enum status make_directory(struct backup *backup, struct err *err)
{
    uint64_t unix_ms = backup->manifest.taken_unix_ms;

    for (int i = 0; i < NAMES_MAX; i++, unix_ms += 1000) { /* two of one second */
        copy_name_make(backup->name, backup->config.division, unix_ms);
        if (copying_path(backup->copy, backup->directory, backup->name, err) != OK) {
            return err->status;
        }
        if (mkdir(backup->copy, 0700) == 0) {
            backup->made = true;
            return OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return err_set(err, errno == ENOSPC ? ERR_DISK_FULL : ERR_IO,
                   "file_failed doing=made path=%s why=%s", backup->copy, os_reason(errno));
}

static bool same_file_system(const struct backup *backup)
{
    struct stat from, to;

    return stat(backup->checkpoint, &from) == 0 && stat(backup->directory, &to) == 0 &&
           from.st_dev == to.st_dev;
}

static enum status check_room(const struct backup *backup, uint64_t bytes, struct err *err)
{
    uint64_t free_bytes = 0;
    enum status status = copy_room(backup->directory, &free_bytes, err);

    if (status == OK && free_bytes < bytes + COPY_ROOM_SPARE_BYTES) {
        status =
            err_set(err, ERR_DISK_FULL,
                    "backup_no_room directory=%s needed_mib=%" PRIu64 " free_mib=%" PRIu64,
                    backup->directory, (bytes + COPY_ROOM_SPARE_BYTES) >> 20, free_bytes >> 20);
    }
    return status;
}

static enum status copy_all(struct backup *backup, struct copy_manifest *files, const char *from,
                            bool linked, struct err *err)
{
    struct copy_progress *progress = &backup->copying.progress;
    enum status status = OK;

    for (size_t i = 0; i < files->count && status == OK; i++) {
        status = copy_file_make(&files->files[i], from, backup->copy, linked, progress, err);
    }
    return status;
}

static enum status read_back(struct backup *backup, struct err *err)
{
    enum status status = OK;

    for (size_t i = 0; i < backup->manifest.count && status == OK; i++) {
        status = copy_file_check(&backup->manifest.files[i], backup->copy,
                                 &backup->copying.progress, err);
    }
    return status;
}

static void take_over(struct copy_manifest *to, const struct copy_manifest *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct copy_file *file = &from->files[i];

        copy_manifest_add(to, file->path, file->mode, file->size, &file->hash);
    }
}

static enum status copy_store(struct backup *backup, struct err *err)
{
    struct copy_manifest store = COPY_MANIFEST_EMPTY;
    const bool linked = same_file_system(backup);
    enum status status = copy_list_below(&store, backup->checkpoint, "store", err);
    const uint64_t bytes = copy_manifest_bytes(&store);

    copying_will_move(&backup->copying, 2 * bytes);
    if (status == OK) {
        status = check_room(backup, linked ? 0 : bytes, err);
    }
    if (status == OK) {
        status = make_directory(backup, err);
    }
    if (status == OK) {
        status = copy_all(backup, &store, backup->checkpoint, linked, err);
    }
    if (status == OK) {
        take_over(&backup->manifest, &store);
    }
    copy_manifest_free(&store);
    return status;
}

/* Keys and grants change rarely, and a store that was copied between two changes opens with neither
 * set: what stood before the checkpoint must stand behind it. *same false: once more. */
static enum status copy_home(struct backup *backup, const struct copy_manifest *before, bool *same,
                             struct err *err)
{
    struct copy_manifest after = COPY_MANIFEST_EMPTY;
    enum status status = copy_list_home(&after, backup->home, &backup->config, err);

    *same = false;
    if (status == OK) {
        status = copy_all(backup, &after, backup->home, false, err);
    }
    if (status == OK) {
        *same = copy_lists_equal(before, &after);
        take_over(&backup->manifest, &after);
    }
    copy_manifest_free(&after);
    return status;
}

static void take_back(struct backup *backup)
{
    struct err err;

    if (backup->made && copy_remove(backup->copy, &err) != OK) {
        cli_warn(backup->cli, "%s", err.text);
    }
    backup->made = false;
}

/* One try; *same false: keys or grants changed meanwhile. */
static enum exit_code try_copy(struct backup *backup, bool *same)
{
    struct copy_manifest before = COPY_MANIFEST_EMPTY;
    enum exit_code exit_code = EXIT_DONE;
    struct err err;
    enum status status = copy_list_home(&before, backup->home, &backup->config, &err);

    *same = false;
    copy_manifest_free(&backup->manifest);
    backup->manifest.division = backup->config.division;
    backup->manifest.tree = backup->config.tree;
    backup->manifest.taken_unix_ms = clock_unix_ms(&backup->copying.clock);
    (void)snprintf(backup->manifest.version, sizeof backup->manifest.version, "%s",
                   TERRACE_VERSION);
    if (status == OK) {
        exit_code = begin_checkpoint(backup);
    }
    if (status == OK && exit_code == EXIT_DONE) {
        status = copy_store(backup, &err);
        if (status == OK) {
            status = copy_home(backup, &before, same, &err);
        }
        if (status == OK) {
            status = copy_sync_names(backup->copy, &err);
        }
    }
    copy_manifest_free(&before);
    if (status == ERR_DISK_FULL) {
        return cli_fail(backup->cli, EXIT_REFUSED, "backup_no_room", "%s", err.text);
    }
    return status == OK ? exit_code : cli_fail_status(backup->cli, &err);
}

static enum exit_code copy_until_same(struct backup *backup)
{
    enum exit_code exit_code = EXIT_DONE;
    bool same = false;

    for (int i = 0; i < TRIES && exit_code == EXIT_DONE && !same; i++) {
        take_back(backup);
        exit_code = try_copy(backup, &same);
    }
    return exit_code == EXIT_DONE && !same
               ? cli_fail(backup->cli, EXIT_REFUSED, "backup_keys_change", "backup_keys_change")
               : exit_code;
}

/* The manifest is what makes it a copy, so it comes last. */
static enum exit_code complete(struct backup *backup)
{
    enum exit_code exit_code;
    struct err err;

    if (read_back(backup, &err) != OK) {
        return err.status == ERR_CORRUPT
                   ? cli_fail(backup->cli, EXIT_VERIFY, "copy_not_sound",
                              "copy_not_sound directory=%s why=%s", backup->copy, err.text)
                   : cli_fail_status(backup->cli, &err);
    }
    exit_code = copying_check(&backup->copying, backup->copy, &backup->manifest.at);
    if (exit_code != EXIT_DONE) {
        return exit_code;
    }
    if (copy_manifest_write(&backup->manifest, backup->copy, &err) != OK ||
        copy_sync_parent(backup->copy, &err) != OK) {
        return cli_fail_status(backup->cli, &err);
    }
    backup->made = false; /* it stays */
    return EXIT_DONE;
}

/* --- older ones --- */

/* Without its manifest it is no copy any more, should this be cut off. */
static void remove_copy(struct backup *backup, const char *name)
{
    char path[PATH_MAX], manifest[PATH_MAX];
    struct err err;

    if (copying_path(path, backup->directory, name, &err) == OK &&
        copying_path(manifest, path, COPY_MANIFEST_FILE, &err) == OK) {
        (void)unlink(manifest);
        if (copy_remove(path, &err) == OK) {
            (void)json_array_append_new(backup->removed, json_string(name));
            return;
        }
    }
    cli_warn(backup->cli, "%s", err.text);
}

static void remove_older(struct backup *backup)
{
    struct copies copies;
    struct err err;
    size_t complete_count = 0;

    if (copies_list(&copies, backup->directory, &err) != OK) {
        cli_warn(backup->cli, "%s", err.text);
    }
    for (size_t i = copies.count; i-- > 0;) { /* the newest first */
        const struct copy_name *name = &copies.at[i];

        if (!division_equal(name->division, backup->config.division) ||
            strcmp(name->text, backup->name) > 0) {
            continue;
        }
        complete_count += name->is_complete;
        if (!name->is_complete || complete_count > backup->keep) {
            remove_copy(backup, name->text);
        }
    }
    copies_free(&copies);
}

/* --- what is told --- */

static bool has_trust_key(const struct backup *backup)
{
    char path[HOME_FILE_MAX];

    home_file(path, backup->home, "keys");
    return keys_trust_present(path);
}

static void print_json_of(const struct backup *backup)
{
    const struct copy_manifest *manifest = &backup->manifest;
    const struct copy_position *at = &manifest->at;
    char head[2 * HASH_SIZE + 1], digest[2 * HASH_SIZE + 1], when[TIME_BYTES_MAX];
    json_t *answer;

    hex_encode(head, at->head.at, HASH_SIZE);
    hex_encode(digest, at->digest.at, HASH_SIZE);
    answer = json_pack(
        "{ss ss ss sI sI ss ss sI sI sI sI sI sO}", "copy", backup->copy, "division",
        manifest->division.code, "time", time_text(when, manifest->taken_unix_ms), "lsn",
        (json_int_t)at->lsn, "epoch", (json_int_t)at->epoch, "hash", head, "digest", digest,
        "files", (json_int_t)manifest->count, "bytes", (json_int_t)copy_manifest_bytes(manifest),
        "linked_bytes", (json_int_t)backup->copying.progress.linked_bytes, "verified_from",
        (json_int_t)at->verified_from, "rows", (json_int_t)at->rows, "removed", backup->removed);
    print_json(stdout, answer);
    json_decref(answer);
}

static void print_result(const struct backup *backup)
{
    const struct copy_manifest *manifest = &backup->manifest;
    const struct copy_position *at = &manifest->at;

    if (cli_json(backup->cli)) {
        print_json_of(backup);
    } else {
        cli_tell(backup->cli, stdout, "backup_made copy=%s files=%zu mib=%" PRIu64 " lsn=%" PRIu64,
                 backup->copy, manifest->count, copy_manifest_bytes(manifest) >> 20, at->lsn);
        cli_tell(backup->cli, stdout,
                 "backup_verified files=%zu rows=%" PRIu64 " first=%" PRIu64 " lsn=%" PRIu64,
                 manifest->count, at->rows, at->verified_from, at->lsn);
        for (size_t i = 0; i < json_array_size(backup->removed); i++) {
            cli_tell(backup->cli, stdout, "backup_removed name=%s",
                     json_string_value(json_array_get(backup->removed, i)));
        }
    }
    if (backup->copying.progress.linked_bytes > 0) {
        cli_warn(backup->cli, "backup_same_disk directory=%s", backup->directory);
    }
    if (backup->config.seal == SEAL_MACHINE) {
        cli_warn(backup->cli, "backup_opens_alone copy=%s", backup->copy);
    }
    if (has_trust_key(backup)) {
        cli_warn(backup->cli, "backup_without_trust_key home=%s", backup->home);
    }
}

/* --- */

static enum exit_code take_keep(struct backup *backup)
{
    const char *typed = backup->cli->value[OPT_KEEP];
    char *end;
    unsigned long count;

    if (typed == NULL) {
        return EXIT_DONE;
    }
    count = strtoul(typed, &end, 10);
    if (strlen(typed) > 4 || *end != '\0' || count == 0) {
        return cli_fail(backup->cli, EXIT_USAGE, "usage", "keep_form value=%s", typed);
    }
    backup->keep = (unsigned)count;
    return EXIT_DONE;
}

static enum exit_code prepare(struct backup *backup)
{
    enum exit_code exit_code = take_keep(backup);
    struct err err;

    if (exit_code == EXIT_DONE &&
        (crypto_init(&err) != OK || home_load(&backup->config, backup->home, &err) != OK)) {
        exit_code = err.status == ERR_NOT_FOUND
                        ? cli_fail(backup->cli, EXIT_USAGE, "not_found", "%s", err.text)
                        : cli_fail_status(backup->cli, &err);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = check_directory(backup, backup->cli->argv[0]);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = check_others(backup);
    }
    if (exit_code == EXIT_DONE) {
        exit_code = take_lock(backup);
    }
    return exit_code == EXIT_DONE ? client_open(backup->cli) : exit_code;
}

static enum exit_code make(struct backup *backup)
{
    enum exit_code exit_code = copy_until_same(backup);

    if (exit_code == EXIT_DONE) {
        exit_code = complete(backup);
    }
    copying_end(&backup->copying);
    if (exit_code != EXIT_DONE) {
        take_back(backup);
        if (backup->checkpoint[0] != '\0') {
            (void)end_checkpoint(backup, false);
        }
        return exit_code;
    }
    exit_code = end_checkpoint(backup, true);
    if (backup->keep > 0) {
        remove_older(backup);
    }
    print_result(backup);
    return exit_code;
}

enum exit_code run_backup(struct cli *cli)
{
    struct backup backup = {.cli = cli, .home = cli_home(cli), .lock = -1};
    enum exit_code exit_code;

    if (backup.home == NULL) {
        return EXIT_USAGE;
    }
    (void)!nice(10); /* a payment goes before it */
    copying_begin(&backup.copying, cli);
    backup.removed = json_array();
    exit_code = prepare(&backup);
    if (exit_code == EXIT_DONE) {
        exit_code = make(&backup);
    }
    copy_manifest_free(&backup.manifest);
    json_decref(backup.removed);
    if (backup.lock >= 0) {
        (void)close(backup.lock);
    }
    return exit_code;
}
