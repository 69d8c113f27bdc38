/* files - whole files of a home: read with a limit, replaced so that a power cut leaves the old
 * one or the new one. Thread: any. Sizes are bytes. */
#ifndef TERRACE_NODE_HOME_FILES_H
#define TERRACE_NODE_HOME_FILES_H

#include "proto/bytes.h"
#include "proto/status.h"

/* Mode 0600: written aside, synced, renamed over `path`, and the directory synced.
 * Errors: ERR_DISK_FULL, ERR_IO. */
enum status file_write(const char *path, struct bytes data, struct err *err);

/* `out` is replaced. Errors: ERR_NOT_FOUND (err is set), ERR_TOO_LARGE, ERR_IO; ERR_CORRUPT: the
 * disk cannot read it any more (EIO). */
enum status file_read(struct buf *out, const char *path, size_t limit, struct err *err);

/* Makes a directory of mode 0700, unless there is one; its parent must exist.
 * Errors: ERR_IO. */
enum status directory_make(const char *path, struct err *err);

#endif
