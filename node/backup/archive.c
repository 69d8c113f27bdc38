#include "node/backup/archive.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/backup/archive_files.h"
#include "node/home/files.h"
#include "node/home/home.h"
#include "node/store/block_file.h"
#include "proto/log.h"
#include "replicator/log/sealing.h"

enum {
    SLICE_BYTES = 4 << 20, /* read at once, and then written and synced */
    FILE_BYTES_MAX = 64 << 20,
    PACE_MS = 500,   /* what is committed in so short a time goes together */
    RETRY_MS = 3000, /* after a fault */
    IDLE_MS = 60000,
    CLOSE_MS = 5000,
    STACK_BYTES = 512 << 10,
};

struct archive {
    struct archive_config config;
    char directory[ARCHIVE_DIRECTORY_MAX], home[HOME_PATH_MAX + 1];
    struct store store;
    pthread_t thread;
    int woken, ended; /* eventfd */

    pthread_mutex_t lock;
    bool stopping;                           /* this and the next under the lock */
    uint64_t waiting_since_ms, committed_ms; /* 0: nothing waits */
    struct archive_state state;

    /* the thread's own */
    bool opened;            /* `end` is where the directory ends */
    struct archive_end end; /* the last block there */
    bool file_is_open;      /* else the next block says which */
    struct block_file file;
    uint32_t file_epoch;
    struct buf slice; /* u32 size, block, ... */
    bool is_full;     /* and there is more */
};

static uint64_t now_ms(const struct archive *archive)
{
    return clock_mono_ms(archive->config.clock);
}

static void wake(int file)
{
    const uint64_t one = 1;

    (void)!write(file, &one, sizeof one); /* full: it is awake anyway */
}

static bool is_stopping(struct archive *archive)
{
    bool stopping;

    (void)pthread_mutex_lock(&archive->lock);
    stopping = archive->stopping;
    (void)pthread_mutex_unlock(&archive->lock);
    return stopping;
}

/* --- what the own log has --- */

/* The very block, as part of the log: what was put aside is none. */
static enum status has_block(void *arg, const struct block_view *block, bool *has, struct err *err)
{
    const struct archive *archive = arg;
    struct buf whole = BUF_EMPTY;
    struct block_view own;
    enum status status = log_read_block(&archive->store, NULL, archive->config.self,
                                        block->header.first_lsn, &whole, &own, err);

    *has = status == OK && bytes_equal(own.whole, block->whole);
    buf_free(&whole);
    return status == ERR_NOT_FOUND ? OK : status;
}

struct own_head {
    uint32_t epoch;
    uint64_t lsn;
};

/* The newest block of the newest epoch. Zeros: there is none. */
static enum status find_head(const struct archive *archive, struct own_head *out, struct err *err)
{
    struct buf at = BUF_EMPTY, key = BUF_EMPTY, value = BUF_EMPTY;
    struct block_view block;
    enum status status;

    *out = (struct own_head){0, 0};
    log_block_key(&at, archive->config.self, UINT32_MAX, UINT64_MAX);
    status = archive->store.ops->floor(archive->store.self, NULL, SPACE_BLOCKS,
                                       bytes_of(at.data, DIVISION_CODE_MAX), buf_bytes(&at), &key,
                                       &value, err);
    if (status == OK) {
        status = block_parse(&block, buf_bytes(&value), err);
    }
    if (status == OK) {
        *out = (struct own_head){block.header.epoch, block_last_lsn(&block.header)};
    }
    buf_free(&at);
    buf_free(&key);
    buf_free(&value);
    return status == ERR_NOT_FOUND ? OK : status;
}

/* --- where the directory ends --- */

static enum status check_place(struct archive *archive, struct err *err)
{
    char directory[PATH_MAX], home[PATH_MAX];
    struct stat there, here;
    bool same;
    size_t size;

    if (realpath(archive->directory, directory) == NULL || realpath(archive->home, home) == NULL) {
        return err_set(err, ERR_IO, "file_failed doing=opened path=%s why=%s", archive->directory,
                       os_reason(errno));
    }
    same = stat(directory, &there) == 0 && stat(home, &here) == 0 && there.st_dev == here.st_dev;
    (void)pthread_mutex_lock(&archive->lock);
    archive->state.same_disk = same;
    (void)pthread_mutex_unlock(&archive->lock);
    size = strlen(home);
    return strncmp(directory, home, size) == 0 &&
                   (directory[size] == '\0' || directory[size] == '/')
               ? err_set(err, ERR_CONFIG, "archive_inside_home directory=%s", archive->directory)
               : OK;
}

/* Was an archive begun in this very directory? */
static bool was_begun(const struct archive *archive)
{
    struct buf text = BUF_EMPTY;
    char path[HOME_FILE_MAX];
    bool begun;
    struct err err;

    home_file(path, archive->home, "archived");
    begun = file_read(&text, path, ARCHIVE_DIRECTORY_MAX, &err) == OK &&
            bytes_equal(buf_bytes(&text), bytes_text(archive->directory));
    buf_free(&text);
    return begun;
}

static enum status note_begun(const struct archive *archive, struct err *err)
{
    char path[HOME_FILE_MAX];

    if (was_begun(archive)) {
        return OK;
    }
    home_file(path, archive->home, "archived");
    return file_write(path, bytes_text(archive->directory), err);
}

/* The last block there is not the own log's. In a later epoch the log may have been cut. */
static enum status find_common(struct archive *archive, const struct archive_files *files,
                               struct err *err)
{
    const uint64_t lsn = archive->end.last_lsn;
    const uint32_t epoch = archive->end.epoch;
    struct own_head head;
    enum status status = find_head(archive, &head, err);

    if (status != OK) {
        return status;
    }
    if (head.epoch <= epoch) {
        return head.lsn < lsn ? err_set(err, ERR_GAP, "archive_ahead lsn=%" PRIu64 " own=%" PRIu64,
                                        lsn, head.lsn)
                              : err_set(err, ERR_FORK, "archive_differs lsn=%" PRIu64, lsn);
    }
    archive_end_free(&archive->end);
    return archive_files_end(&archive->end, files, archive->directory, has_block, archive, err);
}

static enum status find_end_in(struct archive *archive, const struct archive_files *files,
                               struct err *err)
{
    struct block_view block;
    bool has = true;
    enum status status =
        archive_files_end(&archive->end, files, archive->directory, NULL, NULL, err);

    if (status == OK && archive->end.last_lsn > 0) {
        status = block_parse(&block, buf_bytes(&archive->end.block), err);
        if (status == OK) {
            status = has_block(archive, &block, &has, err);
        }
    }
    return status == OK && !has ? find_common(archive, files, err) : status;
}

static void close_file(struct archive *archive)
{
    if (archive->file_is_open) {
        block_file_close(&archive->file);
        archive->file_is_open = false;
    }
}

static enum status open_path(struct archive *archive, const char *path, uint32_t epoch,
                             struct err *err)
{
    const enum status status = block_file_append_to(&archive->file, path, err);

    archive->file_is_open = status == OK;
    archive->file_epoch = epoch;
    return status;
}

static void publish(struct archive *archive, bool synced)
{
    (void)pthread_mutex_lock(&archive->lock);
    archive->state.is_known = true;
    archive->state.lsn = archive->end.last_lsn;
    archive->state.epoch = archive->end.epoch;
    if (synced) {
        archive->state.synced_unix_ms = clock_unix_ms(archive->config.clock);
    }
    (void)pthread_mutex_unlock(&archive->lock);
}

static enum status find_end(struct archive *archive, struct err *err)
{
    struct archive_files files = ARCHIVE_FILES_NONE;
    enum status status = check_place(archive, err);

    close_file(archive);
    archive_end_free(&archive->end);
    if (status == OK) {
        status = archive_files_list(&files, archive->directory, archive->config.self, err);
    }
    if (status == OK && files.count == 0 && was_begun(archive)) {
        status = err_set(err, ERR_NOT_FOUND, "archive_gone directory=%s home=%s",
                         archive->directory, archive->home);
    }
    if (status == OK && !is_stopping(archive)) {
        status = find_end_in(archive, &files, err);
    }
    archive->opened = status == OK;
    if (status == OK) {
        publish(archive, false);
        LOG_INFO("archive.opened", "directory=%s lsn=%" PRIu64, archive->directory,
                 archive->end.last_lsn);
    }
    archive_files_free(&files);
    return status;
}

/* --- a slice: read, and then, with nothing of the store in hand, written --- */

static bool gather(void *arg, const struct block_view *block)
{
    struct archive *archive = arg;

    buf_put_u32(&archive->slice, (uint32_t)block->whole.size);
    buf_append_bytes(&archive->slice, block->whole);
    archive->is_full = archive->slice.size >= SLICE_BYTES;
    return !archive->is_full;
}

/* Is the last block there still the own log's? A cut may have come since. */
static enum status still_stands(struct archive *archive, bool *stands, struct err *err)
{
    struct block_view block;
    enum status status;

    *stands = true;
    if (archive->end.last_lsn == 0) {
        return OK;
    }
    status = block_parse(&block, buf_bytes(&archive->end.block), err);
    return status == OK ? has_block(archive, &block, stands, err) : status;
}

static enum status read_slice(struct archive *archive, struct err *err)
{
    bool stands;
    enum status status = still_stands(archive, &stands, err);

    buf_clear(&archive->slice);
    archive->is_full = false;
    if (status == OK && !stands) {
        archive->opened = false; /* found anew */
        archive->is_full = true;
        return OK;
    }
    return status == OK ? log_scan(&archive->store, NULL, archive->config.self,
                                   archive->end.last_lsn + 1, gather, archive, err)
                        : status;
}

/* The file in which a block goes: that of the one before it, while it has room. */
static enum status open_file(struct archive *archive, const struct block_header *header,
                             struct err *err)
{
    char name[ARCHIVE_NAME_MAX], path[PATH_MAX];
    struct archive_end *end = &archive->end;
    enum status status = OK;

    if (!archive->file_is_open && end->is_last && end->epoch == header->epoch) {
        status = open_path(archive, end->path, end->epoch, err);
    }
    if (status != OK || (archive->file_is_open && archive->file_epoch == header->epoch &&
                         archive->file.size + archive->file.gathered.size < FILE_BYTES_MAX)) {
        return status;
    }
    if (archive->file_is_open) {
        status = block_file_sync(&archive->file, err);
        close_file(archive);
    }
    archive_name(name, archive->config.self, header->epoch, header->first_lsn);
    if (status == OK &&
        snprintf(path, sizeof path, "%s/%s", archive->directory, name) >= (int)sizeof path) {
        status = err_set(err, ERR_CONFIG, "path_too_long path=%s", archive->directory);
    }
    return status == OK ? open_path(archive, path, header->epoch, err) : status;
}

/* A block that does not follow would make a hole that nobody sees. */
static enum status write_block(struct archive *archive, struct bytes bytes, struct err *err)
{
    struct archive_end *end = &archive->end;
    struct block_view block;
    enum status status = block_parse(&block, bytes, err);

    if (status == OK && block.header.first_lsn != end->last_lsn + 1 &&
        (block.header.first_lsn > archive->config.lost_lsn ||
         block.header.first_lsn <= end->last_lsn)) {
        status = err_set(err, ERR_GAP, "lsns_missing first=%" PRIu64 " last=%" PRIu64,
                         end->last_lsn + 1, block.header.first_lsn - 1);
    }
    if (status == OK) {
        status = open_file(archive, &block.header, err);
    }
    if (status == OK) {
        status = block_file_append(&archive->file, bytes, err);
    }
    if (status == OK) {
        end->epoch = block.header.epoch;
        end->first_lsn = block.header.first_lsn;
        end->last_lsn = block_last_lsn(&block.header);
        buf_clear(&end->block);
        buf_append_bytes(&end->block, bytes);
        end->is_last = true;
        (void)snprintf(end->path, sizeof end->path, "%s", archive->file.path);
    }
    return status;
}

/* Whoever unmounts the directory, or moves it away, leaves an open file that nobody finds. */
static enum status check_file(const struct archive *archive, struct err *err)
{
    struct stat open_one, named;

    if (!archive->file_is_open ||
        (fstat(archive->file.file, &open_one) == 0 && stat(archive->file.path, &named) == 0 &&
         open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino)) {
        return OK;
    }
    return err_set(err, ERR_NOT_FOUND, "archive_moved path=%s", archive->file.path);
}

static enum status write_slice(struct archive *archive, struct err *err)
{
    struct reader reader = reader_of(buf_bytes(&archive->slice));
    enum status status = check_file(archive, err);

    if (status != OK || archive->slice.size == 0) {
        return status;
    }
    while (status == OK && reader_left(&reader) > 0) {
        status = write_block(archive, reader_bytes(&reader, reader_u32(&reader)), err);
    }
    if (status == OK) {
        status = block_file_sync(&archive->file, err);
    }
    if (status == OK) {
        status = note_begun(archive, err);
    }
    if (status == OK) {
        publish(archive, true);
    }
    return status;
}

/* --- the thread --- */

static void set_fault(struct archive *archive, const char *fault)
{
    bool changed;

    (void)pthread_mutex_lock(&archive->lock);
    changed = !archive->stopping && strcmp(archive->state.fault, fault) != 0;
    (void)snprintf(archive->state.fault, sizeof archive->state.fault, "%s", fault);
    (void)pthread_mutex_unlock(&archive->lock);
    if (changed && fault[0] != '\0') {
        LOG_WARN("archive.fault", "directory=%s text=%s", archive->directory, fault);
    }
    if (changed) {
        archive->config.changed(archive->config.arg);
    }
}

/* All that was committed before `begun_ms` is there. */
static void say_done(struct archive *archive, uint64_t begun_ms)
{
    bool was_late;

    (void)pthread_mutex_lock(&archive->lock);
    was_late = !archive->stopping && archive->waiting_since_ms != 0 &&
               now_ms(archive) > archive->waiting_since_ms + ARCHIVE_LATE_MS;
    archive->waiting_since_ms = archive->committed_ms >= begun_ms ? begun_ms : 0;
    (void)pthread_mutex_unlock(&archive->lock);
    if (was_late) {
        archive->config.changed(archive->config.arg);
    }
}

static enum status catch_up(struct archive *archive, struct err *err)
{
    enum status status = OK;

    do {
        if (is_stopping(archive)) {
            return OK;
        }
        status = archive->opened ? OK : find_end(archive, err);
        if (status == OK && !is_stopping(archive)) {
            status = read_slice(archive, err);
        }
        if (status == OK) {
            status = write_slice(archive, err);
        }
    } while (status == OK && archive->is_full);
    return status;
}

static void step(struct archive *archive, int *wait_ms)
{
    const uint64_t begun_ms = now_ms(archive);
    struct err err;

    if (catch_up(archive, &err) == OK) {
        set_fault(archive, "");
        say_done(archive, begun_ms);
        *wait_ms = IDLE_MS;
    } else {
        archive->opened = false; /* what is there is read anew */
        set_fault(archive, err.text);
        *wait_ms = RETRY_MS;
    }
}

static void await(const struct archive *archive, int wait_ms)
{
    struct pollfd woken = {.fd = archive->woken, .events = POLLIN};
    uint64_t count;

    if (wait_ms == RETRY_MS) { /* a commit is no reason to try sooner */
        (void)poll(NULL, 0, PACE_MS);
        wait_ms -= PACE_MS;
    }
    (void)poll(&woken, 1, wait_ms);
    (void)!read(archive->woken, &count, sizeof count);
}

static void *work(void *arg)
{
    struct archive *archive = arg;
    int wait_ms;

    while (!is_stopping(archive)) {
        step(archive, &wait_ms);
        await(archive, wait_ms);
        if (!is_stopping(archive)) {
            (void)poll(NULL, 0, PACE_MS);
        }
    }
    wake(archive->ended);
    return NULL;
}

/* --- life --- */

static void free_archive(struct archive *archive)
{
    close_file(archive);
    archive_end_free(&archive->end);
    buf_free(&archive->slice);
    (void)close(archive->woken);
    (void)close(archive->ended);
    (void)pthread_mutex_destroy(&archive->lock);
    mem_free(archive);
}

enum status archive_open(struct archive **out, const struct archive_config *config, struct err *err)
{
    struct archive *archive = mem_zalloc(sizeof *archive);
    pthread_attr_t attributes;
    int code;

    archive->config = *config;
    archive->store = *config->store;
    (void)snprintf(archive->directory, sizeof archive->directory, "%s", config->directory);
    (void)snprintf(archive->home, sizeof archive->home, "%s", config->home);
    memcpy(archive->state.directory, archive->directory, sizeof archive->state.directory);
    archive->waiting_since_ms = now_ms(archive);
    archive->woken = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    archive->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&archive->lock, NULL);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    code = archive->woken < 0 || archive->ended < 0
               ? errno
               : pthread_create(&archive->thread, &attributes, work, archive);
    (void)pthread_attr_destroy(&attributes);
    *out = code == 0 ? archive : NULL;
    if (code != 0) {
        free_archive(archive);
        return err_set(err, ERR_IO, "archive_not_started why=%s", os_reason(code));
    }
    return OK;
}

void archive_committed(struct archive *archive)
{
    const uint64_t now = now_ms(archive);

    (void)pthread_mutex_lock(&archive->lock);
    archive->committed_ms = now;
    if (archive->waiting_since_ms == 0) {
        archive->waiting_since_ms = now;
    }
    (void)pthread_mutex_unlock(&archive->lock);
    wake(archive->woken);
}

bool archive_close(struct archive *archive)
{
    struct pollfd ended;

    if (archive == NULL) {
        return true;
    }
    (void)pthread_mutex_lock(&archive->lock);
    archive->stopping = true;
    (void)pthread_mutex_unlock(&archive->lock);
    wake(archive->woken);
    ended = (struct pollfd){.fd = archive->ended, .events = POLLIN};
    if (poll(&ended, 1, CLOSE_MS) != 1) {
        LOG_WARN("archive.hangs", "directory=%s", archive->directory);
        (void)pthread_detach(archive->thread);
        return false; /* its memory is the thread's from here on */
    }
    (void)pthread_join(archive->thread, NULL);
    free_archive(archive);
    return true;
}

void archive_look(struct archive *archive, struct archive_state *out)
{
    const uint64_t now = now_ms(archive);

    (void)pthread_mutex_lock(&archive->lock);
    *out = archive->state;
    out->waiting_ms = archive->waiting_since_ms == 0 ? 0 : now - archive->waiting_since_ms + 1;
    (void)pthread_mutex_unlock(&archive->lock);
}

uint64_t archive_due_ms(struct archive *archive)
{
    uint64_t since_ms;

    (void)pthread_mutex_lock(&archive->lock);
    since_ms = archive->waiting_since_ms;
    (void)pthread_mutex_unlock(&archive->lock);
    return since_ms == 0 ? UINT64_MAX : since_ms + ARCHIVE_LATE_MS + 1;
}
