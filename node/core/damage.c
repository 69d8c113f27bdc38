#include "node/core/damage.h"

#include "node/core/node_struct.h"

void damage_tell(struct node *node, struct division about, const char *fault)
{
    node->store_damaged = true;
    alarms_raise(node->alarms, ALARM_STORE_DAMAGED, about, "%s", fault);
}

void node_found_damage(struct node *node, struct division about, const char *fault)
{
    const bool only_reads = node->config.damage != NULL && node->config.resync == RESYNC_NOT;

    if (!node->config.heals || only_reads) {
        return;
    }
    damage_tell(node, about, fault);
    if (node->found.status == OK) {
        (void)err_set(&node->found, ERR_CORRUPT, "store_found_damaged division=%s why=%s",
                      about.code, fault);
        node->found_ms = clock_mono_ms(&node->clock);
        atomic_store(&node->is_found, true);
    }
}

void node_store_damaged(struct node *node, struct division about, const char *fault)
{
    damage_tell(node, about, fault);
    if (node->config.damage == NULL) { /* else it may be what is not there yet */
        node_found_damage(node, about, fault);
    }
}

/* What stopped the node before it started is over with a new start. */
void node_store_sound(struct node *node)
{
    if (node->config.damage == NULL) {
        node->store_damaged = false;
        alarms_clear_all(node->alarms, ALARM_STORE_DAMAGED);
    }
}

bool node_is_damaged(const struct node *node)
{
    return atomic_load(&node->is_found);
}

enum status damage_check(const struct node *node, struct err *err)
{
    if (clock_mono_ms(&node->clock) < damage_next_tick(node)) {
        return OK;
    }
    *err = node->found;
    return err->status;
}

uint64_t damage_next_tick(const struct node *node)
{
    return node->found.status == OK ? UINT64_MAX : node->found_ms + DAMAGE_MS;
}
