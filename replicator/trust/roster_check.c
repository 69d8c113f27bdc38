#include "replicator/trust/roster_members.h"

#include <inttypes.h>

enum { EPOCHS_MAX = 64 /* of one division: a parent gone mad must not take all our memory */ };

/* The first of a division's grants with this key; NULL when it never had it. */
static const struct grant *grant_of_key(const struct node *node, const struct public_key *key)
{
    for (size_t i = 0; i < node->epoch_count; i++) {
        if (memcmp(node->epochs[i].grant.sign_key.at, key->at, sizeof key->at) == 0) {
            return &node->epochs[i].grant;
        }
    }
    return NULL;
}

static bool is_anyones_key(const struct roster *roster, const struct public_key *key)
{
    for (size_t i = 0; i < roster->count; i++) {
        if (grant_of_key(roster->nodes[i], key) != NULL) {
            return true;
        }
    }
    return false;
}

/* Whose word is it? The trust key's for the root, the parent's for everybody else. */
static enum status check_granter(const struct roster *roster, const struct sealed_grant *opened,
                                 struct err *err)
{
    const struct grant *grant = &opened->grant;
    const struct hash signer = key_fingerprint(&opened->signer);
    const struct grant *granter;
    const struct node *parent;

    if (division_is_none(grant->parent)) {
        if (!hash_equal(&signer, &roster->tree)) {
            return err_set(err, ERR_REFUSED, "root_not_trusted");
        }
        return OK;
    }
    parent = roster_node(roster, grant->parent);
    if (parent == NULL) {
        return err_set(err, ERR_NOT_YET, "granter_unknown division=%s", grant->parent.code);
    }
    granter = grant_of_key(parent, &opened->signer);
    if (granter != NULL) { /* of the time of signing, so that all holders judge alike */
        return number_set_contains(&grant->policy, &granter->policy)
                   ? OK
                   : err_set(err, ERR_REFUSED, "grant_laxer division=%s", grant->parent.code);
    }
    if (is_anyones_key(roster, &opened->signer) || hash_equal(&signer, &roster->tree)) {
        return err_set(err, ERR_REFUSED, "not_signers_to_grant division=%s", grant->division.code);
    }
    return err_set(err, ERR_NOT_YET, "grant_unknown_key division=%s", grant->parent.code);
}

static enum status check_new(const struct roster *roster, const struct grant *grant,
                             struct err *err)
{
    if (division_is_none(grant->parent) && roster->root != NULL) {
        return err_set(err, ERR_REFUSED, "root_already division=%s",
                       roster->root->member.grant.division.code);
    }
    if (grant->epoch != 1) {
        return err_set(err, ERR_NOT_YET, "epoch_unknown");
    }
    if (grant->base_lsn != 0) {
        return err_set(err, ERR_REFUSED, "first_epoch_base");
    }
    if (!division_is_none(grant->parent) &&
        roster_node(roster, grant->parent)->member.depth + 1 >= TREE_DEPTH_MAX) {
        return err_set(err, ERR_REFUSED, "tree_too_deep levels_max=%d", TREE_DEPTH_MAX);
    }
    if (roster->count >= ROSTER_MEMBERS_MAX) {
        return err_set(err, ERR_LIMIT, "roster_full members_max=%d", ROSTER_MEMBERS_MAX);
    }
    return OK;
}

static enum status check_next(const struct node *node, const struct sealed_grant *opened,
                              struct err *err)
{
    const struct grant *grant = &opened->grant, *last = &node->member.grant;

    if (!division_equal(grant->parent, last->parent)) {
        return err_set(err, ERR_REFUSED, "parent_differs division=%s", last->parent.code);
    }
    if (grant->epoch <= node->epoch_count) {
        return err_set(err, ERR_FORK, "grant_conflicts");
    }
    if (grant->epoch != last->epoch + 1) {
        return err_set(err, ERR_NOT_YET, "epoch_unknown");
    }
    if (grant->base_lsn < last->base_lsn) {
        return err_set(err, ERR_REFUSED, "base_below base=%" PRIu64 " former=%" PRIu64,
                       grant->base_lsn, last->base_lsn);
    }
    if (node->epoch_count >= EPOCHS_MAX) {
        return err_set(err, ERR_LIMIT, "epochs_full epochs_max=%d", EPOCHS_MAX);
    }
    return OK;
}

enum status roster_check(const struct roster *roster, const struct node *node,
                         const struct sealed_grant *opened, struct err *err)
{
    const struct grant *grant = &opened->grant;
    const struct hash link_key = link_key_hash(&grant->tree, grant->division, grant->curve_key);
    const struct node *holder;
    enum status status;

    if (!hash_equal(&grant->tree, &roster->tree)) {
        return err_set(err, ERR_REFUSED, "grant_other_tree");
    }
    if (!signature_ok(&opened->signer, &opened->hash, &opened->signature)) {
        return err_set(err, ERR_BAD_SIGNATURE, "signature_wrong");
    }
    status = check_granter(roster, opened, err);
    if (status != OK) {
        return status;
    }
    status = node == NULL ? check_new(roster, grant, err) : check_next(node, opened, err);
    if (status != OK) {
        return status;
    }
    if (!signature_ok(&grant->sign_key, &link_key, &grant->key_proof)) {
        return err_set(err, ERR_BAD_SIGNATURE, "link_key_uncertified");
    }
    holder = roster_node_of_key(roster, grant->curve_key);
    if (holder != NULL && holder != node) { /* a link's key must name one division */
        return err_set(err, ERR_REFUSED, "link_key_taken division=%s",
                       holder->member.grant.division.code);
    }
    return OK;
}
