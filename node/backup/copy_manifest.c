#include "node/backup/copy_manifest.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/home/files.h"
#include "node/ledger/schema/clocks.h"
#include "proto/array.h"
#include "proto/message.h"

enum { LINE_BYTES_MAX = COPY_FILE_PATH_MAX + 160, HEX_SIZE = 2 * HASH_SIZE + 1 };

static const char begins[] = "terrace backup ";
enum { FORMAT = 1 };

void copy_manifest_add(struct copy_manifest *manifest, const char *path, unsigned mode,
                       uint64_t size, const struct hash *hash)
{
    ARRAY_ROOM(manifest->files, manifest->count, manifest->capacity);
    manifest->files[manifest->count++] = (struct copy_file){mem_strdup(path), mode, size, *hash};
}

uint64_t copy_manifest_bytes(const struct copy_manifest *manifest)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < manifest->count; i++) {
        sum += manifest->files[i].size;
    }
    return sum;
}

void copy_manifest_free(struct copy_manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; i++) {
        mem_free(manifest->files[i].path);
    }
    mem_free(manifest->files);
    *manifest = COPY_MANIFEST_EMPTY;
}

void copy_position_print(char out[COPY_POSITION_BYTES_MAX], const struct copy_position *at)
{
    char head[HEX_SIZE], digest[HEX_SIZE];

    hex_encode(head, at->head.at, HASH_SIZE);
    hex_encode(digest, at->digest.at, HASH_SIZE);
    (void)snprintf(out, COPY_POSITION_BYTES_MAX,
                   "%" PRIu64 " %" PRIu32 " %s %s %" PRIu64 " %" PRIu64, at->lsn, at->epoch, head,
                   digest, at->verified_from, at->rows);
}

bool copy_position_parse(struct copy_position *out, const char *text)
{
    char head[HEX_SIZE], digest[HEX_SIZE];

    return sscanf(text, "%" SCNu64 " %" SCNu32 " %64s %64s %" SCNu64 " %" SCNu64, &out->lsn,
                  &out->epoch, head, digest, &out->verified_from, &out->rows) == 6 &&
           hex_decode(out->head.at, HASH_SIZE, head) &&
           hex_decode(out->digest.at, HASH_SIZE, digest);
}

/* --- writing --- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct copy_file *)a)->path, ((const struct copy_file *)b)->path);
}

static void put(struct buf *out, const char *format, ...) PRINTF(2, 3);
static void put(struct buf *out, const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    buf_append_bytes(out, bytes_text(line));
}

static void put_head(struct buf *out, const struct copy_manifest *manifest)
{
    const struct copy_position *at = &manifest->at;
    char tree[HEX_SIZE], head[HEX_SIZE], digest[HEX_SIZE], when[TIME_BYTES_MAX];

    hex_encode(tree, manifest->tree.at, HASH_SIZE);
    hex_encode(head, at->head.at, HASH_SIZE);
    hex_encode(digest, at->digest.at, HASH_SIZE);
    put(out, "%s%d\n", begins, FORMAT);
    put(out, "division %s\ntree %s\n", manifest->division.code, tree);
    put(out, "position %" PRIu64 " %" PRIu32 " %s\ndigest %s\n", at->lsn, at->epoch, head, digest);
    put(out, "verified %" PRIu64 " %" PRIu64 "\n", at->verified_from, at->rows);
    put(out, "taken %" PRIu64 " %s\n", manifest->taken_unix_ms,
        time_text(when, manifest->taken_unix_ms));
    put(out, "version %s\n", manifest->version);
}

static void put_sum(struct buf *out)
{
    const struct hash sum = hash_of(TAG_FILE, buf_bytes(out));
    char hex[HEX_SIZE];

    hex_encode(hex, sum.at, HASH_SIZE);
    put(out, "sum %s\n", hex);
}

static enum status path_of(char out[PATH_MAX], const char *directory, struct err *err)
{
    return snprintf(out, PATH_MAX, "%s/%s", directory, COPY_MANIFEST_FILE) < PATH_MAX
               ? OK
               : err_set(err, ERR_CONFIG, "path_too_long path=%s", directory);
}

enum status copy_manifest_write(struct copy_manifest *manifest, const char *directory,
                                struct err *err)
{
    struct buf text = BUF_EMPTY;
    char hex[HEX_SIZE], path[PATH_MAX];
    enum status status = path_of(path, directory, err);

    if (status != OK) {
        return status;
    }
    qsort(manifest->files, manifest->count, sizeof *manifest->files, by_path);
    put_head(&text, manifest);
    for (size_t i = 0; i < manifest->count; i++) {
        const struct copy_file *file = &manifest->files[i];

        hex_encode(hex, file->hash.at, HASH_SIZE);
        put(&text, "file %04o %" PRIu64 " %s %s\n", file->mode, file->size, hex, file->path);
    }
    put_sum(&text);
    status = file_write(path, buf_bytes(&text), err);
    buf_free(&text);
    return status;
}

/* --- reading --- */

struct lines {
    struct bytes left;
    char line[LINE_BYTES_MAX];
};

/* False at the end, and for a line that none of ours is as long as. */
static bool next_line(struct lines *lines)
{
    const uint8_t *end = memchr(lines->left.data, '\n', lines->left.size);
    const size_t size = end == NULL ? 0 : (size_t)(end - lines->left.data);

    if (end == NULL || size >= sizeof lines->line || memchr(lines->left.data, 0, size) != NULL) {
        return false;
    }
    memcpy(lines->line, lines->left.data, size);
    lines->line[size] = '\0';
    lines->left = bytes_of(end + 1, lines->left.size - size - 1);
    return true;
}

/* What stands behind "NAME " in the next line; NULL when that is another one. */
static const char *next_value(struct lines *lines, const char *name)
{
    const size_t size = strlen(name);

    return next_line(lines) && strncmp(lines->line, name, size) == 0 && lines->line[size] == ' '
               ? lines->line + size + 1
               : NULL;
}

/* From the copy on and no way out of it. */
static bool is_path(const char *path)
{
    if (path[0] == '\0' || path[0] == '/' || strlen(path) > COPY_FILE_PATH_MAX ||
        strcmp(path, COPY_MANIFEST_FILE) == 0 || !text_plain(bytes_text(path))) {
        return false;
    }
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += part[0] == '/';
        if (part[0] == '\0' || part[0] == '/' || part[0] == '.') {
            return false; /* none of our names begins with a dot, as ".." does */
        }
    }
    return true;
}

static bool read_file_line(struct copy_manifest *out, const char *value)
{
    char hex[HEX_SIZE];
    struct hash hash;
    unsigned mode;
    uint64_t size;
    int path = 0;

    if (sscanf(value, "%4o %" SCNu64 " %64s %n", &mode, &size, hex, &path) != 3 || path == 0 ||
        mode > 0777 || !hex_decode(hash.at, HASH_SIZE, hex) || !is_path(value + path) ||
        out->count >= COPY_FILES_MAX ||
        (out->count > 0 && strcmp(out->files[out->count - 1].path, value + path) >= 0)) {
        return false;
    }
    copy_manifest_add(out, value + path, mode, size, &hash);
    return true;
}

static bool read_head(struct copy_manifest *out, struct lines *lines)
{
    struct copy_position *at = &out->at;
    char hex[HEX_SIZE];
    const char *value = next_value(lines, "division");

    if (value == NULL || !division_parse(&out->division, bytes_text(value))) {
        return false;
    }
    value = next_value(lines, "tree");
    if (value == NULL || !hex_decode(out->tree.at, HASH_SIZE, value)) {
        return false;
    }
    value = next_value(lines, "position");
    if (value == NULL ||
        sscanf(value, "%" SCNu64 " %" SCNu32 " %64s", &at->lsn, &at->epoch, hex) != 3 ||
        !hex_decode(at->head.at, HASH_SIZE, hex)) {
        return false;
    }
    value = next_value(lines, "digest");
    if (value == NULL || !hex_decode(at->digest.at, HASH_SIZE, value)) {
        return false;
    }
    value = next_value(lines, "verified");
    if (value == NULL ||
        sscanf(value, "%" SCNu64 " %" SCNu64, &at->verified_from, &at->rows) != 2) {
        return false;
    }
    value = next_value(lines, "taken");
    if (value == NULL || sscanf(value, "%" SCNu64, &out->taken_unix_ms) != 1) {
        return false;
    }
    value = next_value(lines, "version");
    return value != NULL &&
           snprintf(out->version, sizeof out->version, "%s", value) < (int)sizeof out->version;
}

/* Files up to the sum, which is over all before it and ends the file. */
static bool read_files(struct copy_manifest *out, struct lines *lines, struct bytes whole)
{
    while (next_line(lines)) {
        if (strncmp(lines->line, "file ", 5) == 0) {
            if (!read_file_line(out, lines->line + 5)) {
                return false;
            }
        } else {
            const size_t size = whole.size - lines->left.size - strlen(lines->line) - 1;
            const struct hash sum = hash_of(TAG_FILE, bytes_of(whole.data, size));
            char hex[HEX_SIZE];

            hex_encode(hex, sum.at, HASH_SIZE); /* as text: it has one form, in every bit */
            return strncmp(lines->line, "sum ", 4) == 0 && lines->left.size == 0 &&
                   strcmp(lines->line + 4, hex) == 0;
        }
    }
    return false;
}

static enum status parse(struct copy_manifest *out, struct bytes whole, const char *directory,
                         struct err *err)
{
    struct lines lines = {.left = whole};
    const size_t size = strlen(begins);

    if (!next_line(&lines) || strncmp(lines.line, begins, size) != 0) {
        return err_set(err, ERR_CORRUPT, "copy_manifest_damaged directory=%s", directory);
    }
    if (strtol(lines.line + size, NULL, 10) > FORMAT) {
        return err_set(err, ERR_NEEDS_UPGRADE, "copy_newer directory=%s", directory);
    }
    return strcmp(lines.line + size, "1") == 0 && read_head(out, &lines) &&
                   read_files(out, &lines, whole)
               ? OK
               : err_set(err, ERR_CORRUPT, "copy_manifest_damaged directory=%s", directory);
}

enum status copy_manifest_read(struct copy_manifest *out, const char *directory, struct err *err)
{
    struct buf text = BUF_EMPTY;
    char path[PATH_MAX];
    enum status status = path_of(path, directory, err);

    *out = COPY_MANIFEST_EMPTY;
    if (status == OK) {
        status = file_read(&text, path, COPY_MANIFEST_BYTES_MAX, err);
    }
    if (status == OK) {
        status = parse(out, buf_bytes(&text), directory, err);
    } else if (status == ERR_NOT_FOUND) {
        status = err_set(err, status, "copy_unfinished directory=%s", directory);
    }
    buf_free(&text);
    return status;
}
