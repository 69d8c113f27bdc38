/* rules_internal - what a document is asked about, shared by the rules (rules.c) and by the
 * look-ups that come before them (rules_known.c). Not for anybody else.
 *
 * Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_RULES_INTERNAL_H
#define TERRACE_NODE_LEDGER_RULES_INTERNAL_H

#include "node/ledger/ledger_internal.h"

/* What the questions are about. */
struct facts {
    struct ledger *ledger;
    struct txn *txn;
    const struct document *document;
    const struct kind_info *info;
    struct refusal *refusal;
    struct indicator line;  /* that of bgt_id, ori_bgt_id or of the payment */
    struct document origin; /* its elements, where the document makes another from it */
    struct doc_row payment; /* that of pay_app_id */
    struct edge edge;       /* that of the transfer answered */
    struct catalogue_row project;
    bool has_project;
};

/* unknown_<field>. Fills in line, origin, payment and edge: what the document names. */
enum reason rules_check_known(struct facts *facts);
/* Has this division an agency ('A'), account ('K') or project ('P') under the code in the field? */
bool rules_knows_own(struct facts *facts, char letter, enum field field);

#endif
