/* verdict - what a post, an approval or a withdrawal says of one document.
 *
 *   {"status":"draft","message":...,"would_refuse":"exceeds_available","args":{...figures...}}
 *   {"status":"refused","reason":"exceeds_available","message":...,"args":{...}}
 *
 * Thread: any. */
#ifndef TERRACE_NODE_API_VERDICT_H
#define TERRACE_NODE_API_VERDICT_H

#include "node/api/answer.h"
#include "node/office/submit.h"

/* Members of the document's object; `refusal` of a draft is why approval would refuse it now. */
void write_verdict(struct json_out *out, enum submit_status status, const struct refusal *refusal,
                   enum language language);
/* reason or would_refuse, whichever `key` says, its sentence, and the figures behind it. */
void write_refusal(struct json_out *out, const char *key, const char *sentence_key,
                   const struct refusal *refusal, enum language language);

#endif
