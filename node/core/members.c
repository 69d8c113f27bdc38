#include "node/core/members.h"

#include <stdio.h>

#include "node/core/node_struct.h"
#include "replicator/former_keys.h"

enum status node_invite(struct node *node, struct txn *txn, struct division division,
                        const struct invite_terms *terms, struct token *token, struct err *err)
{
    memset(token, 0, sizeof *token);
    token->division = division;
    token->parent = node->config.self;
    token->tree = node->config.tree;
    memcpy(token->curve_key, roster_find(node_roster(node), node->config.self)->grant.curve_key,
           sizeof token->curve_key);
    (void)snprintf(token->endpoint, sizeof token->endpoint, "%s", node->config.enrol);
    (void)snprintf(token->link, sizeof token->link, "%s", node->config.listen);
    token->policy = node_policy(node).kinds;
    return enrol_invite(node->replicator, txn, token, terms, node->turn_unix_ms, err);
}

enum status node_amend(struct node *node, struct txn *txn, struct division division,
                       const char *name, const struct grant_reach *may_grant, uint32_t *epoch,
                       struct err *err)
{
    return replicator_amend(node->replicator, txn, division, name, may_grant, epoch, err);
}

enum status node_rotate(struct node *node, struct txn *txn, const struct rotation *rotation,
                        struct err *err)
{
    return replicator_rotate(node->replicator, txn, rotation, err);
}

bool node_admits(const struct node *node, const uint8_t curve_key[32], struct division *child)
{
    return replicator_admits(node->replicator, curve_key, child);
}

bool node_visits(const struct node *node, const uint8_t curve_key[32], struct division *who)
{
    return replicator_visits(node->replicator, curve_key, who);
}

void node_heard_under(struct node *node, const uint8_t curve_key[32], struct division child)
{
    replicator_heard_under(node->replicator, curve_key, child);
}

enum status node_listen(struct node *node, struct txn *txn, const struct endpoint_entry *entry,
                        struct err *err)
{
    return replicator_listen(node->replicator, txn, entry, err);
}

enum status node_may_revoke(const struct node *node, struct division division, const char *reason,
                            struct err *err)
{
    const struct bytes text = bytes_text(reason);

    if (text.size == 0 || text.size > REVOCATION_REASON_MAX || !text_plain(text)) {
        return err_set(err, ERR_REFUSED, "revoke_reason bytes_max=%d", REVOCATION_REASON_MAX);
    }
    return roster_may_revoke(node_roster(node), node->config.self, division, err);
}

enum status node_revoke(struct node *node, struct txn *txn, struct division division,
                        const char *reason, struct revocation *out, struct err *err)
{
    const enum status status = node_may_revoke(node, division, reason, err);

    return status == OK ? replicator_revoke(node->replicator, txn, division, reason, out, err)
                        : status;
}
