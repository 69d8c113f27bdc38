/* unconfirmed_print - beside figures: whose new keys nobody has confirmed, and what of theirs is in
 * none of them. A line each; nothing where there are none.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_UNCONFIRMED_PRINT_H
#define TERRACE_NODE_CLI_UNCONFIRMED_PRINT_H

#include <jansson.h>

#include "node/cli/cli.h"

/* Of an answer, or of a row of one, that has the member `unconfirmed`. */
void print_unconfirmed(const struct cli *cli, const json_t *answer);

#endif
