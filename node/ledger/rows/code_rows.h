/* code_rows - what one log says of codes beside the codes themselves: which code becomes which in a
 * year, and under which codes it has others.
 *
 * Owns: ROW_CODE_MAP and ROW_CODE_BRANCH. Thread: that of the txn. */
#ifndef TERRACE_NODE_LEDGER_ROWS_CODE_ROWS_H
#define TERRACE_NODE_LEDGER_ROWS_CODE_ROWS_H

#include "node/ledger/rows/rows.h"

/* A code of one set in one year. */
struct code_place {
    struct bytes set;
    int year;
    struct bytes code;
};

/* What `author` says the code of the year before becomes in place->year; a view of the row. False
 * when he says nothing. */
bool code_map_load(struct txn *txn, struct division author, const struct code_place *place,
                   struct bytes *to);
void code_map_store(struct txn *txn, struct division author, const struct code_place *place,
                    struct bytes to);

/* Has `author` said of any code that this one is its parent? A later version that names another
 * parent does not take that back. */
bool code_branch_there(struct txn *txn, struct division author, const struct code_place *parent);
void code_branch_add(struct txn *txn, struct division author, const struct code_place *parent);

#endif
