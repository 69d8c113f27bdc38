#include "node/core/revoked.h"

#include <inttypes.h>

#include "node/core/node_struct.h"

bool node_is_revoked(const struct node *node)
{
    return roster_revoked(replicator_roster(node->replicator), node->config.self, NULL);
}

void node_watch_revoked(struct node *node)
{
    struct revocation word;

    if (roster_revoked(replicator_roster(node->replicator), node->config.self, &word)) {
        alarms_raise(node->alarms, ALARM_REVOKED, node->config.self,
                     "revoked_self by=%s final=%" PRIu64 " reason=%s", word.by.code, word.lsn,
                     word.reason);
    } else {
        alarms_clear(node->alarms, ALARM_REVOKED, node->config.self);
    }
}
