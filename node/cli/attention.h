/* attention - what an operator must see first: above the tables of `status`, the worst on top.
 *
 *   divisions that are not well (GET /status/tree), open alarms, a newcomer that was refused
 *     fault: who, what, since when
 *       cure: a command that exists, or what to look at
 *
 * At most ATTENTION_MAX of them, and how many more there are; nothing where all is well.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_ATTENTION_H
#define TERRACE_NODE_CLI_ATTENTION_H

#include "node/cli/client.h"

enum { ATTENTION_MAX = 5 };

/* `status` is what GET /status answered. */
void print_attention(struct cli *cli, const json_t *status);

#endif
