/* bug - which of the seeded bugs is on: what the patches beside this file ask.
 *
 * scripts/lib/bugs.py applies them all to a copy of the tree, whose build includes this file
 * before everything else; TERRACE_BUG in the environment names the one that is on. The tree itself
 * knows nothing of it.
 *
 * Thread: any. */
#ifndef TERRACE_TESTS_BUGS_BUG_H
#define TERRACE_TESTS_BUGS_BUG_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* it stands before whatever else says so */
#endif

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool bug_is_on(const char *name)
{
    const char *on = getenv("TERRACE_BUG");

    return on != NULL && strcmp(on, name) == 0;
}

#endif
