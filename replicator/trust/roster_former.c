#include <inttypes.h>

#include "proto/array.h"
#include "replicator/trust/roster_members.h"

/* --- objections --- */

static bool is_signed(const struct roster *roster, const struct node *node,
                      const struct objection *objection)
{
    return objection->epoch <= node->epoch_count &&
           objection_holds(objection, &roster->tree,
                           &node->epochs[objection->epoch - 1].grant.sign_key);
}

/* An epoch that changed no key is as good as the one before it. */
static bool has_key_of(const struct node *node, uint32_t epoch, uint32_t former)
{
    return epoch <= former &&
           memcmp(&node->epochs[epoch - 1].grant.sign_key, &node->epochs[former - 1].grant.sign_key,
                  sizeof node->epochs[0].grant.sign_key) == 0;
}

enum status roster_check_objection(const struct roster *roster, const struct objection *objection,
                                   struct err *err)
{
    const struct node *node = roster_node(roster, objection->division);
    struct contest contest;

    if (!roster_contest(roster, objection->division, &contest) ||
        !hash_equal(&objection->grant, &contest.grant)) {
        return err_set(err, ERR_NOT_FOUND, "objection_to_nothing division=%s",
                       objection->division.code);
    }
    if (!has_key_of(node, objection->epoch, contest.former) ||
        roster_word(node, contest.former, contest.epoch) != NULL) {
        return err_set(err, ERR_REFUSED, "objection_not_its_own division=%s epoch=%" PRIu32,
                       objection->division.code, objection->epoch);
    }
    return is_signed(roster, node, objection)
               ? OK
               : err_set(err, ERR_BAD_SIGNATURE, "objection_unsigned division=%s",
                         objection->division.code);
}

/* An ancestor's log may say an old one again, or one that nobody signed: neither takes the place of
 * what its key said last. */
static bool is_newer(const struct roster *roster, const struct node *node,
                     const struct objection *held, const struct objection *said)
{
    return !is_signed(roster, node, held) ||
           (is_signed(roster, node, said) && said->time_ms > held->time_ms);
}

enum status roster_object(struct roster *roster, const struct objection_held *objection, bool *kept,
                          struct err *err)
{
    struct node *node = roster_node(roster, objection->said.division);
    uint32_t depth;

    *kept = false;
    if (node == NULL) {
        return err_set(err, ERR_NOT_YET, "objection_unknown division=%s",
                       objection->said.division.code);
    }
    if (!roster_is_ancestor(node, objection->by, &depth)) {
        return err_set(err, ERR_REFUSED, "objection_not_above division=%s by=%s",
                       objection->said.division.code, objection->by.code);
    }
    for (size_t i = 0; i < node->objection_count; i++) {
        if (node->objections[i].said.epoch == objection->said.epoch) {
            *kept = is_newer(roster, node, &node->objections[i].said, &objection->said);
            node->objections[i] = *kept ? *objection : node->objections[i];
            return OK;
        }
    }
    ARRAY_ROOM(node->objections, node->objection_count, node->objection_capacity);
    node->objections[node->objection_count++] = *objection;
    *kept = true;
    return OK;
}

bool roster_objection(const struct roster *roster, struct division division,
                      struct objection_held *out)
{
    const struct node *node = roster_node(roster, division);
    struct err err;

    for (size_t i = 0; node != NULL && i < node->objection_count; i++) {
        if (roster_check_objection(roster, &node->objections[i].said, &err) == OK) {
            *out = node->objections[i];
            return true;
        }
    }
    return false;
}

/* --- what others said of an epoch --- */

bool roster_is_refused(const struct roster *roster, struct division division, uint32_t epoch)
{
    const struct node *node = roster_node(roster, division);
    const struct revocation *word = node == NULL ? NULL : roster_word(node, epoch, UINT32_MAX);

    return word != NULL && word->first_epoch > 1;
}

bool roster_is_confirmed(const struct roster *roster, struct division division, uint32_t epoch,
                         const struct hash *grant)
{
    const struct node *node = roster_node(roster, division);

    for (size_t i = 0; node != NULL && i < node->confirmed_count; i++) {
        if (node->confirmed[i].epoch == epoch && hash_equal(&node->confirmed[i].grant, grant)) {
            return true;
        }
    }
    return false;
}

/* --- link keys --- */

/* Is a recovery in the place of this epoch? One that nobody has refused. */
static bool is_replaced(const struct node *node, size_t index)
{
    for (size_t i = index + 1; i < node->epoch_count; i++) {
        if (node->epochs[i].is_recovery && node->epochs[i].standing != STANDING_REFUSED) {
            return true;
        }
    }
    return false;
}

static bool is_former(const struct node *node, const uint8_t curve_key[32], struct former_key *out)
{
    for (size_t i = node->epoch_count; i-- > 0;) {
        const struct grant *grant = &node->epochs[i].grant;
        const struct revocation *word;

        if (memcmp(grant->curve_key, curve_key, sizeof grant->curve_key) != 0) {
            continue;
        }
        word = roster_word(node, grant->epoch, UINT32_MAX);
        if (word != NULL || is_replaced(node, i)) {
            *out = (struct former_key){
                .division = grant->division, .epoch = grant->epoch, .is_revoked = word != NULL};
            if (word != NULL) {
                out->word = *word;
            }
            return true;
        }
    }
    return false;
}

bool roster_former_key(const struct roster *roster, const uint8_t curve_key[32],
                       struct former_key *out)
{
    for (size_t i = 0; i < roster->count; i++) {
        const struct division division = roster->nodes[i]->member.grant.division;

        if (!division_equal(division, roster->self) &&
            roster_within(roster, division, roster->self) &&
            is_former(roster->nodes[i], curve_key, out)) {
            return true;
        }
    }
    return false;
}
