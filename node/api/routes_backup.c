#include "node/api/routes_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "node/backup/copy_files.h"
#include "node/home/files.h"
#include "node/home/last_backup.h"
#include "proto/log.h"

static const char checkpoint_name[] = "checkpoint";

static bool is_there(const char *home, const char *name)
{
    char path[HOME_FILE_MAX];

    home_file(path, home, name);
    return access(path, F_OK) == 0;
}

/* A copy of what is not whole would be taken for one that is. False with the error answered. */
static bool may_copy(const struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct store_space_free found;
    struct err err;

    if (service->home_path == NULL) {
        answer_refuse(request, answer, API_REFUSED, "backup_no_home");
    } else if (service->damage != NULL) {
        answer_refuse(request, answer, API_REFUSED, "backup_damaged why=%s", service->damage);
    } else if (is_there(service->home_path, "resync")) {
        answer_refuse(request, answer, API_REFUSED, "backup_not_whole");
    } else if (service->store.ops->free_space(service->store.self, &found, &err) == OK &&
               found.free_bytes < found.floor_bytes) { /* what is in memory is written out first */
        answer_refuse(request, answer, API_REFUSED,
                      "little_space free_mib=%" PRIu64 " floor_mib=%" PRIu64,
                      found.free_bytes >> 20, found.floor_bytes >> 20);
    } else {
        return true;
    }
    return false;
}

/* --- whose it is --- */

/* Who asked for the checkpoint that lies there: the process at the other end of the socket. One
 * that has ended needs it no more, and one that asks again begins anew. */
static bool is_anothers(const char *home, pid_t asks)
{
    struct buf text = BUF_EMPTY;
    char path[HOME_FILE_MAX], digits[16] = "";
    struct err ignored;
    long holder;

    home_file(path, home, "checkpoint/holder");
    if (file_read(&text, path, sizeof digits - 1, &ignored) == OK) {
        memcpy(digits, text.data, text.size);
    }
    buf_free(&text);
    holder = strtol(digits, NULL, 10);
    return holder > 0 && holder != asks && (kill((pid_t)holder, 0) == 0 || errno == EPERM);
}

static enum status note_holder(const char *home, pid_t asks, struct err *err)
{
    char path[HOME_FILE_MAX], digits[16];

    home_file(path, home, "checkpoint/holder");
    (void)snprintf(digits, sizeof digits, "%ld", (long)asks);
    return file_write(path, bytes_text(digits), err);
}

/* Two that come together are looked at one after the other. -1: as if nobody else was there. */
static int take_turn(const char *home)
{
    char path[HOME_FILE_MAX];
    int turn;

    home_file(path, home, "store");
    turn = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (turn >= 0) {
        (void)flock(turn, LOCK_EX);
    }
    return turn;
}

static void end_turn(int turn)
{
    if (turn >= 0) {
        (void)close(turn);
    }
}

static enum status make_checkpoint(const struct service *service, pid_t asks,
                                   char path[HOME_FILE_MAX], struct err *err)
{
    char store[HOME_FILE_MAX];
    enum status status;

    home_file(path, service->home_path, checkpoint_name);
    home_file(store, service->home_path, "checkpoint/store");
    status = copy_remove(path, err); /* of a backup that was cut off */
    if (status == OK) {
        status = directory_make(path, err);
    }
    if (status == OK) {
        status = note_holder(service->home_path, asks, err);
    }
    if (status == OK) {
        status = service->store.ops->checkpoint(service->store.self, store, err);
    }
    return status;
}

/* False with the error answered. */
static bool is_free(struct request *request, struct answer *answer)
{
    const char *home = request->service->home_path;
    const bool taken = is_anothers(home, request->caller.process);

    if (taken) {
        answer_refuse(request, answer, API_REFUSED, "backup_running home=%s", home);
    }
    return !taken;
}

static void begin(struct request *request, struct answer *answer)
{
    const struct service *service = request->service;
    struct json_out out = json_to(&answer->body);
    char path[HOME_FILE_MAX];
    struct err err;

    if (!is_free(request, answer)) {
        return;
    }
    if (make_checkpoint(service, request->caller.process, path, &err) != OK) {
        LOG_ERROR("backup.checkpoint", "text=%s", err.text);
        answer_because(request, answer, API_STORE_FAILED, err.text);
        return;
    }
    out_open(&out, NULL, '{');
    out_text(&out, "checkpoint", path);
    out_close(&out, '}');
}

void post_backup(struct request *request, struct answer *answer)
{
    int turn;

    if (may_copy(request, answer)) {
        turn = take_turn(request->service->home_path);
        begin(request, answer);
        end_turn(turn);
    }
}

/* --- the end --- */

static bool read_count(const struct request *request, struct answer *answer, const json_t *object,
                       const char *name, uint64_t *out)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        answer_refuse(request, answer, API_BAD_REQUEST, "member_missing name=%s", name);
        return false;
    }
    *out = (uint64_t)json_integer_value(value);
    return true;
}

/* Nothing where the copy did not come about. False with the error answered. */
static bool note_backup(const struct request *request, struct answer *answer, const json_t *object)
{
    struct last_backup backup = {.unix_ms = 0};
    const char *directory;
    struct err err;

    if (json_object_get(object, "directory") == NULL) {
        return true;
    }
    directory = request_text(request, answer, object, "directory");
    if (directory == NULL || !read_count(request, answer, object, "lsn", &backup.lsn) ||
        !read_count(request, answer, object, "unix_ms", &backup.unix_ms)) {
        return false;
    }
    (void)snprintf(backup.directory, sizeof backup.directory, "%s", directory);
    if (!text_plain(bytes_text(backup.directory))) {
        answer_refuse(request, answer, API_BAD_REQUEST, "ask_plain");
        return false;
    }
    if (last_backup_write(&backup, request->service->home_path, &err) != OK) {
        answer_because(request, answer, API_STORE_FAILED, err.text);
        return false;
    }
    LOG_INFO("backup.taken", "lsn=%" PRIu64 " directory=%s", backup.lsn, backup.directory);
    return true;
}

void post_backup_end(struct request *request, struct answer *answer)
{
    json_t *object = request_object(request, answer);
    struct json_out out = json_to(&answer->body);
    char path[HOME_FILE_MAX];
    struct err err;

    if (object == NULL) {
        return;
    }
    if (request->service->home_path == NULL) {
        answer_refuse(request, answer, API_REFUSED, "backup_no_home");
    } else if (is_free(request, answer) && note_backup(request, answer, object)) {
        home_file(path, request->service->home_path, checkpoint_name);
        if (copy_remove(path, &err) != OK) {
            LOG_WARN("backup.left", "path=%s text=%s", path, err.text);
        }
        out_open(&out, NULL, '{');
        out_text(&out, "state", "ended");
        out_close(&out, '}');
    }
    json_decref(object);
}
