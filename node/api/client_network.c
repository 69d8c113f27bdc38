#include "node/api/client_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { LINE_BITS = 64, SITE_BITS = 48, WHOLE_BITS = 128 };

static void keep_bits(struct client_network *network, uint8_t bits)
{
    network->bits = bits;
    memset(network->at + bits / 8, 0, sizeof network->at - bits / 8);
}

static void take_four(struct client_network *out, const struct in_addr *address)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    memcpy(out->at, mapped, sizeof mapped);
    memcpy(out->at + sizeof mapped, address, sizeof *address);
    out->bits = WHOLE_BITS;
}

static void take_six(struct client_network *out, const struct in6_addr *address)
{
    memcpy(out->at, address, sizeof out->at);
    keep_bits(out, IN6_IS_ADDR_V4MAPPED(address) ? WHOLE_BITS : LINE_BITS);
}

bool client_network_of(struct client_network *out, const struct sockaddr *address)
{
    memset(out, 0, sizeof *out);
    if (address->sa_family == AF_INET) {
        take_four(out, &((const struct sockaddr_in *)(const void *)address)->sin_addr);
    } else if (address->sa_family == AF_INET6) {
        take_six(out, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    }
    return out->bits > 0;
}

bool client_network_parse(struct client_network *out, const char *text)
{
    struct in6_addr six;
    struct in_addr four;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &four) == 1) {
        take_four(out, &four);
    } else if (inet_pton(AF_INET6, text, &six) == 1) {
        take_six(out, &six);
    }
    return out->bits > 0;
}

bool client_network_site(struct client_network *out, const struct client_network *network)
{
    *out = *network;
    if (network->bits != LINE_BITS) {
        return false;
    }
    keep_bits(out, SITE_BITS);
    return true;
}

bool client_network_equal(const struct client_network *a, const struct client_network *b)
{
    return a->bits == b->bits && memcmp(a->at, b->at, sizeof a->at) == 0;
}
