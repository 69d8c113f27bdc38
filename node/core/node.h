/* node - one division's node: composes replicator and ledger over a store, a transport, a clock.
 *
 * The daemon (node/daemon/daemon.h) and the simulator call the same node_step (turn.h). One turn:
 * take what is ready, stage everything in one txn, commit it with one fsync, and only then answer,
 * acknowledge and send onward.
 *
 *   frames --+                                             +--> acks, onward blocks
 *   calls  --+--> node_step: stage ... seal, commit -------+--> task.done
 *   tick   --+         (one batch, one fsync)              +--> cosignatures, beats
 *
 * Thread: everything here on the loop thread, except where it says otherwise. */
#ifndef TERRACE_NODE_CORE_NODE_H
#define TERRACE_NODE_CORE_NODE_H

#include "node/core/alarms.h"
#include "node/core/last_day.h"
#include "node/core/meter.h"
#include "node/core/tasks.h"
#include "node/ledger/ledger.h"
#include "node/ledger/schema/policy.h"
#include "node/ledger/verify/signers.h"
#include "replicator/transport.h"
#include "replicator/trust/enrol.h"
#include "replicator/zmq/refused_keys.h"

struct node;

enum resync_mode { RESYNC_NOT, RESYNC_FETCH, RESYNC_CONFIRM }; /* resync.h */

struct node_config {
    struct division self;
    struct hash tree;
    const struct sign_key *key;
    const struct sign_key *next_key; /* that it has asked its parent for; NULL: none */
    char listen[ENDPOINT_BYTES_MAX + 1], enrol[ENDPOINT_BYTES_MAX + 1]; /* as others dial them */
    struct policy approval; /* the own grant's is a floor below it */
    struct replicator_limits limits;
    const char *damage;      /* what an earlier run found damaged in the store; NULL: nothing */
    enum resync_mode resync; /* ... and it is the own log alone: links go on, until that is whole */
    bool heals, store_unnoted, wish_of_copy; /* damage.h; the list of tables may be cut; resync.h */
    const struct refused_keys *refused_keys; /* at its door; read on the loop; may be NULL */
    struct alarms_sink alarm_sink;           /* on the loop */
    void (*wake)(void *arg); /* from another thread: a call was posted, a commit is over; or NULL */
    void *wake_arg;
};

/* With config->damage the node answers what only reads, and does nothing else: whatever it wrote or
 * acknowledged would rest on rows that are not to be trusted. `bootstrap` is the chain of grants
 * from the enrolment. Errors: ERR_IO, ERR_CORRUPT (the store); ERR_KEY (no grant held here is for
 * this key); what roster_add refuses. */
enum status node_open(struct node **out, const struct node_config *config,
                      const struct store *store, const struct transport *transport,
                      const struct clock *clock, const struct bytes *bootstrap,
                      size_t bootstrap_count, struct err *err);
void node_close(struct node *node);

/* Is a turn's commit in flight, or waiting for room on the disk? What neighbours send stays where
 * it is until that is over. */
bool node_is_committing(const struct node *node);

const struct replicator *node_replicator(const struct node *node);
const struct roster *node_roster(const struct node *node);
const struct node_config *node_config(const struct node *node);
/* The approval policy in force: the node's own and its parent's together. */
struct policy node_policy(const struct node *node);

/* --- calls: work that must run inside a turn (node/core/tasks.h) --- */

void node_post(struct node *node, struct task *task); /* any thread */
/* Waits until more commits than *seen are durable, which becomes the number now. False when the
 * time was over before, and from node_end_waits on. Any thread but the loop's. */
bool node_await_commit(struct node *node, uint64_t *seen, uint32_t timeout_ms);
void node_end_waits(struct node *node); /* any thread: from now on nobody waits for a commit */

/* --- what an operator asks of a node; documents and people: node/office/ --- */

/* Operator's stop for one neighbour, and its end. Errors as replicator_pause. */
enum status node_pause(struct node *node, struct txn *txn, struct division peer, bool paused,
                       struct err *err);

/* What an operator must see. */
struct alarms *node_alarms(struct node *node);
/* As alarms_ack (node/core/alarms.h), durable with the turn. Errors as there. */
enum status node_ack_alarm(struct node *node, struct txn *txn, uint64_t id, const char *who,
                           bool *cleared, struct err *err);
/* As alarms_silence, the same way. */
enum status node_silence_alarm(struct node *node, struct txn *txn, uint64_t id,
                               uint64_t until_unix_ms, const char *who, struct err *err);
/* The next turn is the last: alarms that wait to ride on another commit get one. */
void node_hurry(struct node *node);
/* May nothing new be entered? OK, ERR_CORRUPT (the store is damaged), ERR_DISK_FULL. */
enum status node_ready(const struct node *node);
/* The store was looked at: it is damaged, or, looked at whole, it is sound. */
void node_store_damaged(struct node *node, struct division about, const char *fault);
void node_store_sound(struct node *node);
/* What the listeners met: why they were shut for a while, "" when all is well again. */
void node_flood(struct node *node, const char *reason);
/* Rows put or deleted in the store since the start: what a load costs, counted. */
uint64_t node_rows_written(const struct node *node);
/* How long commits and blocks took. */
const struct meter *node_meter(const struct node *node);
/* How each division was heard in the last 24 hours. */
const struct last_day *node_last_day(const struct node *node);
/* Nothing is going on: gives back the memory that only makes turns faster. */
void node_trim(struct node *node);
/* Signatures of persons that were verified on what came in. */
uint64_t node_approvals_verified(const struct node *node);

/* fen in the backlog of a neighbour, of at most `blocks_max` blocks; *complete false when there is
 * more */
enum { BACKLOG_SHOWN_BLOCKS_MAX = 64 };
int128 node_backlog_amount(struct node *node, struct division peer, size_t blocks_max,
                           bool *complete);

#endif
