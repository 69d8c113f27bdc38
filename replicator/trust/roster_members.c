#include "replicator/trust/roster_members.h"

#include "proto/array.h"

static int compare_division(const void *division, const void *node)
{
    return division_compare(*(const struct division *)division,
                            (*(struct node *const *)node)->member.grant.division);
}

static int compare_curve_key(const void *key, const void *node)
{
    return memcmp(key, (*(struct node *const *)node)->member.grant.curve_key, 32);
}

/* Where the division is, or where it would be. */
size_t roster_place(const struct roster *roster, struct division division)
{
    return ARRAY_LOWER_BOUND(roster->nodes, roster->count, &division, compare_division);
}

size_t roster_place_of_key(const struct roster *roster, const uint8_t key[32])
{
    return ARRAY_LOWER_BOUND(roster->keyed, roster->keyed_count, key, compare_curve_key);
}

struct node *roster_node(const struct roster *roster, struct division division)
{
    const size_t at = roster_place(roster, division);

    if (at == roster->count ||
        !division_equal(roster->nodes[at]->member.grant.division, division)) {
        return NULL;
    }
    return roster->nodes[at];
}

struct node *roster_node_of_key(const struct roster *roster, const uint8_t key[32])
{
    const size_t at = roster_place_of_key(roster, key);

    if (at == roster->keyed_count ||
        memcmp(roster->keyed[at]->member.grant.curve_key, key, 32) != 0) {
        return NULL;
    }
    return roster->keyed[at];
}
