/* document_print - a document for a person: a member a line, labels, words and amounts in the
 * reader's language.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_CLI_DOCUMENT_PRINT_H
#define TERRACE_NODE_CLI_DOCUMENT_PRINT_H

#include <jansson.h>

#include "node/cli/cli.h"

/* On stdout. `object` may be NULL, and then nothing is printed. */
void document_print(const struct cli *cli, const json_t *object, int indent);

#endif
