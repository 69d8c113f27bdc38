#include "node/core/node.h"

#include <assert.h>
#include <stdio.h>

#include "node/core/commit.h"
#include "node/core/damage.h"
#include "node/core/node_struct.h"
#include "node/core/own_log.h"
#include "node/core/rebuild.h"
#include "node/core/resync.h"
#include "node/core/revoked.h"
#include "node/core/turn.h"
#include "node/ledger/observe.h"
#include "node/office/drafts.h"
#include "proto/log.h"

/* --- one wall time for a whole turn --- */

static uint64_t turn_mono_ms(void *self)
{
    const struct node *node = self;

    return clock_mono_ms(&node->clock);
}

static uint64_t turn_unix_ms(void *self)
{
    const struct node *node = self;

    return node->turn_unix_ms;
}

static uint64_t turn_random(void *self)
{
    const struct node *node = self;

    return clock_random(&node->clock);
}

/* --- what the replicator tells --- */

static void on_block_held(void *arg, struct txn *txn, const struct block_view *block,
                          const struct block_body *body)
{
    struct node *node = arg;
    const struct block_header *header = &block->header;

    meter_arrival(&node->meter, header->time_ms, node->turn_unix_ms);
    node_day_block(node, header);
    if (approval_check(&node->approval_check, txn, node_roster(node), header, body)) {
        confirmations_note(node, header->author);
    }
    if (resync_keeps(node, txn, header)) {
        return;
    }
    if (!roster_within(node_roster(node), header->author, node->config.self)) {
        ledger_observe_block(node->ledger, txn, header, body->entries, body->count);
        drafted_forget(&node->drafted);
    } else {
        catch_up_take(&node->catch_up, header, body->entries, body->count);
    }
}

static void on_state_digest(void *arg, struct txn *txn, struct hash *out)
{
    struct node *node = arg;

    ledger_own_digest(node->ledger, txn, out);
}

static void on_roster_changed(void *arg, struct division division)
{
    struct node *node = arg;

    LOG_INFO("roster", "about=%s", division.code);
    if (node->replicator == NULL) {
        return; /* it is being opened; what waits is looked for then */
    }
    if (division_equal(division, node->config.self)) {
        node_watch_revoked(node);
    }
    confirmations_changed(node, division);
    catch_up_resume(&node->catch_up, division);
}

static void on_link_changed(void *arg, const struct link_change *change)
{
    node_watch_link_changed(arg);
    LOG_INFO("peer.state", "peer=%s from=%s to=%s on=%s reason=%s", change->peer.code,
             peer_state_name(change->from), peer_state_name(change->to), change->on,
             change->reason);
}

static void on_alarm(void *arg, enum alarm_code code, struct division about, const char *message)
{
    const struct node *node = arg;

    alarms_raise(node->alarms, code, about, "%s", message);
}

static void on_alarm_cleared(void *arg, enum alarm_code code, struct division about)
{
    const struct node *node = arg;

    alarms_clear(node->alarms, code, about);
}

static void on_write_health(void *arg, struct buf *out)
{
    self_health_write(arg, out);
}

static bool on_beat_heard(void *arg, const struct beat_report *report)
{
    accesses_hear(arg, report);
    node_day_beat(arg, report);
    return node_watch_take(arg, report);
}

/* --- what the ledger asks --- */

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    return own_log_read(arg, author, lsn, memory, body);
}

/* Grants enter the own log without the ledger; their lsn is part of the digest all the same. */
static uint64_t own_lsn(void *arg, uint64_t *time_ms)
{
    const struct node *node = arg;

    *time_ms = node->turn_unix_ms;
    return replicator_next_lsn(node->replicator) - 1;
}

static void on_confirm_held(void *arg, struct division author)
{
    confirmations_note(arg, author);
}

static void on_document_due(void *arg, struct txn *txn, const struct document *document)
{
    (void)txn;
    own_log_due(arg, document);
}

/* --- life --- */

static enum status open_parts(struct node *node, const struct bytes *bootstrap,
                              size_t bootstrap_count, struct err *err)
{
    const struct replicator_config replicator = {
        .self = node->config.self,
        .tree = node->config.tree,
        .key = node->config.key,
        .next_key = node->config.next_key,
        .store = &node->store,
        .clock = &node->turn_clock,
        .resyncs = node->config.resync == RESYNC_FETCH,
        .sink = {.arg = node,
                 .block_held = on_block_held,
                 .state_digest = on_state_digest,
                 .roster_changed = on_roster_changed,
                 .alarm = on_alarm,
                 .alarm_cleared = on_alarm_cleared,
                 .link_changed = on_link_changed,
                 .write_health = on_write_health,
                 .beat_heard = on_beat_heard},
        .limits = node->config.limits,
    };
    struct ledger_config ledger = {
        .self = node->config.self,
        .sink = {.arg = node,
                 .read_entry = read_entry,
                 .document_due = on_document_due,
                 .alarm = on_alarm,
                 .alarm_cleared = on_alarm_cleared,
                 .own_lsn = own_lsn,
                 .confirm_held = on_confirm_held},
    };
    enum status status;

    status =
        replicator_open(&node->replicator, &replicator, node->txn, bootstrap, bootstrap_count, err);
    if (status != OK) {
        return status;
    }
    ledger.roster = replicator_roster(node->replicator);
    node->ledger = ledger_open(&ledger);
    catch_up_open(&node->catch_up, &(struct catch_up_parts){.self = node->config.self,
                                                            .store = &node->store,
                                                            .txn = node->txn,
                                                            .replicator = node->replicator,
                                                            .ledger = node->ledger,
                                                            .alarms = node->alarms});
    space_init(&node->space, &node->store, &node->clock, node->alarms, node->config.self);
    approval_check_open(&node->approval_check, node->config.self, &node->config.tree, &node->store,
                        node->alarms);
    return OK;
}

enum status node_open(struct node **out, const struct node_config *config,
                      const struct store *store, const struct transport *transport,
                      const struct clock *clock, const struct bytes *bootstrap,
                      size_t bootstrap_count, struct err *err)
{
    struct node *node = mem_zalloc(sizeof *node);
    enum status status;

    *out = NULL;
    node->config = *config;
    node->store = *store;
    node->transport = *transport;
    node->clock = *clock;
    node->turn_clock = (struct clock){node, turn_mono_ms, turn_unix_ms, turn_random};
    turn_open(node);
    tasks_init(&node->tasks, config->wake, config->wake_arg);
    if (store->ops->notify != NULL && config->wake != NULL) {
        store->ops->notify(store->self, config->wake, config->wake_arg);
    }
    node->txn = txn_open(&node->store, NULL);
    node_watch_open(node);
    accesses_open(node);
    drafts_open(node);

    status = store->ops->claim(store->self, &node->fence, err);
    if (status == OK && (config->damage == NULL || config->resync != RESYNC_NOT)) {
        status = rebuild_cuts(store, node->fence, config->self, &config->tree, err);
        if (status == OK) {
            status = rebuild_rules(store, node->fence, config->self, &config->tree, node->txn, err);
        }
    }
    if (status == OK) {
        status = alarms_open(&node->alarms, &node->turn_clock, config->alarm_sink, node->txn, err);
    }
    if (status == OK) {
        status = accesses_load(node, err);
    }
    if (status == OK) {
        status = node_watch_load(node, err);
    }
    if (status == OK) {
        status = scrub_open(node, err);
    }
    if (status == OK) {
        status = open_parts(node, bootstrap, bootstrap_count, err);
    }
    if (status != OK) {
        err_wrap(err, "open_node division=%s", config->self.code);
        node_close(node);
        return status;
    }
    node_day_open(node);
    confirmations_open(node);
    node_watch_revoked(node);
    resync_begin(node);
    own_log_introduce(node);
    node->opened_ms = clock_mono_ms(clock);
    turn_await_parent(node);
    if (config->damage != NULL) {
        damage_tell(node, config->self, config->damage);
    }
    if (config->store_unnoted) {
        alarms_raise(node->alarms, ALARM_STORE_UNNOTED, config->self, "store_note_missing");
    }
    *out = node;
    return OK;
}

void node_close(struct node *node)
{
    if (node == NULL) {
        return;
    }
    tasks_stop(&node->tasks);
    drafted_forget(&node->drafted);
    drafts_close(node);
    approval_check_close(&node->approval_check);
    ledger_close(node->ledger);
    replicator_close(node->replicator);
    txn_free(node->txn);
    tasks_free(&node->tasks);
    alarms_close(node->alarms);
    own_log_free(node);
    node_day_close(node);
    node_watch_close(node);
    accesses_close(node);
    scrub_close(node);
    commit_close(node);
    turn_close(node);
    catch_up_free(&node->catch_up);
    confirmations_free(&node->confirmations);
    mem_free(node);
}

uint64_t node_approvals_verified(const struct node *node)
{
    return node->approval_check.judge.verified;
}

const struct meter *node_meter(const struct node *node)
{
    return &node->meter;
}

const struct last_day *node_last_day(const struct node *node)
{
    return node->day.last_day;
}

void node_post(struct node *node, struct task *task)
{
    tasks_post(&node->tasks, task);
}

bool node_await_commit(struct node *node, uint64_t *seen, uint32_t timeout_ms)
{
    return tasks_await_commit(&node->tasks, seen, timeout_ms);
}

void node_end_waits(struct node *node)
{
    tasks_end_waits(&node->tasks);
}

bool node_is_committing(const struct node *node)
{
    return node->committing || node->waiting_for_space;
}

struct alarms *node_alarms(struct node *node)
{
    return node->alarms;
}

void node_hurry(struct node *node)
{
    alarms_hurry(node->alarms);
    scrub_hurry(node);
}

enum status node_ack_alarm(struct node *node, struct txn *txn, uint64_t id, const char *who,
                           bool *cleared, struct err *err)
{
    const enum status status = alarms_ack(node->alarms, id, who, cleared, err);

    if (status == OK) {
        alarms_stage(node->alarms, txn, true);
    }
    return status;
}

enum status node_silence_alarm(struct node *node, struct txn *txn, uint64_t id,
                               uint64_t until_unix_ms, const char *who, struct err *err)
{
    const enum status status = alarms_silence(node->alarms, id, until_unix_ms, who, err);

    if (status == OK) {
        alarms_stage(node->alarms, txn, true);
    }
    return status;
}

void node_flood(struct node *node, const char *reason)
{
    if (reason[0] == '\0') {
        alarms_clear(node->alarms, ALARM_FLOOD, node->config.self);
    } else {
        alarms_raise(node->alarms, ALARM_FLOOD, node->config.self, "%s", reason);
    }
}

enum status node_ready(const struct node *node)
{
    if (node->store_damaged) {
        return ERR_CORRUPT;
    }
    return node->space.is_full ? ERR_DISK_FULL : OK;
}

const struct replicator *node_replicator(const struct node *node)
{
    return node->replicator;
}

void node_trim(struct node *node)
{
    txn_trim(node->txn);
    drafted_forget(&node->drafted);
    own_log_trim(node);
}

uint64_t node_rows_written(const struct node *node)
{
    return node->rows_written;
}

const struct roster *node_roster(const struct node *node)
{
    return replicator_roster(node->replicator);
}

const struct node_config *node_config(const struct node *node)
{
    return &node->config;
}

struct policy node_policy(const struct node *node)
{
    const struct member *self = roster_find(node_roster(node), node->config.self);
    const struct policy parents = {self == NULL ? NUMBER_SET_NONE : self->grant.policy};

    return policy_both(node->config.approval, parents);
}

enum status node_pause(struct node *node, struct txn *txn, struct division peer, bool paused,
                       struct err *err)
{
    return replicator_pause(node->replicator, txn, peer, paused, err);
}
