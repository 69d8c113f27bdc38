/* copy_check - a copy of a node, opened and read as far as there is time: `terraced --check-copy
 * DIRECTORY`, a process of its own, so that a file at which the store's library gives up ends
 * nothing else, and its memory is nobody else's.
 *
 *   every row of every space (checksums) --> the own log from its end back: signature, body, the
 *   chain --> the own ledger's digest is the one that the last block says --> its sums
 *
 * Nothing is written. Thread: the program's only one. Units: ms. */
#ifndef TERRACE_NODE_DAEMON_COPY_CHECK_H
#define TERRACE_NODE_DAEMON_COPY_CHECK_H

#include "node/backup/copy_manifest.h"

enum { COPY_CHECK_MS = 300000 }; /* for the chain: what is older than that reaches is not read */

/* `directory` becomes the process's own. Errors: ERR_CORRUPT (what was found), ERR_NOT_FOUND and
 * ERR_CONFIG (no home is there), those of the store. */
enum status copy_check(struct copy_position *out, const char *directory, struct err *err);

#endif
