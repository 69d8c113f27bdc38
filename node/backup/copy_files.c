#include "node/backup/copy_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proto/message.h"

enum { CHUNK_BYTES = 1 << 20, DEPTH_MAX = 8, OPEN_DIRECTORIES = 16 };

static enum status fail(struct err *err, const char *doing, const char *path)
{
    const int error = errno;

    return err_set(err,
                   error == ENOSPC || error == EDQUOT ? ERR_DISK_FULL
                   : error == ENOENT                  ? ERR_NOT_FOUND
                                                      : ERR_IO,
                   "file_failed doing=%s path=%s why=%s", doing, path, os_reason(error));
}

static enum status join(char out[PATH_MAX], const char *base, const char *path, struct err *err)
{
    return snprintf(out, PATH_MAX, "%s/%s", base, path) < PATH_MAX
               ? OK
               : err_set(err, ERR_CONFIG, "path_too_long path=%s", base);
}

static void tell(struct copy_progress *progress, size_t more)
{
    progress->done_bytes += more;
    if (progress->told != NULL) {
        progress->told(progress->arg, progress->done_bytes);
    }
}

/* --- bytes --- */

static bool write_all(int file, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t wrote = write(file, data, size);

        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        data += wrote > 0 ? wrote : 0;
        size -= wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* All of `in`, from where it stands, hashed, and to `out` unless that is -1. */
static enum status pump(int in, int out, const char *path, struct hash *hash, uint64_t *size,
                        struct copy_progress *progress, struct err *err)
{
    uint8_t *chunk = mem_zalloc(CHUNK_BYTES);
    enum status status = OK;
    struct hasher hasher;
    ssize_t got = 1;

    *size = 0;
    hasher_begin(&hasher, TAG_FILE);
    while (status == OK && got != 0) {
        got = read(in, chunk, CHUNK_BYTES);
        if (got < 0 && errno != EINTR) {
            status = fail(err, "read", path);
        } else if (got > 0) {
            hasher_add(&hasher, chunk, (size_t)got);
            *size += (uint64_t)got;
            if (out >= 0 && !write_all(out, chunk, (size_t)got)) {
                status = fail(err, "written", path);
            }
            tell(progress, (size_t)got);
        }
    }
    *hash = hasher_end(&hasher);
    mem_free(chunk);
    return status;
}

static enum status hash_file(const char *path, struct hash *hash, uint64_t *size,
                             struct copy_progress *progress, struct err *err)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    enum status status;

    if (file < 0) {
        return fail(err, "opened", path);
    }
    status = pump(file, -1, path, hash, size, progress, err);
    (void)close(file);
    return status;
}

/* --- which --- */

/* Half written, or somebody else's. */
static bool is_passing(const char *name)
{
    const size_t size = strlen(name);

    return name[0] == '.' || (size > 4 && strcmp(name + size - 4, ".new") == 0);
}

static enum status list_directory(struct copy_manifest *out, const char *base, const char *below,
                                  int depth, struct err *err);

static enum status list_entry(struct copy_manifest *out, const char *base, const char *path,
                              int depth, struct err *err)
{
    const struct hash none = HASH_ZERO;
    char whole[PATH_MAX];
    struct stat found;
    enum status status = join(whole, base, path, err);

    if (status != OK) {
        return status;
    }
    if (stat(whole, &found) != 0) { /* through a link: a copy has the file that it names */
        return errno == ENOENT ? OK : fail(err, "examined", whole);
    }
    if (S_ISDIR(found.st_mode)) {
        return list_directory(out, base, path, depth + 1, err);
    }
    if (!S_ISREG(found.st_mode)) {
        return OK;
    }
    if (out->count >= COPY_FILES_MAX || strlen(path) > COPY_FILE_PATH_MAX) {
        return err_set(err, ERR_TOO_LARGE, "copy_too_many path=%s", whole);
    }
    copy_manifest_add(out, path, found.st_mode & 0777, (uint64_t)found.st_size, &none);
    return OK;
}

static enum status list_directory(struct copy_manifest *out, const char *base, const char *below,
                                  int depth, struct err *err)
{
    char whole[PATH_MAX], path[PATH_MAX];
    const struct dirent *entry;
    DIR *directory;
    enum status status = join(whole, base, below, err);

    if (status != OK || depth > DEPTH_MAX) {
        return status;
    }
    directory = opendir(whole);
    if (directory == NULL) {
        return fail(err, "opened", whole);
    }
    while (status == OK && (entry = readdir(directory)) != NULL) {
        if (!is_passing(entry->d_name)) {
            status = join(path, below, entry->d_name, err);
            status = status == OK ? list_entry(out, base, path, depth, err) : status;
        }
    }
    (void)closedir(directory);
    return status;
}

enum status copy_list_below(struct copy_manifest *out, const char *base, const char *below,
                            struct err *err)
{
    return list_directory(out, base, below, 0, err);
}

static void leave_out(struct copy_manifest *out, const char *path)
{
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->files[i].path, path) == 0) {
            mem_free(out->files[i].path);
            out->files[i] = out->files[--out->count];
            return;
        }
    }
}

/* A program of the operator's that lies in the home, but not where they usually do. */
static bool is_own_hook(const struct home_config *config)
{
    const char *hook = config->alarm_hook;

    return hook[0] != '\0' && hook[0] != '/' && hook[0] != '.' && strstr(hook, "/.") == NULL &&
           strstr(hook, "//") == NULL && strncmp(hook, "hooks/", 6) != 0;
}

static enum status hash_listed(struct copy_manifest *out, const char *home, struct err *err)
{
    struct copy_progress nobody = {.told = NULL};
    char path[PATH_MAX];
    enum status status = OK;

    for (size_t i = 0; i < out->count && status == OK; i++) {
        status = join(path, home, out->files[i].path, err);
        if (status == OK) {
            status = hash_file(path, &out->files[i].hash, &out->files[i].size, &nobody, err);
        }
    }
    return status;
}

enum status copy_list_home(struct copy_manifest *out, const char *home,
                           const struct home_config *config, struct err *err)
{
    static const char *const parts[] = {"config.yaml", "grants", "root_grant", "founders", "begun",
                                        "keys",        "tls",    "hooks",      "archived"};
    enum status status = OK;

    for (size_t i = 0; i < COUNT_OF(parts) && status == OK; i++) {
        status = list_entry(out, home, parts[i], 0, err);
    }
    if (status == OK && is_own_hook(config)) {
        status = list_entry(out, home, config->alarm_hook, 0, err);
    }
    leave_out(out, "keys/trust.key");
    return status == OK ? hash_listed(out, home, err) : status;
}

static const struct copy_file *find_file(const struct copy_manifest *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->files[i].path, path) == 0) {
            return &list->files[i];
        }
    }
    return NULL;
}

bool copy_lists_equal(const struct copy_manifest *a, const struct copy_manifest *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct copy_file *other = find_file(b, a->files[i].path);

        if (other == NULL || !hash_equal(&a->files[i].hash, &other->hash)) {
            return false;
        }
    }
    return a->count == b->count;
}

/* --- making and checking one --- */

static enum status make_parents(const char *base, const char *path, struct err *err)
{
    char whole[PATH_MAX];
    enum status status = join(whole, base, path, err);

    if (status != OK) {
        return status;
    }
    for (char *at = whole + strlen(base) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        if (mkdir(whole, 0700) != 0 && errno != EEXIST) {
            return fail(err, "made", whole);
        }
        *at = '/';
    }
    return OK;
}

static enum status copy_bytes(struct copy_file *file, const char *from, const char *to,
                              struct copy_progress *progress, struct err *err)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = -1;
    enum status status;

    if (in < 0) {
        return fail(err, "opened", from);
    }
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    status = out < 0 ? fail(err, "created", to) : OK;
    if (status == OK) {
        status = pump(in, out, to, &file->hash, &file->size, progress, err);
    }
    if (status == OK && (fchmod(out, file->mode) != 0 || fsync(out) != 0)) {
        status = fail(err, "synced", to);
    }
    if (out >= 0) {
        (void)posix_fadvise(out, 0, 0, POSIX_FADV_DONTNEED); /* so that a check reads the disk */
        (void)close(out);
    }
    (void)close(in);
    return status;
}

enum status copy_file_make(struct copy_file *file, const char *from, const char *to, bool linked,
                           struct copy_progress *progress, struct err *err)
{
    char source[PATH_MAX], target[PATH_MAX];
    enum status status = join(source, from, file->path, err);

    if (status == OK) {
        status = join(target, to, file->path, err);
    }
    if (status == OK) {
        status = make_parents(to, file->path, err);
    }
    if (status != OK) {
        return status;
    }
    if (!linked || link(source, target) != 0) {
        return copy_bytes(file, source, target, progress, err);
    }
    status = hash_file(target, &file->hash, &file->size, progress, err);
    progress->linked_bytes += file->size;
    return status;
}

enum status copy_file_check(const struct copy_file *file, const char *base,
                            struct copy_progress *progress, struct err *err)
{
    char path[PATH_MAX];
    struct hash hash;
    uint64_t size;
    enum status status = join(path, base, file->path, err);

    if (status == OK) {
        status = hash_file(path, &hash, &size, progress, err);
    }
    if (status == ERR_NOT_FOUND) {
        return err_set(err, ERR_CORRUPT, "copy_file_missing path=%s", path);
    }
    if (status == OK && (size != file->size || !hash_equal(&hash, &file->hash))) {
        return err_set(err, ERR_CORRUPT, "copy_file_differs path=%s", path);
    }
    return status;
}

/* --- directories --- */

static int sync_name(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    int directory, failed;

    (void)found;
    (void)place;
    if (kind != FTW_DP && kind != FTW_D) {
        return 0;
    }
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return -1;
    }
    failed = fsync(directory);
    (void)close(directory);
    return failed;
}

enum status copy_sync_names(const char *directory, struct err *err)
{
    return nftw(directory, sync_name, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) == 0
               ? OK
               : fail(err, "synced", directory);
}

enum status copy_sync_parent(const char *path, struct err *err)
{
    char whole[PATH_MAX], parent[PATH_MAX];
    enum status status = OK;
    int directory;

    if (realpath(path, whole) == NULL) {
        return fail(err, "opened", path);
    }
    (void)snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(whole, '/') - whole + 1), whole);
    directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || fsync(directory) != 0) {
        status = fail(err, "synced", parent);
    }
    if (directory >= 0) {
        (void)close(directory);
    }
    return status;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

enum status copy_remove(const char *directory, struct err *err)
{
    return nftw(directory, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) == 0 ||
                   errno == ENOENT
               ? OK
               : fail(err, "removed", directory);
}

enum status copy_room(const char *directory, uint64_t *free_bytes, struct err *err)
{
    struct statvfs disk;

    if (statvfs(directory, &disk) != 0) {
        return fail(err, "examined", directory);
    }
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return OK;
}
