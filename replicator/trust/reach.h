/* reach - whom a division may grant: a list of patterns over codes.
 *
 *   540121      that code              !540121     not that one
 *   5401*       all that begin so      !54012*     none of these
 *   *           every code
 *
 * A code is in reach when one of the patterns has it and none of the exceptions: their order says
 * nothing. A list is judged by its patterns one by one, the same way everywhere: what two of them
 * only cover together counts as not covered.
 *
 * Thread: any; pure. */
#ifndef TERRACE_REPLICATOR_TRUST_REACH_H
#define TERRACE_REPLICATOR_TRUST_REACH_H

#include "proto/division.h"
#include "proto/frame.h"

enum {
    PATTERN_TEXT_MAX = 1 + DIVISION_CODE_MAX + 1,
    REACH_TEXT_MAX = GRANT_PATTERNS_MAX * (PATTERN_TEXT_MAX + 1)
};

struct grant_reach {
    char pattern[GRANT_PATTERNS_MAX][PATTERN_TEXT_MAX + 1]; /* in the granter's order */
    size_t count;
};

/* Is it one of the forms above? */
bool pattern_valid(struct bytes text);
/* False when it is no pattern, or stands there already, or there is no room. */
bool reach_add(struct grant_reach *reach, struct bytes text);
/* As it is typed and shown: the patterns with commas between, "" for none. False, and *out empty,
 * when one of them cannot be added. */
bool reach_parse(struct grant_reach *out, struct bytes text);
void reach_print(char out[REACH_TEXT_MAX], const struct grant_reach *reach);

bool reach_equal(const struct grant_reach *a, const struct grant_reach *b); /* word for word */
bool reach_has(const struct grant_reach *reach, struct division division);
/* Is every code of `inner` in `outer`, too? Else *pattern names the one of inner that goes beyond.
 */
bool reach_within(const struct grant_reach *inner, const struct grant_reach *outer,
                  const char **pattern);
/* Have they codes in common? Then *common is a pattern of one of them whose codes are in both. */
bool reach_meet(const struct grant_reach *a, const struct grant_reach *b, const char **common);

#endif
