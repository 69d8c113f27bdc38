#include "node/api/found_damage.h"

#include <stdio.h>

#include "node/core/damage.h"

struct damage_met {
    struct api_task api_task;
    char fault[MESSAGE_BYTES_MAX];
};

static void tell_damage(struct api_task *api_task, struct node *node, struct txn *txn)
{
    const struct damage_met *met = (struct damage_met *)api_task;

    (void)txn;
    node_store_damaged(node, node_config(node)->self, met->fault);
}

void found_damage(struct node *node, struct task_gate *gate, const struct err *err)
{
    struct damage_met *met;

    if (err->status != ERR_CORRUPT || node_is_damaged(node)) {
        return;
    }
    met = api_task_new(gate, sizeof *met, tell_damage, NULL);
    met->api_task.task.read_only = true;
    (void)snprintf(met->fault, sizeof met->fault, "%s", err->text);
    api_task_leave(&met->api_task, node);
}
