/* nearest - the known word that a mistyped one most likely meant, by the number of characters to
 * add, drop, change or swap.
 *
 *   nearest_begin --> nearest_offer, each known word --> nearest_found, or did_you_mean
 *
 * What is further off than a third of what was typed is no slip of the keyboard and is not offered;
 * of two characters one may be wrong.
 *
 * Owns: copies; a word that is offered need not outlive the call. Thread: one at a time. */
#ifndef TERRACE_NODE_TEXT_NEAREST_H
#define TERRACE_NODE_TEXT_NEAREST_H

#include "proto/bytes.h"

enum { NEAREST_BYTES_MAX = 40 }; /* what is longer is compared, and kept, up to here */

struct nearest {
    char typed[NEAREST_BYTES_MAX + 1], best[NEAREST_BYTES_MAX + 1];
    size_t distance; /* of the best; only nearer ones take its place */
};

void nearest_begin(struct nearest *nearest, struct bytes typed);
/* Of words that are as near, the first stays. The typed word itself is none. */
void nearest_offer(struct nearest *nearest, struct bytes word);
/* It is this one, however it was typed. */
void nearest_take(struct nearest *nearest, const char *word);
/* What was found will not do after all: nothing is offered. */
void nearest_reject(struct nearest *nearest);
/* "" when nothing is near. */
static inline const char *nearest_found(const struct nearest *nearest)
{
    return nearest->best;
}

/* The message did_you_mean with the word, or "": for the `why` of another message. */
enum { DID_YOU_MEAN_BYTES_MAX = NEAREST_BYTES_MAX + 40 };
const char *nearest_advice(char out[DID_YOU_MEAN_BYTES_MAX], const struct nearest *nearest);

#endif
