/* attempts - wrong passwords, counted: may this login be tried now?
 *
 *   of one account    ten in a row close it for a minute, whatever other names are tried meanwhile;
 *                     what comes over the network closes it for the network alone
 *   of one address    thirty at once, then ten a minute, whatever names are tried
 *
 * Names that are no operator's are closed as well, so that the answer tells nothing. An IPv6
 * address counts by its /64. Of addresses and unknown names the one that has been quiet longest
 * makes room for another.
 *
 * Owns: three tables; of operators as many rows as there are, the others are bounded.
 * Thread: one at a time; session.c holds a lock. Units: *_ms is mono. */
#ifndef TERRACE_NODE_API_ATTEMPTS_H
#define TERRACE_NODE_API_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"

enum { ATTEMPT_NAME_MAX = 64, ATTEMPT_ADDRESS_MAX = 64 };

struct attempts;
struct attempts *attempts_open(void);
void attempts_close(struct attempts *attempts); /* NULL is fine */

struct attempt {
    const char *name, *address; /* address "" at the socket: counted for the account alone */
    bool is_operator;           /* is there one of that name? */
};
/* Errors: ERR_LIMIT. */
enum status attempts_check(struct attempts *attempts, const struct attempt *attempt,
                           uint64_t now_ms, struct err *err);
void attempts_count(struct attempts *attempts, const struct attempt *attempt, uint64_t now_ms,
                    bool good);

#endif
