#include "node/webhook/webhooks.h"

#include <stdio.h>

#include "node/api/found_damage.h"
#include "node/webhook/courier.h"
#include "proto/log.h"

struct webhooks {
    struct node *node;
    const struct store *store;
    char authorities[512];
    struct networks allowed;
    struct courier_config courier;
    uint64_t seen_version;
    bool begun;
    struct courier *at[WEBHOOKS_MAX];
    size_t count;
    struct courier *leaving[WEBHOOKS_MAX]; /* told to stop, and not waited for */
    size_t leaving_count;
};

struct webhooks *webhooks_open(const struct webhooks_config *config)
{
    struct webhooks *webhooks = mem_zalloc(sizeof *webhooks);
    const bool parsed = networks_parse(&webhooks->allowed, config->networks);

    assert(parsed);
    (void)parsed;
    webhooks->node = config->node;
    webhooks->store = config->store;
    (void)snprintf(webhooks->authorities, sizeof webhooks->authorities, "%s", config->authorities);
    webhooks->courier = (struct courier_config){.node = config->node,
                                                .store = config->store,
                                                .clock = config->clock,
                                                .key = config->key,
                                                .allowed = &webhooks->allowed,
                                                .authorities = webhooks->authorities,
                                                .gate = task_gate_open()};
    return webhooks;
}

/* --- who is there, and who should be --- */

struct wanted {
    char names[WEBHOOKS_MAX][WEBHOOK_NAME_MAX + 1];
    size_t count;
};

static bool note_name(void *arg, const struct webhook *webhook)
{
    struct wanted *wanted = arg;

    (void)snprintf(wanted->names[wanted->count++], WEBHOOK_NAME_MAX + 1, "%s", webhook->name);
    return wanted->count < WEBHOOKS_MAX;
}

/* False when they cannot be read: then nobody is told to stop because of that. */
static bool read_wanted(const struct webhooks *webhooks, struct wanted *wanted)
{
    struct txn *txn = txn_open(webhooks->store, NULL);
    struct err err;
    bool readable;

    wanted->count = 0;
    webhook_each(txn, note_name, wanted);
    readable = txn_status(txn, &err) == OK;
    if (!readable) {
        found_damage(webhooks->node, webhooks->courier.gate, &err);
    }
    txn_free(txn);
    return readable;
}

static bool is_wanted(const struct wanted *wanted, const char *name)
{
    for (size_t i = 0; i < wanted->count; i++) {
        if (strcmp(wanted->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_there(const struct webhooks *webhooks, const char *name)
{
    for (size_t i = 0; i < webhooks->count; i++) {
        if (strcmp(courier_name(webhooks->at[i]), name) == 0) {
            return true;
        }
    }
    return false;
}

/* The loop does not wait for a thread that has not finished. */
static void reap(struct webhooks *webhooks)
{
    size_t kept = 0;

    for (size_t i = 0; i < webhooks->leaving_count; i++) {
        if (courier_finished(webhooks->leaving[i])) {
            courier_close(webhooks->leaving[i]);
        } else {
            webhooks->leaving[kept++] = webhooks->leaving[i];
        }
    }
    webhooks->leaving_count = kept;
}

static void end_others(struct webhooks *webhooks, const struct wanted *wanted)
{
    size_t kept = 0;

    assert(webhooks->leaving_count == 0);

    for (size_t i = 0; i < webhooks->count; i++) {
        struct courier *courier = webhooks->at[i];

        if (is_wanted(wanted, courier_name(courier)) && !courier_finished(courier)) {
            webhooks->at[kept++] = courier;
        } else {
            LOG_INFO("webhook.stop", "name=%s", courier_name(courier));
            courier_stop(courier);
            webhooks->leaving[webhooks->leaving_count++] = courier;
        }
    }
    webhooks->count = kept;
}

static void begin(struct webhooks *webhooks, const char *name)
{
    struct err err;

    if (courier_open(&webhooks->at[webhooks->count], &webhooks->courier, name, &err) != OK) {
        LOG_WARN("webhook.failed", "name=%s reason=%s", name, err.text);
        return;
    }
    webhooks->count++;
    LOG_INFO("webhook.start", "name=%s", name);
}

void webhooks_step(struct webhooks *webhooks)
{
    const uint64_t version = webhooks_version(webhooks->node);
    struct wanted wanted;

    reap(webhooks);
    if ((webhooks->begun && version == webhooks->seen_version) || webhooks->leaving_count > 0 ||
        node_is_committing(webhooks->node)) {
        return; /* nothing new; or who was there is leaving, or the row is not there yet */
    }
    if (!read_wanted(webhooks, &wanted)) {
        return; /* looked at again in the next turn */
    }
    webhooks->begun = true;
    webhooks->seen_version = version;
    end_others(webhooks, &wanted);
    for (size_t i = 0; i < wanted.count; i++) {
        if (!is_there(webhooks, wanted.names[i])) {
            begin(webhooks, wanted.names[i]);
        }
    }
}

void webhooks_close(struct webhooks *webhooks)
{
    if (webhooks == NULL) {
        return;
    }
    task_gate_shut(webhooks->courier.gate);
    node_end_waits(webhooks->node);
    for (size_t i = 0; i < webhooks->count; i++) {
        courier_stop(webhooks->at[i]);
    }
    for (size_t i = 0; i < webhooks->count; i++) {
        courier_close(webhooks->at[i]);
    }
    for (size_t i = 0; i < webhooks->leaving_count; i++) {
        courier_close(webhooks->leaving[i]);
    }
    task_gate_unref(webhooks->courier.gate);
    mem_free(webhooks);
}
