/* accesses - what is noted of who asks, on its way into the chain (access_rows.h).
 *
 *   any thread: node_note_access --> waits --> accesses_stage (the turn's end): rows, in the turn's
 *                                                          own commit, or once a second in one
 *
 * What is noted before a task is posted is a row of the same commit as the task, at the latest: a
 * write costs one more row and no sync. Reads wait for the next commit, a second at most, or until
 * ACCESSES_BATCH of them are there.
 *
 * Owns:   what waits, under a lock, and the head. Thread: node_note_access any, all else the loop
 *         thread. Units: *_ms is mono. */
#ifndef TERRACE_NODE_CORE_ACCESSES_H
#define TERRACE_NODE_CORE_ACCESSES_H

#include <pthread.h>

#include "node/core/access_rows.h"

struct node;
struct beat_report;

enum {
    ACCESSES_BATCH = 64,
    ACCESSES_WAITING_MAX = 4096,
    ACCESSES_WAIT_MS = 1000,
};

struct accesses {
    pthread_mutex_t lock;
    struct access_event *waiting; /* under lock, as are the three below */
    size_t count, capacity;
    uint64_t due_ms;
    uint64_t next_ms;                 /* the loop's: when it looks again */
    struct access_head head, durable; /* as staged; as the last turn but one left it, at least */
    uint64_t rows, bytes;             /* staged since the start; key and value */
};

void accesses_open(struct node *node);
/* Finds the end of the chain. Errors: ERR_IO, ERR_CORRUPT. */
enum status accesses_load(struct node *node, struct err *err);
void accesses_close(struct node *node);

/* False when too many wait, which is when nothing can be committed: what may only be done when it
 * is noted must then not be done. A node with a damaged store notes nothing, and returns true. */
bool node_note_access(struct node *node, const struct access_event *event);
/* What the chain has, and what it took since the start: loop thread. */
struct access_growth {
    uint64_t rows;                /* all of them; none is ever deleted */
    uint64_t new_rows, new_bytes; /* since the start; bytes as they are put */
};
struct access_growth node_access_growth(const struct node *node);
/* Where the chain of this node begins. */
struct access_head node_access_seed(const struct node *node);

/* What waits is staged at the end of this turn: somebody reads the chain. */
void accesses_hurry(struct node *node);
/* In a turn, as the last thing that is staged. */
void accesses_stage(struct node *node);
uint64_t accesses_next_tick(const struct node *node); /* UINT64_MAX: nothing waits */

/* --- those of a child --- */

enum accesses_verdict { ACCESSES_NOTHING, ACCESSES_NEW, ACCESSES_UNTOLD, ACCESSES_CUT };
/* What a child's word about its chain is to what was cosigned last (position 0: nothing). UNTOLD:
 * it does not have the cosignature yet. Pure. */
struct health;
enum accesses_verdict accesses_judge(const struct cosigned_head *known,
                                     const struct health *health);
/* A beat was heard: a direct child's head is cosigned, or alarmed. */
void accesses_hear(struct node *node, const struct beat_report *report);

#endif
