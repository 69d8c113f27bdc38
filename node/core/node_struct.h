/* node_struct - what a node is made of, and which file writes which part.
 *
 * For node/core/ and node/office/ alone; everybody else has node.h. Thread: the loop thread, but
 * for tasks (tasks.h). */
#ifndef TERRACE_NODE_CORE_NODE_STRUCT_H
#define TERRACE_NODE_CORE_NODE_STRUCT_H

#include "node/core/accesses.h"
#include "node/core/approval_check.h"
#include "node/core/catch_up.h"
#include "node/core/clock_watch.h"
#include "node/core/confirmations.h"
#include "node/core/meter.h"
#include "node/core/node.h"
#include "node/core/node_day.h"
#include "node/core/node_watch.h"
#include "node/core/resync.h"
#include "node/core/scrub.h"
#include "node/core/self_health.h"
#include "node/core/space.h"
#include "node/core/tasks.h"
#include "node/office/draft_ids.h"
#include "node/office/drafted.h"

struct node {
    /* node.c */
    struct node_config config;
    struct store store;
    struct transport transport;
    struct clock clock; /* the caller's */
    struct clock turn_clock;
    uint64_t fence;
    struct txn *txn;
    struct replicator *replicator;
    struct ledger *ledger;
    struct alarms *alarms;
    uint64_t opened_ms;
    bool store_damaged;   /* found at the start or since */
    struct err found;     /* damage that is to be mended: it ends this run */
    uint64_t found_ms;    /* mono */
    atomic_bool is_found; /* for other threads */

    /* turn.c */
    uint64_t turn_unix_ms; /* one wall time for a whole turn, so that an entry has one time */
    bool parent_awaited;   /* nothing is written until it answers, or PARENT_MS are over */
    struct buf received;   /* a frame */

    /* commit.c */
    bool committing;        /* a commit is in flight: no new turn before its outcome */
    bool waiting_for_space; /* a staged turn waits until the store has room for it */
    uint64_t begun_ms;      /* mono, of the commit in flight */
    uint64_t space_tried_ms;
    uint64_t rows_written;
    struct buf leaving; /* a frame */

    /* each by its own file */
    struct tasks tasks;
    struct catch_up catch_up;
    struct space space;
    struct approval_check approval_check;
    struct confirmations confirmations;
    struct clock_watch clock_watch;
    struct meter meter;
    struct resync_state resync;
    struct scrub scrub;
    struct self_health self_health;
    struct node_watch watch;
    struct accesses accesses;
    struct node_day day;
    struct buf due;             /* own_log.c: documents due in this turn: kind, size, body */
    struct block_body unpacked; /* own_log.c: of the own log, the one that was read last */
    struct dry_runs dry_runs;   /* node/office/dry_run.c */
    struct drafted drafted;     /* node/office/drafted.c */
    struct draft_ids draft_ids; /* node/office/draft_ids.c */
    uint64_t webhooks_version;  /* node/office/webhooks.c: how often an admin changed them */
};

#endif
