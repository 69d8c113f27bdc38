#include "node/node_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "node/trial.h"
#include "proto/bug.h"
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

    approval_check(node, header, body);
    if (!roster_within(node_roster(node), header->author, node->config.self)) {
        ledger_hear_block(node->ledger, txn, header, body->entries, body->count);
    } else {
        replay_take(node, txn, header, body->entries, body->count);
    }
}

static void on_state_digest(void *arg, struct txn *txn, struct hash *out)
{
    struct node *node = arg;

    ledger_own_digest(node->ledger, txn, out);
}

static void on_roster_changed(void *arg, struct division division)
{
    (void)arg;
    LOG_INFO("roster", "division=%s", division.code);
}

static void on_link_changed(void *arg, const struct link_change *change)
{
    (void)arg;
    LOG_INFO("peer.state", "peer=%s from=%s to=%s on=%s reason=\"%s\"", change->peer.code,
             peer_state_name(change->from), peer_state_name(change->to), change->on,
             change->reason);
}

static void on_alarm(void *arg, const char *code, struct division about, const char *text)
{
    struct node *node = arg;

    node_alarm(node, code, about, text);
    if (strcmp(code, "lost_tail") == 0 && division_equal(about, node->config.self)) {
        (void)snprintf(node->lost_tail, sizeof node->lost_tail, "%s", text);
    }
}

static void on_alarm_cleared(void *arg, const char *code, struct division about)
{
    node_alarm_clear(arg, code, about);
}

/* --- what the ledger asks --- */

bool node_read_entry(struct node *node, struct division author, uint64_t lsn, struct buf *memory,
                     struct bytes *body)
{
    struct block_body block = BLOCK_BODY_EMPTY;
    struct entry entry = {.lsn = lsn};
    struct err err;
    enum status status;
    bool found = false;

    if (division_equal(author, node->config.self)) {
        found = trial_read(node->trial, lsn, &entry.body) ||
                replicator_open_entry(node->replicator, lsn, &entry);
    }
    if (!found) {
        status = log_read_entry(&node->store, NULL, author, lsn, &block, &entry, &err);
        found = status == OK;
        if (status == ERR_NOT_FOUND) { /* its row says that it is */
            err.status = ERR_CORRUPT;
        }
        if (status != OK) { /* nothing may be said about it */
            txn_fail(node->txn, &err);
        }
    }
    if (found) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&block);
    return found;
}

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    return node_read_entry(arg, author, lsn, memory, body);
}

/* Grants enter the own log without the ledger; their lsn is part of the digest all the same. */
static uint64_t own_lsn(void *arg, uint64_t *time_ms)
{
    const struct node *node = arg;

    *time_ms = node->turn_unix_ms;
    return replicator_next_lsn(node->replicator) - 1;
}

static void on_settle_due(void *arg, struct txn *txn, const struct document *settle)
{
    struct node *node = arg;
    struct buf body = BUF_EMPTY;

    (void)txn;
    document_encode(&body, settle);
    buf_put_varint(&node->settles, body.size);
    buf_append_bytes(&node->settles, buf_bytes(&body));
    buf_free(&body);
}

/* Settles wait until the frame that caused them is through: the ledger is not entered twice. */
static void write_settles(struct node *node, struct txn *txn)
{
    struct reader reader =
        reader_of(BUG("settle-dropped") ? BYTES_NONE : buf_bytes(&node->settles));

    while (reader_left(&reader) > 0) {
        const struct bytes body = reader_bytes(&reader, (size_t)reader_varint(&reader));
        struct document settle;
        struct refusal refusal;
        struct err err;
        enum status status = document_decode(&settle, KIND_SETTLE, body, &err);

        assert(reader_ok(&reader) && status == OK);
        (void)status;
        if (ledger_check_exists(node->ledger, txn, &settle, &refusal) == REASON_NONE) {
            (void)node_enter(node, txn, &settle, body);
        }
    }
    buf_clear(&node->settles);
}

uint64_t node_enter(struct node *node, struct txn *txn, const struct document *document,
                    struct bytes body)
{
    const struct audience audience = ledger_audience(node->ledger, txn, document);
    struct applied applied = {
        .author = node->config.self,
        .time_ms = node->turn_unix_ms,
        .kind = document->kind,
        .format = DOCUMENT_FORMAT,
        .body = body,
    };

    /* The append may close a block; the digest it then takes must not know this document yet. */
    applied.lsn =
        replicator_append(node->replicator, txn, &audience, document->kind, DOCUMENT_FORMAT, body);
    ledger_apply_own(node->ledger, txn, &applied, document);
    return applied.lsn;
}

/* --- the turn --- */

static void mind_space(struct node *node, const char *code, const struct store_space_free *space,
                       uint64_t needed_bytes, const char *consequence)
{
    char text[200];

    if (space->free_bytes >= needed_bytes) {
        node_alarm_clear(node, code, node->config.self);
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRIu64 " MiB free: below %" PRIu64 " MiB %s",
                   space->free_bytes >> 20, needed_bytes >> 20, consequence);
    node_alarm(node, code, node->config.self, text);
}

static void check_space(struct node *node)
{
    const uint64_t now = clock_mono_ms(&node->clock);
    struct store_space_free space;
    struct err err;

    if (node->space_checked_ms != 0 && now - node->space_checked_ms < SPACE_CHECK_MS) {
        return;
    }
    node->space_checked_ms = now;
    if (node->store.ops->free_space(node->store.self, &space, &err) != OK) {
        return;
    }
    node->disk_full = space.free_bytes < space.floor_bytes && !BUG("floor-ignored");
    mind_space(node, "disk_full", &space, space.floor_bytes,
               "new documents are refused; free some space");
    mind_space(node, "disk_low", &space, DISK_LOW_FLOORS * space.floor_bytes,
               "it will soon be full; free some space");
}

static bool receive_frames(struct node *node)
{
    const uint64_t begun_ms = clock_mono_ms(&node->clock);
    size_t bytes = 0;

    for (int i = 0; i < TURN_FRAMES_MAX && bytes < TURN_BYTES_MAX &&
                    clock_mono_ms(&node->clock) - begun_ms < TURN_RECEIVE_MS;
         i++) {
        struct division from;
        if (!node->transport.ops->receive(node->transport.self, &from, &node->frame)) {
            return false;
        }
        bytes += node->frame.size;
        replicator_receive(node->replicator, node->txn, from, buf_bytes(&node->frame));
    }
    return true;
}

static void send_frames(struct node *node)
{
    struct division to;

    while (replicator_next_frame(node->replicator, &to, &node->frame)) {
        if (!node->transport.ops->send(node->transport.self, to, buf_bytes(&node->frame))) {
            replicator_unsent(node->replicator, to, buf_bytes(&node->frame));
        }
    }
}

/* Durable now: answer, acknowledge, send onward. */
static void release_turn(struct node *node)
{
    replicator_durable(node->replicator);
    send_frames(node); /* first: the next level's disk can work while we answer */
    calls_finish(node, OK);
}

static enum status await_commit(struct node *node, struct err *err)
{
    const enum commit_outcome outcome = node->store.ops->commit_outcome(node->store.self, err);

    if (outcome == COMMIT_PENDING) {
        return OK;
    }
    node->committing = false;
    if (outcome != COMMIT_OK) {
        /* Whether it is there or not shows on restart; until then nothing more is said. */
        return err_wrap(err, "commit of division %s", node->config.self.code);
    }
    txn_committed(node->txn);
    calls_tell_commit(node);
    release_turn(node);
    return OK;
}

static enum status begin_commit(struct node *node, struct err *err)
{
    const struct batch batch = txn_batch(node->txn);
    const enum status status =
        node->store.ops->commit_begin(node->store.self, node->fence, &batch, err);

    node->waiting_for_space = status == ERR_DISK_FULL;
    if (node->waiting_for_space) {
        node->space_checked_ms = 0;
        check_space(node);
        return OK; /* nothing was begun: the turn stands as it is until there is room for it */
    }
    if (status != OK) {
        return err_wrap(err, "commit of division %s", node->config.self.code);
    }
    node->committing = true;
    node->rows_written += batch.count;
    if (BUG("answer-before-commit")) {
        calls_finish(node, OK);
    }
    if (BUG("ack-before-commit")) {
        send_frames(node);
    }
    return await_commit(node, err);
}

static enum status commit_turn(struct node *node, struct err *err)
{

    if (txn_status(node->txn, err) != OK) {
        return err_wrap(err, "read during a turn");
    }
    if (txn_changes(node->txn) == 0) {
        txn_reset(node->txn);
        release_turn(node);
        return OK;
    }
    return begin_commit(node, err);
}

/* A staged turn that found no room stays as it is and is tried again. */
static enum status wait_for_space(struct node *node, struct err *err)
{
    const uint64_t now = clock_mono_ms(&node->clock);

    calls_answer_reads(node, ERR_DISK_FULL);
    if (now - node->space_tried_ms < SPACE_CHECK_MS) {
        return OK;
    }
    node->space_tried_ms = now;
    if (begin_commit(node, err) != OK) {
        calls_finish(node, err->status);
        return err->status;
    }
    return OK;
}

/* A store put back from an old copy shows when the parent tells what it holds of our log. Until
 * then a document would take a number that another has already. */
static bool parent_awaited(struct node *node)
{
    if (node->parent_awaited && (replicator_parent_answered(node->replicator) ||
                                 clock_mono_ms(&node->clock) - node->opened_ms >= PARENT_MS)) {
        node->parent_awaited = false;
    }
    return node->parent_awaited;
}

/* What makes going on worse than stopping, after the commit of a turn. */
static enum status check_own_log(struct node *node, struct err *err)
{
    if (node->lost_tail[0] != '\0') {
        return err_set(err, ERR_CORRUPT, "%s", node->lost_tail);
    }
    if (replay_own(node) == OWN_STOPPED) {
        return err_set(err, ERR_NEEDS_UPGRADE,
                       "the log of %s holds entries that this version does not know: start a "
                       "version at least as new as the one that wrote them",
                       node->config.self.code);
    }
    return OK;
}

enum status node_step(struct node *node, bool *busy, struct err *err)
{
    enum status status;

    *busy = false;
    if (node->committing) {
        return await_commit(node, err);
    }
    node->turn_unix_ms = clock_unix_ms(&node->clock);
    if (node->config.damage != NULL) {
        calls_answer_reads(node, ERR_CORRUPT);
        return OK;
    }
    if (node->waiting_for_space) {
        return wait_for_space(node, err);
    }
    check_space(node);
    if (replay_own(node) == OWN_WHOLE) {
        if (parent_awaited(node)) {
            calls_run_reads(node);
        } else {
            *busy |= calls_run(node);
        }
        replicator_withhold(node->replicator, node->disk_full); /* blocks wait with their sender */
        *busy |= receive_frames(node);
    }
    if (clock_mono_ms(&node->clock) >= replicator_next_tick(node->replicator)) {
        replicator_tick(node->replicator, node->txn);
    }
    *busy |= replay_slice(node);
    write_settles(node, node->txn);
    replicator_seal(node->replicator, node->txn);
    status = commit_turn(node, err);
    if (status == OK) {
        status = check_own_log(node, err);
    }
    if (status != OK) {
        calls_finish(node, status);
    }
    return status;
}

uint64_t node_next_tick(const struct node *node)
{
    if (node->config.damage != NULL) {
        return UINT64_MAX;
    }
    if (node->parent_awaited) {
        const uint64_t over_ms = node->opened_ms + PARENT_MS,
                       tick_ms = replicator_next_tick(node->replicator);

        return over_ms < tick_ms ? over_ms : tick_ms;
    }
    if (node->waiting_for_space) {
        return node->space_tried_ms + SPACE_CHECK_MS;
    }
    return replicator_next_tick(node->replicator);
}

/* --- life --- */

static enum status open_parts(struct node *node, const struct bytes *bootstrap,
                              size_t bootstrap_count, struct err *err)
{
    const struct replicator_config replicator = {
        .self = node->config.self,
        .tree = node->config.tree,
        .key = node->config.key,
        .store = &node->store,
        .clock = &node->turn_clock,
        .sink = {.arg = node,
                 .block_held = on_block_held,
                 .state_digest = on_state_digest,
                 .roster_changed = on_roster_changed,
                 .alarm = on_alarm,
                 .alarm_cleared = on_alarm_cleared,
                 .link_changed = on_link_changed},
        .limits = node->config.limits,
    };
    struct ledger_config ledger = {
        .self = node->config.self,
        .sink = {.arg = node,
                 .read_entry = read_entry,
                 .settle_due = on_settle_due,
                 .alarm = on_alarm,
                 .own_lsn = own_lsn},
    };
    enum status status;

    status =
        replicator_open(&node->replicator, &replicator, node->txn, bootstrap, bootstrap_count, err);
    if (status != OK) {
        return status;
    }
    ledger.roster = replicator_roster(node->replicator);
    node->ledger = ledger_open(&ledger);
    replay_find(node);
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
    node->turn_unix_ms = clock_unix_ms(clock);
    calls_init(node);
    node->txn = txn_open(&node->store, NULL);

    status = store->ops->claim(store->self, &node->fence, err);
    if (status == OK) {
        status = open_parts(node, bootstrap, bootstrap_count, err);
    }
    if (status != OK) {
        err_wrap(err, "open node %s", config->self.code);
        node_close(node);
        return status;
    }
    node->opened_ms = clock_mono_ms(clock);
    node->parent_awaited = !division_is_none(replicator_parent(node->replicator));
    if (config->damage != NULL) {
        node_alarm(node, "store_damaged", config->self, config->damage);
    }
    *out = node;
    return OK;
}

void node_close(struct node *node)
{
    if (node == NULL) {
        return;
    }
    calls_stop(node);
    ledger_close(node->ledger);
    replicator_close(node->replicator);
    txn_free(node->txn);
    calls_free(node);
    buf_free(&node->settles);
    buf_free(&node->frame);
    mem_free(node->lagging);
    mem_free(node);
}

const struct replicator *node_replicator(const struct node *node)
{
    return node->replicator;
}

void node_rest(struct node *node)
{
    txn_rest(node->txn);
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
    const struct policy parents = {self == NULL ? 0 : self->grant.policy};

    return policy_both(node->config.approval, parents);
}

enum status node_invite(struct node *node, struct txn *txn, struct division division,
                        const char *name, struct token *token, struct err *err)
{
    memset(token, 0, sizeof *token);
    token->division = division;
    token->parent = node->config.self;
    token->tree = node->config.tree;
    memcpy(token->curve_key, node->config.curve_public, sizeof token->curve_key);
    (void)snprintf(token->endpoint, sizeof token->endpoint, "%s", node->config.enrol);
    (void)snprintf(token->link, sizeof token->link, "%s", node->config.listen);
    token->policy = node_policy(node).kinds;
    return enrol_invite(node->replicator, txn, token, name, node->turn_unix_ms, err);
}

enum status node_pause(struct node *node, struct txn *txn, struct division peer, bool paused,
                       struct err *err)
{
    return replicator_pause(node->replicator, txn, peer, paused, err);
}
