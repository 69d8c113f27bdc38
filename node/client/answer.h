/* answer - what a node answered, or why it did not, as terrace.h hands it out.
 *
 * Owns: its bytes. Thread: one at a time. */
#ifndef TERRACE_NODE_CLIENT_ANSWER_H
#define TERRACE_NODE_CLIENT_ANSWER_H

#include <stdbool.h>

#include "node/client/terrace.h"

struct terrace_answer {
    long http;
    char *body; /* ended by a zero; NULL: none */
    size_t size, room, bytes_max;
    bool too_large, no_memory; /* why the rest is missing */
    char *said;                /* of a failure; NULL: the fixed sentence of its outcome */
    char *code;
    enum terrace_outcome outcome;
};

struct terrace_answer *answer_new(size_t bytes_max); /* NULL: no memory */
/* False when it does not fit, which the answer remembers. */
bool answer_add(struct terrace_answer *answer, const void *bytes, size_t size);
/* How it ended; `said` is copied, and may be NULL. Of a refusal code and sentence are read from the
 * body. Returns `outcome`, or TERRACE_NO_MEMORY. */
enum terrace_outcome answer_end(struct terrace_answer *answer, enum terrace_outcome outcome,
                                const char *said);
/* The text of a member of the body's JSON object, or NULL; the caller frees it. */
char *answer_member(const struct terrace_answer *answer, const char *name);

#endif
