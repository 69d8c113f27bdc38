/* division_words - what a view of a division (watch.h) says to a person: one sentence, and what to
 * do, as messages of proto/message.h.
 *
 * Thread: any. */
#ifndef TERRACE_NODE_CORE_DIVISION_WORDS_H
#define TERRACE_NODE_CORE_DIVISION_WORDS_H

#include "node/core/watch.h"
#include "replicator/trust/enrol.h"

void division_sentence(const struct division_view *view, char out[MESSAGE_BYTES_MAX]);
/* The same of one that was invited and has not come; times are UTC, as in all sentences. */
void invitation_sentence(const struct enrol_invitation *invitation, uint64_t now_unix_ms,
                         char out[MESSAGE_BYTES_MAX]);
void invitation_cure(const struct enrol_invitation *invitation, uint64_t now_unix_ms,
                     char out[MESSAGE_BYTES_MAX]);

/* "" where there is nothing to do. */
void division_cure(const struct division_view *view, char out[MESSAGE_BYTES_MAX]);

#endif
