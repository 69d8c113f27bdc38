/* connection_rate - how often a known division may connect.
 *
 * A connection costs a descriptor and a handshake, and nothing ends the ones that a key has
 * already. So a division connects eight times in ten seconds at most, beyond a burst of 32; one
 * that was turned away for it dials again ten seconds later.
 *
 * Pure. Owns: its rows. Thread: the loop's. Units: *_ms is mono. */
#ifndef TERRACE_REPLICATOR_ZMQ_CONNECTION_RATE_H
#define TERRACE_REPLICATOR_ZMQ_CONNECTION_RATE_H

#include "proto/division.h"

enum { CONNECTION_MS = 1250, CONNECTIONS_BURST = 32 };

struct connection_rate {
    struct division who;
    uint64_t free_ms; /* when all that was paid is forgotten */
};
struct connection_rates { /* as many as divisions that were ever let in */
    struct connection_rate *rows;
    size_t count, capacity;
};
/* May `who` connect once more? Counts it when it may. */
bool connection_rates_pay(struct connection_rates *rates, struct division who, uint64_t now_ms);
void connection_rates_free(struct connection_rates *rates);

#endif
