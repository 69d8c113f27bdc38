/* caption - the line below a verdict that says which document it was: whose money or to whom, how
 * much, under which number.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_CAPTION_H
#define TERRACE_NODE_CLI_CAPTION_H

#include <jansson.h>

#include "node/cli/cli.h"

/* Nothing when the answer says nothing of it: of many documents, none is shown. */
void print_caption(const struct cli *cli, const json_t *answer);

#endif
