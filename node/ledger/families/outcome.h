/* outcome - what becomes of an ask: its words, by which answer, and the states of asks and of what
 * takes them back.
 *
 *   transfer, remit:      registered, returned
 *   negative difference:  lowered,    kept
 *   recall:               granted,    refused
 *
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_OUTCOME_H
#define TERRACE_NODE_LEDGER_FAMILIES_OUTCOME_H

#include "node/ledger/families/states.h"

/* Is there an answer to come? Not to a notice that an early amount stands, nor to money that left
 * the tree. */
bool document_asks(const struct document *document);

const char *outcome_word(enum outcome outcome); /* "" for none */
/* What a settle says; OUTCOME_NONE for a word that is none. */
enum outcome outcome_said(const struct document *settle);
/* What an answer makes of its ask. */
enum outcome outcome_of(const struct document *answer);
/* May this become of such an ask? `amount` is what the ask says. */
bool outcome_fits(uint32_t ask_kind, int128 amount, enum outcome outcome);
/* May an answer of this kind be given to such an ask? */
bool outcome_answers(uint32_t ask_kind, uint32_t answer_kind);
/* Does it lower what a transfer has moved? */
bool outcome_lowers(enum outcome outcome);

/* Events are outcomes, counted from OUTCOME_REGISTERED on. */
void outcome_step(struct doc_row *ask, struct bytes id, enum outcome outcome);
/* A withdraw, by what became of its transfer. */
void outcome_step_withdraw(struct doc_row *withdraw, struct bytes id, enum outcome outcome);

#endif
