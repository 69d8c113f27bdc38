/* importing - block files in HOME/import, shown to a node that resyncs (node/core/resync.h).
 *
 *   HOME/import/NAME.blocks, by name --importing_source--> block after block, again and again
 *   the archive's files, in their order, as they lie there
 *   all is here --importing_over--> the files of HOME/import that could be read go; blocks of them
 *                                   that were not taken in are kept for a person, in NAME.unfit, a
 *                                   file of blocks, too
 *
 * The archive's directory is looked at anew in each pass: it may be mounted meanwhile. While it
 * hangs, the loop does, too: the node only reads.
 *
 * Owns: the list of files, and what was read of one. Thread: the loop's. */
#ifndef TERRACE_NODE_DAEMON_IMPORTING_H
#define TERRACE_NODE_DAEMON_IMPORTING_H

#include "node/core/resync.h"

struct importing;
/* `archive`: of the log of `self`, which nobody above holds; it is waited for until all of it could
 * be read. "": none. NULL where there is nothing to be read. */
struct importing *importing_open(const char *home, const char *archive, struct division self);
void importing_close(struct importing *importing); /* NULL is fine */
struct resync_source importing_source(struct importing *importing);
/* What it read is in the store; one that could not be read to its end stays, and one of which what
 * was not taken in cannot be kept. */
void importing_over(const struct importing *importing);

#endif
