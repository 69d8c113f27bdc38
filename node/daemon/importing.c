#include "node/daemon/importing.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/backup/archive_files.h"
#include "node/home/home.h"
#include "node/store/block_file.h"
#include "proto/array.h"
#include "proto/log.h"
#include "proto/message.h"

enum { READ_BYTES = 1 << 20, NAME_ENDS_BYTES = sizeof ".blocks" - 1 };

struct import_file {
    char path[PATH_MAX];
    bool unread; /* something of it could not be read */
    struct import_left {
        uint32_t block; /* from 0 on */
        bool for_good;  /* else in the newest pass */
    } * left;           /* not taken in, by block */
    size_t left_count, left_capacity;
};

struct importing {
    const char *archive; /* "": none */
    struct division self;
    char fault[MESSAGE_BYTES_MAX]; /* of the archive, in the last pass; "": all of it was read */
    char met[MESSAGE_BYTES_MAX];   /* the same, in this one */
    bool in_pass;
    struct import_file *files; /* of HOME/import, and behind them the archive's */
    size_t count, capacity, own_count;
    size_t at; /* the file in hand */
    uint64_t position;
    bool ended;           /* nothing is behind what was read of it */
    struct buf read;      /* u32 size, block, ... */
    struct reader reader; /* of it */
    uint32_t block;       /* of this file, that is shown next */
};

static bool is_block_file(const char *name)
{
    const size_t size = strlen(name);

    return size > NAME_ENDS_BYTES && strcmp(name + size - NAME_ENDS_BYTES, ".blocks") == 0;
}

static int compare_path(const void *key, const void *item)
{
    return strcmp(key, ((const struct import_file *)item)->path);
}

static void add_file(struct importing *importing, const char *directory, const char *name)
{
    struct import_file file = {.unread = false};
    size_t at;

    if (snprintf(file.path, sizeof file.path, "%s/%s", directory, name) >= (int)sizeof file.path) {
        return;
    }
    at = ARRAY_LOWER_BOUND(importing->files, importing->count, file.path, compare_path);
    ARRAY_GAP(importing->files, importing->count, importing->capacity, at);
    importing->files[at] = file;
}

static void list_import(struct importing *importing, const char *home)
{
    char path[HOME_FILE_MAX];
    const struct dirent *entry;
    DIR *directory;

    home_file(path, home, "import");
    directory = opendir(path);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (is_block_file(entry->d_name)) {
            add_file(importing, path, entry->d_name);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    importing->own_count = importing->count;
}

struct importing *importing_open(const char *home, const char *archive, struct division self)
{
    struct importing *importing = mem_zalloc(sizeof *importing);

    importing->archive = archive;
    importing->self = self;
    list_import(importing, home);
    if (importing->count == 0 && archive[0] == '\0') {
        importing_close(importing);
        importing = NULL;
    }
    return importing;
}

void importing_close(struct importing *importing)
{
    if (importing != NULL) {
        buf_free(&importing->read);
        for (size_t i = 0; i < importing->count; i++) {
            mem_free(importing->files[i].left);
        }
        mem_free(importing->files);
        mem_free(importing);
    }
}

/* --- the archive --- */

static void meet(struct importing *importing, const char *why)
{
    if (importing->met[0] == '\0') {
        message_format(importing->met, sizeof importing->met, "resync_archive directory=%s why=%s",
                       importing->archive, why);
    }
}

/* One that is empty may not be mounted. */
static void list_archive(struct importing *importing)
{
    struct archive_files files = ARCHIVE_FILES_NONE;
    struct err err;

    importing->count = importing->own_count;
    if (importing->archive[0] == '\0') {
        return;
    }
    if (archive_files_list(&files, importing->archive, importing->self, &err) != OK) {
        meet(importing, err.text);
    } else if (files.count == 0) {
        meet(importing, "resync_archive_empty");
    }
    for (size_t i = 0; i < files.count; i++) {
        struct import_file file = {.unread = false};

        if (snprintf(file.path, sizeof file.path, "%s/%s", importing->archive, files.at[i].name) <
            (int)sizeof file.path) {
            ARRAY_ROOM(importing->files, importing->count, importing->capacity);
            importing->files[importing->count++] = file;
        }
    }
    archive_files_free(&files);
}

static void begin_pass(struct importing *importing)
{
    importing->in_pass = true;
    importing->met[0] = '\0';
    list_archive(importing);
}

static void end_pass(struct importing *importing)
{
    if (strcmp(importing->met, importing->fault) != 0 && importing->met[0] != '\0') {
        LOG_WARN("resync.unread", "file=%s error=%s", importing->archive, importing->met);
    }
    memcpy(importing->fault, importing->met, sizeof importing->fault);
    importing->in_pass = false;
    importing->at = 0;
    importing->position = 0;
    importing->ended = false;
}

static const char *fault(void *arg)
{
    const struct importing *importing = arg;

    return importing->fault;
}

/* --- block after block --- */

static bool keep_block(void *arg, struct bytes block)
{
    struct importing *importing = arg;

    buf_put_u32(&importing->read, (uint32_t)block.size);
    buf_append_bytes(&importing->read, block);
    return importing->read.size < READ_BYTES;
}

/* The next piece of the file in hand, which may be empty. */
static void read_more(struct importing *importing)
{
    struct import_file *file = &importing->files[importing->at];
    const uint64_t before = importing->position;
    bool cut = false;
    struct err err;

    buf_clear(&importing->read);
    if (block_file_each(file->path, &importing->position, keep_block, importing, &cut, &err) !=
        OK) {
        if (importing->at < importing->own_count) {
            LOG_WARN("resync.unread", "file=%s error=%s", file->path, err.text);
        } else {
            meet(importing, err.text);
        }
        file->unread = true;
        importing->ended = true;
    } else if (importing->position == before || importing->read.size < READ_BYTES) {
        importing->ended = true; /* one that was cut off ends with its last whole block */
    }
    importing->reader = reader_of(buf_bytes(&importing->read));
}

static void forget_waiting(struct import_file *file)
{
    size_t kept = 0;

    for (size_t i = 0; i < file->left_count; i++) {
        if (file->left[i].for_good) {
            file->left[kept++] = file->left[i];
        }
    }
    file->left_count = kept;
}

static bool next(void *arg, struct bytes *block)
{
    struct importing *importing = arg;

    if (!importing->in_pass) {
        begin_pass(importing);
    }
    while (reader_left(&importing->reader) == 0) {
        if (importing->ended) {
            importing->at++;
            importing->position = 0;
            importing->ended = false;
        }
        if (importing->at >= importing->count) {
            end_pass(importing);
            buf_clear(&importing->read);
            importing->reader = reader_of(BYTES_NONE);
            return false;
        }
        if (importing->position == 0) {
            importing->block = 0;
            forget_waiting(&importing->files[importing->at]);
        }
        read_more(importing);
    }
    *block = reader_bytes(&importing->reader, reader_u32(&importing->reader));
    importing->block++;
    return true;
}

static int compare_left(const void *key, const void *item)
{
    const uint32_t block = *(const uint32_t *)key;
    const struct import_left *left = item;

    return block < left->block ? -1 : block > left->block;
}

/* The archive's files stay as they are. */
static void left(void *arg, bool for_good)
{
    const struct importing *importing = arg;
    struct import_file *file = &importing->files[importing->at];
    const uint32_t block = importing->block - 1;
    const size_t at = ARRAY_LOWER_BOUND(file->left, file->left_count, &block, compare_left);

    if (importing->at < importing->own_count &&
        (at == file->left_count || file->left[at].block != block)) {
        ARRAY_GAP(file->left, file->left_count, file->left_capacity, at);
        file->left[at] = (struct import_left){block, for_good};
    }
}

struct resync_source importing_source(struct importing *importing)
{
    return (struct resync_source){importing, next, fault, left};
}

/* --- when all is here --- */

struct keeping {
    const struct import_file *file;
    struct block_file *to;
    uint32_t block;
    size_t next; /* of those left */
    enum status status;
    struct err *err;
};

static bool keep_left(void *arg, struct bytes block)
{
    struct keeping *keeping = arg;
    const struct import_file *file = keeping->file;

    if (keeping->next < file->left_count && file->left[keeping->next].block == keeping->block++) {
        keeping->next++;
        keeping->status = block_file_append(keeping->to, block, keeping->err);
    }
    return keeping->status == OK && keeping->next < file->left_count;
}

static enum status keep_unfit(const struct import_file *file, struct err *err)
{
    struct block_file to = {.file = -1};
    struct keeping keeping = {.file = file, .to = &to, .status = OK, .err = err};
    const size_t stem = strlen(file->path) - NAME_ENDS_BYTES;
    uint64_t position = 0;
    char path[PATH_MAX];
    bool cut;
    enum status status;

    if (file->left_count == 0) {
        return OK;
    }
    (void)snprintf(path, sizeof path, "%.*s.unfit", (int)stem, file->path); /* no longer than it */
    status = block_file_append_to(&to, path, err);
    if (status == OK) {
        status = block_file_each(file->path, &position, keep_left, &keeping, &cut, err);
    }
    if (status == OK) {
        status = keeping.status;
    }
    if (status == OK) {
        status = block_file_sync(&to, err);
    }
    block_file_close(&to);
    if (status == OK) {
        LOG_WARN("resync.unfit_kept", "file=%s blocks=%zu", path, file->left_count);
    }
    return status;
}

void importing_over(const struct importing *importing)
{
    for (size_t i = 0; importing != NULL && i < importing->own_count; i++) {
        const struct import_file *file = &importing->files[i];
        struct err err;

        if (file->unread) {
            continue;
        }
        if (keep_unfit(file, &err) == OK) {
            (void)unlink(file->path);
        } else {
            LOG_ERROR("resync.unfit_not_kept", "file=%s error=%s", file->path, err.text);
        }
    }
}
