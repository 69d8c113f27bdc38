/* last_backup - HOME/backed_up: when the last copy of this node was complete, up to which entry of
 * its own log, and where it lies. No copy has it: a home that was put back was never backed up.
 *
 *   daemon, told by terrace backup:  last_backup_write       doctor, status, metrics: _read
 *
 * Thread: any; the file is replaced whole. Units: ms since 1970. */
#ifndef TERRACE_NODE_HOME_LAST_BACKUP_H
#define TERRACE_NODE_HOME_LAST_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/status.h"

enum { LAST_BACKUP_PATH_MAX = 256 };

struct last_backup {
    uint64_t unix_ms, lsn;
    char directory[LAST_BACKUP_PATH_MAX];
};

/* Errors: ERR_DISK_FULL, ERR_IO. */
enum status last_backup_write(const struct last_backup *backup, const char *home, struct err *err);
/* False: none is known. */
bool last_backup_read(struct last_backup *out, const char *home);

#endif
