/* person_says - what the entries of one change say, and the rows that follow from them here: who
 * was added, ended, or has another key.
 *
 *   entries, in order --> rows of operators (operators.h) and of keys in browsers (browser_keys.h)
 *
 * A change was asked for at another time than it is made, so each entry must fit the rows as they
 * are.
 *
 * Owned by: person_says.c, proposals.c.
 * Owns: nothing. Thread: the loop thread, inside a task. */
#ifndef TERRACE_NODE_OFFICE_PERSON_SAYS_H
#define TERRACE_NODE_OFFICE_PERSON_SAYS_H

#include "node/office/browser_keys.h"

enum { SAYS_MAX = 2 + BROWSER_KEYS_MAX }; /* a key, another in its place, those of browsers */

struct person_says {
    struct operator_row at[SAYS_MAX];
    size_t count;
};

/* `sealed` is the secret of who becomes known; empty where nobody does. What fails leaves the rows
 * half changed: it is tried on a child of the txn first. Errors: ERR_REFUSED (something else has
 * changed since; the last admin). */
enum status person_says_enact(struct node *node, struct txn *txn, const struct person_says *says,
                              struct bytes sealed, struct err *err);

#endif
