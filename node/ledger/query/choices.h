/* choices - what a form offers while somebody types: codes of a set, agencies, accounts and
 * projects of a division, and the lines that money can be taken from.
 *
 *   rows of one prefix, by code, behind `after` --> visit, until it returns false
 *
 * Nothing is kept for it, so whoever asks bounds how much he looks at.
 *
 * Thread: any, each with a txn of its own. Units: fen. */
#ifndef TERRACE_NODE_LEDGER_QUERY_CHOICES_H
#define TERRACE_NODE_LEDGER_QUERY_CHOICES_H

#include "node/ledger/rows/rows.h"

typedef bool choice_visit_fn(void *arg, struct bytes code, const struct catalogue_row *row);

/* Codes of a set in a year; 0: in the newest one that has the set. */
void choices_of_set(struct txn *txn, struct bytes set, int year, struct bytes after,
                    choice_visit_fn *visit, void *arg);
/* Agencies, accounts or projects of a division; `letter` is that of their rows. */
void choices_of_owner(struct txn *txn, char letter, struct division owner, struct bytes after,
                      choice_visit_fn *visit, void *arg);

typedef bool line_visit_fn(void *arg, struct bytes id, const struct indicator *line);
void choices_of_lines(struct txn *txn, struct division division, struct bytes after,
                      line_visit_fn *visit, void *arg);

/* Does a document of this kind name a line at all? */
bool choice_names_line(uint32_t kind);
/* How much money a document of this kind can take from the line; 0 for kinds that take none. */
int128 choice_free(const struct indicator *line, uint32_t kind);
/* Is it worth offering? What raises a reply takes nothing from it. */
bool choice_fits(const struct indicator *line, uint32_t kind);

#endif
