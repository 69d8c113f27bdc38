/* lookup - the addresses of a host's name, as libc finds them, asked for in a thread of its own:
 * libc cannot be told to stop, but nobody has to wait for it.
 *
 *   lookup_begin --> libc's getaddrinfo ... --> lookup_fd is readable --> lookup_take
 *        '--------- lookup_leave, at any time: what libc finds later is thrown away
 *
 * Owns: its thread, until libc is done. Thread: one; the lookup's own touches nothing else. */
#ifndef TERRACE_NODE_WEBHOOK_LOOKUP_H
#define TERRACE_NODE_WEBHOOK_LOOKUP_H

#include <netdb.h>
#include <stdbool.h>

#include "proto/status.h"

struct lookup;
/* Errors: ERR_IO (no thread, no descriptor). */
enum status lookup_begin(struct lookup **out, const char *host, const char *port, struct err *err);
bool lookup_is_of(const struct lookup *lookup, const char *host, const char *port);
/* Readable once it is over. */
int lookup_fd(const struct lookup *lookup);
/* Once it is over: getaddrinfo's code, and for 0 the addresses, for freeaddrinfo. */
int lookup_take(struct lookup *lookup, struct addrinfo **addresses);
void lookup_leave(struct lookup *lookup); /* NULL is fine */

#endif
