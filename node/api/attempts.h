/* attempts - wrong passwords, counted: may this login be tried now?
 *
 *   of one name       ten in a row close it for a minute, and each one more for another; three
 *                     minutes without one, and they are forgotten
 *   of one address    thirty at once, then ten a minute, whatever names are tried
 *   of one IPv6 /48   four times as many
 *
 * A name that is an operator's and one that is nobody's are the same here: none is forgotten for
 * another's sake, so that what is answered tells nothing, however many names are tried. Where there
 * are more names than are kept, a new one waits until others are forgotten. What comes over the
 * network is counted apart, and closes a name for the network alone. Of addresses, each as
 * client_network.h counts them, the one that has been quiet longest makes room for another.
 *
 * Owns: bounded tables. Thread: one at a time; session.c holds a lock. Units: *_ms is mono. */
#ifndef TERRACE_NODE_API_ATTEMPTS_H
#define TERRACE_NODE_API_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/status.h"

enum { ATTEMPT_NAME_MAX = 64, ATTEMPT_ADDRESS_MAX = 64, ATTEMPT_NAMES_MAX = 16384 };

struct attempts;
struct attempts *attempts_open(void);
void attempts_close(struct attempts *attempts); /* NULL is fine */

struct attempt {
    const char *name, *address; /* address "" at the socket: counted for the name alone */
};
/* Errors: ERR_LIMIT; ERR_BUSY (too many names have failed of late). */
enum status attempts_check(const struct attempts *attempts, const struct attempt *attempt,
                           uint64_t now_ms, struct err *err);
void attempts_count(struct attempts *attempts, const struct attempt *attempt, uint64_t now_ms,
                    bool good);

#endif
