/* routes_texts - GET /texts: every sentence and word that people read, for pages and programs.
 *
 *   ?lang=zh|en      the language; that of Accept-Language when it is not given
 *   ?prefix=console. only the codes that begin so
 *
 * {"language":"zh","rows":{"alarm.fork":"...", ...}}; slots stand in a text as {key} (text.h). The
 * table changes with the program alone, so that an ETag spares all of it.
 *
 * Thread: a worker's (workers.h). */
#ifndef TERRACE_NODE_API_ROUTES_TEXTS_H
#define TERRACE_NODE_API_ROUTES_TEXTS_H

#include "node/api/request.h"

void get_texts(struct request *request, struct answer *answer);

#endif
