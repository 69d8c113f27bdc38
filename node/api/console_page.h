/* console_page - the web console's page, script and style (node/console/assets.h) as answers.
 *
 * The page runs scripts and styles of its own address and nothing else, and nobody may frame it.
 * An asset whose address names its hash is kept by browsers for ever; of the others they are told
 * whether they are the same.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_CONSOLE_PAGE_H
#define TERRACE_NODE_API_CONSOLE_PAGE_H

#include "node/api/request.h"

/* For any path that is not the API's: the page, an asset, not_found; or, where this program was
 * built without the console, how to build it. */
void answer_console(struct request *request, struct answer *answer);

#endif
