#include "node/home/files.h"
#include "proto/message.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status fail(struct err *err, const char *doing, const char *path)
{
    const int error = errno;
    const enum status status = error == ENOSPC || error == EDQUOT ? ERR_DISK_FULL
                               : error == ENOENT                  ? ERR_NOT_FOUND
                                                                  : ERR_IO;

    return err_set(err, status, "file_failed doing=%s path=%s why=%s", doing, path,
                   os_reason(error));
}

/* What the disk cannot give any more is damaged, whoever wrote it. */
static enum status fail_reading(struct err *err, const char *doing, const char *path)
{
    return errno == EIO ? err_set(err, ERR_CORRUPT, "file_unreadable path=%s", path)
                        : fail(err, doing, path);
}

static bool write_all(int file, struct bytes data)
{
    while (data.size != 0) {
        const ssize_t wrote = write(file, data.data, data.size);

        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        if (wrote > 0) {
            data.data += wrote;
            data.size -= (size_t)wrote;
        }
    }
    return true;
}

/* The rename is durable only once the directory is. */
static bool sync_parent(const char *path)
{
    char parent[PATH_MAX];
    char *slash;
    int directory;
    bool done;

    (void)snprintf(parent, sizeof parent, "%s", path);
    slash = strrchr(parent, '/');
    if (slash == NULL) {
        (void)snprintf(parent, sizeof parent, ".");
    } else {
        slash[slash == parent] = '\0';
    }
    directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return false;
    }
    done = fsync(directory) == 0;
    (void)close(directory);
    return done;
}

enum status file_write(const char *path, struct bytes data, struct err *err)
{
    char aside[PATH_MAX];
    enum status status = OK;
    int file;

    if ((size_t)snprintf(aside, sizeof aside, "%s.new", path) >= sizeof aside) {
        return err_set(err, ERR_CONFIG, "path_too_long path=%s", path);
    }
    (void)unlink(aside); /* the rest of an interrupted write */
    file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return fail(err, "created", aside);
    }
    if (!write_all(file, data) || fsync(file) != 0) {
        status = fail(err, "written", aside);
    }
    (void)close(file);
    if (status == OK && rename(aside, path) != 0) {
        status = fail(err, "replaced", path);
    }
    if (status != OK) {
        (void)unlink(aside);
        return status;
    }
    return sync_parent(path) ? OK : fail(err, "synced", path);
}

enum status file_read(struct buf *out, const char *path, size_t limit, struct err *err)
{
    enum status status = OK;
    ssize_t got = 1;
    int file;

    buf_clear(out);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail_reading(err, "opened", path);
    }
    while (status == OK && got != 0) {
        buf_reserve(out, 4096);
        got = read(file, out->data + out->size, 4096);
        if (got > 0) {
            out->size += (size_t)got;
        } else if (got < 0 && errno != EINTR) {
            status = fail_reading(err, "read", path);
        }
        if (out->size > limit) {
            status =
                err_set(err, ERR_TOO_LARGE, "file_larger_than path=%s bytes_max=%zu", path, limit);
        }
    }
    (void)close(file);
    return status;
}

enum status directory_make(const char *path, struct err *err)
{
    struct stat found;

    if (mkdir(path, 0700) == 0) {
        return sync_parent(path) ? OK : fail(err, "synced", path);
    }
    if (errno != EEXIST) {
        return fail(err, "made", path);
    }
    if (stat(path, &found) != 0) {
        return fail(err, "examined", path);
    }
    if (!S_ISDIR(found.st_mode)) {
        return err_set(err, ERR_CONFIG, "path_not_directory path=%s", path);
    }
    return chmod(path, 0700) == 0 ? OK : fail(err, "chmod", path);
}
