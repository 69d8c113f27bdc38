#include "node/core/revoked.h"

#include <inttypes.h>

#include "node/core/node_struct.h"
#include "replicator/former_keys.h"

enum reason node_is_over(const struct node *node)
{
    struct usurped usurped;

    if (roster_revoked(replicator_roster(node->replicator), node->config.self, NULL)) {
        return REASON_REVOKED;
    }
    replicator_usurped(node->replicator, &usurped);
    return usurped.is_confirmed || usurped.lacks_key ? REASON_SUPERSEDED : REASON_NONE;
}

static void watch_usurped(struct node *node)
{
    const struct division self = node->config.self;
    struct usurped usurped;

    replicator_usurped(node->replicator, &usurped);
    if (usurped.is_confirmed || usurped.lacks_key) {
        alarms_raise(node->alarms, ALARM_SUPERSEDED, self, "superseded epoch=%" PRIu32 " by=%s",
                     usurped.epoch, replicator_parent(node->replicator).code);
    } else {
        alarms_clear(node->alarms, ALARM_SUPERSEDED, self);
    }
    if (!usurped.is_usurped || usurped.is_confirmed) {
        alarms_clear(node->alarms, ALARM_USURPED, self);
    } else if (division_is_none(usurped.heard_by)) {
        alarms_raise(node->alarms, ALARM_USURPED, self, "usurped epoch=%" PRIu32 " by=%s",
                     usurped.epoch, replicator_parent(node->replicator).code);
    } else {
        alarms_raise(node->alarms, ALARM_USURPED, self,
                     "usurped_objected epoch=%" PRIu32 " by=%s heard=%s", usurped.epoch,
                     replicator_parent(node->replicator).code, usurped.heard_by.code);
    }
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
    watch_usurped(node);
}
