/* client_network - which addresses count as one client: an IPv4 address, or all of an IPv6 /64,
 * which is what one line is given, so that nobody has 2^64 clients to be. An IPv4 address inside an
 * IPv6 one is that IPv4 address.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_API_CLIENT_NETWORK_H
#define TERRACE_NODE_API_CLIENT_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct client_network {
    uint8_t at[16]; /* IPv4 as ::ffff:a.b.c.d; of IPv6 what is behind the network is 0 */
    uint8_t bits;   /* 128, 64 or 48; 0: no network at all, as at a unix socket */
};

/* False, and no network, for another family. */
bool client_network_of(struct client_network *out, const struct sockaddr *address);
/* The same for an address as text. */
bool client_network_parse(struct client_network *out, const char *text);
/* The /48 around an IPv6 network, which one customer may be given; false when it has none. */
bool client_network_site(struct client_network *out, const struct client_network *network);
bool client_network_equal(const struct client_network *a, const struct client_network *b);

#endif
