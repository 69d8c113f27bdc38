/* reach - does anybody answer at the endpoint of a neighbour, as this machine sees it now? For
 * `terrace doctor`, where a link is down: whether the name, the network or the port is at fault.
 *
 * Nothing is said to whoever answers. It takes REACH_MS for each address of the name at most, and
 * what the system's resolver takes before. Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_REACH_H
#define TERRACE_NODE_CLI_REACH_H

#include <stdbool.h>

enum { REACH_MS = 3000 };

/* False with *why a code of the texts: nobody has that name, why it was refused, or no answer. */
bool reach_endpoint(const char *endpoint, const char **why);

#endif
