/* endpoint_entry - where a division listens for its children, in its own word: the body of an entry
 * (KIND_ENDPOINT, ENDPOINT_FORMAT) of its own log, for its tree.
 *
 *   struct endpoint_entry --endpoint_write--> EndpointEntry of proto/link.proto --endpoint_read-->
 *
 * Nobody is asked: keys prove who answers there, so an address that is wrong costs a way and no
 * more. Thread: any; pure. */
#ifndef TERRACE_REPLICATOR_TRUST_ENDPOINT_ENTRY_H
#define TERRACE_REPLICATOR_TRUST_ENDPOINT_ENTRY_H

#include "replicator/trust/grant.h"

enum { ENDPOINT_ENTRY_BYTES_MAX = 512 };

struct endpoint_entry {
    char link[ENDPOINT_BYTES_MAX + 1];
};

/* "tcp://HOST:PORT" with a host that can be dialled and a port of 1-65535. */
bool endpoint_well_formed(const char *endpoint);

void endpoint_write(struct buf *out, const struct endpoint_entry *entry);
/* Errors: ERR_MALFORMED. */
enum status endpoint_read(struct endpoint_entry *out, struct bytes body, struct err *err);

#endif
