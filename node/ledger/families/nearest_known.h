/* nearest_known - the code or id of this ledger that a mistyped one most likely meant.
 *
 * Two neighbours swapped, or a character too many, are looked up one by one. Then it is looked for
 * among a few rows that share a beginning with what was typed, a few behind it and a few at the
 * beginning of all, for a slip in the first characters: KNOWN_ROWS_MAX, however many there are.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_NEAREST_KNOWN_H
#define TERRACE_NODE_LEDGER_FAMILIES_NEAREST_KNOWN_H

#include "node/ledger/context.h"
#include "node/text/nearest.h"

enum { KNOWN_ROWS_MAX = 256 };

/* Of what the field of the document names: a line, a payment, a transfer for this division, an
 * agency, an account, a project, a division, or a code of the field's set that is in force. "" in
 * `out` when nothing is near. */
void nearest_known(const struct ledger *ledger, struct txn *txn, const struct document *document,
                   enum field field, struct nearest *out);

/* Does this division have an agency (FIELD_AGENCY_CODE) or project (FIELD_PRO_CODE) of this code,
 * in any year? Where not, the nearest that it has is offered to `out`, which has begun. */
bool known_or_nearest(struct txn *txn, struct division owner, enum field field, struct bytes code,
                      struct nearest *out);

/* Of the documents of an author. */
void nearest_document(struct txn *txn, struct division author, struct bytes id,
                      struct nearest *out);

#endif
