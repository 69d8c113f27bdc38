/* copying - what backup and restore share: where a copy is, what is told while files are read and
 * written, and `terraced --check-copy` as a process of its own.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_COPYING_H
#define TERRACE_NODE_CLI_COPYING_H

#include <limits.h>

#include "node/backup/copies.h"
#include "node/backup/copy_files.h"
#include "node/cli/cli.h"
#include "node/daemon/system_clock.h"

enum { COPY_ROOM_SPARE_BYTES = 64 << 20 };

struct copying {
    struct cli *cli;
    struct clock clock;
    struct copy_progress progress;
    uint64_t all_bytes; /* to be read or written; 0: not known yet */
    uint64_t told_ms;
    bool on_terminal, line_open;
};

void copying_begin(struct copying *copying, struct cli *cli);
void copying_will_move(struct copying *copying, uint64_t bytes);
void copying_end(struct copying *copying); /* ends the line that is told on */

/* BASE/`name` into `out`. Errors: ERR_CONFIG (too long). */
enum status copying_path(char out[PATH_MAX], const char *base, const char *name, struct err *err);

/* Opens a copy and reads it (node/daemon/copy_check.h). EXIT_DONE, or the error has been said. */
enum exit_code copying_check(const struct copying *copying, const char *directory,
                             struct copy_position *out);

#endif
