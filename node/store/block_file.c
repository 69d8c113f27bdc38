#include "node/store/block_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/block.h"
#include "proto/message.h"

enum { GATHERED_BYTES = 256 << 10, SIZE_BYTES = 4 };

static const char begins[] = "terrace blocks 1\n";
enum { BEGINS_BYTES = sizeof begins - 1 };

static enum status fail(struct err *err, const char *doing, const char *path)
{
    return err_set(err, errno == ENOSPC ? ERR_DISK_FULL : ERR_IO,
                   "file_failed doing=%s path=%s why=%s", doing, path, os_reason(errno));
}

/* --- reading --- */

/* Fewer than `size` bytes only at the end of the file. */
static enum status read_at(int file, void *out, size_t size, uint64_t at, size_t *got,
                           const char *path, struct err *err)
{
    *got = 0;
    while (*got < size) {
        const ssize_t more =
            pread(file, (char *)out + *got, size - *got, (off_t)(at + (uint64_t)*got));

        if (more < 0 && errno != EINTR) {
            return fail(err, "read", path);
        }
        if (more == 0) {
            return OK;
        }
        *got += more > 0 ? (size_t)more : 0;
    }
    return OK;
}

static enum status check_begin(int file, const char *path, struct err *err)
{
    char text[BEGINS_BYTES];
    size_t got;
    enum status status = read_at(file, text, sizeof text, 0, &got, path, err);

    if (status == OK && (got != sizeof text || memcmp(text, begins, sizeof text) != 0)) {
        status = err_set(err, ERR_CORRUPT, "block_file_unknown path=%s", path);
    }
    return status;
}

/* The record at `at`. *cut: less than a whole one stands there; *size 0: nothing does. */
static enum status read_record(int file, uint64_t at, struct buf *out, uint32_t *size, bool *cut,
                               const char *path, struct err *err)
{
    uint8_t number[SIZE_BYTES];
    struct reader reader;
    size_t got;
    enum status status = read_at(file, number, sizeof number, at, &got, path, err);

    *size = 0;
    *cut = status == OK && got > 0 && got < sizeof number;
    if (status != OK || got < sizeof number) {
        return status;
    }
    reader = reader_of(bytes_of(number, sizeof number));
    *size = reader_u32(&reader);
    if (*size == 0) { /* a file grew, and its bytes were not written before the power went */
        *cut = true;
        return OK;
    }
    if (*size > BLOCK_BYTES_MAX) {
        return err_set(err, ERR_CORRUPT, "block_file_damaged path=%s at=%" PRIu64, path, at);
    }
    buf_clear(out);
    buf_reserve(out, *size);
    status = read_at(file, out->data, *size, at + SIZE_BYTES, &got, path, err);
    out->size = got;
    *cut = status == OK && got < *size;
    *size = *cut ? 0 : *size;
    return status;
}

static bool take_nothing(void *arg, struct bytes block)
{
    (void)arg;
    (void)block;
    return true;
}

static enum status each(int file, const char *path, uint64_t *position, block_file_visit_fn *visit,
                        void *arg, bool *cut, struct err *err)
{
    struct buf block = BUF_EMPTY;
    uint32_t size;
    bool more = true;
    enum status status = check_begin(file, path, err);

    *position = *position < BEGINS_BYTES ? BEGINS_BYTES : *position;
    *cut = false;
    while (status == OK && more) {
        status = read_record(file, *position, &block, &size, cut, path, err);
        more = status == OK && size > 0;
        if (more) {
            *position += SIZE_BYTES + size;
            more = visit(arg, buf_bytes(&block));
        }
    }
    buf_free(&block);
    return status;
}

enum status block_file_each(const char *path, uint64_t *position, block_file_visit_fn *visit,
                            void *arg, bool *cut, struct err *err)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    enum status status;

    if (file < 0) {
        return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "file_missing path=%s", path)
                               : fail(err, "opened", path);
    }
    status = each(file, path, position, visit, arg, cut, err);
    (void)close(file);
    return status;
}

/* --- writing --- */

static enum status write_gathered(struct block_file *file, struct err *err)
{
    size_t done = 0;

    while (done < file->gathered.size) {
        const ssize_t wrote = pwrite(file->file, file->gathered.data + done,
                                     file->gathered.size - done, (off_t)(file->size + done));

        if (wrote < 0 && errno != EINTR) {
            return fail(err, "written", file->path);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    file->size += done;
    buf_clear(&file->gathered);
    return OK;
}

/* So that the file itself is found after a power cut. */
static enum status sync_directory(const char *path, struct err *err)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    enum status status = OK;
    int file;

    (void)snprintf(directory, sizeof directory, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0 || fsync(file) != 0) {
        status = fail(err, "synced", directory);
    }
    if (file >= 0) {
        (void)close(file);
    }
    return status;
}

/* Of a file that is there: behind its last whole block, and what follows that goes. */
static enum status find_end(struct block_file *file, struct err *err)
{
    bool cut;
    enum status status = each(file->file, file->path, &file->size, take_nothing, NULL, &cut, err);

    return status == OK && cut && ftruncate(file->file, (off_t)file->size) != 0
               ? fail(err, "cut", file->path)
               : status;
}

static enum status begin_file(struct block_file *file, struct err *err)
{
    enum status status;

    if (ftruncate(file->file, 0) != 0) {
        return fail(err, "cut", file->path);
    }
    buf_append(&file->gathered, begins, BEGINS_BYTES);
    status = block_file_sync(file, err);
    return status == OK ? sync_directory(file->path, err) : status;
}

enum status block_file_append_to(struct block_file *out, const char *path, struct err *err)
{
    struct stat found;
    enum status status;

    *out = (struct block_file){.file = -1};
    if (strlen(path) >= sizeof out->path) {
        return err_set(err, ERR_CONFIG, "store_path_too_long");
    }
    memcpy(out->path, path, strlen(path) + 1);
    out->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (out->file < 0 || fstat(out->file, &found) != 0) {
        status = fail(err, "opened", path);
    } else {
        status = found.st_size < BEGINS_BYTES ? begin_file(out, err) : find_end(out, err);
    }
    if (status != OK) {
        block_file_close(out);
    }
    return status;
}

enum status block_file_append(struct block_file *file, struct bytes block, struct err *err)
{
    buf_put_u32(&file->gathered, (uint32_t)block.size);
    buf_append_bytes(&file->gathered, block);
    return file->gathered.size >= GATHERED_BYTES ? write_gathered(file, err) : OK;
}

enum status block_file_sync(struct block_file *file, struct err *err)
{
    const enum status status = write_gathered(file, err);

    return status == OK && fdatasync(file->file) != 0 ? fail(err, "synced", file->path) : status;
}

void block_file_close(struct block_file *file)
{
    if (file->file >= 0) {
        (void)close(file->file);
    }
    buf_free(&file->gathered);
    file->file = -1;
}
