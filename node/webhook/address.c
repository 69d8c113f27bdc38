#include "node/webhook/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/status.h"

enum { ADDRESS_BYTES = 16, MAPPED_BITS = 96, TEXT_MAX = 64 };

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* Not for anybody to reach, or not for one program to post to. Of IPv6 only 2000::/3 is given to
 * anybody at all: what is outside of it is refused without being named. */
static const char *const special[] = {
    "0.0.0.0/8",         "10.0.0.0/8",     "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16",
    "172.16.0.0/12",     "192.0.0.0/24",   "192.0.2.0/24",    "192.31.196.0/24", "192.52.193.0/24",
    "192.88.99.0/24",    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",   "198.51.100.0/24",
    "203.0.113.0/24",    "224.0.0.0/4",    "240.0.0.0/4",     "2001::/23",       "2001:db8::/32",
    "2620:4f:8000::/48", "3fff::/20",
};

/* One network: an address, a slash, how many bits of it. */
static bool parse_network(struct network *out, const char *text)
{
    char host[TEXT_MAX], *end;
    const char *slash = strchr(text, '/');
    unsigned long bits, bits_max = 128;

    if (slash == NULL || (size_t)(slash - text) >= sizeof host) {
        return false;
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)(slash - text), text);
    bits = strtoul(slash + 1, &end, 10);
    if (slash[1] < '0' || slash[1] > '9' || *end != '\0') {
        return false;
    }
    if (inet_pton(AF_INET, host, out->at + sizeof mapped) == 1) {
        memcpy(out->at, mapped, sizeof mapped);
        bits_max = 32;
        out->bits = (unsigned)bits + MAPPED_BITS;
    } else if (inet_pton(AF_INET6, host, out->at) == 1) {
        out->bits = (unsigned)bits;
    } else {
        return false;
    }
    return bits <= bits_max;
}

bool networks_parse(struct networks *out, const char *text)
{
    out->count = 0;
    while (*text != '\0') {
        const size_t size = strcspn(text, ",");
        char one[TEXT_MAX + 8];
        const char *from = text + strspn(text, " ");
        size_t left = size - (size_t)(from - text);

        while (left > 0 && from[left - 1] == ' ') {
            left--;
        }
        if (left >= sizeof one || out->count == NETWORKS_MAX) {
            return false;
        }
        (void)snprintf(one, sizeof one, "%.*s", (int)left, from);
        if (!parse_network(&out->at[out->count++], one)) {
            return false;
        }
        text += size + (text[size] == ',');
    }
    return true;
}

static bool is_within(const struct network *network, const uint8_t address[ADDRESS_BYTES])
{
    const unsigned bytes = network->bits / 8, bits = network->bits % 8;
    const uint8_t mask = (uint8_t)(0xff00u >> bits);

    return memcmp(network->at, address, bytes) == 0 &&
           (bits == 0 || ((network->at[bytes] ^ address[bytes]) & mask) == 0);
}

static bool is_mapped(const uint8_t address[ADDRESS_BYTES])
{
    return memcmp(address, mapped, sizeof mapped) == 0;
}

static bool is_special(const uint8_t address[ADDRESS_BYTES])
{
    struct network network;

    if (!is_mapped(address) && (address[0] & 0xe0) != 0x20) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(special); i++) {
        if (parse_network(&network, special[i]) && is_within(&network, address)) {
            return true;
        }
    }
    return false;
}

/* An IPv4 address that this IPv6 one leads to, as a mapped one. */
static void unwrap(uint8_t address[ADDRESS_BYTES])
{
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
    uint8_t inner[4];

    if (memcmp(address, nat64, sizeof nat64) == 0) {
        memcpy(inner, address + 12, sizeof inner);
    } else if (address[0] == 0x20 && address[1] == 0x02) { /* 6to4 */
        memcpy(inner, address + 2, sizeof inner);
    } else {
        return;
    }
    memcpy(address, mapped, sizeof mapped);
    memcpy(address + sizeof mapped, inner, sizeof inner);
}

static bool bytes_of_address(uint8_t out[ADDRESS_BYTES], const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        memcpy(out, mapped, sizeof mapped);
        memcpy(out + sizeof mapped, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
               4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
               ADDRESS_BYTES);
        unwrap(out);
        return true;
    }
    return false;
}

enum address_verdict address_judge(const struct networks *allowed, const struct sockaddr *address)
{
    uint8_t bytes[ADDRESS_BYTES];

    if (!bytes_of_address(bytes, address)) {
        return ADDRESS_REFUSED;
    }
    for (unsigned i = 0; i < allowed->count; i++) {
        if (is_within(&allowed->at[i], bytes)) {
            return ADDRESS_ALLOWED;
        }
    }
    return is_special(bytes) ? ADDRESS_REFUSED : ADDRESS_PUBLIC;
}
