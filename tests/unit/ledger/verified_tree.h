/* verified_tree - a tree in which money went all the way, and what a verification says of it:
 * quick, of one log, and of all that an office holds.
 *
 * Thread: the test's. */
#ifndef TERRACE_TESTS_UNIT_LEDGER_VERIFIED_TREE_H
#define TERRACE_TESTS_UNIT_LEDGER_VERIFIED_TREE_H

#include "tests/unit/ledger/tree.h"

int set_up(void **state);
int tear_down(void **state);
bool sound(struct tree *tree, enum office_name at, enum office_name of, char fault[512]);
bool deeply_sound(struct tree *tree, enum office_name at, enum office_name of, char fault[512]);
/* Every log held at an office, as its node has them verified. */
bool all_deeply_sound(struct tree *tree, enum office_name at, char fault[512]);
void expect_all_sound(struct tree *tree);
/* All logs, whatever was found before. */
struct verify *verify_everything(struct tree *tree, enum office_name at);
bool names(const struct verify *verify, const char *division, const char *words);

#endif
