/* node_internal - what the files behind node.h share. Not for anybody else. */
#ifndef TERRACE_NODE_NODE_INTERNAL_H
#define TERRACE_NODE_NODE_INTERNAL_H

#include <pthread.h>

#include "node/node.h"
#include "replicator/log.h"

enum {
    NODE_ALARMS_MAX = 256,
    TURN_FRAMES_MAX = 64, /* received in one turn */
    TURN_BYTES_MAX = 8 << 20,
    TURN_RECEIVE_MS = 50, /* then what is staged is committed, and the API has its turn */
    TURN_CALLS_MAX = 64,  /* the API's share is reserved: calls are taken first */
    TURN_CATCH_UP_ENTRIES_MAX = 16384, /* replayed in one turn */
    SPACE_CHECK_MS = 1000,
    PARENT_MS = 3000,    /* after a start its answer is waited for, then the node works on alone */
    DISK_LOW_FLOORS = 4, /* warned of from so many times the floor on */
};

/* A division whose ledger here is behind the log we hold of it; or one above, of whose log one
 * audience is not heard to its end. */
struct lagging {
    struct division division;
    bool stopped; /* an entry this version does not know: waits for an upgrade */
    bool above;
    struct audience audience; /* where it is above */
};

struct node {
    struct node_config config;
    struct store store;
    struct transport transport;
    struct clock clock; /* the caller's */
    struct clock turn_clock;
    uint64_t turn_unix_ms; /* one wall time for a whole turn, so that an entry has one time */
    uint64_t fence;

    struct txn *txn;
    struct replicator *replicator;
    struct ledger *ledger;

    pthread_mutex_t commits_lock;
    pthread_cond_t committed;
    uint64_t commits; /* under commits_lock */

    pthread_mutex_t calls_lock;
    struct call *calls, **calls_end; /* posted, under calls_lock */
    struct call *taken;              /* run in this turn, waiting for its commit */
    bool committing;                 /* a commit is in flight: no new turn before its outcome */
    uint64_t rows_written;

    struct trial *trial; /* the innermost one that is open (node/trial.h); NULL: none */
    struct buf settles;  /* settle documents due in this turn: varint size, body */
    struct lagging *lagging;
    size_t lagging_count, lagging_capacity;

    uint64_t blocks_sampled; /* received, and their approvals found good by signature */

    struct alarm alarms[NODE_ALARMS_MAX];
    size_t alarm_count;

    uint64_t opened_ms;
    bool parent_awaited;    /* nothing is written until it answers, or PARENT_MS are over */
    char lost_tail[256];    /* what a neighbour said of our own log; "": nothing */
    bool disk_full;         /* below the floor: no new business */
    bool waiting_for_space; /* a staged turn waits until the store has room for it */
    uint64_t space_checked_ms, space_tried_ms;
    struct buf frame;
};

/* calls.c: runs what is posted, true when some is left for the next turn; answers what only reads
 * while nothing may be written; tells posters the outcome of their turn. */
void calls_init(struct node *node);
bool calls_run(struct node *node);
void calls_run_reads(struct node *node); /* the others wait */
void calls_answer_reads(struct node *node, enum status why_not);
void calls_finish(struct node *node, enum status outcome);
void calls_tell_commit(struct node *node);
void calls_stop(struct node *node);
void calls_free(struct node *node);

/* replay.c: a block of a lower division goes into its ledger now, or waits behind what is not in it
 * yet; a slice of the waiting ones, true when there is more; and what waits after a restart. */
void replay_take(struct node *node, struct txn *txn, const struct block_header *header,
                 const struct entry *entries, size_t count);
bool replay_slice(struct node *node);
/* The own ledger is behind the own log only after a change of version. Until it is whole nothing
 * new may be entered or posted; one that is stopped holds entries that this version does not know.
 */
enum replay_own { OWN_WHOLE, OWN_BEHIND, OWN_STOPPED };
enum replay_own replay_own(struct node *node);
void replay_find(struct node *node);

/* approval_check.c: alarms when a block that came in lacks a maker or a checker where the grant of
 * its author asks for them ("approval_missing"), or when a signature, looked at by sample, is none
 * ("approval_invalid"). What is refused is not the block: it is a fact, and evidence. */
void approval_check(struct node *node, const struct block_header *header,
                    const struct block_body *body);

/* Appends a checked document to the own log and posts it. Returns its lsn. */
uint64_t node_enter(struct node *node, struct txn *txn, const struct document *document,
                    struct bytes body);
/* Does a document of this kind need a maker and a checker here? */
bool node_needs_approval(const struct node *node, uint32_t kind);
/* The body of an entry that is held, durable or of this turn or of an open trial; it points into
 * `memory`. False, and the turn fails, when it cannot be read. */
bool node_read_entry(struct node *node, struct division author, uint64_t lsn, struct buf *memory,
                     struct bytes *body);

#endif
