#include <inttypes.h>

#include "proto/array.h"
#include "replicator/trust/roster_members.h"

enum { CONFIRMED_MAX = 64 /* of one division: as many as it may have epochs */ };

/* --- what counts --- */

static bool is_confirmed(const struct node *node, const struct epoch *epoch)
{
    for (size_t i = 0; i < node->confirmed_count; i++) {
        if (node->confirmed[i].epoch == epoch->grant.epoch &&
            hash_equal(&node->confirmed[i].grant, &epoch->hash)) {
            return true;
        }
    }
    return false;
}

/* What this node granted or bears itself needs nobody else's word. */
static bool is_own_matter(const struct roster *roster, const struct node *node)
{
    const struct grant *grant = &node->epochs[0].grant;

    return division_equal(roster->self, grant->division) ||
           division_equal(roster->self, grant->parent) || division_is_none(grant->parent);
}

static size_t count_confirmed(const struct node *node)
{
    size_t confirmed = 0;

    for (size_t i = 0; i < node->epoch_count; i++) {
        confirmed = is_confirmed(node, &node->epochs[i]) ? i + 1 : confirmed;
    }
    return confirmed; /* with those before it */
}

bool roster_judge(const struct roster *roster, struct node *node)
{
    const size_t confirmed = count_confirmed(node);
    const bool is_own = is_own_matter(roster, node);
    enum standing before = STANDING_COUNTS;
    bool changed = false;

    for (size_t i = 0; i < node->epoch_count; i++) {
        struct epoch *epoch = &node->epochs[i];
        const enum standing was = epoch->standing;

        epoch->standing = is_own || i < confirmed ? STANDING_COUNTS
                          : epoch->is_recovery    ? STANDING_UNCONFIRMED
                                                  : before;
        before = epoch->standing;
        changed |= was == STANDING_UNCONFIRMED && epoch->standing == STANDING_COUNTS;
    }
    return changed;
}

/* --- confirming --- */

struct division roster_confirmer(const struct roster *roster, struct division division)
{
    const struct node *node = roster_node(roster, division);

    if (node == NULL || node->parent == NULL) {
        return DIVISION_NONE; /* the root's epochs are the trust key's */
    }
    return node->parent->parent == NULL ? node->parent->member.grant.division
                                        : node->parent->parent->member.grant.division;
}

static void keep(struct node *node, uint32_t epoch, const struct hash *grant)
{
    for (size_t i = 0; i < node->confirmed_count; i++) {
        struct confirmed *held = &node->confirmed[i];

        if (held->epoch == epoch) {
            const bool stands = epoch <= node->epoch_count &&
                                hash_equal(&held->grant, &node->epochs[epoch - 1].hash);
            held->grant = stands ? held->grant : *grant;
            return;
        }
    }
    ARRAY_ROOM(node->confirmed, node->confirmed_count, node->confirmed_capacity);
    node->confirmed[node->confirmed_count++] = (struct confirmed){epoch, *grant};
}

enum status roster_confirm(struct roster *roster, const struct confirmation_of_epoch *confirmation,
                           bool *changed, struct err *err)
{
    struct node *node = roster_node(roster, confirmation->division);
    const struct division confirmer = roster_confirmer(roster, confirmation->division);

    *changed = false;
    if (node == NULL) {
        return err_set(err, ERR_REFUSED, "confirm_unknown division=%s",
                       confirmation->division.code);
    }
    if (division_is_none(confirmer) || !division_equal(confirmer, confirmation->by)) {
        return err_set(err, ERR_REFUSED, "confirm_not_his division=%s by=%s",
                       confirmation->division.code, confirmation->by.code);
    }
    if (confirmation->epoch == 0 || confirmation->epoch > CONFIRMED_MAX) {
        return err_set(err, ERR_REFUSED, "confirm_epoch division=%s epoch=%" PRIu32,
                       confirmation->division.code, confirmation->epoch);
    }
    keep(node, confirmation->epoch, &confirmation->grant);
    *changed = roster_judge(roster, node);
    return OK;
}

/* --- asking --- */

bool roster_epoch_state(const struct roster *roster, struct division division, uint32_t epoch,
                        struct epoch_state *out)
{
    const struct node *node = roster_node(roster, division);
    const struct epoch *held;

    memset(out, 0, sizeof *out);
    if (node == NULL || epoch == 0 || epoch > node->epoch_count) {
        return false;
    }
    held = &node->epochs[epoch - 1];
    *out = (struct epoch_state){held->standing, held->is_recovery, held->grant.base_lsn,
                                held->grant.base_hash, held->hash};
    return true;
}

bool roster_epoch_counts(const struct roster *roster, struct division division, uint32_t epoch)
{
    struct epoch_state state;

    return roster_epoch_state(roster, division, epoch, &state) && state.standing == STANDING_COUNTS;
}

uint32_t roster_to_confirm(const struct roster *roster, struct division division)
{
    const struct node *node = roster_node(roster, division);
    bool any = false;

    if (node == NULL || node->parent == NULL) {
        return 0;
    }
    for (size_t i = count_confirmed(node); i < node->epoch_count; i++) {
        any |= node->epochs[i].is_recovery;
    }
    return any ? node->epochs[node->epoch_count - 1].grant.epoch : 0;
}

uint32_t roster_unconfirmed(const struct roster *roster, struct division division,
                            uint64_t *base_lsn)
{
    const struct node *node = roster_node(roster, division);

    for (size_t i = 0; node != NULL && i < node->epoch_count; i++) {
        if (node->epochs[i].standing == STANDING_UNCONFIRMED) { /* a recovery begins it */
            *base_lsn = node->epochs[i].grant.base_lsn;
            return node->epochs[i].grant.epoch;
        }
    }
    *base_lsn = 0;
    return 0;
}
