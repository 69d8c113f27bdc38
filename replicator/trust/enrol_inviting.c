#include <assert.h>
#include <stdio.h>

#include "replicator/trust/enrol_invites.h"
#include "replicator/trust/enrol_place.h"

/* Who may be invited, and what the token and its row say then. */

static enum status check_place(const struct roster *roster, const struct token *token,
                               const struct invite_terms *terms, struct err *err)
{
    const char *code = token->division.code;
    const struct member *self = roster_find(roster, token->parent);
    const struct member *member = roster_find(roster, token->division);

    if (self == NULL) {
        return err_set(err, ERR_REFUSED, "inviter_not_granted division=%s", token->parent.code);
    }
    if (division_is_none(token->division) || member == self) {
        return err_set(err, ERR_REFUSED, "invites_itself");
    }
    if (member != NULL && member->parent != self) {
        return err_set(err, ERR_REFUSED, "member_elsewhere division=%s parent=%s", code,
                       token->parent.code);
    }
    if (terms->again || terms->recover) {
        return member != NULL ? OK : err_set(err, ERR_REFUSED, "again_no_child division=%s", code);
    }
    if (member != NULL) {
        return err_set(err, ERR_REFUSED, "member_needs_epoch division=%s", code);
    }
    if (self->depth + 1 >= TREE_DEPTH_MAX) {
        return err_set(err, ERR_REFUSED, "tree_too_deep levels_max=%d", TREE_DEPTH_MAX);
    }
    return OK;
}

static enum status check_addresses(const struct token *token, struct err *err)
{
    if (!endpoint_can_be_dialled(token->link)) {
        return err_set(err, ERR_REFUSED, "link_not_dialled endpoint=%s", token->link);
    }
    if (!endpoint_can_be_dialled(token->endpoint)) {
        return err_set(err, ERR_REFUSED, "enrol_not_dialled endpoint=%s", token->endpoint);
    }
    return OK;
}

/* May it be invited so, and may the token say where to come? */
static enum status check_invite(const struct roster *roster, const struct token *token,
                                const struct invite_terms *terms, struct err *err)
{
    enum status status = check_place(roster, token, terms, err);

    if (status == OK && !terms->again && !terms->recover) {
        status = enrol_check_reach(roster, token->parent, token->division, &terms->may_grant, err);
    }
    return status == OK ? check_addresses(token, err) : status;
}

/* Whom it may grant stands. */
static void take_list(const struct roster *roster, const struct member *member,
                      struct invite *invite)
{
    struct grant_terms terms;
    const bool is_there = roster_terms(roster, member->grant.division, member->grant.epoch, &terms);

    assert(is_there);
    invite->may_grant = terms.may_grant;
}

enum status enrol_invite(struct replicator *replicator, struct txn *txn, struct token *token,
                         const struct invite_terms *terms, uint64_t now_unix_ms, struct err *err)
{
    const struct roster *roster = replicator_roster(replicator);
    const struct member *member = roster_find(roster, token->division);
    struct invite invite = {.state = INVITE_OPEN,
                            .parent = token->parent,
                            .may_grant = terms->may_grant,
                            .hold = terms->hold,
                            .again = terms->again,
                            .recover = terms->recover,
                            .two = terms->two};
    struct bytes name;

    if (check_invite(roster, token, terms, err) != OK) {
        return err_wrap(err, "invite_failed");
    }
    if (terms->again || terms->recover) { /* the child holds the token against its grant */
        token->policy = member->grant.policy;
        take_list(roster, member, &invite);
    }
    name = bytes_text(terms->again || terms->recover ? member->grant.name : terms->name);
    if (name.size == 0 || name.size > NAME_BYTES_MAX || !text_plain(name)) {
        return err_set(err, ERR_REFUSED, "invite_name bytes_max=%d", NAME_BYTES_MAX);
    }
    memcpy(invite.name, name.data, name.size);
    (void)snprintf(invite.invited_by, sizeof invite.invited_by, "%s",
                   terms->by == NULL ? "" : terms->by);
    crypto_random(token->secret, sizeof token->secret);
    token->expires_unix_ms = now_unix_ms + TOKEN_LIFE_MS;
    invite.policy = token->policy;
    invite.expires_unix_ms = token->expires_unix_ms;
    invite.secret = invite_secret_hash(token->secret);
    invite_index(txn, token->division, &invite.secret);
    invite_put(txn, token->division, &invite); /* one that was never used is replaced */
    return OK;
}
