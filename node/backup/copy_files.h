/* copy_files - the files of a node on their way into a copy, and out of one.
 *
 *   HOME: what copy_list_home names --+
 *   HOME/checkpoint/store/... --------+--> copy_file_make --> COPY/... --> copy_file_check
 *
 * What belongs to a copy: config.yaml, grants, root_grant, founders, the notes of what began, keys/
 * as they are sealed, tls/, hooks/ and the store. The trust key does not: its place is off this
 * machine, twice. What another run leaves (lock, socket, notes of an end or of damage) does not,
 * either.
 *
 * A file of the store is never written again once it is there, so on one file system a copy shares
 * it (a hard link); all others are copied, synced, and read back.
 *
 * Thread: the program's only one. Units: bytes. */
#ifndef TERRACE_NODE_BACKUP_COPY_FILES_H
#define TERRACE_NODE_BACKUP_COPY_FILES_H

#include "node/backup/copy_manifest.h"
#include "node/home/home.h"

struct copy_progress {
    uint64_t done_bytes; /* read or written so far */
    uint64_t linked_bytes;
    void (*told)(void *arg, uint64_t done_bytes); /* now and then; may be NULL */
    void *arg;
};

/* The files of a home but its store, with size and hash. Errors: ERR_IO, ERR_TOO_LARGE. */
enum status copy_list_home(struct copy_manifest *out, const char *home,
                           const struct home_config *config, struct err *err);
/* All files below BASE/`below`, with sizes and no hashes. Errors: ERR_NOT_FOUND, ERR_IO,
 * ERR_TOO_LARGE. */
enum status copy_list_below(struct copy_manifest *out, const char *base, const char *below,
                            struct err *err);
/* Are the same files there, with the same bytes? */
bool copy_lists_equal(const struct copy_manifest *a, const struct copy_manifest *b);

/* From one base to another, whose directories are made as they are needed. `linked`: shared where
 * the file system allows it. Fills in size and hash. Errors: ERR_DISK_FULL, ERR_IO. */
enum status copy_file_make(struct copy_file *file, const char *from, const char *to, bool linked,
                           struct copy_progress *progress, struct err *err);
/* Is it at this base what it is to be? Errors: ERR_CORRUPT (missing, or other bytes), ERR_IO. */
enum status copy_file_check(const struct copy_file *file, const char *base,
                            struct copy_progress *progress, struct err *err);

/* The names in all directories below it survive a power cut. Errors: ERR_IO. */
enum status copy_sync_names(const char *directory, struct err *err);
/* So does a name that was given, or taken, in the directory that `path` lies in. Errors: ERR_IO. */
enum status copy_sync_parent(const char *path, struct err *err);
/* A directory with all that is in it; nothing where there is none. Errors: ERR_IO. */
enum status copy_remove(const char *directory, struct err *err);
/* Of the file system in which `directory` is. Errors: ERR_IO. */
enum status copy_room(const char *directory, uint64_t *free_bytes, struct err *err);

#endif
