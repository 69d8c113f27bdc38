/* facts - what a document is asked about before it becomes an entry: the document, and what it
 * names, looked up once.
 *
 *   rules.c looks up and asks in the order of enum reason; a family answers what only it knows
 *
 * Owns: nothing; views point into the txn and the document. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_FAMILIES_FACTS_H
#define TERRACE_NODE_LEDGER_FAMILIES_FACTS_H

#include "node/ledger/families/catalogues.h"

struct kind_steps;

struct facts {
    struct ledger *ledger;
    struct txn *txn;
    const struct document *document;
    const struct kind_info *info;
    const struct kind_steps *steps;
    struct refusal *refusal;
    struct indicator line;       /* that it is about, or that of the payment */
    struct document origin;      /* its elements, where the document makes another from it */
    struct doc_row payment;      /* that it is about */
    struct doc_row transfer;     /* own one that it is about: to recall, to withdraw, to lower */
    struct transfer_match match; /* that of the ask answered */
    struct catalogue_row project;
    bool has_project;
};

/* Loads the line, and its elements where the document splits it. False when there is none. */
bool facts_load_line(struct facts *facts, struct bytes id);
/* exceeds_<what> where more is asked than there is. */
enum reason facts_within(struct facts *facts, const char *what, int128 asked, int128 free);
/* Does the document leave a field as the line it splits has it? So it does where either has none.
 */
bool facts_keep(const struct facts *facts, enum field field);
/* Has this division an agency, bank account or project (the letter says which) under the code in
 * the field? */
bool facts_know_own(const struct facts *facts, char letter, enum field field);
/* Does the field name a division of the tree? */
bool facts_know_division(const struct facts *facts, enum field field);

#endif
