/* confirmations - recoveries below or above that persons have confirmed: from an entry of a log to
 * what counts here.
 *
 *   `confirm` held (own, below, above) --> durable --> next turn: do its persons stand, and does
 * the epoch of its block count? --> replicator_confirm --> that division's log is folded on
 *
 * What does not stand yet is looked at again once its author has named more persons, or has new
 * keys that count, and once the division that it names is known here. An epoch that waits is
 * alarmed about its division at every holder.
 *
 * Owns: the authors to be looked at. Thread: the loop thread. Errors: none; what cannot be read is
 * alarmed. */
#ifndef TERRACE_NODE_CORE_CONFIRMATIONS_H
#define TERRACE_NODE_CORE_CONFIRMATIONS_H

#include "proto/division.h"

struct node;

struct confirmations {
    struct division *authors;
    size_t count, capacity;
};

/* After the parts of the node are open: what came in the last turn before it ended. */
void confirmations_open(struct node *node);
void confirmations_free(struct confirmations *confirmations);
/* The confirmations in this author's log are to be looked at. */
void confirmations_note(struct node *node, struct division author);
/* Looks at what was noted in turns before. */
void confirmations_step(struct node *node);
/* Was anything noted in this turn? Another one is to follow then. */
bool confirmations_wait(const struct node *node);
/* It was granted, or another epoch of it counts: alarms one that waits, or ends that alarm, and
 * looks for words that came before. */
void confirmations_changed(struct node *node, struct division division);

#endif
