/* members - divisions directly below: an invitation for a new one, a change of what the grant of
 * one that is there says, and whose link key may speak; where they dial; and this node's own wish
 * for other keys.
 *
 * Thread: loop thread. */
#ifndef TERRACE_NODE_CORE_MEMBERS_H
#define TERRACE_NODE_CORE_MEMBERS_H

#include "node/core/node.h"

/* Makes a token for a division to be granted below this one. Errors as enrol_invite; ERR_CONFIG (no
 * endpoint that others can dial). */
enum status node_invite(struct node *node, struct txn *txn, struct division division,
                        const struct invite_terms *terms, struct token *token, struct err *err);
/* Would that be taken? Errors: those of node_revoke. */
enum status node_may_revoke(const struct node *node, struct division division, const char *reason,
                            struct err *err);
/* See replicator_revoke. Errors: the same, and ERR_REFUSED for a reason that cannot be shown. */
enum status node_revoke(struct node *node, struct txn *txn, struct division division,
                        const char *reason, struct revocation *out, struct err *err);
/* See replicator_amend. */
enum status node_amend(struct node *node, struct txn *txn, struct division division,
                       const char *name, const struct grant_reach *may_grant, uint32_t *epoch,
                       struct err *err);
/* See replicator_rotate. */
enum status node_rotate(struct node *node, struct txn *txn, const struct rotation *rotation,
                        struct err *err);
/* See replicator_admits and replicator_heard_under. */
bool node_admits(const struct node *node, const uint8_t curve_key[32], struct division *child);
/* See replicator_visits. */
bool node_visits(const struct node *node, const uint8_t curve_key[32], struct division *who);
void node_heard_under(struct node *node, const uint8_t curve_key[32], struct division child);

/* Errors: as of replicator_listen. */
enum status node_listen(struct node *node, struct txn *txn, const struct endpoint_entry *entry,
                        struct err *err);

#endif
