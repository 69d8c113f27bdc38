/* transfer_terms - what an answer repeats of the ask that it answers, and a hash over it.
 *
 *   transfer, remit --inherit--> register, return --hash--> terms    equal wherever both are held
 *   recall          --inherit--> recall_grant     --hash--> terms
 *
 * Thread: any; pure. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_TRANSFER_TERMS_H
#define TERRACE_NODE_LEDGER_FAMILIES_TRANSFER_TERMS_H

#include "proto/document.h"
#include "replicator/trust/crypto.h"

/* Writes into an answer what it repeats: amount, elements, type, stage, document numbers. */
void transfer_terms_inherit(struct document *answer, const struct document *transfer);
/* Year, elements, type and stage (not the amount), as the transfer has them and as an answer does.
 */
struct hash terms_issued(const struct document *transfer);
struct hash terms_answered(const struct document *answer);

#endif
