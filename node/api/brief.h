/* brief - a document in a list of documents, with the names of divisions: members "to",
 * "document_no", "money".
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_BRIEF_H
#define TERRACE_NODE_API_BRIEF_H

#include "node/api/json.h"
#include "node/api/roster_snapshot.h"
#include "node/office/brief.h"

enum { BRIEF_PARTY_MAX = 384 + NAME_BYTES_MAX };

/* A payee's name, or a division's code and name. `roster` may be NULL. */
void brief_party(char out[BRIEF_PARTY_MAX], const struct brief *brief,
                 const struct roster_snapshot *roster);
/* "to" and "document_no" only where there is one. */
void write_brief(struct json_out *out, const struct document *document,
                 const struct roster_snapshot *roster);

#endif
