/* project - a project as its newest version has it, for whoever asks before money goes to it.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_PROJECT_H
#define TERRACE_NODE_LEDGER_FAMILIES_PROJECT_H

#include "node/ledger/context.h"

bool project_takes_money(const struct catalogue_row *project);
/* Is this the first version of a project? False for what is no project. */
bool project_is_first(const struct ledger *ledger, struct txn *txn,
                      const struct document *document);
/* Was the project of this version ever tracked? Then those below hold it. */
bool project_was_tracked(const struct ledger *ledger, struct txn *txn,
                         const struct document *document);

#endif
