/* archive_files - what an archive's directory holds: its files by position, and the last block that
 * it shares with the own log.
 *
 * Thread: the archive's own. */
#ifndef TERRACE_NODE_BACKUP_ARCHIVE_FILES_H
#define TERRACE_NODE_BACKUP_ARCHIVE_FILES_H

#include <limits.h>

#include "proto/block.h"

enum { ARCHIVE_NAME_MAX = 64 };

struct archive_file {
    char name[ARCHIVE_NAME_MAX];
    uint32_t epoch;
    uint64_t first_lsn;
};
struct archive_files {
    struct archive_file *at; /* by epoch, then by lsn: as they were written */
    size_t count, capacity;
};
#define ARCHIVE_FILES_NONE ((struct archive_files){NULL, 0, 0})

void archive_name(char out[ARCHIVE_NAME_MAX], struct division self, uint32_t epoch,
                  uint64_t first_lsn);
/* Those of this division; free them in any case. Errors: ERR_NOT_FOUND, ERR_IO. */
enum status archive_files_list(struct archive_files *out, const char *directory,
                               struct division self, struct err *err);
void archive_files_free(struct archive_files *files);

/* A block of the archive, as it stands. */
struct archive_end {
    uint32_t epoch;
    uint64_t first_lsn, last_lsn; /* 0: there is none */
    struct buf block;
    char path[PATH_MAX]; /* of its file */
    bool is_last;        /* and nothing stands behind it there */
};
#define ARCHIVE_END_NONE ((struct archive_end){.block = BUF_EMPTY})

/* Does the own log have this very block? Errors: as whoever is asked. */
typedef enum status archive_has_fn(void *arg, const struct block_view *block, bool *has,
                                   struct err *err);
/* The last block of all files, or (`has` not NULL) the last one that it has, too; free `out` in any
 * case. Errors: ERR_CORRUPT (a file that cannot be read), ERR_IO, those of `has`. */
enum status archive_files_end(struct archive_end *out, const struct archive_files *files,
                              const char *directory, archive_has_fn *has, void *arg,
                              struct err *err);
void archive_end_free(struct archive_end *end);

#endif
