/* recover - `terrace join TOKEN --recover`: new keys for a home that lost its own, or fears for
 * them, and has kept its store.
 *
 *   terraced --position: where the own log ends
 *   new keys in HOME/keys.next --> asked with them --> grants written --> HOME/keys becomes
 *   HOME/keys.former, HOME/keys.next becomes HOME/keys --> the token is spent
 *
 * The link key stays where it can be read, unless --channel asks for another: those below know the
 * present one alone, and get the chain by hand otherwise.
 *
 * Cut off at any step, the same command goes on: the keys of HOME/keys.next are asked with again,
 * and the parent gives the same answer to them.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_RECOVER_H
#define TERRACE_NODE_CLI_RECOVER_H

#include "node/cli/cli.h"
#include "replicator/trust/enrol.h"

enum exit_code recover(struct cli *cli, const struct token *token);

#endif
