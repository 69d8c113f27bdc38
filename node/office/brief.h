/* brief - what a person knows a document by: to or from whom, by which paper, how much.
 *
 * Pure. Views point into the document. Thread: any. Units: fen. */
#ifndef TERRACE_NODE_OFFICE_BRIEF_H
#define TERRACE_NODE_OFFICE_BRIEF_H

#include "node/ledger/schema/kinds.h"

struct brief {
    struct bytes party;       /* payee, else the code of its other division, else the agency's */
    bool party_is_agency;     /* money moves within the own budget: nobody receives it */
    struct division division; /* the other division; NONE */
    struct bytes account;     /* of a payee; else nothing */
    struct bytes paper;       /* the number of the paper behind it; or nothing */
    int64_t money;
};
void brief_of(struct brief *brief, const struct document *document);

#endif
