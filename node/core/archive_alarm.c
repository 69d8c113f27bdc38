#include "node/core/archive_alarm.h"

#include "node/core/node_struct.h"

void node_archive(struct node *node, const char *fault)
{
    if (fault[0] == '\0') {
        alarms_clear(node->alarms, ALARM_ARCHIVE, node->config.self);
    } else {
        alarms_raise(node->alarms, ALARM_ARCHIVE, node->config.self, "%s", fault);
    }
}
