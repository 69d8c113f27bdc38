#include "replicator/trust/roster_members.h"

#include <assert.h>
#include <inttypes.h>

#include "replicator/trust/founders.h"

enum { EPOCHS_MAX = 64 /* of one division: a parent gone mad must not take all our memory */ };

static bool has_key(const struct epoch *epoch, const struct public_key *key)
{
    return memcmp(epoch->grant.sign_key.at, key->at, sizeof key->at) == 0;
}

/* --- what its granter may say --- */

/* By the list of the epoch whose key signed, and no other: it is the same at every holder, whatever
 * else has come there. */
static enum status check_reach(const struct epoch *granter, const struct sealed_grant *opened,
                               struct err *err)
{
    const char *division = opened->grant.division.code, *by = granter->grant.division.code;
    struct grant_terms terms;
    const char *pattern;
    const enum status status = grant_parse_terms(&terms, buf_bytes(&granter->sealed), err);

    assert(status == OK); /* it was read when it was taken */
    if (!reach_has(&terms.may_grant, opened->grant.division)) {
        return err_set(err, ERR_REFUSED, "grant_outside_reach division=%s granter=%s", division,
                       by);
    }
    return reach_within(&opened->terms.may_grant, &terms.may_grant, &pattern)
               ? OK
               : err_set(err, ERR_REFUSED,
                         "grant_list_outside_reach pattern=%s division=%s granter=%s", pattern,
                         division, by);
}

/* The epoch of the granter that the grant names, when its key signed. */
static enum status find_granter(const struct roster *roster, const struct sealed_grant *opened,
                                const struct epoch **out, struct err *err)
{
    const struct grant *grant = &opened->grant;
    const struct node *parent = roster_node(roster, grant->parent);

    if (parent == NULL) {
        return err_set(err, ERR_NOT_YET, "granter_unknown division=%s", grant->parent.code);
    }
    if (grant->granter_epoch > parent->epoch_count) {
        return err_set(err, ERR_NOT_YET, "granter_epoch_unknown division=%s epoch=%" PRIu32,
                       grant->parent.code, grant->granter_epoch);
    }
    *out = &parent->epochs[grant->granter_epoch - 1];
    if (!has_key(*out, &opened->signer)) {
        return err_set(err, ERR_REFUSED, "not_signers_to_grant division=%s", grant->division.code);
    }
    /* Who was let in by an epoch that is unconfirmed still knows what it was told. */
    return (*out)->standing == STANDING_COUNTS ||
                   (roster->believes && (*out)->standing == STANDING_UNCONFIRMED) ||
                   division_equal(grant->division, roster->self)
               ? OK
               : err_set(err, ERR_NOT_YET, "granter_epoch_unconfirmed division=%s epoch=%" PRIu32,
                         grant->parent.code, grant->granter_epoch);
}

/* Whose word is it? The trust key's for the root, the parent's for everybody else. */
static enum status check_granter(const struct roster *roster, const struct sealed_grant *opened,
                                 struct err *err)
{
    const struct grant *grant = &opened->grant;
    const struct hash signer = key_fingerprint(&opened->signer);
    const struct epoch *granter = NULL;
    enum status status;

    if (division_is_none(grant->parent)) {
        return hash_equal(&signer, &roster->tree) ? OK
                                                  : err_set(err, ERR_REFUSED, "root_not_trusted");
    }
    status = find_granter(roster, opened, &granter, err);
    if (status == OK && !number_set_contains(&grant->policy, &granter->grant.policy)) {
        status = err_set(err, ERR_REFUSED, "grant_laxer division=%s", grant->parent.code);
    }
    return status == OK ? check_reach(granter, opened, err) : status;
}

/* --- whether it follows --- */

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

/* Whose key agreed to these bytes? The newest of them: what came after it may yet be refused. */
static const struct epoch *find_consenter(const struct node *node, const struct grant_terms *terms)
{
    for (size_t i = node->epoch_count; i > 0; i--) {
        if (signature_ok(&node->epochs[i - 1].grant.sign_key, &terms->consented, &terms->consent)) {
            return &node->epochs[i - 1];
        }
    }
    return NULL;
}

/* A rotation has the consent of an epoch before to these bytes, which change nobody but the keys
 * and cut nothing off. All else is a recovery. */
static enum status judge_next(const struct node *node, const struct sealed_grant *opened,
                              uint32_t *consenter, struct err *err)
{
    const struct grant_terms *terms = &opened->terms;
    const struct epoch *former;
    struct grant_terms before;
    enum status status;

    if (!terms->has_consent) {
        return OK;
    }
    former = find_consenter(node, terms);
    if (former == NULL) {
        return err_set(err, ERR_BAD_SIGNATURE, "consent_wrong");
    }
    status = grant_parse_terms(&before, buf_bytes(&former->sealed), err);
    assert(status == OK);
    if (opened->grant.base_lsn == 0 && founders_equal(terms, &before)) {
        *consenter = former->grant.epoch;
    }
    return OK;
}

/* The trust key's word counts by itself. */
static enum status check_root_epoch(const struct grant *former, const struct grant *grant,
                                    struct err *err)
{
    return grant->base_lsn != 0 && grant->base_lsn < former->base_lsn
               ? err_set(err, ERR_REFUSED, "base_below base=%" PRIu64 " former=%" PRIu64,
                         grant->base_lsn, former->base_lsn)
               : OK;
}

static enum status check_next(const struct node *node, const struct sealed_grant *opened,
                              uint32_t *consenter, struct err *err)
{
    const struct grant *grant = &opened->grant, *last = &node->epochs[node->epoch_count - 1].grant;

    if (!division_equal(grant->parent, last->parent)) {
        return err_set(err, ERR_DIVISION_TAKEN, "parent_differs division=%s", last->parent.code);
    }
    if (grant->epoch <= node->epoch_count) {
        return err_set(err, ERR_FORK, "grant_conflicts");
    }
    if (grant->epoch != last->epoch + 1) {
        return err_set(err, ERR_NOT_YET, "epoch_unknown");
    }
    if (node->epoch_count >= EPOCHS_MAX) {
        return err_set(err, ERR_LIMIT, "epochs_full epochs_max=%d", EPOCHS_MAX);
    }
    return division_is_none(grant->parent) ? check_root_epoch(last, grant, err)
                                           : judge_next(node, opened, consenter, err);
}

enum status roster_check(const struct roster *roster, const struct node *node,
                         const struct sealed_grant *opened, uint32_t *consenter, struct err *err)
{
    const struct grant *grant = &opened->grant;
    const struct hash link_key = link_key_hash(&grant->tree, grant->division, grant->curve_key);
    const struct node *holder;
    enum status status;

    *consenter = 0;
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
    status =
        node == NULL ? check_new(roster, grant, err) : check_next(node, opened, consenter, err);
    if (status != OK) {
        return status;
    }
    if (!signature_ok(&grant->sign_key, &link_key, &grant->key_proof)) {
        return err_set(err, ERR_BAD_SIGNATURE, "link_key_uncertified");
    }
    holder = roster_node_of_key(roster, grant->curve_key);
    if (holder != NULL &&
        !division_equal(holder->member.grant.division,
                        grant->division)) { /* a link's key must name one division */
        return err_set(err, ERR_REFUSED, "link_key_taken division=%s",
                       holder->member.grant.division.code);
    }
    return OK;
}
