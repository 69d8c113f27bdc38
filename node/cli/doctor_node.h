/* doctor_node - what the running node says of itself, of its neighbours and of those below it, as
 * findings of `terrace doctor`.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_DOCTOR_NODE_H
#define TERRACE_NODE_CLI_DOCTOR_NODE_H

#include "node/cli/doctor_find.h"

/* The node answers: asks it. */
void doctor_ask_node(struct doctor *doctor);

#endif
