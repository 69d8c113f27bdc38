/* init_recover - `terrace init --root --recover`: a root whose disk is lost, with neither a copy
 * nor an archive, goes on in its tree.
 *
 *   each child: terrace trust copy FILE      what it holds of the root's log, which is what was
 *                                            addressed to it, and its grants
 *   here:       FILE... --checked, put together (node/home/root_copy.h)--> HOME/import, and where
 *               the log goes on: behind the newest block of all
 *               trust key --signs--> grant {next epoch, new keys, new admins, base: that block}
 *   the start:  takes those blocks in (node/core/resync.h), waits until each child has told that
 *               it holds no more, and goes on with that grant as its first entry
 *
 * What nobody has is named: entries that were the root's own business. Money of before stands in no
 * line of the new ledger; transfers do, as of a log that is only observed.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_INIT_RECOVER_H
#define TERRACE_NODE_CLI_INIT_RECOVER_H

#include "node/cli/cli.h"

enum exit_code init_recover(struct cli *cli);

#endif
