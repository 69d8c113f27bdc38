#include "replicator/trust/roster_members.h"

#include <assert.h>

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

/* --- what ancestors said --- */

bool roster_is_ancestor(const struct node *node, struct division by, uint32_t *depth)
{
    const struct node *above = node->parent;

    while (above != NULL && !division_equal(above->member.grant.division, by)) {
        above = above->parent;
    }
    *depth = above == NULL ? 0 : above->member.depth;
    return above != NULL;
}

const struct revocation *roster_word(const struct node *node, uint32_t epoch, uint32_t below)
{
    const struct revocation *best = NULL;
    uint32_t best_depth = 0;

    for (size_t i = 0; i < node->word_count; i++) {
        const struct revocation *word = &node->words[i];
        uint32_t depth;
        bool is_above;

        if (epoch < word->first_epoch || epoch > word->last_epoch || word->last_epoch >= below) {
            continue;
        }
        is_above = roster_is_ancestor(node, word->by, &depth);
        assert(is_above); /* or it was not kept; and who has others below him keeps his place */
        if (best == NULL || depth < best_depth ||
            (depth == best_depth && word->said_lsn < best->said_lsn)) {
            best = word;
            best_depth = depth;
        }
    }
    return best;
}
