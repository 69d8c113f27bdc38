#include "node/store/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home/files.h"
#include "proto/message.h"

enum { CURRENT_BYTES_MAX = 64, NOTE_BYTES_MAX = 128, CHUNK_BYTES = 16384 };

static const char prefix[] = "MANIFEST-";

static enum status fail(struct err *err, const char *doing, const char *path)
{
    if (errno == EIO && strcmp(doing, "synced") != 0) {
        return err_set(err, ERR_CORRUPT, "store_list_unreadable path=%s", path);
    }
    return err_set(err, ERR_IO, "file_failed doing=%s path=%s why=%s", doing, path,
                   os_reason(errno));
}

static enum status path_of(char out[PATH_MAX], const char *directory, const char *name,
                           struct err *err)
{
    const int size = snprintf(out, PATH_MAX, "%s/%s", directory, name);

    return size < PATH_MAX ? OK : err_set(err, ERR_CONFIG, "store_path_too_long");
}

/* Of a small file, as text ended by a zero. */
static enum status read_text(struct buf *out, const char *directory, const char *name, size_t limit,
                             struct err *err)
{
    char path[PATH_MAX];
    enum status status = path_of(path, directory, name, err);

    if (status == OK) {
        status = file_read(out, path, limit, err);
    }
    if (status == OK) {
        buf_append(out, "", 1);
    }
    return status;
}

/* "MANIFEST-" and a number. */
static bool is_name(const char *name)
{
    const size_t size = strlen(prefix);

    return strncmp(name, prefix, size) == 0 && name[size] != '\0' &&
           name[size + strspn(name + size, "0123456789")] == '\0';
}

/* The name that CURRENT says. */
static enum status current_name(char out[32], const char *directory, struct err *err)
{
    struct buf text = {0};
    enum status status = read_text(&text, directory, "CURRENT", CURRENT_BYTES_MAX, err);

    if (status == ERR_CORRUPT ||
        (status == OK && (sscanf((const char *)text.data, "%31s", out) != 1 || !is_name(out)))) {
        status = err_set(err, ERR_CORRUPT, "store_current_damaged directory=%s", directory);
    }
    buf_free(&text);
    return status;
}

static enum status fail_cut(struct err *err, const char *path, uint64_t size, uint64_t noted)
{
    return err_set(err, ERR_CORRUPT, "store_list_cut path=%s bytes=%" PRIu64 " noted=%" PRIu64,
                   path, size, noted);
}

/* Adds bytes [from, to) of the file to the sum. ERR_CORRUPT when it ends before. */
static enum status add_bytes(struct hasher *sum, int file, const char *path, uint64_t from,
                             uint64_t to, struct err *err)
{
    uint8_t chunk[CHUNK_BYTES];

    while (from < to) {
        const size_t wanted = to - from < sizeof chunk ? (size_t)(to - from) : sizeof chunk;
        const ssize_t got = pread(file, chunk, wanted, (off_t)from);

        if (got < 0 && errno != EINTR) {
            return fail(err, "read", path);
        }
        if (got == 0) {
            return fail_cut(err, path, from, to);
        }
        if (got > 0) {
            hasher_add(sum, chunk, (size_t)got);
            from += (uint64_t)got;
        }
    }
    return OK;
}

static void sum_text(char out[2 * HASH_SIZE + 1], const struct hasher *sum)
{
    struct hasher copy = *sum;
    const struct hash hash = hasher_end(&copy);

    hex_encode(out, hash.at, sizeof hash.at);
}

/* --- the note --- */

struct note {
    char name[32];
    uint64_t size;
    char sum[2 * HASH_SIZE + 1];
};

static void format_note(char out[NOTE_BYTES_MAX], const struct note *note)
{
    (void)snprintf(out, NOTE_BYTES_MAX, "%s %" PRIu64 " %s\n", note->name, note->size, note->sum);
}

/* A note has one form: what it says, written again, is the same text. */
static bool parse_note(struct note *out, const char *text)
{
    char again[NOTE_BYTES_MAX];

    if (sscanf(text, "%31s %" SCNu64 " %64s", out->name, &out->size, out->sum) != 3 ||
        !is_name(out->name) || strlen(out->sum) != 2 * (size_t)HASH_SIZE) {
        return false;
    }
    format_note(again, out);
    return strcmp(again, text) == 0;
}

/* --- check --- */

static enum status read_note(struct note *out, const char *directory, struct err *err)
{
    struct buf text = {0};
    enum status status = read_text(&text, directory, "NOTED", NOTE_BYTES_MAX, err);

    if (status == ERR_TOO_LARGE || status == ERR_CORRUPT ||
        (status == OK && !parse_note(out, (const char *)text.data))) {
        status = err_set(err, ERR_CORRUPT, "store_note_damaged directory=%s", directory);
    }
    buf_free(&text);
    return status;
}

static enum status check_sum(const struct note *note, const char *directory, struct err *err)
{
    char path[PATH_MAX], sum[2 * HASH_SIZE + 1];
    struct hasher hasher;
    enum status status = path_of(path, directory, note->name, err);
    int file;

    if (status != OK) {
        return status;
    }
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? fail_cut(err, path, 0, note->size) : fail(err, "opened", path);
    }
    hasher_begin(&hasher, TAG_FILE);
    status = add_bytes(&hasher, file, path, 0, note->size, err);
    (void)close(file);
    if (status == OK) {
        sum_text(sum, &hasher);
        if (strcmp(sum, note->sum) != 0) {
            status = err_set(err, ERR_CORRUPT, "store_list_differs path=%s bytes=%" PRIu64, path,
                             note->size);
        }
    }
    return status;
}

static uint64_t number_of(const char *name)
{
    return strtoull(name + strlen(prefix), NULL, 10);
}

enum status manifest_check(const char *directory, bool *noted, struct err *err)
{
    char current[32];
    struct note note;
    enum status status = read_note(&note, directory, err);

    *noted = status != ERR_NOT_FOUND;
    if (status != OK) {
        return *noted ? status : OK;
    }
    status = current_name(current, directory, err);
    if (status == ERR_NOT_FOUND) {
        return err_set(err, ERR_CORRUPT, "store_current_missing directory=%s", directory);
    }
    if (status != OK) {
        return status;
    }
    if (strcmp(current, note.name) == 0) {
        return check_sum(&note, directory, err);
    }
    if (number_of(current) < number_of(note.name)) {
        return err_set(err, ERR_CORRUPT, "store_list_old directory=%s name=%s noted=%s", directory,
                       current, note.name);
    }
    return OK; /* a newer one was begun after the last note */
}

/* --- note --- */

static enum status write_note(const struct manifest *manifest, const char *directory,
                              struct err *err)
{
    char path[PATH_MAX], text[NOTE_BYTES_MAX];
    struct note note = {.size = manifest->size};
    enum status status = path_of(path, directory, "NOTED", err);

    if (status != OK) {
        return status;
    }
    memcpy(note.name, manifest->name, sizeof note.name);
    sum_text(note.sum, &manifest->sum);
    format_note(text, &note);
    return file_write(path, bytes_text(text), err);
}

/* Reads and syncs what the open file has grown by. After a failure `manifest` is as before. */
static enum status take_growth(struct manifest *manifest, int file, const char *path,
                               const char *directory, struct err *err)
{
    struct manifest grown = *manifest;
    struct stat found;
    enum status status;

    if (fstat(file, &found) != 0) {
        return fail(err, "read", path);
    }
    if ((uint64_t)found.st_size == manifest->size) {
        return OK;
    }
    if ((uint64_t)found.st_size < manifest->size) {
        return fail_cut(err, path, (uint64_t)found.st_size, manifest->size);
    }
    if (fdatasync(file) != 0) {
        return fail(err, "synced", path);
    }
    grown.size = (uint64_t)found.st_size;
    status = add_bytes(&grown.sum, file, path, manifest->size, grown.size, err);
    if (status == OK) {
        status = write_note(&grown, directory, err);
    }
    if (status == OK) {
        *manifest = grown;
    }
    return status;
}

enum status manifest_note(struct manifest *manifest, const char *directory, struct err *err)
{
    char name[32] = "", path[PATH_MAX];
    enum status status = current_name(name, directory, err);
    int file;

    if (status == OK) {
        status = path_of(path, directory, name, err);
    }
    if (status != OK) {
        return status;
    }
    if (strcmp(name, manifest->name) != 0) {
        *manifest = (struct manifest){.size = 0};
        memcpy(manifest->name, name, sizeof name);
        hasher_begin(&manifest->sum, TAG_FILE);
    }
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail(err, "opened", path);
    }
    status = take_growth(manifest, file, path, directory, err);
    (void)close(file);
    return status;
}
