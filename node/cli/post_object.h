/* post_object - one object posted to the node, and its answer shown.
 *
 * Thread: the program's only one. */
#ifndef TERRACE_NODE_CLI_POST_OBJECT_H
#define TERRACE_NODE_CLI_POST_OBJECT_H

#include "node/cli/client.h"

/* Posts `object` (taken; NULL: what was typed is no text) and prints the answer as JSON, or hands
 * it to `show`. */
enum exit_code post_object(struct cli *cli, const char *path, json_t *object,
                           void (*show)(const struct cli *cli, const json_t *answer));

#endif
