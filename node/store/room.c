#include "node/store/room.h"
#include "proto/message.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { MIB = 1 << 20 };

static bool has_suffix(const char *name, const char *suffix)
{
    const size_t size = strlen(name), end = strlen(suffix);

    return size > end && strcmp(name + size - end, suffix) == 0;
}

enum status room_look(struct room *out, const char *directory, struct err *err)
{
    DIR *open = opendir(directory);
    const struct dirent *entry;

    *out = (struct room){0};
    if (open == NULL) {
        return err_set(err, ERR_IO, "file_failed doing=opened path=%s why=%s", directory,
                       os_reason(errno));
    }
    while ((entry = readdir(open)) != NULL) {
        const bool log =
            isdigit((unsigned char)entry->d_name[0]) != 0 && has_suffix(entry->d_name, ".log");
        struct stat file;

        out->current |= strcmp(entry->d_name, "CURRENT") == 0;
        out->data |= log || has_suffix(entry->d_name, ".sst");
        if (log && fstatat(dirfd(open), entry->d_name, &file, 0) == 0) {
            out->log_bytes += (uint64_t)file.st_size;
        }
    }
    (void)closedir(open);
    return OK;
}

enum status room_disk(const char *directory, uint64_t *free_bytes, uint64_t *total_bytes,
                      struct err *err)
{
    struct statvfs disk;

    if (statvfs(directory, &disk) != 0) {
        return err_set(err, ERR_IO, "store_space_unknown directory=%s why=%s", directory,
                       os_reason(errno));
    }
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    *total_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
    return OK;
}

enum status room_for_recovery(const struct room *room, const char *directory, uint64_t spare,
                              struct err *err)
{
    const uint64_t needed = room->log_bytes + spare;
    uint64_t left = 0, total = 0;
    enum status status = room_disk(directory, &left, &total, err);

    if (status == OK && left < needed) {
        status = err_set(err, ERR_DISK_FULL,
                         "store_no_room_to_recover directory=%s free_mib=%" PRIu64
                         " needed_mib=%" PRIu64,
                         directory, left / MIB, needed / MIB + 1);
    }
    return status;
}

/* In the log now, in a table later: twice its size. */
enum status room_for_batch(const char *directory, uint64_t bytes, uint64_t reserve, struct err *err)
{
    uint64_t left = 0, total = 0;
    enum status status = room_disk(directory, &left, &total, err);

    if (status == OK && (left < reserve || left - reserve < 2 * bytes)) {
        status = err_set(err, ERR_DISK_FULL,
                         "store_no_room directory=%s free_mib=%" PRIu64 " kept_mib=%" PRIu64,
                         directory, left / MIB, reserve / MIB);
    }
    return status;
}
