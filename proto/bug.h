/* bug - seeded bugs: mechanisms that a build for tests can switch off, one at a time, so that
 * scripts/lib/bugs.py can see whether a test notices.
 *
 * Only a build with -DTERRACE_BUGS=ON has them; there TERRACE_BUG in the environment names the one
 * that is on. In every other build BUG(...) is false and nothing is left of it.
 *
 * Thread: any. */
#ifndef TERRACE_PROTO_BUG_H
#define TERRACE_PROTO_BUG_H

#include <stdbool.h>

#ifdef TERRACE_BUGS

#include <stdlib.h>
#include <string.h>

static inline bool bug_is_on(const char *name)
{
    const char *on = getenv("TERRACE_BUG");

    return on != NULL && strcmp(on, name) == 0;
}
#define BUG(name) bug_is_on(name)

#else

#define BUG(name) false

#endif
#endif
