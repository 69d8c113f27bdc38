#include "node/node_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

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

/* --- alarms --- */

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
        if (node->alarm_count == NODE_ALARMS_MAX) {
            return; /* the board is full of alarms already; the log has every one */
        }
        alarm = &node->alarms[node->alarm_count++];
        memset(alarm, 0, sizeof *alarm);
        (void)snprintf(alarm->code, sizeof alarm->code, "%s", code);
        alarm->about = about;
        alarm->since_unix_ms = node->turn_unix_ms;
        LOG_WARN("alarm", "code=%s about=%s text=\"%s\"", code, about.code, text);
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

/* --- what the replicator tells --- */

static struct lagging *find_lagging(struct node *node, struct division division)
{
    for (size_t i = 0; i < node->lagging_count; i++) {
        if (division_equal(node->lagging[i].division, division)) {
            return &node->lagging[i];
        }
    }
    return NULL;
}

static void mark_lagging(struct node *node, struct division division)
{
    if (find_lagging(node, division) != NULL) {
        return;
    }
    if (node->lagging_count == node->lagging_capacity) {
        node->lagging_capacity = node->lagging_capacity == 0 ? 16 : 2 * node->lagging_capacity;
        node->lagging = mem_realloc(node->lagging, node->lagging_capacity * sizeof *node->lagging);
    }
    node->lagging[node->lagging_count++] = (struct lagging){.division = division};
}

/* Posts a block of a lower division, and remembers when the rest has to wait for an upgrade. */
static bool apply_below(struct node *node, struct txn *txn, const struct block_header *header,
                        const struct entry *entries, size_t count)
{
    struct err err;

    if (ledger_apply_block(node->ledger, txn, header, entries, count, &err) == OK) {
        return true;
    }
    node_alarm(node, status_name(err.status), header->author, err.text);
    mark_lagging(node, header->author);
    find_lagging(node, header->author)->stopped = true;
    return false;
}

static void on_block_held(void *arg, struct txn *txn, const struct block_view *block,
                          const struct block_body *body)
{
    struct node *node = arg;
    const struct block_header *header = &block->header;

    if (!roster_within(node_roster(node), header->author, node->config.self)) {
        ledger_hear_block(node->ledger, txn, header, body->entries, body->count);
    } else if (find_lagging(node, header->author) == NULL) {
        (void)apply_below(node, txn, header, body->entries, body->count);
    } /* else: read back from the store when its turn comes */
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

static void on_alarm(void *arg, const char *code, struct division about, const char *text)
{
    node_alarm(arg, code, about, text);
}

static void on_alarm_cleared(void *arg, const char *code, struct division about)
{
    node_alarm_clear(arg, code, about);
}

/* --- what the ledger asks --- */

static bool read_entry(void *arg, struct division author, uint64_t lsn, struct buf *memory,
                       struct bytes *body)
{
    struct node *node = arg;
    struct block_body block = BLOCK_BODY_EMPTY;
    struct entry entry = {.lsn = lsn};
    struct err err;
    bool found = false;

    if (division_equal(author, node->config.self)) {
        if (lsn - node->trial.first_lsn < node->trial.count) {
            entry.body = node->trial.bodies[lsn - node->trial.first_lsn];
            found = true;
        } else {
            found = replicator_open_entry(node->replicator, lsn, &entry);
        }
    }
    if (!found) {
        found = log_read_entry(&node->store, NULL, author, lsn, &block, &entry, &err) == OK;
    }
    if (found) {
        buf_clear(memory);
        buf_append_bytes(memory, entry.body);
        *body = buf_bytes(memory);
    }
    block_body_free(&block);
    return found;
}

/* Grants enter the own log without the ledger; their lsn is part of the digest all the same. */
static uint64_t own_lsn(void *arg)
{
    const struct node *node = arg;

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
    struct reader reader = reader_of(buf_bytes(&node->settles));

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
    const struct audience audience = kind_audience(document, node->config.self);
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

/* --- catching up: logs held but not yet posted, in bounded slices --- */

struct slice {
    struct node *node;
    uint64_t next_lsn, entries;
    bool failed;
};

static bool replay_block(void *arg, const struct block_view *block)
{
    struct slice *slice = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    const struct block_header *header = &block->header;
    struct err err;

    if (block_last_lsn(header) < slice->next_lsn) {
        return true;
    }
    if (block_body_read(&body, block, &err) != OK) {
        node_alarm(slice->node, "corrupt", header->author, err.text);
        slice->failed = true;
    } else {
        size_t skip = 0; /* a replica that stopped inside a block goes on inside it */
        while (skip < body.count && body.entries[skip].lsn < slice->next_lsn) {
            skip++;
        }
        slice->failed = !apply_below(slice->node, slice->node->txn, header, body.entries + skip,
                                     body.count - skip);
    }
    slice->entries += body.count;
    block_body_free(&body);
    return !slice->failed && slice->entries < TURN_CATCH_UP_ENTRIES_MAX;
}

/* True when there is more to replay. */
static bool catch_up(struct node *node)
{
    for (size_t i = 0; i < node->lagging_count; i++) {
        struct lagging *lagging = &node->lagging[i];
        const struct division division = lagging->division;
        struct ledger_position position;
        struct log_head head;
        struct slice slice = {.node = node};
        struct err err;

        if (lagging->stopped) {
            continue;
        }
        ledger_position(node->txn, division, &position);
        if (replicator_head(node->replicator, division, true, &head) && position.lsn < head.lsn) {
            slice.next_lsn = position.lsn + 1;
            if (log_scan(&node->store, NULL, division, slice.next_lsn, replay_block, &slice,
                         &err) != OK) {
                node_alarm(node, "corrupt", division, err.text);
                lagging->stopped = true;
                continue;
            }
            if (slice.failed) {
                find_lagging(node, division)->stopped = true;
            }
            return true;
        }
        /* Blocks taken in this very turn are durable only after it; ask again then. */
        if (replicator_head(node->replicator, division, false, &head) && position.lsn < head.lsn) {
            return true;
        }
        *lagging = node->lagging[--node->lagging_count];
        i--;
    }
    return false;
}

/* --- calls --- */

void node_post(struct node *node, struct call *call)
{
    call->next = NULL;
    (void)pthread_mutex_lock(&node->calls_lock);
    *node->calls_end = call;
    node->calls_end = &call->next;
    (void)pthread_mutex_unlock(&node->calls_lock);
    if (node->config.wake != NULL) {
        node->config.wake(node->config.wake_arg);
    }
}

static struct call *take_call(struct node *node)
{
    struct call *call;

    (void)pthread_mutex_lock(&node->calls_lock);
    call = node->calls;
    if (call != NULL) {
        node->calls = call->next;
        if (node->calls == NULL) {
            node->calls_end = &node->calls;
        }
    }
    (void)pthread_mutex_unlock(&node->calls_lock);
    return call;
}

/* True when some are left for the next turn. */
static bool run_calls(struct node *node)
{
    struct call **end = &node->taken;

    for (int i = 0; i < TURN_CALLS_MAX; i++) {
        struct call *call = take_call(node);
        if (call == NULL) {
            return false;
        }
        call->run(call, node, node->txn);
        if (call->read_only) {
            call->done(call, OK);
        } else {
            call->next = NULL;
            *end = call;
            end = &call->next;
        }
    }
    return true;
}

static void finish_calls(struct node *node, enum status outcome)
{
    struct call *call = node->taken;

    node->taken = NULL;
    while (call != NULL) {
        struct call *next = call->next; /* done gives the memory back */
        call->done(call, outcome);
        call = next;
    }
}

/* --- the turn --- */

static bool receive_frames(struct node *node)
{
    size_t bytes = 0;

    for (int i = 0; i < TURN_FRAMES_MAX && bytes < TURN_BYTES_MAX; i++) {
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
    node->disk_full = space.free_bytes < space.floor_bytes;
    if (node->disk_full) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "%" PRIu64 " MiB free, %" PRIu64
                       " MiB needed: new documents are refused; free some space",
                       space.free_bytes >> 20, space.floor_bytes >> 20);
        node_alarm(node, "disk_full", node->config.self, text);
    } else {
        node_alarm_clear(node, "disk_full", node->config.self);
    }
}

/* Durable now: answer, acknowledge, send onward. */
static void release_turn(struct node *node)
{
    replicator_durable(node->replicator);
    finish_calls(node, OK);
    send_frames(node);
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
    txn_reset(node->txn);
    release_turn(node);
    return OK;
}

static enum status commit_turn(struct node *node, struct err *err)
{
    struct batch batch;

    if (txn_status(node->txn, err) != OK) {
        return err_wrap(err, "read during a turn");
    }
    if (txn_changes(node->txn) == 0) {
        txn_reset(node->txn);
        release_turn(node);
        return OK;
    }
    batch = txn_batch(node->txn);
    if (node->store.ops->commit_begin(node->store.self, node->fence, &batch, err) != OK) {
        return err_wrap(err, "commit of division %s", node->config.self.code);
    }
    node->committing = true;
#ifdef TERRACE_BUG_ACK_BEFORE_COMMIT
    finish_calls(node, OK);
    send_frames(node);
#endif
    return await_commit(node, err);
}

enum status node_step(struct node *node, bool *busy, struct err *err)
{
    enum status status;

    *busy = false;
    if (node->committing) {
        return await_commit(node, err);
    }
    node->turn_unix_ms = clock_unix_ms(&node->clock);
    check_space(node);
    *busy |= run_calls(node);
    *busy |= receive_frames(node);
    if (clock_mono_ms(&node->clock) >= replicator_next_tick(node->replicator)) {
        replicator_tick(node->replicator, node->txn);
    }
    *busy |= catch_up(node);
    write_settles(node, node->txn);
    replicator_seal(node->replicator, node->txn);
    status = commit_turn(node, err);
    if (status != OK) {
        finish_calls(node, status);
    }
    return status;
}

uint64_t node_next_tick(const struct node *node)
{
    return replicator_next_tick(node->replicator);
}

/* --- life --- */

static void find_all_lagging(struct node *node)
{
    const struct roster *roster = node_roster(node);

    for (size_t i = 0; i < roster_count(roster); i++) {
        const struct division division = roster_at(roster, i)->grant.division;
        struct ledger_position position;
        struct log_head head;

        if (!roster_within(roster, division, node->config.self) ||
            !replicator_head(node->replicator, division, true, &head)) {
            continue;
        }
        ledger_position(node->txn, division, &position);
        if (position.lsn < head.lsn) {
            mark_lagging(node, division);
        }
    }
}

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
                 .alarm_cleared = on_alarm_cleared},
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
    find_all_lagging(node);
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
    node->calls_end = &node->calls;
    (void)pthread_mutex_init(&node->calls_lock, NULL);
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
    *out = node;
    return OK;
}

void node_close(struct node *node)
{
    if (node == NULL) {
        return;
    }
    finish_calls(node, ERR_UNREACHABLE);
    for (struct call *call = take_call(node); call != NULL; call = take_call(node)) {
        call->done(call, ERR_UNREACHABLE);
    }
    ledger_close(node->ledger);
    replicator_close(node->replicator);
    txn_free(node->txn);
    (void)pthread_mutex_destroy(&node->calls_lock);
    buf_free(&node->settles);
    trial_log_end(node);
    buf_free(&node->frame);
    mem_free(node->lagging);
    mem_free(node);
}

const struct replicator *node_replicator(const struct node *node)
{
    return node->replicator;
}

const struct roster *node_roster(const struct node *node)
{
    return replicator_roster(node->replicator);
}

const struct node_config *node_config(const struct node *node)
{
    return &node->config;
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
    return enrol_invite(node->replicator, txn, token, name,
                        node->config.approval_required ? POLICY_APPROVAL_REQUIRED
                                                       : POLICY_APPROVAL_NONE,
                        node->turn_unix_ms, err);
}

enum status node_pause(struct node *node, struct txn *txn, struct division peer, bool paused,
                       struct err *err)
{
    return replicator_pause(node->replicator, txn, peer, paused, err);
}

/* --- the money in a backlog --- */

struct backlog {
    int64_t fen;
    size_t blocks;
};

static void add_backlog_block(void *arg, const struct block_view *block)
{
    struct backlog *backlog = arg;
    struct block_body body = BLOCK_BODY_EMPTY;
    struct err err;

    backlog->blocks++;
    if (block_body_read(&body, block, &err) == OK) {
        for (size_t i = 0; i < body.count; i++) {
            const struct entry *entry = &body.entries[i];
            struct document document;
            int64_t sum;

            if (entry->kind >= KIND_USER_FIRST && entry->format == DOCUMENT_FORMAT &&
                document_decode(&document, entry->kind, entry->body, &err) == OK &&
                !__builtin_add_overflow(backlog->fen, document_money(&document), &sum)) {
                backlog->fen = sum;
            }
        }
    }
    block_body_free(&body);
}

int64_t node_backlog_amount(struct node *node, struct division peer, bool *complete)
{
    enum { BLOCKS_MAX = 64 };
    struct backlog backlog = {0, 0};
    struct err err;

    *complete = replicator_backlog(node->replicator, peer, BLOCKS_MAX, add_backlog_block, &backlog,
                                   &err) == OK &&
                backlog.blocks < BLOCKS_MAX;
    return backlog.fen;
}
