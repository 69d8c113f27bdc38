/* join_again - a join in the home of a division that has joined before: nothing is made and nothing
 * granted. The parent hands over the chain of grants as it stands now, and where it is dialled.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_JOIN_AGAIN_H
#define TERRACE_NODE_CLI_JOIN_AGAIN_H

#include "node/cli/cli.h"
#include "replicator/trust/enrol.h"

/* Does the division of this token live in the home already, below the parent that made the token?
 */
bool join_is_again(const struct cli *cli, const struct token *token);
enum exit_code join_again(const struct cli *cli, const struct token *token);

#endif
