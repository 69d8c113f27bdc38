/* address - where a webhook may go: what anybody may reach, and the networks that the configuration
 * names. An admin types a URL, and a name in it may point anywhere by the time it is looked up: so
 * each address is judged when it is dialled, and not when it is typed.
 *
 *   public          https only
 *   in a network of webhook_networks    https, and http
 *   else (loopback, private, link-local, multicast, reserved)    never
 *
 * Of RFC 6890 and the registries for special purposes; of IPv6 nothing outside of 2000::/3. An IPv4
 * address inside an IPv6 one (mapped, 6to4, NAT64) is judged as the one it leads to.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_WEBHOOK_ADDRESS_H
#define TERRACE_NODE_WEBHOOK_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { NETWORKS_MAX = 16 };

struct network {
    uint8_t at[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;  /* of those 128 */
};
struct networks {
    struct network at[NETWORKS_MAX];
    unsigned count;
};

/* "127.0.0.0/8, 10.1.0.0/16, fd00::/8"; "" is none. False when it is no such list. */
bool networks_parse(struct networks *out, const char *text);

enum address_verdict {
    ADDRESS_PUBLIC,
    ADDRESS_ALLOWED, /* by the configuration */
    ADDRESS_REFUSED
};
enum address_verdict address_judge(const struct networks *allowed, const struct sockaddr *address);

#endif
