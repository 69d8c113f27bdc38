#include "node/backup/archive_files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/store/block_file.h"
#include "proto/array.h"
#include "proto/message.h"

static const char suffix[] = ".blocks";

void archive_name(char out[ARCHIVE_NAME_MAX], struct division self, uint32_t epoch,
                  uint64_t first_lsn)
{
    (void)snprintf(out, ARCHIVE_NAME_MAX, "%s-%010" PRIu32 "-%020" PRIu64 "%s", self.code, epoch,
                   first_lsn, suffix);
}

static bool read_name(struct archive_file *out, const char *name, struct division self)
{
    const size_t size = strlen(self.code);
    char again[ARCHIVE_NAME_MAX];

    if (strncmp(name, self.code, size) != 0 || strlen(name) >= sizeof out->name ||
        sscanf(name + size, "-%10" SCNu32 "-%20" SCNu64, &out->epoch, &out->first_lsn) != 2) {
        return false;
    }
    archive_name(again, self, out->epoch, out->first_lsn);
    memcpy(out->name, again, sizeof again);
    return strcmp(again, name) == 0;
}

static int by_place(const void *a, const void *b)
{
    const struct archive_file *left = a, *right = b;

    if (left->epoch != right->epoch) {
        return left->epoch < right->epoch ? -1 : 1;
    }
    return left->first_lsn < right->first_lsn ? -1 : left->first_lsn > right->first_lsn;
}

enum status archive_files_list(struct archive_files *out, const char *directory,
                               struct division self, struct err *err)
{
    DIR *listing = opendir(directory);
    const struct dirent *entry;
    struct archive_file file;

    *out = ARCHIVE_FILES_NONE;
    if (listing == NULL) {
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
                       "file_failed doing=opened path=%s why=%s", directory, os_reason(errno));
    }
    while ((entry = readdir(listing)) != NULL) {
        if (read_name(&file, entry->d_name, self)) {
            ARRAY_ROOM(out->at, out->count, out->capacity);
            out->at[out->count++] = file;
        }
    }
    (void)closedir(listing);
    if (out->count > 0) {
        qsort(out->at, out->count, sizeof *out->at, by_place);
    }
    return OK;
}

void archive_files_free(struct archive_files *files)
{
    mem_free(files->at);
    *files = ARCHIVE_FILES_NONE;
}

/* --- where it ends --- */

struct reading {
    struct archive_end *end;
    archive_has_fn *has;
    void *arg;
    struct err *err;
    enum status status;
    bool found; /* a block of this file is the end so far */
};

static void take_end(struct reading *reading, const struct block_view *block)
{
    struct archive_end *end = reading->end;

    end->epoch = block->header.epoch;
    end->first_lsn = block->header.first_lsn;
    end->last_lsn = block_last_lsn(&block->header);
    buf_clear(&end->block);
    buf_append_bytes(&end->block, block->whole);
    end->is_last = true;
    reading->found = true;
}

/* Stops behind the first that the own log has not. */
static bool visit(void *arg, struct bytes bytes)
{
    struct reading *reading = arg;
    struct block_view block;
    bool has = true;

    reading->status = block_parse(&block, bytes, reading->err);
    if (reading->status == OK && reading->has != NULL) {
        reading->status = reading->has(reading->arg, &block, &has, reading->err);
    }
    if (reading->status != OK) {
        return false;
    }
    if (!has) {
        reading->end->is_last = false;
        return false;
    }
    take_end(reading, &block);
    return true;
}

static enum status read_file(struct reading *reading, const char *path, struct err *err)
{
    uint64_t position = 0;
    bool cut;
    enum status status = block_file_each(path, &position, visit, reading, &cut, err);

    return status == OK ? reading->status : status;
}

enum status archive_files_end(struct archive_end *out, const struct archive_files *files,
                              const char *directory, archive_has_fn *has, void *arg,
                              struct err *err)
{
    struct reading reading = {.end = out, .has = has, .arg = arg, .err = err, .status = OK};
    enum status status = OK;

    *out = ARCHIVE_END_NONE;
    for (size_t i = files->count; i-- > 0 && status == OK && !reading.found;) {
        if (snprintf(out->path, sizeof out->path, "%s/%s", directory, files->at[i].name) >=
            (int)sizeof out->path) {
            return err_set(err, ERR_CONFIG, "path_too_long path=%s", directory);
        }
        status = read_file(&reading, out->path, err);
    }
    return status;
}

void archive_end_free(struct archive_end *end)
{
    buf_free(&end->block);
    *end = ARCHIVE_END_NONE;
}
