/* queried_tree - a tree in which money went all the way, and a text in which answers are written
 * down.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_LEDGER_QUERIED_TREE_H
#define TERRACE_TESTS_UNIT_LEDGER_QUERIED_TREE_H

#include "node/ledger/query/query.h"
#include "tests/unit/ledger/tree.h"

/* Everything visited becomes one line of text: a test then compares what a person would read. */
struct lines {
    char text[8192];
    size_t size;
};

int set_up(void **state);
int tear_down(void **state);
struct txn *reader(struct tree *tree, enum office_name office);
void add_text(struct lines *lines, const char *text);
void add_amount(struct lines *lines, const char *name, int128 fen);
void expect_balance(struct tree *tree, enum office_name at, enum office_name of, enum scope scope,
                    int year, enum dimension by, const char *want);

#endif
