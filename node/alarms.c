/* alarms - what an operator must see, one line a cause, until it is over. */
#include <stdio.h>

#include "node/node_internal.h"
#include "proto/log.h"

void node_alarm(struct node *node, const char *code, struct division about, const char *text)
{
    struct alarm *alarm = NULL;

    for (size_t i = 0; i < node->alarm_count; i++) {
        if (strcmp(node->alarms[i].code, code) == 0 &&
            division_equal(node->alarms[i].about, about)) {
            alarm = &node->alarms[i];
            break;
        }
    }
    if (alarm == NULL) {
        LOG_WARN("alarm", "code=%s about=%s text=\"%s\"", code, about.code, text);
        if (node->alarm_count == NODE_ALARMS_MAX) {
            return; /* the board is full of alarms already */
        }
        alarm = &node->alarms[node->alarm_count++];
        memset(alarm, 0, sizeof *alarm);
        (void)snprintf(alarm->code, sizeof alarm->code, "%s", code);
        alarm->about = about;
        alarm->since_unix_ms = node->turn_unix_ms;
    }
    (void)snprintf(alarm->text, sizeof alarm->text, "%s", text);
    alarm->last_unix_ms = node->turn_unix_ms;
    alarm->count++;
}

void node_alarm_clear(struct node *node, const char *code, struct division about)
{
    for (size_t i = 0; i < node->alarm_count; i++) {
        if (strcmp(node->alarms[i].code, code) == 0 &&
            division_equal(node->alarms[i].about, about)) {
            LOG_INFO("alarm.cleared", "code=%s about=%s", code, about.code);
            node->alarms[i] = node->alarms[--node->alarm_count];
            return;
        }
    }
}

size_t node_alarms(const struct node *node, const struct alarm **out)
{
    *out = node->alarms;
    return node->alarm_count;
}

void node_flood(struct node *node, const char *reason)
{
    if (reason[0] == '\0') {
        node_alarm_clear(node, "flood", node->config.self);
    } else {
        node_alarm(node, "flood", node->config.self, reason);
    }
}
