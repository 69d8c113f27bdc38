/* node - one division's node: composes replicator and ledger over a store, a transport, a clock.
 *
 * The daemon (node/daemon.h) and the simulator call the same node_step. One turn: take what is
 * ready, stage everything in one txn, commit it with one fsync, and only then answer, acknowledge
 * and send onward.
 *
 *   frames --+                                             +--> acks, onward blocks
 *   calls  --+--> node_step: stage ... seal, commit -------+--> call.done
 *   tick   --+         (one batch, one fsync)              +--> cosignatures, beats
 *
 * Thread: everything here on the loop thread, except node_post. */
#ifndef TERRACE_NODE_NODE_H
#define TERRACE_NODE_NODE_H

#include "node/ledger/ledger.h"
#include "node/ledger/persons.h"
#include "node/ledger/policy.h"
#include "replicator/enrol.h"
#include "replicator/knocks.h"
#include "replicator/transport.h"

struct node;

struct node_config {
    struct division self;
    struct hash tree;
    const struct sign_key *key;
    uint8_t curve_public[32];
    char listen[ENDPOINT_BYTES_MAX + 1], enrol[ENDPOINT_BYTES_MAX + 1]; /* as others dial them */
    struct policy approval; /* the own grant's is a floor below it */
    struct replicator_limits limits;
    const char *damage; /* what an earlier run found damaged in the store; NULL: nothing */
    const struct refused_keys *refused_keys; /* at its door; read on the loop; may be NULL */
    void (*wake)(void *arg); /* a call was posted from another thread; may be NULL */
    void *wake_arg;
};

/* With config->damage the node answers what only reads, and does nothing else: whatever it wrote or
 * acknowledged would rest on rows that are not to be trusted. */
enum status node_open(struct node **out, const struct node_config *config,
                      const struct store *store, const struct transport *transport,
                      const struct clock *clock, const struct bytes *bootstrap,
                      size_t bootstrap_count, struct err *err);
void node_close(struct node *node);

/* One turn. *busy tells whether more is waiting already. Not OK: the store failed, stop now and
 * acknowledge nothing more. */
enum status node_step(struct node *node, bool *busy, struct err *err);
uint64_t node_next_tick(const struct node *node); /* mono ms at which a turn is due anyway */

const struct replicator *node_replicator(const struct node *node);
const struct roster *node_roster(const struct node *node);
const struct node_config *node_config(const struct node *node);
/* The approval policy in force: the node's own and its parent's together. */
struct policy node_policy(const struct node *node);

/* --- calls: work that must run inside a turn --- */

/* `run` on the loop thread inside the turn; `done` after the turn's commit (OK) or its failure.
 * The call is the poster's memory until done returns. */
struct call {
    void (*run)(struct call *call, struct node *node, struct txn *txn);
    void (*done)(struct call *call, enum status outcome);
    struct call *next;
    bool read_only; /* done at once after run; stages nothing */
};
void node_post(struct node *node, struct call *call); /* any thread */
/* Waits until more commits than `seen` are durable, or for the time given; the number of commits
 * now. Any thread but the loop's. */
uint64_t node_await_commit(struct node *node, uint64_t seen, uint32_t timeout_ms);

/* --- what calls do --- */

enum submit_status { SUBMIT_ACCEPTED, SUBMIT_EXISTS, SUBMIT_DRAFT, SUBMIT_REFUSED };
struct submit_item {
    struct document document; /* as typed. Texts must outlive the call */
    bool malformed;           /* the line could not be read: `refusal` says why already */
    enum submit_status status;
    struct refusal refusal;
    uint64_t lsn; /* where it is, once accepted */
};
struct person { /* who acts; `secret` signs within the call, and whoever made the copy wipes it */
    char name[64];
    struct public_key key;
    const struct sign_key *secret;
};
/* `maker` may be NULL when no kind in it needs approval. Signs nothing when all is accepted. */
void node_submit(struct node *node, struct txn *txn, struct submit_item *items, size_t count,
                 bool atomic, const struct person *maker);
/* Checks and enters drafts, and sorts the items into the order of submission; the ids differ. One
 * that is an entry already is SUBMIT_EXISTS: whoever lost an answer may ask again. */
struct approve_item {
    char id[DOCUMENT_ID_MAX + 2]; /* one that is too long is cut, and still too long to be any */
    bool has_hash; /* what the checker has read: refused as changed when it is something else */
    struct hash hash;
    enum submit_status status;
    struct refusal refusal;
    uint64_t lsn;
};
void node_approve(struct node *node, struct txn *txn, struct approve_item *items, size_t count,
                  const struct person *checker);
void node_reject(struct node *node, struct txn *txn, struct approve_item *item, const char *why,
                 const struct person *checker);
/* Why a draft with this id was rejected, as long as it is not handed in again; all of them, by id.
 */
struct rejection {
    uint64_t unix_ms;
    char id[DOCUMENT_ID_MAX + 1], checker[64], why[1001];
};
bool node_rejection(struct txn *txn, const char *id, struct rejection *out);
void node_rejections(struct txn *txn, bool (*visit)(void *arg, const struct rejection *rejection),
                     void *arg);
struct draft_row {
    char id[DOCUMENT_ID_MAX + 1], maker[64];
    uint64_t unix_ms;
    struct hash hash;         /* merkle_approval_leaf: what its persons sign */
    struct document document; /* views die with the visit */
};
void node_pending(struct txn *txn, bool (*visit)(void *arg, const struct draft_row *row),
                  void *arg);

/* Operators: the sealed secret stays in SPACE_LOCAL, the public key becomes an entry. */
struct operator_row {
    char name[64];
    uint32_t roles; /* bits of node/ledger/persons.h */
    struct public_key key;
    struct bytes sealed;
    bool enabled;
};
/* Errors: ERR_CONFIG (name, roles), ERR_REFUSED (there already). */
enum status node_operator_add(struct node *node, struct txn *txn, const struct operator_row *row,
                              struct err *err);
/* Errors: ERR_NOT_FOUND, ERR_REFUSED (another key). */
enum status node_operator_passwd(struct node *node, struct txn *txn, const struct operator_row *row,
                                 struct err *err);
/* Ends the person of row->name: no login, no signature from here on. What was signed stays good.
 * Errors: ERR_NOT_FOUND, ERR_REFUSED (the last admin). */
enum status node_operator_disable(struct node *node, struct txn *txn,
                                  const struct operator_row *row, struct err *err);
bool node_operator(struct txn *txn, const char *name, struct operator_row *out);
/* Is there an admin who is not ended? Until then nobody is asked who he is. */
bool node_has_admin(struct txn *txn);
void node_operators(struct txn *txn, bool (*visit)(void *arg, const struct operator_row *row),
                    void *arg);

enum status node_invite(struct node *node, struct txn *txn, struct division division,
                        const char *name, struct token *token, struct err *err);

/* Operator's stop for one neighbour, and its end. Errors as replicator_pause. */
enum status node_pause(struct node *node, struct txn *txn, struct division peer, bool paused,
                       struct err *err);

struct alarm {
    char code[32], text[448];
    struct division about;
    uint64_t since_unix_ms, last_unix_ms, count;
};
size_t node_alarms(const struct node *node, const struct alarm **out);
/* What the listeners met: why they were shut for a while, "" when all is well again. */
void node_flood(struct node *node, const char *reason);
/* Rows put or deleted in the store since the start: what a load costs, counted. */
uint64_t node_rows_written(const struct node *node);
/* Nothing is going on: gives back the memory that only makes turns faster. */
void node_rest(struct node *node);
/* Raises or repeats one; one line a code and division. */
void node_alarm(struct node *node, const char *code, struct division about, const char *text);
void node_alarm_clear(struct node *node, const char *code, struct division about);

/* Received blocks, chosen by chance, whose approvals were verified to the last signature. */
uint64_t node_blocks_sampled(const struct node *node);

/* fen in the backlog of a neighbour; bounded work, *complete false when it was cut short */
int64_t node_backlog_amount(struct node *node, struct division peer, bool *complete);

#endif
