/* block_file - blocks one behind the other in a file, as their authors made them: for what is kept
 * outside a store (an archive, what was saved of a damaged store) and taken in again.
 *
 *   file   = "terrace blocks 1\n", record ...
 *   record = u32 size, block
 *
 * A block proves itself by its author's signature, so the file has no sums of its own: whoever
 * takes blocks in (replicator/log/ingest.h) finds what was altered. A file that was cut off ends
 * with the last whole block; what is written next takes the place of the rest.
 *
 * Thread: one at a time. Units: bytes. */
#ifndef TERRACE_NODE_STORE_BLOCK_FILE_H
#define TERRACE_NODE_STORE_BLOCK_FILE_H

#include "proto/bytes.h"
#include "proto/status.h"

#include <limits.h>

struct block_file {
    int file; /* -1: not open */
    uint64_t size;
    struct buf gathered; /* appended, and not written yet */
    char path[PATH_MAX];
};

/* Opens it behind its last whole block; makes it, of mode 0600, when it is not there.
 * Errors: ERR_CORRUPT (no such file), ERR_IO, ERR_CONFIG (the path). */
enum status block_file_append_to(struct block_file *out, const char *path, struct err *err);
/* Adds one; it may stay in memory until block_file_sync. Errors: ERR_IO, ERR_DISK_FULL. */
enum status block_file_append(struct block_file *file, struct bytes block, struct err *err);
/* All that was added survives a power cut. Errors: ERR_IO, ERR_DISK_FULL. */
enum status block_file_sync(struct block_file *file, struct err *err);
/* What was not synced may be lost. One that is not open is fine. */
void block_file_close(struct block_file *file);

/* Each block from `*position` on (0: from the first), which becomes where the next one would begin;
 * `visit` returns false to stop behind the one it was given. The view dies when it returns. `cut`
 * is told whether less than a whole block stands at the end. Errors: ERR_NOT_FOUND, ERR_CORRUPT (no
 * such file, or a size that no block has), ERR_IO. */
typedef bool block_file_visit_fn(void *arg, struct bytes block);
enum status block_file_each(const char *path, uint64_t *position, block_file_visit_fn *visit,
                            void *arg, bool *cut, struct err *err);

#endif
